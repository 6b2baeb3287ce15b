"""Points of a scorecard entry: the interval holds every completion, and its ends are reached."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamrules.rules.points import Gap, flag_points, fraction, mean_points, open_mean, share_points
from kamrules.rules.verdict import Points

NUMBERS = (-1.0, -0.4, 0.0, 0.5, 1.0)
_KNOWN = st.tuples(st.sampled_from(NUMBERS), st.sampled_from((0.0, 0.25, 1.0)))
_GAP = st.tuples(st.none() | st.sampled_from(NUMBERS), st.none() | st.sampled_from((0.0, 0.25, 1.0)))


def _mean(pairs: list[tuple[float, float]]) -> float:
    total = sum(weight for _, weight in pairs)
    return sum(number * weight for number, weight in pairs) / total if total > 0 else 0.0


@given(st.lists(_KNOWN, max_size=3), st.lists(_GAP.filter(lambda gap: None in gap), min_size=1, max_size=3))
def test_a_mean_is_as_wide_as_its_completions(known: list[tuple[float, float]], gaps: list[Gap]) -> None:
    mass = sum(number * weight for number, weight in known)
    found = mean_points(8.0, mass, sum(weight for _, weight in known), gaps, NUMBERS, 1.0)
    # Weights at their ends are enough for the extremes, but for a weight just above 0.
    filled = [
        [
            (n, w)
            for n in (NUMBERS if number is None else (number,))
            for w in ((0.0, 1e-9, 1.0) if weight is None else (weight,))
        ]
        for number, weight in gaps
    ]
    all_means = [8.0 * _mean([*known, *filling]) for filling in product(*filled)]
    assert found.low == pytest.approx(min(all_means), abs=1e-6)
    assert found.high == pytest.approx(max(all_means), abs=1e-6)


def test_a_weight_that_can_only_be_zero_decides_nothing() -> None:
    assert mean_points(8.0, 0.0, 0.0, [(1.0, None)], NUMBERS, 0.0) == Points(0.0, 0.0)


def test_a_list_of_which_nothing_is_known() -> None:
    assert open_mean(-2.0, (0.5, 1.0)) == Points(-2.0, 0.0)


@pytest.mark.parametrize(
    ("value", "low", "high", "expected"),
    [(3, 0, 5, 0.6), (9, 0, 5, 1.0), (-1, 0, 5, 0.0), (3, 5, 0, 0.4), (9, 5, 0, 0.0), (-1, 5, 0, 1.0),
     (2, 2, 2, 1.0), (1, 2, 2, 0.0)],
)  # fmt: skip
def test_fractions(value: float, low: float, high: float, expected: float) -> None:
    assert fraction(value, low, high) == expected


def test_malus_points_count_down() -> None:
    assert flag_points(-5.0, None) == Points(-5.0, 0.0)
    assert share_points(-6.0, 1, 2, 3) == Points(-4.0, -2.0)
    assert share_points(6.0, 0, 0, 0) == Points(0.0, 0.0)
