"""Why a deal stands where it stands, for people: text, Markdown or JSON, in English or Chinese."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from kamrules.assessment import Assessment, CriterionResult
from kamrules.engine import Engine
from kamrules.errors import ArgumentError, Fault
from kamrules.rules.trace import Fact

Language = Literal["en", "zh"]
Format = Literal["text", "markdown", "json"]

_WORDS: dict[str, tuple[str, str]] = {
    "as_of": ("as of", "截至"),
    "stage": ("Stage", "阶段"),
    "claimed": ("claimed", "申报"),
    "supported": ("supported by evidence", "证据支持"),
    "possible": ("possible if every unknown is met", "未知项全部满足时可达"),
    "none": ("none", "无"),
    "claim.supported": ("the claim is supported", "申报有证据支持"),
    "claim.not_proven": ("the claim is not proven: facts are unknown", "申报尚未证实:有事实未知"),
    "claim.contradicted": ("the claim is contradicted by known facts", "申报与已知事实矛盾"),
    "claim.behind": ("the evidence is further than the claim", "证据已超过申报阶段"),
    "claim.none": ("no milestone is claimed", "未申报里程碑"),
    "regressed": ("does not hold now", "目前不成立"),
    "skipped": ("skipped", "被跳过"),
    "blocks": ("Blocks the next gate", "阻碍下一关口"),
    "unknown": ("Unknown at the next gate", "下一关口的未知项"),
    "tier": ("Account tier", "客户级别"),
    "recorded": ("recorded", "已登记"),
    "valid": ("valid for", "有效年度"),
    "no_tier": ("no tier: the account falls in no row of the table", "无级别:不符合任何一行"),
    "undecided": ("undecided, still possible", "未定,仍可能为"),
    "why_not": ("why not", "为何不是"),
    "red_lines": ("Red lines (not legal advice)", "红线(非法律意见)"),
    "lawful": ("lawful alternative", "合规做法"),
    "findings": ("Findings", "发现"),
    "ask": ("Ask first", "优先核实"),
    "facts": ("read", "依据"),
    "missing": ("missing", "缺少"),
    "fails": ("fails", "不成立"),
    "next": ("next", "下一步"),
    "slide": ("slide", "幻灯片"),
    "nothing": ("nothing", "无"),
    "all": ("All criteria", "全部标准"),
    "met": ("met", "满足"),
    "unmet": ("unmet", "未满足"),
    "unknown_status": ("unknown", "未知"),
    "not_applicable": ("not applicable", "不适用"),
    "complete": ("every milestone is passed", "全部里程碑已通过"),
    "opens": ("opens", "可判定"),
}
_SHOWN_FACTS = 8


@dataclass(slots=True)
class _Item:
    head: str
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Section:
    title: str
    items: list[_Item] = field(default_factory=list)


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
    format : "text", "markdown" or "json" (the full assessment with texts)

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
    if language not in {"en", "zh"} or format not in {"text", "markdown", "json"}:
        seen = language if language not in {"en", "zh"} else format
        raise ArgumentError(
            Fault("A-VALUE", f"language is en or zh, format is text, markdown or json; seen: `{seen}`")
        )
    assessment = engine.assess(deal, as_of=as_of, detail="full")
    if format == "json":
        return json.dumps(engine.to_dict(assessment, language), ensure_ascii=False, indent=2)
    writer = _Writer(engine, assessment, language)
    sections = list(writer.sections())
    return _markdown(writer.title(), sections) if format == "markdown" else _text(writer.title(), sections)


class _Writer:
    """Turns one assessment to titled sections of short lines."""

    def __init__(self, engine: Engine, assessment: Assessment, language: Language) -> None:
        self.engine = engine
        self.a = assessment
        self.language = language

    def say(self, key: str) -> str:
        return _WORDS[key][1 if self.language == "zh" else 0]

    def title(self) -> str:
        a = self.a
        names = [part for part in (a.deal_id, a.deal_name, a.account_name) if part]
        return " · ".join([*names, f"{self.say('as_of')} {a.as_of}", f"{a.pack.id} {a.pack.version}"])

    def sections(self) -> Iterator[_Section]:
        yield self.stage()
        by_id = {result.id: result for result in self.a.criteria}
        for key, names in (("blocks", self.a.stage.blockers), ("unknown", self.a.stage.unknowns)):
            if names:
                yield _Section(self.say(key), [self.criterion(by_id[name]) for name in names])
        if self.a.tier is not None:
            yield self.tier()
        tripped = [
            self.red_line(line.id, line.facts) for line in self.a.red_lines if line.status == "tripped"
        ]
        if tripped:
            yield _Section(self.say("red_lines"), tripped)
        breaches = [self.finding(finding.id) for finding in self.a.findings if finding.status == "breach"]
        if breaches:
            yield _Section(self.say("findings"), breaches)
        if self.a.ask_first:
            yield _Section(self.say("ask"), [self.question(question) for question in self.a.ask_first[:10]])
        yield self.overview()

    def milestone(self, name: str | None) -> str:
        if name is None:
            return self.say("none")
        spec = self.engine.pack.milestones.get(name)
        return f"{name} {spec.name.get(self.language)}" if spec else name

    def stage(self) -> _Section:
        stage = self.a.stage
        items = [
            _Item(f"{self.say(key)}: {self.milestone(getattr(stage, key))}")
            for key in ("claimed", "supported", "possible")
        ]
        items.append(_Item(self.say("complete") if stage.is_complete else self.say(f"claim.{stage.claim}")))
        for key in ("regressed", "skipped"):
            names = getattr(stage, key)
            if names:
                items.append(_Item(f"{self.say(key)}: {', '.join(self.milestone(name) for name in names)}"))
        return _Section(self.say("stage"), items)

    def criterion(self, result: CriterionResult) -> _Item:
        spec = self.engine.pack.criteria[result.id]
        slides = ", ".join(f"p{slide}" for slide in spec.source.slide or [])
        head = f"{result.id} {spec.name.get(self.language)}" + (
            f" ({self.say('slide')} {slides})" if slides else ""
        )
        item = _Item(head)
        if spec.all_of is None:
            item.notes += self.fact_notes(result.facts)
        if result.missing:
            labels = [self.engine.label(path, self.language) for path in result.missing[:_SHOWN_FACTS]]
            item.notes.append(f"{self.say('missing')}: {'; '.join(labels)}")
        item.notes += [f"{self.say('fails')}: {text}" for text in result.failing]
        action = spec.if_unknown if result.status == "unknown" else spec.if_unmet
        item.notes.append(f"{self.say('next')}: {action.get(self.language)}")
        return item

    def fact_notes(self, facts: tuple[Fact, ...]) -> list[str]:
        known = [fact for fact in facts if fact.value is not None]
        if not known:
            return []
        shown = [self.fact(fact) for fact in known[:_SHOWN_FACTS]]
        more = len(known) - len(shown)
        return [f"{self.say('facts')}: {'; '.join(shown)}" + (f" … +{more}" if more else "")]

    def fact(self, fact: Fact) -> str:
        level = f" [{fact.evidence}]" if fact.evidence else ""
        return (
            f"{self.engine.label(fact.path, self.language)} = {self.engine.show(fact, self.language)}{level}"
        )

    def tier(self) -> _Section:
        review = self.a.tier
        if review is None:
            return _Section(self.say("tier"))
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
            notes.append(f"{self.say('why_not')} {doubt.output}: {status}: {'; '.join(doubt.conditions)}")
        return _Section(self.say("tier"), [_Item(head, notes)])

    def red_line(self, name: str, facts: tuple[Fact, ...]) -> _Item:
        spec = self.engine.pack.red_lines[name]
        basis = "; ".join(
            f"{base.law} ({base.mark})"
            for base in spec.basis
            if base.applies_on(date.fromisoformat(self.a.as_of))
        )
        notes = [
            *self.fact_notes(facts),
            f"{self.say('lawful')}: {spec.lawful_alternative.get(self.language)}",
        ]
        return _Item(
            f"{name} [{spec.severity}] {spec.name.get(self.language)}", notes + ([basis] if basis else [])
        )

    def finding(self, name: str) -> _Item:
        spec = self.engine.pack.findings[name]
        return _Item(f"{name} {spec.name.get(self.language)}", [spec.message.get(self.language)])

    def question(self, question: Any) -> _Item:
        label = self.engine.label(question.path, self.language)
        return _Item(f"{label} — {self.say('opens')} {', '.join(question.criteria)}")

    def overview(self) -> _Section:
        items = []
        names = {"unknown": "unknown_status"}
        for status in ("met", "unmet", "unknown", "not_applicable"):
            ids = [result.id for result in self.a.criteria if result.status == status]
            if ids:
                items.append(_Item(f"{self.say(names.get(status, status))} ({len(ids)}): {', '.join(ids)}"))
        return _Section(self.say("all"), items)


def _text(title: str, sections: list[_Section]) -> str:
    lines = [title]
    for section in sections:
        lines += ["", section.title]
        for item in section.items:
            lines.append(f"  {item.head}")
            lines += [f"      {note}" for note in item.notes]
    return "\n".join(lines) + "\n"


def _markdown(title: str, sections: list[_Section]) -> str:
    lines = [f"# {_escape(title)}"]
    for section in sections:
        lines += ["", f"## {section.title}", ""]
        for item in section.items:
            lines.append(f"- {_escape(item.head)}")
            lines += [f"  - {_escape(note)}" for note in item.notes]
    return "\n".join(lines) + "\n"


def _escape(text: str) -> str:
    """Keep a user's text from being read as Markdown or HTML."""
    for char in "\\`*_[]<>|":
        text = text.replace(char, "\\" + char)
    return text.replace("\n", " ")
