"""Gates that were fed: planted habits are seen, an honest book is left in peace, and nobody is named."""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import kamrules as kr
from kamrules.errors import ArgumentError
from kamrules.learning.gaming import KINDS, GamingPolicy, GamingReport, gaming_signals, judged
from kamrules.learning.recordings import recordings_of
from kamrules.learning.signs import GateReads, Kind, Sight
from kamrules.records.base import Evidence
from kamrules.timeline import (
    Approval,
    Correction,
    Event,
    FactCleared,
    FactSet,
    Form,
    ItemChanged,
    Timeline,
    timelines,
)
from kamrules.timeline.events import SetFact

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
END = date(2026, 12, 31)
# Facts that the gates from M3 to M4, and from M4 to M5, read.
FACTS = {
    "M3": ["need_summary", "funding_source", "requested_by", "leader", "risk_note", "size_class",
           "est_value"],
    "M4": ["need.quantity", "need.specification", "need.performance", "need.technology", "need.service",
           "need.pain", "buying_rules_known"],
}  # fmt: skip
VALUES: dict[str, Any] = {"size_class": "major", "est_value": 5_000_000, "buying_rules_known": True}


@lru_cache
def engine() -> kr.Engine:
    return kr.compile(kr.load_pack("handbook"))


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
    """Facts come over the weeks, by whoever meets the buyer, and are recorded within some days."""
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
                story.fact(
                    hours, path, source=source, lag_days=min(7, int(story.rng.expovariate(0.5))), by=by
                )
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


def found(histories: dict[str, Timeline], **kwargs: Any) -> GamingReport:
    return gaming_signals(histories, engine().pack, engine().plan, as_of=END, **kwargs)


PLANTED: list[tuple[Kind, Plant]] = [
    ("bulk", bulk),
    ("one day", one_day),
    ("back-dated", back_dated),
    ("round trip", round_trip),
    ("round trip", taken_back),
    ("after approval", after_approval),
    ("one source", one_source),
]


@pytest.mark.parametrize(("kind", "plant"), PLANTED, ids=[plant.__name__ for _, plant in PLANTED])
def test_a_planted_habit_is_seen_in_its_deal_and_nowhere_else(kind: Kind, plant: Plant) -> None:
    signals = [one for one in found(book(3, {7: plant})).signals if one.sight.kind == kind]
    assert [one.sight.deal_id for one in signals] == ["D007"]
    assert signals[0].as_great == 1
    assert signals[0].sight.events
    assert signals[0].sight.fields


def test_a_text_of_another_account_is_seen_in_the_deal_that_came_later() -> None:
    histories = book(3, {7: copied, 9: copied})
    signal = next(one for one in found(histories).signals if one.sight.kind == "copied")
    first, later = sorted(("D007", "D009"), key=lambda name: histories[name].events[0].recorded_at)
    assert (signal.sight.deal_id, signal.sight.others) == (later, (first,))
    assert signal.sight.fields == ("deal.need.pain",)


def test_a_text_shared_by_deals_of_one_account_is_no_copy() -> None:
    def again(story: Story) -> None:
        copied(story)
        story.fact(1, "account.name", "Lingang")

    assert "copied" not in {one.sight.kind for one in found(book(3, {7: again, 9: again})).signals}


def test_a_text_that_many_deals_have_is_the_forms_own() -> None:
    assert "copied" not in {
        one.sight.kind for one in found(book(3, dict.fromkeys(range(10), copied))).signals
    }


def test_an_honest_book_is_left_in_peace() -> None:
    counts: Counter[str] = Counter()
    measured: Counter[str] = Counter()
    for seed in range(6):
        report = found(book(seed))
        counts.update(one.sight.kind for one in report.signals)
        measured.update({habit.kind: habit.measured for habit in report.habits})
    for kind in KINDS:
        assert counts[kind] <= 0.01 * measured[kind], kind


def test_what_everybody_does_is_a_habit_of_the_house() -> None:
    report = found(book(3, dict.fromkeys(range(40), bulk)))
    habit = next(one for one in report.habits if one.kind == "bulk")
    assert habit.is_common
    assert (habit.reached, habit.is_judged) == (40, True)
    assert "bulk" not in {one.sight.kind for one in report.signals}


def test_in_a_small_book_nothing_is_unusual() -> None:
    report = found(book(3, {2: bulk}, deals=5))
    assert not report.signals
    assert not any(habit.is_judged for habit in report.habits)


def test_the_criteria_are_those_of_the_gate_that_read_the_facts() -> None:
    signal = next(one for one in found(book(3, {7: bulk})).signals if one.sight.kind == "bulk")
    pack = engine().pack
    assert signal.sight.gates == ("M3.exit", "M4.entry")
    assert signal.criteria
    assert {pack.criteria[name].gate for name in signal.criteria} <= set(signal.sight.gates)
    reads = GateReads.of(pack, engine().plan)
    assert reads.criteria(["M3.exit"], ["deal.stakeholders[P1].stance"]) == ()


def test_nobody_who_recorded_is_named() -> None:
    def signed(story: Story) -> None:
        bulk(story)
        story.events = [event.model_copy(update={"by": "Zhang San"}) for event in story.events]

    report = found(book(3, {7: signed}))
    assert report.signals
    assert "Zhang" not in json.dumps([asdict(one) for one in report.signals], default=str)


def test_what_is_recorded_when_a_deal_is_opened_is_no_sign() -> None:
    def imported(story: Story) -> None:
        for path in [*FACTS["M3"], *FACTS["M4"]]:
            story.fact(2, path, source="Taken over from the old system", lag_days=200)
        story.fact(3, "milestone", "M4")

    assert not found(book(3, {7: imported})).signals


def test_what_is_recorded_later_is_not_seen() -> None:
    histories = book(3, {7: bulk})
    day = min(event.recorded_at for event in histories["D007"].events).date() + timedelta(days=5)
    report = gaming_signals(histories, engine().pack, engine().plan, as_of=day)
    assert "D007" not in {one.sight.deal_id for one in report.signals}


@given(
    measures=st.lists(st.integers(0, 30), min_size=20, max_size=60),
    shift=st.integers(0, 20),
)
def test_a_greater_measure_is_never_less_worth_asking(measures: list[int], shift: int) -> None:
    def signals(some: list[int]) -> set[str]:
        sights = [Sight("bulk", str(place), END, one) for place, one in enumerate(some)]
        return {one.sight.deal_id for one in judged(sights, GamingPolicy()).signals}

    before = signals(measures)
    top = max(range(len(measures)), key=measures.__getitem__)
    raised = [one + shift * (place == top) for place, one in enumerate(measures)]
    assert {str(top)} & before <= signals(raised)


def test_recordings_tell_each_fact_of_each_event() -> None:
    def given_at(day: int) -> dict[str, Any]:
        return {"deal_id": "D1", "effective_on": "2026-01-05", "recorded_at": START + timedelta(days=day)}

    events: list[Event] = [
        FactSet(id="E1", path="deal.need.pain", value="rework", **given_at(0)),
        FactCleared(id="E2", path="deal.need.pain", **given_at(1)),
        ItemChanged(id="E3", list="stakeholders", item="P1", fields={"stance": "mentor"},
                    evidence={"stance": Evidence(level="E2", source="the visit")}, **given_at(2)),
        Correction(id="E4", deal_id="D1", corrects="E1", recorded_at=START + timedelta(days=3)),
        Correction(id="E5", deal_id="D1", corrects="E4", recorded_at=START + timedelta(days=4)),
        Correction(id="E6", deal_id="D1", corrects="nothing", recorded_at=START + timedelta(days=5)),
        Correction(id="E7", deal_id="D1", corrects="E1", recorded_at=START + timedelta(days=6),
                   replacement=SetFact(path="deal.need.pain", value="waste")),
    ]  # fmt: skip
    told = recordings_of(Timeline.of(events))
    assert [(one.event, one.path, one.value, one.source) for one in told] == [
        ("E1", "deal.need.pain", "rework", None),
        ("E2", "deal.need.pain", None, None),
        ("E3", "deal.stakeholders[P1].stance", "mentor", "the visit"),
        ("E4", "deal.need.pain", None, None),
        ("E7", "deal.need.pain", "waste", None),
    ]


def test_a_policy_without_a_least_measure_is_refused() -> None:
    with pytest.raises(ArgumentError) as caught:
        GamingPolicy(least={"bulk": 3}, common=0)
    assert len(caught.value.faults) == len(KINDS)
