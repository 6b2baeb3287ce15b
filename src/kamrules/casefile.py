"""Cases beside a pack: small deals in YAML, and what the pack is expected to say of them.

A case names a base deal, what is given on top of it (mappings merge, lists and scalars replace, null
removes), and the expected verdicts by id. Only what `expect` names is compared. With `then`, facts that
change, or `then_on`, a later day, the verdicts are those after the change, and ids of reactions say what it
sets off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
)

from kamrules.assessment import Assessment
from kamrules.engine import Engine
from kamrules.errors import Fault, InputError, RecordError, nearest
from kamrules.flatfacts import facts_of
from kamrules.records.base import Day
from kamrules.scoring.tiers import judge_tier
from kamrules.source import Span
from kamrules.turns import Turn, turn_of
from kamrules.validation import faults_of
from kamrules.yamltext import Node, merge, read_yaml

ENDING = ".cases.yaml"
STAGE = ("supported", "possible", "claim")
_STEP = re.compile(r"[^.\[\]]+")


def as_outputs(value: Any) -> Any:
    """Read one output as a list of one, null as none, and points as texts to the hundredth."""
    if value is None:
        return []
    if isinstance(value, list | tuple):
        return [f"{round(one, 2):g}" if type(one) in {int, float} else one for one in value]
    return [value] if isinstance(value, str) else value


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


_OUTPUT_SCHEMA = {
    "anyOf": [
        {"type": ["string", "null"]},
        {"type": "array", "items": {"type": ["string", "number"]}},
    ]
}
Outputs = Annotated[list[str], BeforeValidator(as_outputs), WithJsonSchema(_OUTPUT_SCHEMA)]


class CaseSpec(_Part):
    """One case: a deal, and what the pack is expected to say of it."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=500)] = Field(
        description="what the case shows, in a sentence; every name once in a file"
    )
    base: str | None = Field(default=None, description="the base deal it starts from, by its name in `bases`")
    given: dict[str, Any] = Field(
        default_factory=dict,
        description="facts on top of the base: mappings merge, lists and values replace, null removes",
    )
    as_of: Day | None = Field(default=None, description="the day of this case, instead of the file's")
    then: dict[str, Any] = Field(
        default_factory=dict,
        description="facts that change after that, laid on top; reactions tell the two deals apart",
    )
    then_on: Day | None = Field(default=None, description="the day of the change, if it is a later one")
    expect: Annotated[dict[str, Outputs], Field(min_length=1)] = Field(
        description="what must come out, after the change if there is one, by id; only this is compared"
    )


class CasesSpec(_Part):
    """A file of cases: what a pack says of small deals, run by `kamrules test`."""

    pack: str = Field(description="the pack the cases are about: a path relative to this file")
    as_of: Day = Field(description="the day of the assessment, such as 2026-06-30")
    bases: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="deals that cases start from, by a name of their own"
    )
    cases: list[CaseSpec] = Field(description="the cases, run in this order")


@dataclass(frozen=True, slots=True)
class Before:
    """The deal of a case before it changes, and the day."""

    node: Node
    as_of: date

    @property
    def deal(self) -> Any:
        """The deal as plain data."""
        return self.node.data()


@dataclass(frozen=True, slots=True)
class Case:
    """One case ready to run: its deal put together, and the place of each expectation.

    `before` is the deal before it changed, None where nothing changes.
    """

    name: str
    span: Span
    node: Node
    as_of: date
    expect: Mapping[str, tuple[str, ...]]
    spans: Mapping[str, Span]
    before: Before | None = None

    @property
    def deal(self) -> Any:
        """The deal as plain data."""
        return self.node.data()


@dataclass(frozen=True, slots=True)
class CaseFile:
    """The cases of one file and the pack they are about."""

    path: Path
    pack: Path
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """One expectation that does not hold; several values are a set of outputs."""

    key: str
    expected: tuple[str, ...]
    seen: tuple[str, ...]
    span: Span
    note: str = ""

    def __str__(self) -> str:
        seen = self.note or f"`{'/'.join(self.seen) or 'none'}` seen"
        return f"{self.span}: {self.key}: `{'/'.join(self.expected) or 'none'}` expected, {seen}"


def case_files(folder: Path) -> list[Path]:
    """Return the case files of a pack's folder, by name."""
    return sorted(folder.glob(f"*{ENDING}"))


def read_cases(path: Path) -> CaseFile:
    """Read a file of cases.

    Raises
    ------
    InputError
        With every fault of the file, at line and column.
    """
    node = read_yaml(path, error=InputError)
    try:
        spec = CasesSpec.model_validate(node.data())
    except ValidationError as problem:
        raise InputError(faults_of(problem, CasesSpec, node=node, prefix="I")) from None
    faults = list(_faults(spec, node))
    if faults:
        raise InputError(faults)
    bases = node.get("bases") or Node({}, node.span)
    cases = tuple(
        _case(case, node.find(("cases", index)), bases, spec.as_of) for index, case in enumerate(spec.cases)
    )
    return CaseFile(path, path.parent / spec.pack, cases)


def _faults(spec: CasesSpec, node: Node) -> Iterator[Fault]:
    names: dict[str, Span] = {}
    for index, case in enumerate(spec.cases):
        place = node.find(("cases", index))
        if case.base is not None and case.base not in spec.bases:
            span = place.find(("base",)).span
            yield Fault("I-VALUE", f"no base `{case.base}`", span, hint=nearest(case.base, spec.bases))
        if case.name in names:
            message = f"case `{case.name}` is there twice"
            yield Fault(
                "I-DUPLICATE", message, place.find(("name",)).span, hint=f"first at {names[case.name]}"
            )
        names.setdefault(case.name, place.find(("name",)).span)
        if case.then_on is not None and case.then_on < (case.as_of or spec.as_of):
            span = place.find(("then_on",)).span
            yield Fault("I-VALUE", f"{case.then_on} is before the day of the case", span)
        if case.then_on is None and place.get("then") is not None and not case.then:
            span = place.find(("then",)).span
            yield Fault("I-VALUE", "nothing changes", span, hint="name facts, or give a later `then_on`")


def _case(spec: CaseSpec, node: Node, bases: Node, as_of: date) -> Case:
    empty = Node({}, node.span)
    base = (bases.get(spec.base) or empty) if spec.base is not None else empty
    deal = merge(base, node.get("given") or empty)
    day = spec.as_of or as_of
    then, later = node.get("then"), spec.then_on or day
    before = Before(deal, day) if then is not None or spec.then_on is not None else None
    expect = {key: tuple(value) for key, value in spec.expect.items()}
    wanted = node.get("expect") or empty
    spans = {key: child.key_span or child.span for key, child in wanted.value.items()}
    after = merge(deal, then or empty)
    return Case(spec.name, node.find(("name",)).span, after, later, expect, spans, before)


def run_case(engine: Engine, case: Case) -> tuple[Difference, ...]:
    """Return every expectation of the case that does not hold."""
    nodes = [case.node] if case.before is None else [case.before.node, case.node]
    bad = tuple(dict.fromkeys(one for node in nodes for one in _bad_values(engine, node)))
    if bad:
        return bad
    assessment = engine.assess(case.deal, as_of=case.as_of, detail="brief")
    seen = _seen(engine, assessment, case)
    differences = []
    for key, expected in case.expect.items():
        found = Difference(key, expected, (), case.spans.get(key, case.span))
        if key in engine.pack.reactions and case.before is None:
            note = "nothing changes: add `then` or `then_on`"
            differences.append(replace(found, note=note))
        elif key not in seen:
            hint = nearest(key, [*seen, *engine.pack.reactions])
            differences.append(replace(found, note=f"no such id in the pack{', ' + hint if hint else ''}"))
        elif seen[key] != expected:
            differences.append(replace(found, seen=seen[key]))
    return tuple(differences)


def _bad_values(engine: Engine, node: Node) -> Iterator[Difference]:
    """Yield what keeps a deal from being a record, each fault at its place."""
    try:
        engine.read(node.data())
    except RecordError as problem:
        for fault in problem.faults:
            steps = [int(step) if step.isdigit() else step for step in _STEP.findall(fault.where)]
            place = node.find(steps)
            span = place.key_span or place.span
            yield Difference("the deal", ("a record",), (), span, note=str(fault))


def turn_of_case(engine: Engine, case: Case, assessment: Assessment | None = None) -> Turn | None:
    """Return what the change of a case sets off; None where nothing changes."""
    if case.before is None:
        return None
    now = assessment or engine.assess(case.deal, as_of=case.as_of, detail="brief")
    before = engine.assess(case.before.deal, as_of=case.before.as_of, detail="brief")
    return turn_of(engine, facts_of(before), facts_of(now))


def _seen(engine: Engine, assessment: Assessment, case: Case) -> dict[str, tuple[str, ...]]:
    """Return everything a case may expect, by id; a stage that is not reached is an empty set."""
    seen: dict[str, tuple[str, ...]] = {item.id: (item.status,) for item in assessment.criteria}
    seen |= {item.id: (item.status,) for item in assessment.red_lines}
    seen |= {item.id: (item.status,) for item in assessment.findings}
    if not engine.pack.cadences.keys().isdisjoint(case.expect):
        cadences = engine.cadences(case.deal, as_of=case.as_of)
        seen |= {item.id: (item.status,) for item in cadences}
    if not engine.pack.deadlines.keys().isdisjoint(case.expect):
        deadlines = engine.deadlines(case.deal, as_of=case.as_of)
        seen |= {item.id: (item.status,) for item in deadlines}
    if not engine.pack.reactions.keys().isdisjoint(case.expect):
        turn = turn_of_case(engine, case, assessment)
        seen |= {} if turn is None else {name: (turn.status(name),) for name in engine.pack.reactions}
    seen |= {key: tuple(as_outputs(getattr(assessment.stage, key))) for key in STAGE}
    if engine.pack.health is not None and assessment.health is not None:
        seen[engine.pack.health] = tuple(as_outputs([assessment.health.low, assessment.health.high]))
    outcome = engine.run(case.deal, as_of=case.as_of)
    for table, rows in zip(engine.plan.tables, outcome.tables, strict=True):
        seen[table.id] = judge_tier(table, rows, engine.pack.tables[table.id].outputs).possible
    return seen
