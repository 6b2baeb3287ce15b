"""Lists as code: conditions on elements share one loop, and what identical bodies count is counted once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kamrules.rules.lang.core import Arith, Exists, Field, Node, Size, Tally, Var
from kamrules.rules.lang.types import INT_MAX, Count, ListOf, Object
from kamrules.rules.pycode import code
from kamrules.rules.pycode.blocks import Loop, Read
from kamrules.rules.pycode.branching import Step
from kamrules.rules.pycode.formula import Formula, both, either, negate
from kamrules.rules.pycode.kleene import Kleene, conjuncts, guard, guarded, is_certain, truth_in
from kamrules.rules.pycode.numbers import Numbers
from kamrules.rules.pycode.values import Value, local_value, ordered, otherwise_none
from kamrules.rules.pycode.world import Bound, Env, World, canon_of

# No list is longer, so counts below it cannot overflow.
_LONGEST = 2**40


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


class Lists:
    """Writes loops and what is counted in them; `truth` gives the truth of a body."""

    def __init__(self, world: World, numbers: Numbers, truth: Callable[[Node, Env], Kleene]) -> None:
        self._world = world
        self._numbers = numbers
        self._truth = truth

    def count(self, node: Node, env: Env) -> Span:
        """Return the ends of a count, or of a whole number as an exact count."""
        match node:
            case Tally(range_, var, body):
                held, loop, inner = self.enter(range_, var, (body,), env)
                low, high = self._counters(loop, body, inner)
                return Span(low, high, (held.local,) if held.nullable else ())
            case Size(range_):
                held = self._world.locate(range_, env)
                length = Value(f"len {held.local}", code.call("len", code.name(held.local)))
                return Span(length, length, (held.local,) if held.nullable else ())
            case Arith(op, left, right) if isinstance(node.type, Count):
                return self._count_arith(op, node, self.count(left, env), self.count(right, env), env)
        value = self._numbers.settled(node, env)
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
            self._world.bind(node, env, "count_", otherwise_none(guards, code.call("in_range", value.tree)))
            for value in (low, high)
        ]
        known = [local_value(local, nullable=False) for local in ends]
        return Span(known[0], known[1], tuple(ends), INT_MAX)

    def compare(self, op: str, left: Span, right: Span) -> Kleene:
        """Return the comparison of two counts: decided where all they may be agree."""
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
        held = self._world.locate(range_, env)
        key = ("length", held.local)
        if key not in self._world.locals:
            self._world.locals[key] = self._world.names.fresh(f"{held.local}_size")
            known = code.call("len", code.name(held.local))
            missing = code.compare(code.name(held.local), "is", code.const(None))
            tree = code.choose(missing, code.const(0), known) if held.nullable else known
            held.block.bind(0, self._world.locals[key], tree)
        return self._world.locals[key]

    def enter(self, range_: Field, var: Var, bodies: tuple[Node, ...], env: Env) -> tuple[Bound, Loop, Env]:
        """Return the list, the loop over it in which these bodies are computed, and their names."""
        held = self._world.locate(range_, env)
        names = self._world.shapes.free(range_).union(
            *(self._world.shapes.free(body) - {var.name} for body in bodies)
        )
        home = max((env[name].block for name in names if name in env), key=lambda block: block.depth)
        stage = 1 + max(self._world.shapes.stage(body) for body in bodies)
        loops = home.loops.setdefault(stage, {})
        kind = range_.type
        nullable = isinstance(kind, ListOf) and kind.nullable
        if held.local not in loops:
            element = self._world.names.fresh(f"{var.name}_")
            plain = None if isinstance(var.type, Object) else Read(element, "", nullable, var.type)
            loops[held.local] = Loop(
                home.depth + 1, over=held.local, over_nullable=held.nullable, element=element, elements=plain
            )
        loop = loops[held.local]
        canon = f"{self._world.shapes.number(range_, canon_of(env))}@{stage}"
        bound = Bound(loop.element, nullable, loop, canon)
        return held, loop, {**env, var.name: bound}

    def exists(self, node: Exists, env: Env) -> Kleene:
        """Return whether some element makes the body true."""
        held, loop, inner = self.enter(node.range, node.var, (node.body,), env)
        if self._world.shapes.is_tallied(node, canon_of(env)):
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
        truth = self._truth(body, env)
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
        truth = self._truth(body, env)
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
        key = (what, loop.element, *self._world.key(body, env))
        fresh = key not in self._world.locals
        if fresh:
            self._world.locals[key] = self._world.names.fresh(f"{what}_{loop.element}")
        return self._world.locals[key], fresh
