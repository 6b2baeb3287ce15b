"""What each gate was worth: how deals that passed it with a criterion met fared against those without.

It is an association among deals that were let through, never a cause: who meets a criterion may differ in
much else. Deals are compared within their segment, each on the day it passed the gate (`stood`). As many
criteria are looked at, chance is accounted for (`shares.adjusted`, `ByChance`).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from kamrules.learning.gate_book import Book, Tally, mask_of, members_of
from kamrules.learning.gate_policy import GatePolicy
from kamrules.learning.shares import adjusted, chance_of_less, difference
from kamrules.learning.stood import Progress, Stood
from kamrules.rules.pack import Pack
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
    book = Book.of(deals, rules)
    outcome = mask_of((place for place, deal in enumerate(deals) if deal.won), len(deals))
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


def _value(
    pack: Pack, book: Book, name: str, outcome: int, found: tuple[float | None, float | None, float | None]
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
    book: Book, deals: Sequence[Stood], shuffles: int, seed: int, progress: Progress | None
) -> ByChance:
    rng = random.Random(seed)  # noqa: S311 - shuffles, not secrets
    members = list(members_of(book.named).values())
    counts = []
    for done in range(1, shuffles + 1):
        winners = (rng.sample(places, sum(deals[place].won for place in places)) for places in members)
        outcome = mask_of((place for places in winners for place in places), len(deals))
        counts.append(sum(1 for _ in book.kept(outcome, book.chances(outcome))))
        if progress is not None:
            progress("shuffles", done, shuffles)
    counts.sort()
    return ByChance(shuffles, sum(counts) / shuffles, counts[min(shuffles - 1, int(0.95 * shuffles))])
