"""Conditions into code: one branch per class of `lang/core.py`, in the order of the reference evaluator.

What is read, computed or counted twice is bound to a local once. Truths are written here, values in
`numbers`, loops and counts in `lists`; each asks the others for the parts that are theirs.
"""

from __future__ import annotations

import ast
from collections.abc import Hashable
from datetime import timedelta

from kamrules.rules.lang.core import (
    And,
    Arith,
    Attested,
    Call,
    Compare,
    Cond,
    Const,
    Exists,
    Field,
    Has,
    In,
    Node,
    Not,
    Or,
    OrValue,
    Var,
    type_of,
)  # fmt: skip
from kamrules.rules.lang.ops import COMPARISONS
from kamrules.rules.lang.types import Bool, Count, Date
from kamrules.rules.pycode import code
from kamrules.rules.pycode.formula import FALSE, TRUE, Atom, both, either, negate
from kamrules.rules.pycode.kleene import (
    Kleene,
    certain,
    guard,
    guarded,
    is_certain,
    junction,
    negation,
    three_of,
    truth_in,
)  # fmt: skip
from kamrules.rules.pycode.lists import Lists
from kamrules.rules.pycode.numbers import Numbers
from kamrules.rules.pycode.values import FLIPPED, compared, local_value, one_of
from kamrules.rules.pycode.world import Env, World

_DAY = timedelta(days=1)


class Translator:
    """Writes truths into the blocks of a world.

    A careful translation takes no short cut that needs well-behaved values.
    """

    def __init__(self, world: World, *, careful: bool) -> None:
        self.world = world
        self.numbers = Numbers(world, self.bound_truth)
        self.lists = Lists(world, self.numbers, self.truth)
        self._careful = careful
        self._truths: dict[Hashable, Kleene] = {}

    def truth(self, node: Node, env: Env) -> Kleene:
        """Return the truth of a yes/no node."""
        key = self.world.key(node, env)
        found = self._truths.get(key)
        if found is None:
            found = self._truth(node, env)
            if self.world.shapes.uses[key[0]] > 1 and _is_composite(found):
                local = self.world.bind(node, env, "shared_", three_of(found))
                found = truth_in(local, nullable=not is_certain(found))
            self._truths[key] = found
        return found

    def bound_truth(self, node: Node, env: Env) -> Kleene:
        """Return the truth of a node, bound to a local if its code is long: it will be written often."""
        found = self.truth(node, env)
        if _is_composite(found):
            local = self.world.bind(node, env, "truth_", three_of(found))
            found = self._truths[self.world.key(node, env)] = truth_in(local, nullable=not is_certain(found))
        return found

    def _truth(self, node: Node, env: Env) -> Kleene:
        match node:
            case Const(value):
                return certain(TRUE if value else FALSE)
            case Var() | Field() | Attested():
                bound = self.world.locate(node, env)
                return truth_in(bound.local, nullable=bound.nullable)
            case Has(field):
                bound = self.world.locate(field, env)
                return certain(guard(bound.local) if bound.nullable else TRUE)
            case OrValue(field, default):
                bound = self.world.locate(field, env)
                held = truth_in(bound.local, nullable=bound.nullable)
                return certain(negate(held.false) if default.value else held.true)
            case Not(operand):
                return negation(self.truth(operand, env))
            case And(operands):
                return junction([self.truth(operand, env) for operand in operands], every=True)
            case Or(operands):
                return junction([self.truth(operand, env) for operand in operands], every=False)
            case Compare(op, left, right):
                return self._compare(op, left, right, env)
            case In(item, values):
                return (
                    one_of(self.numbers.settled(item, env), values, self.world.refer)
                    if values
                    else certain(FALSE)
                )
            case Call():
                return self._call_truth(node, env)
            case Cond(test, then, other):
                return self._choice(test, then, other, env)
            case Exists():
                return self.lists.exists(node, env)
        raise AssertionError(node)

    def _choice(self, test: Node, then: Node, other: Node, env: Env) -> Kleene:
        asked = self.bound_truth(test, env)
        one, two = self.truth(then, env), self.truth(other, env)
        true = either(both(asked.true, one.true), both(asked.false, two.true))
        false = either(both(asked.true, one.false), both(asked.false, two.false))
        if is_certain(asked) and is_certain(one) and is_certain(two):
            return certain(true)
        return Kleene(true, false, None)

    def _compare(self, op: str, left: Node, right: Node, env: Env) -> Kleene:
        kinds = {type(type_of(left)), type(type_of(right))}
        if Count in kinds:
            return self.lists.compare(op, self.lists.count(left, env), self.lists.count(right, env))
        if Bool in kinds and op == "==":
            return self._same_truth(left, right, env)
        if isinstance(right, OrValue) and isinstance(left, Const):
            op, left, right = FLIPPED[op], right, left
        if isinstance(left, OrValue) and isinstance(right, Const):
            return self._compare_default(op, left, right, env)
        moved = None if self._careful else self._compare_age(op, left, right, env)
        if moved is not None:
            return moved
        one, two = self.numbers.value(left, env), self.numbers.value(right, env)
        return compared(op, self.numbers.settled(left, env) if two.loose else one, two)

    def _same_truth(self, left: Node, right: Node, env: Env) -> Kleene:
        one, two = self.bound_truth(left, env), self.bound_truth(right, env)
        true = either(both(one.true, two.true), both(one.false, two.false))
        if is_certain(one) and is_certain(two):
            return certain(true)
        return Kleene(true, either(both(one.true, two.false), both(one.false, two.true)), None)

    def _compare_default(self, op: str, left: OrValue, right: Const, env: Env) -> Kleene:
        """Compare a defaulted field with a constant: what the default gives is known now."""
        bound = self.world.locate(left.field, env)
        known = compared(op, local_value(bound.local, nullable=False), self.numbers.value(right, env)).known
        if not bound.nullable:
            return certain(known)
        if COMPARISONS[op](left.default.value, right.value):
            return certain(either(negate(guard(bound.local)), known))
        return certain(known if op == "==" else both(guard(bound.local), known))

    def _compare_age(self, op: str, left: Node, right: Node, env: Env) -> Kleene | None:
        """Compare `as_of - day` with a constant as `day` with a constant day, once a run."""
        if isinstance(left, Const):
            op, left, right = FLIPPED[op], right, left
        if not (isinstance(left, Arith) and left.op == "-" and isinstance(right, Const)):
            return None
        length, sides = right.value, (left.left, left.right)
        if not (isinstance(length, timedelta) and length % _DAY == timedelta(0)):
            return None
        if not all(isinstance(type_of(side), Date) for side in sides):
            return None
        for sign, day, other, moved in (
            ("-", sides[0], sides[1], FLIPPED[op]),
            ("+", sides[1], sides[0], op),
        ):
            if isinstance(day, Var) and env[day.name].block is self.world.root and not env[day.name].nullable:
                limit = self._day_limit(sign, env[day.name].local, length)
                return compared(moved, self.numbers.value(other, env), local_value(limit, nullable=False))
        return None

    def _day_limit(self, sign: str, day: str, length: timedelta) -> str:
        key = ("limit", sign, day, length)
        if key not in self.world.locals:
            self.world.locals[key] = self.world.names.fresh(f"{day}_limit")
            tree = code.binary(sign, code.name(day), self.world.refer(length))
            self.world.root.bind(0, self.world.locals[key], tree)
        return self.world.locals[key]

    def _call_truth(self, node: Call, env: Env) -> Kleene:
        tree, guards = self.numbers.called(node, env)
        return guarded(guards, Atom(ast.dump(tree), code.plain(tree)))


def _is_composite(truth: Kleene) -> bool:
    """Whether the code of a truth is long enough to be bound rather than repeated."""
    return not truth.local and (bool(truth.parts) or truth.guards is None)
