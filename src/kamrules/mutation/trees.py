"""One core tree, changed at one node: the small mistakes somebody may make in a condition.

Promises: every change gives a well-typed tree that reads differently. `all` and membership in a list are
changed as one operator, although the core tree writes them with `exists`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from kamrules.rules.lang.core import (
    And,
    Arith,
    Attested,
    Call,
    Compare,
    Cond,
    Const,
    Exists,
    Has,
    In,
    Negate,
    Node,
    Not,
    Or,
    OrValue,
    Scalar,
    Tally,
    type_of,
)  # fmt: skip
from kamrules.rules.lang.types import Bool, Enum

# The other side of the boundary, and the opposite.
_TURNED = {"<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="), ">=": (">", "<")}
_MOST_EVIDENCE = 4
_DAY = timedelta(days=1)
_TENTH = 0.1
_ITEM = "_item"  # variable of the membership test that `x in list` becomes

Slot = tuple[Node, Callable[[Node], Node]]


@dataclass(frozen=True, slots=True)
class Turn:
    """A tree with one node changed: `what` names the change, `before` and `after` the condition around it."""

    node: Node
    what: str
    before: Node
    after: Node


def turns(node: Node) -> Iterator[Turn]:
    """Yield the tree with one node changed, for every node and every change of it, parents first."""
    for what, changed in _changes(node):
        yield Turn(changed, what, node, changed)
    for child, put in _slots(node):
        for turn in turns(child):
            changed = put(turn.node)
            is_shown = isinstance(type_of(turn.before), Bool)
            yield Turn(changed, turn.what, *((turn.before, turn.after) if is_shown else (node, changed)))


def _changes(node: Node) -> Iterator[tuple[str, Node]]:  # noqa: C901, PLR0912 - one branch per node kind
    match node:
        case Const(value):
            for other in _moved(value):
                yield "constant moved", replace(node, value=other)
        case Attested(_, minimum):
            for level in (minimum - 1, minimum + 1):
                if 0 <= level <= _MOST_EVIDENCE:
                    yield f"evidence E{minimum} to E{level}", replace(node, minimum=level)
        case Has():
            yield "has turned", Not(node)
            yield "has dropped", Const(True, Bool())
        case OrValue(_, default):
            for default_ in _other_defaults(default):
                yield "default turned", replace(node, default=default_)
        case Not(Compare("==") as operand):
            yield "!= to ==", operand
        case Not(Has() as operand):
            yield "! dropped", operand
            yield "has dropped", Const(False, Bool())
        case Not(Exists(range_, var, Not(body))):
            yield "all to exists", Exists(range_, var, body)
        case Not(operand):
            yield "! dropped", operand
        case And(operands) if len(operands) > 1:
            yield "&& to ||", Or(operands)
        case Or(operands) if len(operands) > 1:
            yield "|| to &&", And(operands)
        case Compare("=="):
            yield "== to !=", Not(node)
        case Compare(op):
            for other_op in _TURNED[op]:
                yield f"{op} to {other_op}", replace(node, op=other_op)
        case In(_, values) if len(values) > 1:
            for index, dropped in enumerate(values):
                rest = (*values[:index], *values[index + 1 :])
                yield f"`{dropped.value}` dropped", replace(node, values=rest)
        case Cond(_, then, other_):
            yield "branches swapped", replace(node, then=other_, other=then)
        case Exists(range_, var, body) if not var.name.startswith(_ITEM):
            yield "exists to all", Not(Exists(range_, var, Not(body)))


def _slots(node: Node) -> list[Slot]:
    """Return the parts of a node that may be changed, each with what puts a changed one in its place."""
    match node:
        case Not(Compare("==", left, right)):
            return [
                (left, lambda new: Not(Compare("==", new, right))),
                (right, lambda new: Not(Compare("==", left, new))),
            ]
        case Not(Exists(range_, var, Not(body))):
            return [(body, lambda new: Not(Exists(range_, var, Not(new))))]
        case Not(Has(Attested() as field)):
            return [(field, lambda new: Not(Has(_as_attested(new))))]
        case Not(Has()):
            return []
        case Not(operand) | Negate(operand):
            return [(operand, lambda new: replace(node, operand=new))]
        case And(operands) | Or(operands):
            return _listed(operands, lambda news: replace(node, operands=news))
        case Call(_, args):
            return _listed(args, lambda news: replace(node, args=news))
        case Compare(_, left, right) | Arith(_, left, right):
            return [
                (left, lambda new: replace(node, left=new)),
                (right, lambda new: replace(node, right=new)),
            ]
        case In(item):
            return [(item, lambda new: replace(node, item=new))]
        case Cond(test, then, other):
            return [
                (test, lambda new: replace(node, test=new)),
                (then, lambda new: replace(node, then=new)),
                (other, lambda new: replace(node, other=new)),
            ]
        case Exists(_, var, body) | Tally(_, var, body) if not var.name.startswith(_ITEM):
            return [(body, lambda new: replace(node, body=new))]
        case Has(Attested() as field) | OrValue(Attested() as field):
            return [(field, lambda new: replace(node, field=_as_attested(new)))]
        case _:
            return []


def _as_attested(node: Node) -> Attested:
    assert isinstance(node, Attested)  # evidence is changed to evidence
    return node


def _listed(parts: tuple[Node, ...], put: Callable[[tuple[Node, ...]], Node]) -> list[Slot]:
    def at(index: int) -> Callable[[Node], Node]:
        return lambda new: put((*parts[:index], new, *parts[index + 1 :]))

    return [(part, at(index)) for index, part in enumerate(parts)]


def _moved(value: Scalar) -> Iterator[Scalar]:
    """Yield a number, day or length of time moved by one unit; nothing falls below zero by that."""
    match value:
        case bool() | str():
            return
        case int():
            yield from (other for other in (value - 1, value + 1) if other >= 0 or value < 0)
        case float():
            step = abs(value) * _TENTH or _TENTH
            yield from (value - step, value + step) if value else (step,)
        case timedelta():
            step_ = _DAY if value % _DAY == timedelta() else timedelta(seconds=1)
            yield from (value - step_, value + step_)
        case date():
            unit = timedelta(seconds=1) if isinstance(value, datetime) else _DAY
            for step_ in (-unit, unit):
                try:
                    yield value + step_
                except OverflowError:
                    continue


def _other_defaults(default: Const) -> Iterator[Const]:
    value = default.value
    if isinstance(value, bool):
        yield replace(default, value=not value)
    elif isinstance(value, str) and isinstance(default.type, Enum):
        names = default.type.values
        if len(names) > 1:
            yield replace(default, value=names[(names.index(value) + 1) % len(names)])
    elif isinstance(value, str):
        yield replace(default, value="" if value else "other")
    else:
        yield from (replace(default, value=other) for other in _moved(value))
