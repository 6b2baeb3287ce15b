"""What a condition read on one record: its value by the reference, the known facts and the missing ones.

A tracer remembers what it found for records that look alike to its condition (the same values in every field
it reads, no list with elements), so that tracing a million nearly empty CRM rows costs little.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from kamrules.rules.lang.core import (
    And,
    Attested,
    Compare,
    Exists,
    Field,
    Node,
    Not,
    Or,
    Tally,
    Var,
    children,
    path_of,
)  # fmt: skip
from kamrules.rules.lang.reference import Env, Place, Unknown, elements, level_of, locate, read, value_of
from kamrules.rules.lang.types import ListOf, Money, Object

_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact read: its path, value (None when missing), recorded evidence level, currency of money.

    `is_decisive` marks the facts without which the verdict would be another one.
    """

    path: str
    value: Any
    evidence: str | None = None
    currency: str | None = None
    is_decisive: bool = False


@dataclass(frozen=True, slots=True)
class Trace:
    """The value of a condition by the reference, the facts it read, the paths it is unknown because of.

    The facts that decided the value come first.
    """

    value: Any
    facts: tuple[Fact, ...]
    missing: tuple[str, ...]


class Tracer:
    """Traces one condition on many records."""

    def __init__(self, node: Node, root: str) -> None:
        self.node = node
        self.root = root
        groups: dict[tuple[str, ...], list[str]] = {}
        for field in _outer_fields(node):
            groups.setdefault(tuple(path_of(field.base).split(".")[1:]), []).append(field.name)
        self._groups = tuple((steps, tuple(names)) for steps, names in groups.items())
        self._seen: dict[Hashable, Trace] = {}

    def trace(self, record: Any, as_of: date, *, with_facts: bool = True) -> Trace:
        """Return what the condition means on `record` as of a day, and unless told not to, what it read."""
        key = self._key(record, as_of, with_facts)
        found = None if key is None else self._seen.get(key)
        if found is None:
            env = {self.root: Place(record, self.root), "as_of": Place(as_of, "as_of")}
            found = self._trace(env, with_facts=with_facts)
            if len(self._seen) >= _REMEMBERED:
                self._seen.clear()
            if key is not None:
                self._seen[key] = found
        return found

    def _key(self, record: Any, *also: Hashable) -> Hashable:
        """Return what the condition can see of the record, or None when it sees into a list."""
        seen: list[Any] = [*also]
        for steps, names in self._groups:
            holder = record
            for step in steps:
                holder = read(holder, step)
            if holder is None:
                seen.append(None)
                continue
            levels = read(holder, "evidence")
            for name in names:
                value = read(holder, name)
                if isinstance(value, list):
                    if value:
                        return None
                    value = ()
                seen.append(value)
                if levels is not None:
                    seen.append(level_of(holder, name, -1))
        return tuple(seen)

    def _trace(self, env: Env, *, with_facts: bool) -> Trace:
        value = value_of(self.node, env)
        missing = tuple(sorted(value.causes)) if isinstance(value, Unknown) else ()
        facts: dict[str, Fact] = {}
        if with_facts:
            for fact in _decisive(self.node, env):
                facts.setdefault(fact.path, replace(fact, is_decisive=True))
            for fact in facts_of(self.node, env):
                facts.setdefault(fact.path, fact)
        return Trace(value, tuple(facts.values()), missing)


def _outer_fields(node: Node) -> Iterator[Field]:
    """Yield each scalar or list field of the record that the condition reads, once, not those of elements."""
    seen: set[str] = set()

    def visit(part: Node, inner: frozenset[str]) -> Iterator[Field]:
        match part:
            case Field():
                path = path_of(part)
                if path.split(".")[0] not in inner and path not in seen and not isinstance(part.type, Object):
                    seen.add(path)
                    yield part
            case Exists(range_, var, body) | Tally(range_, var, body):
                yield from visit(range_, inner)
                yield from visit(body, inner | {var.name})
            case _:
                for child in children(part):
                    yield from visit(child, inner)

    yield from visit(node, frozenset())


def _decisive(node: Node, env: Env) -> Iterator[Fact]:
    """Yield the facts without which the value would be another one."""
    value = value_of(node, env)
    match node:
        case And(operands) | Or(operands):
            decider = isinstance(node, Or)  # the truth of one operand that settles the whole
            for operand in operands:
                if value is (not decider) or _same(value_of(operand, env), value):
                    yield from _decisive(operand, env)
        case Not(operand):
            yield from _decisive(operand, env)
        case Exists(range_, var, body):
            for inner in elements(range_, var, env) or ():
                if value is False or _same(value_of(body, inner), value):
                    yield from _decisive(body, inner)
        case _:
            yield from facts_of(node, env)


def _same(value: Any, other: Any) -> bool:
    return isinstance(value, Unknown) if isinstance(other, Unknown) else value is other


def facts_of(node: Node, env: Env) -> Iterator[Fact]:
    """Yield every scalar fact an expression may read, in reading order, known or missing."""
    match node:
        case Attested(field):
            yield from facts_of(field, env)
        case Field():
            place = locate(node, env)
            if isinstance(node.type, ListOf | Object):
                if place.value is None:
                    yield Fact(place.path, None)
                return
            holder = locate(node.base, env).value
            level = read(read(read(holder, "evidence"), node.name), "level")
            yield Fact(
                place.path, place.value, level, node.type.currency if isinstance(node.type, Money) else None
            )
        case Exists(range_, var, body) | Tally(range_, var, body):
            found = elements(range_, var, env)
            if not found:
                yield Fact(locate(range_, env).path, None if found is None else ())
                return
            for inner in found:
                yield from facts_of(body, inner)
        case Var():
            return
        case _:
            for child in children(node):
                yield from facts_of(child, env)


def witnesses(node: Node, env: Env) -> Iterator[tuple[Field, int]]:
    """Yield the list elements that make a true condition true, as list field and position."""
    if value_of(node, env) is not True:
        return
    match node:
        case And(operands) | Or(operands):
            for operand in operands:
                yield from witnesses(operand, env)
        case Exists(range_, var, body) | Compare(_, Tally(range_, var, body)):
            for index, inner in enumerate(elements(range_, var, env) or ()):
                if value_of(body, inner) is True:
                    yield range_, index
        case _:
            return
