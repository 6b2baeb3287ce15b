"""All that `kamrules gates` tells: the value of gates by closed deals, and how gates were passed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from kamrules.engine import Engine
from kamrules.learning.closed import LEAD_DAYS, SEGMENT, ClosedDeals, closed_deals
from kamrules.learning.gaming import GamingPolicy, GamingReport, gaming_signals
from kamrules.learning.gate_policy import GatePolicy
from kamrules.learning.gate_value import GateReport, gate_values
from kamrules.learning.stood import Progress, at_gates, refuse_no_fact
from kamrules.timeline.timeline import Timeline

Show = Literal["all", "values", "signals"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked: which of the two, how deals are compared, and by which thresholds.

    See `closed_deals` for `segment` and `lead_days`, `gate_values` for `shuffles` and `seed`.
    """

    show: Show = "all"
    segment: str = SEGMENT
    lead_days: int = LEAD_DAYS
    values: GatePolicy = field(default_factory=GatePolicy)
    gaming: GamingPolicy = field(default_factory=GamingPolicy)
    shuffles: int = 100
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """What was found; `values` or `gaming` is None where it was not asked for."""

    engine: Engine
    as_of: date
    closed: ClosedDeals
    values: GateReport | None
    gaming: GamingReport | None

    @property
    def has_findings(self) -> bool:
        """Whether a gate is to be sharpened or retired, something is worth asking, or history is short."""
        values, gaming = self.values, self.gaming
        is_told = values is not None and (
            values.refusal is not None or any(gate.verdict in {"sharpen", "retire"} for gate in values.gates)
        )
        return is_told or (gaming is not None and bool(gaming.signals))


def look_at_gates(
    engine: Engine,
    histories: Mapping[str, Timeline],
    asked: Asked | None = None,
    *,
    as_of: date,
    progress: Progress | None = None,
) -> Found:
    """Return the value of the gates, what is unusual in how they were passed, or both.

    Parameters
    ----------
    engine : a compiled pack
    histories : the events of each deal, by its id
    asked : what to look at, and how
    as_of : only what was recorded by the end of this day counts
    progress : called with a step, what is done of it, and all of it

    Raises
    ------
    ArgumentError
        No fact stands at the path of the segment (A-PATH).
    LeakageError
        Records hold facts of later days (L-LATE, L-DERIVED), so that the value of gates would be hindsight.

    Examples
    --------
    >>> import kamrules as kr
    >>> engine = kr.compile(kr.load_pack("handbook"))
    >>> found = look_at_gates(engine, {}, as_of=date(2026, 6, 30))
    >>> found.values.refusal, found.has_findings
    ('not enough history', True)
    """
    how = asked or Asked()
    refuse_no_fact(engine, how.segment)
    closed, values = ClosedDeals(()), None
    if how.show != "signals":
        closed = closed_deals(histories.values(), lead_days=how.lead_days, as_of=as_of, segment=how.segment)
        stood = at_gates(engine, histories, closed, progress=progress)
        closed = replace(closed, left_out=(*closed.left_out, *stood.left_out))
        values = gate_values(
            engine.pack,
            stood.deals,
            policy=how.values,
            shuffles=how.shuffles,
            seed=how.seed,
            progress=progress,
        )
    gaming = None
    if how.show != "values":
        gaming = gaming_signals(histories, engine.pack, engine.plan, as_of=as_of, policy=how.gaming)
    return Found(engine, as_of, closed, values, gaming)
