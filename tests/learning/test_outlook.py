"""What a pipeline may bring: laws of the simulation."""

import json
import math
import random
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamrules.errors import ArgumentError
from kamrules.learning.conversion import Spell, conversions
from kamrules.learning.futures import UNDATED, Chance, OpenDeal, chances_at
from kamrules.learning.outlook import (
    Outlook,
    OutlookPolicy,
    open_deal,
    order_slips,
    outlooks,
)
from kamrules.learning.outlook_words import Told, outlook_json, outlook_text
from kamrules.records import Deal
from kamrules.timeline import FactSet, Timeline

DAY = date(2026, 6, 30)


def sure(chance: float) -> Chance:
    return Chance(chance, chance, chance)


def deals(count: int, chance: Chance, amount: int = 100, segment: str | None = "s") -> list[OpenDeal]:
    return [
        OpenDeal(f"D{n:03}", chance, amount, amount, "CNY", date(2026, 8, 1), segment) for n in range(count)
    ]


def one(given_deals: list[OpenDeal], correlation: float = 0.15, draws: int = 2000, seed: int = 1) -> Outlook:
    policy = OutlookPolicy(correlation=correlation, draws=draws)
    return outlooks(given_deals, as_of=DAY, policy=policy, seed=seed)[0]


def test_without_correlation_and_doubt_deals_come_in_alone() -> None:
    found = one(deals(100, sure(0.3)), correlation=0)
    spread = math.sqrt(100 * 0.3 * 0.7)  # of the binomial
    assert found.wins.value == pytest.approx(30)
    assert found.wins.high - found.wins.low == pytest.approx(2 * 1.645 * spread, abs=2)


def test_with_full_correlation_a_segment_comes_in_whole_or_not_at_all() -> None:
    found = one(deals(20, sure(0.3)), correlation=1)
    assert (found.total.low, found.total.median, found.total.high) == (0, 0, 2000)
    mixed = one([*deals(5, sure(0.3)), OpenDeal("X", sure(0.6), 7, 7, "CNY", None, "s")], correlation=1)
    assert mixed.quarters["2026-Q3"].high == 500
    assert mixed.total.median == 7  # what is likelier comes in first


@settings(max_examples=15)
@given(st.floats(0, 1), st.floats(0.05, 0.95), st.integers(0, 99))
def test_neither_correlation_nor_doubt_moves_the_expected_value(
    correlation: float, probability: float, seed: int
) -> None:
    vague = Chance(probability, probability / 2, (1 + probability) / 2)
    assert sum(chances_at(vague, 0.9)) / 25 == pytest.approx(probability, abs=1e-6)
    found = one(deals(10, vague, 1000), correlation, draws=400, seed=seed)
    assert found.total.expected == pytest.approx(10_000 * probability, abs=1)
    drawn = found.quarters["2026-Q3"].expected if found.quarters else 0
    assert drawn == pytest.approx(found.total.expected, abs=1000 * 10 * 0.5 * 5 / math.sqrt(400))


def test_correlation_and_doubt_each_widen_what_may_come() -> None:
    def width(found: Outlook) -> int:
        return found.total.high - found.total.low

    alone, tied = (one(deals(40, sure(0.4)), correlation) for correlation in (0, 0.3))
    vague = one(deals(40, Chance(0.4, 0.2, 0.6)), 0)
    assert width(alone) * 1.5 < min(width(tied), width(vague))


def test_segments_rise_and_fall_apart() -> None:
    together = one(deals(40, sure(0.5)), 0.5)
    apart = one([d for n in range(4) for d in _renamed(deals(10, sure(0.5), segment=f"s{n}"), n)], 0.5)
    assert apart.total.high - apart.total.low < 0.75 * (together.total.high - together.total.low)


def _renamed(some: list[OpenDeal], number: int) -> list[OpenDeal]:
    return [
        OpenDeal(f"{number}-{d.deal_id}", d.chance, d.amount_low, d.amount_high, d.currency, d.expected_on,
                 d.segment)
        for d in some
    ]  # fmt: skip


def test_currencies_are_never_added() -> None:
    yen = OpenDeal("Y", sure(1.0), 5, 5, "JPY", date(2026, 8, 1))
    found = outlooks([*deals(2, sure(1.0)), yen], as_of=DAY, policy=OutlookPolicy(draws=10))
    assert [(each.currency, each.total.expected, each.deals) for each in found] == [
        ("CNY", 200, 2), ("JPY", 5, 1),
    ]  # fmt: skip


def test_what_is_not_known_is_left_out_by_name_or_kept_as_an_interval() -> None:
    given_deals = [
        OpenDeal("A", sure(1.0), None, None, "CNY"),
        OpenDeal("B", None, 5, 5, "CNY"),
        OpenDeal("C", sure(1.0), 100, 300, "CNY"),
        OpenDeal("D", sure(0.0), 100, 300, "CNY"),
    ]
    found = one(given_deals)
    assert [(each.deal_id, each.why) for each in found.left_out] == [("A", "no amount"), ("B", "no chance")]
    assert (found.deals, found.total.expected, found.all_won) == (2, 200, 600)
    assert 100 <= found.total.low < 130
    assert 270 < found.total.high <= 300
    assert list(found.quarters) == [UNDATED]


def test_refused_deals_go_by_their_prior_and_are_counted_apart() -> None:
    class Said:
        probability, low, high = 0.25, 0.1, 0.6

    class Refused:
        estimate = None
        prior = Said()

    chance = Chance.of(Refused())
    assert chance == Chance(0.25, 0.1, 0.6, is_prior=True)
    found = one([*deals(2, sure(0.5)), OpenDeal("R", chance, 400, 400, "CNY")])
    assert (found.refused, found.refused_expected, found.total.expected) == (1, 100, 200)


def test_dates_move_by_past_slips_and_never_into_the_past() -> None:
    given_deals = [
        OpenDeal("A", sure(1.0), 100, 100, "CNY", date(2026, 9, 20)),
        OpenDeal("B", sure(1.0), 100, 100, "CNY", date(2026, 5, 1)),
    ]
    policy = OutlookPolicy(draws=400)
    plain = outlooks(given_deals, as_of=DAY, policy=policy)[0]
    assert {name: each.expected for name, each in plain.quarters.items()} == {"2026-Q2": 100, "2026-Q3": 100}
    assert (plain.overdue, plain.slips) == (1, 0)
    slipped = outlooks(given_deals, as_of=DAY, policy=policy, slips=[0, 30] * 5)[0]
    assert slipped.quarters["2026-Q4"].expected == pytest.approx(50, abs=15)
    assert (slipped.slips, slipped.total.expected) == (10, 200)
    assert outlooks(given_deals, as_of=DAY, policy=policy, slips=[30] * 9)[0].slips == 0
    last = OpenDeal("A", sure(1.0), 100, 100, "CNY", date.max)
    assert list(outlooks([last], as_of=DAY, policy=policy, slips=[30] * 10)[0].quarters) == ["9999-Q4"]


def test_slips_are_those_of_won_deals_with_a_date_some_time_ahead() -> None:
    def closed(name: str, status: str, *expected: tuple[str, str]) -> Timeline:
        facts = [("2026-01-05", "milestone", "M1"), ("2026-05-11", "status", status),
                 ("2026-05-11", "closed_on", "2026-05-11"),
                 *((day, "expected_order_on", value) for day, value in expected)]  # fmt: skip
        return Timeline.of(
            FactSet(id=f"E{place}", deal_id=name, path=f"deal.{path}", value=value,
                    effective_on=date.fromisoformat(day), recorded_at=datetime.fromisoformat(f"{day}T00Z"))
            for place, (day, path, value) in enumerate(facts)
        )  # fmt: skip

    histories = [
        closed("A", "won", ("2026-01-05", "2026-05-01"), ("2026-05-01", "2026-05-11")),
        closed("B", "lost", ("2026-01-05", "2026-05-01")),
        closed("C", "won"),
        closed("E", "won", ("2026-01-05", "soon")),
        closed("F", "won", ("2026-01-05", "2026-05-12")),
        closed("G", "won", ("2026-05-01", "2026-05-12")),
    ]
    assert order_slips(histories, as_of=DAY) == (10, -1)
    assert order_slips(histories, as_of=date(2026, 5, 10)) == ()


def test_a_record_becomes_an_open_deal() -> None:
    record = Deal(id="D1", est_value=500, expected_order_on=date(2026, 9, 1))
    found = open_deal(record, sure(0.5), currency="CNY", segment="ships")
    assert found == OpenDeal("D1", sure(0.5), 500, 500, "CNY", date(2026, 9, 1), "ships")


def test_the_seed_decides_whatever_the_order() -> None:
    given_deals = deals(30, Chance(0.4, 0.2, 0.6))
    shuffled = random.Random(2).sample(given_deals, 30)
    assert one(given_deals) == one(shuffled)
    assert one(given_deals) != one(given_deals, seed=2)


def test_progress_tells_of_every_future() -> None:
    seen: list[tuple[str, int, int]] = []
    yen = OpenDeal("Y", sure(1.0), 5, 5, "JPY")
    policy = OutlookPolicy(draws=3)
    outlooks([*deals(1, sure(1.0)), yen], as_of=DAY, policy=policy, progress=lambda *at: seen.append(at))
    assert seen == [("futures", n, 6) for n in range(1, 7)]


def test_bad_deals_and_policies_are_refused_with_every_fault() -> None:
    bad = [OpenDeal("A", None, -5, 5, "CNY"), OpenDeal("A", None, 5, None, "CNY"), *deals(1, sure(0.5))]
    with pytest.raises(ArgumentError) as caught:
        outlooks(bad, as_of=DAY)
    assert len(caught.value.faults) == 3
    with pytest.raises(ArgumentError) as caught:
        OutlookPolicy(correlation=1.5, confidence=1.0, draws=0)
    assert len(caught.value.faults) == 3
    with pytest.raises(ArgumentError):
        Chance(0.5, 0.6, 0.7)


def test_the_outlook_is_told_in_both_languages() -> None:
    prior = Chance(0.5, 0.2, 0.8, is_prior=True)
    some = [*deals(2, sure(0.5), 1_000_00), OpenDeal("R", prior, 500_00, 500_00, "CNY", date(2026, 5, 1)),
            OpenDeal("N", sure(0.5), None, None, "CNY"), OpenDeal("Y", None, 5, 5, "JPY")]  # fmt: skip
    drawn = outlooks(some, as_of=DAY, policy=OutlookPolicy(draws=50), slips=[0] * 10)
    spells = [Spell(str(n), "M1", n, "onward" if n % 2 else "lost") for n in range(12)]
    told = Told(DAY, drawn, conversions(spells, ["M1", "M2"]), shelved=3)
    english, chinese = outlook_text(told), outlook_text(told, "zh")
    for line in (
        "Outlook as of 2026-06-30: 3 open deals in CNY",
        "expected 1,250.00 CNY; 90 of 100 futures from",
        "by what the pack believes, not by closed deals: 1 deals, 250.00 CNY of the expected value",
        "1 expected orders are past their day",
        "dates move as 10 past orders did",
        "1 left out, no amount: N",
        "1 left out, no chance: Y",
        "3 shelved deals are not in it",
        "M1  of 12 deals 6 went on, 6 were lost, 0 are open; within 11 days 50",
    ):
        assert line in english
    assert "M2" not in english
    assert english.count("\n") == chinese.count("\n")
    assert "各里程碑的转化" in chinese
    assert json.loads(outlook_json(told))["outlooks"][0]["total"]["expected"] == 125_000
    assert outlook_text(Told(DAY, (), ())) == "No deal is open as of 2026-06-30.\n"
