"""What a pack file may say: the pydantic models of format 1, and the JSON Schema made from them.

Thresholds, weights, texts and sources live in packs; this module knows their shape only. Conditions are
texts here; `compile.py` parses and types them.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kamrules.records.account import Desk
from kamrules.records.base import Day, EvidenceLevel

FORMAT_VERSION = 1

Condition = Annotated[str, StringConstraints(min_length=1, max_length=8192)]
Short = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]
ValueType = Literal["bool", "int", "double", "string", "enum", "date", "timestamp", "duration", "money"]
Scalar = bool | int | float | str
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[str, ...] = get_args(Weekday)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Words(_Part):
    """A text in English and Chinese; both are required."""

    en: Short = Field(description="the text in English")
    zh: Short = Field(description="the text in Chinese")

    def get(self, language: str) -> str:
        """Return the text in `en` or `zh`."""
        return self.zh if language == "zh" else self.en


class Source(_Part):
    """Where a rule comes from: slides of a deck, a section, a row id, or another reference."""

    deck: str | None = Field(default=None, description="the document, by its id in `sources`")
    slide: list[int] | None = Field(default=None, description="slides of the document")
    section: str | None = Field(default=None, description="section of the document")
    id: str | None = Field(default=None, description="row id of the handbook")
    quote: str | None = Field(default=None, description="the words of the source")
    ref: str | None = Field(default=None, description="any other reference, such as a decision of ours")


class Deck(_Part):
    """A document that rules cite."""

    title: Words = Field(description="what people read it as")
    ref: Short | None = Field(default=None, description="where to find it")


class Alternative(_Part):
    """Another defensible value of a parameter, and why one might choose it."""

    value: Scalar = Field(description="the other value")
    why: Words = Field(description="why one might choose it")


class Param(_Part):
    """A named, typed constant that conditions read as `param.NAME`."""

    type: ValueType = Field(description="type of the value")
    value: Scalar = Field(description="the value; a load or an extension may override it")
    title: Words = Field(description="what people read it as")
    values: list[str] | None = Field(default=None, description="the values of an enum")
    min: int | float | None = Field(default=None, description="least value")
    max: int | float | None = Field(default=None, description="greatest value")
    unit: Words | None = Field(default=None, description="unit of the value")
    source: Source | None = Field(default=None, description="where it comes from")
    why: Words | None = Field(default=None, description="why this value, where no source gives it")
    alternatives: list[Alternative] = Field(default_factory=list, description="other values one might choose")


class CustomField(_Part):
    """A typed field that a pack adds to a record."""

    type: Literal["bool", "int", "double", "string", "enum", "date", "timestamp", "money"] = Field(
        description="type of the value"
    )
    title: Words = Field(description="what people read it as")
    values: list[str] | None = Field(default=None, description="the values of an enum")
    min: int | float | None = Field(default=None, description="least value")
    max: int | float | None = Field(default=None, description="greatest value")
    unit: Words | None = Field(default=None, description="unit of the value")
    description: Words | None = Field(default=None, description="what the field holds, at more length")
    claim: bool = Field(
        default=False, description="whether it states something about the buyer, so that evidence applies"
    )


class Definition(_Part):
    """A reusable expression that conditions read as `def.NAME`."""

    expr: Condition = Field(description="the expression")
    title: Words = Field(description="what people read it as")
    source: Source | None = Field(default=None, description="where it comes from")


class CalendarSpec(_Part):
    """Which days are worked: weekends, a country's holidays and make-up workdays, and days of its own."""

    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = Field(
        default=None,
        description="ISO 3166 code of the country whose holidays count; weekends only if left out",
    )
    weekend: list[Weekday] = Field(default=["saturday", "sunday"], description="free days of the week")
    holidays: list[Day] = Field(default_factory=list, description="more free days, such as of the company")
    workdays: list[Day] = Field(default_factory=list, description="days that are worked in any case")
    time_zone: Short = Field(default="UTC", description="IANA name of the zone in which a time has its day")


class Milestone(_Part):
    """One milestone; `progress_pct` is management's progress weight, not a win rate."""

    name: Words = Field(description="what people read it as")
    progress_pct: Annotated[int | float, Field(ge=0, le=100)] = Field(
        description="management's progress weight, 0 to 100; not a win rate"
    )
    late_entry_when: Condition | None = Field(
        default=None, description="a deal may enter here without the milestones before when this holds"
    )
    max_dwell: Condition | None = Field(
        default=None, description="a deal stalls that stays longer, a duration; no limit if left out"
    )
    source: Source | None = Field(default=None, description="where it comes from")


class Criterion(_Part):
    """One entry or exit criterion of a milestone; exactly one of met_when, all_of, none_of."""

    gate: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]+\.(entry|exit)$")] = Field(
        description="milestone and side: `M3.exit` or `M3.entry`"
    )
    kind: Literal["hard", "soft"] = Field(
        default="hard", description="hard criteria block the gate, soft ones never do"
    )
    derived: bool = Field(
        default=False, description="whether it is our reading and not literally in the source"
    )
    name: Words = Field(description="what people read it as")
    met_when: Condition | None = Field(
        default=None, description="condition under which it is met; write it as a `|-` block"
    )
    all_of: Annotated[list[str], Field(min_length=1)] | None = Field(
        default=None, description="criteria that must all be met"
    )
    none_of: Annotated[list[str], Field(min_length=1)] | None = Field(
        default=None, description="red lines of which none may trip"
    )
    applies_when: Condition | None = Field(default=None, description="where this is false it does not apply")
    min_evidence: EvidenceLevel | None = Field(
        default=None, description="weakest evidence a claim may have; below it the fact counts as unknown"
    )
    covers: list[str] = Field(default_factory=list, description="rows of the handbook that it carries out")
    source: Source = Field(description="where it comes from")
    owner: Desk | None = Field(default=None, description="the desk that has to act")
    approver: Desk | list[Desk] | None = Field(default=None, description="the desk or desks that sign it off")
    form: str | None = Field(default=None, description="the form that records it")
    if_unknown: Words = Field(description="what to ask while a fact is unknown")
    if_unmet: Words = Field(description="what to do while it is not met")
    note: Words | None = Field(
        default=None, description="anything a reader should know, such as how the source was read"
    )


class LegalBasis(_Part):
    """One article of law with the days between which it applies, and how far it was verified."""

    law: Short = Field(description="the article of law")
    valid_from: Day | None = Field(default=None, alias="from", description="first day it is in force")
    until: Day | None = Field(default=None, description="last day it is in force")
    mark: Literal["V1", "V2", "U"] = Field(description="how far it was verified: V1 and V2 are, U is not")

    def applies_on(self, day: date) -> bool:
        """Whether the article was in force on `day`, as far as the pack says."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.until is None or day <= self.until
        )


class RedLine(_Part):
    """An act that blocks or escalates, with its lawful alternative. Not legal advice."""

    name: Words = Field(description="what people read it as")
    severity: Literal["BLOCK", "ESCALATE", "CAUTION"] = Field(
        description="what it does while it trips: block, escalate, or a caution"
    )
    trips_when: Condition = Field(description="condition under which it trips; write it as a `|-` block")
    applies_when: Condition | None = Field(default=None, description="where this is false it does not apply")
    waived_when: Condition | None = Field(
        default=None, description="a named second person has waived it; the waiver is kept in the result"
    )
    taints: list[str] = Field(
        default_factory=list,
        description="fields unknown to every score while it trips; list elements that trip it always are",
    )
    min_evidence: EvidenceLevel | None = Field(
        default=None, description="weakest evidence a claim may have; below it the fact counts as unknown"
    )
    basis: list[LegalBasis] = Field(default_factory=list, description="the law it rests on")
    lawful_alternative: Words = Field(description="what may be done instead")
    covers: list[str] = Field(default_factory=list, description="rows of the handbook that it carries out")
    source: Source = Field(description="where it comes from")
    owner: Desk | None = Field(default=None, description="the desk that has to act")
    note: Words | None = Field(
        default=None, description="anything a reader should know, such as how the source was read"
    )


class Finding(_Part):
    """A work rule: a breach is reported with its owner and never blocks."""

    name: Words = Field(description="what people read it as")
    breach_when: Condition = Field(
        description="condition under which it is breached; write it as a `|-` block"
    )
    applies_when: Condition | None = Field(default=None, description="where this is false it does not apply")
    due_on: Condition | None = Field(default=None, description="the day by which it must be done, a date")
    min_evidence: EvidenceLevel | None = Field(
        default=None, description="weakest evidence a claim may have; below it the fact counts as unknown"
    )
    severity: Literal["warning", "info"] = Field(default="warning", description="how a breach is shown")
    owner: Desk | None = Field(default=None, description="the desk that has to act")
    form: str | None = Field(default=None, description="the form that records it")
    message: Words = Field(description="what to tell the owner of a breach")
    covers: list[str] = Field(default_factory=list, description="rows of the handbook that it carries out")
    source: Source = Field(description="where it comes from")
    note: Words | None = Field(
        default=None, description="anything a reader should know, such as how the source was read"
    )


class Done(_Part):
    """When it was done: a day of the deal (`on`), or of each element of a list for which `when` holds."""

    of: Condition | None = Field(default=None, description="the list")
    var: str | None = Field(default=None, alias="as", description="name of one element in `when` and `on`")
    when: Condition | None = Field(default=None, description="condition on one element")
    on: Condition = Field(description="the day on which it was done, a date")


class Cadence(_Part):
    """Work that comes again: due `every` so long after it was last done, or after the day it `starts`."""

    name: Words = Field(description="what people read it as")
    done: Annotated[list[Done], Field(min_length=1)] = Field(description="what counts as doing it")
    every: Condition = Field(description="the longest time between, a parameter or a duration in whole days")
    working_days: bool = Field(default=False, description="whether only working days of the calendar count")
    applies_when: Condition | None = Field(default=None, description="where this is false it does not apply")
    starts: Condition | None = Field(
        default=None, description="the day it counts from while not done since; due at once if left out"
    )
    rule: str | None = Field(default=None, description="the work rule that reports its breach")
    owner: Desk | None = Field(default=None, description="the desk that has to act")
    form: str | None = Field(default=None, description="the form that records it")
    covers: list[str] = Field(default_factory=list, description="rows of the handbook that it carries out")
    source: Source = Field(description="where it comes from")
    note: Words | None = Field(
        default=None, description="anything a reader should know, such as how the source was read"
    )


class Pause(_Part):
    """Days that a deadline does not count, such as those of an answer."""

    starts: Condition = Field(alias="from", description="the day they begin, a date")
    until: Condition = Field(description="the day they end, a date")


class Deadline(_Part):
    """The last day of something, so long `after` or `before` a day; with neither, that day itself."""

    name: Words = Field(description="what people read it as")
    counts_from: Condition = Field(alias="from", description="the day or time it is counted from")
    after: Condition | None = Field(
        default=None, description="how long after it, a parameter or a duration in whole days"
    )
    before: Condition | None = Field(
        default=None, description="how long before it, a parameter or a duration in whole days"
    )
    working_days: bool = Field(default=False, description="whether only working days of the calendar count")
    paused: Pause | None = Field(default=None, description="days that do not count")
    lapses: bool = Field(
        default=False, description="whether it is a right that is lost after it, and nobody is late"
    )
    done_when: Condition = Field(description="whether it was done")
    applies_when: Condition | None = Field(default=None, description="where this is false there is none")
    owner: Desk | None = Field(default=None, description="the desk that has to act, or to ask the buyer to")
    basis: list[LegalBasis] = Field(default_factory=list, description="the law that sets it")
    covers: list[str] = Field(default_factory=list, description="rows of the handbook that it carries out")
    source: Source = Field(description="where it comes from")
    note: Words | None = Field(
        default=None, description="anything a reader should know, such as how the source was read"
    )


class QuietPeriod(_Part):
    """The time of a tender in which the buyer is spoken to through the official channel only.

    It lasts from `starts` to `ends`, both days included, and is open while there is no day of `ends`.
    """

    message: Words = Field(description="what is allowed in it")
    begun_when: Condition = Field(description="whether it has begun")
    starts: Condition = Field(description="its first day, a date")
    ends: Condition = Field(description="its last day, a date; none on file means that it has not ended")
    applies_when: Condition | None = Field(default=None, description="where this is false there is none")
    source: Source = Field(description="where it comes from")


class TableRow(_Part):
    """One row of a decision table."""

    when: Condition = Field(description="condition of the row")
    then: str = Field(description="one of the table's outputs")
    name: Words | None = Field(default=None, description="what people read it as")
    source: Source | None = Field(default=None, description="where it comes from")
    min_evidence: EvidenceLevel | None = Field(
        default=None, description="weakest evidence a claim may have; below it the fact counts as unknown"
    )


class DecisionTable(_Part):
    """A decision table over a closed list of outputs, best first."""

    hit: Literal["first", "unique", "collect"] = Field(
        description="first: stop at the first row that holds; unique: two are a conflict; collect: all"
    )
    title: Words = Field(description="what people read it as")
    outputs: Annotated[list[str], Field(min_length=1)] = Field(description="every output, best first")
    rows: dict[str, TableRow] = Field(description="the rows by id, in order")
    valid_for: Condition | None = Field(default=None, description="the calendar year the result is valid for")
    source: Source | None = Field(default=None, description="where it comes from")


class ShareOf(_Part):
    """The share of list elements for which a condition holds."""

    of: Condition = Field(description="the list")
    var: str = Field(alias="as", description="name of one element in `when`")
    when: Condition = Field(description="condition on one element")


class MeanOf(_Part):
    """The weighted mean of a text field mapped to numbers over a list."""

    of: Condition = Field(description="the list")
    var: str = Field(alias="as", description="name of one element")
    value: Condition = Field(description="the text field of one element")
    map: Annotated[dict[str, int | float], Field(min_length=1)] = Field(description="number of each text")
    weight: Condition | None = Field(default=None, description="weight of one element; 1 if left out")
    weight_max: Annotated[int | float, Field(gt=0)] = Field(
        default=1.0, description="greatest weight, for the bounds of unknown ones"
    )


class ScoreEntry(_Part):
    """Points for one thing: exactly one of when, value (with from and to), share, mean."""

    points: int | float = Field(description="points in full; may be negative")
    dimension: str | None = Field(default=None, description="the dimension it counts in")
    covers: list[str] = Field(default_factory=list, description="rows of the handbook that it carries out")
    title: Words | None = Field(default=None, description="what people read it as")
    when: Condition | None = Field(default=None, description="condition that gives the points")
    value: Condition | None = Field(
        default=None, description="number that gives points between `from` and `to`"
    )
    low: int | float | None = Field(
        default=None, alias="from", description="value that gives none of the points"
    )
    high: int | float | None = Field(
        default=None, alias="to", description="value that gives all of the points"
    )
    share: ShareOf | None = Field(default=None, description="the share of a list that gives points")
    mean: MeanOf | None = Field(default=None, description="the mean over a list that gives points")
    min_evidence: EvidenceLevel | None = Field(
        default=None, description="weakest evidence a claim may have; below it the fact counts as unknown"
    )
    source: Source | None = Field(default=None, description="where it comes from")


class Grade(_Part):
    """A band of a score, from its lower end up to the next better band."""

    at_least: int | float = Field(description="lower end of the band")
    name: Words = Field(description="what people read it as")


class Ladder(_Part):
    """A fact of which a better value never takes points away; `kamrules check --prove` proves it."""

    field: Short = Field(
        description="a field of the deal, or of a list's elements, such as deal.stakeholders.stance"
    )
    order: Annotated[list[str], Field(min_length=2)] = Field(description="its values, worst first")


class ScorecardSpec(_Part):
    """A sum of entries on top of `base`, by dimension, with grades; red lines of `veto` override it."""

    title: Words = Field(description="what people read it as")
    base: int | float = Field(default=0, description="points to start from")
    total: int | float | None = Field(
        default=None, description="the points of a deal with everything in place, to be checked"
    )
    dimensions: dict[str, Words] = Field(default_factory=dict, description="names of the dimensions, by id")
    grades: dict[str, Grade] = Field(default_factory=dict, description="bands of the score, by id")
    veto: list[Literal["BLOCK", "ESCALATE", "CAUTION"]] = Field(
        default_factory=list, description="severities of red lines that override the score"
    )
    monotone_in: list[Ladder] = Field(
        default_factory=list, description="facts of which a better value never takes points away"
    )
    entries: dict[str, ScoreEntry] = Field(description="what gives points, by id")
    source: Source | None = Field(default=None, description="where it comes from")


class EachOf(_Part):
    """A value of each list element for which a condition holds."""

    of: Condition = Field(description="the list")
    var: str = Field(alias="as", description="name of one element")
    when: Condition | None = Field(default=None, description="condition on one element")
    show: Condition = Field(description="what is shown of it")


class FormField(_Part):
    """One field of a form: the fact or list that fills it (`path`), or a value of list elements (`each`)."""

    path: Condition | None = Field(default=None, description="the fact or list that fills it")
    each: EachOf | None = Field(default=None, description="a value of each list element that fills it")
    title: Words | None = Field(default=None, description="what people read it as")
    required: bool = Field(default=True, description="whether the form is complete only with it")


class Form(_Part):
    """A form of the handbook: who fills and reviews it, and its fields."""

    title: Words = Field(description="what people read it as")
    aliases: list[Words] = Field(default_factory=list, description="other names of the form")
    milestone: str | None = Field(default=None, description="the milestone it belongs to")
    filled_by: Desk | None = Field(default=None, description="the desk that fills it")
    reviewed_by: list[Desk] = Field(default_factory=list, description="the desks that review it")
    derived: bool = Field(default=True, description="whether its layout is our reading and not the source's")
    fields: Annotated[dict[str, FormField], Field(min_length=1)] = Field(
        description="the fields by id, in order"
    )
    covers: list[str] = Field(default_factory=list, description="rows of the handbook that it carries out")
    source: Source = Field(description="where it comes from")
    note: Words | None = Field(
        default=None, description="anything a reader should know, such as how the source was read"
    )


class Play(_Part):
    """Advice that never blocks: offered at its milestones where its precondition holds, under no red line."""

    name: Words = Field(description="what people read it as")
    advice: Words = Field(description="what to do")
    milestones: Annotated[list[str], Field(min_length=1)] = Field(
        description="milestones at which it is offered"
    )
    offered_when: Condition | None = Field(default=None, description="condition under which it is offered")
    never_with: list[str] = Field(default_factory=list, description="red lines under which it is not offered")
    caution: Words | None = Field(default=None, description="what to look out for")
    covers: list[str] = Field(default_factory=list, description="rows of the handbook that it carries out")
    source: Source = Field(description="where it comes from")


class Tactic(_Part):
    """An improper tactic of the handbook, never offered: the red lines it crosses and its lawful twin."""

    name: Words = Field(description="what people read it as")
    red_lines: Annotated[list[str], Field(min_length=1)] = Field(description="the red lines it crosses")
    lawful_twin: Words = Field(description="what may be done instead")
    covers: list[str] = Field(default_factory=list, description="rows of the handbook that it carries out")
    source: Source = Field(description="where it comes from")


class Action(_Part):
    """Something the team can do to change what is on record: what `kamrules path` makes its steps of.

    An action says of which `facts` it is, a path standing for all below it: `find_out` makes a missing fact
    known, `confirm` gives it a higher evidence level, `change` makes a known fact another, `add` gives a list
    one more element, of which `when` holds. Of several actions for a fact the one with the longest path is
    taken, of those the cheapest.
    """

    name: Words = Field(description="what is done, as people read it")
    does: Annotated[list[Literal["find_out", "confirm", "change", "add"]], Field(min_length=1)] = Field(
        description="find_out, confirm, change a fact, or add an element to a list"
    )
    facts: Annotated[list[Short], Field(min_length=1)] = Field(
        description="paths such as deal.stakeholders.stance, each with all below it"
    )
    cost: Annotated[int, Field(ge=1, le=1000)] = Field(description="effort points")
    days: Annotated[int, Field(ge=0, le=3650)] = Field(
        default=0, description="calendar days until it can be done"
    )
    weekday: Weekday | None = Field(default=None, description="it happens on this day of the week only")
    after: list[str] = Field(default_factory=list, description="actions of the same path that come before")
    to: list[Scalar] = Field(default_factory=list, description="the values it can bring about; any if none")
    var: str | None = Field(default=None, alias="as", description="what `when` calls the new element")
    when: Condition | None = Field(default=None, description="what holds of an element it adds")
    gives: list[str] = Field(default_factory=list, description="facts a new element may have; any if none")
    together: bool = Field(
        default=False, description="done once for all its facts of one record, at one cost"
    )
    is_act: bool = Field(
        default=True, description="the fact comes about by the act, so no day in it is before the act"
    )
    owner: Desk | None = Field(default=None, description="desk that does it, if not that of the criterion")
    source: Source | None = Field(default=None, description="where it comes from")


class Ageing(_Part):
    """How fast evidence of some facts ages: each half-life takes a level off it, where a level is asked for.

    A path stands for all below it; the longest path of a fact counts. Evidence without a date does not age.
    """

    facts: Annotated[list[Short], Field(min_length=1)] = Field(
        description="paths such as deal.stakeholders.stance, each with all below it"
    )
    half_life: Annotated[int, Field(ge=1, le=36500)] = Field(description="days in which a level is lost")
    why: Words | None = Field(default=None, description="why so many days")
    source: Source | None = Field(default=None, description="where it comes from")


Statuses = Annotated[str, StringConstraints(min_length=1)] | Annotated[list[str], Field(min_length=1)]


class Reaction(_Part):
    """What to do when a verdict turns.

    It runs when any fact of `becomes` has just turned to a value given there, while every fact of `was` had
    such a value before and every fact of `while` has one now. Facts are ids of criteria, red lines and
    findings, `gate.M4.exit`, `stage`, `claim`, `tier`, `grade`, `health.veto`, and flags of other reactions.
    """

    name: Words = Field(description="what people read it as")
    becomes: Annotated[dict[str, Statuses], Field(min_length=1)] = Field(
        description="facts of which one has just turned to its value, or to one of its values"
    )
    was: dict[str, Statuses] = Field(default_factory=dict, description="what facts were before")
    holds: dict[str, Statuses] = Field(
        default_factory=dict, alias="while", description="what facts are now, turned or not"
    )
    sets: dict[str, str] = Field(
        default_factory=dict,
        description="flags it sets for other reactions to the same turn: `flag.NAME: value`",
    )
    do: Literal["notify", "task", "escalate", "none"] = Field(
        description="what is done; none only sets flags"
    )
    to: Desk | None = Field(default=None, description="the desk that is told or has to act")
    within: Annotated[int, Field(ge=1, le=3650)] | None = Field(
        default=None, description="calendar days to do a task in"
    )
    message: Words | None = Field(default=None, description="what the desk is told")
    covers: list[str] = Field(default_factory=list, description="rows of the handbook that it carries out")
    source: Source = Field(description="where it comes from")


class Term(_Part):
    """A word of the handbook in both languages, with what it means."""

    name: Words = Field(description="what people read it as")
    meaning: Words = Field(description="what it means")
    covers: list[str] = Field(default_factory=list, description="rows of the handbook that it carries out")
    source: Source | None = Field(default=None, description="where it comes from")


class Privacy(_Part):
    """Personal data that must not enter a record: field names, and terms in free text (RL-15)."""

    red_line: str = Field(description="the red line that is quoted when a name is refused")
    reason: Words = Field(description="why it is refused")
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

    why: Words = Field(description="why no rule decides it")


class Suppression(_Part):
    """A remark of a check that is meant to be so: which check, at which part (`criteria.M1.X1`), and why."""

    check: Short = Field(description="code of the check")
    at: Short = Field(description="the part it may be silent at, such as `criteria.M1.X1`")
    why: Short = Field(description="why that is meant to be so")


class PackFile(_Part):
    """A pack file, or an included part of one (then only sections are given)."""

    kamrules: Literal[1] | None = Field(default=None, description="version of the pack format")
    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$")] | None = Field(
        default=None, description="short name of the pack"
    )
    version: Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+$")] | None = Field(
        default=None, description="version, such as 1.0.0"
    )
    title: Words | None = Field(default=None, description="what people read it as")
    owner: Short | None = Field(default=None, description="who answers for the rules")
    extends: Short | None = Field(
        default=None, description="the pack it starts from: a shipped pack, or a path"
    )
    include: list[Short] = Field(
        default_factory=list, description="files beside this one that hold more sections"
    )
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = Field(
        default="CNY", description="ISO 4217 code of every money field"
    )
    assumed_evidence: EvidenceLevel = Field(
        default="E1", description="evidence of a claim that has none recorded"
    )
    old_evidence_days: Annotated[int, Field(ge=1, le=36500)] = Field(
        default=90, description="days after which an explanation says that a verdict rests on old evidence"
    )
    tier_table: str | None = Field(default=None, description="id of the table that gives the account tier")
    health: str | None = Field(default=None, description="id of the scorecard that is the deal health")
    plays_when: Condition | None = Field(
        default=None, description="plays are offered only where this does not fail, such as on open deals"
    )
    stalled_when: Condition | None = Field(
        default=None, description="a deal stalls when this holds, such as no contact for some time"
    )
    calendar: CalendarSpec = Field(default_factory=CalendarSpec, description="which days are worked")
    quiet_period: QuietPeriod | None = Field(
        default=None, description="the time of a tender in which only the official channel is open"
    )
    privacy: Privacy | None = Field(default=None, description="personal data that must not enter a record")
    off_limits: list[Short] = Field(
        default_factory=list, description="facts that no step of a path may touch, with all below them"
    )
    sources: dict[str, Deck] = Field(default_factory=dict, description="documents that rules cite, by id")
    fields: dict[str, dict[str, CustomField]] = Field(
        default_factory=dict, description="fields added to a record: record, then field"
    )
    params: dict[str, Param] = Field(
        default_factory=dict, description="named constants that conditions read as `param.NAME`"
    )
    defs: dict[str, Definition] = Field(
        default_factory=dict, description="named expressions that conditions read as `def.NAME`"
    )
    milestones: dict[str, Milestone] = Field(
        default_factory=dict, description="the milestones by id, in order"
    )
    criteria: dict[str, Criterion] = Field(
        default_factory=dict, description="entry and exit criteria of milestones, by id"
    )
    red_lines: dict[str, RedLine] = Field(
        default_factory=dict, description="acts that block or escalate, by id"
    )
    findings: dict[str, Finding] = Field(
        default_factory=dict, description="work rules: a breach is reported and never blocks"
    )
    cadences: dict[str, Cadence] = Field(default_factory=dict, description="work that comes again, by id")
    deadlines: dict[str, Deadline] = Field(
        default_factory=dict, description="last days that a law sets, by id"
    )
    tables: dict[str, DecisionTable] = Field(default_factory=dict, description="decision tables by id")
    scorecards: dict[str, ScorecardSpec] = Field(default_factory=dict, description="scores by id")
    forms: dict[str, Form] = Field(default_factory=dict, description="forms by id")
    plays: dict[str, Play] = Field(default_factory=dict, description="advice by id")
    tactics: dict[str, Tactic] = Field(
        default_factory=dict, description="improper tactics that are never offered, by id"
    )
    actions: dict[str, Action] = Field(
        default_factory=dict, description="what can be done about which fact, at what cost, by id"
    )
    ageing: dict[str, Ageing] = Field(
        default_factory=dict, description="how fast evidence of which facts ages, by id"
    )
    reactions: dict[str, Reaction] = Field(
        default_factory=dict, description="what to do when a verdict turns, by id"
    )
    glossary: dict[str, Term] = Field(default_factory=dict, description="words of the handbook, by id")
    not_executable: dict[str, NotExecutable] = Field(
        default_factory=dict, description="rows of the handbook that no rule decides, by id"
    )
    suppress: list[Suppression] = Field(
        default_factory=list, description="remarks of checks that are meant to be so"
    )


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
