"""Texts of the constructors `date`, `timestamp`, `duration` and `money` to known values.

Promises: a text either gives an exact value or a `ValueError` whose message says what was expected.
Nothing is rounded: a moment finer than a microsecond, or an amount finer than the minor unit, is refused.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from kamrules.currency import minor_digits
from kamrules.rules.lang.types import INT_MAX

# The longest duration of protobuf, which CEL takes over (source: google/protobuf/duration.proto).
DURATION_MAX = timedelta(seconds=315_576_000_000)

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIMESTAMP = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt](?P<clock>[0-9]{2}:[0-9]{2}:[0-9]{2})"
    r"(?:\.(?P<fine>[0-9]{1,9}))?(?P<zone>[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_DURATION = re.compile(
    r"(?P<sign>[+-]?)(?P<parts>(?:[0-9]{1,18}(?:\.[0-9]{0,18})?(?:ns|us|µs|ms|s|m|h|d))+|0)"
)
_PART = re.compile(r"([0-9]+(?:\.[0-9]*)?)(ns|us|µs|ms|s|m|h|d)")
_MONEY = re.compile(r"(?P<number>-?[0-9]{1,19}(?:\.[0-9]{1,6})?) (?P<currency>[A-Z]{3})")
_MICROSECONDS = {
    "ns": Fraction(1, 1000), "us": Fraction(1), "µs": Fraction(1), "ms": Fraction(1000), "s": Fraction(10**6),
    "m": Fraction(60 * 10**6), "h": Fraction(3600 * 10**6), "d": Fraction(86400 * 10**6),
}  # fmt: skip
_MICRO_DIGITS = 6


def date_from(text: str) -> date:
    """Return the day of `YYYY-MM-DD`."""
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError("a day such as `2026-03-31` is expected")


def timestamp_from(text: str) -> datetime:
    """Return the moment, in UTC, of an RFC 3339 text."""
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        raise ValueError("a moment such as `2026-03-31T09:30:00Z` is expected")
    fine = (match["fine"] or "").ljust(_MICRO_DIGITS, "0")
    if fine[_MICRO_DIGITS:].strip("0"):
        raise ValueError("moments are kept to the microsecond")
    zone = match["zone"].upper().replace("Z", "+00:00")
    try:
        moment = datetime.fromisoformat(f"{match['day']}T{match['clock']}.{fine[:_MICRO_DIGITS]}{zone}")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("there is no such moment in the years 0001 to 9999") from None


def duration_from(text: str) -> timedelta:
    """Return the length of `1h30m`, `-2.5s` or `30d`."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError("a length of time such as `30d` or `1h30m` is expected")
    total = sum(
        (Fraction(number) * _MICROSECONDS[unit] for number, unit in _PART.findall(match["parts"])), Fraction()
    )
    if total.denominator != 1:
        raise ValueError("lengths of time are kept to the microsecond")
    if total > DURATION_MAX // timedelta(microseconds=1):
        raise ValueError(f"the longest length of time is {DURATION_MAX.days} days")
    length = timedelta(microseconds=int(total))
    return -length if match["sign"] == "-" else length


def money_from(text: str) -> tuple[int, str]:
    """Return minor units and currency of `50000.00 EUR`."""
    match = _MONEY.fullmatch(text)
    if match is None:
        raise ValueError("an amount such as `50000.00 EUR` is expected")
    number, currency = match.groups()
    minor = Decimal(number).scaleb(minor_digits(currency))
    if minor != int(minor):
        raise ValueError(f"{currency} has {minor_digits(currency)} decimals")
    if abs(minor) > INT_MAX:
        raise ValueError("the amount does not fit 64 bits of minor units")
    return int(minor), currency
