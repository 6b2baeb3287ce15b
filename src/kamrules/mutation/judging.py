"""What the cases of a pack say of a mutant: the mutated parts on their records, by the reference.

Only what a case expects is judged, as `run_case` judges it: statuses of criteria, red lines and work rules,
the stage, tables and the health. A part is evaluated where some case expects what may depend on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import BaseModel

from kamrules.casefile import STAGE, Case, as_outputs
from kamrules.engine import Engine
from kamrules.errors import RecordError
from kamrules.mutation.sources import Parts
from kamrules.rules import plan as p
from kamrules.rules.backends.reference import entry_points, environment, rule_truth, table_rows, truth_of
from kamrules.rules.lang.core import Node, Or
from kamrules.rules.lang.reference import Env, Interval, Unknown, Value, value_of
from kamrules.rules.planning import late_entry_id, waiver_id
from kamrules.rules.verdict import NA, NotApplicable, Points, TableRows, Truth, status_of
from kamrules.scoring.milestones import Gate, Stage, judge_stage
from kamrules.scoring.taint import without_tainted
from kamrules.scoring.tiers import judge_tier

Seen = dict[str, tuple[str, ...]]
_BREACH = {"met": "breach", "unmet": "ok"}
_RED_LINE = {"met": "tripped", "unmet": "clear"}


@dataclass(frozen=True, slots=True)
class Trial:
    """One case, its record, and what the pack as it is says of it."""

    case: Case
    record: BaseModel
    env: Env
    truths: Mapping[str, Truth]
    tables: Mapping[str, TableRows]
    clean: Env
    points: Mapping[str, Points]


class Judge:
    """Compares the verdicts of mutated parts with those of the pack, on the records of its cases."""

    def __init__(self, engine: Engine, cases: Iterable[Case], parts: Parts) -> None:
        self._engine = engine
        self._parts = parts
        self._gates = [_gate(engine, milestone) for milestone in engine.pack.milestones]
        self._late = [name for name in engine.pack.milestones if late_entry_id(name) in parts.rules]
        self._trials = [trial for case in cases for trial in self._trial(case)]
        self._seen: dict[int, Seen] = {}
        self._due: dict[int, Seen] = {}
        self._reach = dict(self._reaches())

    def _trial(self, case: Case) -> Iterator[Trial]:
        try:
            record = self._engine.read(case.deal)
        except RecordError:
            return  # no record, so no rule decides anything
        plan = self._engine.plan
        outcome = self._engine.run(record, as_of=case.as_of)
        truths = {rule.id: truth for rule, truth in zip(plan.rules, outcome.truths, strict=True)}
        tables = {table.id: rows for table, rows in zip(plan.tables, outcome.tables, strict=True)}
        env = environment(plan, record, case.as_of)
        clean, points = env, {}
        if self._engine.pack.health in case.expect:
            clean = self._clean(record, case.as_of, truths, self._parts.rules)
            points = {entry.id: entry_points(entry, clean) for entry in self._entries()}
        yield Trial(case, record, env, truths, tables, clean, points)

    def _entries(self) -> tuple[p.Entry, ...]:
        cards = [card for card in self._engine.plan.scorecards if card.id == self._engine.pack.health]
        return cards[0].entries if cards else ()

    # --- what depends on what

    def _reaches(self) -> Iterator[tuple[str, frozenset[str]]]:
        """Yield what a case may expect that depends on a rule, table or entry, by its id."""
        pack = self._engine.pack
        health = {pack.health} if pack.health is not None else set()
        stage = set(STAGE)
        for name, criterion in pack.criteria.items():
            yield name, frozenset({name} | (stage if criterion.kind == "hard" else set()))
        for name in pack.red_lines:
            yield name, frozenset({name} | health)
            yield waiver_id(name), frozenset({name} | health)
        yield from ((name, frozenset({name})) for name in (*pack.findings, *pack.tables))
        yield from ((late_entry_id(name), frozenset(stage)) for name in pack.milestones)

    # --- verdicts

    def killer(self, parts: Parts) -> Case | None:
        """Return a case whose expectations see the change, None if no case does."""
        own = {*parts.rules, *parts.gates, *parts.tables}
        health = {self._engine.pack.health or ""} if parts.entries else set()
        affected = frozenset(health).union(*(self._reach[name] for name in own))
        near = [trial for trial in self._trials if not affected.isdisjoint(trial.case.expect)]
        near.sort(key=lambda trial: own.isdisjoint(trial.case.expect))
        return next((trial.case for trial in near if self._is_killed(trial, parts)), None)

    def _is_killed(self, trial: Trial, parts: Parts) -> bool:
        """Whether something that a case expects is another; judged in full where a part has another value."""
        changed = self._changed(trial, parts)
        may_taint = self._moves_lines(parts) and self._engine.pack.health in trial.case.expect
        if (
            not may_taint
            and not changed
            and not parts.tables
            and not self._earns_otherwise(trial.clean, parts)
        ):
            return False
        before = self._seen.get(id(trial))
        if before is None:
            before = self._seen[id(trial)] = self.seen(trial, Parts(), {})
        return self.seen(trial, parts, changed) != before

    def _changed(self, trial: Trial, parts: Parts) -> dict[str, Truth]:
        """Return the truths that the parts change on a record."""
        found = {name: rule_truth(rule, trial.env) for name, rule in parts.rules.items()}
        for name in parts.gates:
            self._gate_truth(name, trial, parts, found)
        return {name: truth for name, truth in found.items() if truth is not trial.truths[name]}

    def _gate_truth(self, name: str, trial: Trial, parts: Parts, found: dict[str, Truth]) -> Truth:
        """Return the truth of a gate from those of what it joins, and add it to `found`."""
        if name in found or name not in parts.gates:
            return found.get(name, trial.truths[name])
        gate = parts.gates[name]
        values: list[bool | None] = []
        for other in gate.joined.ids:
            truth = self._gate_truth(other, trial, parts, found)
            if gate.joined.form == "all_of":
                values.append(True if isinstance(truth, NotApplicable) else truth)
            else:
                waived = waiver_id(other)
                waiver = found.get(waived, trial.truths.get(waived, False))
                assert not isinstance(waiver, NotApplicable)  # a waiver applies always
                clear = None if truth is None else truth is not True  # not applicable is clear, too
                values.append(_joined([clear, waiver], decisive=True))
        truth = _joined(values, decisive=gate.joined.kind is Or)
        applies = True if gate.applies is None else truth_of(gate.applies, trial.env)
        found[name] = NA if applies is False else truth if applies or truth else None
        return found[name]

    def _earns_otherwise(self, env: Env, parts: Parts) -> bool:
        return any(
            entry_points(entry, env) != entry_points(self._parts.entries[name], env)
            for name, entry in parts.entries.items()
        )

    def is_noticed(self, parts: Parts, conditions: Sequence[tuple[Node, Node]]) -> bool:
        """Whether the record of some case tells the change, expected or not.

        `conditions` are the changed ones before and after; without any, the parts themselves are compared.
        """
        if conditions:
            return any(
                _known(value_of(before, trial.env)) != _known(value_of(after, trial.env))
                for trial in self._trials
                for before, after in conditions
            )
        return any(
            self._changed(trial, parts)
            or self._earns_otherwise(trial.env, parts)
            or any(self._tells(trial, table) for table in parts.tables.values())
            for trial in self._trials
        )

    def _tells(self, trial: Trial, table: p.Table) -> bool:
        order = self._engine.pack.tables[table.id].outputs
        return self._outputs(table, trial, order) != self._outputs(self._parts.tables[table.id], trial, order)

    def _outputs(self, table: p.Table, trial: Trial, order: list[str]) -> tuple[str, ...]:
        is_own = table is self._parts.tables[table.id]
        rows = trial.tables[table.id] if is_own else table_rows(table, trial.env)
        return judge_tier(table, rows, order).possible

    def seen(self, trial: Trial, parts: Parts, changed: Mapping[str, Truth]) -> Seen:
        """Return what the pack with these parts and truths says of everything a case expects."""
        pack = self._engine.pack
        truths = {**trial.truths, **changed}
        found: Seen = {}
        stage: Stage | None = None
        for key in trial.case.expect:
            if key in pack.criteria:
                found[key] = (status_of(truths[key]),)
            elif key in pack.red_lines:
                found[key] = (self._line(key, truths),)
            elif key in pack.findings:
                status = status_of(truths[key])
                found[key] = (_BREACH.get(status, status),)
            elif key in STAGE:
                stage = stage or self._stage(trial, truths)
                found[key] = tuple(as_outputs(getattr(stage, key)))
            elif key == pack.health:
                found[key] = self._health(trial, parts, truths)
            elif key in pack.cadences or key in pack.deadlines:  # never mutated
                found[key] = self._days(trial)[key]
            elif key in pack.tables:
                table = parts.tables.get(key, self._parts.tables[key])
                found[key] = self._outputs(table, trial, pack.tables[key].outputs)
        return found

    def _days(self, trial: Trial) -> Seen:
        if id(trial) not in self._due:
            cadences = self._engine.cadences(trial.record, as_of=trial.case.as_of)
            deadlines = self._engine.deadlines(trial.record, as_of=trial.case.as_of)
            found: Seen = {one.id: (one.status,) for one in cadences}
            self._due[id(trial)] = found | {one.id: (one.status,) for one in deadlines}
        return self._due[id(trial)]

    def _line(self, name: str, truths: Mapping[str, Truth]) -> str:
        status = status_of(truths[name])
        if status == "met" and truths.get(waiver_id(name)) is True:
            return "waived"
        return _RED_LINE.get(status, status)

    def _stage(self, trial: Trial, truths: Mapping[str, Truth]) -> Stage:
        statuses = {name: status_of(truth) for name, truth in truths.items()}
        late = {name: statuses[late_entry_id(name)] for name in self._late}
        return judge_stage(self._gates, statuses, getattr(trial.record, "milestone", None), late)

    def _moves_lines(self, parts: Parts) -> bool:
        """Whether a red line or a waiver is changed, and with it what a record is judged without."""
        lines = self._engine.pack.red_lines
        return any(name in parts.rules or waiver_id(name) in parts.rules for name in lines)

    def _health(self, trial: Trial, parts: Parts, truths: Mapping[str, Truth]) -> tuple[str, ...]:
        clean, earned = trial.clean, dict(trial.points)
        if not self._engine.pack.red_lines.keys().isdisjoint(
            name.removesuffix(".waived") for name in parts.rules
        ):
            clean = self._clean(trial.record, trial.case.as_of, truths, {**self._parts.rules, **parts.rules})
            earned = {entry.id: entry_points(entry, clean) for entry in self._entries()}
        earned |= {name: entry_points(entry, clean) for name, entry in parts.entries.items()}
        base = next(card.base for card in self._engine.plan.scorecards if card.id == self._engine.pack.health)
        low = sum((points.low for points in earned.values()), base)
        high = sum((points.high for points in earned.values()), base)
        return tuple(as_outputs([low, high]))

    def _clean(
        self, record: BaseModel, day: date, truths: Mapping[str, Truth], rules: Mapping[str, p.Rule]
    ) -> Env:
        """Return the record without what trips red lines: the health is judged on that."""
        lines: list[tuple[Any, Iterable[str]]] = [
            (rules[name].when, line.taints)
            for name, line in self._engine.pack.red_lines.items()
            if self._line(name, truths) == "tripped"
        ]
        plan = self._engine.plan
        kept = without_tainted(record, lines, day, root=plan.root).record if lines else record
        return environment(plan, kept, day)


def _joined(values: Sequence[bool | None], *, decisive: bool) -> bool | None:
    """Return the Kleene `or` (decisive=True) or `and` (decisive=False) of truths."""
    return decisive if decisive in values else None if None in values else not decisive


def _known(value: Value) -> Any:
    """Return a value without what made it unknown."""
    if isinstance(value, Interval):
        return value.low, value.high
    return None if isinstance(value, Unknown) else value


def _gate(engine: Engine, milestone: str) -> Gate:
    """Return the hard criteria of a milestone."""

    def ids(side: str) -> tuple[str, ...]:
        specs = engine.pack.criteria.items()
        return tuple(
            name for name, spec in specs if (spec.gate, spec.kind) == (f"{milestone}.{side}", "hard")
        )

    return Gate(milestone, ids("entry"), ids("exit"))
