"""The columns of the matrix that a deal becomes, by name, and how far each can stray.

The names are known from the pack alone, so a prior can speak of columns before any deal is seen.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, Protocol

from kamrules.errors import ArgumentError, Fault, nearest
from kamrules.rules.lang.core import Field, Node, walk
from kamrules.rules.pack import Pack
from kamrules.rules.plan import Entry, Plan, Rule, Scorecard
from kamrules.scoring.ledger import span_of
from kamrules.scoring.stakeholders import Answer, map_stakeholders

Kind = Literal["criterion", "people", "health"]
# Personality (DISC) never moves a probability, whoever writes the pack.
_PERSONALITY = "personality"


class Assesses(Protocol):
    """What an engine must offer here; the engine itself stands floors above."""

    pack: Pack
    plan: Plan

    def read(self, deal: Any) -> Any:
        """Return a deal as a record."""
        ...

    def run(self, deal: Any, *, as_of: date) -> Any:
        """Return the bare outcome of the plan."""
        ...


@dataclass(frozen=True, slots=True)
class Column:
    """One column: which `part` of what `source` (a criterion, a measure, a dimension of the health).

    `least` and `most` bound its values where bounds are known.
    """

    name: str
    kind: Kind
    source: str
    part: Literal["met", "yes", "unknown", "low", "high", "listed"]
    least: float = 0.0
    most: float = 1.0

    @property
    def centre(self) -> float:
        """The middle of its bounds."""
        return (self.least + self.most) / 2

    @property
    def spread(self) -> float:
        """How far values typically lie from the centre.

        Half of the range for a yes or no, that of a uniform distribution for points: our choice, since
        before the first deal nothing better is known.
        """
        width = self.most - self.least
        return width / 2 if self.part not in {"low", "high"} else max(width, 1e-9) / math.sqrt(12)


def columns_of(pack: Pack, plan: Plan, until: str | None = None) -> tuple[Column, ...]:
    """Return the columns of a pack.

    Parameters
    ----------
    until : str, optional
        The last milestone whose criteria become columns. Criteria of the last milestones are close to the
        outcome itself, so a probability that shall help early leaves them out.

    Raises
    ------
    ArgumentError
        `until` is no milestone of the pack (A-VALUE).
    """
    milestones = list(pack.milestones)
    if until is not None and until not in milestones:
        fault = f"`{until}` given for until, a milestone of the pack expected"
        raise ArgumentError(Fault("A-VALUE", fault, hint=nearest(until, milestones)))
    allowed = set(milestones[: milestones.index(until) + 1] if until is not None else milestones)
    rules = {rule.id: rule for rule in plan.rules}
    return (
        *_of_criteria(pack, rules, allowed),
        *_of_people(),
        *_of_health(pack, plan),
    )


def _of_criteria(pack: Pack, rules: dict[str, Rule], allowed: set[str]) -> Iterator[Column]:
    for name, spec in pack.criteria.items():
        if spec.gate.split(".")[0] in allowed and _PERSONALITY not in fields_read(rules[name].when):
            yield Column(f"criterion.{name}.met", "criterion", name, "met")
            yield Column(f"criterion.{name}.unknown", "criterion", name, "unknown")


def _of_people() -> Iterator[Column]:
    yield Column("people.listed", "people", "", "listed")
    for name, measure in map_stakeholders(None).measures().items():
        if isinstance(measure, Answer):
            yield Column(f"people.{name}.yes", "people", name, "yes")
            yield Column(f"people.{name}.unknown", "people", name, "unknown")
        else:
            yield Column(f"people.{name}.low", "people", name, "low")
            yield Column(f"people.{name}.high", "people", name, "high")


def _of_health(pack: Pack, plan: Plan) -> Iterator[Column]:
    for name, (least, most) in health_spans(pack, plan).items():
        yield Column(f"health.{name}.low", "health", name, "low", least, most)
        yield Column(f"health.{name}.high", "health", name, "high", least, most)


def health_spans(pack: Pack, plan: Plan) -> dict[str, tuple[float, float]]:
    """Return the least and most points of each dimension of the health."""
    found = {}
    for card in health_cards(pack, plan):
        least, most = zip(*map(span_of, card.entries), strict=True)
        found[card.id] = (sum(least), sum(most))
    return found


def health_cards(pack: Pack, plan: Plan) -> tuple[Scorecard, ...]:
    """Return the health as one scorecard a dimension, named after it; an entry without one is its own."""
    if pack.health is None:
        return ()
    card = next(card for card in plan.scorecards if card.id == pack.health)
    specs = pack.scorecards[pack.health].entries
    found: dict[str, tuple[Entry, ...]] = {}
    for entry in card.entries:
        nodes = [node for part in ("when", "value") if (node := getattr(entry, part, None)) is not None]
        if not any(_PERSONALITY in fields_read(node) for node in nodes):
            name = specs[entry.id].dimension or entry.id
            found[name] = (*found.get(name, ()), entry)
    return tuple(Scorecard(name, entries) for name, entries in found.items())


def fields_read(node: Node) -> frozenset[str]:
    """Return the last names of the fields a condition reads."""
    return frozenset(part.name for part in walk(node) if isinstance(part, Field))
