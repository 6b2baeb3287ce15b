"""A condition as an expression: one branch per class of `core.py`, in the order of the reference.

A `Frames` collects on the way what the conditions need: columns of the record's frame, and for each list the
columns of its long frame and the totals over the rows of a record. What is not in the frames at all is null
here already, so that a sparse frame makes a small program.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal, cast

from kamrules.rules.framecode.columns import (
    FALSE,
    TRUE,
    Expr,
    Kind,
    Total,
    col,
    every,
    lit,
    some,
    when,
)  # fmt: skip
from kamrules.rules.framecode.numbers import arith, compare, negated
from kamrules.rules.framecode.values import (
    DAY,
    MAX_CODES,
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
    expr_of,
    kind_of,
    limits_of,
    pick,
    refuse,
    stored,
    truth_expr,
)  # fmt: skip
from kamrules.rules.lang import core
from kamrules.rules.lang.core import path_of, type_of
from kamrules.rules.lang.ops import FUNCTIONS
from kamrules.rules.lang.types import Bool, Count, Date, Double, Enum, Int, ListOf, Object, Type

Form = Literal["value", "year", "code"]

# Canonical names start with what a column is of; a space keeps them apart from any name of a caller.
KEY = "key"
RECORD, ELEMENT, LEVEL, OBTAINED, KNOWN = "r ", "e ", "level ", "obtained ", "known "
MOST_LEVEL = 4  # E4
_PREFIX: dict[Form, str] = {"value": "", "year": "year ", "code": "code "}


@dataclass(frozen=True, slots=True)
class Needed:
    """A column a condition reads: the caller's name for it, its type (None: an evidence level).

    `form` is its value, the year of a day or moment, or the place of a text among the values of its type.
    """

    source: str
    type: Type | None
    form: Form = "value"

    @property
    def kind(self) -> Kind:
        """The kind of the canonical column."""
        if self.type is None or self.form == "code":
            return "code"
        return "int" if self.form == "year" else kind_of(self.type)


@dataclass(slots=True)
class ListNeeds:
    """What is asked of one list: the columns of its rows, and totals over them, each under its name.

    `borrowed` are the columns of the record that its rows are compared with.
    """

    path: str
    columns: dict[str, Needed] = field(default_factory=dict)
    borrowed: dict[str, Expr] = field(default_factory=dict)
    totals: dict[str, Total] = field(default_factory=dict)


# Whether a column (its canonical name, list path or None for the records, and need) may be null; None where
# the caller has no such column. For a list as a whole the name is empty.
Given = Callable[[str, str | None, Needed], bool | None]
WHOLE = Needed("", Bool())


def anything(name: str, path: str | None, need: Needed) -> bool | None:  # noqa: ARG001 - a Given
    """Take every column as there, and nullable."""
    return True


@dataclass(slots=True)
class Frames:
    """What is asked of all frames; `columns` are those of the record's."""

    given: Given = anything
    columns: dict[str, Needed] = field(default_factory=dict)
    lists: dict[str, ListNeeds] = field(default_factory=dict)
    named: dict[tuple[str, Total], str] = field(default_factory=dict)
    # What conditions were found to be, by identity; the nodes are kept so that identities stay theirs.
    values: dict[tuple[int, str], tuple[core.Node, Value]] = field(default_factory=dict)

    def list_of(self, path: str) -> ListNeeds:
        """Return what is asked of the list at a path."""
        return self.lists.setdefault(path, ListNeeds(path))

    def record_column(self, name: str, need: Needed) -> Expr:
        """Return a canonical column of the records; null where the caller has no such column."""
        nullable = self.given(name, None, need)
        if nullable is None:
            return lit(None, need.kind)
        self.columns[name] = need
        return col(name, need.kind, nullable=nullable)

    def element_column(self, path: str, name: str, need: Needed) -> Expr:
        """Return a canonical column of a list's rows; null where the caller has no such column."""
        nullable = self.given(name, path, need)
        if nullable is None:
            return lit(None, need.kind)
        self.list_of(path).columns[name] = need
        return col(name, need.kind, nullable=nullable)

    def list_known(self, path: str) -> Expr:
        """Return whether the list of a record is known; where its frame is missing, none is."""
        if self.given("", path, WHOLE) is None:
            return FALSE
        known = TRUE
        need = Needed(f"{path}__known", Bool())
        if self.given(KNOWN + path, None, need) is not None:
            known = self.record_column(KNOWN + path, need).filled(False)
        # A record without a key has no rows to know.
        return known & ~col(KEY, "raw", nullable=bool(self.given(KEY, None, WHOLE))).is_null()

    def total(self, path: str, total: Total) -> Expr:
        """Return a total over a record's rows of a list, false or 0 where there are none."""
        needs, empty = self.list_of(path), total.empty
        is_nothing = total.expr is FALSE or (total.form == "sum" and total.expr is empty)
        if is_nothing or self.given("", path, WHOLE) is None:
            return empty
        name = self.named.get((path, total))
        if name is None:
            name = self.named[path, total] = f"total {len(self.named)}"
            needs.totals[name] = total
        return col(name, empty.kind, nullable=False)


@dataclass(frozen=True, slots=True)
class Translator:
    """Translates conditions of one plan for one day; `var` and `path` are the variable and list of a body."""

    frames: Frames
    root: str
    as_of: date
    var: str = ""
    path: str = ""

    def truth(self, node: core.Node) -> Expr:
        """Return a condition as a boolean expression, null where unknown."""
        return truth_expr(self.value(node))

    def scalar(self, node: core.Node) -> Scalar:
        """Return a condition's value that is not a count."""
        value = self.value(node)
        if isinstance(value, Counted):
            raise refuse("count", "it stands where one value is needed")
        return value

    def value(self, node: core.Node) -> Value:
        """Return what a node is on a frame."""
        found = self.frames.values.get((id(node), self.path))
        if found is None:
            found = self.frames.values[id(node), self.path] = (node, self._value(node))
        return found[1]

    def _value(self, node: core.Node) -> Value:  # noqa: C901, PLR0912 - one branch per node kind
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
                return self._compare(op, left, right)
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
                known = self.list_known(range_)
                true, maybe = self.any_of(range_, var, body)
                return Column(decided(known & true, known & ~maybe))
            case core.Tally(range_, var, body):
                true, maybe = self.counts(range_, var, body)
                known = self.list_known(range_)
                low, high = (when(known, one) for one in (true, true + maybe))
                return Counted(Column(low, 0, MAX_ROWS), Column(high, 0, MAX_ROWS))
            case core.Size(range_):
                size = when(self.list_known(range_), self.size(range_))
                exact = Column(size, 0, MAX_ROWS)
                return Counted(exact, exact)

    # Fields ---------------------------------------------------------------------------------------------

    def _place(self, node: core.Var | core.Field | core.Attested) -> Scalar:
        match node:
            case core.Attested(field):
                known = self._attested(node)
                place = self._place(field)
                assert isinstance(place, Column)
                return replace(place, expr=when(known, place.expr))
            case core.Var("as_of"):
                return Fixed(stored(self.as_of))
        kind = type_of(node)
        if isinstance(kind, Object | ListOf):
            raise refuse(path_of(node), "an object or list is not a value")
        return Column(self._column(node, kind), *limits_of(kind))

    def _column(self, node: core.Var | core.Field, kind: Type | None, form: Form = "value") -> Expr:
        """Return the canonical column of a field (of its evidence level, for no kind)."""
        name, *members = path_of(node).split(".")
        path = "__".join(members)
        prefix = LEVEL if kind is None else _PREFIX[form]
        if name == self.root:
            found = self.frames.record_column(
                prefix + RECORD + path, Needed(path if kind else f"{path}__evidence", kind, form)
            )
            if self.path and found.op == "col":
                self.frames.list_of(self.path).borrowed[found.param] = found
            return found
        if name != self.var:
            raise refuse(name, "a loop inside a loop")
        path = path or "value"
        need = Needed(path if kind else f"{path}__evidence", kind, form)
        return self.frames.element_column(self.path, prefix + ELEMENT + path, need)

    def _attested(self, node: core.Attested) -> Expr:
        """Return whether a field's evidence is good enough, as old as it is."""
        level = self._column(node.field, None)
        if node.half_life is None or node.minimum == 0:
            return level.filled(node.assumed) >= node.minimum
        # A level that is n too good lasts n + 1 half-lives: no column is divided.
        at = self._obtained(node.field)
        today = self.as_of.toordinal()
        lasting = [
            level.eq(one) & (at.is_null() | (at > today - (one - node.minimum + 1) * node.half_life))
            for one in range(node.minimum, MOST_LEVEL + 1)
        ]
        unrecorded = level.is_null() & lit(node.assumed >= node.minimum, "bool")
        return some(*lasting).filled(False) | unrecorded

    def _obtained(self, field: core.Field | core.Var) -> Expr:
        """Return the canonical column of the day on which a field's evidence was obtained."""
        name, *members = path_of(field).split(".")
        path = "__".join(members) or "value"
        need = Needed(f"{path}__evidence_at", Date())
        if name == self.root:
            found = self.frames.record_column(OBTAINED + RECORD + path, need)
            if self.path and found.op == "col":
                self.frames.list_of(self.path).borrowed[found.param] = found
            return found
        return self.frames.element_column(self.path, OBTAINED + ELEMENT + path, need)

    def code_of(self, node: core.Node) -> Expr | None:
        """Return the place of a field's text among the values of its type; None for what is no such field."""
        match node:
            case core.Attested(field):
                code = self.code_of(field)
                return None if code is None else when(self._attested(node), code)
            case core.Var() | core.Field() if (
                isinstance(node.type, Enum) and len(node.type.values) < MAX_CODES
            ):
                return self._column(node, node.type, "code")
        return None

    def _presence(self, node: core.Field | core.Attested) -> Expr:
        """Return whether a field is missing."""
        field = node.field if isinstance(node, core.Attested) else node
        if not isinstance(field.type, ListOf):
            value = self._place(node)
            assert isinstance(value, Column)
            return value.expr.is_null()
        known = self.list_known(field)
        if isinstance(node, core.Attested):
            known = known & self._attested(node)
        return ~known

    def _or_value(self, node: core.Field | core.Attested, default: core.Const) -> Scalar:
        value = self._place(node)
        assert isinstance(value, Column)
        known = Fixed(stored(default.value))
        kind = type_of(node)
        low, high = bounds_of(known) if kind_of(kind) == "int" else bounds_of(value)
        filled = value.expr.filled(expr_of(known, kind))
        return Column(filled, min(low, value.low), max(high, value.high))

    # Operators ------------------------------------------------------------------------------------------

    def _junction(self, operands: tuple[core.Node, ...], *, decisive: bool) -> Scalar:
        parts = [truth_expr(self.scalar(operand)) for operand in operands]
        return Column(some(*parts) if decisive else every(*parts))

    def _compare(self, op: str, left: core.Node, right: core.Node) -> Scalar:
        kinds = (type_of(left), type_of(right))
        if op == "==" and Enum in map(type, kinds):
            codes = self._codes(left, right) or self._codes(right, left)
            if codes is not None:
                return Column(codes[0].eq(codes[1]))
        return compare(op, self.value(left), self.value(right), kinds)

    def _codes(self, field: core.Node, other: core.Node) -> tuple[Expr, Expr] | None:
        """Return the places of two texts among the values of one type, where that is all it takes."""
        code, kind = self.code_of(field), type_of(field)
        if code is None or not isinstance(kind, Enum):
            return None
        if isinstance(other, core.Const):
            return code, lit(_place_of(other.value, kind), "code")
        second = self.code_of(other) if type_of(other) == kind else None
        return None if second is None else (code, second)

    def _in(self, item: core.Node, values: tuple[core.Const, ...]) -> Scalar:
        if not values:
            return Fixed(False)
        code, kind = self.code_of(item), type_of(item)
        if code is not None and isinstance(kind, Enum):
            return Column(code.is_in(dict.fromkeys(_place_of(one.value, kind) for one in values)))
        value = self.scalar(item)
        constants = [stored(one.value) for one in values]
        if isinstance(value, Fixed):
            return UNKNOWN if value.value is None else Fixed(value.value in constants)
        if isinstance(type_of(item), Bool):
            same = [value.expr if one else ~value.expr for one in dict.fromkeys(constants)]
            # `x || !x` is unknown where x is, and true elsewhere: what `in [true, false]` means.
            return Column(some(*same))
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
            return Column(text.length(), 0, MAX_ROWS)
        (part,) = rest
        if not isinstance(part, Fixed):
            raise refuse(function, "its argument is not a constant")
        if function in {"startsWith", "endsWith", "contains"}:
            return Column(text.text(cast("Any", function), part.value))
        raise refuse(function, "it is not known")

    def _year(self, node: core.Node) -> Scalar:
        """Return the year of a day or moment that stands in a column, or is the same for all records."""
        match node:
            case core.Attested(field):
                year = self._year(field)
                assert isinstance(year, Column)
                return replace(year, expr=when(self._attested(node), year.expr))
            case core.Field():
                return Column(self._column(node, node.type, "year"), 1, 9999)
            case core.Var(name, kind) if name == self.var:
                return Column(self._column(node, kind, "year"), 1, 9999)
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
    def _pick(test: Expr, then: Scalar, other: Scalar, kinds: tuple[Type, Type], kind: Type) -> Scalar:
        if isinstance(kind, Double) and not all(isinstance(one, Double) for one in kinds):
            then, other = (
                Column(one.expr.to("float")) if isinstance(one, Column) else one for one in (then, other)
            )
        found = pick(test, expr_of(then, kind), expr_of(other, kind))
        if kind_of(kind) != "int" or UNKNOWN in (then, other):
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

    def list_known(self, range_: core.Field) -> Expr:
        """Return whether the record's list is known: true or false, never null."""
        return self.frames.list_known(self.list_path(range_))

    def any_of(self, range_: core.Field, var: core.Var, body: core.Node) -> tuple[Expr, Expr]:
        """Return whether the body is true of some element, and whether it is unknown of some."""
        return self._totals("any", range_, var, body)

    def counts(self, range_: core.Field, var: core.Var, body: core.Node) -> tuple[Expr, Expr]:
        """Return of how many elements the body is true, and of how many it is unknown."""
        return self._totals("count", range_, var, body)

    def _totals(
        self, form: Literal["any", "count"], range_: core.Field, var: core.Var, body: core.Node
    ) -> tuple[Expr, Expr]:
        path, truth = self.list_path(range_), self.body(range_, var).truth(body)
        sure, maybe = truth.filled(False), truth.is_null()
        return self.frames.total(path, Total(form, sure)), self.frames.total(path, Total(form, maybe))

    def size(self, range_: core.Field) -> Expr:
        """Return how many elements the list has."""
        return self.frames.total(self.list_path(range_), Total("rows", TRUE))


def _place_of(value: Any, kind: Enum) -> int:
    """Return the place of a text among the values of a type; one past the last for another text."""
    return kind.values.index(value) if value in kind.values else len(kind.values)
