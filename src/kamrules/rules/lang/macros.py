"""Typing rules of what goes over a list: exists, all, exists_one, filter(...).size() and `in`.

Promises: a macro over a field of the record becomes one Exists or Tally that holds no other; a macro over
a literal list is written out, one copy of its body for each element.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from kamrules.rules.lang import tree
from kamrules.rules.lang.core import (
    And,
    Compare,
    Const,
    Exists,
    Field,
    In,
    Node,
    Not,
    Or,
    Tally,
    Var,
    type_of,
    walk,
)  # fmt: skip
from kamrules.rules.lang.operands import Mistake, coerce, compare, named
from kamrules.rules.lang.types import Bool, Count, Int, ListOf, Object

MACROS = ("exists", "all", "exists_one", "filter")
_ARGUMENTS = 2


class Checker(Protocol):
    """What the rules of this floor need of the checker."""

    def need(self, *exprs: tree.Expr) -> tuple[Node, ...]:
        """Return the core trees of all the expressions; passes on in silence when one is faulty."""
        ...

    def condition(self, expr: tree.Expr) -> Node:
        """Return the core tree of an expression that must be yes/no."""
        ...

    def bind(self, name: tree.Name, node: Node) -> AbstractContextManager[None]:
        """Give a loop variable its meaning for a while."""
        ...

    def fresh(self) -> str:
        """Return a name that nothing has."""
        ...

    def spend(self, parts: int) -> None:
        """Count parts of the core tree against the limit of the language."""
        ...


def macro(checker: Checker, expr: tree.Method) -> Node:
    """Return the core tree of `L.exists(v, p)`, `all`, `exists_one`, or the Tally of `filter`."""
    name = loop_variable(expr)
    if isinstance(expr.receiver, tree.ListLit):
        return unrolled(checker, expr, name, checker.need(*expr.receiver.items))
    (range_,) = checker.need(expr.receiver)
    kind = type_of(range_)
    if not (isinstance(range_, Field) and isinstance(kind, ListOf)):
        raise Mistake("E-TYPE", f"`{expr.function}` goes over a list, not over {named(range_)}")
    var = Var(name.name, kind.element)
    with checker.bind(name, var):
        body = checker.condition(expr.args[1])
    refuse_nested(body)
    match expr.function:
        case "exists":
            return Exists(range_, var, body)
        case "all":
            return Not(Exists(range_, var, Not(body)))
        case "exists_one":
            return Compare("==", Tally(range_, var, body), Const(1, Int()))
        case _:
            return Tally(range_, var, body)


def loop_variable(expr: tree.Method) -> tree.Name:
    """Return the variable of a macro call, its shape checked."""
    if len(expr.args) > _ARGUMENTS:
        message = f"`{expr.function}`: macros with two variables are not part of the language"
        raise Mistake("E-PROFILE", message, f"write `{expr.function}(v, condition)`")
    if len(expr.args) < _ARGUMENTS:
        message = f"`{expr.function}` takes a variable and a condition"
        raise Mistake("E-FUNC", message, f"write `{expr.function}(v, condition)`")
    name = expr.args[0]
    if not isinstance(name, tree.Name):
        raise Mistake("E-SYNTAX", f"the first argument of `{expr.function}` is a plain variable name")
    return name


def refuse_nested(body: Node) -> None:
    """Raise E-NEST when the body of a loop holds another loop."""
    if any(isinstance(node, Exists | Tally) for node in walk(body)):
        hint = "move the inner condition out of the loop, or into a field of the element"
        raise Mistake("E-NEST", "a loop over a list cannot stand inside another", hint)


def unrolled(checker: Checker, expr: tree.Method, name: tree.Name, items: Sequence[Node]) -> Node:
    """Return a macro over a literal list, written out."""
    if expr.function == "filter":
        hint = "write the conditions with && and ||"
        raise Mistake("E-PROFILE", "counting over a literal list is not part of the language", hint)
    bodies = []
    for item in items:
        with checker.bind(name, item):
            bodies.append(checker.condition(expr.args[1]))
    if not bodies:
        return Const(expr.function == "all", Bool())
    match expr.function:
        case "exists":
            return Or(tuple(bodies))
        case "all":
            return And(tuple(bodies))
        case _:
            checker.spend(len(bodies) * sum(1 for body in bodies for _ in walk(body)))
            return Or(tuple(_only(bodies, index) for index in range(len(bodies))))


def _only(bodies: Sequence[Node], index: int) -> Node:
    """Return that the body at `index` holds and no other does."""
    return And(tuple(body if at == index else Not(body) for at, body in enumerate(bodies)))


def membership(checker: Checker, expr: tree.Binary) -> Node:
    """Return the core tree of `item in [a, b]` or `item in list_field`."""
    if isinstance(expr.right, tree.ListLit):
        item, *values = checker.need(expr.left, *expr.right.items)
        return in_literal(item, values)
    item, range_ = checker.need(expr.left, expr.right)
    kind = type_of(range_)
    if not (isinstance(range_, Field) and isinstance(kind, ListOf)):
        raise Mistake("E-TYPE", f"`in` needs a list on its right, not {named(range_)}", "write `in [a, b]`")
    if isinstance(kind.element, Object):
        hint = "write `.exists(v, v.field == ...)`"
        raise Mistake("E-TYPE", f"the elements of {named(range_)} are records, not values", hint)
    refuse_nested(item)
    var = Var(checker.fresh(), kind.element)
    return Exists(range_, var, compare("==", var, item))


def in_literal(item: Node, values: Sequence[Node]) -> Node:
    """Return the core tree of `item in [values]`: In for constants, else an Or of comparisons."""
    if not values and not isinstance(type_of(item), ListOf | Object):
        return Const(False, Bool()) if isinstance(type_of(item), Count) else In(item, ())
    for value in values:
        item = coerce(item, type_of(value))
    tests = [compare("==", item, value) for value in values]
    sides = [test.right for test in tests if isinstance(test, Compare)]
    constants = tuple(side for side in sides if isinstance(side, Const))
    if len(constants) < len(values) or isinstance(type_of(item), Count):
        return Or(tuple(tests))
    return In(item, constants)
