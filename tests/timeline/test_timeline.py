"""The deal as of a day depends on what was recorded and true by then, and on nothing else."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import kamrules as kr
from kamrules.timeline import Event, Timeline, event_of, timelines
from tests.handbook import handbook
from tests.timeline.drawn import DAYS, events

LATE = date(2026, 12, 31)


def happened(name: str, effective_on: str, recorded_at: str, **change: Any) -> Event:
    return event_of(
        {"id": name, "deal_id": "D1", "recorded_at": recorded_at, "effective_on": effective_on, **change}
    )


def milestone(name: str, value: str, effective_on: str, recorded_at: str) -> Event:
    return happened(name, effective_on, recorded_at, type="fact_set", path="deal.milestone", value=value)


def corrected(name: str, of: str, recorded_at: str, **change: Any) -> Event:
    return event_of(
        {
            "id": name,
            "deal_id": "D1",
            "type": "correction",
            "corrects": of,
            "recorded_at": recorded_at,
            **change,
        }
    )


def deal(*given: Event, day: str = "2026-12-31", by: str | None = None) -> dict[str, Any]:
    cut = date.fromisoformat(by) if by else None
    return Timeline.of(given).as_of(date.fromisoformat(day), recorded_by=cut) or {}


def codes(*given: Event) -> list[str]:
    return [fault.code for fault in Timeline.of(given).issues]


# --- laws


@given(events(), DAYS, DAYS)
def test_nothing_recorded_or_true_later_is_read(given: list[Event], day: date, cut: date) -> None:
    timeline = Timeline.of(given)
    known = [event for event in given if event.recorded_at.date() <= cut]
    past = Timeline.of(known).as_of(day, recorded_by=LATE) if known else None
    assert timeline.as_of(day, recorded_by=cut) == past
    planted = [
        event_of(
            {"id": f"F{place}", "deal_id": "D1", "type": "fact_set", "path": path, "value": value, **when}
        )
        for place, (path, value) in enumerate(
            [
                ("deal.milestone", "M8"),
                ("deal.account.name", "future"),
                ("deal.stakeholders[P1].stance", "mentor"),
            ]
        )
        for when in (
            {"effective_on": day + timedelta(days=1), "recorded_at": cut},
            {"effective_on": date(2025, 1, 1), "recorded_at": cut + timedelta(days=1)},
        )
    ]
    future = [event.model_copy(update={"id": f"{event.id}{place}"}) for place, event in enumerate(planted)]
    future += [corrected("F9", given[0].id, (cut + timedelta(days=1)).isoformat())]
    assert timeline.with_events(future).as_of(day, recorded_by=cut) == past


@given(st.data(), events(), DAYS)
def test_the_answer_does_not_depend_on_the_order_of_arrival(
    data: st.DataObject, given: list[Event], day: date
) -> None:
    shuffled = data.draw(st.permutations(given))
    repeated = [*shuffled, *data.draw(st.lists(st.sampled_from(given), max_size=3))]
    one, other = Timeline.of(given), Timeline.of(repeated)
    assert one.as_of(day) == other.as_of(day)
    assert one.as_of(day, recorded_by=LATE) == other.as_of(day, recorded_by=LATE)
    assert one.issues == other.issues
    assert one.days == other.days


@given(events(), DAYS)
def test_folding_one_by_one_equals_folding_at_once(given: list[Event], day: date) -> None:
    grown = Timeline.of(given[:1])
    for event in given[1:]:
        grown = grown.with_events([event])
    assert grown.as_of(day) == Timeline.of(given).as_of(day)


@given(events(), DAYS)
def test_between_the_days_of_a_timeline_nothing_changes(given: list[Event], day: date) -> None:
    timeline = Timeline.of(given)
    last = max((one for one in timeline.days if one <= day), default=None)
    assert timeline.as_of(day) == (timeline.as_of(last) if last is not None else None)


@given(events())
def test_a_deal_as_of_a_day_is_its_own(given: list[Event]) -> None:
    timeline = Timeline.of(given)
    before = timeline.as_of(LATE)
    for value in (timeline.as_of(LATE) or {}).values():
        if isinstance(value, dict | list):
            value.clear()
    assert timeline.as_of(LATE) == before


# --- what is defined


def test_a_late_event_counts_from_its_recording_in_its_place_by_effective_day() -> None:
    visit = happened(
        "E1", "2026-03-02", "2026-05-20", type="item_added", list="activities", item="T1", fields={}
    )
    assert "activities" not in deal(
        visit, milestone("E2", "M1", "2026-01-01", "2026-01-01"), day="2026-05-19"
    )
    assert deal(visit, day="2026-05-20")["activities"] == [{"id": "T1"}]
    late = milestone("E3", "M1", "2026-03-01", "2026-06-01")
    assert deal(milestone("E2", "M2", "2026-04-01", "2026-04-01"), late)["milestone"] == "M2"


def test_a_recording_counts_to_the_end_of_the_day_in_utc() -> None:
    evening = milestone("E1", "M2", "2026-05-04", "2026-05-04T23:59:59Z")
    night = milestone("E1", "M2", "2026-05-04", "2026-05-05T07:00:00+08:00")
    morning = milestone("E1", "M2", "2026-05-04", "2026-05-05T08:00:00+08:00")
    assert deal(evening, day="2026-05-04") == deal(night, day="2026-05-04") == {"id": "D1", "milestone": "M2"}
    assert deal(morning, day="2026-05-04") == {}


def test_of_two_contents_of_one_id_the_first_recorded_stays() -> None:
    given = [
        milestone("E1", "M3", "2026-01-09", "2026-02-09"),
        milestone("E1", "M2", "2026-01-01", "2026-02-01"),
    ]
    assert deal(*given)["milestone"] == "M2"
    assert codes(*given) == ["T-CONFLICT"]
    assert codes(given[0], given[0]) == []


def test_on_one_effective_day_the_later_recorded_wins_and_then_the_greater_id() -> None:
    first, second = (
        milestone("E9", "M2", "2026-01-05", "2026-01-06"),
        milestone("E1", "M3", "2026-01-05", "2026-01-07"),
    )
    assert deal(second, first)["milestone"] == "M3"
    assert deal(milestone("E2", "M4", "2026-01-05", "2026-01-07"), second)["milestone"] == "M4"


def test_a_change_waits_until_its_item_is_added() -> None:
    change = happened("E1", "2026-01-02", "2026-01-02", type="item_changed", list="stakeholders", item="P1",
                      fields={"stance": "neutral", "role": "user"})  # fmt: skip
    assert "stakeholders" not in deal(change)
    assert codes(change) == ["T-PARKED"]
    add = happened("E2", "2026-01-05", "2026-01-05", type="item_added", list="stakeholders", item="P1",
                   fields={"stance": "mentor"})  # fmt: skip
    assert deal(change, add)["stakeholders"] == [{"id": "P1", "role": "user", "stance": "mentor"}]
    assert codes(change, add) == []


def test_a_removed_item_does_not_come_back_by_a_change() -> None:
    add = happened(
        "E1", "2026-01-01", "2026-01-01", type="item_added", list="team", item="H1", fields={"name": "Li"}
    )
    gone = happened("E2", "2026-01-02", "2026-01-02", type="item_removed", list="team", item="H1")
    change = happened("E3", "2026-01-03", "2026-01-03", type="item_changed", list="team", item="H1",
                      fields={"grade": "senior"})  # fmt: skip
    again = happened("E4", "2026-01-04", "2026-01-04", type="item_added", list="team", item="H1")
    assert deal(add, gone, change)["team"] == []
    assert codes(add, gone, change) == ["T-PARKED"]
    assert deal(add, gone, change, again)["team"] == [{"id": "H1", "grade": "senior"}]


def test_a_new_value_is_not_proven_by_the_evidence_of_the_old_one() -> None:
    first = happened("E1", "2026-01-01", "2026-01-01", type="fact_set", path="deal.buyer_intent", value=True,
                     evidence={"level": "E3", "source": "letter"})  # fmt: skip
    second = happened(
        "E2", "2026-01-02", "2026-01-02", type="fact_set", path="deal.buyer_intent", value=False
    )
    assert deal(first)["evidence"] == {"buyer_intent": {"level": "E3", "source": "letter"}}
    assert deal(first, second) == {"id": "D1", "buyer_intent": False}


def test_an_unknown_list_a_known_empty_one_and_one_with_items() -> None:
    known = happened("E1", "2026-01-01", "2026-01-01", type="list_known", list="competitors")
    one = happened("E2", "2026-01-02", "2026-01-02", type="item_added", list="competitors", item="esab",
                   fields={"name": "Esab"})  # fmt: skip
    gone = happened("E3", "2026-01-03", "2026-01-03", type="fact_cleared", path="deal.competitors")
    assert deal(known) == {"id": "D1", "competitors": []}
    assert deal(known, one)["competitors"] == [{"name": "Esab"}]
    assert deal(known, one, gone) == {"id": "D1"}


def test_approvals_meetings_and_forms_stand_in_their_lists_with_their_day() -> None:
    given = [
        happened("E1", "2026-01-03", "2026-01-04", type="approval", item="A1", fields={"subject": "JTF-002"}),
        happened("E2", "2026-01-03", "2026-01-04", type="meeting", item="M1", fields={"topic": "bid"}),
        happened(
            "E3",
            "2026-01-03",
            "2026-01-04",
            type="form",
            item="F1",
            form="JTF-002",
            fields={"on": "2026-01-02"},
        ),
    ]
    found = deal(*given)
    assert found["approvals"] == [{"id": "A1", "on": "2026-01-03", "subject": "JTF-002"}]
    assert found["meetings"] == [{"id": "M1", "on": "2026-01-03", "topic": "bid"}]
    assert found["documents"] == [{"id": "F1", "on": "2026-01-02", "type": "JTF-002"}]
    engine = handbook()
    assert engine.assess(found, as_of=LATE).deal_id == "D1"


# --- corrections

CLAIM = milestone("E1", "M3", "2026-01-05", "2026-01-06")


def test_a_correction_counts_from_its_recording() -> None:
    change = {"type": "fact_set", "path": "deal.milestone", "value": "M2"}
    fixed = corrected("C1", "E1", "2026-02-01", replacement=change)
    assert deal(CLAIM, fixed, day="2026-01-31")["milestone"] == "M3"
    assert deal(CLAIM, fixed, day="2026-02-01")["milestone"] == "M2"
    assert deal(CLAIM, fixed, day="2026-01-05", by="2026-02-01")["milestone"] == "M2"


def test_a_correction_without_a_replacement_voids_and_one_with_a_day_moves() -> None:
    assert deal(CLAIM, corrected("C1", "E1", "2026-02-01")) == {}
    change = {"type": "fact_set", "path": "deal.milestone", "value": "M3"}
    moved = corrected("C1", "E1", "2026-02-01", replacement=change, effective_on="2026-03-01")
    assert deal(CLAIM, moved, day="2026-02-28") == {}
    assert deal(CLAIM, moved, day="2026-03-01")["milestone"] == "M3"


def test_a_correction_of_an_unknown_event_waits_for_it() -> None:
    void = corrected("C1", "E1", "2026-01-01")
    other = happened("E2", "2026-01-01", "2026-01-01", type="fact_set", path="deal.name", value="Hull line")
    assert codes(void, other) == ["T-UNKNOWN"]
    assert deal(void, other, CLAIM) == {"id": "D1", "name": "Hull line"}
    assert codes(void, other, CLAIM) == []


def test_a_correction_of_a_correction_replaces_or_undoes_it() -> None:
    to_m2 = corrected(
        "C1", "E1", "2026-02-01", replacement={"type": "fact_set", "path": "deal.milestone", "value": "M2"}
    )
    to_m4 = corrected(
        "C2", "C1", "2026-03-01", replacement={"type": "fact_set", "path": "deal.milestone", "value": "M4"}
    )
    assert deal(CLAIM, to_m2, to_m4)["milestone"] == "M4"
    assert deal(CLAIM, to_m2, corrected("C2", "C1", "2026-03-01"))["milestone"] == "M3"
    assert deal(CLAIM, to_m2, to_m4, corrected("C3", "C2", "2026-04-01"))["milestone"] == "M2"


def test_corrections_in_a_circle_count_for_nothing() -> None:
    given = [CLAIM, corrected("C1", "C2", "2026-02-01"), corrected("C2", "C1", "2026-02-01")]
    assert deal(*given)["milestone"] == "M3"
    assert codes(*given) == ["T-CYCLE", "T-CYCLE"]


def test_a_long_chain_of_corrections_is_no_matter_of_depth() -> None:
    chain = [
        corrected(f"C{place}", f"C{place - 1}" if place else "E1", "2026-02-01") for place in range(3000)
    ]
    assert deal(CLAIM, *chain)["milestone"] == "M3"


# --- arguments


def test_events_of_several_deals_are_several_timelines() -> None:
    other = event_of({**CLAIM.model_dump(), "deal_id": "D2"})
    assert list(timelines([other, CLAIM])) == ["D1", "D2"]
    with pytest.raises(kr.ArgumentError, match="A-VALUE"):
        Timeline.of([CLAIM, other])
    with pytest.raises(kr.ArgumentError, match="A-VALUE"):
        Timeline.of([CLAIM]).with_events([other])
    with pytest.raises(kr.ArgumentError, match="A-DATE"):
        Timeline.of([CLAIM]).as_of("2026-01-01")  # type: ignore[arg-type]  # a day is a date
