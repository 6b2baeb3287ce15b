"""A whole pipeline: every deal of a source assessed, counted, and what to ask first over all of them.

Promises: one result for each deal of the source, in its order, with the row of the file it came from;
memory does not grow with the number of deals.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from kamrules.adapters import BadValues, Reading, Request, read_deals
from kamrules.assessment import Assessment, Rejection
from kamrules.assessor import Detail
from kamrules.engine import Engine
from kamrules.errors import ArgumentError, Fault, InputError, nearest
from kamrules.headings import heading
from kamrules.records.rejection import Item
from kamrules.scoring.ledger import Health
from kamrules.sheets.mapfile import read_map
from kamrules.timeline import holds_events
from kamrules.timeline.source import open_events

Language = Literal["en", "zh"]
# A deal that is over has nobody left to ask.
CLOSED = frozenset({"won", "lost", "cancelled"})
# Looking for the nearest id takes time in proportion to the ids.
_MAX_NAMES = 20_000
_SHOWN_GRADES = 2
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome for one deal: its row in the input, its assessment or rejection, whether it is over.

    `record` is the deal as it was read, None for a rejection.
    """

    row: int
    outcome: Assessment | Rejection
    is_closed: bool = False
    record: BaseModel | None = None


def open_source(  # noqa: PLR0913 - one argument for each option of a source
    path: str | Path,
    engine: Engine,
    *,
    map_path: Path | None = None,
    bad_values: BadValues = "reject",
    ignored_columns: frozenset[str] = frozenset(),
    as_of: date | None = None,
) -> Reading:
    """Open a source of deals for the records of `engine`; see `kamrules.adapters.read_deals`.

    A file of events gives the deals as of a day, on what was recorded by then.
    """
    if map_path is None and holds_events(path):
        if as_of is None:
            raise ArgumentError(
                Fault("A-DATE", f"`{path}` holds events: a day is needed to make deals of them")
            )
        return open_events(path, engine.model, as_of)
    return read_deals(path, Request(engine.model, bad_values, map_path, ignored_columns, engine.refused))


def map_currency(map_path: Path | None) -> str | None:
    """Return the currency a field map says its amounts are in, None when it does not say."""
    return read_map(map_path)[0].currency if map_path is not None else None


def assess_source(
    engine: Engine,
    reading: Reading,
    *,
    as_of: date,
    detail: Detail = "brief",
    bad_values: BadValues = "reject",
) -> Iterator[Result]:
    """Assess every deal of a source.

    Parameters
    ----------
    engine : a compiled pack
    reading : an opened source
    as_of : the day of the assessment
    detail : what is said of each deal, see `Engine.assess`
    bad_values : as the source was opened with

    Returns
    -------
    iterator of Result
        In the order of the source, one for each of its deals.
    """
    waiting: deque[Item] = deque()

    def deals() -> Iterator[dict[str, Any] | Rejection]:
        for item in reading.items():
            waiting.append(item)
            yield item.deal

    assessed = engine.read_and_assess(deals(), as_of=as_of, detail=detail, bad_values=bad_values)
    for record, found in assessed:
        item = waiting.popleft()
        outcome = found
        if isinstance(outcome, Rejection):
            outcome = replace(outcome, row=item.row)
        elif item.issues:
            outcome = replace(outcome, issues=(*item.issues, *outcome.issues))
        yield Result(item.row, outcome, _is_closed(item.deal), record)


def _is_closed(deal: Any) -> bool:
    return isinstance(deal, Mapping) and deal.get("status") in CLOSED


def find_deal(reading: Reading, deal_id: str) -> Item:
    """Return the deal of a source with the given id.

    Raises
    ------
    InputError
        I-DEAL when no deal has the id, with the nearest one; or the faults for which the deal was rejected.
    """
    known: list[str] = []
    for item in reading.items():
        deal = item.deal
        found = deal.id if isinstance(deal, Rejection) else deal.get("id")
        if found == deal_id and isinstance(deal, Rejection):
            raise InputError(deal.faults)
        if found == deal_id:
            return item
        known.append(str(found))
    hint = nearest(deal_id, known[:_MAX_NAMES]) or f"{len(known)} deals were read"
    raise InputError(Fault("I-DEAL", f"no deal `{deal_id}` in `{reading.path}`", hint=hint))


@dataclass(slots=True)
class Ask:
    """One unknown field over all deals: how many open deals wait for it, and its weight summed over them."""

    field: str
    deals: int = 0
    weight: float = 0.0


@dataclass(slots=True)
class Summary:
    """Counts over the deals of one run; `add` takes each result once.

    INVARIANT: `deals_in == assessed + rejected`.
    """

    assessed: int = 0
    rejected: int = 0
    closed: int = 0
    stray_rows: int = 0
    issues: int = 0
    complete: int = 0
    claimed: Counter[str | None] = field(default_factory=Counter)
    supported: Counter[str | None] = field(default_factory=Counter)
    claims: Counter[str] = field(default_factory=Counter)
    tiers: Counter[str] = field(default_factory=Counter)
    red_lines: Counter[str] = field(default_factory=Counter)
    breaches: Counter[str] = field(default_factory=Counter)
    _asks: dict[str, Ask] = field(default_factory=dict)

    @property
    def deals_in(self) -> int:
        """How many deals the source had."""
        return self.assessed + self.rejected

    @property
    def has_findings(self) -> bool:
        """Whether a claim is contradicted, a red line trips, a work rule is breached or a row is not used."""
        contradicted = self.claims["contradicted"]
        return bool(contradicted or self.red_lines or self.breaches or self.rejected or self.stray_rows)

    def add(self, result: Result) -> None:
        """Count one result."""
        outcome = result.outcome
        if isinstance(outcome, Rejection):
            self.rejected += 1
            return
        self.assessed += 1
        self.closed += result.is_closed
        self.issues += len(outcome.issues)
        self.complete += outcome.stage.is_complete
        self.claimed[outcome.stage.claimed] += 1
        self.supported[outcome.stage.supported] += 1
        self.claims[outcome.stage.claim] += 1
        if outcome.tier is not None:
            self.tiers[tier_text(outcome)] += 1
        self.red_lines.update(outcome.tripped)
        self.breaches.update(outcome.breaches)
        if not result.is_closed:
            self._ask(outcome)

    def _ask(self, assessment: Assessment) -> None:
        counted: set[str] = set()
        for question in assessment.ask_first:
            ask = self._asks.setdefault(question.field, Ask(question.field))
            ask.weight += question.weight
            if question.field not in counted:
                ask.deals += 1
                counted.add(question.field)

    @property
    def ask_first(self) -> list[Ask]:
        """The unknown fields of the next gates, the one most open deals wait for first."""
        return sorted(self._asks.values(), key=lambda ask: (-ask.deals, -ask.weight, ask.field))

    def to_dict(self, engine: Engine, language: Language = "en") -> dict[str, Any]:
        """Return the counts as JSON-ready data; stages in the order of the pack, the rest by size."""
        stages = [None, *engine.pack.milestones]
        return {
            "deals_in": self.deals_in,
            "assessed": self.assessed,
            "rejected": self.rejected,
            "closed": self.closed,
            "stray_rows": self.stray_rows,
            "values_left_out": self.issues,
            "complete": self.complete,
            "claimed": {stage or "none": self.claimed[stage] for stage in stages if self.claimed[stage]},
            "supported": {
                stage or "none": self.supported[stage] for stage in stages if self.supported[stage]
            },
            "claims": dict(self.claims.most_common()),
            "tiers": dict(self.tiers.most_common()),
            "red_lines": dict(sorted(self.red_lines.items())),
            "breaches": dict(sorted(self.breaches.items())),
            "ask_first": [
                {
                    "field": ask.field,
                    "label": engine.label(ask.field, language),
                    "deals": ask.deals,
                    "weight": round(ask.weight, 3),
                }
                for ask in self.ask_first
            ],
        }


def tier_text(assessment: Assessment) -> str:
    """Return the tiers still possible as `A/B`, or `none` when the account falls in no row."""
    possible = assessment.tier.tier.possible if assessment.tier is not None else ()
    return "/".join(possible) or "none"


def health_text(health: Health | None, language: Language) -> str:
    """Return the interval in whole points with its grades, such as `41–63 B/C`, or that it is vetoed.

    The low end is rounded down and the high end up, so that the cell never claims more than the interval.
    """
    if health is None:
        return "–"
    low, high = math.floor(health.low + _ROUNDING), math.ceil(health.high - _ROUNDING)
    grades = [heading("veto", language)] if health.vetoed_by else list(health.grades)
    shown = "…".join((grades[0], grades[-1])) if len(grades) > _SHOWN_GRADES else "/".join(grades)
    return f"{low}–{high} {shown}".rstrip()
