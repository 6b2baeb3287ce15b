"""A grid as a table of a pack, and what of it a pack has no word for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from kamrules.decisions import feel
from kamrules.decisions.columns import Cell, condition_of
from kamrules.decisions.grid import Column, Grid, Hit, Rule
from kamrules.decisions.vocabulary import Names
from kamrules.errors import Fault, InputError
from kamrules.rules.pack import Pack
from kamrules.scaffold.files import scalar

# DMN's ANY and PRIORITY give what the first row gives, once the rows stand in the order of their outputs.
_HITS: dict[Hit, str] = {
    "FIRST": "first", "UNIQUE": "unique", "COLLECT": "collect", "ANY": "first", "PRIORITY": "first"
}  # fmt: skip
_ID = re.compile(r"[\w.-]+")
_DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Section:
    """A table in the form of a pack, as plain data under `tables`, and what could not be carried."""

    tables: dict[str, dict[str, object]]
    notes: tuple[str, ...]


def pack_section(grid: Grid, pack: Pack, paths: Mapping[str, str] | None = None) -> Section:
    """Return a grid as a table of a pack.

    Parameters
    ----------
    grid : Grid
        As read from DMN or from a workbook.
    pack : Pack
        The pack whose fields, parameters and definitions the inputs name.
    paths : mapping, optional
        Paths for inputs that have other names, such as `{"Applicant age": "deal.account.employees"}`.

    Raises
    ------
    InputError
        I-TABLE with every cell, input and rule that cannot be carried, by row and column.
    """
    faults: list[Fault] = []
    conditions = _conditions(grid, Names(pack), paths or {}, faults)
    ids = _ids(grid, faults)
    if not grid.rules:
        faults.append(Fault("I-TABLE", f"table `{grid.id}` has no rules"))
    if faults:
        raise InputError(faults)
    rows, note = _ordered(grid, list(zip(ids, conditions, grid.rules, strict=True)))
    table: dict[str, object] = {
        "hit": _HITS[grid.hit],
        "title": {"en": grid.title or grid.id, "zh": grid.title or grid.id},
        "outputs": list(dict.fromkeys((*grid.outputs, *(rule.output for rule in grid.rules)))),
        "rows": {name: _row(rule, when) for name, when, rule in rows},
    }
    if grid.default is not None:
        _add_default(table, grid, [when for _, when, _ in rows])
    return Section({grid.id: table}, (*grid.notes, *note))


_Named = tuple[str, str, Rule]


def _ordered(grid: Grid, rows: list[_Named]) -> tuple[list[_Named], list[str]]:
    """Return the rows so that the first that holds gives the output of the hit policy, and what is lost."""
    if grid.hit == "ANY":
        return rows, ["hit policy ANY: the first row that holds counts; that all rows agree is not checked"]
    if grid.hit != "PRIORITY":
        return rows, []
    order = {output: place for place, output in enumerate(grid.outputs)}
    rows = sorted(rows, key=lambda row: order.get(row[2].output, len(order)))
    return rows, ["hit policy PRIORITY: rows are sorted by their outputs, and the first that holds counts"]


def _conditions(grid: Grid, names: Names, paths: Mapping[str, str], faults: list[Fault]) -> list[str]:
    """Return the condition of each rule; types are checked where every input is known."""
    inputs = [
        (_input(column, paths, number, names, faults), column)
        for number, column in enumerate(grid.columns, start=1)
    ]
    are_known = not faults
    found = []
    for number, rule in enumerate(grid.rules, start=1):
        place = f"{grid.id}, rule {number}"
        before = len(faults)
        found.append(_condition(rule, place, inputs, names, faults))
        if are_known and len(faults) == before:
            faults += [replace(fault, span=None, where=place) for fault in names.faults_in(found[-1])]
    return found


def _input(column: Column, paths: Mapping[str, str], number: int, names: Names, faults: list[Fault]) -> str:
    """Return the expression of an input in the language of the pack."""
    text = paths.get(column.expression, column.expression).strip()
    if names.kind_of(text) is None:
        message = f"input {number} `{text}` is nothing the pack knows"
        hint = f'give its path with --input "{column.expression}=deal.…"'
        faults.append(Fault("I-TABLE", message, hint=hint))
    return text


def _condition(
    rule: Rule, place: str, inputs: Sequence[tuple[str, Column]], names: Names, faults: list[Fault]
) -> str:
    parts = []
    for number, (text, (name, column)) in enumerate(zip(rule.cells, inputs, strict=True), start=1):
        try:
            cell = Cell(name, feel.parse_tests(text))
            part = condition_of(cell, names.kind_of(name)) if column.is_feel else _foreign_part(cell)
            parts.append(part)
        except feel.FeelError as problem:
            faults.append(Fault("I-TABLE", str(problem), where=f"{place}, column {number}"))
    return " && ".join(part for part in parts if part) or "true"


def _foreign_part(cell: Cell) -> str:
    """Return an input in the pack's language that is true or false; any other test has no meaning there."""
    if not cell.tests.any_of:
        return ""
    match cell.tests:
        case feel.Tests((feel.Compare("=", feel.Value("boolean", value)),), False):
            return f"({cell.input})" if value else f"!({cell.input})"
    raise feel.FeelError("an input in the language of the pack is tested with `true`, `false` or `-`")


def _ids(grid: Grid, faults: list[Fault]) -> list[str]:
    found: list[str] = []
    for number, rule in enumerate(grid.rules, start=1):
        name = rule.notes.get("row") or rule.id or f"{grid.id}_{number}"
        if _ID.fullmatch(name) is None or name in found:
            name = f"{grid.id}_{number}"
        found.append(name)
    if _ID.fullmatch(grid.id) is None:
        faults.append(Fault("I-TABLE", f"`{grid.id}` is no id of a table", hint="give one with --as"))
    return found


def _row(rule: Rule, when: str) -> dict[str, object]:
    known = rule.notes
    name = known.get("name_en") or known.get("name_zh")
    named = {"name": {"en": known.get("name_en") or name, "zh": known.get("name_zh") or name}} if name else {}
    proven = {"min_evidence": known["min_evidence"]} if known.get("min_evidence") else {}
    return {**named, "when": when, "then": rule.output, **proven}


def _add_default(table: dict[str, object], grid: Grid, conditions: Sequence[str]) -> None:
    """Add the row of the default output: it holds where no other does."""
    rows, outputs = table["rows"], table["outputs"]
    assert isinstance(rows, dict)
    assert isinstance(outputs, list)
    when = "true" if table["hit"] == "first" else " && ".join(f"!({one})" for one in conditions)
    rows[_DEFAULT if _DEFAULT not in rows else f"{grid.id}_default"] = {"when": when, "then": grid.default}
    if grid.default not in outputs:
        outputs.append(grid.default)


def section_text(section: Section) -> str:
    """Return the section as YAML to include in a pack; what was not carried stands above it."""
    lines = [f"# not carried: {_line(note)}" for note in section.notes]
    lines.append("tables:")
    for name, table in section.tables.items():
        title, outputs, rows = table["title"], table["outputs"], table["rows"]
        assert isinstance(title, dict)
        assert isinstance(outputs, list)
        assert isinstance(rows, dict)
        lines += [
            f"  {scalar(name)}:",
            f"    hit: {table['hit']}",
            f"    title: {{en: {scalar(title['en'])}, zh: {scalar(title['zh'])}}}",
            f"    outputs: [{', '.join(map(scalar, outputs))}]",
            "    rows:",
        ]
        for row, spec in rows.items():
            lines += [f"      {scalar(row)}:", *_row_lines(spec)]
    return "\n".join(lines) + "\n"


def _row_lines(spec: Mapping[str, object]) -> list[str]:
    lines = []
    name = spec.get("name")
    if isinstance(name, dict):
        lines.append(f"        name: {{en: {scalar(name['en'])}, zh: {scalar(name['zh'])}}}")
    lines += ["        when: |-", f"          {spec['when']}", f"        then: {scalar(str(spec['then']))}"]
    if "min_evidence" in spec:
        lines.append(f"        min_evidence: {scalar(str(spec['min_evidence']))}")
    return lines


def _line(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)
