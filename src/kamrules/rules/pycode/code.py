"""Short names for the syntax nodes that generated functions are made of.

INVARIANT: no text of a user is ever parsed; it enters a tree as the value of a constant only.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from typing import Any

# Contexts and operators have no place in a text, so every tree can share them.
_LOAD, _STORE, _AND, _OR = ast.Load(), ast.Store(), ast.And(), ast.Or()
_NOT, _MINUS = ast.Not(), ast.USub()
_OPERATORS: dict[str, ast.cmpop] = {
    "==": ast.Eq(), "!=": ast.NotEq(), "<": ast.Lt(), "<=": ast.LtE(), ">": ast.Gt(), ">=": ast.GtE(),
    "in": ast.In(), "not in": ast.NotIn(), "is": ast.Is(), "is not": ast.IsNot(),
}  # fmt: skip
_ARITHMETIC: dict[str, ast.operator] = {
    "+": ast.Add(), "-": ast.Sub(), "*": ast.Mult(), "/": ast.Div(), "//": ast.FloorDiv(), "%": ast.Mod(),
}  # fmt: skip


def name(text: str) -> ast.expr:
    """Return the value of a local or of the namespace."""
    return ast.Name(text, _LOAD)


def const(value: Any) -> ast.expr:
    """Return a constant that Python can store in code: None, bool, int, float, str or a tuple of them."""
    return ast.Constant(value)


def compare(left: ast.expr, *rest: str | ast.expr) -> ast.expr:
    """Return `left op right [op right]`; operators are texts, operands trees."""
    operators = [_OPERATORS[op] for op in rest[::2] if isinstance(op, str)]
    return ast.Compare(left, operators, [tree for tree in rest[1::2] if isinstance(tree, ast.expr)])


_OPPOSITES = {
    "==": "!=", "<": ">=", ">": "<=", "in": "not in", "is": "is not", "is not": "is",
}  # fmt: skip


def test(left: ast.expr, op: str, right: ast.expr) -> Callable[[bool], ast.expr]:
    """Return what writes a comparison (for True) or its opposite."""
    return lambda holds: compare(left, op if holds else _OPPOSITES[op], right)


def plain(tree: ast.expr) -> Callable[[bool], ast.expr]:
    """Return what writes a tree (for True) or `not tree`."""
    return lambda holds: tree if holds else invert(tree)


def binary(op: str, left: ast.expr, right: ast.expr) -> ast.expr:
    """Return `left op right` for an arithmetic operator."""
    return ast.BinOp(left, _ARITHMETIC[op], right)


def negative(tree: ast.expr) -> ast.expr:
    """Return `-tree`."""
    return ast.UnaryOp(_MINUS, tree)


def invert(tree: ast.expr) -> ast.expr:
    """Return `not tree`."""
    return ast.UnaryOp(_NOT, tree)


def all_of(trees: Sequence[ast.expr]) -> ast.expr:
    """Return the trees joined by `and`; true for none."""
    return _joined(_AND, trees, empty=True)


def any_of(trees: Sequence[ast.expr]) -> ast.expr:
    """Return the trees joined by `or`; false for none."""
    return _joined(_OR, trees, empty=False)


def _joined(op: ast.boolop, trees: Sequence[ast.expr], *, empty: bool) -> ast.expr:
    if len(trees) <= 1:
        return trees[0] if trees else const(empty)
    return ast.BoolOp(op, list(trees))


def choose(test: ast.expr, then: ast.expr, other: ast.expr) -> ast.expr:
    """Return `then if test else other`, or the one branch a constant test leaves."""
    if isinstance(test, ast.Constant):
        return then if test.value else other
    return ast.IfExp(test, then, other)


def call(function: str, *args: ast.expr) -> ast.expr:
    """Return a call of a function of the namespace."""
    return ast.Call(name(function), list(args), [])


def method(receiver: ast.expr, called: str, *args: ast.expr) -> ast.expr:
    """Return a call of a method; `called` is a name of ours."""
    return ast.Call(attribute(receiver, called), list(args), [])


def attribute(receiver: ast.expr, member: str) -> ast.expr:
    """Return `receiver.member`."""
    return ast.Attribute(receiver, member, _LOAD)


def item(receiver: ast.expr, key: str) -> ast.expr:
    """Return `receiver["key"]`."""
    return ast.Subscript(receiver, const(key), _LOAD)


def walrus(local: str, tree: ast.expr) -> ast.expr:
    """Return `(local := tree)`."""
    return ast.NamedExpr(ast.Name(local, _STORE), tree)


def pack(trees: Sequence[ast.expr]) -> ast.expr:
    """Return the tuple of the trees."""
    return ast.Tuple(list(trees), _LOAD)


def assign(local: str, tree: ast.expr) -> ast.stmt:
    """Return `local = tree`."""
    return ast.Assign([ast.Name(local, _STORE)], tree)


def assign_all(locals_: Sequence[str], tree: ast.expr) -> ast.stmt:
    """Return `a = b = c = tree`."""
    return ast.Assign([ast.Name(local, _STORE) for local in locals_], tree)


def increase(local: str, tree: ast.expr) -> ast.stmt:
    """Return `local += tree`."""
    return ast.AugAssign(ast.Name(local, _STORE), _ARITHMETIC["+"], tree)


def when(test: ast.expr, then: Sequence[ast.stmt], other: Sequence[ast.stmt] = ()) -> ast.stmt:
    """Return `if test: then else: other`."""
    return ast.If(test, list(then), list(other))


def loop(local: str, over: ast.expr, body: Sequence[ast.stmt]) -> ast.stmt:
    """Return `for local in over: body`."""
    return ast.For(ast.Name(local, _STORE), over, list(body), [])


def give(tree: ast.expr) -> ast.stmt:
    """Return `return tree`."""
    return ast.Return(tree)


def placed(module: ast.Module) -> ast.Module:
    """Give every part of a module the one place that compiling it asks for."""
    pending: list[ast.AST] = [module]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.stmt | ast.expr | ast.arg | ast.excepthandler):
            node.lineno = node.end_lineno = 1
            node.col_offset = node.end_col_offset = 0
        for field in node._fields:
            part = getattr(node, field, None)
            if isinstance(part, list):
                pending.extend(one for one in part if isinstance(one, ast.AST))
            elif isinstance(part, ast.expr | ast.arguments):
                pending.append(part)
    return module


class Names:
    """Gives every local a name of its own, made from letters a user may have chosen."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def fresh(self, hint: str) -> str:
        """Return a new name that resembles `hint`; never a keyword, as it always has an underscore."""
        stem = re.sub(r"[^A-Za-z0-9_]", "_", hint)[:60].lstrip("_0123456789") or "x"
        if "_" not in stem:
            stem = f"{stem}_"
        local = stem
        serial = 2
        while local in self._taken:
            local = f"{stem}{'' if stem.endswith('_') else '_'}{serial}"
            serial += 1
        self._taken.add(local)
        return local
