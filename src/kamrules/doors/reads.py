"""What a field map reads of an export, and all that it drops, with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kamrules.adapters import Request, read_deals
from kamrules.adapters.fieldmap import Bound, bind
from kamrules.errors import Fault
from kamrules.records.rejection import LeftOut, Rejection
from kamrules.sheets.binding import Sheet
from kamrules.sheets.mapfile import SheetMap


@dataclass(frozen=True, slots=True)
class FileRead:
    """One sheet of a map: its file, the rows that count, and the fields its columns fill."""

    file: str
    rows: int
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reads:
    """An export read through a map: `deals` of which `rejected`, and what was dropped, each line with why.

    `unknown` are the picklist values that the map gives no meaning; `faults` why deals were rejected.
    """

    deals: int
    rejected: int
    strays: tuple[Rejection, ...]
    files: tuple[FileRead, ...]
    left_out: tuple[LeftOut, ...]
    ignored: tuple[str, ...]
    unknown: tuple[str, ...]
    faults: tuple[Fault, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON-ready data."""
        return {
            "deals": self.deals,
            "rejected": self.rejected,
            "stray_rows": [stray.to_dict() for stray in self.strays],
            "files": [asdict(one) for one in self.files],
            "left_out": [asdict(one) for one in self.left_out],
            "ignored": list(self.ignored),
            "unknown": list(self.unknown),
            "faults": [fault.to_dict() for fault in self.faults],
        }


def reads_of(path: Path, request: Request) -> Reads:
    """Read an export through the map of a request and say what came of it.

    Raises
    ------
    InputError
        I-* with every fault of the map and of the files' headers.
    """
    bound = bind(path, request)
    reading = read_deals(path, request)
    deals = 0
    rejections: list[Rejection] = list(reading.strays)
    for deal in reading:
        deals += 1
        if isinstance(deal, Rejection):
            rejections.append(deal)
    sheets = [bound.map.deals, *bound.map.joins.values(), *_list_sheets(bound)]
    return Reads(
        deals,
        len(rejections) - len(reading.strays),
        reading.strays,
        tuple(map(_file_read, _bound_sheets(bound))),
        reading.left_out,
        tuple(f"{sheet.file}: {', '.join(sheet.ignore)}" for sheet in sheets if sheet.ignore),
        tuple(line for sheet in sheets for line in _unknown(sheet)),
        tuple(fault for rejection in rejections for fault in rejection.faults),
    )


def _list_sheets(bound: Bound) -> Iterator[SheetMap]:
    for specs in bound.map.lists.values():
        for spec in specs:
            yield spec
            yield from spec.joins.values()


def _bound_sheets(bound: Bound) -> Iterator[tuple[str, Sheet]]:
    yield "", bound.layout.root
    yield from (("", lookup.sheet) for lookup in bound.layout.lookups)
    for child in bound.layout.lists:
        yield f"{child.name}.", child.sheet
        yield from ((f"{child.name}.", lookup.sheet) for lookup in child.lookups)


def _file_read(found: tuple[str, Sheet]) -> FileRead:
    place, sheet = found
    fields = dict.fromkeys(f"{place}{column.reader.spec.name}" for column in sheet.columns)
    return FileRead(sheet.file.name, sum(1 for _ in sheet.file.lines()), tuple(fields))


def _unknown(sheet: SheetMap) -> Iterator[str]:
    for column, targets in sheet.columns.items():
        for target in targets:
            texts = [text for text, meaning in (target.values or {}).items() if meaning is None]
            if texts:
                yield f"{sheet.file}, column {column}, {target.to}: {', '.join(texts)}"
