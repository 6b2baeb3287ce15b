"""The public engine: a compiled pack that assesses deals one at a time or by the million."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

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
from kamrules.rules.plan import Rule
from kamrules.rules.planning import Planned, late_entry_id, plan_pack, satisfied
from kamrules.rules.trace import Fact, facts_read
from kamrules.rules.verdict import Outcome, Status, status_of
from kamrules.scoring.milestones import Gate, judge_stage
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
        if detail == "full":
            self._check(record, day, outcome)
        stage = judge_stage(
            self._gates,
            statuses,
            getattr(record, "milestone", None),
            {name: statuses[late_entry_id(name)] for name in self._late},
        )
        missing = {name: self._missing(name, record, day) for name in stage.unknowns}
        account = getattr(record, "account", None)

        def details(name: str) -> tuple[tuple[Fact, ...], tuple[str, ...]]:
            if detail == "brief":
                return (), missing.get(name, ())
            unknown = statuses[name] == "unknown"
            lacks = missing.get(name) or (self._missing(name, record, day) if unknown else ())
            return self._facts(name, record, day), lacks

        def failing(name: str) -> tuple[str, ...]:
            if detail == "brief" or statuses[name] != "unmet":
                return ()
            spec = self.pack.criteria[name]
            if spec.met_when is not None:
                return self._doubts(self._rules[name].when, record, day)[1]
            others = spec.all_of or spec.none_of or []
            wrong = "unmet" if spec.all_of else "met"
            return tuple(other for other in others if statuses[other] == wrong)

        return Assessment(
            deal_id=getattr(record, "id", None),
            deal_name=getattr(record, "name", None),
            account_name=getattr(account, "name", None),
            as_of=day.isoformat(),
            pack=self._ref,
            stage=stage,
            tier=self._tier(record, day, outcome),
            criteria=tuple(
                CriterionResult(
                    name,
                    *_gate_of(spec.gate),
                    spec.kind == "hard",
                    statuses[name],
                    *details(name),
                    failing(name),
                )
                for name, spec in self.pack.criteria.items()
            ),
            red_lines=tuple(
                RedLineResult(name, spec.severity, _RED_LINE[statuses[name]], *details(name))
                for name, spec in self.pack.red_lines.items()
            ),
            findings=tuple(
                FindingResult(name, spec.severity, _BREACH[statuses[name]], *details(name))
                for name, spec in self.pack.findings.items()
            ),
            ask_first=rank_questions(missing),
            issues=issues,
        )

    def _check(self, record: BaseModel, day: date, outcome: Outcome) -> None:
        expected = self._reference.run(record, day)
        if expected != outcome:
            message = (
                f"pack {self.pack.hash[:12]}, deal {_id_of(record)}: compiled and reference engine disagree"
            )
            raise EngineDisagreementError(message)

    @cached_property
    def _reference(self) -> reference.ReferenceProgram:
        return reference.compile_plan(self.plan)

    def _missing(self, name: str, record: BaseModel, day: date) -> tuple[str, ...]:
        value = evaluate(satisfied(self._rules[name]), record, day, root=self.plan.root)
        return tuple(sorted(value.causes)) if isinstance(value, Unknown) else ()

    def _facts(self, name: str, record: BaseModel, day: date) -> tuple[Fact, ...]:
        rule: Rule = self._rules[name]
        found = facts_read(rule.when, record, day, root=self.plan.root)
        if rule.applies is None:
            return found
        first = facts_read(rule.applies, record, day, root=self.plan.root)
        return tuple(dict.fromkeys((*first, *found)))

    def _doubts(self, node: Node, record: BaseModel, day: date) -> tuple[Status, tuple[str, ...]]:
        """Return the conjuncts that fail, or else those that are unknown, with parameters filled in."""
        values = [
            (core_text(part), evaluate(part, record, day, root=self.plan.root)) for part in conjuncts(node)
        ]
        failed = tuple(text for text, value in values if value is False)
        if failed:
            return "unmet", failed
        return "unknown", tuple(text for text, value in values if isinstance(value, Unknown))

    def _tier(self, record: BaseModel, day: date, outcome: Outcome) -> TierReview | None:
        name = self.pack.tier_table
        if name is None:
            return None
        index, table = self._tables[name]
        conditions = {row.id: row.when for row in table.rows}

        def doubts(row: str) -> tuple[Status, tuple[str, ...]]:
            return self._doubts(conditions[row], record, day)

        tier = judge_tier(table, outcome.tables[index], self.pack.tables[name].outputs, doubts)
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


def _gate_of(gate: str) -> tuple[str, Any]:
    milestone, side = gate.split(".")
    return milestone, side


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
