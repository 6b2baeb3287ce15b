"""Gates that were fed: planted habits are seen, an honest book is left in peace, and nobody is named."""

import json
from collections import Counter
from dataclasses import asdict
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import kamrules as kr
from benchmarks.books import FACTS, PLANTED, START, Plant, Story, book, bulk, copied
from kamrules.errors import ArgumentError
from kamrules.learning.gaming import KINDS, GamingPolicy, GamingReport, gaming_signals, judged
from kamrules.learning.recordings import recordings_of
from kamrules.learning.signs import GateReads, Kind, Sight
from kamrules.records.base import Evidence
from kamrules.timeline import (
    Correction,
    Event,
    FactCleared,
    FactSet,
    ItemChanged,
    Timeline,
)
from kamrules.timeline.events import SetFact

END = date(2026, 12, 31)


@lru_cache
def engine() -> kr.Engine:
    return kr.compile(kr.load_pack("handbook"))


def found(histories: dict[str, Timeline], **kwargs: Any) -> GamingReport:
    return gaming_signals(histories, engine().pack, engine().plan, as_of=END, **kwargs)


ALONE = [(kind, plant) for kind, plant in PLANTED if kind != "copied"]  # which takes two deals


@pytest.mark.parametrize(("kind", "plant"), ALONE, ids=[plant.__name__ for _, plant in ALONE])
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
