"""All-day events as an iCalendar file (RFC 5545): the few lines of it that calendars need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

_LINE_OCTETS = 75  # RFC 5545, 3.1: a longer line is folded
_ESCAPED = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"}


@dataclass(frozen=True, slots=True)
class AllDay:
    """One event of a whole day; the same `uid` in a later file takes its place."""

    uid: str
    day: date
    summary: str
    description: str = ""


def icalendar(events: Iterable[AllDay], *, name: str, stamp: date) -> str:
    r"""Return the events as the text of an `.ics` file; `stamp` is the day it says it was made on.

    Examples
    --------
    >>> event = AllDay("D1-meeting", date(2026, 7, 1), "Meeting; D1")
    >>> text = icalendar([event], name="Agenda", stamp=date(2026, 6, 30))
    >>> [line for line in text.splitlines() if line.startswith(("DTSTART", "SUMMARY"))]
    ['DTSTART;VALUE=DATE:20260701', 'SUMMARY:Meeting\\; D1']
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//kamrules//agenda//EN",
        f"X-WR-CALNAME:{_text(name)}",
    ]
    for event in events:
        lines += _event(event, stamp)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _event(event: AllDay, stamp: date) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(event.uid)}"
    yield f"DTSTAMP:{_day(stamp)}T000000Z"
    yield f"DTSTART;VALUE=DATE:{_day(event.day)}"
    if event.day < date.max:
        yield f"DTEND;VALUE=DATE:{_day(event.day + timedelta(days=1))}"  # the first day after it
    yield f"SUMMARY:{_text(event.summary)}"
    if event.description:
        yield f"DESCRIPTION:{_text(event.description)}"
    yield "TRANSP:TRANSPARENT"  # a task of the day, nobody is busy with it all day
    yield "END:VEVENT"


def _day(day: date) -> str:
    return f"{day.year:04d}{day.month:02d}{day.day:02d}"


def _text(text: str) -> str:
    """Return a TEXT value: no control characters but the escaped end of a line."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(_ESCAPED.get(char, char) for char in unified if char.isprintable() or char in "\n ")


def _folded(line: str) -> Iterator[str]:
    """Yield the line in parts of at most 75 octets, each after the first with a space before it."""
    part, octets = "", 0
    for char in line:
        size = len(char.encode())
        if octets + size > _LINE_OCTETS:
            yield part
            part, octets = " ", 1
        part += char
        octets += size
    yield part
