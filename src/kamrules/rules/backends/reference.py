"""The meaning of a Plan: the reference evaluator on each condition, and nothing clever.

Slow on purpose. `explain` and the tests of every other engine stand on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from kamrules.rules.lang.core import Node
from kamrules.rules.lang.reference import Env, Interval, Place, Unknown, elements, value_of
from kamrules.rules.plan import Entry, Flag, Mean, Plan, Row, Rule, Scale, Scorecard, Share, Table
from kamrules.rules.points import (
    between,
    flag_points,
    fraction,
    mean_points,
    open_mean,
    open_points,
    share_points,
)  # fmt: skip
from kamrules.rules.verdict import NA, Outcome, Points, TableRows, Truth


@dataclass(frozen=True, slots=True)
class ReferenceProgram:
    """A plan to be read out loud, one condition after the other."""

    plan: Plan

    def run(self, record: Any, as_of: date) -> Outcome:
        """Return what the plan says of one record (a mapping or an object) on day `as_of`."""
        env = environment(self.plan, record, as_of)
        return Outcome(
            tuple(rule_truth(rule, env) for rule in self.plan.rules),
            tuple(table_rows(table, env) for table in self.plan.tables),
            tuple(score_points(card, env) for card in self.plan.scorecards),
        )


def compile_plan(plan: Plan) -> ReferenceProgram:
    """Return the plan as a Program that runs the reference evaluator."""
    return ReferenceProgram(plan)


def environment(plan: Plan, record: Any, as_of: date) -> Env:
    """Return what the record's name and `as_of` stand for."""
    return {plan.root: Place(record, plan.root), "as_of": Place(as_of, "as_of")}


def truth_of(node: Node, env: Env) -> bool | None:
    """Return the truth of a condition, None for unknown."""
    value = value_of(node, env)
    return None if isinstance(value, Unknown) else bool(value)


def rule_truth(rule: Rule, env: Env) -> Truth:
    """Return NA where the rule does not apply, else Kleene `!applies || when`."""
    when = truth_of(rule.when, env)
    applies = True if rule.applies is None else truth_of(rule.applies, env)
    if applies is False:
        return NA
    return when if applies or when else None


def table_rows(table: Table, env: Env) -> TableRows:
    """Return the rows of a table that hold, by its hit policy."""
    truths = [(row, truth_of(row.when, env)) for row in table.rows]
    if table.hit == "first":
        return _first_hit(truths)
    sure = tuple(row.id for row, truth in truths if truth)
    return TableRows(sure, tuple(row.id for row, truth in truths if truth is None))


def _first_hit(truths: list[tuple[Row, bool | None]]) -> TableRows:
    maybe: tuple[str, ...] = ()
    for row, truth in truths:
        if truth and not maybe:
            return TableRows((row.id,))
        if truth is not False:
            maybe = (*maybe, row.id)
        if truth:
            break
    return TableRows((), maybe)


def score_points(card: Scorecard, env: Env) -> Points:
    """Return the base and the points of all entries, added up in their order."""
    low = high = card.base
    for entry in card.entries:
        earned = entry_points(entry, env)
        low += earned.low
        high += earned.high
    return Points(low, high)


def entry_points(entry: Entry, env: Env) -> Points:
    """Return what one entry of a scorecard is worth."""
    match entry:
        case Flag(_, points, when):
            return flag_points(points, truth_of(when, env))
        case Scale():
            return _scale(entry, env)
        case Share():
            return _share(entry, env)
        case Mean():
            return _mean(entry, env)


def _scale(entry: Scale, env: Env) -> Points:
    value = value_of(entry.value, env)
    if isinstance(value, Unknown):
        return open_points(entry.points)
    ends = (value.low, value.high) if isinstance(value, Interval) else (value, value)
    low, high = (entry.points * fraction(end, entry.low, entry.high) for end in ends)
    return between(low, high)


def _share(entry: Share, env: Env) -> Points:
    found = elements(entry.range, entry.var, env)
    if found is None:
        return open_points(entry.points)
    truths = [truth_of(entry.when, inner) for inner in found]
    sure = truths.count(True)
    return share_points(entry.points, sure, sure + truths.count(None), len(truths))


def _mean(entry: Mean, env: Env) -> Points:
    numbers = dict(entry.mapping)
    found = elements(entry.range, entry.var, env)
    if found is None:
        return open_mean(entry.points, numbers.values())
    mass = total = 0.0
    gaps = []
    for inner in found:
        value = value_of(entry.value, inner)
        weight = 1.0 if entry.weight is None else value_of(entry.weight, inner)
        # A text without a number is as good as an unknown one.
        number = None if isinstance(value, Unknown) else numbers.get(value)
        known = None if isinstance(weight, Unknown) else weight
        if number is None or known is None:
            gaps.append((number, known))
        else:
            mass += known * number
            total += known
    return mean_points(entry.points, mass, total, gaps, tuple(numbers.values()), entry.weight_max)
