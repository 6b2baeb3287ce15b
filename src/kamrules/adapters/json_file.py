"""A JSON file: one deal, a list of deals, or `{"deals": [...]}`, with the names of the Deal model.

The file is read as a whole, so its size is bounded; larger inputs are JSON Lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kamrules.adapters import Item, Reading, Request
from kamrules.errors import Fault, InputError, nearest
from kamrules.jsontext import JsonTextError, parse_json
from kamrules.records.rejection import Rejection
from kamrules.source import Span

# Our choice: parsed JSON takes some ten times its size in memory.
MAX_BYTES = 200_000_000
_LIST = "deals"


def accepts(path: Path, *, mapped: bool) -> bool:
    """Whether `path` is a file ending in .json and no field map is given."""
    return not mapped and path.suffix.lower() == ".json" and not path.is_dir()


def read(path: Path, request: Request) -> Reading:
    """Open a JSON file; raise `InputError` when it is not one of the three forms."""
    deals = _deals(_load(path), path, request)

    def items() -> Iterator[Item]:
        return _items(deals, path.name)

    return Reading(str(path), "json", items, len(deals))


def _items(deals: list[Any], name: str) -> Iterator[Item]:
    first_rows: dict[str, int] = {}
    for number, deal in enumerate(deals, start=1):
        where = f"{name} deal {number}"
        if not isinstance(deal, dict):
            fault = Fault("R-JSON", "a deal is an object in braces, another value is given", where=where)
            yield Item(number, Rejection(number, None, (fault,)))
            continue
        identity = deal.get("id")
        first = first_rows.setdefault(identity, number) if isinstance(identity, str) else number
        if first != number:
            fault = Fault(
                "R-DUPLICATE", f"deal id `{identity}` was given as deal {first} already", where=where
            )
            yield Item(number, Rejection(number, identity, (fault,), deal))
            continue
        yield Item(number, deal)


def _deals(value: Any, path: Path, request: Request) -> list[Any]:
    if isinstance(value, list):
        return value
    if not isinstance(value, dict):
        message = "a deal, a list of deals or an object with `deals` is expected"
        raise InputError(Fault("I-JSON", message, where=path.name))
    if _LIST not in value:
        return [value]
    deals = value[_LIST]
    if not isinstance(deals, list):
        raise InputError(Fault("I-JSON", f"`{_LIST}` is not a list", where=path.name))
    known = {_LIST}
    faults = [
        Fault("I-JSON", f"no key `{name}` beside `{_LIST}`", where=path.name, hint=nearest(name, known))
        for name in value
        if name not in known and name not in request.ignored_columns
    ]
    if faults:
        raise InputError(faults)
    return deals


def _load(path: Path) -> Any:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            message = f"the file has {size} bytes, at most {MAX_BYTES} are read"
            raise InputError(Fault("I-SIZE", message, where=path.name, hint="write it as JSON Lines"))
        raw = path.read_bytes()
    except OSError as problem:
        reason = (problem.strerror or "cannot be opened").lower()
        raise InputError(Fault("I-FILE", f"cannot read `{path}`: {reason}")) from None
    if not raw.strip():
        raise InputError(Fault("I-EMPTY", "the file is empty, deals are expected", where=path.name))
    try:
        return parse_json(raw)
    except JsonTextError as problem:
        span = Span(path.name, problem.line, max(problem.column, 1)) if problem.line else None
        hint = "save the file as UTF-8" if problem.code == "UTF8" else ""
        where = "" if span else path.name
        raise InputError(Fault(f"I-{problem.code}", problem.reason, span, where, hint)) from None
