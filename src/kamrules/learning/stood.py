"""Closed deals as they stood at each gate, on the day they were first moved past it.

Deals that die early never meet late criteria, so met would mean won whatever is asked (survivorship).
Therefore a criterion is judged on the day on which the seller first moved the deal past its gate, on what was
recorded by then; deals never moved past it are not compared at that gate. This is a landmark analysis
(Anderson, Cain & Gelber, J. Clin. Oncol. 1, 1983). A gate passed after the day of prediction (`closed_deals`:
30 days before the outcome) is left out too: much is filled in when the outcome is all but known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from kamrules.errors import ArgumentError, Fault, RecordError
from kamrules.learning.closed import SEGMENT, ClosedDeals, LeftOut
from kamrules.learning.moves import moves_of, passages
from kamrules.rules.places import type_at
from kamrules.rules.verdict import Status
from kamrules.scoring.clean import clean
from kamrules.scoring.columns import Assesses
from kamrules.timeline.timeline import Timeline

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Stood:
    """One closed deal: the status of each criterion at the gates it was moved past, by the criterion's id."""

    deal_id: str
    won: bool
    segment: str | None
    statuses: Mapping[str, Status]


@dataclass(frozen=True, slots=True)
class AtGates:
    """Closed deals as they stood, and those left out as a record of theirs does not fit the pack."""

    deals: tuple[Stood, ...]
    left_out: tuple[LeftOut, ...] = ()


def at_gates(
    engine: Assesses,
    histories: Mapping[str, Timeline],
    closed: ClosedDeals,
    *,
    progress: Progress | None = None,
) -> AtGates:
    """Return closed deals as they stood at their gates, without facts that trip red lines.

    Parameters
    ----------
    engine : a compiled pack with milestones
    histories : the events of each deal, by its id
    closed : the outcomes, see `closed_deals`
    progress : called with "gates", the deals done and all deals

    Examples
    --------
    >>> import kamrules as kr
    >>> from kamrules.learning.closed import closed_deals
    >>> from kamrules.timeline import FactSet, timelines
    >>> def fact(name, day, path, value):
    ...     return FactSet(id=name, deal_id="D1", path=path, value=value, effective_on=day, recorded_at=day)
    >>> histories = timelines([
    ...     fact("E1", "2026-01-05", "deal.milestone", "M1"),
    ...     fact("E2", "2026-02-02", "deal.milestone", "M2"),
    ...     fact("E3", "2026-06-01", "deal.status", "lost"),
    ...     fact("E4", "2026-06-01", "deal.closed_on", "2026-06-01")])
    >>> engine = kr.compile(kr.load_pack("handbook"))
    >>> found = at_gates(engine, histories, closed_deals(histories.values())).deals[0]
    >>> found.statuses["M1.E1"], "M2.X1" in found.statuses  # it was never moved past M2
    ('unknown', False)
    """
    milestones = list(engine.pack.milestones)
    by_gate: dict[str, list[str]] = {}
    for name, spec in engine.pack.criteria.items():
        by_gate.setdefault(spec.gate, []).append(name)
    found: list[Stood] = []
    bad: list[LeftOut] = []
    for done, deal in enumerate(closed.deals, start=1):
        history = histories[deal.deal_id]
        moves = passages(moves_of(history, until=deal.predicted_on), milestones)
        days: dict[date, list[str]] = {}
        for gate, move in moves.items():
            days.setdefault(move.day, []).extend(by_gate.get(gate, ()))
        try:
            statuses = _statuses(engine, history, days)
        except RecordError as problem:
            bad.append(LeftOut(deal.deal_id, "bad record", problem.faults))
        else:
            found.append(Stood(deal.deal_id, deal.won, deal.segment, statuses))
        if progress is not None:
            progress("gates", done, len(closed.deals))
    return AtGates(tuple(found), tuple(bad))


def _statuses(engine: Assesses, history: Timeline, days: Mapping[date, Sequence[str]]) -> dict[str, Status]:
    """Return the statuses of criteria, each judged on its day."""
    found: dict[str, Status] = {}
    for day, names in days.items():
        judged = clean(engine, history.as_of(day), as_of=day).statuses
        found |= {name: judged[name] for name in names}
    return found


def refuse_no_fact(engine: Assesses, path: str) -> None:
    """Raise if no fact of a record stands at a path, such as one to group deals by.

    Raises
    ------
    ArgumentError
        A-PATH.
    """
    if type_at(engine.plan.schema, path) is None or not path.startswith("deal."):
        message = f"no fact `{path}`, one such as {SEGMENT} expected"
        raise ArgumentError(Fault("A-PATH", message))


def segments_of(deals: Iterable[Stood], least: int) -> list[str]:
    """Return the segment of each deal; those of fewer than `least` deals are one, named by an empty text."""
    given = [deal.segment or "" for deal in deals]
    counts = Counter(given)
    return [name if counts[name] >= least else "" for name in given]
