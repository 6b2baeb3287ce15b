"""What each gate was worth: how deals that passed it with a criterion met fared against those without.

It is an association among deals that were let through, never a cause: who meets a criterion may differ in
much else. Deals are compared within their segment, each on the day it passed the gate (`stood`). As many
criteria are looked at, chance is accounted for (`shares.adjusted`, `ByChance`).
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from kamrules.errors import ArgumentError, Fault
from kamrules.learning.shares import Pair, adjusted, chance_of, chance_of_less, difference
from kamrules.learning.stood import Progress, Stood, segments_of
from kamrules.rules.pack import Pack
from kamrules.rules.verdict import Status
from kamrules.scoring.validation.skill import Measured, wilson

Verdict = Literal["keep", "sharpen", "retire", "not enough deals"]
Why = Literal[
    "tells",
    "met wins less",
    "tells little",
    "often unknown",
    "nearly all meet it",
    "few on a side",
    "still open",
]
LEVEL = 0.1
LEAST_WORTH = 0.1
_KNOWN: tuple[Status, ...] = ("met", "unmet")


@dataclass(frozen=True, slots=True)
class GatePolicy:
    """The thresholds of the verdicts, all of them our choice.

    Parameters
    ----------
    level : between 0 and 1
        At most this share of the gates called `keep` may be there by chance (and of those called `retire`).
        0.1: a gate kept in vain costs a form, so one in ten is borne.
    least_worth : share, between 0 and 1
        A difference of less than 10 points in the share won is not worth asking for.
    min_deals : deals
        With fewer on either side nothing is said of the difference. 10, as in `WinProbability`: a share of
        ten deals is known to about 25 points either way.
    min_outcomes : deals
        With fewer closed deals won, or lost, nothing is said at all. 10, for the same reason.
    most_unknown, most_met : shares
        A criterion unknown for surely more than a third when deals pass is not being asked; one that surely
        more than 19 of 20 meet keeps nobody back.
    min_segment : deals
        Segments of fewer deals are put together: within them hardly any pair could be compared.
    confidence : probability mass of the intervals
    """

    level: float = LEVEL
    least_worth: float = LEAST_WORTH
    min_deals: int = 10
    min_outcomes: int = 10
    most_unknown: float = 1 / 3
    most_met: float = 0.95
    min_segment: int = 10
    confidence: float = 0.9

    def __post_init__(self) -> None:
        shares = ("level", "least_worth", "most_unknown", "most_met", "confidence")
        counts = ("min_deals", "min_outcomes", "min_segment")
        wrong = [(name, "between 0 and 1") for name in shares if not 0 < getattr(self, name) < 1]
        wrong += [(name, "1 or more") for name in counts if getattr(self, name) < 1]
        if wrong:
            raise ArgumentError(
                Fault("A-VALUE", f"`{getattr(self, name)}` given for {name}, {what} expected")
                for name, what in wrong
            )


@dataclass(frozen=True, slots=True)
class Tally:
    """Deals of one status, and the share won with its Wilson interval; None without deals."""

    deals: int
    won: int
    rate: Measured | None


@dataclass(frozen=True, slots=True)
class GateValue:
    """One criterion.

    `difference` is the share won when met less that when unmet, `unknown_difference` the same against
    unknown, within segments; None where no segment has both. `p` is the chance of a difference as great by
    chance alone, `q` adjusted for all criteria; `q_less` the same for "it makes `least_worth` or more". They
    are None with too few deals on a side. `not_past` are the closed deals never moved past the gate.
    """

    id: str
    milestone: str
    met: Tally
    unmet: Tally
    unknown: Tally
    not_applicable: Tally
    not_past: int
    difference: Measured | None
    unknown_difference: Measured | None
    p: float | None
    q: float | None
    q_less: float | None
    verdict: Verdict
    why: Why


@dataclass(frozen=True, slots=True)
class ByChance:
    """How many gates the same rules call `keep` where outcomes are shuffled among the deals of a segment.

    `mean` over the shuffles; in 95 of 100 of them it is at most `most`.
    """

    shuffles: int
    mean: float
    most: int


@dataclass(frozen=True, slots=True)
class GateReport:
    """The value of each gate, or why nothing is said (`refusal`)."""

    deals: int
    won: int
    gates: tuple[GateValue, ...]
    policy: GatePolicy
    by_chance: ByChance | None = None
    refusal: Literal["not enough history"] | None = None
    segments: tuple[str, ...] = field(default=())


def gate_values(  # noqa: PLR0913 - what is compared, how, and the shuffles
    pack: Pack,
    deals: Sequence[Stood],
    *,
    policy: GatePolicy | None = None,
    shuffles: int = 100,
    seed: int = 0,
    progress: Progress | None = None,
) -> GateReport:
    """Return what each criterion of a pack was worth among closed deals.

    Parameters
    ----------
    pack : its criteria, in this order
    deals : see `at_gates`
    policy : thresholds of the verdicts
    shuffles : how often outcomes are shuffled for `by_chance`; 0 for never
    seed : of the shuffles
    progress : called with "shuffles", those done and all

    Returns
    -------
    GateReport
        Verdicts by the first rule that holds:

        1. `keep`: met wins more, with a q-value of at most `level`
        2. `sharpen`: met wins less, with a q-value of at most `level`
        3. `retire`: the difference is less than `least_worth`, with a q-value of at most `level`
        4. `sharpen`: often unknown, or met by nearly all (see `GatePolicy`)
        5. `not enough deals`: fewer than `min_deals` on a side, or the interval leaves it open

        The first three need `min_deals` both met and unmet.

    Examples
    --------
    >>> import kamrules as kr
    >>> pack = kr.load_pack("handbook")
    >>> deals = [Stood(str(n), n % 10 < (7 if n % 2 else 2), None, {"M1.E1": "met" if n % 2 else "unmet"})
    ...     for n in range(200)]
    >>> found = gate_values(pack, deals, shuffles=0).gates[0]
    >>> found.id, found.verdict, found.met.won, found.unmet.won
    ('M1.E1', 'keep', 60, 20)
    """
    rules = policy or GatePolicy()
    won = sum(deal.won for deal in deals)
    if min(won, len(deals) - won) < rules.min_outcomes:
        return GateReport(len(deals), won, (), rules, refusal="not enough history")
    book = _Book.of(deals, rules)
    outcome = _mask((place for place, deal in enumerate(deals) if deal.won), len(deals))
    chances = book.chances(outcome)
    less = {name: chance_of_less(book.pairs(name, "unmet", outcome), rules.least_worth) for name in chances}
    q = dict(zip(chances, adjusted(list(chances.values())), strict=True))
    q_less = dict(zip(less, adjusted(list(less.values())), strict=True))
    gates = tuple(
        _value(pack, book, name, outcome, (chances.get(name), q.get(name), q_less.get(name)))
        for name in pack.criteria
    )
    chance = _by_chance(book, deals, shuffles, seed, progress) if shuffles else None
    return GateReport(len(deals), won, gates, rules, chance, None, tuple(sorted(set(book.named))))


@dataclass(frozen=True)
class _Book:
    """The deals as bits of whole numbers: who is in a segment, who has which status of which criterion."""

    policy: GatePolicy
    named: Sequence[str]
    segments: Mapping[str, int]
    statuses: Mapping[tuple[str, Status], int]

    @classmethod
    def of(cls, deals: Sequence[Stood], policy: GatePolicy) -> _Book:
        named = segments_of(deals, policy.min_segment)
        statuses: defaultdict[tuple[str, Status], list[int]] = defaultdict(list)
        for place, deal in enumerate(deals):
            for name, status in deal.statuses.items():
                statuses[name, status].append(place)
        segments = {name: _mask(places, len(deals)) for name, places in _members(named).items()}
        return cls(
            policy, named, segments, {key: _mask(places, len(deals)) for key, places in statuses.items()}
        )

    def who(self, name: str, status: Status) -> int:
        return self.statuses.get((name, status), 0)

    def tally(self, name: str, status: Status, outcome: int) -> Tally:
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


def _value(
    pack: Pack, book: _Book, name: str, outcome: int, found: tuple[float | None, float | None, float | None]
) -> GateValue:
    met, unmet, unknown, apart = (
        book.tally(name, status, outcome) for status in ("met", "unmet", "unknown", "not_applicable")
    )
    p, q, q_less = found
    pairs = book.pairs(name, "unmet", outcome)
    differs = difference(pairs, book.policy.confidence)
    verdict, why = _verdict(book.policy, (met, unmet, unknown), differs, q, q_less)
    at_gate = met.deals + unmet.deals + unknown.deals + apart.deals
    return GateValue(
        id=name,
        milestone=pack.criteria[name].gate.split(".")[0],
        met=met,
        unmet=unmet,
        unknown=unknown,
        not_applicable=apart,
        not_past=len(book.named) - at_gate,
        difference=differs,
        unknown_difference=difference(book.pairs(name, "unknown", outcome), book.policy.confidence),
        p=p,
        q=q,
        q_less=q_less,
        verdict=verdict,
        why=why,
    )


def _verdict(
    policy: GatePolicy,
    tallies: tuple[Tally, Tally, Tally],
    differs: Measured | None,
    q: float | None,
    q_less: float | None,
) -> tuple[Verdict, Why]:
    met, unmet, unknown = tallies
    if q is not None and q <= policy.level and differs is not None:
        return ("keep", "tells") if differs.value > 0 else ("sharpen", "met wins less")
    if q_less is not None and q_less <= policy.level:
        return "retire", "tells little"
    asked = met.deals + unmet.deals + unknown.deals
    if wilson(unknown.deals, asked, policy.confidence).low > policy.most_unknown:
        return "sharpen", "often unknown"
    if wilson(met.deals, asked, policy.confidence).low > policy.most_met:
        return "sharpen", "nearly all meet it"
    return "not enough deals", "few on a side" if q is None else "still open"


def _by_chance(
    book: _Book, deals: Sequence[Stood], shuffles: int, seed: int, progress: Progress | None
) -> ByChance:
    rng = random.Random(seed)  # noqa: S311 - shuffles, not secrets
    members = list(_members(book.named).values())
    counts = []
    for done in range(1, shuffles + 1):
        winners = (rng.sample(places, sum(deals[place].won for place in places)) for places in members)
        outcome = _mask((place for places in winners for place in places), len(deals))
        counts.append(sum(1 for _ in book.kept(outcome, book.chances(outcome))))
        if progress is not None:
            progress("shuffles", done, shuffles)
    counts.sort()
    return ByChance(shuffles, sum(counts) / shuffles, counts[min(shuffles - 1, int(0.95 * shuffles))])


def _members(named: Sequence[str]) -> dict[str, list[int]]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    for place, segment in enumerate(named):
        found[segment].append(place)
    return dict(found)


def _mask(places: Iterable[int], size: int) -> int:
    """Return a number with these bits set; written as a text first, which takes time in proportion to it."""
    text = bytearray(b"0" * max(size, 1))
    for place in places:
        text[-1 - place] = ord("1")
    return int(text.decode(), 2)
