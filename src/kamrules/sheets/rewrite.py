"""Cells of another system rewritten as kamrules writes them, the way a field map says."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kamrules.errors import nearest
from kamrules.rules.lang import types as t
from kamrules.sheets.cells import CellError
from kamrules.sheets.mapfile import Target
from kamrules.validation import shown

_NUMBERS = (t.Int, t.Double, t.Money)
_DIGITS = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_GROUP = 3  # digits between two signs for thousands
_NAMED = {"iso": "`ISO 8601`", "epoch_ms": "milliseconds since 1970"}
Prepare = Callable[[str], str | None]


def zone_of(name: str) -> tzinfo | None:
    """Return the time zone called `name`, None when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def rewriter(target: Target, kind: t.Type, dates: str | None) -> Prepare | None:
    """Return what turns a cell to the text its field is read from; None when nothing does."""
    steps: list[Prepare] = []
    if target.missing:
        missing = frozenset(target.missing)
        steps.append(lambda text: None if text in missing else text)
    if target.values is not None:
        steps.append(_by_values(target.values))
    elif isinstance(kind, t.Date | t.Timestamp):
        pattern = target.date or dates
        if pattern is not None or target.zone is not None:
            steps.append(_by_pattern(pattern, target.zone, is_date=isinstance(kind, t.Date)))
    elif isinstance(kind, _NUMBERS) and (target.decimal, target.thousands, target.times) != (
        ".",
        None,
        1,
    ):
        steps.append(_by_number(target))
    return _chain(steps) if steps else None


def _chain(steps: list[Prepare]) -> Prepare:
    def prepare(text: str) -> str | None:
        found: str | None = text
        for step in steps:
            if not found:
                return None
            found = step(found)
        return found

    return prepare


def _by_values(values: dict[str, str | None]) -> Prepare:
    def look_up(text: str) -> str | None:
        if text not in values:
            raise CellError(f"{shown(text)} is not among the values of the map", nearest(text, values))
        return values[text]

    return look_up


def _by_pattern(pattern: str | None, zone: str | None, *, is_date: bool) -> Prepare:
    def read_moment(text: str) -> str:
        try:
            moment = _moment(text, pattern)
        except (ValueError, OverflowError):
            expected = _NAMED.get(pattern or "iso", f"`{pattern}`")
            raise CellError(f"{shown(text)} given, a date of the form {expected} expected") from None
        if zone is not None:
            place = zone_of(zone)
            moment = moment.replace(tzinfo=place) if moment.tzinfo is None else moment.astimezone(place)
        return moment.date().isoformat() if is_date else moment.isoformat()

    return read_moment


def _moment(text: str, pattern: str | None) -> datetime:
    if pattern is None or pattern == "iso":
        return datetime.fromisoformat(text)
    if pattern == "epoch_ms":
        return _EPOCH + timedelta(milliseconds=int(text))
    return datetime.strptime(text, pattern)  # noqa: DTZ007 - the zone of the map is set by the caller


def _by_number(target: Target) -> Prepare:
    def read_number(text: str) -> str:
        whole, point, rest = text.partition(target.decimal)
        if target.thousands is not None and target.thousands in whole:
            # Groups of three only: `1.5` where thousands have points is a slip, not fifteen.
            first, *groups = whole.split(target.thousands)
            if len(first.lstrip("+-")) not in {1, 2, 3} or any(len(group) != _GROUP for group in groups):
                raise CellError(
                    f"{shown(text)} given, a number with `{target.thousands}` at thousands expected"
                )
            whole = "".join((first, *groups))
        plain = f"{whole}.{rest}" if point else whole
        if not _DIGITS.fullmatch(plain):
            raise CellError(f"{shown(text)} given, a number expected")
        number = Decimal(plain) * target.times
        return f"{number.normalize():f}" if number == number.to_integral_value() else f"{number:f}"

    return read_number
