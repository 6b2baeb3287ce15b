"""Rewriting core trees: replace nodes, fold constants, demand evidence of the claims a condition reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from kamrules.rules.lang.core import (
    And,
    Arith,
    Attested,
    Call,
    Compare,
    Cond,
    Const,
    Exists,
    Field,
    Has,
    In,
    Negate,
    Node,
    Not,
    Or,
    OrValue,
    Size,
    Tally,
    Var,
    path_of,
)  # fmt: skip
from kamrules.rules.lang.ops import COMPARISONS
from kamrules.rules.lang.types import Bool, Object


def attest(node: Node, minimum: int, assumed: int) -> Node:
    """Return the tree with every *claim* field read wrapped in `Attested(minimum)`."""

    def wrap(found: Node) -> Node:
        if isinstance(found, Field) and is_claim(found):
            return Attested(found, minimum, assumed)
        return found

    return transform(node, wrap)


def age(node: Node, half_life: Callable[[str], int | None], places: Mapping[str, str]) -> Node:
    """Return the tree in which evidence that is demanded ages.

    Parameters
    ----------
    node : the tree
    half_life : days in which evidence of a fact loses a level, by its path (`deal.stakeholders.stance`)
    places : the path of each variable that the tree may name
    """

    def change(found: Node) -> Node:
        match found:
            case Attested(field):
                root, _, rest = path_of(field).partition(".")
                if root in places:
                    return replace(found, half_life=half_life(f"{places[root]}.{rest}"))
            case Exists(range_, var, body) | Tally(range_, var, body):
                root, _, rest = path_of(range_).partition(".")
                inner = {var.name: f"{places[root]}.{rest}"} if root in places else {}
                return replace(found, body=age(body, half_life, inner))
        return found

    return transform(node, change)


def is_claim(field: Field) -> bool:
    """Whether evidence levels apply to the field."""
    holder = field.base.type
    member = holder.member(field.name) if isinstance(holder, Object) else None
    return member is not None and member.claim


def transform(node: Node, change: Callable[[Node], Node]) -> Node:
    """Return the tree with `change` applied to every value read and operator, children first.

    Bases of fields and ranges of macros are left alone: they are places, not values.
    """

    def go(child: Node) -> Node:
        return transform(child, change)

    match node:
        case Const() | Var() | Field() | Attested() | Size():
            return change(node)
        case Has(field):
            return change(Has(_as_read(field, change)))
        case OrValue(field, default):
            return change(OrValue(_as_read(field, change), default))
        case Not(operand) | Negate(operand):
            return change(replace(node, operand=go(operand)))
        case And(operands) | Or(operands):
            return change(replace(node, operands=tuple(go(child) for child in operands)))
        case Compare(_, left, right) | Arith(_, left, right):
            return change(replace(node, left=go(left), right=go(right)))
        case In(item):
            return change(replace(node, item=go(item)))
        case Call(_, args):
            return change(replace(node, args=tuple(go(child) for child in args)))
        case Cond(test, then, other):
            return change(replace(node, test=go(test), then=go(then), other=go(other)))
        case Exists() | Tally():
            return change(replace(node, body=go(node.body)))


def _as_read(field: Field | Attested, change: Callable[[Node], Node]) -> Field | Attested:
    changed = change(field)
    return changed if isinstance(changed, Field | Attested) else field


def simplify(node: Node) -> Node:
    """Return an equal tree without what is constant: parameters that switch a branch on or off, mostly.

    Equal for every record, unknowns and their causes included.
    """
    return transform(node, _fold)


def conjuncts(node: Node) -> tuple[Node, ...]:
    """Return the operands of the outermost `and`, nested ones too, or the node itself."""
    if isinstance(node, And):
        return tuple(part for operand in node.operands for part in conjuncts(operand))
    return (node,)


def _fold(node: Node) -> Node:
    match node:
        case Compare(op, Const(left), Const(right)):
            return Const(COMPARISONS[op](left, right), Bool())
        case In(Const(item), values):
            return Const(any(item == constant.value for constant in values), Bool())
        case Not(Const(value)):
            return Const(not value, Bool())
        case Not(Not(operand)):
            return operand
        case And(operands):
            return _join(And, operands, decisive=False)
        case Or(operands):
            return _join(Or, operands, decisive=True)
        case Cond(Const(test), then, other):
            return then if test else other
        case _:
            return node


def _join(kind: type[And | Or], operands: tuple[Node, ...], *, decisive: bool) -> Node:
    if any(isinstance(operand, Const) and operand.value is decisive for operand in operands):
        return Const(decisive, Bool())
    rest = tuple(operand for operand in operands if not isinstance(operand, Const))
    if not rest:
        return Const(not decisive, Bool())
    return rest[0] if len(rest) == 1 else kind(rest)
