"""An agenda as text by owner, CSV, JSON or an iCalendar file."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from datetime import date
from io import StringIO
from typing import Any, Literal

from kamrules.agenda import DealAgenda, Entry, last_day
from kamrules.engine import Engine
from kamrules.icalendar import AllDay, icalendar
from kamrules.sheets.csvfile import safe_cell

Format = Literal["text", "csv", "ics", "json"]
Language = Literal["en", "zh"]
_WORDS: dict[str, tuple[str, str]] = {
    "title": ("Agenda as of {} until {}", "截至{}的待办，至{}"),
    "overdue": ("{} d overdue", "逾期{}天"),
    "never": ("never done", "从未进行"),
    "today": ("today", "今天"),
    "left": ("in {} d", "还有{}天"),
    "act_by": ("act by {}", "请于{}前处理"),
    "nobody": ("Nobody named", "未指定负责人"),
    "nothing": ("Nothing is overdue or due.", "没有逾期或到期事项。"),
    "unknown": (
        "{} past their day, and not on file whether done",
        "{}项已过期限，未登记是否完成",
    ),
    "quiet": ("Quiet period", "静默期"),
    "since": ("since {}", "自{}起"),
    "no_day": ("first day not on file", "起始日期未登记"),
}


def write_agenda(  # noqa: PLR0913 - what an agenda was made for
    engine: Engine,
    found: Sequence[DealAgenda],
    form: Format,
    *,
    as_of: date,
    days: int,
    language: Language = "en",
) -> str:
    """Return the agendas of a pipeline in one text."""
    entries = sorted(
        (entry for one in found for entry in one.entries),
        key=lambda entry: (entry.due or date.min, entry.deal_id or "", entry.kind, entry.id),
    )
    if form == "csv":
        return _csv(entries)
    if form == "json":
        return _json(engine, entries, found, as_of, days)
    if form == "ics":
        return _ics(engine, entries, as_of, days, language)
    return "\n".join(_Text(engine, as_of, days, language).lines(entries, found)) + "\n"


def _csv(entries: Sequence[Entry]) -> str:
    stream = StringIO()
    rows = csv.writer(stream, lineterminator="\n")
    names = [one.name for one in fields(Entry)]
    rows.writerow(names)
    for entry in entries:
        cells = asdict(entry)
        rows.writerow([_cell(cells[name]) for name in names])
    return stream.getvalue()


def _cell(value: Any) -> str:
    return safe_cell(value) if isinstance(value, str) else "" if value is None else str(value)


def _json(
    engine: Engine, entries: Sequence[Entry], found: Sequence[DealAgenda], as_of: date, days: int
) -> str:
    quiet = [
        {"deal_id": one.deal_id, "since": one.quiet.since, "until": one.quiet.until}
        for one in _in_quiet(found)
    ]
    data = {
        "as_of": as_of,
        "days": days,
        "pack": {"id": engine.pack.id, "version": engine.pack.version, "hash": engine.pack.hash},
        "entries": [asdict(entry) for entry in entries],
        "quiet_periods": quiet,
    }
    return json.dumps(data, ensure_ascii=False, indent=1, default=date.isoformat) + "\n"


def _in_quiet(found: Sequence[DealAgenda]) -> list[DealAgenda]:
    """Return the deals that are not over and whose tender is in its quiet period."""
    return [one for one in found if one.quiet.status == "running" and not one.is_closed]


def _ics(engine: Engine, entries: Sequence[Entry], as_of: date, days: int, language: Language) -> str:
    """Return the entries as events, today for what has no day; what may be done already is left out."""
    events = [
        AllDay(
            uid=f"{entry.deal_id}/{entry.kind}/{entry.id}@kamrules",
            day=entry.due or as_of,
            summary=" · ".join(part for part in (entry.deal_id, entry.title) if part),
            description="\n".join(_about(engine, entry, language)),
        )
        for entry in entries
        if entry.status != "unknown"
    ]
    name = _WORDS["title"][language == "zh"].format(as_of, last_day(as_of, days))
    return icalendar(events, name=name, stamp=as_of)


def _about(engine: Engine, entry: Entry, language: Language) -> Iterator[str]:
    if entry.deal_name or entry.account_name:
        yield " · ".join(part for part in (entry.deal_name, entry.account_name) if part)
    yield desk_name(engine, entry.owner, language)
    if entry.act_by is not None and entry.act_by != entry.due:
        yield _WORDS["act_by"][language == "zh"].format(entry.act_by)


def desk_name(engine: Engine, desk: str | None, language: Language) -> str:
    """Return the name of a desk in the pack's words."""
    if desk is None:
        return _WORDS["nobody"][language == "zh"]
    return engine.desk(desk, language)


class _Text:
    def __init__(self, engine: Engine, as_of: date, days: int, language: Language) -> None:
        self.engine = engine
        self.as_of = as_of
        self.days = days
        self.language = language

    def say(self, key: str) -> str:
        return _WORDS[key][self.language == "zh"]

    def lines(self, entries: Sequence[Entry], found: Sequence[DealAgenda]) -> Iterator[str]:
        yield self.say("title").format(self.as_of, last_day(self.as_of, self.days))
        by_owner: defaultdict[str | None, list[Entry]] = defaultdict(list)
        for entry in entries:
            by_owner[entry.owner].append(entry)
        if not entries:
            yield self.say("nothing")
        for owner in sorted(by_owner, key=lambda one: one or ""):
            yield ""
            yield desk_name(self.engine, owner, self.language)
            known = [entry for entry in by_owner[owner] if entry.status != "unknown"]
            for entry in known:
                yield "  " + self.line(entry)
            if len(known) < len(by_owner[owner]):
                yield "  " + self.say("unknown").format(len(by_owner[owner]) - len(known))
        running = _in_quiet(found)
        if running:
            spec = self.engine.pack.quiet_period
            yield ""
            yield self.say("quiet") + (f": {spec.message.get(self.language)}" if spec is not None else "")
            for one in running:
                since = (
                    self.say("no_day")
                    if one.quiet.since is None
                    else self.say("since").format(one.quiet.since)
                )
                yield f"  {one.deal_id or '–'} {since}"

    def line(self, entry: Entry) -> str:
        parts = [entry.deal_id or "–", entry.title, self.when(entry)]
        if entry.act_by is not None and entry.act_by != entry.due and entry.status == "due":
            parts.append(self.say("act_by").format(entry.act_by))
        return f"{entry.due or '–'!s:<10}  " + " · ".join(parts)

    def when(self, entry: Entry) -> str:
        if entry.days_left is None:
            return self.say("never")
        if entry.days_left < 0:
            return self.say("overdue").format(-entry.days_left)
        return self.say("left").format(entry.days_left) if entry.days_left else self.say("today")
