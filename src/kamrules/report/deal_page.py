"""The page of one deal in a report: stage, red lines, what blocks, health, people, gates, forms, path."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from itertools import groupby

from pydantic import BaseModel

from kamrules.assessment import Assessment
from kamrules.engine import Engine
from kamrules.explanation import assessment_sections
from kamrules.forms import field_title
from kamrules.paths import LawfulPath
from kamrules.paths.words import path_sections
from kamrules.pipeline import Result, health_text
from kamrules.report.blanks import BlankFields
from kamrules.report.markup import bar, own, part, table, titled
from kamrules.report.page_words import say
from kamrules.report.pictures import stakeholder_map
from kamrules.report.words import term
from kamrules.rules.verdict import Status
from kamrules.scoring.ledger import Health, LedgerEntry
from kamrules.sections import safe_html
from kamrules.wording import Language

SIGNS: dict[Status, str] = {"met": "✓", "unmet": "✗", "unknown": "?", "not_applicable": "–"}
_STATUS_WORDS: dict[Status, str] = {
    "met": "met", "unmet": "unmet", "unknown": "unknown_status", "not_applicable": "not_applicable",
}  # fmt: skip
_FIRST = ("stage", "quiet")
_GATE = ("blocks", "unknown")
_REST = ("fragile", "ask", "findings", "plays", "tier")
_SHOWN_ISSUES = 20
_LEAST = 0.05  # points; less is not shown as anything


class DealPages:
    """Writes the pages of the deals of one engine on one day; what deals share is written once."""

    def __init__(self, engine: Engine, language: Language, day: date) -> None:
        self._engine = engine
        self._language: Language = language
        self._day = day
        self._blanks = BlankFields(engine)
        self._milestones = [
            (name, tuple(ids)) for name, ids in groupby(engine.pack.criteria, key=engine.pack.milestone_of)
        ]
        self._line = lru_cache(None)(self._write_line)
        self._field = lru_cache(None)(lambda form, key: field_title(engine, form, key, language))

    def page(self, number: int, result: Result, path: LawfulPath | None = None) -> str:
        """Return the page of a deal that was assessed, the `number`-th of the report from 0."""
        assessment, record = result.outcome, result.record
        assert isinstance(assessment, Assessment)
        assert record is not None
        parts = "".join(self._parts(assessment, record, path))
        state = self._say("closed" if result.is_closed else "open")
        day = f"{self._say('as_of')} {assessment.as_of}"
        return (
            f'<article id="d{number}" aria-labelledby="h{number}"><h2 id="h{number}" tabindex="-1">'
            f"{own(assessment.deal_id)} {own(assessment.deal_name) if assessment.deal_name else ''}</h2>"
            f'<p class="below">{own(assessment.account_name)} · {state} · {day}</p>'
            f'<div class="parts">{parts}</div></article>'
        )

    def _say(self, key: str) -> str:
        return say(key, self._language)

    def _parts(self, a: Assessment, record: BaseModel, path: LawfulPath | None) -> Iterator[str]:
        quiet = self._engine.quiet_period(record, as_of=self._day)
        sections = assessment_sections(self._engine, a, self._language, quiet)
        for key in _FIRST:
            if key in sections:
                yield titled(sections[key])
        if "red_lines" in sections:
            yield titled(sections["red_lines"], "alarm")
        gate = [sections[key] for key in _GATE if key in sections]
        yield from map(titled, gate)
        if not gate and not a.stage.is_complete:
            yield part(self._say("next_gate"), f"<p>{self._say('nothing_open')}</p>")
        for key in _REST:
            if key in sections:
                yield titled(sections[key])
        if a.health is not None:
            yield part(
                f"{self._say('health')}: {health_text(a.health, self._language)}", self._ledger(a.health)
            )
        if "people" in sections:
            yield titled(sections["people"])
        yield part(self._say("map"), self._map(record, a), "wide")
        yield part(self._say("criteria"), self._criteria(a), "wide")
        yield part(self._say("forms"), self._forms(record), "wide")
        yield from self._path(path)
        if a.issues:
            shown = "".join(f"<li>{safe_html(str(fault))}</li>" for fault in a.issues[:_SHOWN_ISSUES])
            yield part(f"{self._say('issues')} ({len(a.issues)})", f"<ul>{shown}</ul>", "wide")

    def _map(self, record: BaseModel, a: Assessment) -> str:
        picture = stakeholder_map(self._engine, record, a, language=self._language, has_legend=False)
        label = safe_html(picture.title)
        return (
            f'<div class="scroll" tabindex="0" role="group" aria-label="{label}">{picture.fragment()}</div>'
        )

    def _path(self, path: LawfulPath | None) -> Iterator[str]:
        if path is None:
            yield part(self._say("path"), f"<p>{safe_html(self._say('path.left_out'))}</p>", "wide")
            return
        for section in path_sections(self._engine, path, self._language):
            yield titled(section, "wide")

    # --- health

    def _ledger(self, health: Health) -> str:
        card = self._engine.pack.scorecards[self._engine.pack.health or ""]
        by_dimension: dict[str | None, list[LedgerEntry]] = {}
        for line in health.ledger:
            by_dimension.setdefault(line.dimension, []).append(line)
        heads = [self._say(key) for key in ("dimension", "points", "best")]
        sums = []
        for name, lines in by_dimension.items():
            spec = card.dimensions.get(name or "")
            title = (
                spec.get(self._language)
                if spec is not None
                else term(self._engine, name or "–", self._language)
            )
            ends = [sum(getattr(line, end) for line in lines) for end in ("low", "high", "worst", "best")]
            sums.append((safe_html(title), _points(ends[0], ends[1]), f"{ends[3]:.0f}", bar(*ends)))
        dimensions = table(self._say("health"), [*heads, ""], sums, numeric=(1, 2))
        heads[0] = self._say("entry")
        entries = table(
            self._say("every_entry"), [*heads, ""], map(self._entry, health.ledger), numeric=(1, 2)
        )
        return f"{dimensions}<details><summary>{self._say('every_entry')}</summary>{entries}</details>"

    def _entry(self, line: LedgerEntry) -> Sequence[str]:
        title = self._engine.pack.scorecards[self._engine.pack.health or ""].entries[line.id].title
        name = title.get(self._language) if title is not None else line.id
        what = [
            f"{self._say(key)} {points:.1f}"
            for key, points in (
                ("given", line.low - line.worst), ("open_points", line.high - line.low),
                ("lost", line.best - line.high),
            )
            if points > _LEAST
        ]  # fmt: skip
        return safe_html(name), _points(line.low, line.high), f"{line.best:.1f}", ", ".join(what)

    # --- gates and forms

    def _criteria(self, a: Assessment) -> str:
        statuses = {result.id: result.status for result in a.criteria}
        gate = frozenset(a.stage.gate)
        rows, lists = [], []
        for milestone, ids in self._milestones:
            counts = Counter(statuses[name] for name in ids)
            title = self._milestone(milestone)
            rows.append((title, *(str(counts[status]) for status in SIGNS)))
            lines = "".join([self._line(name, statuses[name], name in gate) for name in ids])
            lists.append(f"<h4>{title}</h4><ul class='plain'>{lines}</ul>")
        heads = [self._say("milestone"), *(f"{SIGNS[one]} {self._say(_STATUS_WORDS[one])}" for one in SIGNS)]
        counted = table(self._say("criteria"), heads, rows, numeric=(1, 2, 3, 4))
        every = self._say("every_criterion")
        return f"{counted}<details><summary>{every}</summary>{''.join(lists)}</details>"

    def _milestone(self, name: str) -> str:
        spec = self._engine.pack.milestones.get(name)
        return safe_html(f"{name} {spec.name.get(self._language)}" if spec is not None else name)

    def _write_line(self, name: str, status: Status, is_next: bool) -> str:  # noqa: FBT001 - a key of the cache
        title = self._engine.pack.criteria[name].name.get(self._language)
        mark = f" <em>{self._say('next_gate')}</em>" if is_next else ""
        word = f"{SIGNS[status]} {self._say(_STATUS_WORDS[status])}"
        return f'<li><b class="{status}">{word}</b> {safe_html(f"{name} {title}")}{mark}</li>'

    def _forms(self, record: BaseModel) -> str:
        blank: dict[str, list[str]] = {}
        for form, key in self._blanks.of(record, self._day):
            blank.setdefault(form, []).append(self._field(form, key))
        rows = []
        for form, spec in self._engine.pack.forms.items():
            required, missing = self._blanks.required(form), blank.get(form, [])
            name = safe_html(f"{form} {spec.title.get(self._language)}")
            filled = f"{required - len(missing)}/{required}"
            rows.append((name, filled, safe_html("; ".join(missing)) or self._say("none")))
        heads = [self._say(key) for key in ("form", "filled", "blank")]
        return table(self._say("forms"), heads, rows)


def _points(low: float, high: float) -> str:
    return f"{low:.1f}" if high - low < _LEAST else f"{low:.1f} … {high:.1f}"
