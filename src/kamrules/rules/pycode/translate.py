"""Conditions into code: one branch per class of `lang/core.py`, in the order of the reference evaluator.

`truth` gives the pair of formulas of a yes/no node, `value` the code of any other, `count` the two ends of
a number of elements. What is read, computed or counted twice is bound to a local once.
"""

from __future__ import annotations

import ast
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from kamrules.rules.lang.core import (
    And, Arith, Attested, Call, Compare, Cond, Const, Exists, Field, Has, In, Negate, Node, Not, Or,
    OrValue, Size, Tally, Var, type_of,
)  # fmt: skip
from kamrules.rules.lang.ops import COMPARISONS, FUNCTIONS
from kamrules.rules.lang.types import (
    INT_MAX, INT_MIN, Bool, Count, Date, Double, Duration, Int, ListOf, Money, Object, Timestamp,
)  # fmt: skip
from kamrules.rules.pycode import code
from kamrules.rules.pycode.blocks import Block, Loop, Read
from kamrules.rules.pycode.branching import Step
from kamrules.rules.pycode.formula import FALSE, TRUE, Atom, Formula, both, either, negate, tree_of
from kamrules.rules.pycode.kleene import (
    Kleene, certain, conjuncts, guard, guarded, is_certain, junction, negation, three_of, truth_in,
)  # fmt: skip
from kamrules.rules.pycode.shapes import Shapes
from kamrules.rules.pycode.values import (
    FLIPPED, NOT_CONSTANT, Value, compared, exact_range, guards_of, local_value, one_of, ordered, otherwise_none, range_of,
)  # fmt: skip

_DAY = timedelta(days=1)
# No list is longer, so counts below it cannot overflow.
_LONGEST = 2**40
# Adding less than this to a finite double cannot make it infinite (the largest has an ulp of 2**971).
_HARMLESS = 2.0**969


@dataclass(frozen=True, slots=True)
class Bound:
    """What a name of a condition stands for: a local of a block. `canon` is equal for equal loops."""

    local: str
    nullable: bool
    block: Block
    canon: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """A count between `low` and `high`, known where no guard is None; never beyond `most`."""

    low: Value
    high: Value
    guards: tuple[str, ...] = ()
    most: int = _LONGEST

    @property
    def is_exact(self) -> bool:
        """Whether both ends are always the same."""
        return self.low.key == self.high.key


Env = Mapping[str, Bound]


class Translator:
    """Writes the statements of one function into `root`; `namespace` is what its code refers to."""

    def __init__(self, shapes: Shapes, *, careful: bool) -> None:
        self.names = code.Names()
        self.root = Block()
        self.namespace: dict[str, Any] = {}
        self.shapes = shapes
        # A careful translation takes no short cut that needs well-behaved values.
        self._careful = careful
        self._truths: dict[Hashable, Kleene] = {}
        self._locals: dict[Hashable, str] = {}

    # --- the world around conditions

    def refer(self, value: Any, hint: str = "const") -> ast.expr:
        """Return a tree for a constant value: itself where code can hold it, else a name for it."""
        if value is None or isinstance(value, bool | int | float | str):
            return code.const(value)
        if isinstance(value, tuple | frozenset) and all(
            isinstance(one, bool | int | float | str) for one in value
        ):
            return code.const(value)
        key = ("refer", type(value), value)
        if key not in self._locals:
            self._locals[key] = self.names.fresh(f"{hint}_")
            self.namespace[self._locals[key]] = value
        return code.name(self._locals[key])

    def refer_object(self, value: object, hint: str) -> ast.expr:
        """Return a name for an object that code refers to and never changes."""
        local = self.names.fresh(hint)
        self.namespace[local] = value
        return code.name(local)

    def bind(self, node: Node, env: Env, hint: str, tree: ast.expr) -> str:
        """Bind a value of the node in the innermost block that knows all it needs; return the local."""
        local = self.names.fresh(hint)
        self._home(node, env).bind(self.shapes.stage(node), local, tree)
        return local

    def _home(self, node: Node, env: Env) -> Block:
        used = [env[name].block for name in self.shapes.free(node) if name in env]
        return max(used, key=lambda block: block.depth, default=self.root)

    def _key(self, node: Node, env: Env) -> tuple[Hashable, ...]:
        canon = {name: bound.canon for name, bound in env.items() if bound.canon}
        inner = tuple(bound.local for bound in env.values() if bound.canon)
        return (self.shapes.number(node, canon), *inner)

    def locate(self, node: Var | Field | Attested, env: Env) -> Bound:
        """Return the local that holds what a field reads."""
        match node:
            case Var(name):
                return env[name]
            case Field(base, name, kind, nullable):
                holder = self.locate(base, env)
                read = holder.block.read(
                    self.names, holder.local, name, kind, nullable=nullable, absent=holder.nullable
                )
                return Bound(read.local, nullable or holder.nullable, holder.block)
            case Attested(field, minimum, assumed):
                return self._attested(node, field, minimum, assumed, env)

    def _attested(self, node: Attested, field: Field, minimum: int, assumed: int, env: Env) -> Bound:
        key = ("attested", *self._key(node, env))
        value, holder = self.locate(field, env), self.locate(field.base, env)
        if key not in self._locals:
            evidence = holder.block.read(
                self.names, holder.local, "evidence", None, nullable=True, absent=holder.nullable
            )
            known = code.name(evidence.local)
            level = code.call("level_of", known, code.const(field.name), code.const(assumed))
            enough = code.compare(level, ">=", code.const(minimum))
            missing = code.compare(known, "is", code.const(None))
            test = code.any_of([missing, enough]) if assumed >= minimum else code.all_of([known, enough])
            tree = code.choose(test, code.name(value.local), code.const(None))
            local = self.names.fresh(f"{value.local}_e{minimum}")
            value.block.bind(0, local, tree)
            self._locals[key] = local
        return Bound(self._locals[key], nullable=True, block=value.block)

    # --- truths

    def truth(self, node: Node, env: Env) -> Kleene:
        """Return the truth of a yes/no node."""
        key = self._key(node, env)
        found = self._truths.get(key)
        if found is None:
            found = self._truth(node, env)
            if self.shapes.uses[key[0]] > 1 and _is_composite(found):
                local = self.bind(node, env, "shared_", three_of(found))
                found = truth_in(local, nullable=not is_certain(found))
            self._truths[key] = found
        return found

    def bound_truth(self, node: Node, env: Env) -> Kleene:
        """Return the truth of a node, bound to a local if its code is long: it will be written often."""
        found = self.truth(node, env)
        if _is_composite(found):
            local = self.bind(node, env, "truth_", three_of(found))
            found = self._truths[self._key(node, env)] = truth_in(local, nullable=not is_certain(found))
        return found

    def _truth(self, node: Node, env: Env) -> Kleene:  # noqa: C901 - one branch per node kind
        match node:
            case Const(value):
                return certain(TRUE if value else FALSE)
            case Var() | Field() | Attested():
                bound = self.locate(node, env)
                return truth_in(bound.local, nullable=bound.nullable)
            case Has(field):
                bound = self.locate(field, env)
                return certain(guard(bound.local) if bound.nullable else TRUE)
            case OrValue(field, default):
                bound = self.locate(field, env)
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
                return one_of(self.settled(item, env), values, self.refer) if values else certain(FALSE)
            case Call():
                return self._call_truth(node, env)
            case Cond(test, then, other):
                return self._choice(test, then, other, env)
            case Exists():
                return self._exists(node, env)
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
            return self._compare_counts(op, self.count(left, env), self.count(right, env))
        if Bool in kinds and op == "==":
            return self._same_truth(left, right, env)
        if isinstance(right, OrValue) and isinstance(left, Const):
            op, left, right = FLIPPED[op], right, left
        if isinstance(left, OrValue) and isinstance(right, Const):
            return self._compare_default(op, left, right, env)
        moved = None if self._careful else self._compare_age(op, left, right, env)
        if moved is not None:
            return moved
        one, two = self.value(left, env), self.value(right, env)
        return compared(op, self.settled(left, env) if two.loose else one, two)

    def _same_truth(self, left: Node, right: Node, env: Env) -> Kleene:
        one, two = self.bound_truth(left, env), self.bound_truth(right, env)
        true = either(both(one.true, two.true), both(one.false, two.false))
        if is_certain(one) and is_certain(two):
            return certain(true)
        return Kleene(true, either(both(one.true, two.false), both(one.false, two.true)), None)

    def _compare_default(self, op: str, left: OrValue, right: Const, env: Env) -> Kleene:
        """Compare a defaulted field with a constant: what the default gives is known now."""
        bound = self.locate(left.field, env)
        known = compared(op, local_value(bound.local, nullable=False), self.value(right, env)).known
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
            if isinstance(day, Var) and env[day.name].block is self.root and not env[day.name].nullable:
                limit = self._day_limit(sign, env[day.name].local, length)
                return compared(moved, self.value(other, env), local_value(limit, nullable=False))
        return None

    def _day_limit(self, sign: str, day: str, length: timedelta) -> str:
        key = ("limit", sign, day, length)
        if key not in self._locals:
            self._locals[key] = self.names.fresh(f"{day}_limit")
            tree = code.binary(sign, code.name(day), self.refer(length))
            self.root.bind(0, self._locals[key], tree)
        return self._locals[key]

    # --- counts

    def count(self, node: Node, env: Env) -> Span:
        """Return the ends of a count, or of a whole number as an exact count."""
        match node:
            case Tally(range_, var, body):
                held, loop, inner = self.enter(range_, var, (body,), env)
                low, high = self._counters(loop, body, inner)
                return Span(low, high, (held.local,) if held.nullable else ())
            case Size(range_):
                held = self.locate(range_, env)
                length = Value(f"len {held.local}", code.call("len", code.name(held.local)))
                return Span(length, length, (held.local,) if held.nullable else ())
            case Arith(op, left, right) if isinstance(node.type, Count):
                return self._count_arith(op, node, self.count(left, env), self.count(right, env), env)
        value = self.settled(node, env)
        known = Value(value.key, value.tree, constant=value.constant)
        most = abs(value.constant) if value.is_constant else INT_MAX
        return Span(known, known, value.guards, most)

    def _count_arith(self, op: str, node: Arith, left: Span, right: Span, env: Env) -> Span:
        def end(one: Value, other: Value) -> Value:
            return Value(f"({one.key} {op} {other.key})", code.binary(op, one.tree, other.tree))

        crossed = op == "-"
        low = end(left.low, right.high if crossed else right.low)
        high = end(left.high, right.low if crossed else right.high)
        guards = tuple(dict.fromkeys((*left.guards, *right.guards)))
        most = left.most * right.most if op == "*" else left.most + right.most
        if most <= INT_MAX:
            return Span(low, high, guards, most)
        ends = [
            self.bind(node, env, "count_", otherwise_none(guards, code.call("in_range", value.tree)))
            for value in (low, high)
        ]
        known = [local_value(local, nullable=False) for local in ends]
        return Span(known[0], known[1], tuple(ends), INT_MAX)

    def _compare_counts(self, op: str, left: Span, right: Span) -> Kleene:
        guards = tuple(dict.fromkeys((*left.guards, *right.guards)))
        if left.is_exact and right.is_exact:
            return guarded(guards, ordered(op, left.low, right.low))
        asked = [guard(local) for local in guards]
        match op:
            case "==":
                points = (ordered("==", left.low, left.high), ordered("==", right.low, right.high))
                true = both(*points, ordered("==", left.low, right.low))
                false = either(ordered("<", left.high, right.low), ordered("<", right.high, left.low))
            case "<" | "<=":
                true, false = ordered(op, left.high, right.low), negate(ordered(op, left.low, right.high))
            case _:
                true, false = ordered(op, left.low, right.high), negate(ordered(op, left.high, right.low))
        return Kleene(both(*asked, true), both(*asked, false), None)

    def length(self, range_: Field, env: Env) -> str:
        """Return the local that holds the length of a list, 0 for a missing one."""
        held = self.locate(range_, env)
        key = ("length", held.local)
        if key not in self._locals:
            self._locals[key] = self.names.fresh(f"{held.local}_size")
            known = code.call("len", code.name(held.local))
            missing = code.compare(code.name(held.local), "is", code.const(None))
            tree = code.choose(missing, code.const(0), known) if held.nullable else known
            held.block.bind(0, self._locals[key], tree)
        return self._locals[key]

    # --- lists

    def enter(self, range_: Field, var: Var, bodies: tuple[Node, ...], env: Env) -> tuple[Bound, Loop, Env]:
        """Return the list, the loop over it in which these bodies are computed, and their names."""
        held = self.locate(range_, env)
        names = self.shapes.free(range_).union(*(self.shapes.free(body) - {var.name} for body in bodies))
        home = max((env[name].block for name in names if name in env), key=lambda block: block.depth)
        stage = 1 + max(self.shapes.stage(body) for body in bodies)
        loops = home.loops.setdefault(stage, {})
        kind = range_.type
        nullable = isinstance(kind, ListOf) and kind.nullable
        if held.local not in loops:
            element = self.names.fresh(f"{var.name}_")
            plain = None if isinstance(var.type, Object) else Read(element, "", nullable, var.type)
            loops[held.local] = Loop(
                home.depth + 1, over=held.local, over_nullable=held.nullable, element=element, elements=plain
            )
        loop = loops[held.local]
        canon = {name: bound.canon for name, bound in env.items() if bound.canon}
        bound = Bound(loop.element, nullable, loop, f"{self.shapes.number(range_, canon)}@{stage}")
        return held, loop, {**env, var.name: bound}

    def _exists(self, node: Exists, env: Env) -> Kleene:
        held, loop, inner = self.enter(node.range, node.var, (node.body,), env)
        canon = {name: bound.canon for name, bound in inner.items() if bound.canon}
        outer = {name: bound.canon for name, bound in env.items() if bound.canon}
        body = (self.shapes.number(node.range, outer), self.shapes.number(node.body, canon))
        if body in self.shapes.tallied:
            low, high = self._counters(loop, node.body, inner)
            zero = Value("int:0", code.const(0), constant=0)
            some, none = ordered(">", low, zero), negate(ordered(">", high, zero))
        else:
            some, none = self._flags(loop, node.body, inner)
        there = (held.local,) if held.nullable else ()
        if none == negate(some):
            return guarded(there, some, some)
        return Kleene(some, both(*(guard(local) for local in there), none), None)

    def _flags(self, loop: Loop, body: Node, env: Env) -> tuple[Formula, Formula]:
        """Return that some element surely holds, and that none may."""
        truth = self.truth(body, env)
        some = self._mark(loop, "any", body, env, tuple(part.true for part in conjuncts(truth)))
        if is_certain(truth):
            return some, negate(some)
        maybe = tuple(negate(part.false) for part in conjuncts(truth))
        return some, negate(self._mark(loop, "maybe", body, env, maybe))

    def _mark(self, loop: Loop, what: str, body: Node, env: Env, parts: tuple[Formula, ...]) -> Formula:
        local, fresh = self._accumulator(loop, what, body, env)
        if fresh:
            loop.start.append(code.assign(local, code.const(False)))
            loop.steps.append(Step(parts, code.assign(local, code.const(True))))
        return truth_in(local, nullable=False).true

    def _counters(self, loop: Loop, body: Node, env: Env) -> tuple[Value, Value]:
        """Return how many elements surely hold, and how many may."""
        truth = self.truth(body, env)
        low = self._counter(loop, "count", body, env, tuple(part.true for part in conjuncts(truth)))
        if is_certain(truth):
            return low, low
        maybe = tuple(negate(part.false) for part in conjuncts(truth))
        return low, self._counter(loop, "most", body, env, maybe)

    def _counter(self, loop: Loop, what: str, body: Node, env: Env, parts: tuple[Formula, ...]) -> Value:
        local, fresh = self._accumulator(loop, what, body, env)
        if fresh:
            loop.start.append(code.assign(local, code.const(0)))
            loop.steps.append(Step(parts, code.increase(local, code.const(1))))
        return local_value(local, nullable=False)

    def _accumulator(self, loop: Loop, what: str, body: Node, env: Env) -> tuple[str, bool]:
        key = (what, loop.element, *self._key(body, env))
        fresh = key not in self._locals
        if fresh:
            self._locals[key] = self.names.fresh(f"{what}_{loop.element}")
        return self._locals[key], fresh

    # --- other values

    def value(self, node: Node, env: Env) -> Value:
        """Return the code of a value that is neither a count nor a list."""
        match node:
            case Const(value):
                return Value(f"{type(value).__name__}:{value!r}", self.refer(value), constant=value)
            case Var() | Field() | Attested():
                bound = self.locate(node, env)
                return local_value(bound.local, nullable=bound.nullable)
            case OrValue(field, default):
                return self._defaulted(field, default, env)
            case Arith() | Negate() | Cond() | Call() if not isinstance(node.type, Bool):
                key = ("value", *self._key(node, env))
                if key in self._locals:
                    return local_value(self._locals[key], nullable=True)
                return self._computed(node, env)
        truth = self.bound_truth(node, env)
        local = truth.local or self.bind(node, env, "truth_", three_of(truth))
        return local_value(local, nullable=not is_certain(truth))

    def _defaulted(self, field: Field | Attested, default: Const, env: Env) -> Value:
        bound = self.locate(field, env)
        if not bound.nullable:
            return local_value(bound.local, nullable=False)
        known = code.compare(code.name(bound.local), "is not", code.const(None))
        tree = code.choose(known, code.name(bound.local), self.refer(default.value))
        return Value(f"({bound.local} or {default.value!r})", tree)

    def _computed(self, node: Arith | Negate | Cond | Call, env: Env) -> Value:
        match node:
            case Arith(type=Double()):
                return self._double(node, env)
            case Arith(type=Int() | Money()):
                return self._whole(node, env)
            case Arith():
                return self._time(node, env)
            case Negate(operand, kind):
                value = self.value(operand, env)
                negated = replace(
                    value, key=f"-{value.key}", tree=code.negative(value.tree), constant=NOT_CONSTANT
                )
                overflows = isinstance(kind, Int | Money) and exact_range(node)[1] > INT_MAX
                return self._checked(node, env, negated) if overflows else negated
            case Cond(test, then, other):
                asked = self.bound_truth(test, env)
                one, two = self.settled(then, env), self.settled(other, env)
                second = code.choose(
                    tree_of(asked.false), otherwise_none(two.guards, two.tree), code.const(None)
                )
                tree = code.choose(tree_of(asked.true), otherwise_none(one.guards, one.tree), second)
                return self._kept(node, env, tree)
            case Call():
                tree, guards = self._called(node, env)
                return Value(f"{node.function}({len(guards)}){ast.dump(tree)}", tree, guards)

    def _kept(self, node: Node, env: Env, tree: ast.expr) -> Value:
        """Bind a value that may be None; ask for it again and the same local comes back."""
        key = ("value", *self._key(node, env))
        self._locals[key] = self.bind(node, env, "value_", tree)
        return local_value(self._locals[key], nullable=True)

    def _checked(self, node: Node, env: Env, value: Value) -> Value:
        """Bind a number that is unknown when it does not fit 64 bits, or is not finite."""
        return self._kept(node, env, otherwise_none(value.guards, code.call("in_range", value.tree)))

    def settled(self, node: Node, env: Env) -> Value:
        """Return the value, never loose."""
        value = self.value(node, env)
        return self._checked(node, env, value) if value.loose else value

    def _double(self, node: Arith, env: Env) -> Value:
        one, two = self.value(node.left, env), self.value(node.right, env)
        if node.op == "/":
            two = self.settled(node.right, env)
            if not two.is_constant or two.constant == 0:
                zero = code.compare(two.tree, "==", code.const(0.0))
                quotient = code.call("in_range", code.binary("/", one.tree, two.tree))
                tree = otherwise_none(guards_of(one, two), code.choose(zero, code.const(None), quotient))
                return self._kept(node, env, tree)
        loose = one.loose or two.loose or not _stays_finite(node.op, one, two)
        tree = code.binary(node.op, one.tree, two.tree)
        return Value(f"({one.key} {node.op} {two.key})", tree, guards_of(one, two), loose)

    def _whole(self, node: Arith, env: Env) -> Value:
        one, two = self.value(node.left, env), self.value(node.right, env)
        guards = guards_of(one, two)
        if node.op in {"/", "%"}:
            if range_of(node.left)[0] < 0 or range_of(node.right)[0] <= 0:
                tree = code.call("arithmetic", code.const(node.op), one.tree, two.tree)
                return self._kept(node, env, otherwise_none(guards, tree))
            op = "//" if node.op == "/" else "%"
            return Value(f"({one.key} {op} {two.key})", code.binary(op, one.tree, two.tree), guards)
        low, high = exact_range(node)
        value = Value(f"({one.key} {node.op} {two.key})", code.binary(node.op, one.tree, two.tree), guards)
        return value if low >= INT_MIN and high <= INT_MAX else self._checked(node, env, value)

    def _time(self, node: Arith, env: Env) -> Value:
        one, two = self.value(node.left, env), self.value(node.right, env)
        guards = guards_of(one, two)
        if isinstance(type_of(node.left), Date | Timestamp) and isinstance(node.type, Duration):
            return Value(f"({one.key} - {two.key})", code.binary("-", one.tree, two.tree), guards)
        tree = code.call("arithmetic", code.const(node.op), one.tree, two.tree)
        return self._kept(node, env, otherwise_none(guards, tree))

    def _called(self, node: Call, env: Env) -> tuple[ast.expr, tuple[str, ...]]:
        """Return the code of a function call and what must be known for it."""
        values = [self.settled(arg, env) for arg in node.args]
        trees = [value.tree for value in values]
        match node.function:
            case "startsWith" | "endsWith":
                return code.method(trees[0], node.function.lower(), trees[1]), guards_of(*values)
            case "contains":
                return code.compare(trees[1], "in", trees[0]), guards_of(*values)
            case "size":
                return code.call("len", trees[0]), guards_of(*values)
            case "getFullYear":
                return code.attribute(trees[0], "year"), guards_of(*values)
        meaning = self.refer(FUNCTIONS[node.function].meaning, node.function)
        called = otherwise_none(guards_of(*values), ast.Call(meaning, trees, []))
        local = self.bind(node, env, f"{node.function}_", called)
        return code.name(local), (local,)

    def _call_truth(self, node: Call, env: Env) -> Kleene:
        tree, guards = self._called(node, env)
        return guarded(guards, Atom(ast.dump(tree), tree, code.invert(tree)))


def _stays_finite(op: str, one: Value, two: Value) -> bool:
    """Whether two finite numbers, of which one may be constant, cannot come out infinite."""
    constants = [abs(value.constant) for value in (one, two) if value.is_constant]
    if op == "/":
        return two.is_constant and abs(two.constant) >= 1
    if not constants:
        return False
    return min(constants) <= (1 if op == "*" else _HARMLESS)


def _is_composite(truth: Kleene) -> bool:
    """Whether the code of a truth is long enough to be bound rather than repeated."""
    return not truth.local and (bool(truth.parts) or truth.guards is None)
