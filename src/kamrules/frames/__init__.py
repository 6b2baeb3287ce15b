"""Whole frames of deals assessed at once, by the caller's own data frame library: `Engine.assess_frame`.

The verdicts are those of the record engine, deal for deal; how each comes about is in `stage` (milestones),
`wide` (tier, red lines, health), `ask` (what to ask next) and `clean` (deals in which a red line trips).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Protocol

from kamrules.assessment import PackRef
from kamrules.frames.clean import (
    FLAGGED,
    asked_of,
    paths_left_out,
    rows_of_flagged,
    without_tainted,
)  # fmt: skip
from kamrules.frames.clean_tables import CleanMaker, CleanTables, out_of_reach
from kamrules.frames.intake import Refused, check_columns, limits_of_model, names_read, with_own_keys
from kamrules.frames.layout import ASK, FAULTS, HIGH, LOW, STATUS, VETO, WIDE, Layout, Layouts
from kamrules.frames.reading import BadValues, Reading
from kamrules.frames.spread import Spread, batch
from kamrules.frames.stage import name_of
from kamrules.frames.wide import STATUSES, Rules, health_columns
from kamrules.rules.framecode.columns import FALSE, Expr, Total, col, lit, when
from kamrules.rules.framecode.door import given_back, opened, refuse_mixed
from kamrules.rules.framecode.partitions import by_partition, head_of, is_partitioned
from kamrules.rules.framecode.run import Bound, Inputs, bound, check_lists
from kamrules.rules.framecode.sql_table import SparkTable
from kamrules.rules.framecode.table import Table
from kamrules.rules.framecode.translate import KEY
from kamrules.rules.pack import Pack
from kamrules.rules.planning import Planned
from kamrules.scoring.milestones import Gate

__all__ = ["BadValues", "FrameAssessment", "FrameAssessor", "Reading", "rules_of"]

_CLEAN = "clean "


class Tables(Protocol):
    """The tables of an assessment, as frames of the caller's library."""

    def deals(self) -> Any:
        """Return one row a deal."""

    def criteria(self) -> Any:
        """Return one row a deal and criterion."""

    def rejected(self) -> Any:
        """Return one row a deal that could not be assessed."""

    def strays(self) -> Any:
        """Return one row for each list and key that belong to no deal."""

    def clean(self) -> CleanTables:
        """Return the deals judged without what trips a red line."""


@dataclass(frozen=True)
class FrameAssessment:
    """What a pack says of every deal of a frame; each table is a frame of the caller's library.

    The tables are made when they are asked for. Columns and dtypes are in docs/frames.md.
    """

    as_of: date
    pack: PackRef
    _tables: Tables = field(repr=False)

    @cached_property
    def deals(self) -> Any:
        """One row a deal: milestone, tier, health, red lines, what blocks and what to ask next."""
        return self._tables.deals()

    @cached_property
    def criteria(self) -> Any:
        """Status of every criterion: `deal_id`, `criterion`, `status`."""
        return self._tables.criteria()

    @cached_property
    def rejected(self) -> Any:
        """Deals that could not be assessed: `deal_id`, `faults`."""
        return self._tables.rejected()

    @cached_property
    def strays(self) -> Any:
        """List rows that name no deal: `list`, `deal_id`, `rows`."""
        return self._tables.strays()

    @cached_property
    def clean(self) -> CleanTables:
        """The deals judged without what trips a red line, as Arrow: what `DealFeatures` makes a matrix of."""
        return self._tables.clean()


def rules_of(pack: Pack, planned: Planned, gates: tuple[Gate, ...]) -> Rules:
    """Return what frames of deals are assessed by."""
    return Rules(pack, planned.plan, planned.valid_for, gates, limits_of_model(planned.model))


class FrameAssessor:
    """Assesses frames by the rules of one pack; safe to share between threads."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.layouts = Layouts(rules)

    def columns(self) -> dict[str, list[str]]:
        """Return the columns that are read, by list, those of the deals under `deals`."""
        needed = self.layouts.needed
        found = {"deals": needed.columns} | {path: needs.columns for path, needs in needed.lists.items()}
        return {path: sorted({one.source for one in some.values()}) for path, some in found.items()}

    def assess(
        self,
        deals: Any,
        lists: Mapping[str, Any],
        as_of: date,
        reading: Reading,
        refused: Refused,
    ) -> FrameAssessment:
        """Return what the pack says of every deal; see `Engine.assess_frame`."""
        schema, pack = self.rules.plan.schema, self.rules.pack
        ref = PackRef(pack.id, pack.version, pack.hash)
        if is_partitioned(deals):
            check_lists(lists, schema)
            refuse_mixed(deals, lists)
            heads = {path: head_of(rows) for path, rows in lists.items()}
            self.assess(head_of(deals), heads, as_of, reading, refused)
            return FrameAssessment(as_of, ref, _Partitioned(self.rules, deals, lists, as_of, reading))
        records = opened(deals, "deals")
        tables = {name: opened(one, name) for name, one in lists.items()}
        check_lists(lists, schema)
        refuse_mixed(deals, lists)
        check_columns(records, tables, schema, reading.key, reading.link, reading.ignored, refused)
        inputs = Inputs(records, tables, reading.key, reading.link, self.rules.limits, "deals")
        if isinstance(records, SparkTable):
            # Without a look at a row: a column of a wrong kind is told now and not by a worker.
            bound(inputs, self.layouts.needed)
            spread = Spread(self.rules, inputs, names_read(self.layouts.needed), as_of, reading)
            return FrameAssessment(as_of, ref, spread)
        checked = with_own_keys(bound(inputs, self.layouts.needed, with_fine=True))
        maker = CleanMaker(self.layouts, inputs, as_of, reading.bad_values)
        found = _Whole(self.layouts, checked.tied, checked.repeated, as_of, deals, reading.bad_values, maker)
        return FrameAssessment(as_of, ref, found)


@dataclass(frozen=True)
class _Whole:
    """Frames that one library holds, from canonical tables to the tables a caller gets."""

    layouts: Layouts
    tied: Bound
    repeated: Table | None
    as_of: date
    like: Any
    bad_values: BadValues
    maker: CleanMaker

    @cached_property
    def layout(self) -> Layout:
        return self.layouts.whole(self.as_of, self.tied.given)

    @cached_property
    def all_deals(self) -> Table:
        """Every deal that has a key, with all that is said of it but for what red lines take out."""
        kept: dict[str, Expr] = {}
        if self.layout.flags.can_trip:
            kept = {name: col(name, "raw") for path, name in self.tied.there if path is None and name != KEY}
        columns = {KEY: col(KEY, "raw"), **kept, **self.layout.made}
        return self.tied.joined(self.layout.frames).pinned().select(columns).pinned()

    @cached_property
    def accepted(self) -> Table:
        if self.bad_values == "unknown" or not self.layout.has_faults:
            return self.all_deals
        return self.all_deals.filter(col(FAULTS, "text", nullable=False).eq("")).pinned()

    def deals(self) -> Any:
        found, is_flagged = self.accepted, FALSE
        made = [ASK, LOW, HIGH] if self.layouts.has_health else [ASK]
        values = {name: col(name, "text" if name == ASK else "float") for name in made}
        if self.layout.flags.can_trip:
            is_flagged = col(FLAGGED, "bool", nullable=False)
            flagged = found.filter(is_flagged).pinned()
            if not flagged.is_empty():
                found = found.join(self._cleaned(flagged), "left")
                values = {
                    name: when(is_flagged, col(_CLEAN + name, one.kind), one) for name, one in values.items()
                }
        named = {
            name: col(WIDE + name, expr.kind, nullable=expr.nullable)
            for name, expr in self.layout.wide.items()
        }
        lines = {name: named.pop(name) for name in ("red_lines", "waived", "breaches")}
        health = {}
        if self.layouts.has_health:
            vetoed = col(VETO, "bool", nullable=False)
            health = health_columns(values[LOW], values[HIGH], vetoed, self.layouts.rules.pack)
        issues = {} if self.bad_values == "reject" else {"issues": col(FAULTS, "text", nullable=False)}
        columns = {"deal_id": col(KEY, "raw"), **named, **health, **lines, "ask_next": values[ASK], **issues}
        return given_back(found.select(columns), self.like)

    def _cleaned(self, flagged: Table) -> Table:
        """Return health and next question of the flagged deals without what trips their red lines."""
        flags, layouts, as_of = self.layout.flags, self.layouts, self.as_of
        rows = rows_of_flagged(self.tied, flagged, flags, layouts.rules, as_of)
        asked = asked_of(self.tied, flagged, rows)
        parts = [(asked, layouts.question(as_of, asked.given, paths_left_out(rows)))]
        if layouts.has_health:
            clean = without_tainted(self.tied, flagged, rows, flags, self.layout.frames.columns)
            parts.append((clean, layouts.health(as_of, clean.given)))
        found: list[Table] = []
        for tied, part in parts:
            made = {_CLEAN + name: expr for name, expr in part.made.items()}
            found.append(tied.joined(part.frames).pinned().select({KEY: col(KEY, "raw"), **made}).pinned())
        return found[0] if len(found) == 1 else found[0].join(found[1], "left")

    def criteria(self) -> Any:
        names = list(self.layouts.rules.pack.criteria)
        codes = self.accepted.select(
            {KEY: col(KEY, "raw"), **{name: col(STATUS + name, "code", nullable=False) for name in names}}
        )
        rows = codes.unpivoted(names, "criterion", "status")
        status = name_of(col("status", "code", nullable=False), STATUSES)
        columns = {"deal_id": col(KEY, "raw"), "criterion": col("criterion", "raw"), "status": status}
        return given_back(rows.select(columns), self.like)

    def rejected(self) -> Any:
        is_bad = ~col(FAULTS, "text", nullable=False).eq("") if self.bad_values == "reject" else FALSE
        columns = {"deal_id": col(KEY, "raw"), "faults": col(FAULTS, "text")}
        found = self.all_deals.filter(is_bad).select(columns)
        return given_back(found if self.repeated is None else self.repeated.stacked([found]), self.like)

    def strays(self) -> Any:
        keys = self.tied.records.select({KEY: col(KEY, "raw")})
        parts = []
        for path, rows in self.tied.lists.items():
            counted = rows.join(keys, "anti").totals({"rows": Total("rows", lit(True, "bool"))})
            columns = {"list": lit(path, "text"), "deal_id": col(KEY, "raw"), "rows": col("rows", "int")}
            parts.append(counted.select(columns))
        if not parts:
            columns = {"list": lit("", "text"), "deal_id": col(KEY, "raw"), "rows": lit(0, "int")}
            parts = [keys.filter(FALSE).select(columns)]
        return given_back(parts[0].stacked(parts[1:]), self.like)

    def clean(self) -> CleanTables:
        return self.maker.tables()


@dataclass(frozen=True)
class _Partitioned:
    """Frames of Dask, assessed partition by partition; a `Tables`."""

    rules: Rules
    frame: Any
    lists: Mapping[str, Any]
    as_of: date
    reading: Reading

    def _made(self, part: str) -> Any:
        work = batch(self.rules, part, self.as_of, self.reading)
        return by_partition(self.frame, self.lists, self.reading.key, self.reading.link, work)

    def deals(self) -> Any:
        return self._made("deals")

    def criteria(self) -> Any:
        return self._made("criteria")

    def rejected(self) -> Any:
        return self._made("rejected")

    def strays(self) -> Any:
        return self._made("strays")

    def clean(self) -> CleanTables:
        raise out_of_reach("Dask")
