"""What the entries of a scorecard are worth, as pairs of expressions; `points.py` says what they mean."""

from __future__ import annotations

from dataclasses import dataclass

from kamrules.rules.framecode.columns import Expr, Total, least, lit, when
from kamrules.rules.framecode.translate import Translator
from kamrules.rules.framecode.values import EXACT_DOUBLE, Counted, Scalar, expr_of, number, pick, whole
from kamrules.rules.lang.core import Node, type_of
from kamrules.rules.lang.types import Double, Enum, Int, Type
from kamrules.rules.plan import Entry, Flag, Mean, Scale, Share
from kamrules.rules.points import open_mean, open_points
from kamrules.rules.verdict import Points

Ends = tuple[Expr, Expr]


def entry_ends(entry: Entry, at: Translator) -> Ends:
    """Return the least and the most points of an entry; one expression for both where they are equal."""
    match entry:
        case Flag(_, points, test):
            truth, ends = at.truth(test), open_points(points)
            return _or(pick(truth, number(points), number(0.0)), ends)
        case Scale():
            return _scale(entry, at)
        case Share():
            return _share(entry, at)
        case Mean():
            return _mean(entry, at)


def _or(known: Expr, ends: Points) -> Ends:
    return known.filled(ends.low), known.filled(ends.high)


def _either(known: Expr, ends: Points, low: Expr, high: Expr) -> Ends:
    """Return the interval where the list is known, else the open one."""
    return (
        when(known, low, number(ends.low)),
        when(known, high, number(ends.high)),
    )


def _ordered(one: Expr, other: Expr) -> Ends:
    return when(one <= other, one, other), when(one <= other, other, one)


def _scale(entry: Scale, at: Translator) -> Ends:
    value, ends, kind = at.value(entry.value), open_points(entry.points), type_of(entry.value)
    if isinstance(value, Counted):
        if value.is_exact:
            return _or(number(entry.points) * _fraction(value.low, Int(), entry), ends)
        low, high = (number(entry.points) * _fraction(end, Int(), entry) for end in (value.low, value.high))
        least, most = _ordered(low, high)
        return least.filled(ends.low), most.filled(ends.high)
    return _or(number(entry.points) * _fraction(value, kind, entry), ends)


def _fraction(value: Scalar, kind: Type, entry: Scale) -> Expr:
    found = expr_of(value, kind)
    if not isinstance(kind, Double):
        found = _clipped(found).to("float")
    low, high = float(entry.low), float(entry.high)
    is_up = high >= low
    is_most, is_least = (found >= high, found <= low) if is_up else (found <= high, found >= low)
    inside = (found - low) / (high - low) if high != low else lit(None, "float")
    return when(is_most, number(1.0), when(is_least, number(0.0), inside))


def _clipped(number_: Expr) -> Expr:
    """Return whole numbers as far as a double holds each; Arrow casts no other, and no end is out there."""
    below = when(number_ < -EXACT_DOUBLE, whole(-EXACT_DOUBLE), number_)
    return when(number_ > EXACT_DOUBLE, whole(EXACT_DOUBLE), below)


def _share(entry: Share, at: Translator) -> Ends:
    true, maybe = at.counts(entry.range, entry.var, entry.when)
    size = at.size(entry.range)
    total = when(size > 0, size.to("float"))
    sure = (number(entry.points) * (true.to("float") / total)).filled(0.0)
    most = (number(entry.points) * ((true + maybe).to("float") / total)).filled(0.0)
    low, high = (sure, most) if entry.points >= 0 else (most, sure)
    return _either(at.list_known(entry.range), open_points(entry.points), low, high)


def _mean(entry: Mean, at: Translator) -> Ends:
    """Sum up what is known, and count for each number the elements of unknown weight."""
    each, path = at.body(entry.range, entry.var), at.list_path(entry.range)
    weighs = number(1.0) if entry.weight is None else _weight(entry.weight, each)
    points_of = _number_of(entry, each)
    has_number, has_weight = ~points_of.is_null(), ~weighs.is_null()
    is_known = has_number & has_weight

    def sum_of(test: Expr, amount: Expr) -> Expr:
        # Where the test is true there is an amount; elsewhere there is none to add.
        summand = when(test, amount.filled(0.0), number(0.0))
        return at.frames.total(path, Total("sum", summand))

    def count_of(test: Expr) -> Expr:
        return at.frames.total(path, Total("count", test)).to("float")

    mass, total = sum_of(is_known, weighs * points_of), sum_of(is_known, weighs)
    known = number(entry.points) * when(total > 0.0, mass / when(total > 0.0, total), number(0.0))
    is_open = at.frames.total(path, Total("any", ~is_known))
    gaps = _Gaps(
        mass,
        total,
        loose=sum_of(~has_number & has_weight, weighs),
        blank=count_of(~has_number & ~has_weight),
        free={
            amount: count_of(points_of.eq(amount).filled(False) & ~has_weight)
            for amount in sorted(set(dict(entry.mapping).values()))
        },
        weight_max=entry.weight_max,
    )
    lowest = number(entry.points) * gaps.least(1.0)
    highest = number(entry.points) * (gaps.least(-1.0) * -1.0)
    low, high = (lowest, highest) if entry.points >= 0 else (highest, lowest)
    return _either(
        at.list_known(entry.range),
        open_mean(entry.points, dict(entry.mapping).values()),
        when(is_open, low, known),
        when(is_open, high, known),
    )


def _weight(node: Node, each: Translator) -> Expr:
    kind = type_of(node)
    found = expr_of(each.scalar(node), kind)
    return found if isinstance(kind, Double) else _clipped(found).to("float")


def _number_of(entry: Mean, each: Translator) -> Expr:
    """Return the number that the text of an element is mapped to, null for another text."""
    kind, numbers = type_of(entry.value), dict(entry.mapping)
    code = each.code_of(entry.value)
    found = lit(None, "float")
    if code is None or not isinstance(kind, Enum):
        text = expr_of(each.scalar(entry.value), kind)
        for name, amount in numbers.items():
            found = when(text.eq(lit(name, "text")), number(amount), found)
        return found
    places = [(kind.values.index(name), amount) for name, amount in numbers.items() if name in kind.values]
    if not code.nullable and len(places) == len(kind.values):
        found = number(places.pop()[1])
    for place, amount in places:
        found = when(code.eq(place), number(amount), found)
    return found


@dataclass(frozen=True, slots=True)
class _Gaps:
    """The totals of a weighted mean over the rows of a record, see `_mean`."""

    mass: Expr
    total: Expr
    loose: Expr
    blank: Expr
    free: dict[float, Expr]
    weight_max: float

    def least(self, sign: float) -> Expr:
        """Return the least mean of the numbers times `sign` that any filling of the gaps can give.

        Free weights go to the smallest numbers first, so the least mean is the least over how many of the
        numbers, in ascending order, got theirs.
        """
        numbers = sorted(sign * amount for amount in self.free)
        mass, weight = self.mass * sign + self.loose * numbers[0], self.total + self.loose
        means = [mass / when(weight > 0.0, weight)]
        lightest = [number(0.0)]
        for amount in numbers:
            count = self.free[sign * amount]
            if amount == numbers[0]:
                count = count + self.blank
            mass, weight = mass + count * (self.weight_max * amount), weight + count * self.weight_max
            means.append(mass / when(weight > 0.0, weight))
            lightest.append(when(count > 0.0, number(amount), number(0.0)))
        nothing = least(*lightest) if self.weight_max > 0 else number(0.0)
        return when(self.total + self.loose > 0.0, least(*means), nothing)
