"""Arithmetic and comparison: exact on whole numbers, over the reals for doubles, unknown where undefined."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

from kamrules.rules.lang import types as t
from kamrules.rules.lang.ops import COMPARISONS
from kamrules.rules.smtcode.door import z3
from kamrules.rules.smtcode.facts import DOUBLE_MAX, Facts, real
from kamrules.rules.smtcode.logic import (
    Counted,
    Formula,
    Number,
    Scalar,
    Truth,
    Value,
    conj,
    decided,
    disj,
    ite,
    neg,
)
from kamrules.rules.wholes import DAY, range_of

_YEAR_DAYS, _CYCLES = 365, ((4, 1), (100, -1), (400, 1))


def within(known: Formula, value: Number, ends: tuple[int, int], kind: t.Type) -> Scalar:
    """Return a whole number that lies between `ends`, unknown outside its type."""
    least, most = range_of(kind)
    low, high = ends
    fits = conj(True if low >= least else value >= least, True if high <= most else value <= most)
    return Scalar(conj(known, fits), value, "int", max(low, least), min(high, most))


def arith(op: str, left: Scalar, right: Scalar, kinds: tuple[t.Type, t.Type, t.Type], facts: Facts) -> Scalar:
    """Return `left op right`, where `kinds` are the types of both and of the result."""
    known = conj(left.known, right.known)
    first, second, kind = kinds
    if isinstance(kind, t.Double):
        return _doubles(op, left, right, facts)
    if isinstance(first, t.Date) and isinstance(second, t.Date):
        left, right = _times(left, DAY), _times(right, DAY)
    elif isinstance(first, t.Date):
        right = Scalar(right.known, over(right.value, DAY), "int", right.low // DAY, right.high // DAY)
    if op in {"/", "%"}:
        return _divided(op, left, right, kind)
    match op:
        case "+":
            return within(
                known, left.value + right.value, (left.low + right.low, left.high + right.high), kind
            )
        case "-":
            return within(
                known, left.value - right.value, (left.low - right.high, left.high - right.low), kind
            )
    corners = [a * b for a in (left.low, left.high) for b in (right.low, right.high)]
    return within(known, left.value * right.value, (min(corners), max(corners)), kind)


def _times(number: Scalar, factor: int) -> Scalar:
    ends = sorted((number.low * factor, number.high * factor))
    return Scalar(number.known, number.value * factor, "int", ends[0], ends[1])


def over(value: Number, divisor: int) -> Number:
    """Return a whole number divided by a positive one, rounded down."""
    return value // divisor if isinstance(value, int) else value / divisor


def _divided(op: str, left: Scalar, right: Scalar, kind: t.Type) -> Scalar:
    """Return the quotient truncated toward zero, or the remainder with the sign of the dividend."""
    a, b = left.value, right.value
    known = conj(left.known, right.known, neg(b == 0))
    if isinstance(b, int) and b == 0:
        return Scalar(False, 0)
    if isinstance(a, int):
        a = z3.IntVal(a)
    quotient = ite(a >= 0, a / b, -(-a / b))
    reach = max(abs(left.low), abs(left.high))
    if op == "/":
        return within(known, quotient, (-reach, reach), kind)
    reach = min(reach, max(abs(right.low), abs(right.high)))
    return within(known, a - quotient * b, (-reach, reach), kind)


def _doubles(op: str, left: Scalar, right: Scalar, facts: Facts) -> Scalar:
    facts.rounds = True
    a, b = as_real(left.value), as_real(right.value)
    known = conj(left.known, right.known)
    if op == "/":
        known, value = conj(known, neg(b == 0)), a / b
    else:
        value = {"+": a + b, "-": a - b, "*": a * b}[op]
    finite = conj(value <= real(DOUBLE_MAX), value >= real(-DOUBLE_MAX))
    return Scalar(conj(known, finite), value, "real")


def as_real(value: Number) -> Any:
    """Return a number as a real of z3."""
    if isinstance(value, int | Fraction):
        return real(Fraction(value))
    return z3.ToReal(value) if z3.is_int(value) else value


def negated(operand: Scalar, kind: t.Type) -> Scalar:
    """Return `-operand`."""
    if operand.sort == "real":
        return Scalar(operand.known, -operand.value, "real")
    return within(operand.known, -operand.value, (-operand.high, -operand.low), kind)


def counts(op: str, left: Counted, right: Counted) -> Counted:
    """Return `left op right` of counts."""
    flip = op == "-"
    low = _plain(op, left.low, right.high if flip else right.low)
    high = _plain(op, left.high, right.low if flip else right.high)
    fits = [_fits(end) for end in (low, high)]
    return Counted(conj(left.known, right.known, *fits), low, high)


def _plain(op: str, a: Number, b: Number) -> Number:
    return a + b if op == "+" else a - b if op == "-" else a * b


def _fits(end: Number) -> Formula:
    return conj(end >= t.INT_MIN, end <= t.INT_MAX)


def as_counted(value: Value) -> Counted:
    """Return a whole number as an exact count."""
    if isinstance(value, Counted):
        return value
    assert isinstance(value, Scalar)
    return Counted(value.known, value.value, value.value)


def compare_numbers(op: str, left: Scalar, right: Scalar) -> Truth:
    """Return `left op right` of two known numbers."""
    a, b = left.value, right.value
    if "real" in {left.sort, right.sort}:
        a, b = as_real(a), as_real(b)
    return decided(conj(left.known, right.known), COMPARISONS[op](a, b))


def compare_counts(op: str, left: Counted, right: Counted) -> Truth:
    """Return `left op right` of counts: decided where all they may be agree."""
    known = conj(left.known, right.known)
    if op == "==":
        exact = conj(left.low == left.high, right.low == right.high, left.low == right.low)
        apart = disj(left.high < right.low, right.high < left.low)
        return Truth(conj(known, exact), conj(known, apart))
    holds = COMPARISONS[op]
    worst, best = (left.high, right.low), (left.low, right.high)
    if op in {">", ">="}:
        worst, best = best, worst
    return Truth(conj(known, holds(*worst)), conj(known, neg(holds(*best))))


def year_of(day: Number, facts: Facts, name: str) -> Number:
    """Return the calendar year of a day number: a variable that lies where the day does."""
    if isinstance(day, int):
        return date.fromordinal(day).year
    year = z3.Int(name)  # there is one for every whole number, so this rules no record out
    facts.require(conj(_first_day(year) <= day, day < _first_day(year + 1)))
    return year


def _first_day(year: Any) -> Any:
    before = year - 1
    return _YEAR_DAYS * before + sum(sign * (before / length) for length, sign in _CYCLES) + 1
