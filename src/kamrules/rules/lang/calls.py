"""Typing rules of functions: has, attested, orValue, size, constructors and the rows of `ops.FUNCTIONS`.

Promises: each rule returns a core tree or raises a `Mistake`. Functions of CEL that the profile leaves out
are named with what to write instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kamrules.errors import nearest
from kamrules.rules.lang import tree
from kamrules.rules.lang.core import Attested, Call, Const, Field, Has, Node, OrValue, Size, type_of
from kamrules.rules.lang.literals import date_from, duration_from, money_from, timestamp_from
from kamrules.rules.lang.macros import MACROS, Checker, macro
from kamrules.rules.lang.operands import Mistake, coerce, named, same_kind
from kamrules.rules.lang.ops import FUNCTIONS
from kamrules.rules.lang.profile import EXCLUDED, MESSAGE
from kamrules.rules.lang.types import (
    Bool,
    Date,
    Duration,
    Int,
    ListOf,
    Money,
    Object,
    String,
    Timestamp,
    Type,
    describe,
)  # fmt: skip

MAX_EVIDENCE = 4
_GLOBALS = ("has", "attested", "size", "date", "timestamp", "duration", "money")
_METHODS = (*MACROS, "orValue", *FUNCTIONS)
_ACCEPTED = {"String": (String,), "Date": (Date, Timestamp)}
_RESULTS: dict[str, Type] = {"Bool": Bool(), "Int": Int()}


def _money(text: str) -> Const:
    minor, currency = money_from(text)
    return Const(minor, Money(currency))


_CONSTRUCTORS: dict[str, Callable[[str], Const]] = {
    "date": lambda text: Const(date_from(text), Date()),
    "timestamp": lambda text: Const(timestamp_from(text), Timestamp()),
    "duration": lambda text: Const(duration_from(text), Duration()),
    "money": _money,
}


def call(checker: Checker, expr: tree.Call, assumed: int) -> Node:
    """Return the core tree of `function(args)`."""
    name = expr.function
    if name in _CONSTRUCTORS:
        return constructor(checker, expr)
    match name:
        case "has":
            return Has(scalar_field(checker, argument(expr), assumed, lists=True))
        case "attested":
            return attested(checker, expr, assumed)
        case "size":
            return size(checker, argument(expr))
    if name in EXCLUDED:
        raise excluded(name)
    if name in _METHODS:
        raise Mistake("E-FUNC", f"`{name}` is written after a value", f"write `x.{name}(...)`")
    raise Mistake("E-FUNC", f"there is no function `{name}`", nearest(name, _GLOBALS + _METHODS))


def method(checker: Checker, expr: tree.Method, assumed: int) -> Node:
    """Return the core tree of `receiver.function(args)`."""
    name = expr.function
    if name == "filter":
        hint = "count with `.filter(v, condition).size()`"
        raise Mistake("E-PROFILE", "a filter that is not counted is not part of the language", hint)
    if name in MACROS:
        return macro(checker, expr)
    if name == "orValue":
        return or_value(checker, expr, assumed)
    if name == "size":
        take(expr.function, expr.args, 0)
        return size(checker, expr.receiver)
    if name in EXCLUDED and name not in FUNCTIONS:
        raise excluded(name)
    values = checker.need(expr.receiver, *expr.args)
    if name in FUNCTIONS:
        return strict(name, values)
    if name in _GLOBALS:
        raise Mistake("E-FUNC", f"`{name}` is not written after a value", f"write `{name}(...)`")
    raise Mistake("E-FUNC", f"there is no function `{name}`", nearest(name, _METHODS))


def excluded(name: str) -> Mistake:
    """Return the fault of a CEL function outside the profile."""
    what, hint = EXCLUDED[name]
    return Mistake("E-PROFILE", f"`{name}`: {MESSAGE.format(what)}", hint)


def take(name: str, args: tuple[object, ...], count: int) -> None:
    """Raise E-FUNC unless there are `count` arguments."""
    if len(args) != count:
        plural = "" if count == 1 else "s"
        raise Mistake("E-FUNC", f"`{name}` takes {count} argument{plural}, not {len(args)}")


def argument(expr: tree.Call) -> tree.Expr:
    """Return the only argument of a call."""
    take(expr.function, expr.args, 1)
    return expr.args[0]


def constructor(checker: Checker, expr: tree.Call) -> Const:
    """Return the constant of `date("...")` and its like."""
    (node,) = checker.need(argument(expr))
    if not (isinstance(node, Const) and isinstance(node.value, str)):
        raise Mistake("E-LIT", f"`{expr.function}` takes a constant text, not {named(node)}")
    try:
        return _CONSTRUCTORS[expr.function](node.value)
    except ValueError as error:
        raise Mistake("E-LIT", f"`{node.value[:40]}` cannot be read: {error}") from None


def scalar_field(checker: Checker, expr: tree.Expr, assumed: int, *, lists: bool = False) -> Field | Attested:
    """Return the field (or attested field) an argument names."""
    if isinstance(expr, tree.Call) and expr.function == "attested":
        return attested(checker, expr, assumed)
    (node,) = checker.need(expr)
    if not isinstance(node, Field):
        raise Mistake("E-TYPE", f"a field such as `deal.amount` is expected, not {named(node)}")
    if isinstance(node.type, Object) or (isinstance(node.type, ListOf) and not lists):
        raise Mistake("E-TYPE", f"a single value is expected, not {named(node)}", "name one of its fields")
    return node


def attested(checker: Checker, expr: tree.Call, assumed: int) -> Attested:
    """Return the core tree of `attested(field, level)`."""
    take(expr.function, expr.args, 2)
    field = scalar_field(checker, expr.args[0], assumed)
    (level,) = checker.need(expr.args[1])
    if isinstance(field, Attested):
        raise Mistake("E-NEST", "`attested` takes a field, not another `attested`")
    if not (isinstance(level, Const) and isinstance(level.value, int) and isinstance(level.type, Int)):
        raise Mistake(
            "E-TYPE", f"the evidence level is a constant from 0 to {MAX_EVIDENCE}, not {named(level)}"
        )
    if not 0 <= level.value <= MAX_EVIDENCE:
        raise Mistake(
            "E-RANGE", f"the evidence level is from 0 to {MAX_EVIDENCE}, not {level.value}", value=level.value
        )
    return Attested(field, level.value, assumed)


def size(checker: Checker, expr: tree.Expr) -> Node:
    """Return the number of elements of a list, of elements a filter keeps, or of characters of a text."""
    if isinstance(expr, tree.ListLit):
        return Const(len(checker.need(*expr.items)), Int())
    if isinstance(expr, tree.Method) and expr.function == "filter":
        return counted(checker, expr)
    (node,) = checker.need(expr)
    if isinstance(node, Field) and isinstance(node.type, ListOf):
        return Size(node)
    return strict("size", (node,))


def counted(checker: Checker, expr: tree.Method) -> Node:
    """Return the Tally of a filter; a fault points at the filter, not at the `size` after it."""
    try:
        return macro(checker, expr)
    except Mistake as mistake:
        mistake.pos = expr.pos
        raise


def strict(name: str, values: tuple[Node, ...]) -> Node:
    """Return the core tree of a row of `ops.FUNCTIONS`."""
    row = FUNCTIONS[name]
    take(name, values[1:], len(row.params) - 1)
    for value, wanted in zip(values, row.params, strict=True):
        if not isinstance(type_of(value), _ACCEPTED[wanted]):
            expected = " or ".join(describe(kind()) for kind in _ACCEPTED[wanted])
            raise Mistake("E-TYPE", f"`{name}` is for {expected}, not for {named(value)}")
    return Call(name, values, _RESULTS[row.result])


def or_value(checker: Checker, expr: tree.Method, assumed: int) -> Node:
    """Return the core tree of `e.?f.orValue(constant)`."""
    take(expr.function, expr.args, 1)
    plain, is_optional = without_optional(expr.receiver)
    if not is_optional:
        raise Mistake("E-TYPE", "`orValue` stands after an optional field", "write `x.?f.orValue(constant)`")
    field = scalar_field(checker, plain, assumed)
    (default,) = checker.need(expr.args[0])
    default = coerce(default, type_of(field))
    if not isinstance(default, Const):
        raise Mistake("E-TYPE", f"`orValue` takes a constant, not {named(default)}")
    if not same_kind(default.type, type_of(field)):
        raise Mistake(
            "E-TYPE", f"the value given to `orValue` is {named(default)}, the field is {named(field)}"
        )
    return field if isinstance(field, Field) and is_always_there(field) else OrValue(field, default)


def without_optional(expr: tree.Expr) -> tuple[tree.Expr, bool]:
    """Return the expression with every `.?` along its chain as a plain dot, and whether there was one."""
    if isinstance(expr, tree.Call) and expr.function == "attested" and expr.args:
        inner, found = without_optional(expr.args[0])
        return replace(expr, args=(inner, *expr.args[1:])), found
    if isinstance(expr, tree.Select):
        base, found = without_optional(expr.base)
        return replace(expr, base=base, optional=False), found or expr.optional
    return expr, False


def is_always_there(field: Field) -> bool:
    """Whether neither the field nor any parent may be missing."""
    return not field.nullable and (not isinstance(field.base, Field) or is_always_there(field.base))
