"""Values of the language other than truths: the code that computes them, and tests on them."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from kamrules.rules.lang.core import Arith, Call, Cond, Const, Negate, Node, OrValue, type_of
from kamrules.rules.lang.ops import COMPARISONS
from kamrules.rules.lang.types import INT_MAX, INT_MIN, Int
from kamrules.rules.pycode import code
from kamrules.rules.pycode.formula import FALSE, TRUE, Atom, Formula, both
from kamrules.rules.pycode.kleene import Kleene, certain, guard, guarded

FLIPPED: Final = {"==": "==", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
# Every comparison has one key for itself and its opposite: the first is the one that holds.
_POSITIVE: Final = {
    "==": ("==", True),
    "<": ("<", True),
    ">=": ("<", False),
    ">": (">", True),
    "<=": (">", False),
}
# Up to this many constants a tuple is searched as fast as a set.
_FEW = 3
NOT_CONSTANT: Final = object()


@dataclass(frozen=True, slots=True)
class Value:
    """Code of a value, right wherever no local of `guards` is None; equal code has equal `key`.

    A `loose` value may come out infinite or not a number, which both mean unknown. `constant` is the
    value itself where it is one.
    """

    key: str
    tree: ast.expr
    guards: tuple[str, ...] = ()
    loose: bool = False
    constant: Any = NOT_CONSTANT

    @property
    def is_constant(self) -> bool:
        """Whether the value is a constant."""
        return self.constant is not NOT_CONSTANT

    @property
    def is_plain(self) -> bool:
        """Whether computing the value is safe even where a guard is None."""
        return self.is_constant or isinstance(self.tree, ast.Name)


def local_value(local: str, *, nullable: bool) -> Value:
    """Return the value that a local holds."""
    return Value(local, code.name(local), (local,) if nullable else ())


def guards_of(*values: Value) -> tuple[str, ...]:
    """Return the locals that must not be None for all of the values."""
    return tuple(dict.fromkeys(local for value in values for local in value.guards))


def otherwise_none(guards: Sequence[str], tree: ast.expr) -> ast.expr:
    """Return the tree, or None where a guard is None."""
    tests = [code.compare(code.name(local), "is", code.const(None)) for local in guards]
    return code.choose(code.any_of(tests), code.const(None), tree)


def compared(op: str, left: Value, right: Value) -> Kleene:
    """Return `left op right` for two values, of which only one may be loose."""
    if right.loose or (left.is_constant and not right.is_constant):
        op, left, right = FLIPPED[op], right, left
    if left.loose:
        return _compared_loose(op, left, right)
    base, holds = _POSITIVE[op]
    known = Atom(
        f"{left.key} {base} {right.key}",
        code.test(left.tree, base, right.tree),
        holds,
        subject=left.key if op == "==" and right.is_constant else "",
        cases=frozenset({right.constant}) if op == "==" and right.is_constant else frozenset(),
    )
    guards = guards_of(left, right)
    if op == "==" and left.is_plain and right.is_plain and left.key != right.key and guards:
        # None equals nothing but None, so one side at most must be asked whether it is there.
        asked = [guard(local) for local in guards[1:]]
        return guarded(guards, known, both(*asked, known))
    return guarded(guards, known)


def _compared_loose(op: str, left: Value, right: Value) -> Kleene:
    """Compare a value that may be infinite or not a number: then neither test holds."""
    least, most = code.name("LEAST"), code.name("MOST")
    x, c = left.tree, right.tree
    finite = code.compare(least, "<", x, "<", most)
    tests = {
        "<": (code.compare(least, "<", x, "<", c), code.compare(c, "<=", x, "<", most)),
        "<=": (code.compare(least, "<", x, "<=", c), code.compare(c, "<", x, "<", most)),
        ">": (code.compare(c, "<", x, "<", most), code.compare(least, "<", x, "<=", c)),
        ">=": (code.compare(c, "<=", x, "<", most), code.compare(least, "<", x, "<", c)),
        "==": (code.compare(x, "==", c), code.all_of([finite, code.compare(x, "!=", c)])),
    }
    asked = [guard(local) for local in guards_of(left, right)]
    true, false = (
        Atom(f"{left.key} {op} {right.key} {side}", code.plain(tree))
        for side, tree in zip(("surely", "never"), tests[op], strict=True)
    )
    return Kleene(both(*asked, true), both(*asked, false), None)


def one_of(value: Value, constants: Sequence[Const], refer: Any) -> Kleene:
    """Return whether a value is one of some constants; `refer` gives the tree of their collection."""
    wanted = tuple(constant.value for constant in constants)
    if not wanted:
        return certain(FALSE)
    collection = refer(wanted if len(wanted) <= _FEW else frozenset(wanted))
    known = Atom(
        f"{value.key} in {wanted!r}",
        code.test(value.tree, "in", collection),
        subject=value.key,
        cases=frozenset(wanted),
    )
    return guarded(value.guards, known, known if value.is_plain else None)


def ordered(op: str, left: Value, right: Value) -> Formula:
    """Return `left op right` for two whole numbers that are known."""
    if left.is_constant and right.is_constant:
        return TRUE if COMPARISONS[op](left.constant, right.constant) else FALSE
    if left.key == right.key:
        return TRUE if op in {"==", "<=", ">="} else FALSE
    return compared(op, replace(left, guards=()), replace(right, guards=())).known


def range_of(node: Node) -> tuple[int, int]:
    """Return the least and greatest whole number a tree of type int or money can be."""
    kind = type_of(node)
    whole = (kind.low, kind.high) if isinstance(kind, Int) else (INT_MIN, INT_MAX)
    match node:
        case Const(value):
            return (int(value), int(value)) if isinstance(value, int) else whole
        case Call(function="getFullYear"):
            return (1, 9999)
        case Call(function="size"):
            return (0, INT_MAX)
        case OrValue(field, Const(value)) if isinstance(value, int):
            low, high = range_of(field)
            return (min(low, value), max(high, value))
        case Cond(_, then, other):
            (a, b), (c, d) = range_of(then), range_of(other)
            return (min(a, c), max(b, d))
        case Negate(operand):
            low, high = range_of(operand)
            return _clipped(-high, -low)
        case Arith(op, left, right):
            return _clipped(*_arith_range(op, range_of(left), range_of(right)))
    return whole


def exact_range(node: Arith | Negate) -> tuple[int, int]:
    """Return the range of a result before what does not fit 64 bits is taken out."""
    if isinstance(node, Negate):
        low, high = range_of(node.operand)
        return (-high, -low)
    return _arith_range(node.op, range_of(node.left), range_of(node.right))


def _arith_range(op: str, left: tuple[int, int], right: tuple[int, int]) -> tuple[int, int]:
    (a, b), (c, d) = left, right
    match op:
        case "+":
            return (a + c, b + d)
        case "-":
            return (a - d, b - c)
        case "*":
            ends = (a * c, a * d, b * c, b * d)
            return (min(ends), max(ends))
    largest = max(abs(a), abs(b))
    return (-largest, largest)


def _clipped(low: int, high: int) -> tuple[int, int]:
    return (max(low, INT_MIN), min(high, INT_MAX))
