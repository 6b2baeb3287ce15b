"""What a condition is made of on a frame: a constant, a column, or a count between two columns.

INVARIANT: one physical type a kind of value. Whole numbers, money, days (since 1970), moments and lengths
of time (microseconds) are Int64 columns, so no engine's own idea of dates is asked; a null is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from kamrules.errors import BackendError, Fault
from kamrules.rules.framecode.columns import FALSE, NULL, TRUE, Expr, Kind, lit, when
from kamrules.rules.lang.types import (
    INT_MAX,
    INT_MIN,
    Bool,
    Count,
    Date,
    Double,
    Int,
    ListOf,
    Timestamp,
    Type,
    is_text,
)

DAY = 86_400_000_000
MAX_ROWS = 2**40
MAX_CODES = 255  # places in a byte, one kept for a text that is none of them
EXACT_DOUBLE = 2**53
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Fixed:
    """A value that is the same for every record; None is unknown."""

    value: Any


@dataclass(frozen=True, slots=True)
class Column:
    """A value of each record; a whole number is known to lie between `low` and `high`."""

    expr: Expr
    low: int = INT_MIN
    high: int = INT_MAX


@dataclass(frozen=True, slots=True)
class Counted:
    """A count of each record, between two whole numbers that are null together."""

    low: Scalar
    high: Scalar

    @property
    def is_exact(self) -> bool:
        """Whether both ends are the same column."""
        low, high = self.low, self.high
        if isinstance(low, Column) and isinstance(high, Column):
            return low.expr is high.expr
        return low == high


Scalar = Fixed | Column
Value = Fixed | Column | Counted

UNKNOWN = Fixed(None)


def refuse(operator: str, why: str) -> BackendError:
    """Return the error that this engine does not have an operator; the caller adds the rule's name."""
    return BackendError(Fault("B-OPERATOR", f"frames cannot do `{operator}`: {why}"))


def stored(value: Any) -> Any:
    """Return a known Python value the way a column holds it."""
    match value:
        case datetime():
            moment = value if value.tzinfo else value.replace(tzinfo=UTC)
            return (moment - _EPOCH) // _MICROSECOND
        case date():
            return value.toordinal() - _EPOCH_DAY
        case timedelta():
            return value // _MICROSECOND
        case _:
            return value


FIRST_DAY, LAST_DAY = stored(date.min), stored(date.max)
FIRST_MOMENT = stored(datetime.min.replace(tzinfo=UTC))
LAST_MOMENT = stored(datetime.max.replace(tzinfo=UTC))


def limits_of(kind: Type) -> tuple[int, int]:
    """Return the least and the greatest stored value of a type that is stored as a whole number."""
    match kind:
        case Int(low, high):
            return low, high
        case Date():
            return FIRST_DAY, LAST_DAY
        case Timestamp():
            return FIRST_MOMENT, LAST_MOMENT
        case Count():
            return 0, MAX_ROWS
        case _:
            return INT_MIN, INT_MAX


def kind_of(kind: Type) -> Kind:
    """Return the kind of the columns that hold values of a type; lists are handed through as they are."""
    if isinstance(kind, ListOf):
        return "raw"
    if isinstance(kind, Bool):
        return "bool"
    if isinstance(kind, Double):
        return "float"
    return "text" if is_text(kind) else "int"


def bounds_of(value: Scalar) -> tuple[int, int]:
    """Return between what a known whole number lies."""
    return (value.value, value.value) if isinstance(value, Fixed) else (value.low, value.high)


def whole(value: int) -> Expr:
    """Return a constant whole number."""
    return lit(value, "int")


def number(value: float) -> Expr:
    """Return a constant double."""
    return lit(float(value), "float")


def expr_of(value: Scalar, kind: Type) -> Expr:
    """Return the expression of a value; a whole number is widened where `kind` is a double."""
    if isinstance(value, Fixed):
        known = value.value
        if isinstance(kind, Double) and known is not None:
            known = float(known)
        return lit(known, kind_of(kind))
    return value.expr


def truth_expr(value: Value) -> Expr:
    """Return the expression of a truth: a boolean, null where unknown."""
    assert not isinstance(value, Counted)
    return expr_of(value, Bool())


def pick(test: Expr, then: Expr, other: Expr) -> Expr:
    """Return `then` where the test is true, `other` where it is false, null where it is unknown."""
    return when(test, then, other if not test.nullable else when(~test, other))


def decided(true: Expr, false: Expr) -> Expr:
    """Return the truth that is true where the one expression is, false where the other is, else unknown."""
    return when(true, TRUE, when(false, FALSE, NULL))


def as_counted(value: Value) -> Counted:
    """Return a known count as an exact one."""
    return value if isinstance(value, Counted) else Counted(value, value)
