"""Former values of a system, such as Salesforce's OpportunityHistory, as events of deals.

A value means what it means in the map of the deals: a stage without a milestone clears the milestone. Only
what changed becomes an event; a column whose meaning depends on another one is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from kamrules.adapters import Request
from kamrules.adapters.fieldmap import Bound, bind
from kamrules.errors import Fault, InputError
from kamrules.rules.lang import types as t
from kamrules.sheets.cells import CellError, Reader, read_text
from kamrules.sheets.csvfile import CsvFile, Line, row_place
from kamrules.sheets.mapfile import HistoryMap, Target
from kamrules.sheets.rewrite import rewriter
from kamrules.timeline import Event, FactCleared, FactSet

_NONE = object()


@dataclass(slots=True)
class Told:
    """The events of an export, of how many deals, and each row or value left out, with the reason."""

    events: list[Event] = field(default_factory=list)
    deals: int = 0
    left_out: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Row:
    """One former value of one deal, read: `value` is None where it is unknown."""

    deal: str
    at: datetime
    number: int
    id: str
    path: str
    value: Any


def events_of_history(path: Path, request: Request) -> Told:
    """Return the changes that the history files of a field map tell.

    Raises
    ------
    InputError
        I-MAP when the map names no history; else as for reading deals.
    """
    bound = bind(path, request)
    if not bound.map.history:
        hint = "add a `history` to the map"
        raise InputError(Fault("I-MAP", f"`{request.map_path}` names no file of former values", hint=hint))
    told = Told()
    known = _ids(bound)
    rows = [row for spec in bound.map.history for row in _rows(bound, spec, known, told)]
    last: dict[tuple[str, str], Any] = {}
    for row in sorted(rows, key=lambda row: (row.at, row.deal, row.number)):
        if last.get((row.deal, row.path), _NONE if row.value is not None else None) != row.value:
            last[row.deal, row.path] = row.value
            told.events.append(_event(row))
    told.deals = len({event.deal_id for event in told.events})
    return told


def _ids(bound: Bound) -> frozenset[str]:
    root, index = bound.layout.root.file, bound.layout.id
    if index is None:
        raise InputError(Fault("I-MAP", "no column fills the id of a deal"))
    return frozenset(line.cells[index].strip() for line in root.lines() if line.fault is None)


def _rows(bound: Bound, spec: HistoryMap, known: frozenset[str], told: Told) -> Iterator[_Row]:
    file = bound.files[spec.file]
    file = file.with_only(
        {file.header.index(name): frozenset(map(str.casefold, texts)) for name, texts in spec.only.items()}
    )
    for name, rows in file.left_out().items():
        told.left_out.append(f"{file.name}: {rows} rows by `only` of {name}")
    deal = file.header.index(spec.deal)
    at = Target(to="at", date=spec.date or bound.map.dates or "iso", zone=spec.zone or "UTC")
    strangers = 0
    for line in file.lines():
        if line.fault is not None:
            told.left_out.append(str(line.fault))
            continue
        if line.cells[deal].strip() not in known:
            strangers += 1
            continue
        try:
            yield from _values(bound, spec, file, line, at)
        except CellError as problem:
            told.left_out.append(f"{row_place(file.name, line.row)}: {problem.reason}")
    if strangers:
        told.left_out.append(f"{file.name}: {strangers} rows of no deal")


def _values(bound: Bound, spec: HistoryMap, file: CsvFile, line: Line, at: Target) -> Iterator[_Row]:
    cells = dict(zip(file.header, (cell.strip() for cell in line.cells), strict=True))
    moment = _moment(cells[spec.at], at)
    identity = cells[spec.id] if spec.id is not None else f"{file.name} {line.row}"
    if spec.field is not None and spec.value is not None:
        column = spec.fields.get(cells[spec.field])
        pairs = [(column, cells[spec.value])] if column is not None else []
    else:
        pairs = [(column, cells[name]) for name, column in spec.columns.items()]
    for column, text in pairs:
        for reader in _readers(bound, str(column)):
            path = f"deal.{reader.spec.name}"
            yield _Row(cells[spec.deal], moment, line.row, f"{identity} {path}", path, reader.read(text))


def _readers(bound: Bound, name: str) -> list[Reader]:
    columns = bound.layout.root.columns
    return [column.reader for column in columns if column.name == name and not column.only]


def _moment(text: str, at: Target) -> datetime:
    prepare = rewriter(at, t.Timestamp(), None)
    assert prepare is not None, "a target with a date rewrites its cells"
    if not text:
        raise CellError("no moment is given")
    found = read_text(prepare(text) or "", t.Timestamp())
    assert isinstance(found, datetime), "a timestamp was read"
    return found


def _event(row: _Row) -> Event:
    shared: dict[str, Any] = {
        "id": row.id,
        "deal_id": row.deal,
        "effective_on": row.at.date(),
        "recorded_at": row.at,
    }
    if row.value is None:
        return FactCleared(path=row.path, **shared)
    return FactSet(path=row.path, value=row.value, **shared)
