"""JSON Lines: one deal a line, as nested objects with the names of the Deal model.

Read as a stream, in bounded memory. A line that is not a JSON object becomes a rejection with its line
number; blank lines are passed over. `-` reads standard input.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from kamrules.adapters import Item, Reading, Request
from kamrules.errors import Fault, InputError
from kamrules.jsontext import JsonTextError, parse_json
from kamrules.records.rejection import Rejection

# Our choice: a deal with thousands of activities stays below a tenth of it.
MAX_LINE_BYTES = 16_000_000
_ENDINGS = {".jsonl", ".ndjson"}


def accepts(path: Path, *, mapped: bool) -> bool:
    """Whether `path` is `-` or a file ending in .jsonl or .ndjson, and no field map is given."""
    return not mapped and (str(path) == "-" or (path.suffix.lower() in _ENDINGS and not path.is_dir()))


def read(path: Path, request: Request) -> Reading:  # noqa: ARG001 - the contract of a member
    """Open a JSON Lines file; each line is read when its deal is asked for."""
    if str(path) == "-":
        return Reading("-", "jsonl", lambda: _items(sys.stdin.buffer, "stdin"))
    try:
        path.open("rb").close()
    except OSError as problem:
        reason = (problem.strerror or "cannot be opened").lower()
        raise InputError(Fault("I-FILE", f"cannot read `{path}`: {reason}")) from None
    return Reading(str(path), "jsonl", lambda: _open(path))


def _open(path: Path) -> Iterator[Item]:
    with path.open("rb") as file:
        yield from _items(file, path.name)


def _items(file: BinaryIO, name: str) -> Iterator[Item]:
    first_lines: dict[str, int] = {}
    number = 0
    while raw := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(raw) > MAX_LINE_BYTES:
            message = f"line {number} is longer than {MAX_LINE_BYTES} bytes"
            raise InputError(Fault("I-SIZE", message, where=name, hint="write one deal a line"))
        text = raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw
        if text.strip():
            yield _item(text, f"{name} line {number}", number, first_lines)


def _item(raw: bytes, where: str, number: int, first_lines: dict[str, int]) -> Item:
    try:
        deal = parse_json(raw)
    except JsonTextError as problem:
        hint = "save the file as UTF-8" if problem.code == "UTF8" else ""
        return Item(
            number,
            Rejection(number, None, (Fault(f"R-{problem.code}", problem.reason, where=where, hint=hint),)),
        )
    if not isinstance(deal, dict):
        fault = Fault("R-JSON", "a deal is an object in braces, another value is given", where=where)
        return Item(number, Rejection(number, None, (fault,)))
    identity = deal.get("id")
    first = first_lines.setdefault(identity, number) if isinstance(identity, str) else number
    if first != number:
        fault = Fault("R-DUPLICATE", f"deal id `{identity}` was given in line {first} already", where=where)
        return Item(number, Rejection(number, identity, (fault,), deal))
    return Item(number, deal)
