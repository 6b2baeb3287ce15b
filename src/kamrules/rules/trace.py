"""Which facts of one record a condition reads: known ones with value and evidence, and unknown ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from kamrules.rules.lang.core import Exists, Field, Node, Tally, Var, children
from kamrules.rules.lang.reference import Env, Place, elements, locate, read
from kamrules.rules.lang.types import ListOf, Money, Object


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact read: its path, value (None when missing), recorded evidence level, currency of money."""

    path: str
    value: Any
    evidence: str | None = None
    currency: str | None = None


def facts_read(node: Node, record: Any, as_of: date, *, root: str = "deal") -> tuple[Fact, ...]:
    """Return every scalar fact the condition may read on this record, in reading order, once each."""
    env = {root: Place(record, root), "as_of": Place(as_of, "as_of")}
    found: dict[str, Fact] = {}
    for fact in _facts(node, env):
        found.setdefault(fact.path, fact)
    return tuple(found.values())


def _facts(node: Node, env: Env) -> Iterator[Fact]:
    match node:
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
            if found is None:
                yield Fact(locate(range_, env).path, None)
                return
            if not found:
                yield Fact(locate(range_, env).path, ())
            for inner in found:
                yield from _facts(body, inner)
        case Var():
            return
        case _:
            for child in children(node):
                yield from _facts(child, env)
