"""Why a deal stands where it stands, for people: text, Markdown, HTML or JSON, in English or Chinese."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from operator import attrgetter
from typing import Any, Literal, get_args

from kamrules.assessment import Assessment, CriterionResult, FindingResult, RedLineResult
from kamrules.engine import Engine
from kamrules.errors import ArgumentError, Fault
from kamrules.headings import HEADINGS, heading, slides
from kamrules.rules.trace import Fact
from kamrules.scoring.ledger import Health, LedgerEntry
from kamrules.scoring.questions import Question
from kamrules.scoring.quiet import QuietPeriod
from kamrules.scoring.stakeholders import Answer, Interval, StakeholderMap
from kamrules.sections import Item, Section, as_html, as_markdown, as_text

Language = Literal["en", "zh"]
Format = Literal["text", "markdown", "html", "json"]

_PATH = re.compile(r"\bdeal(?:\.\w+)+")
_MACRO = re.compile(r"\.(?:exists|all|filter|exists_one|size)\(")
_SHOWN_FACTS = 8
_ORDER = (
    "stage", "quiet", "blocks", "unknown", "fragile", "tier", "health", "people", "red_lines", "findings",
    "plays", "ask", "all",
)  # fmt: skip


def explain(
    engine: Engine,
    deal: Any,
    *,
    as_of: date,
    language: Language = "en",
    format: Format = "text",  # noqa: A002
) -> str:
    """Explain one deal.

    Parameters
    ----------
    engine : a compiled pack
    deal : mapping or record
    as_of : the day of the assessment
    language : "en" or "zh"
    format : "text", "markdown", "html" (a piece of a page) or "json" (the full assessment with texts)

    Raises
    ------
    RecordError, ArgumentError

    Examples
    --------
    >>> import kamrules as kr
    >>> engine = kr.compile(kr.load_pack("handbook"))
    >>> print(kr.explain(engine, {"id": "D1"}, as_of=date(2026, 6, 30)).splitlines()[0])
    D1 · as of 2026-06-30 · handbook 0.1.0
    """
    if language not in {"en", "zh"} or format not in get_args(Format):
        seen = language if language not in {"en", "zh"} else format
        raise ArgumentError(
            Fault("A-VALUE", f"language is en or zh, format is text, markdown, html or json; seen: `{seen}`")
        )
    assessment = engine.assess(deal, as_of=as_of, detail="full")
    if format == "json":
        return json.dumps(engine.to_dict(assessment, language), ensure_ascii=False, indent=2)
    writer = _Writer(engine, assessment, language, engine.quiet_period(deal, as_of=as_of))
    show = {"text": as_text, "markdown": as_markdown, "html": as_html}[format]
    return show(writer.title(), list(writer.sections().values()))


def assessment_html(engine: Engine, assessment: Assessment, language: Language = "en") -> str:
    """Return an assessment by an engine of its pack as a piece of HTML, in the words of `explain`.

    Whether a quiet period runs is not said, as that is read in the record.
    """
    writer = _Writer(engine, assessment, language)
    return as_html(writer.title(), list(writer.sections().values()))


def assessment_sections(
    engine: Engine, assessment: Assessment, language: Language = "en", quiet: QuietPeriod | None = None
) -> dict[str, Section]:
    """Return the sections of `explain` by the keys of their headings, for a page that has its own layout.

    Those on health and on all criteria are left out, which such a page shows as tables.
    """
    writer = _Writer(engine, assessment, language, quiet)
    return dict(writer.reasons())


class _Writer:
    """Turns one assessment to titled sections of short lines."""

    def __init__(
        self,
        engine: Engine,
        assessment: Assessment,
        language: Language,
        quiet: QuietPeriod | None = None,
    ) -> None:
        self.engine = engine
        self.a = assessment
        self.quiet_period = quiet
        self.language = language

    def say(self, key: str) -> str:
        return heading(key, self.language)

    def title(self) -> str:
        a = self.a
        names = [part for part in (a.deal_id, a.deal_name, a.account_name) if part]
        return " · ".join([*names, f"{self.say('as_of')} {a.as_of}", f"{a.pack.id} {a.pack.version}"])

    def sections(self) -> dict[str, Section]:
        """Return every section by its key, in the order of reading."""
        found = dict(self.reasons())
        if self.a.health is not None:
            found["health"] = self.health(self.a.health)
        found["all"] = self.overview()
        return {key: found[key] for key in _ORDER if key in found}

    def reasons(self) -> Iterator[tuple[str, Section]]:
        yield "stage", self.stage()
        if self.quiet_period is not None and self.quiet_period.status == "running":
            yield "quiet", self.quiet(self.quiet_period)
        by_id = {result.id: result for result in self.a.criteria}
        for key, names in (("blocks", self.a.stage.blockers), ("unknown", self.a.stage.unknowns)):
            if names:
                yield key, Section(self.say(key), [self.criterion(by_id[name]) for name in names])
        fragile = list(self.fragile())
        if fragile:
            yield "fragile", Section(self.say("fragile"), fragile)
        if self.a.tier is not None:
            yield "tier", self.tier()
        if self.a.people is not None and self.a.people.is_listed:
            yield "people", self.people(self.a.people)
        lines = [self.red_line(line) for line in self.a.red_lines if line.status in {"tripped", "waived"}]
        if lines:
            yield "red_lines", Section(self.say("red_lines"), lines)
        breaches = [self.finding(finding) for finding in self.a.findings if finding.status == "breach"]
        if breaches:
            yield "findings", Section(self.say("findings"), breaches)
        if self.a.plays:
            plays = [self.engine.pack.plays[name] for name in self.a.plays]
            offered = [Item(play.name.get(self.language), [play.advice.get(self.language)]) for play in plays]
            yield "plays", Section(self.say("plays"), offered)
        if self.a.ask_first:
            yield (
                "ask",
                Section(self.say("ask"), [self.question(question) for question in self.a.ask_first[:10]]),
            )

    def milestone(self, name: str | None) -> str:
        if name is None:
            return self.say("none")
        spec = self.engine.pack.milestones.get(name)
        return f"{name} {spec.name.get(self.language)}" if spec else name

    def stage(self) -> Section:
        stage = self.a.stage
        items = [
            Item(f"{self.say(key)}: {self.milestone(getattr(stage, key))}")
            for key in ("claimed", "supported", "possible")
        ]
        items.append(Item(self.say("complete") if stage.is_complete else self.say(f"claim.{stage.claim}")))
        for key in ("regressed", "skipped"):
            names = getattr(stage, key)
            if names:
                items.append(Item(f"{self.say(key)}: {', '.join(self.milestone(name) for name in names)}"))
        return Section(self.say("stage"), items)

    def quiet(self, period: QuietPeriod) -> Section:
        spec = self.engine.pack.quiet_period
        said = (
            self.say("quiet.no_day") if period.since is None else self.say("quiet.since").format(period.since)
        )
        if period.until is not None:
            said += ", " + self.say("quiet.until").format(period.until)
        message = f": {spec.message.get(self.language)}" if spec is not None else ""
        return Section(self.say("quiet"), [Item(said + message)])

    def criterion(self, result: CriterionResult) -> Item:
        spec = self.engine.pack.criteria[result.id]
        head = f"{result.id} {spec.name.get(self.language)}"
        item = Item(head + slides(spec.source.slide, self.language))
        if spec.all_of is None:
            item.notes += self.fact_notes(result.facts)
        if result.missing:
            known = {fact.path: fact for fact in result.facts if fact.value is not None}
            labels = [self.lacking(path, known.get(path)) for path in result.missing[:_SHOWN_FACTS]]
            item.notes.append(f"{self.say('missing')}: {'; '.join(labels)}")
        item.notes += [f"{self.say('fails')}: {self.titled(text)}" for text in result.failing]
        action = spec.if_unknown if result.status == "unknown" else spec.if_unmet
        item.notes.append(f"{self.say('next')}: {action.get(self.language)}")
        return item

    def lacking(self, path: str, fact: Fact | None) -> str:
        """Return a fact that is missing, or known too weakly or too long ago for what is asked."""
        if fact is None:
            return self.engine.label(path, self.language)
        return f"{self.fact(fact)} {self.say('too_weak')}"

    def fragile(self) -> Iterator[Item]:
        """Yield the criteria that are met on old evidence, or on one source."""
        for result in self.a.criteria:
            spec = self.engine.pack.criteria[result.id]
            if result.status != "met" or not result.facts or spec.all_of is not None:
                continue
            reasons = []
            if (result.oldest_days or 0) >= self.engine.pack.old_evidence_days:
                reasons.append(self.say("age").format(result.oldest_days))
            if result.is_single_sourced:
                reasons.append(self.say("single_sourced"))
            if reasons:
                why = f" {self.say('and')} ".join(reasons)
                yield Item(f"{result.id} {spec.name.get(self.language)}: {self.say('met_but')} {why}")

    def titled(self, condition: str) -> str:
        """Return a condition with titles in place of the paths of facts, unless it looks into a list."""
        if _MACRO.search(condition):
            return condition
        return _PATH.sub(lambda path: self.engine.label(path.group(), self.language), condition)

    def fact_notes(self, facts: tuple[Fact, ...]) -> list[str]:
        known = [fact for fact in facts if fact.value is not None]
        known = [fact for fact in known if fact.is_decisive] or known
        if not known:
            return []
        shown = [self.fact(fact) for fact in known[:_SHOWN_FACTS]]
        more = len(known) - len(shown)
        return [f"{self.say('facts')}: {'; '.join(shown)}" + (f" … +{more}" if more else "")]

    def fact(self, fact: Fact) -> str:
        proof = [part for part in (fact.evidence, fact.known_on) if part]
        if fact.age_days is not None and fact.age_days >= 0:
            proof.append(self.say("age").format(fact.age_days))
        level = f" [{', '.join(proof)}]" if proof else ""
        return (
            f"{self.engine.label(fact.path, self.language)} = {self.engine.show(fact, self.language)}{level}"
        )

    def tier(self) -> Section:
        review = self.a.tier
        if review is None:
            return Section(self.say("tier"))
        tier = review.tier
        if tier.decided:
            head = tier.decided
        elif tier.possible:
            head = f"{self.say('undecided')} {', '.join(tier.possible)}"
        else:
            head = self.say("no_tier")
        notes = [f"{self.say('recorded')}: {review.recorded or self.say('none')}"]
        if review.valid_for_year is not None:
            notes.append(f"{self.say('valid')}: {review.valid_for_year}")
        for doubt in tier.why_not:
            status = self.say("unknown_status" if doubt.status == "unknown" else "unmet")
            notes.append(
                f"{self.say('why_not')} {doubt.output}: {status}: {self.titled('; '.join(doubt.conditions))}"
            )
        return Section(self.say("tier"), [Item(head, notes)])

    def health(self, health: Health) -> Section:
        head = f"{health.low:.1f} … {health.high:.1f}" if health.width else f"{health.low:.1f}"
        notes = []
        if health.vetoed_by:
            notes.append(f"{self.say('no_grade')} {', '.join(health.vetoed_by)}")
        elif health.grades:
            notes.append(f"{self.say('grade')}: {'/'.join(health.grades)}")
        items = [Item(f"{head} {self.say('points')}", notes)]
        items += [self.entry(line, "gives", line.low - line.worst) for line in health.for_it]
        items += [self.entry(line, "withholds", line.best - line.high) for line in health.against_it]
        unknown = [line for line in health.ledger if line.low < line.high]
        items += [self.entry(line, "open", line.high - line.low) for line in unknown]
        return Section(self.say("health"), items)

    def people(self, people: StakeholderMap) -> Section:
        shown = [key.removeprefix("people.") for key in HEADINGS if key.startswith("people.")]
        items = [
            Item(f"{self.say(f'people.{key}')}: {self.measure(attrgetter(key)(people))}") for key in shown
        ]
        return Section(self.say("people"), items)

    def measure(self, measure: Answer | Interval) -> str:
        if isinstance(measure, Interval):
            ends = [f"{end:.2f}".rstrip("0").rstrip(".") for end in (measure.low, measure.high)]
            return ends[0] if ends[0] == ends[1] else " … ".join(ends)
        if measure.truth is None:
            return self.say("unknown_status")
        return self.say("yes" if measure.truth else "no")

    def entry(self, line: LedgerEntry, key: str, points: float) -> Item:
        card = self.engine.pack.scorecards[self.engine.pack.health or ""]
        title = card.entries[line.id].title
        name = title.get(self.language) if title is not None else ""
        return Item(f"{self.say(key)} {points:.1f}: {line.id} {name}".rstrip())

    def red_line(self, line: RedLineResult) -> Item:
        spec = self.engine.pack.red_lines[line.id]
        day = date.fromisoformat(line.act_on or self.a.as_of)
        notes = [
            *self.fact_notes(line.facts),
            f"{self.say('lawful')}: {spec.lawful_alternative.get(self.language)}",
        ]
        if line.status == "waived":
            notes.append(f"{self.say('waived')}: {'; '.join(self.fact(fact) for fact in line.waived_by)}")
        basis = "; ".join(f"{base.law} ({base.mark})" for base in spec.basis if base.applies_on(day))
        head = f"{line.id} [{spec.severity}] {spec.name.get(self.language)}"
        return Item(head, [*notes, basis] if basis else notes)

    def finding(self, finding: FindingResult) -> Item:
        spec = self.engine.pack.findings[finding.id]
        notes = [spec.message.get(self.language)]
        if spec.owner is not None:
            notes.append(f"{self.say('owner')}: {self.engine.desk(spec.owner, self.language)}")
        if finding.due_on is not None:
            notes.append(f"{self.say('due')}: {finding.due_on}")
        return Item(f"{finding.id} {spec.name.get(self.language)}", notes)

    def question(self, question: Question) -> Item:
        label = self.engine.label(question.path, self.language)
        gains = []
        if question.criteria:
            gains.append(f"{self.say('opens')} {', '.join(question.criteria)}")
        if question.narrows:
            gains.append(f"{self.say('narrows')} {question.narrows:.1f}")
        return Item(f"{label} — {'; '.join(gains)}")

    def overview(self) -> Section:
        items = []
        names = {"unknown": "unknown_status"}
        for status in ("met", "unmet", "unknown", "not_applicable"):
            ids = [result.id for result in self.a.criteria if result.status == status]
            if ids:
                items.append(Item(f"{self.say(names.get(status, status))} ({len(ids)}): {', '.join(ids)}"))
        return Section(self.say("all"), items)
