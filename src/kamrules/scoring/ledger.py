"""A score as a ledger: entries that sum to it, each an interval with the facts it read.

The score of a deal lies between `low` (every unknown turns out worst) and `high` (best); filling in the
unknowns can only narrow the interval. `score` is its middle, for sorting: it claims no more than that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from kamrules.rules.backends.reference import entry_points
from kamrules.rules.lang.core import Exists, Node
from kamrules.rules.lang.reference import Env, Interval, Place, Unknown, elements, locate, value_of
from kamrules.rules.plan import Entry, Flag, Mean, Scale, Scorecard, Share
from kamrules.rules.trace import Fact, facts_of


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One line of a ledger: points from `low` to `high` out of the interval [`worst`, `best`] it may give.

    `missing` are the paths whose values would narrow it.
    """

    id: str
    dimension: str | None
    low: float
    high: float
    worst: float
    best: float
    facts: tuple[Fact, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Band:
    """A grade and the points it starts at."""

    grade: str
    at_least: float


@dataclass(frozen=True, slots=True)
class Health:
    """A score with its interval, the grades it may still be (best first), and what it is made of.

    `vetoed_by` names the red lines that override the grade: a vetoed deal has no grade. `ledger` is filled
    with detail "full": `base` plus the entries' lows sum to `low`, their highs to `high`. `for_it` and
    `against_it` are the entries that surely give or surely withhold most, largest first.
    """

    low: float
    high: float
    grades: tuple[str, ...]
    vetoed_by: tuple[str, ...] = ()
    base: float = 0.0
    ledger: tuple[LedgerEntry, ...] = ()

    @property
    def score(self) -> float:
        """The middle of the interval."""
        return (self.low + self.high) / 2

    @property
    def width(self) -> float:
        """How many points are unknown."""
        return self.high - self.low

    @property
    def for_it(self) -> tuple[LedgerEntry, ...]:
        """Entries that surely give points, most first."""
        given = [line for line in self.ledger if line.low > line.worst]
        return tuple(sorted(given, key=lambda line: (line.worst - line.low, line.id)))

    @property
    def against_it(self) -> tuple[LedgerEntry, ...]:
        """Entries that surely withhold points, most first."""
        lost = [line for line in self.ledger if line.high < line.best]
        return tuple(sorted(lost, key=lambda line: (line.high - line.best, line.id)))


def judge_health(
    low: float, high: float, bands: Sequence[Band], *, vetoed_by: tuple[str, ...] = ()
) -> Health:
    """Return the health of an interval of points, without its ledger.

    Parameters
    ----------
    low, high : float, points, low <= high
    bands : the grades, best first, each with the points it starts at
    vetoed_by : red lines that override the grade

    Examples
    --------
    >>> judge_health(40.0, 70.0, [Band("A", 80), Band("B", 60), Band("C", 0)]).grades
    ('B', 'C')
    """
    grades = () if vetoed_by else tuple(_grades(low, high, bands))
    return Health(low, high, grades, vetoed_by)


def _grades(low: float, high: float, bands: Sequence[Band]) -> list[str]:
    """Return the grades whose band meets [low, high]; points below every band have no grade."""
    found = []
    ceiling = float("inf")
    for band in bands:
        if high >= band.at_least and low < ceiling:
            found.append(band.grade)
        ceiling = band.at_least
    return found


def open_ledger(
    card: Scorecard,
    record: Any,
    as_of: date,
    *,
    root: str = "deal",
    dimensions: Mapping[str, str | None] | None = None,
) -> tuple[LedgerEntry, ...]:
    """Return the ledger of a scorecard on one record, by the reference meaning of each entry."""
    env = {root: Place(record, root), "as_of": Place(as_of, "as_of")}
    lines = []
    for entry in card.entries:
        points = entry_points(entry, env)
        worst, best = span_of(entry)
        facts = {
            fact.path: fact
            for node in _parts(entry)
            for fact in facts_of(node, env)
            if fact.value is not None
        }
        lines.append(
            LedgerEntry(
                entry.id,
                (dimensions or {}).get(entry.id),
                points.low,
                points.high,
                worst,
                best,
                tuple(facts.values()),
                tuple(sorted(_causes(entry, env))) if points.low < points.high else (),
            )
        )
    return tuple(lines)


def span_of(entry: Entry) -> tuple[float, float]:
    """Return the least and the most points an entry can give."""
    if isinstance(entry, Mean):
        ends = [entry.points * number for number in (0.0, *dict(entry.mapping).values())]
        return min(ends), max(ends)
    return min(0.0, entry.points), max(0.0, entry.points)


def _parts(entry: Entry) -> tuple[Node, ...]:
    """Return conditions that read what the entry reads."""
    match entry:
        case Flag(when=when):
            return (when,)
        case Scale(value=value):
            return (value,)
        case Share(range=range_, var=var, when=when):
            return (Exists(range_, var, when),)
        case Mean(range=range_, var=var, value=value, weight=weight):
            read = [Exists(range_, var, value)]
            return (*read, Exists(range_, var, weight)) if weight is not None else tuple(read)


def _causes(entry: Entry, env: Env) -> frozenset[str]:
    match entry:
        case Flag(when=node) | Scale(value=node):
            return _causes_of(node, env)
        case Share(when=node):
            inner: tuple[Node, ...] = (node,)
        case Mean(value=node, weight=weight):
            inner = (node,) if weight is None else (node, weight)
    found = elements(entry.range, entry.var, env)
    if found is None:
        return frozenset({locate(entry.range, env).path})
    return frozenset().union(*(_causes_of(part, one) for one in found for part in inner))


def _causes_of(node: Node, env: Env) -> frozenset[str]:
    value = value_of(node, env)
    return value.causes if isinstance(value, Unknown | Interval) else frozenset()
