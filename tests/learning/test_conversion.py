"""What becomes of deals in a milestone, though many are still open."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kamrules.errors import ArgumentError
from kamrules.learning.conversion import Ending, Spell, conversions, incidence, spells_of
from kamrules.scoring.validation.skill import wilson
from kamrules.timeline import FactSet, Timeline

START = date(2026, 1, 5)
ORDER = ["M1", "M2", "M3"]
ENDINGS: tuple[Ending, ...] = ("onward", "lost", "open")
SPELLS = st.lists(
    st.builds(Spell, st.just("D"), st.just("M1"), st.integers(0, 9), st.sampled_from(ENDINGS)),
    min_size=1,
    max_size=30,
)


def history(*facts: tuple[int, str, Any]) -> Timeline:
    return Timeline.of(
        FactSet(
            id=f"E{place}",
            deal_id="D1",
            path=f"deal.{path}",
            value=value,
            effective_on=START + timedelta(day),
            recorded_at=datetime(2026, 1, 5, 9, tzinfo=UTC) + timedelta(day),
        )
        for place, (day, path, value) in enumerate(facts)
    )


def stays(*facts: tuple[int, str, Any], today: int = 100) -> list[tuple[str, int, str]]:
    found = spells_of([history(*facts)], ORDER, as_of=START + timedelta(today))
    return [(one.milestone, one.days, one.ending) for one in found]


def test_a_deal_goes_on_is_lost_or_is_still_there() -> None:
    on = (0, "milestone", "M1"), (10, "milestone", "M2")
    assert stays(*on) == [("M1", 10, "onward"), ("M2", 90, "open")]
    lost = (30, "status", "lost"), (30, "closed_on", (START + timedelta(25)).isoformat())
    assert stays(*on, *lost) == [("M1", 10, "onward"), ("M2", 15, "lost")]
    assert stays(*on, (30, "status", "won")) == [("M1", 10, "onward"), ("M2", 20, "onward")]
    assert stays(*on, (30, "status", "shelved"))[-1] == ("M2", 90, "open")
    assert stays(*on, (30, "status", "lost"), (30, "closed_on", "soon"))[-1] == ("M2", 20, "lost")


def test_a_leap_enters_nothing_between_and_falling_back_ends_nothing() -> None:
    assert [one[0] for one in stays((0, "milestone", "M1"), (10, "milestone", "M3"))] == ["M1", "M3"]
    back = stays((0, "milestone", "M1"), (10, "milestone", "M2"), (20, "milestone", "M1"),
                 (30, "milestone", "M2"), (40, "milestone", "M3"))  # fmt: skip
    assert back == [("M1", 10, "onward"), ("M2", 30, "onward"), ("M3", 60, "open")]


def test_what_is_recorded_after_the_day_is_not_seen() -> None:
    assert stays((0, "milestone", "M1"), (10, "milestone", "M2"), today=5) == [("M1", 5, "open")]
    assert stays((7, "milestone", "M1"), today=5) == []
    assert stays((0, "status", "open"), (0, "milestone", "X9")) == []


@example([Spell("D", "M1", days, "onward") for days in (0, 0, 1, 2, 2)])  # sums of thirds
@given(SPELLS)
def test_without_open_deals_it_is_the_counted_share_with_wilsons_interval(spells: list[Spell]) -> None:
    ended = [one for one in spells if one.ending != "open"]
    if not ended:
        return
    found = conversions(ended, ["M1"], min_deals=1)[0]
    expected = wilson(found.onward, len(ended))
    assert found.onward_share is not None
    assert found.onward_share.value == pytest.approx(expected.value)
    assert found.onward_share.low == pytest.approx(expected.low, abs=1e-9)
    assert found.onward_share.high == pytest.approx(expected.high, abs=1e-9)


@given(SPELLS, st.integers(0, 9))
def test_shares_never_exceed_the_whole_and_an_open_deal_raises_neither_above_it(
    spells: list[Spell], within: int
) -> None:
    onward, lost = (incidence(spells, ending, within)[0] for ending in ENDINGS[:2])
    assert 0 <= onward + lost <= 1 + 1e-9
    found = conversions(spells, ["M1"], days=within, min_deals=1)[0]
    assert found.onward + found.lost + found.open == found.entered == len(spells)
    for share in (found.onward_share, found.lost_share):
        assert share is not None
        assert share.low <= share.value + 1e-9
        assert share.value <= share.high + 1e-9


def test_intervals_cover_the_truth_though_a_third_is_still_open() -> None:
    rng = random.Random(11)
    hits = 0
    for _ in range(600):
        spells = []
        for number in range(40):
            days, watched = int(rng.expovariate(1 / 30)), rng.randint(10, 90)
            ending: Ending = "onward" if rng.random() < 0.6 else "lost"
            spells.append(Spell(str(number), "M1", min(days, watched), ending if days <= watched else "open"))
        found = conversions(spells, ["M1"], days=60)[0].onward_share
        assert found is not None
        truth = 0.6 * (1 - 2.718281828 ** (-61 / 30))  # whole days: what ends on day 60 has ended
        hits += found.low <= truth <= found.high
    assert 0.86 <= hits / 600 <= 0.95


def test_few_deals_give_counts_and_no_share() -> None:
    found = conversions([Spell("D", "M1", 3, "lost")] * 9, ORDER)
    assert [(one.milestone, one.entered) for one in found] == [("M1", 9), ("M2", 0), ("M3", 0)]
    assert all(one.onward_share is None and one.lost_share is None for one in found)


def test_a_negative_number_of_days_is_refused() -> None:
    with pytest.raises(ArgumentError):
        conversions([], ORDER, days=-1)
