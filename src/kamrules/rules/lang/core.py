"""The core tree: what a condition means once names are resolved, types checked and sugar removed.

INVARIANT: a core tree is well typed. Every engine reads this tree and nothing else; the reference
evaluator (`reference.py`) has one branch per class below, in this order, and so has every compiler.

Removed on the way here: parameters and definitions (inlined), `!=`, `all`, `exists_one`, `x in L`,
`orValue` on a present field, unary plus, int-to-double widening of constants, constructors.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kamrules.rules.lang.types import Bool, Count, Type

Scalar = bool | int | float | str | date | datetime | timedelta


@dataclass(frozen=True, slots=True)
class Const:
    """A known value. Money is an int of minor units with a Money type."""

    value: Scalar
    type: Type


@dataclass(frozen=True, slots=True)
class Var:
    """The record root, `as_of`, or the variable of the enclosing macro."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Field:
    """Member `name` of `base`; unknown when the base or the member is missing."""

    base: Var | Field
    name: str
    type: Type
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class Attested:
    """The field's value if its evidence level is at least `minimum`, else unknown.

    A present value without a recorded level counts as `assumed` (levels 0-4 are E0-E4). With a `half_life`
    a recorded level is one less for each such number of days since the evidence was obtained; evidence
    without a date does not age.
    """

    field: Field
    minimum: int
    assumed: int
    half_life: int | None = None


@dataclass(frozen=True, slots=True)
class Has:
    """Whether the field has a value: two-valued, false when a parent is absent."""

    field: Field | Attested


@dataclass(frozen=True, slots=True)
class OrValue:
    """The field's value, or `default` when it is missing."""

    field: Field | Attested
    default: Const


@dataclass(frozen=True, slots=True)
class Not:
    """Kleene negation."""

    operand: Node


@dataclass(frozen=True, slots=True)
class And:
    """Kleene conjunction of one or more operands; order is not observable."""

    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Kleene disjunction of one or more operands; order is not observable."""

    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """`op` is one of == < <= > >=; operands have one type (int and double may mix, count and int too)."""

    op: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class In:
    """Whether the value is one of the constants; false for no constants even if the value is unknown."""

    item: Node
    values: tuple[Const, ...]


@dataclass(frozen=True, slots=True)
class Arith:
    """`op` is one of + - * / %; `type` is the result type. Overflow and division by zero are unknown.

    Operand types: int, double (an int operand of a double operation is widened), money with money or
    int, count with count or int constant (+ - and * by a non-negative constant), date/timestamp with
    duration, date - date and timestamp - timestamp.
    """

    op: str
    left: Node
    right: Node
    type: Type


@dataclass(frozen=True, slots=True)
class Negate:
    """Arithmetic negation of an int, double, money or duration."""

    operand: Node
    type: Type


@dataclass(frozen=True, slots=True)
class Call:
    """A strict scalar function of `ops.FUNCTIONS`: unknown if any argument is."""

    function: str
    args: tuple[Node, ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Cond:
    """`test ? then : other`; unknown when the test is, even if both branches agree."""

    test: Node
    then: Node
    other: Node
    type: Type


@dataclass(frozen=True, slots=True)
class Exists:
    """Whether some element makes `body` true; unknown if none does and some may."""

    range: Field
    var: Var
    body: Node


@dataclass(frozen=True, slots=True)
class Tally:
    """How many elements make `body` true: the interval [sure, sure + maybe]."""

    range: Field
    var: Var
    body: Node


@dataclass(frozen=True, slots=True)
class Size:
    """How many elements the list has; exact, unknown elements count."""

    range: Field


Node = (
    Const | Var | Field | Attested | Has | OrValue | Not | And | Or | Compare | In | Arith | Negate | Call
    | Cond | Exists | Tally | Size
)  # fmt: skip


def children(node: Node) -> tuple[Node, ...]:
    """Return the direct sub-expressions of a node, left to right."""
    match node:
        case Const() | Var():
            return ()
        case Field(base):
            return (base,)
        case Attested(field) | Has(field) | OrValue(field):
            return (field,)
        case Not(operand) | Negate(operand):
            return (operand,)
        case And(operands) | Or(operands) | Call(args=operands):
            return operands
        case Compare(_, left, right) | Arith(_, left, right):
            return (left, right)
        case In(item):
            return (item,)
        case Cond(test, then, other):
            return (test, then, other)
        case Exists(range_, _, body) | Tally(range_, _, body):
            return (range_, body)
        case Size(range_):
            return (range_,)


def type_of(node: Node) -> Type:
    """Return the static type of a core tree."""
    match node:
        case Const() | Var() | Field() | Arith() | Negate() | Call() | Cond():
            return node.type
        case Attested(field):
            return field.type
        case OrValue(field):
            return type_of(field)
        case Tally() | Size():
            return Count()
        case _:
            return Bool()


def walk(node: Node) -> Iterator[Node]:
    """Yield the node and everything below it, parents first."""
    yield node
    for child in children(node):
        yield from walk(child)


def path_of(field: Field | Var) -> str:
    """Return the dotted name of a field, such as `deal.account.rank_sales` or `s.stance`."""
    if isinstance(field, Var):
        return field.name
    return f"{path_of(field.base)}.{field.name}"
