"""Columns of a CSV file bound to the fields of a record: one row in, one nested record and its faults out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kamrules.errors import Fault
from kamrules.sheets.cells import CellError, Reader
from kamrules.sheets.csvfile import CsvFile, Line, row_place


@dataclass(frozen=True, slots=True)
class Column:
    """One column and the field it fills, in the rows alone whose cells at `only` are among the texts."""

    index: int
    name: str
    reader: Reader
    only: tuple[tuple[int, frozenset[str]], ...] = ()

    def fills(self, line: Line) -> bool:
        """Whether the column fills its field in a row."""
        return all(line.cells[index].strip().casefold() in texts for index, texts in self.only)


@dataclass(frozen=True, slots=True)
class Parsed:
    """What one row says: the values that could be read, nested, and a fault for each other cell."""

    row: int
    values: dict[str, Any]
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A CSV file with the columns that fill fields; `constants` are values every row gets."""

    file: CsvFile
    columns: tuple[Column, ...]
    constants: tuple[tuple[tuple[str, ...], Any], ...] = ()

    def read(self, line: Line) -> Parsed:
        """Return the record of a sound row; a missing cell leaves its field out."""
        values: dict[str, Any] = {}
        faults: list[Fault] = []
        for path, value in self.constants:
            put(values, path, value)
        for column in self.columns:
            if not column.fills(line):
                continue
            try:
                value = column.reader.read(line.cells[column.index])
            except CellError as problem:
                where = row_place(self.file.name, line.row, column.name)
                faults.append(Fault("R-VALUE", problem.reason, where=where, hint=problem.hint))
                continue
            if value is not None:
                put(values, column.reader.spec.path, value)
        return Parsed(line.row, values, tuple(faults))


def put(record: dict[str, Any], path: Iterable[str], value: Any) -> None:
    """Set a nested field, making the records on the way."""
    *parents, name = path
    for parent in parents:
        record = record.setdefault(parent, {})
    record[name] = value


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return both records as one; nested records merge, and neither input changes."""
    result = dict(base)
    for name, value in over.items():
        old = result.get(name)
        if isinstance(value, dict):
            result[name] = merged(old if isinstance(old, dict) else {}, value)
        else:
            result[name] = value
    return result
