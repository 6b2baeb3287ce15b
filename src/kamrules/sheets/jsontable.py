"""A JSON file of records as a table: what the interfaces of CRMs answer, read like a CSV file.

Read are a list of objects, and an object that holds one under `value` (OData), `result` (Odoo) or `results`
(HubSpot). Columns are the keys, those of inner objects with a dot (`properties.amount`). A pair of a number
and a text, as Odoo writes the record a field points to, is the id in the column and the text in the column
with `.name`; other lists are texts with `;` between, associated records by their ids. Odoo also writes false
for "empty": in a column that holds anything but true and false, false is a missing value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kamrules.errors import Fault, InputError
from kamrules.jsontext import JsonTextError, parse_json
from kamrules.sheets.cells import LIST_SEPARATOR
from kamrules.sheets.csvfile import MAX_COLUMNS, CsvFile
from kamrules.source import Span

# Our choice, as for JSON deals: parsed JSON takes some ten times its size in memory.
MAX_BYTES = 200_000_000
_HOLDERS = ("value", "result", "results", "records")
_MAX_DEPTH = 4
_PAIR = 2


@dataclass(frozen=True, slots=True)
class JsonTable(CsvFile):
    """Records in memory; row 2 is the first record, as in a file with a header."""

    records: tuple[tuple[str, ...], ...] = ()

    def raw_rows(self) -> Iterator[tuple[int, list[str], bool]]:
        """Yield every record with its number."""
        return ((number, list(cells), True) for number, cells in enumerate(self.records, start=2))


def open_json_table(path: Path) -> JsonTable:
    """Read a JSON file of records.

    Raises
    ------
    InputError
        I-FILE, I-SIZE, I-JSON or I-EMPTY when it holds no records.
    """
    records = _records(_load(path), path.name)
    rows: list[dict[str, Any]] = []
    for number, record in enumerate(records, start=1):
        if not isinstance(record, dict):
            message = f"record {number} is no object in braces"
            raise InputError(Fault("I-JSON", message, where=path.name))
        rows.append(dict(_flat(record, "", 0)))
    columns = list(dict.fromkeys(name for row in rows for name in row))
    if not columns:
        raise InputError(Fault("I-EMPTY", "no record has a field", where=path.name))
    if len(columns) > MAX_COLUMNS:
        message = f"{len(columns)} columns given, at most {MAX_COLUMNS} are read"
        raise InputError(Fault("I-SIZE", message, where=path.name))
    truths = {name for name in columns if all(isinstance(row.get(name, False), bool | None) for row in rows)}
    cells = tuple(tuple(_cell(row.get(name), is_truth=name in truths) for name in columns) for row in rows)
    return JsonTable(path, path.name, tuple(columns), records=cells)


def _records(value: Any, name: str) -> list[Any]:
    if isinstance(value, list):
        return value
    held = [value[key] for key in _HOLDERS if isinstance(value, dict) and isinstance(value.get(key), list)]
    if len(held) == 1:
        return list(held[0])
    hint = f"one of {', '.join(_HOLDERS)} may hold the list"
    raise InputError(Fault("I-JSON", "a list of records is expected", where=name, hint=hint))


def _flat(record: dict[str, Any], prefix: str, depth: int) -> Iterator[tuple[str, Any]]:
    for key, value in record.items():
        name = f"{prefix}{key}".strip()
        if isinstance(value, dict) and depth < _MAX_DEPTH:
            yield from _flat(value, f"{name}.", depth + 1)
        elif _is_reference(value):
            yield name, value[0]
            yield f"{name}.name", value[1]
        else:
            yield name, value


def _is_reference(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == _PAIR
        and isinstance(value[0], int)
        and not isinstance(value[0], bool)
        and isinstance(value[1], str)
    )


def _cell(value: Any, *, is_truth: bool) -> str:
    if value is None or (value is False and not is_truth):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        texts = (_cell(_id_of(item), is_truth=True) for item in value)
        return LIST_SEPARATOR.join(dict.fromkeys(texts))
    return str(value)


def _id_of(item: Any) -> Any:
    """Return the id of an associated record, as HubSpot lists them; anything else as it is."""
    return item["id"] if isinstance(item, dict) and "id" in item else item


def _load(path: Path) -> Any:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            message = f"the file has {size} bytes, at most {MAX_BYTES} are read"
            raise InputError(Fault("I-SIZE", message, where=path.name))
        return parse_json(path.read_bytes())
    except OSError as problem:
        reason = (problem.strerror or "cannot be opened").lower()
        raise InputError(Fault("I-FILE", f"cannot read the file: {reason}", where=path.name)) from None
    except JsonTextError as problem:
        span = Span(path.name, problem.line, max(problem.column, 1)) if problem.line else None
        raise InputError(
            Fault(f"I-{problem.code}", problem.reason, span, "" if span else path.name)
        ) from None
