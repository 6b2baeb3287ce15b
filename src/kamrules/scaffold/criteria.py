"""A new criterion in a pack that is there: written among the others, and nothing else is touched.

The text is put in line by line. To write the file anew from its data would keep comments, but not how the
owner has laid out everything else, and the review would be about that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kamrules.casefile import ENDING, read_cases
from kamrules.engine import load_pack
from kamrules.errors import ArgumentError, Fault, KamrulesError, nearest
from kamrules.rules.pack import Pack, files_of, locate_pack, shipped_packs
from kamrules.scaffold.files import CASES_SCHEMA, PACK_SCHEMA, fitting, scalar, schema_texts
from kamrules.source import Span
from kamrules.wholefile import text_file
from kamrules.yamltext import Node, parse_yaml, read_yaml

_SIDES = {"E": "entry", "X": "exit"}
_CRITERION = """\
# Written by `kamrules new`: put your own condition, texts, source and owner in.
{id}:
  gate: {gate}
  kind: hard
  name: {{en: New criterion {title}, zh: 新标准 {title}}}
  met_when: |-
    deal.next_step != ""
  source: {{ref: to be named}}
  owner: sales_engineer
  if_unknown: {{en: Ask for the next step., zh: 询问下一步。}}
  if_unmet: {{en: Agree on a next step., zh: 约定下一步。}}
"""
_CASES = """\
- name: {title} met by a next step
  given: {{next_step: visit}}
  expect: {{{id}: met}}
- name: {title} unmet without a next step
  given: {{next_step: ""}}
  expect: {{{id}: unmet}}
- name: {title} unknown while nobody knows
  given: {{}}
  expect: {{{id}: unknown}}
"""


@dataclass(frozen=True, slots=True)
class NewCriterion:
    """Where a criterion was written, and its cases."""

    criterion: Span
    cases: Span


def new_criterion(name: str, pack: str | Path, *, gate: str | None = None) -> NewCriterion:
    """Write a criterion and its cases to a pack; every other line stays as it is.

    It goes behind the last criterion of the file that holds its milestone; the cases go to the cases file of
    the same name. Schemas beside the pack are made anew.

    Parameters
    ----------
    name : id of the criterion, such as `M3.X9`
    pack : a pack file or its folder
    gate : milestone and side, such as `M3.exit`; read from an id such as `M3.X9` or `M3.E2` if left out

    Raises
    ------
    ArgumentError
        The pack has the id (A-DUPLICATE), the gate is none (A-GATE), or a file cannot be added to (A-PLACE).
    PackError
        The pack has faults; they are to be mended first.
    """
    fitting(name, r"[A-Za-z][A-Za-z0-9_.-]*", "letters, digits, `.`, `-` and `_`")
    if isinstance(pack, str) and pack in shipped_packs():
        hint = f"`kamrules new pack NAME --extends {pack}` starts one of yours"
        raise ArgumentError(
            Fault("A-VALUE", f"`{pack}` comes with kamrules and is not written to", hint=hint)
        )
    loaded = load_pack(pack)
    _refuse_known(name, loaded)
    found = _gate(name, gate, loaded)
    manifest = locate_pack(pack)[0]
    words = {"id": scalar(name), "title": name, "gate": found}
    place = _Place(_home(manifest, found), "criteria")
    cases = _Place(_cases_home(manifest, place.path), "cases")
    head = f"pack: {manifest.name}\nas_of: 2026-06-30\n"
    if (manifest.parent / CASES_SCHEMA).is_file():
        head = f"# yaml-language-server: $schema={CASES_SCHEMA}\n{head}"
    rule_text, rule_line = place.with_entry(_CRITERION.format(**words))
    case_text, case_line = cases.with_entry(_CASES.format(**words), head=head)
    for path, text in ((place.path, rule_text), (cases.path, case_text)):
        with text_file(path) as stream:
            stream.write(text)
    if (manifest.parent / PACK_SCHEMA).is_file() and (manifest.parent / CASES_SCHEMA).is_file():
        for path, text in schema_texts(manifest).items():
            with text_file(path) as stream:
                stream.write(text)
    return NewCriterion(Span(str(place.path), rule_line, 1), Span(str(cases.path), case_line, 1))


def _refuse_known(name: str, pack: Pack) -> None:
    for section in ("criteria", "red_lines", "findings", "tables", "scorecards"):
        spec = getattr(pack, section).get(name)
        if spec is not None:
            title = spec.title if section in {"tables", "scorecards"} else spec.name
            message = f"`{name}` is there already, in `{section}`: {title.en}"
            raise ArgumentError(Fault("A-DUPLICATE", message, pack.node.find((section, name)).key_span))


def _gate(name: str, gate: str | None, pack: Pack) -> str:
    known = [f"{milestone}.{side}" for milestone in pack.milestones for side in _SIDES.values()]
    if gate is None:
        milestone, _, rest = name.partition(".")
        gate = f"{milestone}.{_SIDES.get(rest[:1], '')}"
        if gate not in known:
            hint = f"give --gate, such as {known[1]}" if known else "the pack has no milestones"
            raise ArgumentError(Fault("A-GATE", f"`{name}` does not say which gate it belongs to", hint=hint))
    if gate not in known:
        raise ArgumentError(Fault("A-GATE", f"no gate `{gate}` in the pack", hint=nearest(gate, known)))
    return gate


def _home(manifest: Path, gate: str) -> Path:
    """Return the file of the pack's own that holds criteria of this milestone, or any, or is the first."""
    milestone = gate.partition(".")[0]
    best, home = 0, manifest
    for path in files_of(manifest):
        section = read_yaml(path).get("criteria")
        if section is None:
            continue
        gates = [str(child.find(("gate",)).value) for child in _children(section).values()]
        fit = 2 if any(one.startswith(f"{milestone}.") for one in gates) else 1
        if fit >= best:
            best, home = fit, path
    return home


def _cases_home(manifest: Path, part: Path) -> Path:
    """Return the cases file named after the part; the only one of the pack, if there is no such file."""
    own = part.with_name(part.stem + ENDING)
    others = [
        path
        for path in sorted(manifest.parent.glob(f"*{ENDING}"))
        if read_cases(path).pack.resolve() in {manifest.resolve(), manifest.parent.resolve()}
    ]
    return others[0] if not own.exists() and len(others) == 1 else own


def _children(section: Node) -> Mapping[str, Node]:
    return section.value if isinstance(section.value, dict) else {}


@dataclass(frozen=True, slots=True)
class _Place:
    """A section of a file that entries are added to."""

    path: Path
    section: str

    def with_entry(self, entry: str, *, head: str = "") -> tuple[str, int]:
        """Return the text of the file with the entry in it, and its line; `head` starts a new file."""
        if not self.path.exists():
            text = f"{head}{self.section}:\n"
        else:
            with self.path.open(encoding="utf-8", newline="") as stream:
                text = stream.read()
        old = parse_yaml(text.removeprefix("\ufeff"), str(self.path))
        end = "\r\n" if "\r\n" in text else "\n"
        lines = [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]
        section = old.get(self.section)
        if section is None:
            lines += ["", f"{self.section}:"]
            after, indent = len(lines), 2
        else:
            after, indent = self._end(old, section, lines), self._indent(section, lines)
        added = [" " * indent + line for line in entry.splitlines()]
        new = end.join([*lines[:after], *added, *lines[after:]]) + end
        self._prove(old, entry, new)
        return new, after + 1

    def _end(self, root: Node, section: Node, lines: list[str]) -> int:
        """Return the number of the last line of the section; comments before the next key belong to that."""
        start = section.key_span.line if section.key_span else 1
        starts = [child.key_span.line for child in root.value.values() if child.key_span]
        stop = min((line for line in starts if line > start), default=len(lines) + 1)
        held = [number for number in range(start, stop) if lines[number - 1].strip()]
        return max(number for number in held if number == start or not lines[number - 1].startswith("#"))

    def _indent(self, section: Node, lines: list[str]) -> int:
        if isinstance(section.value, dict) and section.value:
            span = next(iter(section.value.values())).key_span
            return span.column - 1 if span else 2
        if isinstance(section.value, list) and section.value:
            first: Node = section.value[0]
            return max(lines[first.span.line - 1][: first.span.column - 1].rfind("-"), 0)
        return 2

    def _prove(self, old: Node, entry: str, new: str) -> None:
        """Refuse unless the new text holds what the old one did and the entry, and nothing else."""
        added = parse_yaml(entry).data()
        expected: dict[str, Any] = dict(old.data())
        before = expected.get(self.section)
        expected[self.section] = (
            [*(before or []), *added] if isinstance(added, list) else {**(before or {}), **added}
        )
        try:
            is_sound = parse_yaml(new.removeprefix("\ufeff"), str(self.path)).data() == expected
        except KamrulesError:
            is_sound = False
        if not is_sound:
            section = old.get(self.section)
            hint = "write it one entry below the other, without braces"
            message = f"`{self.section}` is laid out so that nothing can be added at its end"
            raise ArgumentError(
                Fault("A-PLACE", message, section.key_span if section else old.span, hint=hint)
            )
