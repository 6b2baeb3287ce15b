"""Records to events and back: a first load, and the difference of two snapshots."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import kamrules as kr
from kamrules.records import Deal
from kamrules.timeline import Timeline, diff_events, events_of
from kamrules.timeline.snapshots import canonical
from tests.timeline.drawn import LEVELS

MONDAY, TUESDAY = date(2026, 6, 1), date(2026, 6, 2)

PROOFS = st.dictionaries(st.sampled_from(["name", "stance", "account", "milestone"]), LEVELS, max_size=2)
PERSON = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["P1", "P2", "P3", "#1", "", "a b"]),
        "stance": st.sampled_from(["mentor", "neutral", None]),
        "name": st.sampled_from(["Li", "Wu"]),
        "influences": st.lists(st.fixed_dictionaries({"on": st.just("P1")}), max_size=2),
        "evidence": PROOFS,
    },
)
ACCOUNT = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["Lingang", "Hengze", None]),
        "industry_profile": st.fixed_dictionaries(
            {}, optional={"need": st.just("plate"), "evidence": PROOFS}
        ),
        "evidence": PROOFS,
    },
)
DEALS = st.fixed_dictionaries(
    {"id": st.just("D1")},
    optional={
        "milestone": st.sampled_from(["M1", "M2", None]),
        "created_on": st.sampled_from([MONDAY, TUESDAY]),
        "account": ACCOUNT,
        "stakeholders": st.lists(PERSON, max_size=4),
        "competitors": st.lists(st.fixed_dictionaries({"name": st.sampled_from("abc")}), max_size=3),
        "evidence": PROOFS,
    },
)


def in_order(deal: Any) -> dict[str, Any]:
    """Return a deal with its lists sorted: folding keeps the elements, not their order."""
    found = canonical(deal)
    return {
        name: sorted(value, key=lambda one: json.dumps(one, sort_keys=True))
        if isinstance(value, list)
        else value
        for name, value in found.items()
    }


@given(DEALS)
def test_loading_a_deal_and_folding_gives_the_deal(deal: dict[str, Any]) -> None:
    loaded = events_of(deal, effective_on=MONDAY)
    found = Timeline.of(loaded).as_of(MONDAY) if loaded else {"id": "D1"}
    assert in_order(found) == in_order(deal)


@given(DEALS, DEALS, DEALS)
def test_folding_the_differences_gives_each_snapshot_in_its_time(
    old: dict[str, Any], new: dict[str, Any], newest: dict[str, Any]
) -> None:
    loaded = events_of(old, effective_on=MONDAY)
    change = diff_events(old, new, effective_on=TUESDAY, by="nightly")
    last = diff_events(new, newest, effective_on=date(2026, 6, 3))
    found = [*loaded, *change, *last]
    for snapshot, day in ((old, 1), (new, 2), (newest, 3)):
        seen = (Timeline.of(found).as_of(date(2026, 6, day)) if found else None) or {"id": "D1"}
        assert in_order(seen) == in_order(snapshot)


@given(DEALS)
def test_the_same_snapshot_twice_is_no_event(deal: dict[str, Any]) -> None:
    assert diff_events(deal, deal, effective_on=MONDAY) == []


@given(DEALS, DEALS)
def test_the_same_difference_twice_counts_once(old: dict[str, Any], new: dict[str, Any]) -> None:
    once = diff_events(old, new, effective_on=TUESDAY)
    again = diff_events(old, new, effective_on=TUESDAY)
    assert [event.content for event in once] == [event.content for event in again]
    assert len({event.id for event in once}) == len(once)


def test_a_record_is_a_snapshot_as_its_mapping_is() -> None:
    deal = {"id": "D1", "bid": {"deadline_at": "2026-06-01T08:00:00Z"}, "created_on": "2026-01-05"}
    record = Deal.model_validate(deal)
    assert events_of(record, effective_on=MONDAY) == events_of(deal, effective_on=MONDAY)


def test_a_difference_says_only_what_changed() -> None:
    old = {"id": "D1", "stakeholders": [{"id": "P1", "stance": "neutral", "name": "Li"}, {"id": "P2"}]}
    new = {"id": "D1", "stakeholders": [{"id": "P1", "stance": "mentor", "name": "Li"}]}
    found = [
        event.model_dump(include={"type", "item", "fields"})
        for event in diff_events(old, new, effective_on=TUESDAY)
    ]
    assert found == [
        {"type": "item_removed", "item": "P2"},
        {"type": "item_changed", "item": "P1", "fields": {"stance": "mentor"}},
    ]


def test_a_deal_without_an_id_has_no_events() -> None:
    with pytest.raises(kr.ArgumentError, match="A-VALUE"):
        events_of({"milestone": "M1"}, effective_on=MONDAY)
    with pytest.raises(kr.ArgumentError, match="A-VALUE"):
        diff_events({"id": "D1"}, {"id": "D2"}, effective_on=MONDAY)
