"""What is asked of conditions: a claim is that no record makes a question true.

A question is made of `Is` (the truth a condition has, unknown included) by `AllOf` and `AnyOf`. Wherever a
question is expected a condition may stand, and means that it is surely true.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Any

from kamrules.rules.lang.core import Node
from kamrules.rules.lang.reference import Unknown, evaluate
from kamrules.rules.plan import Rule
from kamrules.rules.verdict import Status

Kleene = bool | None  # None: unknown
TRUTHS: tuple[Kleene, ...] = (True, False, None)


@dataclass(frozen=True, slots=True)
class Is:
    """Whether a condition has one of the truths."""

    node: Node
    truths: frozenset[Kleene] = frozenset({True})


@dataclass(frozen=True, slots=True)
class AllOf:
    """Whether all parts hold."""

    parts: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Whether some part holds."""

    parts: tuple[Question, ...]


Question = Is | AllOf | AnyOf


@dataclass(frozen=True, slots=True)
class Claim:
    """No record answers the question with yes; a record that does is a witness against the claim."""

    name: str
    refuted_by: Question


def asked(term: Question | Node) -> Question:
    """Return a question; of a condition, whether it is surely true."""
    return term if isinstance(term, Is | AllOf | AnyOf) else Is(term)


def is_not(term: Question | Node) -> Question:
    """Return the question that holds where `term` does not."""
    match asked(term):
        case Is(node, truths):
            return Is(node, frozenset(TRUTHS) - truths)
        case AllOf(parts):
            return AnyOf(tuple(is_not(part) for part in parts))
        case AnyOf(parts):
            return AllOf(tuple(is_not(part) for part in parts))


def both(*terms: Question | Node) -> Question:
    """Return whether all terms hold."""
    return AllOf(tuple(asked(term) for term in terms))


def either(*terms: Question | Node) -> Question:
    """Return whether some term holds."""
    return AnyOf(tuple(asked(term) for term in terms))


def never(term: Question | Node) -> Claim:
    """Claim that no record makes it true: a contradiction, a dead row."""
    return Claim("never", asked(term))


def always(term: Question | Node) -> Claim:
    """Claim that every record makes it true, with whatever facts are missing."""
    return Claim("always", is_not(term))


def decided(node: Node) -> Claim:
    """Claim that no record leaves it unknown."""
    return Claim("decided", Is(node, frozenset({None})))


def implies(premise: Question | Node, conclusion: Question | Node) -> Claim:
    """Claim that whenever the premise is true, so is the conclusion."""
    return Claim("implies", both(premise, is_not(conclusion)))


def disjoint(terms: Iterable[Question | Node]) -> Claim:
    """Claim that no record makes two of the terms true: no overlap."""
    return Claim("disjoint", AnyOf(tuple(both(one, other) for one, other in combinations(list(terms), 2))))


def covers(nodes: Iterable[Node]) -> Claim:
    """Claim that no record makes all conditions false: no gap."""
    return Claim("covers", AllOf(tuple(Is(node, frozenset({False})) for node in nodes)))


def same(one: Node, other: Node) -> Claim:
    """Claim that two conditions have the same truth on every record, unknown included."""
    moves = [both(Is(one, frozenset({a})), is_not(Is(other, frozenset({a})))) for a in TRUTHS]
    return Claim("same", AnyOf(tuple(moves)))


def status_is(rule: Rule, status: Status) -> Question:
    """Return whether a rule of a plan has a status; the statuses exclude each other."""
    applies = None if rule.applies is None else rule.applies
    when = {truth: Is(rule.when, frozenset({truth})) for truth in TRUTHS}
    if applies is None:
        return {"met": when[True], "unmet": when[False], "unknown": when[None]}.get(status, AnyOf(()))
    may_apply = Is(applies, frozenset({True, None}))
    match status:
        case "met":
            return both(may_apply, when[True])
        case "unmet":
            return both(Is(applies), when[False])
        case "not_applicable":
            return Is(applies, frozenset({False}))
        case "unknown":
            return either(both(may_apply, when[None]), both(Is(applies, frozenset({None})), when[False]))


def transition(old: Rule, new: Rule, before: Status, after: Status) -> Claim:
    """Claim that no record goes from one status to another when a rule is replaced."""
    return Claim("transition", both(status_is(old, before), status_is(new, after)))


def rule_true(rule: Rule) -> Question:
    """Return whether a rule is met."""
    return status_is(rule, "met")


def conditions(question: Question) -> Iterator[Node]:
    """Yield the conditions a question is about."""
    if isinstance(question, Is):
        yield question.node
    else:
        for part in question.parts:
            yield from conditions(part)


def holds(question: Question, record: Any, as_of: date, root: str = "deal") -> bool:
    """Answer a question for one record by the reference evaluator."""
    match question:
        case Is(node, truths):
            value = evaluate(node, record, as_of, root=root)
            return (None if isinstance(value, Unknown) else bool(value)) in truths
        case AllOf(parts):
            return all(holds(part, record, as_of, root) for part in parts)
        case AnyOf(parts):
            return any(holds(part, record, as_of, root) for part in parts)
