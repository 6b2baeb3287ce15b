"""Expressions over columns, before any library has seen them.

Every library gets its own form of the same tree (`emit.py`, `sql.py`), so a meaning is written once. Equal
expressions are one object: what is used twice is computed once (`stages.py`), and what is known before any
row is read (a column that is not there, a null where none can be) is folded away as the tree is made.

INVARIANT: `&`, `|` and `~` are Kleene's on nullable booleans, null is unknown; a `when` whose test is null
takes the other branch; every other operator gives null for a null operand.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from weakref import WeakValueDictionary

# `code` is a small whole number >= 0: the place of a text among the values of its type, an evidence level.
Kind = Literal["bool", "int", "float", "text", "code", "raw"]


class Expr:
    """One operator with its operands; `param` is what is no expression, `nullable` whether it may be null.

    Made by the functions of this module only.
    """

    __slots__ = ("__weakref__", "args", "kind", "nullable", "op", "param")

    op: str
    args: tuple[Expr, ...]
    param: Any
    kind: Kind
    nullable: bool

    def __repr__(self) -> str:
        inner = [repr(arg) for arg in self.args]
        if self.param is not None or self.op == "lit":
            inner.insert(0, repr(self.param))
        return f"{self.op}({', '.join(inner)})"

    def __and__(self, other: Expr) -> Expr:
        return every(self, other)

    def __or__(self, other: Expr) -> Expr:
        return some(self, other)

    def __invert__(self) -> Expr:
        return negation(self)

    def __add__(self, other: Expr | float) -> Expr:
        return arithmetic("+", self, other)

    def __sub__(self, other: Expr | float) -> Expr:
        return arithmetic("-", self, other)

    def __mul__(self, other: Expr | float) -> Expr:
        return arithmetic("*", self, other)

    def __truediv__(self, other: Expr | float) -> Expr:
        return arithmetic("/", self, other)

    def __floordiv__(self, other: Expr | int) -> Expr:
        return arithmetic("//", self, other)

    def __lt__(self, other: Expr | float) -> Expr:
        return compared("<", self, other)

    def __le__(self, other: Expr | float) -> Expr:
        return compared("<=", self, other)

    def __gt__(self, other: Expr | float) -> Expr:
        return compared(">", self, other)

    def __ge__(self, other: Expr | float) -> Expr:
        return compared(">=", self, other)

    def eq(self, other: Expr | float | str) -> Expr:
        """Return whether both are equal."""
        return compared("==", self, other)

    def is_null(self) -> Expr:
        """Return whether there is no value: never null itself."""
        if not self.nullable:
            return FALSE
        return TRUE if _is_null(self) else _made("is_null", (self,), None, "bool", nullable=False)

    def filled(self, other: Any) -> Expr:
        """Return the value, or the other one where there is none."""
        default = as_expr(other, self.kind)
        if not self.nullable:
            return self
        if _is_null(self):
            return default
        return _made("filled", (self, default), None, self.kind, nullable=default.nullable)

    def is_finite(self) -> Expr:
        """Return whether a double is neither infinite nor not a number."""
        return _strict("is_finite", (self,), None, "bool")

    def is_in(self, values: Iterable[Any]) -> Expr:
        """Return whether the value is one of the constants."""
        return _strict("in", (self,), tuple(values), "bool")

    def to(self, kind: Kind) -> Expr:
        """Return a truth as 0 or 1, or a whole number as a double."""
        return self if self.kind == kind else _strict("cast", (self,), kind, kind)

    def text(self, function: Literal["startsWith", "endsWith", "contains"], part: str) -> Expr:
        """Return whether a text has a constant part in that place."""
        return _strict(function, (self,), part, "bool")

    def length(self) -> Expr:
        """Return how many characters a text has."""
        return _strict("length", (self,), None, "int")


_INTERNED: WeakValueDictionary[Any, Expr] = WeakValueDictionary()


def _made(op: str, args: tuple[Expr, ...], param: Any, kind: Kind, *, nullable: bool) -> Expr:
    # True and 1, 0.0 and -0.0 are equal to Python and not the same constant.
    key = (op, tuple(map(id, args)), type(param), repr(param), kind, nullable)
    found = _INTERNED.get(key)
    if found is None:
        found = Expr()
        found.op, found.args, found.param, found.kind, found.nullable = op, args, param, kind, nullable
        _INTERNED[key] = found
    return found


def _strict(op: str, args: tuple[Expr, ...], param: Any, kind: Kind) -> Expr:
    """Return an operator that is null where an operand is."""
    if any(_is_null(arg) for arg in args):
        return lit(None, kind)
    return _made(op, args, param, kind, nullable=any(arg.nullable for arg in args))


def col(name: str, kind: Kind, *, nullable: bool = True) -> Expr:
    """Return a column of a frame."""
    return _made("col", (), name, kind, nullable=nullable)


def lit(value: Any, kind: Kind) -> Expr:
    """Return a constant; None is null."""
    return _made("lit", (), value, kind, nullable=value is None)


NEVER = date.min.toordinal() - date(1970, 1, 1).toordinal() - 1  # a day before all
TRUE, FALSE, NULL = lit(True, "bool"), lit(False, "bool"), lit(None, "bool")


def _is_null(expr: Expr) -> bool:
    return expr.op == "lit" and expr.param is None


def as_expr(value: Any, kind: Kind) -> Expr:
    """Return a plain value as a constant of a kind; an expression stays as it is."""
    if isinstance(value, Expr):
        return value
    return lit(float(value) if kind == "float" else value, kind)


def every(*parts: Expr) -> Expr:
    """Return the Kleene `and`."""
    return _junction("and", parts, decisive=FALSE, neutral=TRUE)


def some(*parts: Expr) -> Expr:
    """Return the Kleene `or`."""
    return _junction("or", parts, decisive=TRUE, neutral=FALSE)


def _junction(op: str, parts: Iterable[Expr], *, decisive: Expr, neutral: Expr) -> Expr:
    found: dict[Expr, None] = {}
    for part in parts:
        for one in part.args if part.op == op else (part,):
            if one is decisive:
                return decisive
            if one is not neutral:
                found[one] = None
    if len(found) < 2:  # noqa: PLR2004 - a junction has two sides
        return next(iter(found), neutral)
    return _made(op, tuple(found), None, "bool", nullable=any(one.nullable for one in found))


def negation(expr: Expr) -> Expr:
    """Return the Kleene `not`."""
    if expr.op == "not":
        return expr.args[0]
    if expr.op == "lit":
        return NULL if expr.param is None else FALSE if expr.param else TRUE
    return _made("not", (expr,), None, "bool", nullable=expr.nullable)


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt,
    ">=": operator.ge,
}  # fmt: skip


def compared(op: str, left: Expr, right: Any) -> Expr:
    """Return a comparison, null where a side is."""
    other = as_expr(right, left.kind)
    if left.op == other.op == "lit" and None not in {left.param, other.param}:
        return as_expr(_COMPARE[op](left.param, other.param), "bool")
    return _strict("compare", (left, other), op, "bool")


def arithmetic(op: str, left: Expr, right: Any) -> Expr:
    """Return `left op right` of two numbers of one kind; `//` rounds down, `/` is of doubles."""
    other = as_expr(right, left.kind)
    zero = lit(0, "int")
    if op in "+-" and other is zero:
        return left
    if op == "+" and left is zero:
        return other
    return _strict("arith", (left, other), op, left.kind)


def when(test: Expr, then: Expr, other: Expr | None = None) -> Expr:
    """Return `then` where the test is true, else the other one, or null where none is given."""
    other = lit(None, then.kind) if other is None else other
    if test.op == "lit":
        return then if test.param else other
    if then is other:
        return then
    if not test.nullable and (then, other) == (TRUE, FALSE):
        return test
    if not test.nullable and (then, other) == (FALSE, TRUE):
        return negation(test)
    return _made("when", (test, then, other), None, then.kind, nullable=then.nullable or other.nullable)


def least(*parts: Expr) -> Expr:
    """Return the least of the values that are not null."""
    return _extreme("least", parts)


def greatest(*parts: Expr) -> Expr:
    """Return the greatest of the values that are not null."""
    return _extreme("greatest", parts)


def _extreme(op: str, parts: tuple[Expr, ...]) -> Expr:
    (first, *others) = dict.fromkeys(parts)
    if not others:
        return first
    return _made(op, (first, *others), None, first.kind, nullable=all(one.nullable for one in parts))


def names_of(tests: Iterable[tuple[Expr, str]], separator: str) -> Expr:
    """Return the names whose tests are true, in order, as one text; empty for none. Tests are never null."""
    found = [(test, name) for test, name in tests if test is not FALSE]
    if not found:
        return lit("", "text")
    args, names = zip(*found, strict=True)
    return _made("names", args, (names, separator), "text", nullable=False)


def read(form: str, source: Expr, kind: Kind, param: Any = None, *, nullable: bool = True) -> Expr:
    """Return a raw column of the caller's frame in a canonical form, see `border.py`."""
    return _made(form, (source,), param, kind, nullable=nullable)


@dataclass(frozen=True, slots=True)
class Total:
    """What is summed up over the rows of one record.

    `any` and `count` are of a truth that is never null, `sum` is of a double and `last` of a day that are
    never null; the last of no days is one before all.
    """

    form: Literal["any", "count", "sum", "rows", "last"]
    expr: Expr

    @property
    def empty(self) -> Expr:
        """What the total is where there are no rows."""
        if self.form == "any":
            return FALSE
        if self.form == "last":
            return lit(NEVER, "int")
        return lit(0.0, "float") if self.form == "sum" else lit(0, "int")


def walk(roots: Iterable[Expr]) -> Iterator[Expr]:
    """Yield every expression below the roots once, operands first."""
    done: set[int] = set()
    for root in roots:
        stack = [(root, False)]
        while stack:
            expr, is_open = stack.pop()
            if id(expr) in done:
                continue
            if is_open:
                done.add(id(expr))
                yield expr
                continue
            stack.append((expr, True))
            stack += [(arg, False) for arg in expr.args if id(arg) not in done]


def columns_of(roots: Iterable[Expr]) -> set[str]:
    """Return the names of the columns that expressions read."""
    return {expr.param for expr in walk(roots) if expr.op == "col"}
