"""The part of a plan that a change can turn, compiled by itself.

Rules share work where they are compiled together, so a slice is one function for all the rules that read a
path; slices are made when they are first needed, at most one for each path of the record.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from kamrules.engine import Engine
from kamrules.live.reads import Path, Reads, entry_reads, rule_reads, table_reads
from kamrules.rules.backends import python
from kamrules.rules.plan import Scorecard

CLAIM: Path = ("milestone",)  # no rule has to read it: the stage is compared with it


@dataclass(frozen=True, slots=True)
class Slice:
    """What is evaluated anew: the rules and the entries of the health score by their place in the plan.

    `run` gives their truths, the rows of the tier table if `has_table`, and the points of each entry.
    """

    rules: tuple[int, ...]
    entries: tuple[int, ...]
    has_table: bool
    has_claim: bool
    run: Callable[[Any, date], Any]


class Slices:
    """The slices of one engine."""

    def __init__(self, engine: Engine) -> None:
        pack, plan = engine.pack, engine.plan
        self._plan = plan
        self._table = next((one for one in plan.tables if one.id == pack.tier_table), None)
        card = next((one for one in plan.scorecards if one.id == pack.health), None)
        self._entries = card.entries if card is not None else ()
        self._rules = [rule_reads(rule) for rule in plan.rules]
        self._points = [entry_reads(entry) for entry in self._entries]
        self._rows = None if self._table is None else table_reads(self._table)
        all_reads = [*self._rules, *self._points, *([] if self._rows is None else [self._rows])]
        self.reads = Reads(frozenset({CLAIM}).union(*(one.paths for one in all_reads)), as_of=True)
        self._by_path: dict[Path, Slice | None] = {}
        self.whole = self._slice(lambda _: True, has_claim=True)
        self.by_day = self._slice(lambda reads: reads.as_of, has_claim=False)

    def of(self, path: Path) -> Slice | None:
        """Return what a change at or below a path can turn; None for nothing."""
        if path not in self._by_path:
            is_read = self.reads.meet(path)
            has_claim = path[:1] == CLAIM or not path
            found = self._slice(lambda reads: reads.meet(path), has_claim=has_claim) if is_read else None
            self._by_path[path] = found
        return self._by_path[path]

    def read_by_rule(self, place: int) -> frozenset[Path]:
        """Return what the rule at a place of the plan reads."""
        return self._rules[place].paths

    def read_by_table(self) -> frozenset[Path]:
        """Return what the tier table reads."""
        return frozenset() if self._rows is None else self._rows.paths

    def read_by_score(self) -> frozenset[Path]:
        """Return what the health score reads."""
        return frozenset().union(*(one.paths for one in self._points))

    def _slice(self, is_in: Callable[[Reads], bool], *, has_claim: bool) -> Slice:
        rules = tuple(place for place, reads in enumerate(self._rules) if is_in(reads))
        entries = tuple(place for place, reads in enumerate(self._points) if is_in(reads))
        has_table = self._rows is not None and is_in(self._rows)
        plan = replace(
            self._plan,
            rules=tuple(self._plan.rules[place] for place in rules),
            tables=(self._table,) if has_table and self._table is not None else (),
            # Each entry is a scorecard by itself: the points of the others are kept.
            scorecards=tuple(
                Scorecard(self._entries[place].id, (self._entries[place],)) for place in entries
            ),
        )
        return Slice(rules, entries, has_table, has_claim, python.compile_plan(plan).run_raw)
