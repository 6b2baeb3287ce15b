"""A condition as it stands for one record: what is only about missingness, and choices made, resolved."""

from __future__ import annotations

from kamrules.rules.lang.core import Cond, Const, Has, Node, Var, walk
from kamrules.rules.lang.reference import Env, Unknown, value_of
from kamrules.rules.lang.rewrite import simplify, transform
from kamrules.rules.lang.types import Bool


def residual(node: Node, env: Env) -> Node:
    """Return a condition of equal value on this record, shorter to read.

    `has(x)` becomes true or false and drops out, and of `test ? a : b` with a known test only one branch
    remains; comparisons stay as they are, because they are what a reader wants to see.
    """

    def settle(part: Node) -> Node:
        if not isinstance(part, Has | Cond) or not _is_outer(part, env):
            return part
        if isinstance(part, Has):
            return Const(value_of(part, env), Bool())
        test = value_of(part.test, env)
        return part if isinstance(test, Unknown) else part.then if test else part.other

    return simplify(transform(node, settle))


def _is_outer(node: Node, env: Env) -> bool:
    """Whether the node reads no element of a list."""
    return all(part.name in env for part in walk(node) if isinstance(part, Var))
