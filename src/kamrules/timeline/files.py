"""Files of events: JSON Lines, one event a line, or CSV with the columns of a table of events.

Nothing is dropped without a word: a file with a faulty line is refused, with every fault of every line.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from kamrules.errors import Fault, InputError, RecordError
from kamrules.jsontext import JsonTextError, parse_json
from kamrules.timeline.events import Event, to_dict
from kamrules.timeline.reading import COLUMNS, NEEDED, data_of_row, event_of, to_row
from kamrules.validation import shown
from kamrules.wholefile import text_file

_JSON_LINES = frozenset({".jsonl", ".ndjson"})
_CSV = ".csv"
# No deal has them all, every event has.
_MARKS = frozenset({"deal_id", "type", "recorded_at"})
_PROBE_BYTES = 1_000_000


def holds_events(path: str | Path) -> bool:
    """Whether a file is one of events, by its first line."""
    place = Path(path)
    if place.suffix.lower() not in _JSON_LINES | {_CSV} or not place.is_file():
        return False
    with place.open("rb") as file:
        for raw in iter(lambda: file.readline(_PROBE_BYTES), b""):
            if raw.strip():
                return _MARKS.issubset(_names_in(raw.removeprefix(b"\xef\xbb\xbf"), place))
    return False


def _names_in(raw: bytes, place: Path) -> set[str]:
    if place.suffix.lower() == _CSV:
        return {name.strip() for name in raw.decode("utf-8", "replace").split(",")}
    try:
        found = parse_json(raw)
    except JsonTextError:
        return set()
    return set(found) if isinstance(found, dict) else set()


def read_events(path: str | Path) -> list[Event]:
    """Read the events of a `.jsonl`, `.ndjson` or `.csv` file.

    Raises
    ------
    InputError
        I-FILE, I-FORMAT, and R-* for every field that does not fit, each with its line.
    """
    place = Path(path)
    ending = place.suffix.lower()
    if ending not in _JSON_LINES | {_CSV}:
        message = f"`{path}` is no file of events, a .jsonl, .ndjson or .csv file is expected"
        raise InputError(Fault("I-FORMAT", message))
    try:
        raw = place.read_bytes()
    except OSError as problem:
        reason = (problem.strerror or "cannot be opened").lower()
        raise InputError(Fault("I-FILE", f"cannot read `{path}`: {reason}")) from None
    found: list[Event] = []
    faults: list[Fault] = []
    rows = _csv_rows(raw, place.name) if ending == _CSV else _json_lines(raw)
    for number, data in rows:
        try:
            found.append(event_of(_parsed(data)))
        except RecordError as problem:
            faults += [_at(fault, place.name, number) for fault in problem.faults]
    if faults:
        raise InputError(faults)
    return found


def _at(fault: Fault, name: str, number: int) -> Fault:
    return replace(fault, where=f"{name} line {number}" + (f", {fault.where}" if fault.where else ""))


def _parsed(data: bytes | dict[str, Any]) -> Any:
    if isinstance(data, dict):
        return data_of_row(data)
    try:
        return parse_json(data)
    except JsonTextError as problem:
        hint = "save the file as UTF-8" if problem.code == "UTF8" else ""
        raise RecordError(Fault(f"R-{problem.code}", problem.reason, hint=hint)) from None


def _json_lines(raw: bytes) -> Iterator[tuple[int, bytes | dict[str, Any]]]:
    for number, line in enumerate(raw.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if line.strip():
            yield number, line


def _csv_rows(raw: bytes, name: str) -> Iterator[tuple[int, bytes | dict[str, Any]]]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        message = f"byte {problem.start} is not UTF-8"
        raise InputError(Fault("I-UTF8", message, where=name, hint="save the file as UTF-8")) from None
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        head = [column.strip() for column in next(lines, [])]
        missing = [column for column in NEEDED if column not in head]
        strange = sorted(set(head) - set(COLUMNS))
        if missing or strange or len(set(head)) < len(head):
            parts = [f"no column `{one}`" for one in missing] + [f"no such column `{one}`" for one in strange]
            message = ", ".join(parts) or "a column is there twice"
            raise InputError(Fault("I-COLUMN", message, where=name, hint=f"columns are {', '.join(COLUMNS)}"))
        for cells in lines:
            if any(cells):
                row: dict[str, Any] = dict(zip(head, cells, strict=False))
                if len(cells) != len(head):
                    message = f"{len(cells)} cells given, {len(head)} expected: {shown(cells[0])} …"
                    raise InputError(Fault("I-CSV", message, where=f"{name} line {lines.line_num}"))
                yield lines.line_num, row
    except csv.Error as problem:
        raise InputError(Fault("I-CSV", str(problem), where=f"{name} line {lines.line_num}")) from None


def write_events(path: str | Path, events: Iterable[Event]) -> None:
    """Write events to a `.jsonl`, `.ndjson` or `.csv` file; it is there whole at the end, or unchanged."""
    place = Path(path)
    if place.suffix.lower() not in _JSON_LINES | {_CSV}:
        raise InputError(Fault("I-FORMAT", f"`{path}` given, a .jsonl, .ndjson or .csv file is expected"))
    with text_file(place) as stream:
        if place.suffix.lower() == _CSV:
            rows = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
            rows.writeheader()
            rows.writerows(to_row(event) for event in events)
            return
        for event in events:
            stream.write(json.dumps(to_dict(event), ensure_ascii=False) + "\n")
