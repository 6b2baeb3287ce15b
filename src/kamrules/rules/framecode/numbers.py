"""Arithmetic on columns that no engine can get wrong: what could leave 64 bits is made null first.

Engines differ where a sum overflows (one wraps, one raises), so no operator ever meets operands whose
result does not fit: bounds prove it, or a test of the operands takes the others out.
"""

from __future__ import annotations

from kamrules.rules.framecode.columns import Expr, compared, when
from kamrules.rules.framecode.values import (
    DAY,
    EXACT_DOUBLE,
    UNKNOWN,
    Column,
    Counted,
    Fixed,
    Scalar,
    Value,
    as_counted,
    bounds_of,
    decided,
    expr_of,
    limits_of,
    pick,
    refuse,
    whole,
)
from kamrules.rules.lang.ops import COMPARISONS, arithmetic
from kamrules.rules.lang.types import INT_MAX, INT_MIN, Count, Date, Double, Duration, Int, Type

_HALF = 2**61
_TURNED = {"==": "==", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def arith(op: str, left: Value, right: Value, kinds: tuple[Type, Type], result: Type) -> Value:
    """Return `left op right`, where `kinds` are the types of the operands."""
    if isinstance(result, Count):
        return _counts(op, as_counted(left), as_counted(right))
    assert not isinstance(left, Counted)
    assert not isinstance(right, Counted)
    if UNKNOWN in (left, right):
        return UNKNOWN
    if isinstance(result, Double):
        return _doubles(op, widened(left, kinds[0], op), widened(right, kinds[1], op))
    low, high = (INT_MIN, INT_MAX) if isinstance(result, Int) else limits_of(result)
    if isinstance(kinds[0], Date) and isinstance(kinds[1], Duration):
        # A day moves by the whole days of a length of time, rounded down.
        right = Fixed(right.value // DAY) if isinstance(right, Fixed) else floor_div(right, DAY)
    found = computed(op, left, right)
    if isinstance(kinds[0], Date) and isinstance(result, Duration):
        found = computed("*", found, Fixed(DAY))
    return within(found, low, high)


def _counts(op: str, left: Counted, right: Counted) -> Value:
    if UNKNOWN in (left.low, right.low):
        return UNKNOWN
    low = computed(op, left.low, right.high if op == "-" else right.low)
    if left.is_exact and right.is_exact:
        return Counted(low, low)
    high = computed(op, left.high, right.low if op == "-" else right.high)
    if UNKNOWN in (low, high):
        return UNKNOWN
    ends = (bounds_of(low), bounds_of(high))
    if all(one > INT_MIN and other < INT_MAX for one, other in ends):
        return Counted(low, high)
    both = ~(expr_of(low, Int()).is_null() | expr_of(high, Int()).is_null())
    return Counted(
        Column(when(both, expr_of(low, Int())), *ends[0]),
        Column(when(both, expr_of(high, Int())), *ends[1]),
    )


def widened(value: Scalar, kind: Type, op: str) -> Scalar:
    """Return a number as a double."""
    if isinstance(kind, Double):
        return value
    if isinstance(value, Fixed):
        return Fixed(None if value.value is None else float(value.value))
    if max(abs(value.low), abs(value.high)) > EXACT_DOUBLE:
        raise refuse(op, "a whole number without narrow limits meets a double")
    return Column(value.expr.to("float"))


def _doubles(op: str, left: Scalar, right: Scalar) -> Scalar:
    if isinstance(left, Fixed) and isinstance(right, Fixed):
        return Fixed(arithmetic(op, left.value, right.value))
    a, b = expr_of(left, Double()), expr_of(right, Double())
    if op == "/":
        found = a / when(compared("!=", b, 0.0), b)
    else:
        found = a + b if op == "+" else a - b if op == "-" else a * b
    return Column(when(found.is_finite(), found))


def computed(op: str, left: Scalar, right: Scalar) -> Scalar:
    """Return `left op right` of whole numbers, null where it does not fit into 64 bits."""
    if UNKNOWN in (left, right):
        return UNKNOWN
    if isinstance(left, Fixed) and isinstance(right, Fixed):
        return Fixed(arithmetic(op, left.value, right.value))
    match op:
        case "+" | "-":
            return _sum(op, left, right)
        case "*":
            return _product(left, right)
        case _:
            return _quotient(op, left, right)


def _sum(op: str, left: Scalar, right: Scalar) -> Scalar:
    (a, b), (c, d) = bounds_of(left), bounds_of(right)
    low, high = (a + c, b + d) if op == "+" else (a - d, b - c)
    x, y = expr_of(left, Int()), expr_of(right, Int())
    if low < INT_MIN or high > INT_MAX:
        if isinstance(right, Fixed):
            step = right.value if op == "+" else -right.value
            fits = x <= INT_MAX - step if step > 0 else x >= INT_MIN - step
        else:
            up = when(y > 0, y, whole(0))
            down = when(y < 0, y, whole(0))
            most, least = (
                (whole(INT_MAX) - up, whole(INT_MIN) - down)
                if op == "+"
                else (whole(INT_MAX) + down, whole(INT_MIN) + up)
            )
            fits = (x <= most) & (x >= least)
        x = when(fits, x)
    return Column(x + y if op == "+" else x - y, max(low, INT_MIN), min(high, INT_MAX))


def _product(left: Scalar, right: Scalar) -> Scalar:
    if isinstance(left, Fixed):
        left, right = right, left
    (a, b), (c, d) = bounds_of(left), bounds_of(right)
    corners = (a * c, a * d, b * c, b * d)
    low, high = min(corners), max(corners)
    x, y = expr_of(left, Int()), expr_of(right, Int())
    if low < INT_MIN or high > INT_MAX:
        if not isinstance(right, Fixed):
            raise refuse(
                "*", "two whole numbers without limits may overflow; give their fields a min and max"
            )
        factor = right.value
        if factor < 0:
            least, most = -(INT_MAX // -factor), -INT_MIN // -factor
        else:
            least, most = -(-INT_MIN // factor), INT_MAX // factor
        x = when((x >= max(least, INT_MIN)) & (x <= min(most, INT_MAX)), x)
    return Column(x * y, max(low, INT_MIN), min(high, INT_MAX))


def floor_div(value: Column, divisor: int) -> Column:
    """Return the quotient by a constant > 0, rounded down."""
    return Column(value.expr // divisor, value.low // divisor, value.high // divisor)


def _quotient(op: str, left: Scalar, right: Scalar) -> Scalar:
    if isinstance(right, Fixed) and right.value in {0, INT_MIN}:
        if right.value == 0:
            return UNKNOWN
        raise refuse(op, "the divisor is the least whole number there is")
    (a, b), (c, d) = bounds_of(left), bounds_of(right)
    size, step = max(abs(a), abs(b)), max(abs(c), abs(d))
    x, y = expr_of(left, Int()), expr_of(right, Int())
    if isinstance(right, Fixed):
        quotient = _by_constant(x, right.value)
    elif size <= _HALF:
        divisor = when(compared("!=", y, 0), y) if c <= 0 <= d else y
        if step > size:  # by any larger divisor the quotient is 0
            is_small = (divisor >= -size) & (divisor <= size)
            divisor = pick(is_small, divisor, whole(size + 1))
        quotient = _by_column(x, divisor)
    else:
        raise refuse(op, "a whole number without limits by a field; give the number a min and max")
    if op == "/":
        return Column(quotient, max(-size, INT_MIN), min(size, INT_MAX))
    if step == 1 and isinstance(right, Fixed):
        return Column(x - x, 0, 0)
    return Column(x - quotient * y, max(-step, INT_MIN), min(step, INT_MAX))


def _by_constant(x: Expr, divisor: int) -> Expr:
    """Return the quotient rounded toward zero, through numbers >= 0 only: there engines agree."""
    size = abs(divisor)
    if divisor == -1:
        x = when(compared("!=", x, INT_MIN), x)
    turned = whole(-1) - x  # a negative x without its sign, less one: this always fits
    whole_part = turned // size
    carry = when((turned - whole_part * size).eq(size - 1), whole(1), whole(0))
    below = whole(-1) * (whole_part + carry)
    quotient = pick(x >= 0, x // size, below)
    return quotient if divisor > 0 else whole(-1) * quotient


def _by_column(x: Expr, y: Expr) -> Expr:
    """Return the quotient rounded toward zero of numbers far from 64 bits."""
    floor = x // y
    is_below = ((x < 0) & (y >= 0)) | ((x >= 0) & (y < 0))
    is_off = compared("!=", floor * y, x) & is_below
    return floor + when(is_off, whole(1), whole(0))


def within(value: Scalar, low: int, high: int) -> Scalar:
    """Return the value, null outside the limits."""
    if value == UNKNOWN:
        return UNKNOWN
    least, most = bounds_of(value)
    if least >= low and most <= high:
        return value
    if isinstance(value, Fixed):
        return UNKNOWN
    fits = (value.expr >= low) & (value.expr <= high)
    return Column(when(fits, value.expr), max(least, low), min(most, high))


def negated(value: Scalar, kind: Type) -> Scalar:
    """Return the number with its sign turned."""
    if isinstance(value, Fixed):
        return UNKNOWN if value.value is None else Fixed(arithmetic("-", type(value.value)(0), value.value))
    if isinstance(kind, Double):
        return Column(value.expr * -1.0)
    return _sum("-", Fixed(0), value)


def compare(op: str, left: Value, right: Value, kinds: tuple[Type, Type]) -> Scalar:
    """Return the truth of a comparison of two values of a type, or of two counts."""
    if isinstance(left, Counted) or isinstance(right, Counted):
        return _compare_counts(op, as_counted(left), as_counted(right))
    if UNKNOWN in (left, right):
        return UNKNOWN
    if isinstance(left, Fixed) and isinstance(right, Fixed):
        return Fixed(COMPARISONS[op](left.value, right.value))
    if isinstance(kinds[0], Double) != isinstance(kinds[1], Double):
        left, right = (widened(one, kind, op) for one, kind in zip((left, right), kinds, strict=True))
    if isinstance(left, Fixed):
        left, right, op, kinds = right, left, _TURNED[op], (kinds[1], kinds[0])
    return Column(compared(op, _operand(left, kinds), _operand(right, kinds)))


def _operand(value: Scalar, kinds: tuple[Type, Type]) -> Expr:
    kind = Double() if any(isinstance(one, Double) for one in kinds) else kinds[1]
    return expr_of(value, kind)


def _compare_counts(op: str, left: Counted, right: Counted) -> Scalar:
    if UNKNOWN in (left.low, right.low):
        return UNKNOWN
    a, b = expr_of(left.low, Int()), expr_of(left.high, Int())
    c, d = expr_of(right.low, Int()), expr_of(right.high, Int())
    if left.is_exact and right.is_exact:
        return Column(compared(op, a, c))
    match op:
        case "==":
            true, false = a.eq(b) & c.eq(d) & a.eq(c), (b < c) | (d < a)
        case "<":
            true, false = b < c, a >= d
        case "<=":
            true, false = b <= c, a > d
        case ">":
            true, false = a > d, b <= c
        case _:
            true, false = a >= d, b < c
    return Column(decided(true, false))
