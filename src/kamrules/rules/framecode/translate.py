"""A condition as an expression: one branch per class of `core.py`, in the order of the reference.

A `Frames` collects on the way what the conditions need: columns of the record's frame, and for each list the
columns of its long frame and the sums over the rows of a record.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass, field, replace
from datetime import date
from functools import reduce

import narwhals as nw

from kamrules.rules.framecode.numbers import arith, compare, negated
from kamrules.rules.framecode.values import (
    DAY,
    MAX_ROWS,
    UNKNOWN,
    Column,
    Counted,
    Fixed,
    Scalar,
    Value,
    as_counted,
    bounds_of,
    decided,
    dtype_of,
    expr_of,
    limits_of,
    pick,
    refuse,
    stored,
    truth_expr,
)
from kamrules.rules.lang import core
from kamrules.rules.lang.core import path_of, type_of
from kamrules.rules.lang.ops import FUNCTIONS
from kamrules.rules.lang.types import Bool, Count, Date, Double, Int, ListOf, Object, Type

RECORD, ELEMENT, LEVEL, YEAR, KNOWN = "r ", "e ", "v ", "y ", "k "


@dataclass(frozen=True, slots=True)
class Needed:
    """A column a condition reads: the caller's name for it, its type (None: an evidence level).

    With `is_year` it is the calendar year of a day or moment that is read.
    """

    source: str
    type: Type | None
    is_year: bool = False


@dataclass(slots=True)
class ListNeeds:
    """What is asked of one list: the columns of its rows, and sums over them, each under its name."""

    path: str
    columns: dict[str, Needed] = field(default_factory=dict)
    borrowed: dict[str, Needed] = field(default_factory=dict)
    sums: dict[str, nw.Expr] = field(default_factory=dict)


@dataclass(slots=True)
class Frames:
    """What is asked of all frames; `columns` are those of the record's."""

    columns: dict[str, Needed] = field(default_factory=dict)
    lists: dict[str, ListNeeds] = field(default_factory=dict)
    known: dict[tuple[object, ...], str] = field(default_factory=dict)

    def list_of(self, path: str) -> ListNeeds:
        """Return what is asked of the list at a path."""
        return self.lists.setdefault(path, ListNeeds(path))

    def sum_of(self, path: str, key: tuple[object, ...], expr: nw.Expr, dtype: nw.dtypes.DType) -> nw.Expr:
        """Return the sum of an expression over a record's rows of a list, 0 where there are none."""
        name = self.known.get((path, *key))
        if name is None:
            name = self.known[path, *key] = f"a {len(self.known)}"
            self.list_of(path).sums[name] = expr
        return nw.col(name).fill_null(0).cast(dtype)


@dataclass(frozen=True, slots=True)
class Translator:
    """Translates conditions of one plan for one day; `loop` is the variable and list of a body."""

    frames: Frames
    root: str
    as_of: date
    var: str = ""
    path: str = ""

    def truth(self, node: core.Node) -> nw.Expr:
        """Return a condition as a boolean expression, null where unknown."""
        return truth_expr(self.value(node))

    def scalar(self, node: core.Node) -> Scalar:
        """Return a condition's value that is not a count."""
        value = self.value(node)
        if isinstance(value, Counted):
            raise refuse("count", "it stands where one value is needed")
        return value

    def value(self, node: core.Node) -> Value:  # noqa: C901, PLR0912 - one branch per node kind
        """Return what a node is on a frame."""
        match node:
            case core.Const(value):
                return Fixed(stored(value))
            case core.Var() | core.Field() | core.Attested():
                return self._place(node)
            case core.Has(field):
                return Column(~self._presence(field))
            case core.OrValue(field, default):
                return self._or_value(field, default)
            case core.Not(operand):
                truth = self.scalar(operand)
                if isinstance(truth, Fixed):
                    return UNKNOWN if truth.value is None else Fixed(not truth.value)
                return Column(~truth.expr)
            case core.And(operands):
                return self._junction(operands, decisive=False)
            case core.Or(operands):
                return self._junction(operands, decisive=True)
            case core.Compare(op, left, right):
                kinds = (type_of(left), type_of(right))
                return compare(op, self.value(left), self.value(right), kinds)
            case core.In(item, values):
                return self._in(item, values)
            case core.Arith(op, left, right, type):
                kinds = (type_of(left), type_of(right))
                return arith(op, self.value(left), self.value(right), kinds, type)
            case core.Negate(operand, type):
                return negated(self.scalar(operand), type)
            case core.Call(function, args):
                return self._call(function, args)
            case core.Cond(test, then, other, type):
                return self._cond(self.scalar(test), self.value(then), self.value(other), node)
            case core.Exists(range_, var, body):
                true, maybe = self.counts(range_, var, body)
                known = self.list_known(range_)
                return Column(decided(known & (true > 0), known & (maybe == 0)))
            case core.Tally(range_, var, body):
                true, maybe = self.counts(range_, var, body)
                known = self.list_known(range_)
                low, high = (nw.when(known).then(one) for one in (true, true + maybe))
                return Counted(Column(low, 0, MAX_ROWS), Column(high, 0, MAX_ROWS))
            case core.Size(range_):
                size = nw.when(self.list_known(range_)).then(self.size(range_))
                exact = Column(size, 0, MAX_ROWS)
                return Counted(exact, exact)

    # Fields ---------------------------------------------------------------------------------------------

    def _place(self, node: core.Var | core.Field | core.Attested) -> Scalar:
        match node:
            case core.Attested(field, minimum, assumed):
                known = self._level(field).fill_null(assumed) >= minimum
                place = self._place(field)
                assert isinstance(place, Column)
                return replace(place, expr=nw.when(known).then(place.expr))
            case core.Var("as_of"):
                return Fixed(stored(self.as_of))
        kind = type_of(node)
        if isinstance(kind, Object | ListOf):
            raise refuse(path_of(node), "an object or list is not a value")
        return Column(nw.col(self._column(node, kind)), *limits_of(kind))

    def _column(self, node: core.Var | core.Field, kind: Type | None, *, is_year: bool = False) -> str:
        """Return the canonical name of a field's column (of its evidence level, for no kind)."""
        name, *members = path_of(node).split(".")
        path = "__".join(members)
        if name == self.root:
            prefix = YEAR if is_year else RECORD if kind else LEVEL
            source = path if kind else f"{path}__evidence"
            need = self.frames.columns[prefix + path] = Needed(source, kind, is_year)
            if self.path:
                self.frames.list_of(self.path).borrowed[prefix + path] = need
            return prefix + path
        if name != self.var:
            raise refuse(name, "a loop inside a loop")
        prefix = ELEMENT + YEAR if is_year else ELEMENT if kind else ELEMENT + LEVEL
        path = path or "value"
        source = path if kind else f"{path}__evidence"
        self.frames.list_of(self.path).columns[prefix + path] = Needed(source, kind, is_year)
        return prefix + path

    def _level(self, node: core.Field) -> nw.Expr:
        return nw.col(self._column(node, None))

    def _presence(self, node: core.Field | core.Attested) -> nw.Expr:
        """Return whether a field is missing."""
        field = node.field if isinstance(node, core.Attested) else node
        if not isinstance(field.type, ListOf):
            value = self._place(node)
            assert isinstance(value, Column)
            return value.expr.is_null()
        known = self.list_known(field)
        if isinstance(node, core.Attested):
            known = known & (self._level(field).fill_null(node.assumed) >= node.minimum)
        return ~known

    def _or_value(self, node: core.Field | core.Attested, default: core.Const) -> Scalar:
        value = self._place(node)
        assert isinstance(value, Column)
        known = Fixed(stored(default.value))
        kind = type_of(node)
        low, high = bounds_of(known) if dtype_of(kind) == nw.Int64 else bounds_of(value)
        filled = nw.when(value.expr.is_null()).then(expr_of(known, kind)).otherwise(value.expr)
        return Column(filled, min(low, value.low), max(high, value.high))

    # Operators ------------------------------------------------------------------------------------------

    def _junction(self, operands: tuple[core.Node, ...], *, decisive: bool) -> Scalar:
        truths = [self.scalar(operand) for operand in operands]
        if Fixed(decisive) in truths:
            return Fixed(decisive)
        exprs = [truth_expr(one) for one in truths if one != Fixed(not decisive)]
        if not exprs:
            return Fixed(not decisive)
        return Column(reduce(operator.or_ if decisive else operator.and_, exprs))

    def _in(self, item: core.Node, values: tuple[core.Const, ...]) -> Scalar:
        if not values:
            return Fixed(False)
        value = self.scalar(item)
        constants = [stored(one.value) for one in values]
        if isinstance(value, Fixed):
            return UNKNOWN if value.value is None else Fixed(value.value in constants)
        if isinstance(type_of(item), Bool):
            same = [value.expr if one else ~value.expr for one in constants]
            return Column(reduce(operator.or_, same))
        if isinstance(type_of(item), Double):
            constants = [float(one) for one in constants]
        return Column(value.expr.is_in(list(dict.fromkeys(constants))))

    def _call(self, function: str, args: tuple[core.Node, ...]) -> Scalar:
        if function == "getFullYear":
            return self._year(args[0])
        receiver, *rest = (self.scalar(arg) for arg in args)
        if UNKNOWN in (receiver, *rest):
            return UNKNOWN
        if isinstance(receiver, Fixed) and all(isinstance(one, Fixed) for one in rest):
            texts = [one.value for one in (receiver, *rest) if isinstance(one, Fixed)]
            return Fixed(FUNCTIONS[function].meaning(*texts))
        text = expr_of(receiver, type_of(args[0]))
        if function == "size":
            return Column(text.str.len_chars().cast(nw.Int64), 0, MAX_ROWS)
        (part,) = rest
        if not isinstance(part, Fixed):
            raise refuse(function, "its argument is not a constant")
        match function:
            case "startsWith":
                return Column(text.str.starts_with(part.value))
            case "endsWith":
                return Column(text.str.ends_with(part.value))
            case "contains":
                return Column(text.str.contains(part.value, literal=True))
        raise refuse(function, "it is not known")

    def _year(self, node: core.Node) -> Scalar:
        """Return the year of a day or moment that stands in a column, or is the same for all records."""
        match node:
            case core.Attested(field, minimum, assumed):
                known = self._level(field).fill_null(assumed) >= minimum
                year = self._year(field)
                assert isinstance(year, Column)
                return replace(year, expr=nw.when(known).then(year.expr))
            case core.Field():
                return Column(nw.col(self._column(node, node.type, is_year=True)), 1, 9999)
            case core.Var(name, kind) if name == self.var:
                return Column(nw.col(self._column(node, kind, is_year=True)), 1, 9999)
        value = self.scalar(node)
        if not isinstance(value, Fixed):
            raise refuse("getFullYear", "its day is computed, not a field")
        if value.value is None:
            return UNKNOWN
        days = value.value if isinstance(type_of(node), Date) else value.value // DAY
        return Fixed(date.fromordinal(date(1970, 1, 1).toordinal() + days).year)

    def _cond(self, test: Scalar, then: Value, other: Value, node: core.Cond) -> Value:
        if isinstance(test, Fixed):
            return UNKNOWN if test.value is None else then if test.value else other
        if isinstance(node.type, Count):
            one, two = as_counted(then), as_counted(other)
            low = self._pick(test.expr, one.low, two.low, (Int(), Int()), Int())
            if one.is_exact and two.is_exact:
                return Counted(low, low)
            return Counted(low, self._pick(test.expr, one.high, two.high, (Int(), Int()), Int()))
        assert not isinstance(then, Counted)
        assert not isinstance(other, Counted)
        return self._pick(test.expr, then, other, (type_of(node.then), type_of(node.other)), node.type)

    @staticmethod
    def _pick(test: nw.Expr, then: Scalar, other: Scalar, kinds: tuple[Type, Type], kind: Type) -> Scalar:
        if isinstance(kind, Double) and not all(isinstance(one, Double) for one in kinds):
            then, other = (
                Column(one.expr.cast(nw.Float64)) if isinstance(one, Column) else one for one in (then, other)
            )
        found = pick(test, expr_of(then, kind), expr_of(other, kind))
        if dtype_of(kind) != nw.Int64 or UNKNOWN in (then, other):
            return Column(found)
        (a, b), (c, d) = bounds_of(then), bounds_of(other)
        return Column(found, min(a, c), max(b, d))

    # Lists ----------------------------------------------------------------------------------------------

    def body(self, range_: core.Field, var: core.Var) -> Translator:
        """Return the translator of what is said of each element of a list."""
        if self.path:
            raise refuse(path_of(range_), "a list is asked about inside a condition on the rows of a list")
        return replace(self, var=var.name, path=self.list_path(range_))

    def list_path(self, range_: core.Field) -> str:
        """Return the name of a list's frame."""
        name, *members = path_of(range_).split(".")
        if name != self.root or self.path:
            raise refuse(path_of(range_), "a list inside the rows of a list")
        path = "__".join(members)
        self.frames.list_of(path)
        return path

    def list_known(self, range_: core.Field) -> nw.Expr:
        """Return whether the record's list is known: true or false, never null."""
        return nw.col(KNOWN + self.list_path(range_))

    def counts(self, range_: core.Field, var: core.Var, body: core.Node) -> tuple[nw.Expr, nw.Expr]:
        """Return of how many elements the body is true, and of how many it is unknown."""
        path, truth = self.list_path(range_), self.body(range_, var).truth(body)
        true, maybe = truth.fill_null(False).cast(nw.Int8), truth.is_null().cast(nw.Int8)
        sure = self.frames.sum_of(path, ("true", var.name, body), true, nw.Int64())
        return sure, self.frames.sum_of(path, ("maybe", var.name, body), maybe, nw.Int64())

    def size(self, range_: core.Field) -> nw.Expr:
        """Return how many elements the list has."""
        one = nw.lit(1, dtype=nw.Int8)
        return self.frames.sum_of(self.list_path(range_), ("size",), one, nw.Int64())
