"""Between which ends the whole numbers of a condition lie, and which of its terms can leave what they may be.

Ends come from the schema: what a field may be, days of the years 2000 to 2099 as in proofs, lists and texts
of up to 2^31 elements or signs. Numbers with a fraction have no ends here: they leave their range near 10^308
only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from kamrules.rules.lang import core
from kamrules.rules.lang import types as t
from kamrules.rules.wholes import DAY, range_of, whole

Ends = tuple[int, int]

_FIRST, _LAST = date(2000, 1, 1), date(2099, 12, 31)
_LONGEST = 2**31


@dataclass(frozen=True, slots=True)
class Leaving:
    """A term that can leave the range of its type, with the fields in it and the ends of each."""

    node: core.Node
    ends: Ends
    fields: tuple[tuple[str, Ends], ...]


def leaving(node: core.Node) -> Iterator[Leaving]:
    """Yield the innermost terms of a condition that can leave the range of their type."""
    below = [found for child in core.children(node) for found in leaving(child)]
    yield from below
    if not below and isinstance(node, core.Arith | core.Negate):
        ends, limits = _computed(node), range_of(node.type)
        if ends is not None and (ends[0] < limits[0] or ends[1] > limits[1]):
            yield Leaving(node, ends, tuple(_fields(node)))


def ends_of(node: core.Node) -> Ends | None:
    """Return between which ends a whole number, day or length of time lies; None for anything else."""
    match node:
        case core.Const(value):
            number = _stored(value)
            return None if number is None else (number, number)
        case core.Var() | core.Field() | core.Attested():
            return _allowed(core.type_of(node))
        case core.OrValue(place, default):
            return _joined(ends_of(place), ends_of(default))
        case core.Cond(_, then, other):
            return _joined(ends_of(then), ends_of(other))
        case core.Tally() | core.Size():
            return 0, _LONGEST
        case core.Call("getFullYear"):
            return _FIRST.year, _LAST.year
        case core.Call("size"):
            return 0, _LONGEST
        case core.Arith() | core.Negate():
            ends, (least, most) = _computed(node), range_of(node.type)
            return None if ends is None else (max(ends[0], least), min(ends[1], most))
    return None


def _computed(node: core.Arith | core.Negate) -> Ends | None:
    """Return the ends of a term as if numbers had no range."""
    if isinstance(node, core.Negate):
        ends = ends_of(node.operand)
        return None if ends is None else (-ends[1], -ends[0])
    left, right = ends_of(node.left), ends_of(node.right)
    if left is None or right is None:
        return None
    kinds = core.type_of(node.left), core.type_of(node.right)
    if isinstance(kinds[0], t.Date):
        if isinstance(kinds[1], t.Date):
            left, right = (left[0] * DAY, left[1] * DAY), (right[0] * DAY, right[1] * DAY)
        else:
            right = right[0] // DAY, right[1] // DAY
    match node.op:
        case "+":
            return left[0] + right[0], left[1] + right[1]
        case "-":
            return left[0] - right[1], left[1] - right[0]
        case "*":
            corners = [a * b for a in left for b in right]
            return min(corners), max(corners)
    # A quotient leaves the range only for the least number by -1, a remainder never does.
    reach = max(abs(left[0]), abs(left[1]))
    return (-reach, reach) if node.op == "/" and right[0] <= -1 <= right[1] else left


def _joined(one: Ends | None, other: Ends | None) -> Ends | None:
    return None if one is None or other is None else (min(one[0], other[0]), max(one[1], other[1]))


def _allowed(kind: t.Type) -> Ends | None:
    match kind:
        case t.Int(low, high):
            return low, high
        case t.Money():
            return t.INT_MIN, t.INT_MAX
        case t.Date():
            return _FIRST.toordinal(), _LAST.toordinal()
        case t.Timestamp():
            return (_FIRST.toordinal() - 1) * DAY, _LAST.toordinal() * DAY - 1
        case t.Duration():
            return range_of(kind)
    return None


def _stored(value: core.Scalar) -> int | None:
    return None if isinstance(value, bool | str | float) else whole(value)


def _fields(node: core.Node) -> Iterator[tuple[str, Ends]]:
    for part in dict.fromkeys(core.walk(node)):
        if isinstance(part, core.Field):
            ends = _allowed(part.type)
            if ends is not None:
                yield core.path_of(part), ends
