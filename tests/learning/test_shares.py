"""Small shares compared: intervals that cover, tests that are exact, many tests that stay honest."""

import itertools
import math
import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamrules.learning import shares
from kamrules.learning.shares import Pair, adjusted, chance_of, chance_of_less, difference


@st.composite
def pairs(draw: st.DrawFn, most: int = 6) -> Pair:
    deals, other = draw(st.integers(1, most)), draw(st.integers(1, most))
    return Pair(draw(st.integers(0, deals)), deals, draw(st.integers(0, other)), other)


def by_hand(given_pairs: Sequence[Pair]) -> float:
    """The p-value by counting every way to give out the wins within each segment."""
    ways: dict[int, float] = {0: 1.0}
    for pair in given_pairs:
        won, both = pair.won + pair.other_won, pair.deals + pair.other_deals
        after: dict[int, float] = {}
        for winners in itertools.combinations(range(both), won):
            step = sum(one < pair.deals for one in winners)
            for seen, chance in ways.items():
                after[seen + step] = after.get(seen + step, 0.0) + chance / math.comb(both, won)
        ways = after
    seen = sum(pair.won for pair in given_pairs)
    return sum(chance for chance in ways.values() if chance <= ways[seen] * (1 + 1e-7))


@settings(max_examples=60)
@given(st.lists(pairs(4), min_size=1, max_size=3))
def test_the_exact_test_counts_every_permutation_within_segments(given_pairs: list[Pair]) -> None:
    assert chance_of(given_pairs) == pytest.approx(by_hand(given_pairs))


def test_the_exact_test_is_fishers_where_there_is_one_segment() -> None:
    stats = pytest.importorskip("scipy.stats", reason="scipy is not installed")
    for won, deals, other_won, other in ((8, 10, 1, 9), (30, 60, 45, 61), (0, 5, 5, 5)):
        theirs = stats.fisher_exact([[won, deals - won], [other_won, other - other_won]]).pvalue
        assert chance_of([Pair(won, deals, other_won, other)]) == pytest.approx(theirs)


def test_the_normal_stand_in_agrees_with_the_exact_test(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = [Pair(120, 300, 150, 310), Pair(80, 200, 70, 220)]
    exact = chance_of(tried)
    monkeypatch.setattr(shares, "_MOST_PRODUCTS", 0)
    assert chance_of(tried) == pytest.approx(exact, rel=0.05)
    assert chance_of([Pair(5, 5, 5, 5)]) == 1.0


@given(pairs(40))
def test_a_difference_lies_in_its_interval_and_turns_round_with_its_sides(pair: Pair) -> None:
    found = difference([pair])
    turned = difference([Pair(pair.other_won, pair.other_deals, pair.won, pair.deals)])
    assert found is not None
    assert turned is not None
    assert -1 <= found.low <= found.value <= found.high <= 1
    assert (found.low, found.high) == pytest.approx((-turned.high, -turned.low))


def test_a_segment_without_both_sides_tells_nothing() -> None:
    one_sided = Pair(7, 9, 0, 0)
    pair = Pair(4, 8, 2, 9)
    assert difference([one_sided]) is None
    assert difference([one_sided, pair]) == difference([pair])
    assert chance_of([one_sided, pair]) == chance_of([pair])
    assert chance_of([]) == 1.0


@pytest.mark.parametrize("sizes", [[(15, 12)], [(12, 8), (10, 14), (6, 20)]])
def test_intervals_of_a_difference_cover_about_nine_in_ten(sizes: list[tuple[int, int]]) -> None:
    rng = random.Random(5)
    hits = 0
    for _ in range(1500):
        worlds = [(rng.uniform(0.1, 0.6), deals, other) for deals, other in sizes]
        drawn = [
            Pair(sum(rng.random() < rate + 0.25 for _ in range(deals)), deals,
                 sum(rng.random() < rate for _ in range(other)), other)
            for rate, deals, other in worlds
        ]  # fmt: skip
        found = difference(drawn, 0.9)
        assert found is not None
        hits += found.low <= 0.25 <= found.high
    assert 0.87 <= hits / 1500 <= 0.95


def test_the_chance_of_a_lesser_difference_fits_the_interval() -> None:
    pair = [Pair(40, 80, 38, 80)]
    chance = chance_of_less(pair, 0.15)
    found = difference(pair, 1 - 2 * chance)
    assert found is not None
    assert found.high == pytest.approx(0.15, abs=1e-6)
    assert chance_of_less([Pair(40, 80, 10, 80)], 0.15) == 1.0
    assert chance_of_less([Pair(1, 90_000, 80_000, 90_000)], 0.15) <= 1e-9


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_adjusted_chances_are_no_smaller_and_keep_the_order(chances: list[float]) -> None:
    found = adjusted(chances)
    assert all(q >= p for p, q in zip(chances, found, strict=True))
    order = sorted(range(len(chances)), key=chances.__getitem__)
    assert all(found[a] <= found[b] for a, b in itertools.pairwise(order))
