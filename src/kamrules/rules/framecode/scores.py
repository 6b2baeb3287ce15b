"""What the entries of a scorecard are worth, as pairs of expressions; `points.py` says what they mean."""

from __future__ import annotations

from dataclasses import dataclass

import narwhals as nw

from kamrules.rules.framecode.numbers import compare
from kamrules.rules.framecode.translate import Translator
from kamrules.rules.framecode.values import EXACT_DOUBLE, Counted, Fixed, Scalar, expr_of, pick
from kamrules.rules.lang.core import type_of
from kamrules.rules.lang.types import Double, Int, String, Type
from kamrules.rules.plan import Entry, Flag, Mean, Scale, Share
from kamrules.rules.points import open_mean, open_points
from kamrules.rules.verdict import Points

Ends = tuple[nw.Expr, nw.Expr]


def number(value: float) -> nw.Expr:
    """Return a constant double."""
    return nw.lit(float(value), dtype=nw.Float64)


def entry_ends(entry: Entry, at: Translator) -> Ends:
    """Return the least and the most points of an entry; one expression for both where they are equal."""
    match entry:
        case Flag(_, points, when):
            truth, ends = at.truth(when), open_points(points)
            return _or(pick(truth, number(points), number(0.0)), ends)
        case Scale():
            return _scale(entry, at)
        case Share():
            return _share(entry, at)
        case Mean():
            return _mean(entry, at)


def _or(known: nw.Expr, ends: Points) -> Ends:
    return known.fill_null(ends.low), known.fill_null(ends.high)


def _either(known: nw.Expr, ends: Points, low: nw.Expr, high: nw.Expr) -> Ends:
    """Return the interval where the list is known, else the open one."""
    return (
        nw.when(known).then(low).otherwise(number(ends.low)),
        nw.when(known).then(high).otherwise(number(ends.high)),
    )


def _ordered(one: nw.Expr, other: nw.Expr) -> Ends:
    return nw.when(one <= other).then(one).otherwise(other), nw.when(one <= other).then(other).otherwise(one)


def _scale(entry: Scale, at: Translator) -> Ends:
    value, ends, kind = at.value(entry.value), open_points(entry.points), type_of(entry.value)
    if isinstance(value, Counted):
        if value.is_exact:
            return _or(number(entry.points) * _fraction(value.low, Int(), entry), ends)
        low, high = (number(entry.points) * _fraction(end, Int(), entry) for end in (value.low, value.high))
        least, most = _ordered(low, high)
        return least.fill_null(ends.low), most.fill_null(ends.high)
    return _or(number(entry.points) * _fraction(value, kind, entry), ends)


def _fraction(value: Scalar, kind: Type, entry: Scale) -> nw.Expr:
    found = expr_of(value, kind)
    if not isinstance(kind, Double):
        found = _clipped(found).cast(nw.Float64)
    low, high = float(entry.low), float(entry.high)
    is_up = high >= low
    is_most, is_least = (found >= high, found <= low) if is_up else (found <= high, found >= low)
    inside = (found - low) / (high - low) if high != low else nw.lit(None, dtype=nw.Float64)
    return nw.when(is_most).then(number(1.0)).otherwise(nw.when(is_least).then(number(0.0)).otherwise(inside))


def _clipped(whole: nw.Expr) -> nw.Expr:
    """Return whole numbers as far as a double holds each; Arrow casts no other, and no end is out there."""
    most = nw.lit(EXACT_DOUBLE, dtype=nw.Int64)
    below = nw.when(whole < -EXACT_DOUBLE).then(-1 * most).otherwise(whole)
    return nw.when(whole > EXACT_DOUBLE).then(most).otherwise(below)


def _share(entry: Share, at: Translator) -> Ends:
    true, maybe = at.counts(entry.range, entry.var, entry.when)
    size = at.size(entry.range)
    total = nw.when(size > 0).then(size.cast(nw.Float64))
    sure = (number(entry.points) * (true.cast(nw.Float64) / total)).fill_null(0.0)
    most = (number(entry.points) * ((true + maybe).cast(nw.Float64) / total)).fill_null(0.0)
    low, high = (sure, most) if entry.points >= 0 else (most, sure)
    return _either(at.list_known(entry.range), open_points(entry.points), low, high)


def _mean(entry: Mean, at: Translator) -> Ends:
    """Sum up what is known, and count for each number the elements of unknown weight."""
    each, path = at.body(entry.range, entry.var), at.list_path(entry.range)
    value, weight = (
        each.scalar(entry.value),
        Fixed(1.0) if entry.weight is None else each.scalar(entry.weight),
    )
    kind = Double() if entry.weight is None else type_of(entry.weight)
    weighs = expr_of(weight, kind)
    if not isinstance(kind, Double):
        weighs = _clipped(weighs).cast(nw.Float64)
    numbers = dict(entry.mapping)
    holds = {
        text: expr_of(compare("==", value, Fixed(text), (String(), String())), String()).fill_null(False)
        for text in numbers
    }
    points_of: nw.Expr = nw.lit(None, dtype=nw.Float64)
    for text, amount in numbers.items():
        points_of = nw.when(holds[text]).then(number(amount)).otherwise(points_of)
    has_number, has_weight = ~points_of.is_null(), ~weighs.is_null()

    def sum_of(name: str, test: nw.Expr, amount: nw.Expr) -> nw.Expr:
        summand = nw.when(test).then(amount).otherwise(number(0.0))
        return at.frames.sum_of(path, (name, entry), summand, nw.Float64())

    mass = sum_of("mass", has_number & has_weight, weighs * points_of)
    total = sum_of("total", has_number & has_weight, weighs)
    loose = sum_of("loose", ~has_number & has_weight, weighs)
    blank = sum_of("blank", ~has_number & ~has_weight, number(1.0))
    some = sum_of("gaps", ~(has_number & has_weight), number(1.0))
    free = {
        amount: sum_of(f"free {amount}", (points_of == amount) & ~has_weight, number(1.0))
        for amount in sorted(set(numbers.values()))
    }
    known = number(entry.points) * nw.when(total > 0).then(mass / nw.when(total > 0).then(total)).otherwise(
        number(0.0)
    )
    gaps = _Gaps(mass, total, loose, blank, free, entry.weight_max)
    least = number(entry.points) * gaps.least(1.0)
    most = number(entry.points) * (-1.0 * gaps.least(-1.0))
    low, high = (least, most) if entry.points >= 0 else (most, least)
    is_open = some > 0
    return _either(
        at.list_known(entry.range),
        open_mean(entry.points, numbers.values()),
        nw.when(is_open).then(low).otherwise(known),
        nw.when(is_open).then(high).otherwise(known),
    )


@dataclass(frozen=True, slots=True)
class _Gaps:
    """The sums of a weighted mean over the rows of a record, see `_mean`."""

    mass: nw.Expr
    total: nw.Expr
    loose: nw.Expr
    blank: nw.Expr
    free: dict[float, nw.Expr]
    weight_max: float

    def least(self, sign: float) -> nw.Expr:
        """Return the least mean of the numbers times `sign` that any filling of the gaps can give.

        Free weights go to the smallest numbers first, so the least mean is the least over how many of the
        numbers, in ascending order, got theirs.
        """
        numbers = sorted(sign * amount for amount in self.free)
        mass, weight = sign * self.mass + numbers[0] * self.loose, self.total + self.loose
        means = [mass / nw.when(weight > 0).then(weight)]
        lightest = [number(0.0)]
        for amount in numbers:
            count = self.free[sign * amount]
            if amount == numbers[0]:
                count = count + self.blank
            mass, weight = mass + self.weight_max * amount * count, weight + self.weight_max * count
            means.append(mass / nw.when(weight > 0).then(weight))
            lightest.append(nw.when(count > 0).then(number(amount)).otherwise(number(0.0)))
        nothing = nw.min_horizontal(*lightest) if self.weight_max > 0 else number(0.0)
        return nw.when(self.total + self.loose > 0).then(nw.min_horizontal(*means)).otherwise(nothing)
