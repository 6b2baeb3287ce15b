"""Numbers, texts and times as code: one branch per kind of node, bound once where they may be unknown."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace

from kamrules.rules.lang.core import (
    Arith,
    Attested,
    Call,
    Cond,
    Const,
    Field,
    Negate,
    Node,
    OrValue,
    Var,
    type_of,
)  # fmt: skip
from kamrules.rules.lang.ops import FUNCTIONS
from kamrules.rules.lang.types import INT_MAX, INT_MIN, Bool, Date, Double, Duration, Int, Money, Timestamp
from kamrules.rules.pycode import code
from kamrules.rules.pycode.formula import tree_of
from kamrules.rules.pycode.kleene import Kleene, is_certain, three_of
from kamrules.rules.pycode.values import (
    NOT_CONSTANT,
    Value,
    exact_range,
    guards_of,
    local_value,
    otherwise_none,
    range_of,
)  # fmt: skip
from kamrules.rules.pycode.world import Env, World

# Adding less than this to a finite double cannot make it infinite (the largest has an ulp of 2**971).
_HARMLESS = 2.0**969


class Numbers:
    """Writes values other than truths and counts; `truth` gives truths, bound to a local if long."""

    def __init__(self, world: World, truth: Callable[[Node, Env], Kleene]) -> None:
        self._world = world
        self._truth = truth

    def value(self, node: Node, env: Env) -> Value:
        """Return the code of a value that is neither a count nor a list."""
        match node:
            case Const(value):
                return Value(f"{type(value).__name__}:{value!r}", self._world.refer(value), constant=value)
            case Var() | Field() | Attested():
                bound = self._world.locate(node, env)
                return local_value(bound.local, nullable=bound.nullable)
            case OrValue(field, default):
                return self._defaulted(field, default, env)
            case Arith() | Negate() | Cond() | Call() if not isinstance(node.type, Bool):
                key = ("value", *self._world.key(node, env))
                if key in self._world.locals:
                    return local_value(self._world.locals[key], nullable=True)
                return self._computed(node, env)
        truth = self._truth(node, env)
        local = truth.local or self._world.bind(node, env, "truth_", three_of(truth))
        return local_value(local, nullable=not is_certain(truth))

    def _defaulted(self, field: Field | Attested, default: Const, env: Env) -> Value:
        bound = self._world.locate(field, env)
        if not bound.nullable:
            return local_value(bound.local, nullable=False)
        known = code.compare(code.name(bound.local), "is not", code.const(None))
        tree = code.choose(known, code.name(bound.local), self._world.refer(default.value))
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
                asked = self._truth(test, env)
                one, two = self.settled(then, env), self.settled(other, env)
                second = code.choose(
                    tree_of(asked.false), otherwise_none(two.guards, two.tree), code.const(None)
                )
                tree = code.choose(tree_of(asked.true), otherwise_none(one.guards, one.tree), second)
                return self._kept(node, env, tree)
            case Call():
                tree, guards = self.called(node, env)
                return Value(f"{node.function}({len(guards)}){ast.dump(tree)}", tree, guards)

    def _kept(self, node: Node, env: Env, tree: ast.expr) -> Value:
        """Bind a value that may be None; ask for it again and the same local comes back."""
        key = ("value", *self._world.key(node, env))
        self._world.locals[key] = self._world.bind(node, env, "value_", tree)
        return local_value(self._world.locals[key], nullable=True)

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

    def called(self, node: Call, env: Env) -> tuple[ast.expr, tuple[str, ...]]:
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
        meaning = self._world.refer(FUNCTIONS[node.function].meaning, node.function)
        called = otherwise_none(guards_of(*values), ast.Call(meaning, trees, []))
        local = self._world.bind(node, env, f"{node.function}_", called)
        return code.name(local), (local,)


def _stays_finite(op: str, one: Value, two: Value) -> bool:
    """Whether two finite numbers, of which one may be constant, cannot come out infinite."""
    constants = [abs(value.constant) for value in (one, two) if value.is_constant]
    if op == "/":
        return two.is_constant and bool(abs(two.constant) >= 1)
    if not constants:
        return False
    return bool(min(constants) <= (1 if op == "*" else _HARMLESS))
