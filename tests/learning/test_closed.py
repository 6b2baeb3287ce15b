"""Closed deals are seen as they were recorded before their outcome, or not at all."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamrules.errors import ArgumentError, LeakageError
from kamrules.learning.closed import WHY, ClosedDeal, closed_deals, stated_deals
from kamrules.timeline import Event, FactSet, Timeline, read_events, timelines
from tools import closed_deals as example

START = date(2026, 1, 5)


def told(deal_id: str, *facts: tuple[int, str, Any] | tuple[int, str, Any, int]) -> Timeline:
    """Return a deal of facts: day, path below the deal, value, and days until it was recorded."""
    events: list[Event] = []
    for number, (day, path, value, *lag) in enumerate(facts):
        when = START + timedelta(day)
        recorded = datetime.combine(when + timedelta(lag[0] if lag else 0), time(8), UTC)
        events.append(
            FactSet(
                id=f"E{number}",
                deal_id=deal_id,
                path=f"deal.{path}",
                value=value,
                effective_on=when,
                recorded_at=recorded,
            )
        )
    return Timeline.of(events)


def on(day: int) -> str:
    return (START + timedelta(day)).isoformat()


def won(deal_id: str = "D1", *more: Any, lag: int = 0) -> Timeline:
    closing = ((100, "status", "won", lag), (100, "closed_on", on(100), lag))
    return told(deal_id, (0, "milestone", "M2"), (0, "account.industry", "ships"), *more, *closing)


def test_a_deal_is_seen_so_many_days_before_it_was_closed() -> None:
    row = closed_deals([won("D1", (80, "milestone", "M7"))], lead_days=30).deals[0]
    assert (row.won, row.closed_on, row.predicted_on) == (True, START + timedelta(100), START + timedelta(70))
    assert row.record == {"id": "D1", "milestone": "M2", "account": {"industry": "ships"}}
    assert row.segment == "ships"


def test_what_was_true_then_and_recorded_later_is_not_seen() -> None:
    row = closed_deals([won("D1", (60, "need_summary", "robots", 15))], lead_days=30).deals[0]
    assert "need_summary" not in row.record


@given(day=st.integers(1, 110), lag=st.integers(0, 60), lead=st.integers(1, 99))
def test_no_fact_recorded_after_the_day_of_prediction_is_ever_in_a_row(day: int, lag: int, lead: int) -> None:
    row = closed_deals([won("D1", (day, "need_summary", "robots", lag))], lead_days=lead).deals[0]
    assert ("need_summary" in row.record) == (day + lag <= 100 - lead)


def test_the_award_counts_as_the_outcome_where_it_comes_first() -> None:
    awarded = won("D1", (90, "bid.awarded_on", on(90)))
    assert closed_deals([awarded], lead_days=30).deals[0].predicted_on == START + timedelta(60)


def test_an_outcome_is_known_from_the_day_it_was_recorded() -> None:
    assert closed_deals([won(lag=25)]).deals[0].known_on == START + timedelta(125)


def test_a_deal_once_reopened_is_known_from_its_last_closing() -> None:
    twice = won("D1", (75, "status", "lost"), (85, "status", "open"))
    assert closed_deals([twice]).deals[0].known_on == START + timedelta(100)


@pytest.mark.parametrize(
    ("deal", "why"),
    [
        ({"id": "D1", "status": "won", "closed_on": on(100)}, "no history"),
        (told("D1", (0, "status", "open")), "open"),
        (told("D1", (0, "status", "shelved")), "open"),
        (told("D1", (0, "status", "cancelled")), "cancelled"),
        (told("D1", (0, "milestone", "M2")), "no status"),
        (told("D1", (0, "status", "won")), "no closed_on"),
        (told("D1", (0, "status", "won"), (0, "closed_on", "spring")), "bad closed_on"),
        (told("D1", (0, "status", "won"), (0, "closed_on", on(900))), "closed in the future"),
        (told("D1", (80, "status", "lost"), (80, "closed_on", on(80))), "recorded late"),
        (told("D1", (0, "status", "won"), (0, "closed_on", "0001-01-02")), "recorded late"),
        (told("D1", (0, "status", "lost"), (80, "closed_on", on(80))), "decided before"),
        (
            told("D1", (0, "status", "shelved"), (80, "status", "lost"), (80, "closed_on", on(80))),
            "not open then",
        ),
    ],
)
def test_a_deal_that_cannot_teach_is_left_out_with_the_reason(deal: Any, why: str) -> None:
    found = closed_deals([won("D0"), deal])
    assert [one.deal_id for one in found.deals] == ["D0"]
    assert [(one.deal_id, one.why) for one in found.left_out] == [("D1", why)]
    assert list(found.reasons().items()) == [(why, 1)]
    assert why in WHY


def test_outcomes_recorded_after_the_day_asked_for_are_not_known() -> None:
    found = closed_deals([won()], as_of=START + timedelta(99))
    assert [one.why for one in found.left_out] == ["no status"]


def test_every_fact_of_a_later_day_is_refused_at_once() -> None:
    early = [
        won(name, (1, "initiation_approved_on", on(90)), (1, "loss_reason", "price")) for name in ("D1", "D2")
    ]
    with pytest.raises(LeakageError) as caught:
        closed_deals(early)
    assert [(fault.code, fault.where) for fault in caught.value.faults] == [
        ("L-LATE", "deal `D1`: initiation_approved_on"),
        ("L-DERIVED", "deal `D1`: loss_reason"),
        ("L-LATE", "deal `D2`: initiation_approved_on"),
        ("L-DERIVED", "deal `D2`: loss_reason"),
    ]


def test_a_deal_given_twice_and_a_lead_of_no_days_are_refused() -> None:
    with pytest.raises(ArgumentError, match="`D1` is there twice"):
        closed_deals([won(), won()])
    with pytest.raises(ArgumentError, match="1 to 3650 expected"):
        closed_deals([won()], lead_days=0)


def stated(record: Mapping[str, Any], predicted: int = 70) -> ClosedDeal:
    closed = START + timedelta(100)
    return ClosedDeal("D1", True, closed, closed, START + timedelta(predicted), record)


def test_records_stated_to_be_of_the_day_are_taken_once_they_prove_so() -> None:
    assert stated_deals([stated({"milestone": "M2", "status": "open"})]).wins == 1
    with pytest.raises(LeakageError, match="L-DERIVED"):
        stated_deals([stated({"status": "won"})])
    with pytest.raises(ArgumentError, match="an earlier day expected"):
        stated_deals([stated({}, predicted=100)])


def test_the_example_is_what_its_script_writes_and_shows_every_common_fate() -> None:
    written = example.deals(130, 11)
    read = read_events(example.FILE)
    assert sorted(written, key=lambda one: one.content) == sorted(read, key=lambda one: one.content)
    found = closed_deals(timelines(read).values())
    assert min(found.wins, found.losses) > 40
    assert set(found.reasons()) == {"open", "cancelled", "no closed_on", "recorded late"}
