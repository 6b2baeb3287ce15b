"""One record to one assessment: run the compiled plan, judge stage, tier and health, say why.

With detail "full" every rule, table and score is also evaluated by the reference; a difference is a defect
of ours and is raised.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import cached_property, lru_cache
from typing import Any, Literal, cast, get_args

from pydantic import BaseModel

from kamrules.assessment import (
    Assessment,
    CriterionResult,
    FindingResult,
    PackRef,
    RedLineResult,
    TierReview,
)  # fmt: skip
from kamrules.errors import Fault
from kamrules.rules.backends import python, reference
from kamrules.rules.lang.core import Node
from kamrules.rules.lang.printer import core_text
from kamrules.rules.lang.reference import Unknown, evaluate, value_of
from kamrules.rules.lang.rewrite import conjuncts
from kamrules.rules.pack import Pack
from kamrules.rules.places import without_positions
from kamrules.rules.plan import Scorecard
from kamrules.rules.planning import (
    PLAYS_WHEN,
    Planned,
    late_entry_id,
    offer_id,
    satisfied,
    waiver_id,
)  # fmt: skip
from kamrules.rules.residual import residual
from kamrules.rules.trace import Trace, Tracer, join_traces
from kamrules.rules.verdict import NA, Outcome, Status, Truth, status_of
from kamrules.scoring.ledger import Band, Health, LedgerEntry, judge_health, open_ledger, span_of
from kamrules.scoring.milestones import Gate, Stage, judge_stage
from kamrules.scoring.questions import Question, rank_questions
from kamrules.scoring.stakeholders import MapPolicy, StakeholderMap, map_stakeholders, policy_of
from kamrules.scoring.taint import Cleaned, first_act, without_tainted
from kamrules.scoring.tiers import judge_tier
from kamrules.scoring.whatif import narrowing

Detail = Literal["brief", "points", "full"]
_REMEMBERED = 4096
_RED_LINE: dict[Status, Any] = {
    "met": "tripped", "unmet": "clear", "unknown": "unknown", "not_applicable": "not_applicable",
}  # fmt: skip
_BREACH: dict[Status, Any] = {
    "met": "breach", "unmet": "ok", "unknown": "unknown", "not_applicable": "not_applicable",
}  # fmt: skip


class EngineDisagreementError(AssertionError):
    """Two engines gave different verdicts on one record: a defect of kamrules, please report it."""


class Assessor:
    """Assesses records of one planned pack; safe to share between threads."""

    def __init__(self, pack: Pack, planned: Planned) -> None:
        self.pack = pack
        self.plan = planned.plan
        self.program = python.compile_plan(planned.plan, access="attr")
        self._planned = planned
        self._rules = {rule.id: rule for rule in planned.plan.rules}
        self._ids = tuple(rule.id for rule in planned.plan.rules)
        self._ref = PackRef(pack.id, pack.version, pack.hash)
        self.gates = tuple(self._gate(milestone) for milestone in pack.milestones)
        self._late = tuple(name for name in pack.milestones if late_entry_id(name) in self._rules)
        self._tables = {table.id: (index, table) for index, table in enumerate(planned.plan.tables)}
        self._results = dict(self._plain_results())
        self._stage = lru_cache(_REMEMBERED)(self._judge)
        self._questions = lru_cache(_REMEMBERED)(lambda missing: rank_questions(dict(missing)))

    def assess(self, record: BaseModel, day: date, detail: Detail, issues: tuple[Fault, ...]) -> Assessment:
        """Return what the pack says of a record on a day."""
        outcome = self.program.run(record, day)
        statuses = {name: status_of(truth) for name, truth in zip(self._ids, outcome.truths, strict=True)}
        stage = self._stage(outcome.truths, getattr(record, "milestone", None))
        is_full = detail == "full"
        traced = self._ids if is_full else stage.unknowns
        traces: dict[str, Trace] = {}
        for name in traced:
            self._trace(name, record, day, traces, with_facts=is_full)
        if is_full:
            self._check(record, day, outcome, traces)

        def result(name: str) -> Any:
            plain = self._results[name, statuses[name]]
            found = traces.get(name)
            if found is None:
                return plain
            return replace(plain, facts=found.facts if is_full else (), missing=found.missing)

        def criterion(name: str) -> CriterionResult:
            found: CriterionResult = result(name)
            is_unmet = is_full and found.status == "unmet"
            return replace(found, failing=self._failing(name, record, day, statuses)) if is_unmet else found

        red_lines = tuple(
            [self._red_line(result(name), record, day, statuses) for name in self.pack.red_lines]
        )
        tripped = tuple(line.id for line in red_lines if line.status == "tripped")
        clean = self._clean(record, day, tripped)
        is_mapped = is_full or (detail == "points" and bool(tripped))
        health = self._health(clean, day, outcome if clean.record is record else None, tripped, detail)
        waiting = tuple((name, self._askable(traces[name].missing, clean)) for name in stage.unknowns)
        questions = self._questions(waiting)
        if is_full and health is not None:
            questions = self._narrowed(clean, day, questions, health)
            health = replace(health, ledger=_as_assessed(health.ledger, clean))
        return Assessment(
            deal_id=getattr(record, "id", None),
            deal_name=getattr(record, "name", None),
            account_name=getattr(getattr(record, "account", None), "name", None),
            as_of=day.isoformat(),
            pack=self._ref,
            stage=stage,
            tier=self._tier(record, day, outcome, is_full=is_full),
            health=health,
            criteria=tuple([criterion(name) for name in self.pack.criteria]),
            red_lines=red_lines,
            findings=tuple([self._finding(result(name), record, day) for name in self.pack.findings]),
            plays=self._plays(stage, statuses, tripped),
            ask_first=questions,
            people=self._people(record, clean, day) if is_mapped else None,
            issues=issues,
        )

    # --- stage and tier

    def _gate(self, milestone: str) -> Gate:
        def ids(side: str) -> tuple[str, ...]:
            return tuple(
                name
                for name, spec in self.pack.criteria.items()
                if spec.gate == f"{milestone}.{side}" and spec.kind == "hard"
            )

        return Gate(milestone, ids("entry"), ids("exit"))

    def _judge(self, truths: tuple[Truth, ...], claimed: str | None) -> Stage:
        statuses = {name: status_of(truth) for name, truth in zip(self._ids, truths, strict=True)}
        late = {name: statuses[late_entry_id(name)] for name in self._late}
        return judge_stage(self.gates, statuses, claimed, late)

    def _tier(self, record: BaseModel, day: date, outcome: Outcome, *, is_full: bool) -> TierReview | None:
        name = self.pack.tier_table
        if name is None:
            return None
        index, table = self._tables[name]
        conditions = {row.id: row.when for row in table.rows}

        def doubts(row: str) -> tuple[Status, tuple[str, ...]]:
            return self._doubts(conditions[row], record, day)

        order = self.pack.tables[name].outputs
        tier = judge_tier(table, outcome.tables[index], order, doubts if is_full else None)
        year = None
        if self._planned.valid_for is not None:
            value = self._value(self._planned.valid_for, record, day)
            year = None if isinstance(value, Unknown) else int(value)
        return TierReview(tier, getattr(getattr(record, "account", None), "tier", None), year)

    # --- results

    def _plain_results(self) -> Iterator[tuple[tuple[str, Status], Any]]:
        """Yield every rule's result in every status, without facts: most deals of a batch share them."""
        for status in get_args(Status):
            for name, spec in self.pack.criteria.items():
                milestone, side = spec.gate.split(".")
                hard = spec.kind == "hard"
                yield (name, status), CriterionResult(name, milestone, cast("Any", side), hard, status)
            for name, line in self.pack.red_lines.items():
                yield (name, status), RedLineResult(name, line.severity, _RED_LINE[status])
            for name, finding in self.pack.findings.items():
                yield (name, status), FindingResult(name, finding.severity, _BREACH[status])

    def _failing(
        self, name: str, record: BaseModel, day: date, statuses: Mapping[str, Status]
    ) -> tuple[str, ...]:
        spec = self.pack.criteria[name]
        if spec.met_when is not None:
            return self._doubts(self._rules[name].when, record, day)[1]
        others = spec.all_of or spec.none_of or []
        wrong = "unmet" if spec.all_of else "met"
        return tuple(other for other in others if statuses[other] == wrong)

    def _red_line(
        self, line: RedLineResult, record: BaseModel, day: date, statuses: Mapping[str, Status]
    ) -> RedLineResult:
        if line.status != "tripped":
            return line
        act_on = first_act(self._rules[line.id].when, record, day, root=self.plan.root)
        dated = replace(line, act_on=act_on.isoformat() if act_on is not None else None)
        waiver = waiver_id(line.id)
        if statuses.get(waiver) != "met":
            return dated
        facts = self._tracers[waiver].trace(record, day).facts
        return replace(dated, status="waived", waived_by=tuple(fact for fact in facts if fact.is_decisive))

    def _finding(self, finding: FindingResult, record: BaseModel, day: date) -> FindingResult:
        node = self._planned.due.get(finding.id)
        if node is None or finding.status not in {"breach", "ok"}:
            return finding
        value = self._value(node, record, day)
        return finding if isinstance(value, Unknown) else replace(finding, due_on=value.isoformat())

    def _plays(
        self, stage: Stage, statuses: Mapping[str, Status], tripped: tuple[str, ...]
    ) -> tuple[str, ...]:
        """Return the plays whose milestone and precondition hold and that no tripped red line rules out."""
        blocked = any(self.pack.red_lines[name].severity == "BLOCK" for name in tripped)
        blocked = blocked or statuses.get(PLAYS_WHEN) == "unmet"
        return tuple(
            name
            for name, spec in self.pack.plays.items()
            if stage.supported in spec.milestones
            and not blocked
            and not set(spec.never_with) & set(tripped)
            and statuses.get(offer_id(name), "met") == "met"
        )

    # --- health

    @cached_property
    def _bands(self) -> tuple[Band, ...]:
        grades = self.pack.scorecards[self.pack.health or ""].grades
        return tuple(Band(name, float(grade.at_least)) for name, grade in grades.items())

    @cached_property
    def _health_index(self) -> int:
        """Where the scores of an outcome hold the health."""
        return list(self.pack.scorecards).index(self.pack.health or "")

    def _clean(self, record: BaseModel, day: date, tripped: tuple[str, ...]) -> Cleaned:
        if not tripped:
            return Cleaned(record)
        lines = [(self._rules[name].when, self.pack.red_lines[name].taints) for name in tripped]
        return without_tainted(record, lines, day, root=self.plan.root)

    def _askable(self, paths: tuple[str, ...], clean: Cleaned) -> tuple[str, ...]:
        """Return the facts one may ask for: none that trips a red line, none the pack forbids to ask for."""
        return tuple(
            path
            for path in paths
            if clean.place(path) is not None and without_positions(path) not in self._never_asked
        )

    @cached_property
    def _never_asked(self) -> frozenset[str]:
        privacy = self.pack.privacy
        return frozenset(privacy.never_asked if privacy is not None else ())

    def _health(
        self,
        clean: Cleaned,
        day: date,
        outcome: Outcome | None,
        tripped: tuple[str, ...],
        detail: Detail,
    ) -> Health | None:
        name = self.pack.health
        if name is None:
            return None
        spec = self.pack.scorecards[name]
        index = self._health_index
        points = (outcome or self.program.run(clean.record, day)).scores[index]
        card = self.plan.scorecards[index]
        vetoes = tuple(line for line in tripped if self.pack.red_lines[line].severity in spec.veto)
        health = judge_health(points.low, points.high, self._bands, vetoed_by=vetoes)
        if detail == "brief":
            return health
        if detail == "points":
            return replace(health, base=card.base, ledger=self._points(clean.record, day))
        ledger = open_ledger(card, clean.record, day, root=self.plan.root, dimensions=self._dimensions)
        return replace(health, base=card.base, ledger=ledger)

    def _points(self, record: BaseModel, day: date) -> tuple[LedgerEntry, ...]:
        """Return the ledger without facts, by the compiled engine: some twenty times as fast."""
        found = self._entries.run(record, day).scores
        return tuple(
            LedgerEntry(name, dimension, points.low, points.high, worst, best)
            for (name, dimension, worst, best), points in zip(self._entry_spans, found, strict=True)
        )

    @cached_property
    def _dimensions(self) -> dict[str, str | None]:
        entries = self.pack.scorecards[self.pack.health or ""].entries
        return {key: entry.dimension for key, entry in entries.items()}

    @cached_property
    def _entry_spans(self) -> list[tuple[str, str | None, float, float]]:
        """The id and dimension of each entry, and the least and most points it can give."""
        entries = self.plan.scorecards[self._health_index].entries
        return [(entry.id, self._dimensions[entry.id], *span_of(entry)) for entry in entries]

    @cached_property
    def _entries(self) -> python.PythonProgram:
        """The entries of the health, each compiled as a scorecard of its own."""
        entries = self.plan.scorecards[self._health_index].entries
        alone = tuple(Scorecard(entry.id, (entry,)) for entry in entries)
        return python.compile_plan(replace(self.plan, rules=(), tables=(), scorecards=alone), access="attr")

    def _narrowed(
        self, clean: Cleaned, day: date, questions: tuple[Question, ...], health: Health
    ) -> tuple[Question, ...]:
        """Return the questions, those of the health ledger too, with how far an answer narrows the score.

        They are tried on the clean record and named by their place in the record as assessed.
        """
        index = self._health_index

        def points(changed: BaseModel) -> tuple[float, float]:
            found = self.program.run(changed, day).scores[index]
            return found.low, found.high

        moved = tuple(replace(question, path=clean.place(question.path) or "") for question in questions)
        asked = narrowing(clean.record, moved, health, points, self.plan.schema)
        named = [replace(question, path=clean.origin(question.path)) for question in asked]
        may_ask = set(self._askable(tuple(question.path for question in named), clean))
        return tuple(question for question in named if question.path in may_ask)

    def _people(self, record: BaseModel, clean: Cleaned, day: date) -> StakeholderMap:
        return map_stakeholders(
            getattr(record, "stakeholders", None),
            ownership=getattr(getattr(clean.record, "account", None), "ownership", None),
            as_of=day,
            policy=self._policy,
            left_out=clean.left_out.get(f"{self.plan.root}.stakeholders", ()),
        )

    @cached_property
    def _policy(self) -> MapPolicy:
        return policy_of(self.pack)

    # --- reasons and checks

    @cached_property
    def _tracers(self) -> dict[str, Tracer]:
        return {name: Tracer(satisfied(rule), self.plan.root) for name, rule in self._rules.items()}

    @cached_property
    def _reference(self) -> reference.ReferenceProgram:
        """The reference for tables and scorecards; rules are checked against their traces."""
        return reference.compile_plan(replace(self.plan, rules=()))

    def _trace(
        self, name: str, record: BaseModel, day: date, traces: dict[str, Trace], *, with_facts: bool
    ) -> Trace:
        """Trace a rule and remember it in `traces`; a criterion over others is joined from theirs."""
        found = traces.get(name)
        if found is None:
            spec = self.pack.criteria.get(name)
            if spec is not None and spec.all_of is not None and spec.applies_when is None:
                parts = [
                    self._trace(other, record, day, traces, with_facts=with_facts) for other in spec.all_of
                ]
                found = join_traces(parts)
            else:
                found = self._tracers[name].trace(record, day, with_facts=with_facts)
            traces[name] = found
        return found

    def _value(self, node: Node, record: BaseModel, day: date) -> Any:
        return evaluate(node, record, day, root=self.plan.root)

    def _doubts(self, node: Node, record: BaseModel, day: date) -> tuple[Status, tuple[str, ...]]:
        """Return the conjuncts that fail, or else those that are unknown, as they stand for this record."""
        env = reference.environment(self.plan, record, day)
        values = [(part, value_of(part, env)) for part in conjuncts(node)]
        failed = [part for part, value in values if value is False]
        doubtful = failed or [part for part, value in values if isinstance(value, Unknown)]
        texts = dict.fromkeys(core_text(residual(part, env)) for part in doubtful)
        return "unmet" if failed else "unknown", tuple(texts)

    def _check(self, record: BaseModel, day: date, outcome: Outcome, traces: Mapping[str, Trace]) -> None:
        """Raise if the compiled plan and the reference differ on this record."""
        agree = self._reference.run(record, day) == replace(outcome, truths=())
        for rule, truth in zip(self.plan.rules, outcome.truths, strict=True):
            value = traces[rule.id].value
            expected: Truth = None if isinstance(value, Unknown) else value
            if rule.applies is not None and self._value(rule.applies, record, day) is False:
                expected = NA
            agree = agree and truth is expected
        if not agree:
            deal = getattr(record, "id", None)
            message = f"pack {self.pack.hash[:12]}, deal {deal}: compiled and reference engine disagree"
            raise EngineDisagreementError(message)


def _as_assessed(ledger: tuple[LedgerEntry, ...], clean: Cleaned) -> tuple[LedgerEntry, ...]:
    """Return the ledger of a clean record with its facts named by their place in the record as assessed."""
    if not clean.left_out:
        return ledger
    return tuple(
        replace(
            line,
            facts=tuple(replace(fact, path=clean.origin(fact.path)) for fact in line.facts),
            missing=tuple(clean.origin(path) for path in line.missing),
        )
        for line in ledger
    )
