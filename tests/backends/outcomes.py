"""What a row of a frame program's result says; benchmarks read it too, so nothing here needs pytest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kamrules.rules.plan import Plan
from kamrules.rules.verdict import NA, Outcome, Points, TableRows, Truth


def outcome_of(plan: Plan, row: Mapping[str, Any]) -> Outcome:
    """Return what a row of the result says, as an outcome."""
    truths: list[Truth] = [NA if row.get(f"{rule.id}__na") else row[rule.id] for rule in plan.rules]
    tables = []
    for table in plan.tables:
        truth = {one.id: row[f"{table.id}__{one.id}"] for one in table.rows}
        sure = tuple(name for name, one in truth.items() if one)
        tables.append(TableRows(sure, tuple(name for name, one in truth.items() if one is None)))
    points = tuple(Points(row[f"{card.id}__low"], row[f"{card.id}__high"]) for card in plan.scorecards)
    return Outcome(tuple(truths), tuple(tables), points)
