"""The page of one deal in a report: stage, red lines, what blocks, health, people, gates, forms, path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache

from pydantic import BaseModel

from kamrules.assessment import Assessment
from kamrules.engine import Engine
from kamrules.explanation import assessment_sections
from kamrules.forms import field_title
from kamrules.paths import LawfulPath
from kamrules.paths.words import path_sections
from kamrules.pipeline import Result, health_text
from kamrules.report.blanks import BlankFields
from kamrules.report.markup import bar, own, part, row, shown, table, titled
from kamrules.report.page_words import say
from kamrules.report.pictures import stakeholder_map
from kamrules.report.words import term
from kamrules.rules.verdict import Status
from kamrules.scoring.ledger import Health, LedgerEntry
from kamrules.sections import items_html, safe_html
from kamrules.wording import Language

SIGNS: dict[Status, str] = {"met": "✓", "unmet": "✗", "unknown": "?", "not_applicable": "–"}
_STATUS_WORDS: dict[Status, str] = {
    "met": "met", "unmet": "unmet", "unknown": "unknown_status", "not_applicable": "not_applicable",
}  # fmt: skip
_FIRST = ("stage", "quiet")
_GATE = ("blocks", "unknown")
_REST = ("fragile", "ask", "findings", "plays", "tier")
_SHOWN_ISSUES = 20
_POINTS, _COUNTS = (1, 2), (1, 2, 3, 4)  # columns of numbers
_REMEMBERED = 8192  # rows: most deals of a report share theirs
_LEAST = 0.05  # points; less is not shown as anything


class DealPages:
    """Writes the pages of the deals of one engine on one day; what deals share is written once.

    `has_measures` says whether the measures of each stakeholder map are told below it.
    """

    def __init__(self, engine: Engine, language: Language, day: date, *, has_measures: bool) -> None:
        self._engine = engine
        self._language: Language = language
        self._day = day
        self._has_measures = has_measures
        self._blanks = BlankFields(engine)
        self._milestones: dict[str, list[str]] = {}
        for name in engine.pack.criteria:
            self._milestones.setdefault(engine.pack.milestone_of(name), []).append(name)
        self._gate = lru_cache(_REMEMBERED)(self._write_gate)
        self._entry = lru_cache(_REMEMBERED)(self._write_entry)
        self._form = lru_cache(_REMEMBERED)(self._write_form)

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
            head = f"{self._say('deal_health')}: {health_text(a.health, self._language)}"
            yield part(head, self._ledger(a.health))
        has_measures = self._has_measures and "people" in sections
        measures = items_html(sections["people"].items) if has_measures else ""
        yield part(self._say("map"), self._map(record, a) + measures, "wide")
        yield part(self._say("criteria"), self._criteria(a), "wide")
        yield part(self._say("forms"), self._forms(record), "wide")
        yield from self._path(path)
        if a.issues:
            shown = "".join(f"<li>{safe_html(str(fault))}</li>" for fault in a.issues[:_SHOWN_ISSUES])
            yield part(f"{self._say('issues')} ({len(a.issues)})", f"<ul>{shown}</ul>", "wide")

    def _map(self, record: BaseModel, a: Assessment) -> str:
        return shown(stakeholder_map(self._engine, record, a, language=self._language, has_legend=False))

    def _path(self, path: LawfulPath | None) -> Iterator[str]:
        if path is None:
            yield part(self._say("path"), f"<p>{safe_html(self._say('path.left_out'))}</p>", "wide")
            return
        for section in path_sections(self._engine, path, self._language):
            yield titled(section, "wide")

    # --- health

    def _ledger(self, health: Health) -> str:
        by_dimension: dict[str | None, list[LedgerEntry]] = {}
        for line in health.ledger:
            by_dimension.setdefault(line.dimension, []).append(line)
        sums = []
        for name, lines in by_dimension.items():
            ends = [(line.low, line.high, line.worst, line.best) for line in lines]
            low, high, worst, best = map(sum, zip(*ends, strict=True))
            cells = self._dimension(name), _points(low, high), f"{best:.0f}", bar(low, high, worst, best)
            sums.append(row(cells, _POINTS))
        entries = [self._entry(line.id, line.low, line.high, line.worst, line.best) for line in health.ledger]
        return self._table("health", ("dimension", "points", "best", "bar"), sums, _POINTS) + self._folded(
            "every_entry", self._table("every_entry", ("entry", "points", "best", "what"), entries, _POINTS)
        )

    def _dimension(self, name: str | None) -> str:
        spec = self._engine.pack.scorecards[self._engine.pack.health or ""].dimensions.get(name or "")
        title = (
            spec.get(self._language) if spec is not None else term(self._engine, name or "–", self._language)
        )
        return safe_html(title)

    def _write_entry(self, name: str, low: float, high: float, worst: float, best: float) -> str:
        title = self._engine.pack.scorecards[self._engine.pack.health or ""].entries[name].title
        shares = (("given", low - worst), ("open_points", high - low), ("lost", best - high))
        what = ", ".join(f"{self._say(key)} {points:.1f}" for key, points in shares if points > _LEAST)
        shown = safe_html(title.get(self._language) if title is not None else name)
        return row((shown, _points(low, high), f"{best:.1f}", what), _POINTS)

    def _table(
        self, caption: str, heads: tuple[str, ...], rows: Iterable[str], numeric: tuple[int, ...] = ()
    ) -> str:
        return table(self._say(caption), tuple(map(self._say, heads)), rows, numeric)

    def _folded(self, title: str, body: str) -> str:
        return f"<details><summary>{self._say(title)}</summary>{body}</details>"

    # --- gates and forms

    def _criteria(self, a: Assessment) -> str:
        statuses = {result.id: result.status for result in a.criteria}
        gate = frozenset(a.stage.gate)
        found = [
            self._gate(name, tuple([statuses[one] for one in ids]), gate.intersection(ids))
            for name, ids in self._milestones.items()
        ]
        heads = (self._say("milestone"), *map(self._status, SIGNS))
        counted = table(self._say("criteria"), heads, [counts for counts, _ in found], _COUNTS)
        return counted + self._folded("every_criterion", "".join([listed for _, listed in found]))

    def _write_gate(
        self, milestone: str, statuses: tuple[Status, ...], gate: frozenset[str]
    ) -> tuple[str, str]:
        """Return the row of a milestone that counts its criteria, and the list of them."""
        spec = self._engine.pack.milestones.get(milestone)
        title = safe_html(f"{milestone} {spec.name.get(self._language)}" if spec is not None else milestone)
        counts = [str(statuses.count(status)) for status in SIGNS]
        lines = [
            self._line(name, status, name in gate)
            for name, status in zip(self._milestones[milestone], statuses, strict=True)
        ]
        return row((title, *counts), _COUNTS), f'<h4>{title}</h4><ul class="plain">{"".join(lines)}</ul>'

    def _status(self, status: Status) -> str:
        return f"{SIGNS[status]} {self._say(_STATUS_WORDS[status])}"

    def _line(self, name: str, status: Status, is_next: bool) -> str:  # noqa: FBT001 - part of the line
        title = self._engine.pack.criteria[name].name.get(self._language)
        mark = f" <em>{self._say('next_gate')}</em>" if is_next else ""
        return f'<li><b class="{status}">{self._status(status)}</b> {safe_html(f"{name} {title}")}{mark}</li>'

    def _forms(self, record: BaseModel) -> str:
        blank: dict[str, list[str]] = {form: [] for form in self._engine.pack.forms}
        for form, key in self._blanks.of(record, self._day):
            blank[form].append(key)
        rows = [self._form(form, tuple(keys)) for form, keys in blank.items()]
        return self._table("forms", ("form", "filled", "blank"), rows)

    def _write_form(self, form: str, blank: tuple[str, ...]) -> str:
        title = self._engine.pack.forms[form].title.get(self._language)
        required = self._blanks.required(form)
        missing = "; ".join(field_title(self._engine, form, key, self._language) for key in blank)
        filled = f"{required - len(blank)}/{required}"
        return row((safe_html(f"{form} {title}"), filled, safe_html(missing) or self._say("none")))


def _points(low: float, high: float) -> str:
    return f"{low:.1f}" if high - low < _LEAST else f"{low:.1f} … {high:.1f}"
