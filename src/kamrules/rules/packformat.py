"""What a pack file may say: the pydantic models of format 1, and the JSON Schema made from them.

Thresholds, weights, texts and sources live in packs; this module knows their shape only. Conditions are
texts here; `compile.py` parses and types them.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kamrules.records.account import Desk
from kamrules.records.base import Day, EvidenceLevel

FORMAT_VERSION = 1

Condition = Annotated[str, StringConstraints(min_length=1, max_length=8192)]
Short = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]
ValueType = Literal["bool", "int", "double", "string", "enum", "date", "timestamp", "duration", "money"]
Scalar = bool | int | float | str


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Words(_Part):
    """A text in English and Chinese; both are required."""

    en: Short
    zh: Short

    def get(self, language: str) -> str:
        """Return the text in `en` or `zh`."""
        return self.zh if language == "zh" else self.en


class Source(_Part):
    """Where a rule comes from: slides of a deck, a section, a row id, or another reference."""

    deck: str | None = None
    slide: list[int] | None = None
    section: str | None = None
    id: str | None = None
    quote: str | None = None
    ref: str | None = None


class Deck(_Part):
    """A document that rules cite."""

    title: Words
    ref: Short | None = None


class Alternative(_Part):
    """Another defensible value of a parameter, and why one might choose it."""

    value: Scalar
    why: Words


class Param(_Part):
    """A named, typed constant that conditions read as `param.NAME`."""

    type: ValueType
    value: Scalar
    title: Words
    values: list[str] | None = None
    min: int | float | None = None
    max: int | float | None = None
    unit: Words | None = None
    source: Source | None = None
    why: Words | None = None
    alternatives: list[Alternative] = Field(default_factory=list)


class CustomField(_Part):
    """A typed field that a pack adds to a record."""

    type: Literal["bool", "int", "double", "string", "enum", "date", "timestamp", "money"]
    title: Words
    values: list[str] | None = None
    min: int | float | None = None
    max: int | float | None = None
    unit: Words | None = None
    description: Words | None = None
    claim: bool = False


class Definition(_Part):
    """A reusable expression that conditions read as `def.NAME`."""

    expr: Condition
    title: Words
    source: Source | None = None


class Milestone(_Part):
    """One milestone; `progress_pct` is management's progress weight, not a win rate."""

    name: Words
    progress_pct: Annotated[int | float, Field(ge=0, le=100)]
    late_entry_when: Condition | None = Field(
        default=None, description="a deal may enter here without the milestones before when this holds"
    )
    source: Source | None = None


class Criterion(_Part):
    """One entry or exit criterion of a milestone; exactly one of met_when, all_of, none_of."""

    gate: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]+\.(entry|exit)$")]
    kind: Literal["hard", "soft"] = "hard"
    derived: bool = False
    name: Words
    met_when: Condition | None = None
    all_of: Annotated[list[str], Field(min_length=1)] | None = None
    none_of: Annotated[list[str], Field(min_length=1)] | None = None
    applies_when: Condition | None = None
    min_evidence: EvidenceLevel | None = None
    covers: list[str] = Field(default_factory=list)
    source: Source
    owner: Desk | None = None
    approver: Desk | list[Desk] | None = None
    form: str | None = None
    if_unknown: Words
    if_unmet: Words
    note: Words | None = None


class LegalBasis(_Part):
    """One article of law with the days between which it applies, and how far it was verified."""

    law: Short
    valid_from: Day | None = Field(default=None, alias="from")
    until: Day | None = None
    mark: Literal["V1", "V2", "U"]

    def applies_on(self, day: date) -> bool:
        """Whether the article was in force on `day`, as far as the pack says."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.until is None or day <= self.until
        )


class RedLine(_Part):
    """An act that blocks or escalates, with its lawful alternative. Not legal advice."""

    name: Words
    severity: Literal["BLOCK", "ESCALATE", "CAUTION"]
    trips_when: Condition
    applies_when: Condition | None = None
    waived_when: Condition | None = Field(
        default=None, description="a named second person has waived it; the waiver is kept in the result"
    )
    taints: list[str] = Field(
        default_factory=list,
        description="fields unknown to every score while it trips; list elements that trip it always are",
    )
    min_evidence: EvidenceLevel | None = None
    basis: list[LegalBasis] = Field(default_factory=list)
    lawful_alternative: Words
    covers: list[str] = Field(default_factory=list)
    source: Source
    owner: Desk | None = None
    note: Words | None = None


class Finding(_Part):
    """A work rule: a breach is reported with its owner and never blocks."""

    name: Words
    breach_when: Condition
    applies_when: Condition | None = None
    due_on: Condition | None = Field(default=None, description="the day by which it must be done, a date")
    min_evidence: EvidenceLevel | None = None
    severity: Literal["warning", "info"] = "warning"
    owner: Desk | None = None
    form: str | None = None
    message: Words
    covers: list[str] = Field(default_factory=list)
    source: Source
    note: Words | None = None


class TableRow(_Part):
    """One row of a decision table."""

    when: Condition
    then: str
    name: Words | None = None
    source: Source | None = None
    min_evidence: EvidenceLevel | None = None


class DecisionTable(_Part):
    """A decision table over a closed list of outputs, best first."""

    hit: Literal["first", "unique", "collect"]
    title: Words
    outputs: Annotated[list[str], Field(min_length=1)]
    rows: dict[str, TableRow]
    valid_for: Condition | None = Field(default=None, description="the calendar year the result is valid for")
    source: Source | None = None


class ShareOf(_Part):
    """The share of list elements for which a condition holds."""

    of: Condition
    var: str = Field(alias="as")
    when: Condition


class MeanOf(_Part):
    """The weighted mean of a text field mapped to numbers over a list."""

    of: Condition
    var: str = Field(alias="as")
    value: Condition
    map: Annotated[dict[str, int | float], Field(min_length=1)]
    weight: Condition | None = None
    weight_max: Annotated[int | float, Field(gt=0)] = 1.0


class ScoreEntry(_Part):
    """Points for one thing: exactly one of when, value (with from and to), share, mean."""

    points: int | float
    dimension: str | None = None
    covers: list[str] = Field(default_factory=list)
    title: Words | None = None
    when: Condition | None = None
    value: Condition | None = None
    low: int | float | None = Field(default=None, alias="from")
    high: int | float | None = Field(default=None, alias="to")
    share: ShareOf | None = None
    mean: MeanOf | None = None
    min_evidence: EvidenceLevel | None = None
    source: Source | None = None


class Grade(_Part):
    """A band of a score, from its lower end up to the next better band."""

    at_least: int | float
    name: Words


class Ladder(_Part):
    """A fact of which a better value never takes points away; `kamrules check --prove` proves it."""

    field: Short = Field(
        description="a field of the deal, or of a list's elements, such as deal.stakeholders.stance"
    )
    order: Annotated[list[str], Field(min_length=2)] = Field(description="its values, worst first")


class ScorecardSpec(_Part):
    """A sum of entries on top of `base`, by dimension, with grades; red lines of `veto` override it."""

    title: Words
    base: int | float = 0
    total: int | float | None = Field(
        default=None, description="the points of a deal with everything in place, to be checked"
    )
    dimensions: dict[str, Words] = Field(default_factory=dict)
    grades: dict[str, Grade] = Field(default_factory=dict)
    veto: list[Literal["BLOCK", "ESCALATE", "CAUTION"]] = Field(default_factory=list)
    monotone_in: list[Ladder] = Field(
        default_factory=list, description="facts of which a better value never takes points away"
    )
    entries: dict[str, ScoreEntry]
    source: Source | None = None


class EachOf(_Part):
    """A value of each list element for which a condition holds."""

    of: Condition
    var: str = Field(alias="as")
    when: Condition | None = None
    show: Condition


class FormField(_Part):
    """One field of a form: the fact or list that fills it (`path`), or a value of list elements (`each`)."""

    path: Condition | None = None
    each: EachOf | None = None
    title: Words | None = None
    required: bool = True


class Form(_Part):
    """A form of the handbook: who fills and reviews it, and its fields."""

    title: Words
    aliases: list[Words] = Field(default_factory=list)
    milestone: str | None = None
    filled_by: Desk | None = None
    reviewed_by: list[Desk] = Field(default_factory=list)
    derived: bool = True
    fields: Annotated[dict[str, FormField], Field(min_length=1)]
    covers: list[str] = Field(default_factory=list)
    source: Source
    note: Words | None = None


class Play(_Part):
    """Advice that never blocks: offered at its milestones where its precondition holds, under no red line."""

    name: Words
    advice: Words
    milestones: Annotated[list[str], Field(min_length=1)]
    offered_when: Condition | None = None
    never_with: list[str] = Field(default_factory=list, description="red lines under which it is not offered")
    caution: Words | None = None
    covers: list[str] = Field(default_factory=list)
    source: Source


class Tactic(_Part):
    """An improper tactic of the handbook, never offered: the red lines it crosses and its lawful twin."""

    name: Words
    red_lines: Annotated[list[str], Field(min_length=1)]
    lawful_twin: Words
    covers: list[str] = Field(default_factory=list)
    source: Source


class Term(_Part):
    """A word of the handbook in both languages, with what it means."""

    name: Words
    meaning: Words
    covers: list[str] = Field(default_factory=list)
    source: Source | None = None


class Privacy(_Part):
    """Personal data that must not enter a record: field names, and terms in free text (RL-15)."""

    red_line: str
    reason: Words
    forbidden_fields: dict[str, list[str]] = Field(description="names refused at the border, by kind of data")
    free_text: dict[str, list[str]] = Field(
        default_factory=dict, description="terms redacted in free text, by kind"
    )
    text_fields: list[str] = Field(default_factory=list, description="free-text fields read for the terms")
    never_asked: list[str] = Field(
        default_factory=list, description="fields nobody may be asked to find out, though some record them"
    )


class NotExecutable(_Part):
    """A row of the handbook that no rule decides, and why."""

    why: Words


class Suppression(_Part):
    """A remark of a check that is meant to be so: which check, at which part (`criteria.M1.X1`), and why."""

    check: Short
    at: Short
    why: Short


class PackFile(_Part):
    """A pack file, or an included part of one (then only sections are given)."""

    kamrules: Literal[1] | None = Field(default=None, description="version of the pack format")
    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$")] | None = None
    version: Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+$")] | None = None
    title: Words | None = None
    owner: Short | None = None
    extends: Short | None = None
    include: list[Short] = Field(default_factory=list)
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "CNY"
    assumed_evidence: EvidenceLevel = "E1"
    tier_table: str | None = Field(default=None, description="id of the table that gives the account tier")
    health: str | None = Field(default=None, description="id of the scorecard that is the deal health")
    plays_when: Condition | None = Field(
        default=None, description="plays are offered only where this does not fail, such as on open deals"
    )
    privacy: Privacy | None = None
    sources: dict[str, Deck] = Field(default_factory=dict)
    fields: dict[str, dict[str, CustomField]] = Field(default_factory=dict)
    params: dict[str, Param] = Field(default_factory=dict)
    defs: dict[str, Definition] = Field(default_factory=dict)
    milestones: dict[str, Milestone] = Field(default_factory=dict)
    criteria: dict[str, Criterion] = Field(default_factory=dict)
    red_lines: dict[str, RedLine] = Field(default_factory=dict)
    findings: dict[str, Finding] = Field(default_factory=dict)
    tables: dict[str, DecisionTable] = Field(default_factory=dict)
    scorecards: dict[str, ScorecardSpec] = Field(default_factory=dict)
    forms: dict[str, Form] = Field(default_factory=dict)
    plays: dict[str, Play] = Field(default_factory=dict)
    tactics: dict[str, Tactic] = Field(default_factory=dict)
    glossary: dict[str, Term] = Field(default_factory=dict)
    not_executable: dict[str, NotExecutable] = Field(default_factory=dict)
    suppress: list[Suppression] = Field(default_factory=list)


def pack_json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a pack file, for editors.

    A pack that extends another, and a part that is included, give only what they change, so nothing is
    required here but in texts; loading tells what is missing in the whole. `null` deletes what was inherited.
    """
    schema = PackFile.model_json_schema(by_alias=True)
    for name, part in schema["$defs"].items():
        if name != Words.__name__:
            part.pop("required", None)
    for section in schema["properties"].values():
        items = section.get("additionalProperties")
        if isinstance(items, dict):
            section["additionalProperties"] = {"anyOf": [items, {"type": "null"}]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "kamrules pack", **schema}
