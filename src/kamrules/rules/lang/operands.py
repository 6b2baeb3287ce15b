"""Typing rules of operators on core trees: coercion of constants, comparison, arithmetic, constant folding.

Promises: what is returned is well typed; what does not fit is a `Mistake` saying what was seen and expected.
Nothing here looks at the surface tree.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from kamrules.errors import nearest
from kamrules.rules.lang.core import Arith, Compare, Cond, Const, Negate, Node, Not, path_of, type_of
from kamrules.rules.lang.core import Field as CoreField
from kamrules.rules.lang.core import Var as CoreVar
from kamrules.rules.lang.literals import DURATION_MAX
from kamrules.rules.lang.ops import ARITHMETIC, arithmetic, in_range
from kamrules.rules.lang.types import (
    Bool,
    Count,
    Date,
    Double,
    Duration,
    Enum,
    Int,
    ListOf,
    Money,
    Object,
    String,
    Timestamp,
    Type,
    describe,
)  # fmt: skip

_RESULTS: dict[str, Type] = {
    "Int": Int(),
    "Double": Double(),
    "Date": Date(),
    "Timestamp": Timestamp(),
    "Duration": Duration(),
    "Count": Count(),
}
_ROWS = {(row.symbol, row.left, row.right): row.result for row in ARITHMETIC}
_DAY = timedelta(days=1)
_SHOWN_VALUES = 12
_ORDERED = (Int, Double, String, Date, Timestamp, Duration, Money, Count)


class Mistake(Exception):  # noqa: N818 - never leaves the checker: it becomes a Fault with a place
    """One typing fault without its place."""

    def __init__(self, code: str, message: str, hint: str = "", value: object = None) -> None:
        self.code, self.message, self.hint, self.value = code, message, hint, value
        self.pos: int | None = None
        super().__init__(message)


def named(node: Node) -> str:
    """Name an operand in a message: its path if it is a field, else its type."""
    kind = describe(type_of(node))
    return f"`{path_of(node)}` ({kind})" if isinstance(node, CoreField | CoreVar) else kind


def same_kind(left: Type, right: Type) -> bool:
    """Whether values of the two types may be compared: equal types, ranges of whole numbers aside."""
    match left, right:
        case (Int(), Int()):
            return True
        case Enum(a), Enum(b):
            return not set(a).isdisjoint(b)
        case ListOf(a), ListOf(b):
            return same_kind(a, b)
        case _:
            return left == right


def check_enum(value: str, enum: Enum) -> None:
    """Raise E-ENUM when a constant is outside the domain."""
    if value not in enum.values:
        known = ", ".join(enum.values[:_SHOWN_VALUES]) + (", …" if len(enum.values) > _SHOWN_VALUES else "")
        raise Mistake("E-ENUM", f"`{value}` is not one of {known}", nearest(value, enum.values), value)


def coerce(node: Node, target: Type) -> Node:
    """Return the node with its constants read as `target`: texts as enum values, whole numbers as doubles."""
    match node, target:
        case Const(str() as value, String() | Enum()), Enum():
            check_enum(value, target)
            return Const(value, target)
        case Const(int() as value, Int()), Double():
            if float(value) != value:
                raise Mistake("E-RANGE", f"{value} cannot be written exactly as a double", value=value)
            return Const(float(value), target)
        case Cond(test, then, other, Int() | String() as kind), Enum() | Double():
            if isinstance(kind, Int) == isinstance(target, Double):
                return Cond(test, coerce(then, target), coerce(other, target), target)
    return node


def unify(left: Node, right: Node) -> tuple[Node, Node]:
    """Return both operands with constants coerced to the type of the other side."""
    return coerce(left, type_of(right)), coerce(right, type_of(left))


def require(node: Node, expected: Type) -> Node:
    """Return the node as a value of `expected`, or raise E-TYPE."""
    node = coerce(node, expected)
    seen = type_of(node)
    if same_kind(seen, expected):
        return node
    code = "E-UNIT" if isinstance(seen, Money) and isinstance(expected, Money) else "E-TYPE"
    raise Mistake(code, f"{describe(expected)} is expected, not {named(node)}", truth_hint(seen, expected))


def truth_hint(seen: Type, expected: Type) -> str:
    """Return what to write where a value stands for a condition."""
    if not isinstance(expected, Bool):
        return ""
    match seen:
        case String() | Enum():
            return 'write `x != ""`, or has(x)'
        case Int() | Double() | Count() | ListOf():
            return "compare it, as in `x > 0`"
        case _:
            return "compare it, or write has(x)"


def compare(op: str, left: Node, right: Node) -> Node:
    """Return the core tree of `left op right` for == != < <= > >=."""
    left, right = unify(left, right)
    a, b = type_of(left), type_of(right)
    if isinstance(a, Count) or isinstance(b, Count):
        _check_counts(left, right)
    elif not same_kind(a, b):
        raise _mismatch(op, left, right)
    if op in {"==", "!="} and isinstance(a, ListOf | Object):
        raise Mistake(
            "E-TYPE", f"{named(left)} cannot be compared as a whole", "compare its fields or elements"
        )
    if op not in {"==", "!="} and not isinstance(a, _ORDERED):
        hint = "use == or `in [...]`" if isinstance(a, Enum | Bool) else "compare its fields or elements"
        raise Mistake("E-TYPE", f"`{op}` does not apply to {named(left)}: it has no order", hint)
    return Not(Compare("==", left, right)) if op == "!=" else Compare(op, left, right)


def _check_counts(left: Node, right: Node) -> None:
    for side in (left, right):
        if not (isinstance(type_of(side), Count) or (isinstance(side, Const) and isinstance(side.type, Int))):
            message = f"a count is compared with a constant or another count, not with {named(side)}"
            raise Mistake("E-COUNT", message, "write the number, or a `param.NAME`")


def _mismatch(op: str, left: Node, right: Node) -> Mistake:
    a, b = type_of(left), type_of(right)
    kinds = {type(a), type(b)}
    if isinstance(a, Money) and isinstance(b, Money):
        return Mistake("E-UNIT", f"currencies differ: {a.currency} and {b.currency}")
    message = f"`{op}` does not apply to {named(left)} and {named(right)}"
    if Money in kinds and kinds & {Int, Double}:
        currency = next(kind.currency for kind in (a, b) if isinstance(kind, Money))
        return Mistake("E-UNIT", message, f'write the amount as money("50000.00 {currency}")')
    if kinds == {Int, Double}:
        return Mistake("E-TYPE", message, "only whole-number constants are read as doubles")
    if kinds == {Enum}:
        return Mistake("E-TYPE", message, "the two lists of values share none")
    if String in kinds and kinds & {Date, Timestamp, Duration, Money}:
        wanted = next(kind for kind in (a, b) if not isinstance(kind, String))
        return Mistake("E-TYPE", message, f"write {type(wanted).__name__.lower()}(...) around the text")
    if Bool in kinds and op in {"<", "<=", ">", ">="}:
        return Mistake("E-TYPE", message, "write `a < b && b < c` for a chain")
    if Enum in kinds:
        return Mistake("E-TYPE", message, "compare with `==` or `in` and one of its values")
    return Mistake("E-TYPE", message, "both sides must have one type")


def arith(op: str, left: Node, right: Node) -> Node:
    """Return the core tree of `left op right` for + - * / %, constants folded."""
    left, right = (coerce(left, Double()), right) if isinstance(type_of(right), Double) else (left, right)
    left, right = (left, coerce(right, Double())) if isinstance(type_of(left), Double) else (left, right)
    a, b = type_of(left), type_of(right)
    if op == "+" and isinstance(a, Duration) and isinstance(b, Date | Timestamp):
        left, right, a, b = right, left, b, a
    if isinstance(a, Count) or isinstance(b, Count):
        return _count_arith(op, left, right)
    result = _ROWS.get((op, type(a).__name__, type(b).__name__))
    if result is None:
        raise _no_row(op, left, right)
    if isinstance(a, Date) and isinstance(b, Duration):
        _check_whole_days(right)
    money = a if isinstance(a, Money) else b
    if isinstance(a, Money) and isinstance(b, Money) and a != b:
        raise Mistake("E-UNIT", f"currencies differ: {a.currency} and {b.currency}")
    return fold(Arith(op, left, right, money if result == "Money" else _RESULTS[result]))


def _no_row(op: str, left: Node, right: Node) -> Mistake:
    message = f"`{op}` does not apply to {named(left)} and {named(right)}"
    kinds = {type(type_of(left)), type(type_of(right))}
    if op == "+" and kinds & {String, Enum, ListOf}:
        return Mistake("E-PROFILE", "joining texts or lists is not part of the language", "compare the parts")
    if kinds == {Int, Double}:
        return Mistake("E-TYPE", message, "only whole-number constants are read as doubles")
    if Money in kinds and kinds & {Int, Double} and op in {"+", "-"}:
        return Mistake("E-UNIT", message, 'write the amount as money("50000.00 EUR")')
    return Mistake("E-TYPE", message, "see the table of operators for what goes together")


def _check_whole_days(length: Node) -> None:
    if not isinstance(length, Const):
        raise Mistake(
            "E-TYPE", "a date moves by a constant number of days", 'write duration("30d") or a `param.NAME`'
        )
    if isinstance(length.value, timedelta) and length.value % _DAY:
        raise Mistake("E-TYPE", "a date moves by whole days", 'write duration("30d")')


def _count_arith(op: str, left: Node, right: Node) -> Node:
    sides: Sequence[Node] = (left, right)
    constants = [side for side in sides if isinstance(side, Const) and isinstance(side.type, Int)]
    counts = [side for side in sides if isinstance(type_of(side), Count)]
    if op not in {"+", "-", "*"} or len(counts) + len(constants) != len(sides):
        message = f"`{op}` does not apply to {named(left)} and {named(right)}"
        raise Mistake("E-COUNT", message, "counts take + and - with counts or constants, * with a constant")
    if op == "*" and (not constants or int(_number(constants[0])) < 0):
        raise Mistake("E-COUNT", "a count is multiplied by a constant that is not negative")
    return Arith(op, left, right, Count())


def _number(constant: Const) -> int:
    assert isinstance(constant.value, int)
    return constant.value


def negate(operand: Node) -> Node:
    """Return the core tree of `-operand`, constants folded."""
    kind = type_of(operand)
    if not isinstance(kind, Int | Double | Money | Duration):
        code = "E-COUNT" if isinstance(kind, Count) else "E-TYPE"
        raise Mistake(code, f"`-` does not apply to {named(operand)}")
    if isinstance(operand, Const) and isinstance(operand.value, int | float | timedelta):
        value = in_range(-operand.value)
        if value is not None:
            return Const(value, kind)
    return Negate(operand, kind)


def fold(node: Arith) -> Node:
    """Return the constant an arithmetic node of two constants stands for, where it is defined."""
    if not (isinstance(node.left, Const) and isinstance(node.right, Const)):
        return node
    value = arithmetic(node.op, node.left.value, node.right.value)
    if isinstance(value, timedelta) and abs(value) > DURATION_MAX:
        raise Mistake("E-RANGE", f"the longest length of time is {DURATION_MAX.days} days")
    return node if value is None else Const(value, node.type)


def branches(test: Node, then: Node, other: Node) -> Node:
    """Return the core tree of `test ? then : other`."""
    then, other = unify(then, other)
    a, b = type_of(then), type_of(other)
    for branch in (then, other):
        kind = type_of(branch)
        if isinstance(kind, Count):
            raise Mistake("E-COUNT", "a count cannot be a branch of `? :`", "compare it inside the branch")
        if isinstance(kind, ListOf | Object):
            raise Mistake(
                "E-TYPE", f"{named(branch)} cannot be a branch of `? :`", "choose between its fields"
            )
    if isinstance(a, Enum) and isinstance(b, Enum):
        return Cond(
            test, then, other, Enum((*a.values, *(value for value in b.values if value not in a.values)))
        )
    if not same_kind(a, b):
        code = "E-UNIT" if isinstance(a, Money) and isinstance(b, Money) else "E-TYPE"
        raise Mistake(code, f"the branches of `? :` differ: {named(then)} and {named(other)}")
    return Cond(test, then, other, Int() if isinstance(a, Int) else a)
