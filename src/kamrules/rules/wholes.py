"""Days, moments and lengths of time as whole numbers: ordinals, and microseconds since the year 1."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from kamrules.rules.lang import types as t

MICRO = timedelta(microseconds=1)
DAY = timedelta(days=1) // MICRO
START = datetime(1, 1, 1, tzinfo=UTC)


def whole(value: date | datetime | timedelta | int) -> int:
    """Return the whole number of a value that has one."""
    match value:
        case datetime():
            return (value - START) // MICRO
        case date():
            return value.toordinal()
        case timedelta():
            return value // MICRO
    return value


def range_of(kind: t.Type) -> tuple[int, int]:
    """Return the least and the greatest whole number that a type has room for, whatever its fields allow."""
    match kind:
        case t.Date():
            return date.min.toordinal(), date.max.toordinal()
        case t.Timestamp():
            return 0, date.max.toordinal() * DAY - 1
        case t.Duration():
            return timedelta.min // MICRO, timedelta.max // MICRO
    return t.INT_MIN, t.INT_MAX
