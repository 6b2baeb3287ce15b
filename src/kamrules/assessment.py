"""What kamrules says of one deal: typed, frozen, JSON-ready, with a stable schema.

`SCHEMA_VERSION` changes when a field is removed or changes meaning; adding one does not change it. An
assessment holds ids, statuses, paths and values; texts are looked up in the pack by language when it is
written as JSON (`Engine.to_dict`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kamrules.errors import Fault
from kamrules.notebook import html_by
from kamrules.records.rejection import Rejection as Rejection  # noqa: PLC0414 - made by readers, a floor below
from kamrules.rules.trace import Fact
from kamrules.rules.verdict import BreachStatus, RedLineStatus, Status
from kamrules.scoring.ledger import Health
from kamrules.scoring.milestones import Stage
from kamrules.scoring.questions import Question
from kamrules.scoring.stakeholders import StakeholderMap
from kamrules.scoring.tiers import Tier

SCHEMA_VERSION = "1"


@dataclass(frozen=True, slots=True)
class PackRef:
    """Which rules gave a verdict."""

    id: str
    version: str
    hash: str


@dataclass(frozen=True, slots=True)
class CriterionResult:
    """Verdict on one entry or exit criterion.

    With detail "full": `facts` are the known facts read, `missing` the paths whose values are needed while
    unknown, `failing` the parts of an unmet condition that fail, parameters filled in, or the ids that fail.
    """

    id: str
    milestone: str
    side: Literal["entry", "exit"]
    is_hard: bool
    status: Status
    facts: tuple[Fact, ...] = ()
    missing: tuple[str, ...] = ()
    failing: tuple[str, ...] = ()

    @property
    def oldest_days(self) -> int | None:
        """Age in days of the oldest evidence that the verdict rests on; None where none is dated."""
        return max(
            (fact.age_days for fact in self.facts if fact.is_decisive and fact.age_days is not None),
            default=None,
        )

    @property
    def is_single_sourced(self) -> bool:
        """Whether some fact that the verdict rests on is known from one source only."""
        return any(fact.sources == 1 for fact in self.facts if fact.is_decisive)


@dataclass(frozen=True, slots=True)
class RedLineResult:
    """Verdict on one red line; this is not legal advice.

    `waived_by` are the facts of the approval by which a named second person waived it; `act_on` is the day of
    the first act that trips it (an ISO date, None where the record does not say), by which law is cited.
    """

    id: str
    severity: Literal["BLOCK", "ESCALATE", "CAUTION"]
    status: RedLineStatus
    facts: tuple[Fact, ...] = ()
    missing: tuple[str, ...] = ()
    waived_by: tuple[Fact, ...] = ()
    act_on: str | None = None


@dataclass(frozen=True, slots=True)
class FindingResult:
    """Verdict on one work rule; a breach is reported and never blocks. `due_on` is an ISO date."""

    id: str
    severity: Literal["warning", "info"]
    status: BreachStatus
    facts: tuple[Fact, ...] = ()
    missing: tuple[str, ...] = ()
    due_on: str | None = None


@dataclass(frozen=True, slots=True)
class TierReview:
    """The computed tier beside the recorded one, and the calendar year it is valid for."""

    tier: Tier
    recorded: str | None
    valid_for_year: int | None

    @property
    def decided(self) -> str | None:
        """The computed tier when exactly one is possible, else None."""
        return self.tier.decided


@dataclass(frozen=True, slots=True)
class Assessment:
    """Everything kamrules says of one deal on one day (`as_of`, an ISO date).

    `criteria`, `red_lines` and `findings` are complete and in pack order; `ask_first` ranks the unknown facts
    of the next gate; `tier` and `health` are None when the pack has none; `plays` are the advisory plays
    offered now; `people` is the measured stakeholder map (with detail "full"); `issues` are values that were
    dropped or redacted.
    """

    deal_id: str | None
    deal_name: str | None
    account_name: str | None
    as_of: str
    pack: PackRef
    stage: Stage
    tier: TierReview | None
    health: Health | None
    criteria: tuple[CriterionResult, ...]
    red_lines: tuple[RedLineResult, ...]
    findings: tuple[FindingResult, ...]
    plays: tuple[str, ...]
    ask_first: tuple[Question, ...]
    people: StakeholderMap | None = None
    issues: tuple[Fault, ...] = ()
    schema_version: str = SCHEMA_VERSION

    def _repr_html_(self) -> str | None:
        return html_by("kamrules.explanation:assessment_html", self)

    @property
    def tripped(self) -> tuple[str, ...]:
        """Ids of the red lines that tripped."""
        return tuple(line.id for line in self.red_lines if line.status == "tripped")

    @property
    def breaches(self) -> tuple[str, ...]:
        """Ids of the work rules that are breached."""
        return tuple(finding.id for finding in self.findings if finding.status == "breach")
