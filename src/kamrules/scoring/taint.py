"""A record without what trips a red line: facts got or done that way never move a score.

List elements that make a red line's condition true are left out; fields the line names as tainted become
unknown. The record itself is not changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pydantic import BaseModel

from kamrules.rules.lang.core import Node, path_of
from kamrules.rules.lang.reference import Place, locate, read
from kamrules.rules.places import value_at
from kamrules.rules.trace import witnesses


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A record without its tainted facts, and where the others stand in the record as assessed.

    `left_out` has the positions left out of each list, `blanked` the paths of fields made unknown. Leaving
    out an element moves those after it: paths are translated, so that a fact is always named by its place
    in the record as assessed.
    """

    record: BaseModel
    left_out: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    blanked: frozenset[str] = frozenset()

    def place(self, path: str) -> str | None:
        """Return where a fact of the record as assessed stands in the clean one, None if it is tainted."""
        if any(path == blank or path.startswith(f"{blank}.") for blank in self.blanked):
            return None
        for name, gone in self.left_out.items():
            position, rest = _position(path, name)
            if position is not None:
                moved = position - sum(1 for one in gone if one < position)
                return None if position in gone else f"{name}[{moved}]{rest}"
        return path

    def origin(self, path: str) -> str:
        """Return where a fact of the clean record stands in the record as assessed."""
        for name, gone in self.left_out.items():
            position, rest = _position(path, name)
            if position is not None:
                for one in gone:
                    position += one <= position
                return f"{name}[{position}]{rest}"
        return path


def without_tainted(
    record: BaseModel, lines: Iterable[tuple[Node, Iterable[str]]], as_of: date, *, root: str = "deal"
) -> Cleaned:
    """Return a copy of the record without the facts that trip red lines.

    Parameters
    ----------
    record : the record as assessed
    lines : for each red line that trips its condition and the paths (`deal.bid.price`) it taints
    as_of : the day of the assessment
    """
    env = {root: Place(record, root), "as_of": Place(as_of, "as_of")}
    dropped: dict[str, set[int]] = {}
    blanked: set[str] = set()
    for node, taints in lines:
        blanked.update(taints)
        for range_, index in witnesses(node, env):
            dropped.setdefault(path_of(range_), set()).add(index)
    clean = record
    for path, positions in dropped.items():
        kept = [one for i, one in enumerate(value_at(clean, path) or []) if i not in positions]
        clean = with_value(clean, path, kept)
    for path in sorted(blanked):
        clean = with_value(clean, path, None)
    left_out = {path: tuple(sorted(positions)) for path, positions in dropped.items()}
    return Cleaned(clean, left_out, frozenset(blanked))


def first_act(node: Node, record: BaseModel, as_of: date, *, root: str = "deal") -> date | None:
    """Return the day of the earliest list element that makes a red line's condition true, if any is dated."""
    env = {root: Place(record, root), "as_of": Place(as_of, "as_of")}
    days = []
    for range_, index in witnesses(node, env):
        element = locate(range_, env).value[index]
        days += [day for name in ("on", "at") if isinstance(day := read(element, name), date)]
    return min(days, default=None)


def with_value(record: BaseModel, path: str, value: Any) -> BaseModel:
    """Return a copy of the record with `value` at a path such as `deal.stakeholders[2].role`.

    Missing parents stay missing: then the record itself is returned.
    """
    found: BaseModel = _with(record, path.split(".")[1:], value)
    return found


def _with(holder: Any, steps: list[str], value: Any) -> Any:
    if holder is None:
        return None
    name, _, index = steps[0].partition("[")
    old = read(holder, name)
    if index:
        position = int(index.rstrip("]"))
        if old is None or position >= len(old):
            return holder
        inner = value if len(steps) == 1 else _with(old[position], steps[1:], value)
        new: Any = [*old[:position], inner, *old[position + 1 :]]
    else:
        new = value if len(steps) == 1 else _with(old, steps[1:], value)
    if isinstance(holder, Mapping):
        return {**holder, name: new}
    return holder.model_copy(update={name: new})


def _position(path: str, name: str) -> tuple[int | None, str]:
    """Return the list position at the head of a path into the list `name`, and the rest of the path."""
    if not path.startswith(f"{name}["):
        return None, ""
    index, _, rest = path.removeprefix(f"{name}[").partition("]")
    return int(index), rest
