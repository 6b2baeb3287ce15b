"""What a condition read on one record: its value by the reference, the known facts and the missing ones.

A tracer remembers what it found for records that look alike to its condition (the same values in every field
it reads, no list with elements), so that tracing a million nearly empty CRM rows costs little.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple

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
from kamrules.rules.lang.reference import (
    Env,
    Place,
    Unknown,
    elements,
    junction,
    level_of,
    locate,
    read,
    value_of,
)  # fmt: skip
from kamrules.rules.lang.types import ListOf, Money, Object

_REMEMBERED = 4096
EVIDENCE = "evidence"


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact read: its path, value (None when missing), recorded evidence level, currency of money.

    `is_decisive` marks the facts without which the verdict would be another one. `known_on` is the day its
    evidence was obtained (an ISO date), `age_days` how long ago that was on the day of the assessment,
    `sources` how many sources say so.
    """

    path: str
    value: Any
    evidence: str | None = None
    currency: str | None = None
    is_decisive: bool = False
    known_on: str | None = None
    age_days: int | None = None
    sources: int | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """The value of a condition by the reference, the known facts it read, the paths it is unknown because of.

    The facts that decided the value come first.
    """

    value: Any
    facts: tuple[Fact, ...]
    missing: tuple[str, ...]


def join_traces(traces: Iterable[Trace]) -> Trace:
    """Return the trace of `all of these hold`, from the traces of each."""
    parts = list(traces)
    value = junction([trace.value for trace in parts], decisive=False)
    missing = tuple(sorted(value.causes)) if isinstance(value, Unknown) else ()
    facts = {fact.path: fact for trace in reversed(parts) for fact in reversed(trace.facts)}
    return Trace(value, tuple(reversed(facts.values())), missing)


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
            levels = read(holder, EVIDENCE)
            for name in names:
                value = read(holder, name)
                if isinstance(value, list):
                    if value:
                        return None
                    value = ()
                seen.append(value)
                if levels is not None:
                    seen.append((level_of(holder, name, -1), read(read(levels, name), "at")))
        return tuple(seen)

    def _trace(self, env: Env, *, with_facts: bool) -> Trace:
        if not with_facts:
            return _result(value_of(self.node, env), {})
        decided = _decide(self.node, env)
        facts: dict[str, Fact] = {}
        for fact in decided.decisive:
            facts.setdefault(fact.path, replace(fact, is_decisive=True))
        for fact in decided.other:
            facts.setdefault(fact.path, fact)
        return _result(decided.value, facts)


def _result(value: Any, facts: Mapping[str, Fact]) -> Trace:
    missing = tuple(sorted(value.causes)) if isinstance(value, Unknown) else ()
    known = tuple(fact for fact in facts.values() if fact.value is not None)
    return Trace(value, known, missing)


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


class _Decided(NamedTuple):
    """A value of the reference, the facts without which it would be another one, and the rest."""

    value: Any
    decisive: list[Fact]
    other: list[Fact]


def _decide(node: Node, env: Env) -> _Decided:
    """Return the value of a condition and what it read, in one pass; leaves are the reference's."""
    match node:
        case And(operands) | Or(operands):
            return _settle([_decide(operand, env) for operand in operands], decisive=isinstance(node, Or))
        case Not(operand):
            found = _decide(operand, env)
            return found if isinstance(found.value, Unknown) else found._replace(value=not found.value)
        case Exists(range_, var, body) if inner := elements(range_, var, env):
            return _settle([_decide(body, one) for one in inner], decisive=True)
        case _:
            return _Decided(value_of(node, env), list(facts_of(node, env)), [])


def _settle(parts: list[_Decided], *, decisive: bool) -> _Decided:
    """Return the junction of decided parts; the facts of those that do not settle it are the rest."""
    value = junction([part.value for part in parts], decisive=decisive)
    settling, other = [], []
    for part in parts:
        other += part.other
        if isinstance(value, Unknown):
            settles = isinstance(part.value, Unknown)
        else:
            settles = value is not decisive or part.value is decisive
        if settles:
            settling += part.decisive
        else:
            other += part.decisive
    return _Decided(value, settling, other)


def facts_of(node: Node, env: Env) -> Iterator[Fact]:
    """Yield every scalar fact an expression may read, in reading order, known or missing."""
    match node:
        case Attested(field):
            yield from facts_of(field, env)
        case Field():
            holder = locate(node.base, env)
            path = f"{holder.path}.{node.name}"
            value = read(holder.value, node.name)
            if isinstance(node.type, ListOf | Object):
                if value is None:
                    yield Fact(path, None)
                return
            levels = read(holder.value, EVIDENCE)
            proof = None if levels is None else read(levels, node.name)
            yield _dated(
                Fact(
                    path,
                    value,
                    read(proof, "level"),
                    node.type.currency if isinstance(node.type, Money) else None,
                    sources=read(proof, "sources"),
                ),
                read(proof, "at"),
                env,
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


def _dated(fact: Fact, known_on: Any, env: Env) -> Fact:
    """Return the fact with the day and age of its evidence, where the record says."""
    if not isinstance(known_on, date):
        return fact
    today = env["as_of"].value if "as_of" in env else None
    age = (today - known_on).days if isinstance(today, date) else None
    return replace(fact, known_on=known_on.isoformat(), age_days=age)


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
