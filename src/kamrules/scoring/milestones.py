"""Which milestone the evidence supports, against the one claimed.

A deal has reached the first milestone when its entry holds; it has reached the next one when it has reached
and passed the one before (all hard exit criteria met or not applicable) and the entry of the next one holds.
A milestone with a late entry may be reached without the ones before. `supported` counts unknown criteria as
not passed, `possible` as passed, so the truth lies between the two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from kamrules.rules.verdict import Claim, Status

_HOLDS = ("met", "not_applicable")


@dataclass(frozen=True, slots=True)
class Gate:
    """The hard criteria of one milestone, by side, and whether it has a late entry that holds."""

    milestone: str
    entry: tuple[str, ...]
    exit: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MilestoneState:
    """One milestone: `passed` if all its hard criteria hold, `blocked` if one is unmet, else `unknown`."""

    id: str
    status: Literal["passed", "blocked", "unknown"]
    blockers: tuple[str, ...]
    unknowns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """Claimed, supported and possible milestone, and what stands between.

    `supported` is None when not even the entry of the first milestone holds. `gate` names the hard criteria
    of the next gate (exit of the supported milestone and entry of the one after); `blockers` and `unknowns`
    are those that are unmet and unknown. `regressed` are milestones before the claimed one where something
    was achieved but a hard criterion is unmet now; `skipped` are those where no exit criterion holds.
    """

    claimed: str | None
    supported: str | None
    possible: str | None
    claim: Claim
    is_complete: bool
    gate: tuple[str, ...]
    blockers: tuple[str, ...]
    unknowns: tuple[str, ...]
    regressed: tuple[str, ...]
    skipped: tuple[str, ...]
    milestones: tuple[MilestoneState, ...]


def judge_stage(
    gates: Sequence[Gate],
    statuses: Mapping[str, Status],
    claimed: str | None,
    late_entries: Mapping[str, Status] | None = None,
) -> Stage:
    """Return where the deal stands.

    Parameters
    ----------
    gates : sequence of Gate, in the order of the milestones
    statuses : status of every criterion named by the gates
    claimed : id of the claimed milestone, or None
    late_entries : status of the late-entry rule of a milestone that has one

    Returns
    -------
    Stage

    Examples
    --------
    >>> gates = [Gate("M1", ("M1.E1",), ("M1.X1",)), Gate("M2", (), ("M2.X1",))]
    >>> stage = judge_stage(gates, {"M1.E1": "met", "M1.X1": "unknown", "M2.X1": "unmet"}, "M2")
    >>> stage.supported, stage.possible, stage.claim, stage.unknowns
    ('M1', 'M2', 'not_proven', ('M1.X1',))
    """
    late = late_entries or {}
    sure = _reach(gates, statuses, late, lambda status: status in _HOLDS)
    maybe = _reach(gates, statuses, late, lambda status: status != "unmet")
    gate = _next_gate(gates, sure)
    states = tuple(_state(gate_, statuses) for gate_ in gates)
    order = [gate_.milestone for gate_ in gates]
    place = order.index(claimed) if claimed in order else -1
    before = [] if late.get(claimed or "") == "met" else list(range(max(place, 0)))
    achieved = [any(statuses[name] == "met" for name in gate_.exit) for gate_ in gates]
    return Stage(
        claimed=claimed,
        supported=order[sure] if sure >= 0 else None,
        possible=order[maybe] if maybe >= 0 else None,
        claim=_claim(place, sure, maybe),
        is_complete=0 <= sure == len(order) - 1 and states[sure].status == "passed",
        gate=gate,
        blockers=tuple(name for name in gate if statuses[name] == "unmet"),
        unknowns=tuple(name for name in gate if statuses[name] == "unknown"),
        regressed=tuple(order[i] for i in before if states[i].status == "blocked" and achieved[i]),
        skipped=tuple(order[i] for i in before if states[i].status == "blocked" and not achieved[i]),
        milestones=states,
    )


def _reach(
    gates: Sequence[Gate],
    statuses: Mapping[str, Status],
    late: Mapping[str, Status],
    holds: Callable[[Status], bool],
) -> int:
    """Return the index of the furthest milestone reached, -1 for none."""
    reached = -1
    connected = True
    for index, gate in enumerate(gates):
        is_late = gate.milestone in late and holds(late[gate.milestone])
        entered = (connected or is_late) and all(holds(statuses[name]) for name in gate.entry)
        if entered:
            reached = index
        connected = entered and all(holds(statuses[name]) for name in gate.exit)
    return reached


def _next_gate(gates: Sequence[Gate], reached: int) -> tuple[str, ...]:
    if reached < 0:
        return gates[0].entry if gates else ()
    after = gates[reached + 1].entry if reached + 1 < len(gates) else ()
    return (*gates[reached].exit, *after)


def _state(gate: Gate, statuses: Mapping[str, Status]) -> MilestoneState:
    names = (*gate.entry, *gate.exit)
    blockers = tuple(name for name in names if statuses[name] == "unmet")
    unknowns = tuple(name for name in names if statuses[name] == "unknown")
    status: Literal["passed", "blocked", "unknown"] = (
        "blocked" if blockers else "unknown" if unknowns else "passed"
    )
    return MilestoneState(gate.milestone, status, blockers, unknowns)


def _claim(place: int, sure: int, maybe: int) -> Claim:
    if place < 0:
        return "none"
    if place < sure:
        return "behind"
    if place == sure:
        return "supported"
    return "not_proven" if place <= maybe else "contradicted"
