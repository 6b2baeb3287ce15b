"""What is wrong with a record, looked for where a plan reads it. Slow: it runs after a check has failed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from kamrules.errors import Fault
from kamrules.rules.lang.core import Attested, Exists, Field, Node, Tally, Var, children
from kamrules.rules.lang.reference import read
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
    Money,
    Object,
    String,
    Timestamp,
    Type,
    describe,
)  # fmt: skip
from kamrules.rules.plan import Flag, Mean, Plan, Scale, Share
from kamrules.rules.pycode.reading import is_object
from kamrules.validation import cut, quoted

_CLASSES: dict[type[Type], type | tuple[type, ...]] = {
    String: str, Enum: str, Duration: timedelta, ListOf: (list, tuple),
}  # fmt: skip
_LEVELS = ("E0", "E1", "E2", "E3", "E4")


@dataclass(slots=True)
class Wanted:
    """What a plan reads at one place: its type, whether it may be missing, and what it reads below."""

    type: Type
    nullable: bool
    members: dict[str, Wanted] = field(default_factory=dict)
    attested: set[str] = field(default_factory=set)
    element: Wanted | None = None


def find_faults(plan: Plan, record: Any) -> tuple[Fault, ...]:
    """Return every fault of the record in what the plan reads of it."""
    return tuple(_faults(wanted_of(plan), record, plan.root))


def wanted_of(plan: Plan) -> Wanted:
    """Return what the conditions of a plan read of a record."""
    root = Wanted(plan.schema, nullable=False)
    for node in _conditions(plan):
        _collect(node, {plan.root: root})
    for card in plan.scorecards:
        for entry in card.entries:
            if isinstance(entry, Share | Mean):
                inner = {plan.root: root, entry.var.name: _element(_place(entry.range, {plan.root: root}))}
                read_nodes = (entry.when,) if isinstance(entry, Share) else (entry.value, entry.weight)
                for one in read_nodes:
                    if one is not None:
                        _collect(one, inner)
    return root


def _conditions(plan: Plan) -> Iterator[Node]:
    for rule in plan.rules:
        yield rule.when
        if rule.applies is not None:
            yield rule.applies
    for table in plan.tables:
        yield from (row.when for row in table.rows)
    for card in plan.scorecards:
        for entry in card.entries:
            if isinstance(entry, Flag):
                yield entry.when
            elif isinstance(entry, Scale):
                yield entry.value


def _collect(node: Node, places: dict[str, Wanted]) -> None:
    if isinstance(node, Attested):
        _place(node.field, places)
        _place(node.field.base, places).attested.add(node.field.name)
    elif isinstance(node, Field | Var):
        _place(node, places)
    elif isinstance(node, Exists | Tally):
        _collect(node.body, {**places, node.var.name: _element(_place(node.range, places))})
    else:
        for child in children(node):
            _collect(child, places)


def _place(node: Field | Var, places: dict[str, Wanted]) -> Wanted:
    if isinstance(node, Var):
        return places.get(node.name) or Wanted(node.type, nullable=True)
    holder = _place(node.base, places)
    return holder.members.setdefault(node.name, Wanted(node.type, node.nullable))


def _element(place: Wanted) -> Wanted:
    if place.element is None:
        assert isinstance(place.type, ListOf)
        place.element = Wanted(place.type.element, place.type.nullable)
    return place.element


def _faults(wanted: Wanted, value: Any, where: str) -> Iterator[Fault]:
    if value is None:
        if not wanted.nullable:
            yield Fault("R-MISSING", f"{describe(wanted.type)} is required here", where=where)
        return
    problem = _problem(wanted.type, value)
    if problem:
        yield Fault("R-TYPE", problem, where=where)
        return
    for name, member in wanted.members.items():
        yield from _faults(member, read(value, name), f"{where}.{name}")
    for name in sorted(wanted.attested):
        yield from _evidence_faults(value, name, where)
    if wanted.element is not None:
        for index, one in enumerate(value):
            yield from _faults(wanted.element, one, f"{where}[{index}]")


def _evidence_faults(holder: Any, name: str, where: str) -> Iterator[Fault]:
    level = read(read(read(holder, "evidence"), name), "level")
    if level is not None and level not in _LEVELS:
        message = f"`{level!r}` seen, one of {', '.join(_LEVELS)} expected"
        yield Fault("R-TYPE", message, where=f"{where}.evidence.{name}.level")


def _problem(kind: Type, value: Any) -> str:
    """Return what is wrong with a value that is there, or an empty text."""
    if _fits(kind, value):
        return ""
    return f"`{cut(quoted(value))}` seen, {_expected(kind)} expected"


def _expected(kind: Type) -> str:
    if isinstance(kind, Int) and (kind.low > INT_MIN or kind.high < INT_MAX):
        return f"whole number from {kind.low} to {kind.high}"
    if isinstance(kind, Timestamp):
        return "timestamp with its zone"
    return describe(kind)


def _fits(kind: Type, value: Any) -> bool:
    is_bool = isinstance(value, bool)
    match kind:
        case Bool():
            return is_bool
        case Int(low, high):
            return isinstance(value, int) and not is_bool and low <= value <= high
        case Money():
            return isinstance(value, int) and not is_bool and INT_MIN <= value <= INT_MAX
        case Double():
            if isinstance(value, int):
                return not is_bool and INT_MIN <= value <= INT_MAX
            return isinstance(value, float) and math.isfinite(value)
        case Enum(values):
            return isinstance(value, str) and value in values
        case Date():
            return isinstance(value, date) and not isinstance(value, datetime)
        case Timestamp():
            return isinstance(value, datetime) and value.tzinfo is not None
        case Object():
            return is_object(value)
    return isinstance(value, _CLASSES.get(type(kind), object))
