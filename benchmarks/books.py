"""Invented books of deals whose gates are passed honestly, but for the deals in which a habit is planted."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from kamrules.learning.signs import Kind
from kamrules.records.base import Evidence
from kamrules.timeline import Approval, Correction, Event, FactSet, Form, Timeline, timelines

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
_WEEK = 7 * 24
# Facts that the gates from M3 to M4, and from M4 to M5, read.
FACTS = {
    "M3": ["need_summary", "funding_source", "requested_by", "leader", "risk_note", "size_class",
           "est_value"],
    "M4": ["need.quantity", "need.specification", "need.performance", "need.technology", "need.service",
           "need.pain", "buying_rules_known"],
}  # fmt: skip
VALUES: dict[str, Any] = {"size_class": "major", "est_value": 5_000_000, "buying_rules_known": True}


class Story:
    """One deal told event by event; hours count from its first day."""

    def __init__(self, number: int, rng: random.Random) -> None:
        self.id, self.rng = f"D{number:03}", rng
        self.events: list[Event] = []
        self.start = START + timedelta(days=rng.randrange(100))
        self.fact(0, "milestone", "M2")
        self.fact(0, "account.name", f"Account {number}")

    def at(self, hours: float) -> datetime:
        return self.start + timedelta(hours=hours)

    def given(self, hours: float, lag_days: int = 0, by: str | None = None) -> dict[str, Any]:
        at = self.at(hours)
        name = f"{self.id}-{len(self.events)}"
        return {"id": name, "deal_id": self.id, "recorded_at": at, "by": by,
                "effective_on": at.date() - timedelta(days=lag_days)}  # fmt: skip

    def fact(self, hours: float, path: str, value: Any = None, source: str | None = None, **more: Any) -> str:
        shown = VALUES.get(path, f"{path} of {self.id}") if value is None else value
        proof = Evidence(level="E2", source=source) if source is not None else None
        event = FactSet(path=f"deal.{path}", value=shown, evidence=proof, **self.given(hours, **more))
        self.events.append(event)
        return event.id

    def add(self, kind: Any, hours: float, **more: Any) -> str:
        event = kind(**self.given(hours), **more)
        self.events.append(event)
        return str(event.id)


Plant = Callable[[Story], None]


def honest(story: Story, *, skip: Iterable[str] = ()) -> None:
    """Facts come over the weeks, by whoever meets the buyer, and are recorded within some days.

    A third of the sellers write up their week on its last day.
    """
    is_weekly = story.rng.random() < 1 / 3
    begin = 24
    for milestone, after, end in (("M3", None, 40 * 24), ("M4", "M4", 90 * 24), ("M5", "M5", 91 * 24)):
        if milestone == "M3":
            story.fact(25, "milestone", "M3")
        if after is not None:
            story.fact(begin, "milestone", after)
        for path in FACTS.get(milestone, ()):
            if path not in skip and story.rng.random() < 0.8:
                by = story.rng.choice(["kam", "engineer", None])
                source = f"Minutes of the meeting {story.id}-{story.rng.randrange(9)}"
                hours = story.rng.uniform(begin + 25, end - 1)
                lag_days = min(7, int(story.rng.expovariate(0.5)))
                if is_weekly:
                    written = min(-(-hours // _WEEK) * _WEEK, end - 1)
                    hours, lag_days = written, lag_days + int(written - hours) // 24
                story.fact(hours, path, source=source, lag_days=lag_days, by=by)
        begin = end
    if story.rng.random() < 0.5:
        story.add(Form, 200, item="F", form="JTF-002", fields={"author": "us"})
        story.add(Approval, 300, item="A", fields={"subject": "JTF-002", "decision": "approved"})


def bulk(story: Story) -> None:
    """All facts of the gate within an hour before the move of hour 960, by one hand."""
    story.fact(25, "milestone", "M3")
    for place, path in enumerate(FACTS["M3"]):
        story.fact(959 + place / 10, path, by="kam", lag_days=place)
    story.fact(960, "milestone", "M4")


def one_day(story: Story) -> None:
    story.fact(25, "milestone", "M3")
    for place, path in enumerate(FACTS["M3"]):
        story.fact(100 + 24 * place, path, lag_days=place)
    story.fact(960, "milestone", "M4")


def back_dated(story: Story) -> None:
    honest(story, skip=["risk_note"])
    story.fact(40 * 24 + 48, "risk_note", lag_days=45)


def round_trip(story: Story) -> None:
    honest(story, skip=["size_class"])
    story.fact(300, "size_class", "small")
    story.fact(950, "size_class", "major")
    story.fact(1000, "size_class", "small")


def taken_back(story: Story) -> None:
    honest(story, skip=["risk_note"])
    claim = story.fact(950, "risk_note", "none at all")
    void = Correction(id="V", deal_id=story.id, corrects=claim, recorded_at=story.at(1000))
    story.events.append(void)


def after_approval(story: Story) -> None:
    honest(story)
    story.add(Approval, 500, item="B", fields={"subject": "JTF-004", "decision": "approved"})
    story.add(Form, 800, item="G", form="JTF-004", fields={"author": "us"})


def copied(story: Story) -> None:
    honest(story, skip=["need.pain"])
    story.fact(1200, "need.pain", "Welding seams crack and have to be ground out and welded again")


def one_source(story: Story) -> None:
    story.fact(25, "milestone", "M3")
    for place, path in enumerate([*FACTS["M3"], *FACTS["M4"]]):
        story.fact(100 + 48 * place, path, source="He told me so on the phone", lag_days=place % 3)
    story.fact(960, "milestone", "M4")


def book(seed: int, plants: dict[int, Plant] | None = None, deals: int = 60) -> dict[str, Timeline]:
    rng = random.Random(seed)
    events: list[Event] = []
    for number in range(deals):
        story = Story(number, rng)
        (plants or {}).get(number, honest)(story)
        events += story.events
    return timelines(events)


PLANTED: list[tuple[Kind, Plant]] = [
    ("bulk", bulk),
    ("one day", one_day),
    ("back-dated", back_dated),
    ("round trip", round_trip),
    ("round trip", taken_back),
    ("after approval", after_approval),
    ("copied", copied),
    ("one source", one_source),
]
