"""THE meaning of a condition: one branch per class of `core.py`, in the same order.

A value is a known Python value, an `Interval` (a count not yet exactly known) or `Unknown` with the set
of paths responsible. No caching, no tracing, no speed: when another engine disagrees, it is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from kamrules.rules.lang import core
from kamrules.rules.lang.ops import COMPARISONS, FUNCTIONS, arithmetic, in_range


@dataclass(frozen=True, slots=True)
class Unknown:
    """No value, because of the facts at these paths (or a named arithmetic fault)."""

    causes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Interval:
    """A count between `low` and `high`, not exact because of the facts at `causes`."""

    low: int
    high: int
    causes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Place:
    """A value of the record and the path where it stands; None is a missing value."""

    value: Any
    path: str


Value = Any
Env = Mapping[str, Place]


def evaluate(node: core.Node, record: Any, as_of: date | None = None, *, root: str = "deal") -> Value:
    """Return what `node` means on `record` (a mapping or an object with attributes) on day `as_of`."""
    return value_of(node, {root: Place(record, root), "as_of": Place(as_of, "as_of")})


def value_of(node: core.Node, env: Env) -> Value:  # noqa: C901, PLR0912 - one branch per node kind
    """Return the value of `node` where each variable name stands for a place."""
    match node:
        case core.Const(value):
            return value
        case core.Var() | core.Field() | core.Attested():
            place = locate(node, env)
            return Unknown(frozenset({place.path})) if place.value is None else place.value
        case core.Has(field):
            return locate(field, env).value is not None
        case core.OrValue(field, default):
            found = locate(field, env).value
            return default.value if found is None else found
        case core.Not(operand):
            value = value_of(operand, env)
            return value if isinstance(value, Unknown) else not value
        case core.And(operands):
            return junction([value_of(operand, env) for operand in operands], decisive=False)
        case core.Or(operands):
            return junction([value_of(operand, env) for operand in operands], decisive=True)
        case core.Compare(op, left, right):
            return compare(op, value_of(left, env), value_of(right, env))
        case core.In(item, values):
            value = value_of(item, env)
            if not values or not isinstance(value, Unknown):
                return any(value == constant.value for constant in values)
            return value
        case core.Arith(op, left, right):
            return arith(op, value_of(left, env), value_of(right, env))
        case core.Negate(operand):
            value = value_of(operand, env)
            return value if isinstance(value, Unknown) else defined(in_range(-value))
        case core.Call(function, args):
            known = [value_of(arg, env) for arg in args]
            unknown = causes_of(*known)
            return Unknown(unknown) if unknown else defined(FUNCTIONS[function].meaning(*known))
        case core.Cond(test, then, other):
            value = value_of(test, env)
            return value if isinstance(value, Unknown) else value_of(then if value else other, env)
        case core.Exists(_, var, body):
            found = elements(node.range, var, env)
            if found is None:
                return Unknown(frozenset({locate(node.range, env).path}))
            return junction([value_of(body, inner) for inner in found], decisive=True)
        case core.Tally(_, var, body):
            found = elements(node.range, var, env)
            if found is None:
                return Unknown(frozenset({locate(node.range, env).path}))
            truths = [value_of(body, inner) for inner in found]
            sure = sum(truth is True for truth in truths)
            maybe = sum(isinstance(truth, Unknown) for truth in truths)
            return Interval(sure, sure + maybe, causes_of(*truths))
        case core.Size(range_):
            place = locate(range_, env)
            if place.value is None:
                return Unknown(frozenset({place.path}))
            return Interval(len(place.value), len(place.value))


def locate(node: core.Var | core.Field | core.Attested, env: Env) -> Place:
    """Return where a field stands and what is there; a missing parent makes it missing."""
    match node:
        case core.Var(name):
            return env[name]
        case core.Field(base, name):
            parent = locate(base, env)
            return Place(read(parent.value, name), f"{parent.path}.{name}")
        case core.Attested(field, minimum, assumed, half_life):
            place = locate(field, env)
            holder = locate(field.base, env).value
            level = level_of(holder, field.name, assumed, half_life, env["as_of"].value)
            return place if level >= minimum else Place(None, place.path)


def read(holder: Any, name: str) -> Any:
    """Return member `name` of a mapping or object, or None when it is missing."""
    if isinstance(holder, Mapping):
        return holder.get(name)
    return getattr(holder, name, None)


def level_of(holder: Any, name: str, assumed: int, half_life: int | None = None, day: Any = None) -> int:
    """Return the evidence level (0-4) of member `name` on a day, or `assumed` when none is recorded."""
    proof = read(read(holder, "evidence"), name)
    level, at = read(proof, "level"), read(proof, "at")
    if level is None:
        return assumed
    lost = 0 if half_life is None or at is None else max((day - at).days, 0) // half_life
    return max(int(level[1:]) - lost, 0)


def elements(range_: core.Field, var: core.Var, env: Env) -> list[Env] | None:
    """Return one environment per list element, or None when the list is missing."""
    place = locate(range_, env)
    if place.value is None:
        return None
    return [{**env, var.name: Place(one, f"{place.path}[{i}]")} for i, one in enumerate(place.value)]


def junction(values: list[Value], *, decisive: bool) -> Value:
    """Return the Kleene `or` (decisive=True) or `and` (decisive=False) of the values."""
    if any(value is decisive for value in values):
        return decisive
    unknown = causes_of(*values)
    return Unknown(unknown) if unknown else not decisive


def causes_of(*values: Value) -> frozenset[str]:
    """Return the union of what makes any of the values not exactly known."""
    return frozenset().union(*(v.causes for v in values if isinstance(v, Unknown | Interval)))


def compare(op: str, left: Value, right: Value) -> Value:
    """Compare two known values or two counts; a comparison of intervals may be unknown."""
    causes = causes_of(left, right)
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return Unknown(causes)
    if not isinstance(left, Interval) and not isinstance(right, Interval):
        return COMPARISONS[op](left, right)
    low, high = as_interval(left), as_interval(right)
    holds = COMPARISONS[op]
    ends = [(low.low, high.low), (low.low, high.high), (low.high, high.low), (low.high, high.high)]
    are_exact = low.low == low.high and high.low == high.high
    apart = op != "==" or low.high < high.low or high.high < low.low or are_exact
    if apart and len({holds(a, b) for a, b in ends}) == 1:
        return holds(low.low, high.low)
    return Unknown(causes)


def arith(op: str, left: Value, right: Value) -> Value:
    """Compute with two known values, or with counts as intervals."""
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return Unknown(causes_of(left, right))
    if not isinstance(left, Interval) and not isinstance(right, Interval):
        return defined(arithmetic(op, left, right))
    a, b = as_interval(left), as_interval(right)
    low = arithmetic(op, a.low, b.high if op == "-" else b.low)
    high = arithmetic(op, a.high, b.low if op == "-" else b.high)
    if low is None or high is None:
        return defined(None)
    return Interval(low, high, causes_of(a, b))


def as_interval(value: Interval | int) -> Interval:
    """Return a known count as an exact interval."""
    return value if isinstance(value, Interval) else Interval(value, value)


def defined(value: Any) -> Value:
    """Return a computed value, or Unknown where arithmetic has none."""
    return Unknown(frozenset({"undefined arithmetic (zero divisor or overflow)"})) if value is None else value
