"""A pack: rules as data, read from YAML with the place of every key.

`read_pack` collects every structural fault and keeps whatever part is sound, so that the planner can go on
to check conditions and a pack with nine mistakes reports nine.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import BaseModel, ValidationError

from kamrules.errors import Fault, PackError, nearest
from kamrules.notebook import pack_html
from kamrules.rules import packformat as f
from kamrules.source import Span
from kamrules.validation import faults_of, shown
from kamrules.yamltext import Node, merge, read_yaml

SECTIONS: dict[str, type[BaseModel]] = {
    "sources": f.Deck,
    "params": f.Param,
    "defs": f.Definition,
    "milestones": f.Milestone,
    "criteria": f.Criterion,
    "red_lines": f.RedLine,
    "findings": f.Finding,
    "cadences": f.Cadence,
    "deadlines": f.Deadline,
    "tables": f.DecisionTable,
    "scorecards": f.ScorecardSpec,
    "forms": f.Form,
    "plays": f.Play,
    "tactics": f.Tactic,
    "actions": f.Action,
    "ageing": f.Ageing,
    "reactions": f.Reaction,
    "glossary": f.Term,
    "not_executable": f.NotExecutable,
}
_HEADER = ("kamrules", "id", "version", "title", "owner")
_MAX_EXTENDS = 8
MANIFEST = "pack.yaml"


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """A pack as read: typed parts by id, in file order, with parameter overrides applied.

    Two packs are equal only if they are one object; compare `hash` for equal content: it is the SHA-256 of
    the merged content and overrides.
    """

    id: str
    version: str
    title: f.Words
    owner: str
    currency: str
    assumed_evidence: int
    old_evidence_days: int
    tier_table: str | None
    health: str | None
    plays_when: str | None
    stalled_when: str | None
    calendar: f.CalendarSpec
    quiet_period: f.QuietPeriod | None
    privacy: f.Privacy | None
    off_limits: tuple[str, ...]
    hash: str
    sources: Mapping[str, f.Deck]
    fields: Mapping[str, Mapping[str, f.CustomField]]
    params: Mapping[str, f.Param]
    defs: Mapping[str, f.Definition]
    milestones: Mapping[str, f.Milestone]
    criteria: Mapping[str, f.Criterion]
    red_lines: Mapping[str, f.RedLine]
    findings: Mapping[str, f.Finding]
    cadences: Mapping[str, f.Cadence]
    deadlines: Mapping[str, f.Deadline]
    tables: Mapping[str, f.DecisionTable]
    scorecards: Mapping[str, f.ScorecardSpec]
    forms: Mapping[str, f.Form]
    plays: Mapping[str, f.Play]
    tactics: Mapping[str, f.Tactic]
    actions: Mapping[str, f.Action]
    ageing: Mapping[str, f.Ageing]
    reactions: Mapping[str, f.Reaction]
    glossary: Mapping[str, f.Term]
    not_executable: Mapping[str, f.NotExecutable]
    suppress: tuple[f.Suppression, ...]
    node: Node

    def __repr__(self) -> str:
        return f"Pack({self.id} {self.version}, {len(self.criteria)} criteria, hash {self.hash[:12]})"

    def _repr_html_(self) -> str:
        return pack_html(self)

    def span(self, *path: str) -> Span:
        """Return where the deepest existing key of `path` stands in its file."""
        node = self.node.find(path)
        return node.span

    def milestone_of(self, criterion: str) -> str:
        """Return the milestone id of a criterion."""
        return self.criteria[criterion].gate.split(".")[0]


def shipped_packs() -> dict[str, Path]:
    """Return the packs that come with kamrules, by id."""
    root = Path(str(resources.files("kamrules") / "packs"))
    return {path.parent.name: path for path in sorted(root.glob(f"*/{MANIFEST}"))}


def locate_pack(ref: str | Path, base: Path | None = None) -> tuple[Path, str]:
    """Return the manifest of a pack and the name to show for it; PackError if there is none."""
    shipped = shipped_packs()
    if isinstance(ref, str) and ref in shipped:
        return shipped[ref], f"{ref}/{MANIFEST}"
    path = Path(ref) if base is None else base / ref
    what = "neither a shipped pack nor a file"
    try:
        if path.is_dir():
            path, what = path / MANIFEST, f"the folder has no {MANIFEST}"
        is_there = path.is_file()
    except OSError:  # such as a name that is too long
        is_there = False
    if not is_there:
        hint = nearest(str(ref), shipped) or f"shipped packs: {', '.join(shipped) or 'none'}"
        raise PackError(Fault("P-PACK", f"no pack `{ref}`: {what}", hint=hint))
    return path, str(path)


def files_of(manifest: Path) -> Iterator[Path]:
    """Yield the files a pack is written in: its manifest and what that includes, not what it extends."""
    yield manifest
    included = read_yaml(manifest).get("include")
    for name in included.data() if included is not None else []:
        yield manifest.parent / name


def read_pack(
    ref: str | Path, *, params: Mapping[str, Any] | None = None, currency: str | None = None
) -> tuple[Pack, list[Fault]]:
    """Read a pack with what it includes and extends; return it with every structural fault found.

    Raises `PackError` only where nothing can be read at all (no such file, not YAML).
    """
    faults: list[Fault] = []
    node = _read_merged(ref, None, faults, ())
    header = _header(node, faults)
    sections = {name: _section(node, name, model, faults) for name, model in SECTIONS.items()}
    sections["params"] = _override(sections["params"], params or {}, faults)
    fields = _custom_fields(node, faults)
    used_currency = currency or header.currency
    content = {
        "pack": node.data(),
        "params": {name: param.value for name, param in sections["params"].items()},
        "currency": used_currency,
    }
    pack = Pack(
        id=header.id or "unnamed",
        version=header.version or "0.0.0",
        title=header.title or f.Words(en="unnamed", zh="unnamed"),
        owner=header.owner or "",
        currency=used_currency,
        assumed_evidence=int(header.assumed_evidence[1:]),
        old_evidence_days=header.old_evidence_days,
        tier_table=header.tier_table,
        health=header.health,
        plays_when=header.plays_when,
        stalled_when=header.stalled_when,
        calendar=header.calendar,
        quiet_period=header.quiet_period,
        privacy=header.privacy,
        off_limits=tuple(header.off_limits),
        suppress=tuple(header.suppress),
        hash=hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest(),
        fields=fields,
        node=node,
        **sections,
    )
    return pack, faults


def _read_merged(ref: str | Path, base: Path | None, faults: list[Fault], chain: tuple[Path, ...]) -> Node:
    path, shown = locate_pack(ref, base)
    path = path.resolve()
    if path in chain or len(chain) >= _MAX_EXTENDS:
        raise PackError(
            Fault("P-CYCLE", f"`extends` comes back to `{shown}` or is deeper than {_MAX_EXTENDS}")
        )
    node = read_yaml(path, error=PackError, shown=shown)
    if not isinstance(node.value, dict):
        raise PackError(Fault("P-VALUE", "a pack is a mapping of sections", node.span))
    node = _with_includes(node, path, shown, faults)
    parent = node.get("extends")
    if parent is not None and isinstance(parent.value, str):
        try:
            base_node = _read_merged(parent.value, path.parent, faults, (*chain, path))
        except PackError as error:
            raise PackError(
                replace(fault, span=fault.span or parent.span) for fault in error.faults
            ) from None
        node = merge(base_node, node)
    return node


def _with_includes(node: Node, path: Path, shown: str, faults: list[Fault]) -> Node:
    included = node.get("include")
    sections = dict(node.value)
    for item in included.value if included is not None and isinstance(included.value, list) else []:
        relative = PurePosixPath(str(item.value))
        if relative.is_absolute() or ".." in relative.parts:
            faults.append(Fault("P-INCLUDE", f"`{item.value}` leaves the folder of the pack", item.span))
            continue
        part_path = path.parent / relative
        if not part_path.is_file():
            others = [p.name for p in path.parent.glob("*.yaml")]
            faults.append(
                Fault(
                    "P-INCLUDE", f"no file `{item.value}`", item.span, hint=nearest(str(item.value), others)
                )
            )
            continue
        try:
            part = read_yaml(part_path, error=PackError, shown=str(PurePosixPath(shown).parent / relative))
        except PackError as error:
            faults.extend(error.faults)
            continue
        _add_sections(sections, part, faults)
    return replace(node, value=sections)


def _add_sections(sections: dict[str, Node], part: Node, faults: list[Fault]) -> None:
    if not isinstance(part.value, dict):
        faults.append(Fault("P-VALUE", "an included file is a mapping of sections", part.span))
        return
    for name, child in part.value.items():
        if name not in SECTIONS and name != "fields":
            hint = nearest(name, [*SECTIONS, "fields"])
            faults.append(
                Fault("P-FIELD", f"no section `{name}` in an included file", child.key_span, hint=hint)
            )
        elif name not in sections:
            sections[name] = child
        elif isinstance(child.value, dict) and isinstance(sections[name].value, dict):
            known = dict(sections[name].value)
            for key, item in child.value.items():
                if key in known:
                    hint = f"first at {known[key].key_span}"
                    message = f"`{key}` is already in `{name}`"
                    faults.append(Fault("P-DUPLICATE", message, item.key_span, hint=hint))
                known.setdefault(key, item)
            sections[name] = replace(sections[name], value=known)


def _header(node: Node, faults: list[Fault]) -> f.PackFile:
    keys = {key: child.data() for key, child in node.value.items() if key not in SECTIONS and key != "fields"}
    lacking = [name for name in _HEADER if name not in keys]
    faults.extend(
        Fault("P-MISSING", f"`{name}` is missing", node.span, hint=f"add `{name}: …`") for name in lacking
    )
    while True:
        try:
            return f.PackFile.model_validate(keys)
        except ValidationError as error:
            faults.extend(faults_of(error, f.PackFile, node=node, prefix="P"))
            bad = {str(item["loc"][0]) for item in error.errors()}
            keys = {key: value for key, value in keys.items() if key not in bad}


def _section(node: Node, name: str, model: type[BaseModel], faults: list[Fault]) -> dict[str, Any]:
    section = node.get(name)
    if section is None:
        return {}
    if not isinstance(section.value, dict):
        faults.append(Fault("P-VALUE", f"`{name}` is a mapping of ids", section.span))
        return {}
    found = {}
    for key, child in section.value.items():
        try:
            found[key] = model.model_validate(child.data())
        except ValidationError as error:
            located = replace(child, span=child.key_span or child.span)
            found_faults = faults_of(error, model, node=located, prefix="P", where=f"{name}.{key}")
            if node.get("extends") is not None:
                # What looks incomplete in an extension is often an override of a misspelt id.
                hint = nearest(key, [other for other in section.value if other != key])
                found_faults = [
                    replace(fault, hint=hint or fault.hint) if fault.code == "P-MISSING" else fault
                    for fault in found_faults
                ]
            faults.extend(found_faults)
    return found


def _custom_fields(node: Node, faults: list[Fault]) -> dict[str, dict[str, f.CustomField]]:
    section = node.get("fields")
    if section is None or not isinstance(section.value, dict):
        return {}
    return {record: _section(section, record, f.CustomField, faults) for record in section.value}


def _override(params: dict[str, Any], given: Mapping[str, Any], faults: list[Fault]) -> dict[str, Any]:
    result = dict(params)
    for name, value in given.items():
        if name not in params:
            faults.append(Fault("A-PARAM", f"no parameter `{name}`", hint=nearest(str(name), params)))
            continue
        try:
            result[name] = f.Param.model_validate(
                {**params[name].model_dump(exclude_none=True), "value": value}
            )
        except ValidationError:
            expected = "true, false, a finite number or a text"
            message = f"{shown(value)} given for parameter `{name}`, {expected} expected"
            faults.append(Fault("A-VALUE", message))
    return result
