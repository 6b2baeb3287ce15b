"""Learned weights as a new version of the pack: reviewed, checked and compared like any change of rules.

Only the points of the health entries change, each with where they come from, and the version. Red lines,
criteria, texts, comments and layout stay to the letter.
"""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kamrules.casefile import ENDING
from kamrules.engine import load_pack
from kamrules.errors import ArgumentError, Fault
from kamrules.learning.splice import Value, depth_of, with_values
from kamrules.learning.weights import Weight, Weights
from kamrules.rules.pack import Pack, files_of, locate_pack, shipped_packs
from kamrules.wholefile import text_file
from kamrules.yamltext import read_yaml

_SCHEMAS = "schemas"
# How a part of a `ref` begins that says where the weight is from: the new one takes its place.
_OF_WEIGHT = "weight "
Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewPack:
    """Where a pack was written, which version it is, and the weights it has changed."""

    manifest: Path
    version: str
    changed: tuple[Weight, ...]


def to_pack(pack: str | Path, weights: Weights, folder: str | Path, *, last: date | None = None) -> NewPack:
    """Write a pack with learned weights to a folder that is not there yet.

    Its files are copied: the manifest, what it includes, its cases and schemas. A pack that extends another
    gets the weights as its own. Cases that state points may fail afterwards: they say what is to be reviewed.

    Parameters
    ----------
    pack : a shipped pack, a pack file or its folder, as it was learned under
    weights : from `learned_weights`
    folder : the folder to write
    last : the day the last of the deals was closed, for the source of each weight

    Raises
    ------
    ArgumentError
        The folder is there (A-OUTPUT), the weights are not those of this pack (A-PACK), or a file is laid out
        so that nothing can be changed in it alone (A-PLACE).
    """
    target = Path(folder)
    refuse_taken(target)
    old = load_pack(pack)
    _refuse_other(old, weights)
    # Beside the target, so that a pack it extends is found from there as from the target.
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    manifest = locate_pack(pack)[0].resolve()
    try:
        _copy(manifest, part)
        for path, values in _changes(old, manifest, weights, part.resolve(), last).items():
            text = _text(part / path)
            with text_file(part / path) as stream:
                stream.write(with_values(text, values, name=path))
        new = load_pack(part / manifest.name)
        part.rename(target)
    except OSError as problem:
        reason = (problem.strerror or "cannot be made").lower()
        raise ArgumentError(Fault("A-OUTPUT", f"cannot write `{target}`: {reason}")) from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return NewPack(target / manifest.name, new.version, weights.changed)


def refuse_taken(target: Path) -> None:
    """Raise A-OUTPUT for a folder that is there already; asked before long work, too."""
    if target.exists():
        hint = "move it away, or name another place"
        raise ArgumentError(Fault("A-OUTPUT", f"`{target}` is there already", hint=hint))


def _refuse_other(old: Pack, weights: Weights) -> None:
    spec = old.scorecards.get(weights.card)
    points = {} if spec is None else {name: entry.points for name, entry in spec.entries.items()}
    other = [one.id for one in weights.entries if points.get(one.id) != one.before]
    if old.health != weights.card or other:
        message = f"the weights are not those of `{old.id}` {old.version}"
        hint = f"`{other[0]}` has other points there" if other else f"its health is `{old.health}`"
        raise ArgumentError(Fault("A-PACK", message, hint=hint))


def _copy(manifest: Path, part: Path) -> None:
    for path in _files(manifest):
        place = part / path.relative_to(manifest.parent)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)


def _files(manifest: Path) -> Iterator[Path]:
    """Yield the files of a pack; what else lies in its folder is none of it."""
    yield from files_of(manifest)
    yield from sorted(manifest.parent.glob(f"*{ENDING}"))
    yield from sorted((manifest.parent / _SCHEMAS).glob("*.json"))


def _changes(
    old: Pack, manifest: Path, weights: Weights, part: Path, last: date | None
) -> dict[str, dict[Keys, Value]]:
    """Return the new values of each file, by its path in the folder."""
    own = {str(path.relative_to(manifest.parent)): read_yaml(path).data() for path in files_of(manifest)}
    found: defaultdict[str, dict[Keys, Value]] = defaultdict(dict)
    parent = own[manifest.name].get("extends")
    if parent is not None and parent not in shipped_packs():
        place = locate_pack(parent, manifest.parent)[0].resolve()
        found[manifest.name]["extends",] = Path(os.path.relpath(place, part)).as_posix()
    if weights.changed:
        found[manifest.name]["version",] = _next_version(old.version)
    for one in weights.changed:
        entry = ("scorecards", weights.card, "entries", one.id)
        home = max(own, key=lambda name: (depth_of(own[name], entry), name == manifest.name))
        found[home][*entry, "points"] = one.after
        found[home][*entry, "source", "ref"] = _reference(old, weights, one, last)
    return found


def _next_version(version: str) -> str:
    """Return the next minor version: other points can move a grade, and no verdict."""
    major, minor, _ = version.split(".")
    return f"{major}.{int(minor) + 1}.0"


def _reference(old: Pack, weights: Weights, one: Weight, last: date | None) -> str:
    source = old.scorecards[weights.card].entries[one.id].source
    parts = [] if source is None or source.ref is None else source.ref.split("; ")
    kept = [part for part in parts if not part.startswith(_OF_WEIGHT)]
    until = "" if last is None else f" to {last}"
    what = "learned from" if one.is_learned else "makes room for those learned from"
    shown = f"{100 * weights.confidence:g} % interval {one.low:.1f} to {one.high:.1f}"
    deals = f"{weights.closed_deals} closed deals{until}"
    return "; ".join([*kept, f"{_OF_WEIGHT}{what} {deals}, {shown}, was {one.before:g}"])


def _text(path: Path) -> str:
    with path.open(encoding="utf-8", newline="") as stream:
        return stream.read()
