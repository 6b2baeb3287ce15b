"""iCalendar files: what is written can be read back, whatever the texts hold."""

from __future__ import annotations

import re
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from kamrules.icalendar import AllDay, icalendar

STAMP = date(2026, 6, 30)
TEXTS = st.text(max_size=200)
EVENTS = st.builds(AllDay, uid=TEXTS, day=st.dates(), summary=TEXTS, description=TEXTS)


def unfolded(text: str) -> list[str]:
    assert text.endswith("\r\n")
    return text.replace("\r\n ", "").split("\r\n")[:-1]


def unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: "\n" if match[1] == "n" else match[1], text)


def kept(text: str) -> str:
    """Return what an iCalendar text can hold: no control characters but the end of a line."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(char for char in lines if char.isprintable() or char == "\n")


@given(st.lists(EVENTS, max_size=3))
def test_what_is_written_can_be_read_back(events: list[AllDay]) -> None:
    lines = unfolded(icalendar(events, name="Agenda", stamp=STAMP))
    found = [line.removeprefix("SUMMARY:") for line in lines if line.startswith("SUMMARY:")]
    assert [unescaped(text) for text in found] == [kept(event.summary) for event in events]
    found = [line.removeprefix("UID:") for line in lines if line.startswith("UID:")]
    assert [unescaped(text) for text in found] == [kept(event.uid) for event in events]
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") == len(events)


@given(st.lists(EVENTS, max_size=2), TEXTS)
def test_no_line_is_longer_than_75_octets_or_cut_inside_a_character(events: list[AllDay], name: str) -> None:
    raw = icalendar(events, name=name, stamp=STAMP).encode()
    assert all(len(line) <= 75 and line.decode() is not None for line in raw.split(b"\r\n"))


@given(st.dates(max_value=date(9999, 12, 30)))
def test_an_event_lasts_its_whole_day(day: date) -> None:
    lines = unfolded(icalendar([AllDay("u", day, "s")], name="n", stamp=STAMP))
    assert f"DTSTART;VALUE=DATE:{day.isoformat().replace('-', '')}" in lines
    assert f"DTEND;VALUE=DATE:{(day + timedelta(days=1)).isoformat().replace('-', '')}" in lines
