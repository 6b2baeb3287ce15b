"""Closed deals at their gates as bits of whole numbers, so that thousands of comparisons take moments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from kamrules.learning.gate_policy import GatePolicy
from kamrules.learning.shares import Pair, adjusted, chance_of, difference
from kamrules.learning.stood import Stood, segments_of
from kamrules.rules.verdict import Status
from kamrules.scoring.validation.skill import Measured, wilson

_KNOWN: tuple[Status, ...] = ("met", "unmet")


@dataclass(frozen=True, slots=True)
class Tally:
    """Deals of one status, and the share won with its Wilson interval; None without deals."""

    deals: int
    won: int
    rate: Measured | None


@dataclass(frozen=True)
class Book:
    """The deals as bits of whole numbers: who is in a segment, who has which status of which criterion."""

    policy: GatePolicy
    named: Sequence[str]
    segments: Mapping[str, int]
    statuses: Mapping[tuple[str, Status], int]

    @classmethod
    def of(cls, deals: Sequence[Stood], policy: GatePolicy) -> Book:
        """Return the book of deals; small segments are put together."""
        named = segments_of(deals, policy.min_segment)
        statuses: defaultdict[tuple[str, Status], list[int]] = defaultdict(list)
        for place, deal in enumerate(deals):
            for name, status in deal.statuses.items():
                statuses[name, status].append(place)
        segments = {name: mask_of(places, len(deals)) for name, places in members_of(named).items()}
        return cls(
            policy, named, segments, {key: mask_of(places, len(deals)) for key, places in statuses.items()}
        )

    def who(self, name: str, status: Status) -> int:
        """Return the deals of a status."""
        return self.statuses.get((name, status), 0)

    def tally(self, name: str, status: Status, outcome: int) -> Tally:
        """Return how many deals of a status there are and were won; `outcome` are the won ones."""
        who = self.who(name, status)
        deals, won = who.bit_count(), (who & outcome).bit_count()
        return Tally(deals, won, wilson(won, deals, self.policy.confidence) if deals else None)

    def pairs(self, name: str, other: Status, outcome: int) -> tuple[Pair, ...]:
        """Return met against another status, in each segment that has both."""
        met, rest = self.who(name, "met"), self.who(name, other)
        found = (
            Pair(
                (met & segment & outcome).bit_count(),
                (met & segment).bit_count(),
                (rest & segment & outcome).bit_count(),
                (rest & segment).bit_count(),
            )
            for segment in self.segments.values()
        )
        return tuple(pair for pair in found if pair.weight)

    def chances(self, outcome: int) -> dict[str, float]:
        """Return the p-value of each criterion with enough deals on either side."""
        found = {}
        for name in dict.fromkeys(name for name, _ in self.statuses):
            if min(self.who(name, status).bit_count() for status in _KNOWN) >= self.policy.min_deals:
                pairs = self.pairs(name, "unmet", outcome)
                if pairs:
                    found[name] = _chance(pairs)
        return found

    def kept(self, outcome: int, chances: Mapping[str, float]) -> Iterator[str]:
        """Yield the criteria that met wins more at, adjusted for all of them."""
        for name, q in zip(chances, adjusted(list(chances.values())), strict=True):
            if q <= self.policy.level and _met_wins_more(self.pairs(name, "unmet", outcome)):
                yield name


@lru_cache(maxsize=65_536)
def _chance(pairs: tuple[Pair, ...]) -> float:
    return chance_of(pairs)


def _met_wins_more(pairs: Sequence[Pair]) -> bool:
    differs = difference(pairs)
    return differs is not None and differs.value > 0


def members_of(named: Sequence[str]) -> dict[str, list[int]]:
    """Return the places of the deals of each segment."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for place, segment in enumerate(named):
        found[segment].append(place)
    return dict(found)


def mask_of(places: Iterable[int], size: int) -> int:
    """Return a number with these bits set; written as a text first, which takes time in proportion to it."""
    text = bytearray(b"0" * max(size, 1))
    for place in places:
        text[-1 - place] = ord("1")
    return int(text.decode(), 2)
