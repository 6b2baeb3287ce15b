"""What kamrules says of one deal: typed, frozen, JSON-ready, with a stable schema.

`SCHEMA_VERSION` changes when a field is removed or changes meaning; adding one does not change it.
Texts are looked up in the pack by language when an assessment is turned to JSON, so an assessment itself
holds ids, statuses, paths and values only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from kamrules.errors import Fault
from kamrules.rules.verdict import Status

SCHEMA_VERSION = "1"

Side = Literal["entry", "exit"]
RedLineStatus = Literal["tripped", "clear", "unknown", "not_applicable"]
BreachStatus = Literal["breach", "ok", "unknown", "not_applicable"]


@dataclass(frozen=True, slots=True)
class FactRead:
    """One fact a verdict read: its path in the record, the value, the evidence level if one is recorded."""

    path: str
    value: Any
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class CriterionResult:
    """Verdict on one entry or exit criterion.

    `facts` are the known facts read, `missing` the paths whose values would be needed while unknown.
    """

    id: str
    milestone: str
    side: Side
    is_hard: bool
    status: Status
    facts: tuple[FactRead, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MilestoneResult:
    """One milestone: `open` when its exit may be worked on, `passed`, `blocked` or `unknown`.

    `blockers` are hard criteria that are unmet, `unknowns` hard criteria that are unknown; entry and exit together.
    """

    id: str
    status: Literal["passed", "blocked", "unknown"]
    blockers: tuple[str, ...] = ()
    unknowns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StageResult:
    """Claimed stage against the stage the evidence supports.

    `supported` is the furthest milestone whose predecessors are all passed on known facts; `possible` the
    furthest one if every unknown turned out met. `claim` compares the claimed milestone with both.
    """

    claimed: str | None
    supported: str
    possible: str
    claim: Literal["supported", "not_proven", "contradicted", "behind", "none"]
    skipped: tuple[str, ...] = ()
    milestones: tuple[MilestoneResult, ...] = ()


@dataclass(frozen=True, slots=True)
class TierResult:
    """The tiers still possible for the account, best first; one when decided, none when the table has a gap.

    `why_not` tells for each better row which of its conditions fail or are unknown, as readable texts.
    """

    possible: tuple[str, ...]
    recorded: str | None
    valid_for_year: int | None
    why_not: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def decided(self) -> str | None:
        """The tier when exactly one is possible, else None."""
        return self.possible[0] if len(self.possible) == 1 else None


@dataclass(frozen=True, slots=True)
class RedLineResult:
    """Verdict on one red line."""

    id: str
    severity: str
    status: RedLineStatus
    facts: tuple[FactRead, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FindingResult:
    """Verdict on one work rule: a breach never blocks."""

    id: str
    severity: str
    status: BreachStatus
    facts: tuple[FactRead, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """One fact worth asking: how many hard criteria wait for it at the next gate, and in all."""

    path: str
    opens: tuple[str, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class Assessment:
    """Everything kamrules says of one deal on one day.

    `criteria`, `red_lines` and `findings` are complete and in pack order; `ask_first` ranks the unknown facts
    of the next gate.
    """

    deal_id: str | None
    deal_name: str | None
    account_name: str | None
    as_of: str
    pack_id: str
    pack_version: str
    pack_hash: str
    stage: StageResult
    tier: TierResult
    criteria: tuple[CriterionResult, ...]
    red_lines: tuple[RedLineResult, ...]
    findings: tuple[FindingResult, ...]
    ask_first: tuple[Question, ...]
    issues: tuple[Fault, ...] = ()
    schema_version: str = SCHEMA_VERSION


@dataclass(frozen=True, slots=True)
class Rejection:
    """A record that could not be read: its place in the input, its id if it had one, and every fault."""

    row: int
    id: str | None
    faults: tuple[Fault, ...]
    record: Any = None

    def to_dict(self) -> dict[str, Any]:
        """Return the rejection as plain JSON-ready data."""
        return {"row": self.row, "id": self.id, "faults": [fault.to_dict() for fault in self.faults]}
