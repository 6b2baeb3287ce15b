"""Hypothesis strategies: well-typed conditions over a test schema, awkward records, any surface tree.

`typed_expressions()` gives surface trees that type-check in `SCOPE`; `records()` gives records of
`TEST_SCHEMA` with gaps, empty lists, null elements, odd texts and numbers at the edges. The pools of values
are small on purpose, so that constants and record values often meet.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from kamrules.rules.lang import tree
from kamrules.rules.lang.core import Compare, Const, Field, Node, Var
from kamrules.rules.lang.parse import parse
from kamrules.rules.lang.printer import to_text
from kamrules.rules.lang.rewrite import age
from kamrules.rules.lang.typecheck import Scope, check
from kamrules.rules.lang.types import (
    INT_MAX,
    INT_MIN,
    Bool,
    Date,
    Double,
    Duration,
    Enum,
    Int,
    ListOf,
    Member,
    Money,
    Object,
    String,
    Timestamp,
    Type,
)
from kamrules.source import Text

AS_OF = date(2026, 6, 30)

STAGE = Enum(("open", "won", "lost"))
ROLE = Enum(("buyer", "user", "open"))

REGION = Object("Region", (Member("code", String()), Member("rank", Int())))
ACCOUNT = Object(
    "Account",
    (
        Member("industry", String()),
        Member("size", Int(0, 1000)),
        Member("is_key", Bool()),
        Member("region", REGION),
    ),
)
PERSON = Object(
    "Person",
    (
        Member("role", ROLE, claim=True),
        Member("name", String()),
        Member("influence", Int(0, 10)),
        Member("score", Double()),
        Member("seen", Date()),
        Member("is_contacted", Bool(), claim=True),
    ),
)
VISIT = Object(
    "Visit",
    (Member("on", Date(), nullable=False), Member("minutes", Int(0, 600)), Member("cost", Money("EUR"))),
)
TEST_SCHEMA = Object(
    "Deal",
    (
        Member("id", String(), nullable=False),
        Member("flag", Bool(), claim=True),
        Member("n", Int()),
        Member("limited", Int(0, 100)),
        Member("x", Double()),
        Member("name", String()),
        Member("stage", STAGE, claim=True),
        Member("day", Date()),
        Member("at", Timestamp()),
        Member("span", Duration()),
        Member("amount", Money("EUR"), claim=True),
        Member("budget", Money("EUR")),
        Member("account", ACCOUNT),
        Member("people", ListOf(PERSON, nullable=True)),
        Member("visits", ListOf(VISIT)),
        Member("tags", ListOf(String())),
        Member("numbers", ListOf(Int(), nullable=True)),
    ),
)
_PARAMS = {"limit": Const(3, Int()), "gap": Const(timedelta(days=30), Duration())}
_IS_LARGE = Compare(">", Field(Var("deal", TEST_SCHEMA), "n", Int()), Const(3, Int()))
SCOPE = Scope("deal", TEST_SCHEMA, params=_PARAMS, defs={"is_large": _IS_LARGE})

# Values -------------------------------------------------------------------------------------------------

TEXTS = ("", "a", "b", "ab", "Ä", "e\u0301", "\u5c71\u6771", "\U0001d4b3", 'q"\\', "\n\t", "open")
_INTS = (0, 1, 2, 3, -1, 7, 100, INT_MAX, INT_MIN)
_DOUBLES = (0.0, -0.0, 0.1, 0.5, 1.0, 2.0, -1.5, 1e308, -1e308, 5e-324, 3.0)
_DAYS = (AS_OF, date(2026, 5, 31), date(2024, 2, 29), date(1, 1, 1), date(9999, 12, 31), date(2026, 7, 1))
_MOMENTS = (
    datetime(2026, 6, 30, 12, 0, 0, 1, tzinfo=UTC),
    datetime(2026, 6, 30, tzinfo=UTC),
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
)
_SPANS = (
    timedelta(),
    timedelta(days=30),
    timedelta(days=-1),
    timedelta(hours=1, microseconds=1),
    timedelta(days=100_000),
)


@functools.cache
def values(kind: Type) -> st.SearchStrategy[Any]:
    """Return known values of a scalar type."""
    match kind:
        case Bool():
            return st.booleans()
        case Int(low, high):
            pool = [value for value in _INTS if low <= value <= high]
            return st.sampled_from(pool) | st.integers(max(low, -5), min(high, 12))
        case Double():
            return st.sampled_from(_DOUBLES) | st.floats(allow_nan=False, allow_infinity=False)
        case String():
            return st.sampled_from(TEXTS) | st.text(st.characters(codec="utf-8"), max_size=4)
        case Enum(names):
            return st.sampled_from(names)
        case Date():
            return st.sampled_from(_DAYS) | st.dates(date(2026, 5, 1), date(2026, 8, 1))
        case Timestamp():
            return st.sampled_from(_MOMENTS)
        case Duration():
            return st.sampled_from(_SPANS)
        case Money():
            return st.sampled_from(_INTS) | st.integers(0, 500)
    raise AssertionError(kind)


_MISSING = object()
_LEVELS = ("E0", "E1", "E2", "E3", "E4")
_OBTAINED = tuple(AS_OF - timedelta(days=days) for days in (-1, 0, 2, 3, 6, 7, 8, 20, 21, 400))


def _value_of(kind: Type, *, is_complete: bool) -> st.SearchStrategy[Any]:
    match kind:
        case Object():
            return objects(kind, is_complete=is_complete)
        case ListOf(element, nullable):
            inner = _value_of(element, is_complete=is_complete)
            one = st.none() | inner if nullable and not is_complete else inner
            return st.lists(one, max_size=4)
        case _:
            return values(kind)


@functools.cache
def objects(kind: Object, *, is_complete: bool = False) -> st.SearchStrategy[dict[str, Any]]:
    """Return mappings of an object type; members may be absent or None unless `is_complete`."""
    options: dict[str, st.SearchStrategy[Any]] = {}
    for member in kind.members:
        option = _value_of(member.type, is_complete=is_complete)
        if member.nullable and not is_complete:
            option = st.one_of(option, option, option, st.none(), st.just(_MISSING))
        options[member.name] = option
    if not is_complete:
        level = st.fixed_dictionaries(
            {"level": st.sampled_from(_LEVELS)}, optional={"at": st.sampled_from(_OBTAINED)}
        )
        evidence = st.dictionaries(st.sampled_from(kind.names()), level, max_size=4)
        options["evidence"] = st.one_of(st.just(_MISSING), st.just(_MISSING), st.just(_MISSING), evidence)
    return st.fixed_dictionaries(options).map(_without_missing)


def _without_missing(found: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if value is not _MISSING}


def records(*, is_complete: bool = False) -> st.SearchStrategy[dict[str, Any]]:
    """Return records of TEST_SCHEMA as nested dicts of Python values; with gaps unless `is_complete`."""
    return objects(TEST_SCHEMA, is_complete=is_complete)


# Surface trees ------------------------------------------------------------------------------------------

LITERALS: st.SearchStrategy[tree.Expr] = st.one_of(
    st.builds(tree.BoolLit, st.booleans()),
    st.builds(tree.IntLit, st.sampled_from(_INTS) | st.integers(INT_MIN, INT_MAX)),
    st.builds(tree.FloatLit, st.floats(allow_nan=False, allow_infinity=False)),
    st.builds(tree.StringLit, st.sampled_from(TEXTS) | st.text(st.characters(codec="utf-8"), max_size=6)),
    st.just(tree.NullLit()),
)
_NAMES = st.sampled_from(("deal", "as_of", "s", "param", "x_1", "_a"))
_FIELDS = st.sampled_from(("a", "name", "while", "n1"))
_OPERATORS = st.sampled_from(("<", "<=", ">=", ">", "==", "!=", "in", "+", "-", "*", "/", "%"))


def _wrap(inner: st.SearchStrategy[tree.Expr]) -> st.SearchStrategy[tree.Expr]:
    args = st.lists(inner, max_size=2).map(tuple)
    two_up = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        st.builds(tree.Select, inner, _FIELDS, st.booleans()),
        st.builds(tree.Call, st.sampled_from(("has", "date", "f")), args),
        st.builds(tree.Method, inner, st.sampled_from(("exists", "size", "orValue")), args),
        st.builds(tree.ListLit, args),
        st.builds(tree.Unary, st.sampled_from(("!", "-")), inner),
        st.builds(tree.Binary, _OPERATORS, inner, inner),
        st.builds(tree.Junction, st.sampled_from(("&&", "||")), two_up),
        st.builds(tree.Ternary, inner, inner, inner),
    )


SURFACE: st.SearchStrategy[tree.Expr] = st.recursive(
    LITERALS | st.builds(tree.Name, _NAMES), _wrap, max_leaves=12
)

# Well-typed conditions ----------------------------------------------------------------------------------

Leaves = Mapping[str, tuple[tree.Expr, ...]]
_KINDS: dict[str, Type] = {
    "bool": Bool(), "int": Int(), "double": Double(), "string": String(), "stage": STAGE, "role": ROLE,
    "date": Date(), "timestamp": Timestamp(), "duration": Duration(), "money": Money("EUR"),
}  # fmt: skip
_CEL_KINDS = ("bool", "int", "double", "string", "stage", "role", "timestamp", "duration")
_ORDERED = {"int", "double", "string", "date", "timestamp", "duration", "money"}
_SCALAR_LISTS = (("tags", "string"), ("numbers", "int"))
_OBJECT_LISTS = (("people", PERSON), ("visits", VISIT))


def kind_of(kind: Type) -> str | None:
    """Return the name under which leaves of a type are kept."""
    return next((name for name, known in _KINDS.items() if type(known) is type(kind) and (
        not isinstance(kind, Enum) or known == kind)), None)  # fmt: skip


def leaves_of(kind: Object, base: tree.Expr) -> dict[str, tuple[tree.Expr, ...]]:
    """Return the scalar fields below an object, by kind."""
    found: dict[str, tuple[tree.Expr, ...]] = {}
    for member in kind.members:
        field = tree.Select(base, member.name)
        if isinstance(member.type, Object):
            below = leaves_of(member.type, field)
        else:
            name = kind_of(member.type)
            below = {name: (field,)} if name else {}
        for name, fields in below.items():
            found[name] = found.get(name, ()) + fields
    return found


ROOT = tree.Name("deal")
_ROOT_LEAVES = leaves_of(TEST_SCHEMA, ROOT)


@dataclass(frozen=True)
class Shape:
    """What may occur: extensions of CEL (`ext`), operators that see blanks, loops; and how deep."""

    ext: bool = True
    blanks: bool = True
    loops: bool = True
    depth: int = 3
    leaves: Leaves = None  # type: ignore[assignment]  # filled by `typed_expressions`

    def deeper(self) -> Shape:
        return replace(self, depth=self.depth - 1)

    def inside(self, extra: Leaves) -> Shape:
        """Return the shape of a loop's body: its variable's fields as further leaves, no loops."""
        merged = {
            kind: (*extra.get(kind, ()), *extra.get(kind, ()), *self.leaves.get(kind, ())) for kind in _KINDS
        }
        return replace(self, loops=False, depth=min(self.depth - 1, 1), leaves=merged)

    def kinds(self) -> tuple[str, ...]:
        return tuple(_KINDS) if self.ext else _CEL_KINDS


def typed_expressions(
    kind: str = "bool", *, ext: bool = True, blanks: bool = True, depth: int = 3
) -> st.SearchStrategy[tree.Expr]:
    """Return surface trees of a kind that type-check in SCOPE.

    `ext=False` leaves out what CEL does not have, `blanks=False` leaves out `has` and `orValue`.
    """
    return _expr(kind, Shape(ext=ext, blanks=blanks, depth=depth, leaves=_ROOT_LEAVES))


def core_of(expr: tree.Expr, scope: Scope = SCOPE) -> Node:
    """Return the core tree of a surface tree, by way of its text."""
    text = Text(to_text(expr))
    return ageing(check(parse(text), text, scope, None))


def ageing(node: Node) -> Node:
    """Return a tree in which evidence of some facts ages by the week, of others by three days."""
    lives = {"flag": 7, "stage": 3, "role": 7, "amount": 3}
    return age(node, lambda path: lives.get(path.rpartition(".")[2]), {"deal": "deal"})


def _constructor(name: str, text: str) -> tree.Expr:
    return tree.Call(name, (tree.StringLit(text),))


def _length(value: timedelta) -> str:
    micros = value // timedelta(microseconds=1)
    return f"{'-' if micros < 0 else ''}{abs(micros) // 10**6}.{abs(micros) % 10**6:06d}s"


@functools.cache
def constants(kind: str) -> st.SearchStrategy[tree.Expr]:
    """Return constants of a kind as surface trees."""
    found = values(_KINDS[kind])
    match kind:
        case "bool":
            return st.builds(tree.BoolLit, found)
        case "int":
            return st.builds(tree.IntLit, found)
        case "double":
            return st.builds(tree.FloatLit, found)
        case "string" | "stage" | "role":
            return st.builds(tree.StringLit, found)
        case "date":
            return found.map(lambda day: _constructor("date", day.isoformat()))
        case "timestamp":
            return found.map(lambda at: _constructor("timestamp", at.isoformat().replace("+00:00", "Z")))
        case "duration":
            return found.map(lambda length: _constructor("duration", _length(length)))
        case _:
            minors = st.integers(0, 500)
            return minors.map(lambda minor: _constructor("money", f"{minor // 100}.{minor % 100:02d} EUR"))


def _leaf(kind: str, shape: Shape) -> st.SearchStrategy[tree.Expr]:
    fields = st.sampled_from(shape.leaves[kind]) if shape.leaves.get(kind) else None
    options = [constants(kind)] if fields is None else [constants(kind), fields, fields, fields]
    if kind == "date":
        options.append(st.just(tree.Name("as_of")))
    if kind == "int" and shape.ext:
        options.append(st.just(tree.Select(tree.Name("param"), "limit")))
    return st.one_of(options)


@st.composite
def _expr(draw: st.DrawFn, kind: str, shape: Shape) -> tree.Expr:
    """Return an expression of a kind: a leaf, or one operator over smaller expressions."""
    if shape.depth <= 0 or draw(st.integers(0, 5)) == 0:
        return draw(_leaf(kind, shape))
    builders = [*_COMMON, *_BUILDERS.get(kind, ())]
    if shape.blanks and shape.leaves.get(kind):
        builders.append(_or_value)
    if shape.ext and shape.leaves.get(kind):
        builders.append(_attested)
    return draw(draw(st.sampled_from(builders))(kind, shape.deeper()))


@st.composite
def _ternary(draw: st.DrawFn, kind: str, shape: Shape) -> tree.Expr:
    then, other = draw(_expr(kind, shape)), draw(_expr(kind, shape))
    return tree.Ternary(draw(_expr("bool", shape)), then, other)


@st.composite
def _or_value(draw: st.DrawFn, kind: str, shape: Shape) -> tree.Expr:
    field = draw(
        st.sampled_from([leaf for leaf in shape.leaves[kind] if isinstance(leaf, tree.Select)] or [_ID])
    )
    if field is _ID:
        return draw(_leaf(kind, shape))
    return tree.Method(replace(field, optional=True), "orValue", (draw(constants(kind)),))


_ID = tree.Select(ROOT, "id")


@st.composite
def _attested(draw: st.DrawFn, kind: str, shape: Shape) -> tree.Expr:
    leaf = draw(st.sampled_from(shape.leaves[kind]))
    if not isinstance(leaf, tree.Select):
        return leaf
    return tree.Call("attested", (leaf, tree.IntLit(draw(st.integers(0, 4)))))


@st.composite
def _not(draw: st.DrawFn, kind: str, shape: Shape) -> tree.Expr:
    return tree.Unary("!", draw(_expr("bool", shape)))


@st.composite
def _junction(draw: st.DrawFn, kind: str, shape: Shape) -> tree.Expr:
    operands = draw(st.lists(_expr("bool", shape), min_size=2, max_size=3))
    return tree.Junction(draw(st.sampled_from(("&&", "||"))), tuple(operands))


@st.composite
def _compare(draw: st.DrawFn, kind: str, shape: Shape) -> tree.Expr:
    side = draw(st.sampled_from(shape.kinds()))
    ops = ("==", "!=", "<", "<=", ">", ">=") if side in _ORDERED else ("==", "!=")
    left = draw(_expr(side, shape))
    right = draw(_expr(side, shape))
    if side in {"stage", "role"} and draw(st.booleans()):
        left = draw(_leaf_field(side, shape))
    return tree.Binary(draw(st.sampled_from(ops)), left, right)


def _leaf_field(kind: str, shape: Shape) -> st.SearchStrategy[tree.Expr]:
    return st.sampled_from(shape.leaves[kind]) if shape.leaves.get(kind) else constants(kind)


@st.composite
def _in_literal(draw: st.DrawFn, kind: str, shape: Shape) -> tree.Expr:
    side = draw(st.sampled_from(shape.kinds()))
    items = st.lists(constants(side) | _leaf(side, shape), max_size=3)
    return tree.Binary("in", draw(_expr(side, shape.deeper())), tree.ListLit(tuple(draw(items))))


@st.composite
def _in_list(draw: st.DrawFn, kind: str, shape: Shape) -> tree.Expr:
    if not shape.loops:
        return draw(_in_literal(kind, shape))
    name, side = draw(st.sampled_from(_SCALAR_LISTS))
    item = draw(_expr(side, replace(shape, loops=False, depth=min(shape.depth, 1))))
    return tree.Binary("in", item, tree.Select(ROOT, name))


@st.composite
def _has(draw: st.DrawFn, kind: str, shape: Shape) -> tree.Expr:
    if not shape.blanks:
        return draw(_compare(kind, shape))
    fields = [leaf for some in shape.leaves.values() for leaf in some if isinstance(leaf, tree.Select)]
    return tree.Call("has", (draw(st.sampled_from(fields)),))


@st.composite
def _loop(draw: st.DrawFn, shape: Shape) -> tuple[tree.Expr, tree.Name, tree.Expr]:
    """Return range, variable and body of a macro over a list of the record."""
    var = tree.Name("v")
    if draw(st.booleans()):
        name, element = draw(st.sampled_from(_OBJECT_LISTS))
        extra: Leaves = leaves_of(element, var)
    else:
        name, side = draw(st.sampled_from(_SCALAR_LISTS))
        extra = {side: (var,)}
    return tree.Select(ROOT, name), var, draw(_expr("bool", shape.inside(extra)))


@st.composite
def _macro(draw: st.DrawFn, kind: str, shape: Shape) -> tree.Expr:
    if not shape.loops:
        return draw(_compare(kind, shape))
    range_, var, body = draw(_loop(shape))
    return tree.Method(range_, draw(st.sampled_from(("exists", "all", "exists_one"))), (var, body))


@st.composite
def _literal_macro(draw: st.DrawFn, kind: str, shape: Shape) -> tree.Expr:
    if "k" in {leaf.name for some in shape.leaves.values() for leaf in some if isinstance(leaf, tree.Name)}:
        return draw(_compare(kind, shape))
    side = draw(st.sampled_from(("int", "string", "double")))
    items = draw(st.lists(_leaf(side, shape), max_size=3))
    inner = shape.inside({side: (tree.Name("k"),)})
    name = draw(st.sampled_from(("exists", "all", "exists_one")))
    return tree.Method(tree.ListLit(tuple(items)), name, (tree.Name("k"), draw(_expr("bool", inner))))


@st.composite
def _count(draw: st.DrawFn, shape: Shape) -> tree.Expr:
    shape_of_count = draw(st.sampled_from(("size", "filter", "filter", "sum", "times", "minus")))
    if shape_of_count == "size" or shape.depth <= 0:
        return tree.Method(
            tree.Select(ROOT, draw(st.sampled_from(("people", "tags", "numbers")))), "size", ()
        )
    if shape_of_count == "filter":
        range_, var, body = draw(_loop(shape))
        return tree.Method(tree.Method(range_, "filter", (var, body)), "size", ())
    if shape_of_count == "times":
        return tree.Binary("*", tree.IntLit(draw(st.integers(0, 3))), draw(_count(shape.deeper())))
    op = "+" if shape_of_count == "sum" else "-"
    right = draw(_count(shape.deeper()) | st.builds(tree.IntLit, st.integers(-2, 3)))
    return tree.Binary(op, draw(_count(shape.deeper())), right)


@st.composite
def _compare_counts(draw: st.DrawFn, kind: str, shape: Shape) -> tree.Expr:
    if not shape.loops:
        return draw(_compare(kind, shape))
    op = draw(st.sampled_from(("==", "!=", "<", "<=", ">", ">=")))
    right = draw(st.builds(tree.IntLit, st.integers(-1, 4)) | _count(shape))
    return tree.Binary(op, draw(_count(shape)), right)


@st.composite
def _text_function(draw: st.DrawFn, kind: str, shape: Shape) -> tree.Expr:
    function = draw(st.sampled_from(("startsWith", "endsWith", "contains")))
    return tree.Method(draw(_expr("string", shape)), function, (draw(_leaf("string", shape)),))


@st.composite
def _int_function(draw: st.DrawFn, kind: str, shape: Shape) -> tree.Expr:
    if draw(st.booleans()):
        return tree.Method(draw(_expr("string", shape)), "size", ())
    side = draw(st.sampled_from(("date", "timestamp"))) if shape.ext else "timestamp"
    return tree.Method(draw(_expr(side, shape)), "getFullYear", ())


@st.composite
def _number(draw: st.DrawFn, kind: str, shape: Shape) -> tree.Expr:
    ops = ("+", "-", "*", "/", "%") if kind == "int" else ("+", "-", "*", "/")
    return tree.Binary(draw(st.sampled_from(ops)), draw(_expr(kind, shape)), draw(_expr(kind, shape)))


@st.composite
def _minus(draw: st.DrawFn, kind: str, shape: Shape) -> tree.Expr:
    if kind == "duration" and not shape.ext:  # CEL has no minus before a duration
        return draw(_sum(kind, shape))
    return tree.Unary("-", draw(_expr(kind, shape)))


@st.composite
def _sum(draw: st.DrawFn, kind: str, shape: Shape) -> tree.Expr:
    return tree.Binary(draw(st.sampled_from("+-")), draw(_expr(kind, shape)), draw(_leaf(kind, shape)))


@st.composite
def _money_times(draw: st.DrawFn, kind: str, shape: Shape) -> tree.Expr:
    return tree.Binary("*", draw(_expr("money", shape)), draw(_leaf("int", shape)))


@st.composite
def _moved_day(draw: st.DrawFn, kind: str, shape: Shape) -> tree.Expr:
    days = tree.Select(tree.Name("param"), "gap") if draw(st.booleans()) else _constructor("duration", "7d")
    return tree.Binary(draw(st.sampled_from("+-")), draw(_expr("date", shape)), days)


@st.composite
def _moved_moment(draw: st.DrawFn, kind: str, shape: Shape) -> tree.Expr:
    return tree.Binary(
        draw(st.sampled_from("+-")), draw(_expr("timestamp", shape)), draw(_leaf("duration", shape))
    )


@st.composite
def _between(draw: st.DrawFn, kind: str, shape: Shape) -> tree.Expr:
    side = draw(st.sampled_from(("date", "timestamp"))) if shape.ext else "timestamp"
    return tree.Binary("-", draw(_expr(side, shape)), draw(_expr(side, shape)))


Builder = Callable[[str, Shape], st.SearchStrategy[tree.Expr]]
_COMMON: tuple[Builder, ...] = (_ternary,)
_BUILDERS: dict[str, tuple[Builder, ...]] = {
    "bool": (
        _not, _junction, _junction, _compare, _compare, _in_literal, _in_list, _has, _macro, _macro,
        _literal_macro, _compare_counts, _compare_counts, _text_function,
    ),
    "int": (_number, _number, _minus, _int_function),
    "double": (_number, _number, _minus),
    "date": (_moved_day,),
    "timestamp": (_moved_moment,),
    "duration": (_between, _sum, _minus),
    "money": (_sum, _money_times, _minus),
}  # fmt: skip
