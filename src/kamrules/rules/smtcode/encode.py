"""A condition as formulas: one branch per class of `core.py`, in the order of the reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from kamrules.rules.lang import core
from kamrules.rules.lang import types as t
from kamrules.rules.smtcode.door import z3
from kamrules.rules.smtcode.facts import LEVELS, Facts, Level, Slots, Spot, stored
from kamrules.rules.smtcode.logic import (
    FALSE,
    TRUE,
    Counted,
    Formula,
    NotSaidError,
    Scalar,
    Truth,
    Value,
    branch,
    conj,
    decided,
    disj,
    ite,
    neg,
)
from kamrules.rules.smtcode.numbers import (
    arith,
    as_counted,
    as_real,
    compare_counts,
    compare_numbers,
    counts,
    negated,
    over,
    within,
    year_of,
)
from kamrules.rules.wholes import DAY

Env = Mapping[str, Spot]
AS_OF = "as_of"


@dataclass(slots=True)
class Encoder:
    """Encodes the conditions of one question over the same facts; `as_of` may be left open."""

    facts: Facts
    root: Spot
    as_of: date | None = None
    # What was encoded, by identity of node and element; the nodes are kept so that identities stay theirs.
    done: dict[tuple[int, str], tuple[core.Node, Value]] = field(default_factory=dict)

    def truth(self, node: core.Node) -> Truth:
        """Return a condition on the record as a pair of formulas."""
        return as_truth(self.of_record(node), node)

    def of_element(self, node: core.Node, var: core.Var, spot: Spot) -> Value:
        """Return a part that names an element of a list, for the element at a place."""
        env = {self.root.path: self.root, AS_OF: Spot(AS_OF, t.Date(), True), var.name: spot}
        return self._value(node, env, spot.path)

    def of_record(self, node: core.Node) -> Value:
        """Return a part on the record."""
        return self._value(node, {self.root.path: self.root, AS_OF: Spot(AS_OF, t.Date(), True)}, "")

    def truth_of(self, node: core.Node, name: str, element: Spot) -> Truth:
        """Return a condition on an element of a list, which it calls `name`, as a pair of formulas."""
        env = {self.root.path: self.root, AS_OF: Spot(AS_OF, t.Date(), True), name: element}
        return self._truth(node, env, element.path)

    def day(self) -> Scalar:
        """Return the day of the evaluation."""
        fixed = self.as_of is not None
        found = _constant(self.as_of, t.Date()) if fixed else self.facts.value(Spot(AS_OF, t.Date(), True))
        assert isinstance(found, Scalar)
        return found

    def _truth(self, node: core.Node, env: Env, element: str) -> Truth:
        return as_truth(self._value(node, env, element), node)

    def _scalar(self, node: core.Node, env: Env, element: str) -> Scalar:
        value = self._value(node, env, element)
        if not isinstance(value, Scalar):
            raise NotSaidError(f"a {t.describe(core.type_of(node))} where one value is needed")
        return value

    def _value(self, node: core.Node, env: Env, element: str) -> Value:
        found = self.done.get((id(node), element))
        if found is None:
            found = self.done[id(node), element] = (node, self._encode(node, env, element))
        return found[1]

    def _encode(self, node: core.Node, env: Env, element: str) -> Value:  # noqa: C901, PLR0912 - one branch per node kind
        match node:
            case core.Const(value, kind):
                return _constant(value, kind)
            case core.Var(name) if name == AS_OF:
                return self.day()
            case core.Var() | core.Field() | core.Attested():
                return self._read(node, env)
            case core.Has(place):
                present = self._presence(place, env)
                return Truth(present, neg(present))
            case core.OrValue(place, default):
                return self._or_value(place, default, env)
            case core.Not(operand):
                truth = self._truth(operand, env, element)
                return Truth(truth.false, truth.true)
            case core.And(operands):
                truths = [self._truth(one, env, element) for one in operands]
                return Truth(conj(*(one.true for one in truths)), disj(*(one.false for one in truths)))
            case core.Or(operands):
                truths = [self._truth(one, env, element) for one in operands]
                return Truth(disj(*(one.true for one in truths)), conj(*(one.false for one in truths)))
            case core.Compare(op, left, right):
                return self._compare(op, self._value(left, env, element), self._value(right, env, element))
            case core.In(item, values):
                return self._in(self._value(item, env, element), values) if values else FALSE
            case core.Arith(op, left, right, kind):
                return self._arith(node, self._value(left, env, element), self._value(right, env, element))
            case core.Negate(operand, kind):
                return negated(self._scalar(operand, env, element), kind)
            case core.Call(function, args):
                return self._call(node, function, [self._scalar(arg, env, element) for arg in args])
            case core.Cond(test, then, other):
                both = self._value(then, env, element), self._value(other, env, element)
                return self._choose(self._truth(test, env, element), *both)
            case core.Exists():
                known, bodies = self._elements(node, env, element)
                some = disj(*(conj(inside, body.true) for inside, body in bodies))
                none = conj(*(disj(neg(inside), body.false) for inside, body in bodies))
                return Truth(conj(known, some), conj(known, none))
            case core.Tally():
                known, bodies = self._elements(node, env, element)
                sure = how_many([conj(inside, body.true) for inside, body in bodies])
                most = how_many([conj(inside, neg(body.false)) for inside, body in bodies])
                return Counted(known, sure, most)
            case core.Size(range_):
                slots = self._slots(range_, env, element)
                total = how_many(list(slots.inside))
                return Counted(slots.known, total, total)

    def _place(self, node: core.Var | core.Field, env: Env) -> Spot:
        if isinstance(node, core.Var):
            return env[node.name]
        return self.facts.member(self._place(node.base, env), node.name, node.type, nullable=node.nullable)

    def _presence(self, node: core.Field | core.Attested, env: Env) -> Formula:
        """Return whether a field has a value, with evidence enough if that is asked."""
        if isinstance(node, core.Field):
            return self._place(node, env).present
        level = self.facts.level(self._place(node.field.base, env), node.field.name)
        enough = ite(level.recorded, self._lasts(level, node), node.assumed >= node.minimum)
        return conj(self._place(node.field, env).present, enough)

    def _lasts(self, level: Level, node: core.Attested) -> Formula:
        """Return whether a recorded level is enough: one that is n too good lasts n + 1 half-lives."""
        if node.half_life is None or node.minimum == 0:
            return level.number >= node.minimum
        today = self.day().value
        lasting = []
        for one in range(node.minimum, LEVELS[1] + 1):
            since = today - (one - node.minimum + 1) * node.half_life
            lasting.append(conj(level.number == one, disj(neg(level.dated), level.day > since)))
        return disj(*lasting)

    def _read(self, node: core.Var | core.Field | core.Attested, env: Env) -> Value:
        place = node.field if isinstance(node, core.Attested) else node
        value = self.facts.value(self._place(place, env))
        if not isinstance(node, core.Attested):
            return value
        enough = self._presence(node, env)
        if isinstance(value, Truth):
            return Truth(conj(enough, value.true), conj(enough, value.false))
        return Scalar(enough, value.value, value.sort, value.low, value.high)

    def _or_value(self, place: core.Field | core.Attested, default: core.Const, env: Env) -> Value:
        present, value = self._presence(place, env), self._read(place, env)
        return self._choose(
            Truth(present, neg(present)), value, _constant(default.value, core.type_of(place))
        )

    def _choose(self, test: Truth, then: Value, other: Value) -> Value:
        """Return one of two values; unknown where the test is."""
        match then, other:
            case Truth(), Truth():
                return branch(test, then, other)
            case Scalar(), Scalar():
                known = disj(conj(test.true, then.known), conj(test.false, other.known))
                low, high = min(then.low, other.low), max(then.high, other.high)
                if "real" in {then.sort, other.sort}:
                    picked = ite(test.true, as_real(then.value), as_real(other.value))
                    return Scalar(known, picked, "real")
                if then.sort == "int":
                    return Scalar(known, ite(test.true, then.value, other.value), "int", low, high)
                if "sequence" in {then.sort, other.sort}:
                    signs = self.facts.texts.sequence(then), self.facts.texts.sequence(other)
                    return Scalar(known, ite(test.true, *signs), "sequence")
                codes = self.facts.texts.coded(then), self.facts.texts.coded(other)
                return Scalar(known, ite(test.true, *codes), "code")
            case _:
                one, two = as_counted(then), as_counted(other)
                known = disj(conj(test.true, one.known), conj(test.false, two.known))
                return Counted(known, ite(test.true, one.low, two.low), ite(test.true, one.high, two.high))

    def _compare(self, op: str, left: Value, right: Value) -> Truth:
        match left, right:
            case Truth(), Truth():
                same = disj(conj(left.true, right.true), conj(left.false, right.false))
                return decided(conj(left.known, right.known), same)
            case Scalar(), Scalar() if left.sort in {"int", "real"}:
                return compare_numbers(op, left, right)
            case Scalar(), Scalar():
                texts = self.facts.texts
                holds = texts.equal(left, right) if op == "==" else texts.ordered(op, left, right)
                return decided(conj(left.known, right.known), holds)
            case _:
                return compare_counts(op, as_counted(left), as_counted(right))

    def _in(self, item: Value, values: tuple[core.Const, ...]) -> Truth:
        if isinstance(item, Counted):
            raise NotSaidError("`in` of a count")
        found = [self._compare("==", item, _constant(one.value, one.type)) for one in values]
        return Truth(disj(*(one.true for one in found)), conj(*(one.false for one in found)))

    def _arith(self, node: core.Arith, left: Value, right: Value) -> Value:
        if isinstance(left, Scalar) and isinstance(right, Scalar):
            kinds = core.type_of(node.left), core.type_of(node.right), node.type
            return arith(node.op, left, right, kinds, self.facts)
        return counts(node.op, as_counted(left), as_counted(right))

    def _call(self, node: core.Call, function: str, args: list[Scalar]) -> Value:
        known = conj(*(arg.known for arg in args))
        if function == "getFullYear":
            is_moment = isinstance(core.type_of(node.args[0]), t.Timestamp)
            day = over(args[0].value, DAY) + 1 if is_moment else args[0].value
            year = year_of(day, self.facts, f"year {len(self.done)}")
            return Scalar(known, year, "int", date.min.year, date.max.year)
        found = self.facts.texts.call(function, args)
        if isinstance(node.type, t.Bool):
            return decided(known, found)
        return within(known, found, (0, t.INT_MAX), node.type)

    def _slots(self, range_: core.Field, env: Env, element: str) -> Slots:
        if element:  # `needs` counts the elements of lists of the record only
            raise NotSaidError("a loop inside a loop")
        return self.facts.slots(self._place(range_, env))

    def _elements(
        self, node: core.Exists | core.Tally, env: Env, element: str
    ) -> tuple[Formula, list[tuple[Any, Truth]]]:
        """Return whether the list is known, and for each slot whether it is filled and what the body says."""
        slots = self._slots(node.range, env, element)
        bodies = []
        for inside, spot in zip(slots.inside, slots.elements, strict=True):
            bodies.append((inside, self._truth(node.body, {**env, node.var.name: spot}, spot.path)))
        return slots.known, bodies


def as_truth(value: Value, node: core.Node) -> Truth:
    """Return what a node became where a condition is needed."""
    if not isinstance(value, Truth):
        raise NotSaidError(f"a {t.describe(core.type_of(node))} where a condition is needed")
    return value


def _constant(value: Any, kind: t.Type) -> Value:
    number = stored(value)
    if isinstance(number, bool):
        return TRUE if number else FALSE
    if isinstance(number, str):
        return Scalar(True, number, "literal")
    if isinstance(kind, t.Double):
        return Scalar(True, as_real(number), "real")
    return Scalar(True, number, "int", number, number)


def how_many(formulas: list[Formula]) -> Any:
    """Return how many formulas hold."""
    sure = sum(formula is True for formula in formulas)
    open_ = [
        ite(formula, z3.IntVal(1), z3.IntVal(0)) for formula in formulas if not isinstance(formula, bool)
    ]
    return z3.Sum([*open_, z3.IntVal(sure)]) if open_ else sure
