"""Which values a plain condition allows: ranges of numbers and sets of texts, field by field.

Only conjunctions of comparisons of a field with constants are read, which is what bands and table rows are
made of; anything else is not known here. Then what two conditions share, and what bands leave out, is exact.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from kamrules.rules.lang.core import Attested, Compare, Const, Field, In, Node, path_of
from kamrules.rules.lang.rewrite import conjuncts, simplify
from kamrules.rules.lang.types import INT_MAX, INT_MIN, Double, Enum, Int, Money, Type


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers between two ends, None for no end; an end that is open is not part of it."""

    low: float | None = None
    high: float | None = None
    is_low_open: bool = False
    is_high_open: bool = False

    def both(self, other: Range) -> Range:
        """Return the numbers in both."""
        found = self
        if other.low is not None and (
            found.low is None or (other.low, other.is_low_open) > (found.low, found.is_low_open)
        ):
            found = replace(found, low=other.low, is_low_open=other.is_low_open)
        if other.high is not None and (
            found.high is None or (other.high, not other.is_high_open) < (found.high, not found.is_high_open)
        ):
            found = replace(found, high=other.high, is_high_open=other.is_high_open)
        return found

    def sample(self) -> float | None:
        """Return a number in it, None when there is none."""
        low, high = self.low, self.high
        if low is None or high is None:
            end = low if low is not None else high
            is_open = self.is_low_open if low is not None else self.is_high_open
            step = 1 if low is not None else -1
            return 0 if end is None else end + step if is_open else end
        if low > high or (low == high and (self.is_low_open or self.is_high_open)):
            return None
        if not self.is_low_open:
            return low
        return high if not self.is_high_open else (low + high) / 2


@dataclass(frozen=True, slots=True)
class Box:
    """What a condition allows of each field it names: a range of numbers, or a set of texts and truths."""

    ranges: dict[str, Range]
    choices: dict[str, frozenset[Any]]

    def shared(self, other: Box) -> dict[str, Any] | None:
        """Return values of the fields that both conditions allow, None when there are none."""
        found: dict[str, Any] = {}
        for name in {**self.ranges, **other.ranges}:
            number = self.ranges.get(name, Range()).both(other.ranges.get(name, Range())).sample()
            if number is None:
                return None
            found[name] = number
        for name in {**self.choices, **other.choices}:
            some = [one.choices[name] for one in (self, other) if name in one.choices]
            common = frozenset.intersection(*some)
            if not common:
                return None
            found[name] = min(common, key=str)
        return found


def box_of(node: Node) -> Box | None:
    """Return what a condition allows, None when it is more than comparisons of fields with constants."""
    box = Box({}, {})
    for part in conjuncts(simplify(node)):
        read = _read(part)
        if read is None:
            return None
        name, found = read
        if isinstance(found, Range):
            box.ranges[name] = box.ranges.get(name, Range()).both(found)
        else:
            box.choices[name] = box.choices.get(name, found) & found
    return box


def _read(part: Node) -> tuple[str, Range | frozenset[Any]] | None:
    match part:
        case Field() | Attested() if (field := _field(part)) is not None:
            return path_of(field), frozenset({True})
        case In(item, values) if (field := _field(item)) is not None and not _is_number(field.type):
            return path_of(field), frozenset(one.value for one in values)
        case Compare(op, item, Const(value)) if (field := _field(item)) is not None:
            if _is_number(field.type) and isinstance(value, int | float):
                return path_of(field), _range(op, value, is_whole=not isinstance(field.type, Double))
            if op == "==":
                return path_of(field), frozenset({value})
    return None


def _field(node: Node) -> Field | None:
    inner = node.field if isinstance(node, Attested) else node
    return inner if isinstance(inner, Field) else None


def _is_number(kind: Type) -> bool:
    return isinstance(kind, Int | Money | Double)


def _range(op: str, value: float, *, is_whole: bool) -> Range:
    match op:
        case "==":
            return Range(value, value)
        case "<":
            return Range(high=value - 1) if is_whole else Range(high=value, is_high_open=True)
        case "<=":
            return Range(high=value)
        case ">":
            return Range(low=value + 1) if is_whole else Range(low=value, is_low_open=True)
        case _:
            return Range(low=value)


def left_out(ranges: Iterable[Range], kind: Type) -> float | None:
    """Return a number of a field's type that no range holds, None when all are held.

    Beyond the outermost ranges only what the type itself limits counts: of a number without limits nobody
    says that it has values there.
    """
    ordered = sorted(ranges, key=lambda one: (one.low is not None, one.low or 0, one.is_low_open))
    if not ordered:
        return None
    least, most = _limits(kind)
    step = 0 if isinstance(kind, Double) else 1
    first, reached, is_open = ordered[0], ordered[0].high, ordered[0].is_high_open
    if least is not None and first.low is not None and first.low > least:
        return least
    for one in ordered[1:]:
        if reached is None:
            return None
        low = one.low
        if low is not None and (low > reached + step or (low == reached and one.is_low_open and is_open)):
            return reached + step if step else (reached + low) / 2
        if one.high is None or one.high > reached:
            reached, is_open = one.high, one.is_high_open
    return most if reached is not None and most is not None and reached < most else None


def _limits(kind: Type) -> tuple[float | None, float | None]:
    if not isinstance(kind, Int):
        return None, None
    return (None if kind.low == INT_MIN else kind.low), (None if kind.high == INT_MAX else kind.high)


def values_of(kind: Type) -> frozenset[Any] | None:
    """Return every value of a field's type, None when they are too many."""
    return frozenset(kind.values) if isinstance(kind, Enum) else None
