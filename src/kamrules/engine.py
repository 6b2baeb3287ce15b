"""The public engine: a compiled pack that assesses deals one at a time or by the million."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal, cast, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError

from kamrules.assessment import (
    Assessment,
    CriterionResult,
    FindingResult,
    PackRef,
    RedLineResult,
    Rejection,
    TierReview,
)
from kamrules.errors import ArgumentError, Fault, PackError, RecordError
from kamrules.records import label_of
from kamrules.records.base import minor_digits
from kamrules.rules.backends import python, reference
from kamrules.rules.lang.core import Node
from kamrules.rules.lang.printer import core_text
from kamrules.rules.lang.reference import Unknown, evaluate
from kamrules.rules.lang.rewrite import conjuncts
from kamrules.rules.pack import Pack, read_pack
from kamrules.rules.planning import Planned, late_entry_id, plan_pack, satisfied
from kamrules.rules.trace import Fact, Trace, Tracer
from kamrules.rules.verdict import NA, Outcome, Status, Truth, status_of
from kamrules.scoring.milestones import Gate, Stage, judge_stage
from kamrules.scoring.questions import rank_questions
from kamrules.scoring.tiers import judge_tier
from kamrules.validation import faults_of, model_in

Detail = Literal["brief", "full"]
BadValues = Literal["reject", "unknown"]


class EngineDisagreementError(AssertionError):
    """Two engines gave different verdicts on one record: a defect of kamrules, please report it."""


def load_pack(
    ref: str | Path, *, params: Mapping[str, Any] | None = None, currency: str | None = None
) -> Pack:
    """Read and check a pack.

    Parameters
    ----------
    ref : id of a shipped pack (`handbook`), a pack file, or a folder with a `pack.yaml`
    params : values that override parameters of the pack, by name
    currency : ISO 4217 code of every money field, instead of the pack's own

    Returns
    -------
    Pack

    Raises
    ------
    PackError
        KR200 with every fault of the pack, each at line and column.

    Examples
    --------
    >>> load_pack("handbook").id
    'handbook'
    """
    pack, faults = check_pack(ref, params=params, currency=currency)
    if faults:
        raise PackError(faults)
    return pack


def check_pack(
    ref: str | Path, *, params: Mapping[str, Any] | None = None, currency: str | None = None
) -> tuple[Pack, tuple[Fault, ...]]:
    """Read a pack and return it with every fault, in the order of the file, instead of raising.

    Raises `PackError` only where there is nothing to check: no such file, or not YAML at all.
    """
    pack, faults = read_pack(ref, params=params, currency=currency)
    faults = [*faults, *plan_pack(pack).faults]
    unique = dict.fromkeys(faults)
    return pack, tuple(sorted(unique, key=lambda fault: (fault.span is None, fault.span, fault.code)))


def compile(pack: Pack) -> Engine:  # noqa: A001 - the field's word for it, used as `kr.compile`
    """Compile a pack to an engine; raises PackError if the pack has faults.

    Examples
    --------
    >>> from datetime import date
    >>> engine = compile(load_pack("handbook"))
    >>> deal = {"id": "D1", "account": {"industry": "shipbuilding"}}
    >>> engine.assess(deal, as_of=date(2026, 6, 30)).stage.supported
    'M1'
    """
    planned = plan_pack(pack)
    if planned.faults:
        raise PackError(planned.faults)
    return Engine(pack, planned)


class Engine:
    """A compiled pack. Immutable, and safe to share between threads.

    `model` is the pydantic model of a deal, with the pack's custom fields and currency.
    """

    def __init__(self, pack: Pack, planned: Planned) -> None:
        self.pack = pack
        self.plan = planned.plan
        self.model = planned.model
        self._planned = planned
        self._program = python.compile_plan(planned.plan, access="attr")
        self._rules = {rule.id: rule for rule in planned.plan.rules}
        self._ids = tuple(rule.id for rule in planned.plan.rules)
        self._results = dict(self._plain_results())
        self._stage = lru_cache(_REMEMBERED)(self._judge)
        self._questions = lru_cache(_REMEMBERED)(lambda missing: rank_questions(dict(missing)))
        self._conjuncts: dict[str, tuple[tuple[str, Node], ...]] = {}
        self._ref = PackRef(pack.id, pack.version, pack.hash)
        self._gates = tuple(self._gate(milestone) for milestone in pack.milestones)
        self._late = tuple(name for name in pack.milestones if late_entry_id(name) in self._rules)
        self._tables = {table.id: (index, table) for index, table in enumerate(planned.plan.tables)}

    def __repr__(self) -> str:
        return f"Engine({self.pack.id} {self.pack.version}, {len(self._ids)} rules)"

    # --- assessing

    def read(self, deal: Any) -> BaseModel:
        """Return a deal (mapping or record) as this engine's record; RecordError lists every bad field."""
        if isinstance(deal, self.model):
            return deal
        data = deal.model_dump(exclude_unset=True) if isinstance(deal, BaseModel) else deal
        if not isinstance(data, Mapping):
            raise RecordError(
                Fault("R-VALUE", f"a deal is a mapping or a record, seen: {type(deal).__name__}")
            )
        try:
            return self.model.model_validate(data)
        except ValidationError as error:
            raise RecordError(faults_of(error, self.model)) from None
        except RecursionError:
            raise RecordError(Fault("R-DEPTH", "the record is nested too deeply")) from None

    def assess(self, deal: Any, *, as_of: date, detail: Detail = "full") -> Assessment:
        """Assess one deal as of one day.

        Parameters
        ----------
        deal : mapping as of JSON, or a `Deal` record
        as_of : the day of the assessment; nothing reads the wall clock
        detail : "full" adds the facts read and missing to every result and checks the compiled engine against
            the reference; "brief" leaves them out except for the unknown criteria of the next gate

        Raises
        ------
        RecordError
            KR300 with every field that does not fit.
        ArgumentError
            KR500 when `as_of` is not a date.
        """
        return self._assess(self.read(deal), _day(as_of), detail, ())

    def assess_many(
        self,
        deals: Iterable[Any],
        *,
        as_of: date,
        detail: Detail = "brief",
        bad_values: BadValues = "reject",
        start_row: int = 1,
    ) -> Iterator[Assessment | Rejection]:
        """Assess a stream of deals; one result for each, in order, never more and never fewer.

        A deal that does not fit becomes a `Rejection` with its row and every fault. With
        `bad_values="unknown"` a bad value is dropped (so the fact is unknown) and listed in `issues`, and
        only what is no record at all is rejected. A `Rejection` in the input is passed through.
        """
        day = _day(as_of)
        if bad_values not in {"reject", "unknown"}:
            raise ArgumentError(
                Fault("A-VALUE", f"bad_values is `reject` or `unknown`, seen: `{bad_values}`")
            )
        for row, deal in enumerate(deals, start_row):
            if isinstance(deal, Rejection):
                yield deal
                continue
            issues: tuple[Fault, ...] = ()
            try:
                record = self.read(deal)
            except RecordError as error:
                repaired = self._without_bad_values(deal) if bad_values == "unknown" else None
                if repaired is None:
                    yield Rejection(row, _id_of(deal), error.faults, deal)
                    continue
                record, issues = repaired, error.faults
            yield self._assess(record, day, detail, issues)

    def _without_bad_values(self, deal: Any) -> BaseModel | None:
        """Return the record with every bad value removed, or None when nothing sensible remains."""
        data = _plain_copy(deal)
        while isinstance(data, dict):
            try:
                return self.model.model_validate(data)
            except ValidationError as error:
                if not all(_drop(data, item["loc"]) for item in error.errors(include_url=False)):
                    return None
        return None

    def run(self, deal: Any, *, as_of: date) -> Outcome:
        """Return the bare outcome of the compiled plan: the fastest path, without stages and texts."""
        return self._program.run(self.read(deal), _day(as_of))

    # --- parts

    def _gate(self, milestone: str) -> Gate:
        def ids(side: str) -> tuple[str, ...]:
            return tuple(
                name
                for name, spec in self.pack.criteria.items()
                if spec.gate == f"{milestone}.{side}" and spec.kind == "hard"
            )

        return Gate(milestone, ids("entry"), ids("exit"))

    def _assess(self, record: BaseModel, day: date, detail: Detail, issues: tuple[Fault, ...]) -> Assessment:
        outcome = self._program.run(record, day)
        statuses = {name: status_of(truth) for name, truth in zip(self._ids, outcome.truths, strict=True)}
        stage = self._stage(outcome.truths, getattr(record, "milestone", None))
        is_full = detail == "full"
        traced = self._ids if is_full else stage.unknowns
        traces = {name: self._tracers[name].trace(record, day, with_facts=is_full) for name in traced}
        if is_full:
            self._check(record, day, outcome, traces)
        account = getattr(record, "account", None)

        def result(name: str) -> Any:
            plain = self._results[name, statuses[name]]
            found = traces.get(name)
            if found is None:
                return plain
            return replace(
                plain, facts=found.facts if is_full else (), missing=found.missing, **failing(name)
            )

        def failing(name: str) -> dict[str, Any]:
            spec = self.pack.criteria.get(name)
            if not is_full or spec is None or statuses[name] != "unmet":
                return {}
            if spec.met_when is not None:
                return {"failing": self._doubts(name, self._rules[name].when, record, day)[1]}
            others = spec.all_of or spec.none_of or []
            wrong = "unmet" if spec.all_of else "met"
            return {"failing": tuple(other for other in others if statuses[other] == wrong)}

        return Assessment(
            deal_id=getattr(record, "id", None),
            deal_name=getattr(record, "name", None),
            account_name=getattr(account, "name", None),
            as_of=day.isoformat(),
            pack=self._ref,
            stage=stage,
            tier=self._tier(record, day, outcome, is_full=is_full),
            criteria=tuple([result(name) for name in self.pack.criteria]),
            red_lines=tuple([result(name) for name in self.pack.red_lines]),
            findings=tuple([result(name) for name in self.pack.findings]),
            ask_first=self._questions(tuple((name, traces[name].missing) for name in stage.unknowns)),
            issues=issues,
        )

    def _judge(self, truths: tuple[Truth, ...], claimed: str | None) -> Stage:
        statuses = {name: status_of(truth) for name, truth in zip(self._ids, truths, strict=True)}
        late = {name: statuses[late_entry_id(name)] for name in self._late}
        return judge_stage(self._gates, statuses, claimed, late)

    def _plain_results(self) -> Iterator[tuple[tuple[str, Status], Any]]:
        """Yield every rule's result in every status, without facts: most deals of a batch share them."""
        for status in get_args(Status):
            for name, spec in self.pack.criteria.items():
                milestone, side = spec.gate.split(".")
                yield (
                    (name, status),
                    CriterionResult(name, milestone, cast("Any", side), spec.kind == "hard", status),
                )
            for name, line in self.pack.red_lines.items():
                yield (name, status), RedLineResult(name, line.severity, _RED_LINE[status])
            for name, finding in self.pack.findings.items():
                yield (name, status), FindingResult(name, finding.severity, _BREACH[status])

    def _check(self, record: BaseModel, day: date, outcome: Outcome, traces: Mapping[str, Trace]) -> None:
        """Raise if the compiled plan and the reference differ on this record."""
        agree = self._reference.run(record, day) == replace(outcome, truths=())
        for rule, truth in zip(self.plan.rules, outcome.truths, strict=True):
            value = traces[rule.id].value
            expected: Truth = None if isinstance(value, Unknown) else value
            if rule.applies is not None and evaluate(rule.applies, record, day, root=self.plan.root) is False:
                expected = NA
            agree = agree and truth is expected
        if not agree:
            message = (
                f"pack {self.pack.hash[:12]}, deal {_id_of(record)}: compiled and reference engine disagree"
            )
            raise EngineDisagreementError(message)

    @cached_property
    def _reference(self) -> reference.ReferenceProgram:
        """The reference for tables and scorecards; rules are checked against their traces."""
        return reference.compile_plan(replace(self.plan, rules=()))

    @cached_property
    def _tracers(self) -> dict[str, Tracer]:
        return {name: Tracer(satisfied(rule), self.plan.root) for name, rule in self._rules.items()}

    def _doubts(self, key: str, node: Node, record: BaseModel, day: date) -> tuple[Status, tuple[str, ...]]:
        """Return the conjuncts that fail, or else those that are unknown, with parameters filled in."""
        if key not in self._conjuncts:
            self._conjuncts[key] = tuple((core_text(part), part) for part in conjuncts(node))
        values = [
            (text, evaluate(part, record, day, root=self.plan.root)) for text, part in self._conjuncts[key]
        ]
        failed = tuple(text for text, value in values if value is False)
        if failed:
            return "unmet", failed
        return "unknown", tuple(text for text, value in values if isinstance(value, Unknown))

    def _tier(self, record: BaseModel, day: date, outcome: Outcome, *, is_full: bool) -> TierReview | None:
        name = self.pack.tier_table
        if name is None:
            return None
        index, table = self._tables[name]
        conditions = {row.id: row.when for row in table.rows}

        def doubts(row: str) -> tuple[Status, tuple[str, ...]]:
            return self._doubts(f"{name}/{row}", conditions[row], record, day)

        tier = judge_tier(
            table, outcome.tables[index], self.pack.tables[name].outputs, doubts if is_full else None
        )
        year = None
        if self._planned.valid_for is not None:
            value = evaluate(self._planned.valid_for, record, day, root=self.plan.root)
            year = None if isinstance(value, Unknown) else int(value)
        return TierReview(tier, getattr(getattr(record, "account", None), "tier", None), year)

    # --- words

    def label(self, path: str, language: Literal["en", "zh"] = "en") -> str:
        """Return the title of a fact for a path such as `deal.stakeholders[2].stance`."""
        words: list[str] = []
        model: Any = self.model
        for step in path.split(".")[1:]:
            name, bracket, index = step.partition("[")
            title = label_of(model, name, language) if model is not None else name
            number = index.rstrip("]")
            words.append(f"{title} {int(number) + 1}" if bracket and number else title)
            model = (
                model_in(model.model_fields[name].annotation)
                if model and name in model.model_fields
                else None
            )
        return " › ".join(words) or path

    def show(self, fact: Fact, language: Literal["en", "zh"] = "en") -> str:
        """Return the value of a fact as a person reads it; money in major units."""
        value = fact.value
        if isinstance(value, bool):
            return {"en": ("no", "yes"), "zh": ("否", "是")}[language][value]
        if isinstance(value, tuple):
            return {"en": "none", "zh": "无"}[language]
        if fact.currency is not None:
            digits = minor_digits(fact.currency)
            return f"{Decimal(value).scaleb(-digits):,.{digits}f} {fact.currency}"
        return str(value)

    # --- JSON

    def to_dict(self, assessment: Assessment, language: Literal["en", "zh"] = "en") -> dict[str, Any]:
        """Return an assessment as JSON-ready data, with names, slides and next actions from the pack."""
        data: dict[str, Any] = _ADAPTER.dump_python(assessment, mode="json")
        for item in data["criteria"]:
            spec = self.pack.criteria[item["id"]]
            item["name"] = spec.name.get(language)
            item["slides"] = spec.source.slide or []
            item["derived"] = spec.derived
            action = {"unknown": spec.if_unknown, "unmet": spec.if_unmet}.get(item["status"])
            item["next_action"] = action.get(language) if action is not None else None
            item["owner"] = spec.owner
        for item in data["red_lines"]:
            line = self.pack.red_lines[item["id"]]
            item["name"] = line.name.get(language)
            item["slides"] = line.source.slide or []
            item["lawful_alternative"] = line.lawful_alternative.get(language)
        for item in data["findings"]:
            finding = self.pack.findings[item["id"]]
            item["name"] = finding.name.get(language)
            item["slides"] = finding.source.slide or []
            item["message"] = finding.message.get(language) if item["status"] == "breach" else None
        return data


_REMEMBERED = 4096
_ADAPTER = TypeAdapter(Assessment)
_RED_LINE: dict[Status, Any] = {
    "met": "tripped",
    "unmet": "clear",
    "unknown": "unknown",
    "not_applicable": "not_applicable",
}
_BREACH: dict[Status, Any] = {
    "met": "breach",
    "unmet": "ok",
    "unknown": "unknown",
    "not_applicable": "not_applicable",
}


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of an Assessment as `Engine.to_dict` starts from it."""
    return _ADAPTER.json_schema(mode="serialization")


def _day(as_of: Any) -> date:
    if isinstance(as_of, datetime) or not isinstance(as_of, date):
        raise ArgumentError(Fault("A-DATE", f"as_of is a date such as date(2026, 6, 30), seen: `{as_of!r}`"))
    return as_of


def _id_of(deal: Any) -> str | None:
    found = deal.get("id") if isinstance(deal, Mapping) else getattr(deal, "id", None)
    return None if found is None else str(found)


def _plain_copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain_copy(item) for key, item in value.items()}
    return [_plain_copy(item) for item in value] if isinstance(value, list | tuple) else value


def _drop(data: Any, loc: tuple[int | str, ...]) -> bool:
    """Remove the value at `loc` (a bad list element becomes an empty record); False if not there."""
    holder = data
    for step in loc[:-1]:
        try:
            holder = holder[step]
        except (KeyError, IndexError, TypeError):
            return False
    last = loc[-1] if loc else None
    if isinstance(holder, dict) and last in holder:
        del holder[last]
        return True
    if isinstance(holder, list) and isinstance(last, int) and last < len(holder):
        holder[last] = {} if not isinstance(holder[last], dict) else None
        return holder[last] is not None
    return False
