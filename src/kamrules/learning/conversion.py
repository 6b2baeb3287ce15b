"""How many of the deals that enter a milestone go on, are lost, or are still there, with intervals.

Deals that are still open are no failures: they are censored, and count as long as they were watched. Going on
and being lost are competing risks, so shares are those of Aalen and Johansen (Scand. J. Stat. 5, 1978), which
without open deals are simply counted shares.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, Literal

from kamrules.errors import ArgumentError, Fault
from kamrules.learning.moves import moves_of
from kamrules.scoring.validation.skill import Measured, wilson
from kamrules.timeline.timeline import Timeline

Ending = Literal["onward", "lost", "open"]
_LOST = frozenset({"lost", "cancelled"})
# A share of ten deals is known to about 25 points either way (our choice, as in `WinProbability`).
MIN_DEALS = 10
# Shares are sums of floats; less than this is none of the deals, or all.
_NOTHING = 1e-12


@dataclass(frozen=True, slots=True)
class Spell:
    """One deal in a milestone, from its first claim for `days`: it went on, was lost, or is still open."""

    deal_id: str
    milestone: str
    days: int
    ending: Ending


@dataclass(frozen=True, slots=True)
class Conversion:
    """What became within `days` of the deals that entered a milestone.

    `onward`, `lost` and `open` are counts; the shares take into account that open deals may still go either
    way, and are None where fewer deals entered than asked for.
    """

    milestone: str
    entered: int
    onward: int
    lost: int
    open: int
    days: int
    onward_share: Measured | None
    lost_share: Measured | None


def spells_of(histories: Iterable[Timeline], milestones: Sequence[str], *, as_of: date) -> tuple[Spell, ...]:
    """Return the time of each deal in each milestone that it was claimed in, on what is recorded now.

    A deal goes on when a later milestone is first claimed, or when it is won; it is lost when it is lost or
    cancelled, on the day it was closed. A milestone that was leapt over was never entered. Falling back does
    not end a stay, and coming back begins none: only the first counts. A shelved deal is open.

    Examples
    --------
    >>> from kamrules.timeline import FactSet
    >>> claims = [FactSet(id=day, deal_id="D1", path="deal.milestone", value=value,
    ...     effective_on=day, recorded_at=day) for day, value in (("2026-05-04", "M1"), ("2026-06-01", "M3"))]
    >>> for spell in spells_of([Timeline.of(claims)], ["M1", "M2", "M3"], as_of=date(2026, 6, 30)):
    ...     print(spell.milestone, spell.days, spell.ending)
    M1 28 onward
    M3 29 open
    """
    places = {name: place for place, name in enumerate(milestones)}
    return tuple(spell for one in histories for spell in _spells(one, places, as_of))


def _spells(history: Timeline, places: Mapping[str, int], as_of: date) -> Iterator[Spell]:
    now = history.as_of(as_of)
    if now is None:
        return
    end, ending = _end(history, now, as_of)
    entered: list[tuple[str, date]] = []
    for move in moves_of(history, until=end):
        is_later = not entered or places.get(move.after, -1) > places[entered[-1][0]]
        if move.after in places and is_later:
            entered.append((move.after, move.day))
    for (milestone, day), (_, later) in pairwise(entered):
        yield Spell(history.deal_id, milestone, (later - day).days, "onward")
    if entered:
        milestone, day = entered[-1]
        yield Spell(history.deal_id, milestone, (end - day).days, ending)


def _end(history: Timeline, now: Mapping[str, Any], as_of: date) -> tuple[date, Ending]:
    """Return the last day that a deal is watched on, and how its last stay ends."""
    status = now.get("status")
    if status not in {*_LOST, "won"}:
        return as_of, "open"
    said = [
        event.recorded_at.date() for event in history.events if getattr(event, "path", "") == "deal.status"
    ]
    recorded = max((day for day in said if day <= as_of), default=as_of)
    try:
        closed = date.fromisoformat(now.get("closed_on") or "")
    except ValueError:
        closed = recorded
    return min(closed, as_of), "lost" if status in _LOST else "onward"


def conversions(
    spells: Iterable[Spell],
    milestones: Sequence[str],
    *,
    days: int | None = None,
    confidence: float = 0.9,
    min_deals: int = MIN_DEALS,
) -> tuple[Conversion, ...]:
    """Return what became of the deals in each milestone.

    Parameters
    ----------
    spells : see `spells_of`; those of one segment for its own conversion
    milestones : in their order
    days : days, >= 0
        How long after entering; by default as long as the last stay known to have ended.
    confidence : probability mass of the intervals
    min_deals : fewer deals that entered give no share

    Returns
    -------
    tuple of Conversion, one a milestone
        Intervals are Wilson's for as many deals as would know the share as well without open ones
        (effective sample size: Dorey & Korn, Stat. Med. 6, 1987).

    Raises
    ------
    ArgumentError
        `days` is negative, or `confidence` is not between 0 and 1 (A-VALUE).

    Examples
    --------
    >>> spells = [Spell(str(n), "M1", n, "onward" if n < 12 else "lost") for n in range(20)]
    >>> found = conversions(spells, ["M1"])[0]
    >>> found.onward, found.onward_share.value, round(found.onward_share.low, 2)
    (12, 0.6, 0.42)
    """
    if (days is not None and days < 0) or not 0 < confidence < 1:
        message = f"days {days} and confidence {confidence:g} given, 0 or more and between 0 and 1 expected"
        raise ArgumentError(Fault("A-VALUE", message))
    by_milestone: dict[str, list[Spell]] = {name: [] for name in milestones}
    for spell in spells:
        by_milestone.setdefault(spell.milestone, []).append(spell)
    found = []
    for name, some in by_milestone.items():
        last = max((spell.days for spell in some if spell.ending != "open"), default=0)
        within = last if days is None else days
        counts = Counter(spell.ending if spell.days <= within else "open" for spell in some)
        onward = lost = None
        if len(some) >= min_deals:
            onward = _share(some, "onward", within, confidence)
            lost = _share(some, "lost", within, confidence)
        found.append(
            Conversion(
                name, len(some), counts["onward"], counts["lost"], counts["open"], within, onward, lost
            )
        )
    return tuple(found)


def _share(spells: Sequence[Spell], ending: Ending, within: int, confidence: float) -> Measured:
    share, variance = incidence(spells, ending, within)
    known = sum(spell.ending != "open" or spell.days >= within for spell in spells)
    is_mixed = _NOTHING < share < 1 - _NOTHING and variance > _NOTHING
    deals = min(len(spells), share * (1 - share) / variance) if is_mixed else known
    return wilson(share * deals, deals, confidence)


def incidence(spells: Sequence[Spell], ending: Ending, within: int) -> tuple[float, float]:
    """Return the share of deals that end so within some days, and its variance.

    The variance is that of the delta method (Marubini & Valsecchi, Analysing Survival Data, 1995, ch. 10).
    A deal that is open counts as watched to the end of its last day.
    """
    all_of = Counter(spell.days for spell in spells)
    gone_of = Counter(spell.days for spell in spells if spell.ending != "open")
    ends_of = Counter(spell.days for spell in spells if spell.ending == ending)
    steps = []
    share, there = 0.0, 1.0  # of deals that ended so by now, and of those still in the milestone
    at_risk = len(spells)
    for day in sorted(day for day in all_of if day <= within):
        ends, gone = ends_of[day], gone_of[day]
        share += there * ends / at_risk
        steps.append((share, there, at_risk, ends, gone))
        there *= 1 - gone / at_risk
        at_risk -= all_of[day]
    variance = 0.0
    for then, before, seen, ends, gone in steps:
        later = share - then
        if gone < seen:
            variance += later**2 * gone / (seen * (seen - gone))
        variance += before**2 * ends * (seen - ends) / seen**3
        variance -= 2 * later * before * ends / seen**2
    return min(1.0, share), max(0.0, variance)
