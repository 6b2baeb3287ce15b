"""Whole frames of deals assessed at once, by the caller's own data frame library: `Engine.assess_frame`.

The verdicts are those of the record engine, deal for deal; how each comes about is in `stage` (milestones),
`wide` (tier, red lines, health), `ask` (what to ask next) and `clean` (deals in which a red line trips).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Literal

from kamrules.assessment import PackRef
from kamrules.errors import Fault
from kamrules.frames.ask import ask_next
from kamrules.frames.clean import FLAGGED, Cleaning, cleaned, flags_of
from kamrules.frames.intake import check_columns, faults_of_values, limits_of_model, with_own_keys
from kamrules.frames.stage import name_of
from kamrules.frames.wide import SEPARATOR, STATUSES, Rules, Wide, health_columns
from kamrules.rules.framecode.causes import Reasons
from kamrules.rules.framecode.columns import FALSE, Expr, Total, col, lit, names_of, when
from kamrules.rules.framecode.door import given_back, opened, refuse_mixed
from kamrules.rules.framecode.run import Bound, Inputs, bound, check_lists
from kamrules.rules.framecode.table import Table
from kamrules.rules.framecode.translate import KEY, Frames
from kamrules.rules.pack import Pack
from kamrules.rules.planning import Planned
from kamrules.scoring.milestones import Gate

__all__ = ["BadValues", "FrameAssessment", "FrameAssessor", "rules_of"]

BadValues = Literal["reject", "unknown"]
_PROBE_DAY = date(2000, 1, 1)
# Columns on the way to the wide table; a space keeps them apart from those of the canonical records.
_LOW, _HIGH, _ASK, _VETO, _FAULTS = "health low", "health high", "ask next", "has veto", "has faults"
_CLEAN_LOW, _CLEAN_HIGH, _CLEAN_ASK = "clean low", "clean high", "clean ask"
_WIDE, _STATUS = "wide ", "status "


@dataclass(frozen=True)
class FrameAssessment:
    """What a pack says of every deal of a frame; each table is a frame of the caller's library.

    `deals` has one row a deal, `criteria` one row for each deal and criterion, `rejected` one row for each
    deal that could not be assessed, `strays` counts list rows that belong to no deal. The latter three are
    made when they are asked for. Columns and dtypes are in docs/frames.md.
    """

    deals: Any
    as_of: date
    pack: PackRef
    _run: _Run = field(repr=False)

    @cached_property
    def criteria(self) -> Any:
        """Status of every criterion: `deal_id`, `criterion`, `status`."""
        return given_back(self._run.criteria(), self._run.like)

    @cached_property
    def rejected(self) -> Any:
        """Deals that could not be assessed: `deal_id`, `faults`."""
        return given_back(self._run.rejected(), self._run.like)

    @cached_property
    def strays(self) -> Any:
        """List rows that name no deal: `list`, `deal_id`, `rows`."""
        return given_back(self._run.strays(), self._run.like)


class FrameAssessor:
    """Assesses frames by the rules of one pack; safe to share between threads.

    Raises BackendError (B-OPERATOR) when the pack says what cannot be said with columns.
    """

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.needed = self._probe()

    def _probe(self) -> Frames:
        """Return everything the pack reads."""
        wide = Wide(self.rules, _PROBE_DAY, Frames())
        wide.columns()
        ask_next(wide, Reasons(wide.at))
        if self.rules.pack.health is not None:
            wide.health_ends()
        return wide.frames

    def assess(  # noqa: PLR0913 - the deals, their lists, and how to read them
        self,
        deals: Any,
        lists: Mapping[str, Any],
        as_of: date,
        *,
        key: str,
        link: str,
        bad_values: BadValues,
        ignored: frozenset[str],
        refused: Callable[[str, str], Fault | None],
    ) -> FrameAssessment:
        """Return what the pack says of every deal; see `Engine.assess_frame`."""
        schema = self.rules.plan.schema
        records = opened(deals, "deals")
        tables = {name: opened(one, name) for name, one in lists.items()}
        check_lists(lists, schema)
        refuse_mixed(deals, lists)
        check_columns(records, tables, schema, key, link, ignored, refused)
        tied = bound(Inputs(records, tables, key, link, self.rules.limits), self.needed, with_fine=True)
        checked = with_own_keys(tied)
        run = _Run(self, checked.tied, checked.repeated, as_of, deals, bad_values)
        pack = self.rules.pack
        ref = PackRef(pack.id, pack.version, pack.hash)
        return FrameAssessment(given_back(run.deals(), deals), as_of, ref, run)


def rules_of(pack: Pack, planned: Planned, gates: tuple[Gate, ...]) -> Rules:
    """Return what frames of deals are assessed by."""
    return Rules(pack, planned.plan, planned.valid_for, gates, limits_of_model(planned.model))


@dataclass(frozen=True)
class _Run:
    """One call: from canonical tables to the tables a caller gets."""

    assessor: FrameAssessor
    tied: Bound
    repeated: Table | None
    as_of: date
    like: Any
    bad_values: BadValues

    @cached_property
    def wide(self) -> Wide:
        return Wide(self.assessor.rules, self.as_of, Frames(self.tied.given))

    @cached_property
    def columns(self) -> dict[str, Expr]:
        """The columns of the wide table, as they are before red lines take facts out."""
        return self.wide.columns()

    @cached_property
    def faults(self) -> list[tuple[Expr, str]]:
        return faults_of_values(self.tied, self.wide.frames, self.assessor.needed)

    @cached_property
    def has_health(self) -> bool:
        return self.assessor.rules.pack.health is not None

    @cached_property
    def all_deals(self) -> Table:
        """Every deal that has a key, with all that is said of it but for what red lines take out."""
        wide, flags = self.wide, flags_of(self.wide)
        made = {_WIDE + name: expr for name, expr in self.columns.items()}
        made |= {_STATUS + name: expr for name, expr in wide.status_columns().items()}
        made |= {_ASK: ask_next(wide, Reasons(wide.at)), _FAULTS: names_of(self.faults, SEPARATOR)}
        if self.has_health:
            low, high = wide.health_ends()
            made |= {_LOW: low, _HIGH: high, _VETO: wide.vetoed}
        kept: dict[str, Expr] = {}
        if flags.columns[FLAGGED] is not FALSE:
            made |= flags.columns
            kept = {name: col(name, "raw") for path, name in self.tied.there if path is None and name != KEY}
        return self.tied.joined(wide.frames).pinned().select({KEY: col(KEY, "raw"), **kept, **made}).pinned()

    @cached_property
    def accepted(self) -> Table:
        if self.bad_values == "unknown" or not self.faults:
            return self.all_deals
        return self.all_deals.filter(col(_FAULTS, "text", nullable=False).eq("")).pinned()

    def deals(self) -> Table:
        flags, found = flags_of(self.wide), self.accepted
        is_flagged, low, high = FALSE, col(_LOW, "float", nullable=False), col(_HIGH, "float", nullable=False)
        ask = col(_ASK, "text")
        if flags.columns[FLAGGED] is not FALSE:
            is_flagged = col(FLAGGED, "bool", nullable=False)
            flagged = found.filter(is_flagged).pinned()
            if not flagged.is_empty():
                again = cleaned(
                    Cleaning(self.tied, flagged, flags, self.wide), (_CLEAN_LOW, _CLEAN_HIGH, _CLEAN_ASK)
                )
                found = found.join(again, "left")
                low = when(is_flagged, col(_CLEAN_LOW, "float"), low)
                high = when(is_flagged, col(_CLEAN_HIGH, "float"), high)
                ask = when(is_flagged, col(_CLEAN_ASK, "text"), ask)
        named = {name: col(_WIDE + name, expr.kind, nullable=expr.nullable) for name, expr in self.columns.items()}
        lines = {name: named.pop(name) for name in ("red_lines", "waived", "breaches")}
        health = {}
        if self.has_health:
            health = health_columns(low, high, col(_VETO, "bool", nullable=False), self.assessor.rules.pack)
        issues = {} if self.bad_values == "reject" else {"issues": col(_FAULTS, "text", nullable=False)}
        return found.select({"deal_id": col(KEY, "raw"), **named, **health, **lines, "ask_next": ask, **issues})

    def criteria(self) -> Table:
        names = list(self.assessor.rules.pack.criteria)
        codes = self.accepted.select(
            {KEY: col(KEY, "raw"), **{name: col(_STATUS + name, "code", nullable=False) for name in names}}
        )
        rows = codes.unpivoted(names, "criterion", "status")
        status = name_of(col("status", "code", nullable=False), STATUSES)
        return rows.select({"deal_id": col(KEY, "raw"), "criterion": col("criterion", "raw"), "status": status})

    def rejected(self) -> Table:
        is_bad = ~col(_FAULTS, "text", nullable=False).eq("") if self.bad_values == "reject" else FALSE
        found = self.all_deals.filter(is_bad).select({"deal_id": col(KEY, "raw"), "faults": col(_FAULTS, "text")})
        return found if self.repeated is None else self.repeated.stacked([found])

    def strays(self) -> Table:
        parts = []
        for path, rows in self.tied.lists.items():
            lost = rows.join(self.tied.records.select({KEY: col(KEY, "raw")}), "anti")
            counted = lost.totals({"rows": Total("rows", lit(True, "bool"))})
            parts.append(
                counted.select(
                    {"list": lit(path, "text"), "deal_id": col(KEY, "raw"), "rows": col("rows", "int")}
                )
            )
        if not parts:
            nothing = self.tied.records.filter(FALSE)
            columns = {"list": lit("", "text"), "deal_id": col(KEY, "raw"), "rows": lit(0, "int")}
            return nothing.select(columns)
        return parts[0].stacked(parts[1:])
