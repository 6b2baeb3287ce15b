"""Operators and functions as rows: symbol, operand types, result, meaning on known values, one sentence.

A meaning takes and returns known values only; it returns None where the result is not defined (division
by zero, overflow), which every engine reads as unknown. Unknown operands never reach it: all rows are
strict. The kinds are names of classes in `types.py`.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from kamrules.rules.lang.types import INT_MAX, INT_MIN


@dataclass(frozen=True, slots=True)
class Operator:
    """One typed row of a binary arithmetic operator."""

    symbol: str
    left: str
    right: str
    result: str
    doc: str


@dataclass(frozen=True, slots=True)
class Function:
    """One strict scalar function: `name`, kinds of the receiver and arguments, result kind, meaning."""

    name: str
    params: tuple[str, ...]
    result: str
    meaning: Callable[..., Any]
    doc: str


ARITHMETIC = (
    Operator("+", "Int", "Int", "Int", "sum; unknown outside 64 bits"),
    Operator("-", "Int", "Int", "Int", "difference; unknown outside 64 bits"),
    Operator("*", "Int", "Int", "Int", "product; unknown outside 64 bits"),
    Operator("/", "Int", "Int", "Int", "quotient truncated toward zero; unknown for a zero divisor"),
    Operator("%", "Int", "Int", "Int", "remainder with the sign of the dividend; unknown for a zero divisor"),
    Operator("+", "Double", "Double", "Double", "sum; unknown when not finite"),
    Operator("-", "Double", "Double", "Double", "difference; unknown when not finite"),
    Operator("*", "Double", "Double", "Double", "product; unknown when not finite"),
    Operator("/", "Double", "Double", "Double", "quotient; unknown for a zero divisor or when not finite"),
    Operator("+", "Money", "Money", "Money", "sum of amounts in one currency"),
    Operator("-", "Money", "Money", "Money", "difference of amounts in one currency"),
    Operator("*", "Money", "Int", "Money", "amount times a whole number"),
    Operator("*", "Int", "Money", "Money", "amount times a whole number"),
    Operator("+", "Date", "Duration", "Date", "a day later by constant whole days"),
    Operator("-", "Date", "Duration", "Date", "a day earlier by constant whole days"),
    Operator("-", "Date", "Date", "Duration", "time between two days"),
    Operator("+", "Timestamp", "Duration", "Timestamp", "a later moment"),
    Operator("-", "Timestamp", "Duration", "Timestamp", "an earlier moment"),
    Operator("-", "Timestamp", "Timestamp", "Duration", "time between two moments"),
    Operator("+", "Duration", "Duration", "Duration", "sum of two lengths of time"),
    Operator("-", "Duration", "Duration", "Duration", "difference of two lengths of time"),
    Operator("+", "Count", "Count", "Count", "sum of counts"),
    Operator("-", "Count", "Count", "Count", "difference of counts"),
    Operator("*", "Count", "Int", "Count", "count times a constant whole number >= 0"),
)

FUNCTIONS = {
    row.name: row
    for row in (
        Function("startsWith", ("String", "String"), "Bool", str.startswith, "text begins with"),
        Function("endsWith", ("String", "String"), "Bool", str.endswith, "text ends with"),
        Function("contains", ("String", "String"), "Bool", operator.contains, "text contains"),
        Function("size", ("String",), "Int", len, "number of code points of a text"),
        Function("getFullYear", ("Date",), "Int", operator.attrgetter("year"), "calendar year (UTC)"),
    )
}

COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

_PYTHON: dict[str, Callable[[Any, Any], Any]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}


def arithmetic(op: str, left: Any, right: Any) -> Any:
    """Return `left op right` for known values of one row of ARITHMETIC, or None where undefined."""
    try:
        result = _divide(op, left, right) if op in {"/", "%"} else _PYTHON[op](left, right)
    except (ZeroDivisionError, OverflowError):
        return None
    return in_range(result)


def _divide(op: str, left: Any, right: Any) -> Any:
    if isinstance(left, float) or isinstance(right, float):
        return left / right
    quotient = abs(left) // abs(right)
    if (left < 0) != (right < 0):
        quotient = -quotient
    return quotient if op == "/" else left - quotient * right


def in_range(value: Any) -> Any:
    """Return the value, or None for an int outside 64 bits or a float that is not finite."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int):
        return value if INT_MIN <= value <= INT_MAX else None
    return value


def date_of(text: str) -> date:
    """Return the day of an ISO text `YYYY-MM-DD`; ValueError otherwise."""
    return date.fromisoformat(text)
