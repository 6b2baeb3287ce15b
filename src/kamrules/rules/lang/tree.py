"""The surface tree: what a condition says, before names are resolved.

Promises: frozen, hashable values without parentheses or comments; `pos` is the offset of the character an
error about the node should point at (the operator of `a < b`, the name of `a.b`) and does not take part
in equality, so that `parse(to_text(e)) == e`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_HEIGHT = 144  # levels of a tree
MAX_NODES = 2000  # parts of a tree, after unrolling literal lists


@dataclass(frozen=True, slots=True)
class NullLit:
    """`null`, kept only so that the checker can say what to write instead."""

    pos: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class BoolLit:
    """`true` or `false`."""

    value: bool
    pos: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class IntLit:
    """A whole number within 64 bits; a minus sign right before the digits belongs to it."""

    value: int
    pos: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class FloatLit:
    """A finite number with a decimal point or an exponent."""

    value: float
    pos: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class StringLit:
    """A text, escapes already resolved."""

    value: str
    pos: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Name:
    """The record root, `as_of`, `param`, `def` or a loop variable."""

    name: str
    pos: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Select:
    """`base.name`, or `base.?name` when `optional`."""

    base: Expr
    name: str
    optional: bool = False
    pos: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """`function(args)`."""

    function: str
    args: tuple[Expr, ...]
    pos: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Method:
    """`receiver.function(args)`; macros look like this too."""

    receiver: Expr
    function: str
    args: tuple[Expr, ...]
    pos: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class ListLit:
    """`[a, b]`: legal after `in` and as the range of a macro."""

    items: tuple[Expr, ...]
    pos: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Unary:
    """`!operand` or `-operand`."""

    op: str
    operand: Expr
    pos: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Binary:
    """`left op right` for arithmetic, comparisons and `in`."""

    op: str
    left: Expr
    right: Expr
    pos: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Junction:
    """Two or more operands joined by `&&` or by `||`; a parenthesised one of the same kind stays nested."""

    op: str
    operands: tuple[Expr, ...]
    pos: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Ternary:
    """`test ? then : other`."""

    test: Expr
    then: Expr
    other: Expr
    pos: int = field(default=0, compare=False)


Literal = NullLit | BoolLit | IntLit | FloatLit | StringLit
Expr = Literal | Name | Select | Call | Method | ListLit | Unary | Binary | Junction | Ternary


def children(expr: Expr) -> tuple[Expr, ...]:
    """Return the direct sub-expressions, left to right."""
    match expr:
        case Select(base):
            return (base,)
        case Call(args=args) | ListLit(items=args) | Junction(operands=args):
            return args
        case Method(receiver, _, args):
            return (receiver, *args)
        case Unary(_, operand):
            return (operand,)
        case Binary(_, left, right):
            return (left, right)
        case Ternary(test, then, other):
            return (test, then, other)
        case _:
            return ()


def walk(expr: Expr) -> Iterator[tuple[Expr, int]]:
    """Yield every node with its depth, parents first; iterative, so that any depth can be measured."""
    pending = [(expr, 1)]
    while pending:
        node, depth = pending.pop()
        yield node, depth
        pending.extend((child, depth + 1) for child in reversed(children(node)))


def start_of(expr: Expr) -> int:
    """Return the offset where the text of the node begins (parentheses around it aside)."""
    return min(node.pos for node, _ in walk(expr))
