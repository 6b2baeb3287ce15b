"""Splits that keep twins and the future apart, leakage that is caught, skill that is not imagined."""

import math
import random
from collections import Counter
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.metrics import log_loss as their_log_loss

import kamrules as kr
from benchmarks.worlds import LEAKS, planted
from kamrules.errors import LeakageError
from kamrules.scoring.validation import resampling
from kamrules.scoring.validation.leakage import refuse_late_facts, refuse_leakage
from kamrules.scoring.validation.resampling import measure_mean, measure_skill
from kamrules.scoring.validation.skill import (
    auc,
    brier,
    calibration_slope,
    log_loss,
    wilson,
)
from kamrules.scoring.validation.splits import find_twins, forward_folds, grouped_folds
from tests.handbook import handbook

DAY = date(2026, 1, 1)
PAIRS = st.lists(st.tuples(st.booleans(), st.floats(0.01, 0.99)), min_size=4, max_size=40).filter(
    lambda pairs: len({won for won, _ in pairs}) == 2
)


# Splits


@given(groups=st.lists(st.integers(0, 9), min_size=10, max_size=60), seed=st.integers(0, 99), data=st.data())
def test_no_group_is_on_both_sides_and_every_deal_is_tried_once(
    groups: list[int], seed: int, data: st.DataObject
) -> None:
    folds = min(3, len(set(groups)))
    if folds < 2:
        return
    outcomes = data.draw(st.lists(st.booleans(), min_size=len(groups), max_size=len(groups)))
    found = grouped_folds(groups, outcomes, folds=folds, seed=seed)
    assert sorted(i for _, test in found for i in test) == list(range(len(groups)))
    for train, test in found:
        assert not {groups[i] for i in train} & {groups[i] for i in test}
        assert sorted([*train, *test]) == list(range(len(groups)))


def test_folds_have_about_the_same_outcomes() -> None:
    rng = random.Random(3)
    outcomes = [rng.random() < 0.3 for _ in range(500)]
    found = grouped_folds(list(range(500)), outcomes)
    shares = [sum(outcomes[i] for i in test) / len(test) for _, test in found]
    assert max(shares) - min(shares) < 0.05
    assert {len(test) for _, test in found} == {100}


@pytest.mark.parametrize("folds", [1, 4])
def test_more_folds_than_groups_are_refused(folds: int) -> None:
    with pytest.raises(kr.ArgumentError, match="folds of 3 groups"):
        grouped_folds([1, 2, 3], [True, False, True], folds=folds)


def test_nothing_is_learned_from_a_deal_closed_after_the_first_prediction() -> None:
    rng = random.Random(1)
    seen = [DAY + timedelta(days=rng.randrange(600)) for _ in range(300)]
    closed = [day + timedelta(days=1 + rng.randrange(200)) for day in seen]
    found = forward_folds(seen, closed)
    assert len(found) == 5
    for train, test in found:
        assert max(closed[i] for i in train) < min(seen[i] for i in test)
    tried = Counter(i for _, test in found for i in test)
    assert set(tried.values()) == {1}


def test_a_prediction_after_closing_is_refused() -> None:
    with pytest.raises(kr.ArgumentError, match="1 deals are predicted on or after"):
        forward_folds([DAY, DAY], [DAY, DAY + timedelta(days=1)])


def test_twins_are_found_and_torn_ones_counted() -> None:
    found = find_twins([(1, "a"), (1, "b"), (1, "a"), (1, "b")], [True, True, False, True])
    assert (found.groups, found.repeated, found.torn) == ((0, 1, 0, 1), 2, 1)


# Leakage


def world(count: int = 200) -> tuple[dict[str, list[Any]], list[bool]]:
    rng = random.Random(4)
    won = [rng.random() < 0.5 for _ in range(count)]
    honest = [rng.gauss(1.0 if one else 0.0, 1.0) for one in won]
    return {
        "points": honest,
        "region": [rng.choice("abc") for _ in won],
        "id": [str(i) for i in range(count)],
    }, won


def test_honest_columns_pass() -> None:
    columns, won = world()
    refuse_leakage(columns, won)


@pytest.mark.parametrize("form", LEAKS)
def test_a_planted_column_is_refused(form: str) -> None:
    columns, won = world()
    with pytest.raises(LeakageError, match="L-PERFECT") as caught:
        refuse_leakage({**columns, form: planted(won)[form]}, won)
    assert [fault.where for fault in caught.value.faults] == [form]


def test_leaks_take_seven_forms() -> None:
    assert len(LEAKS) == 7


def test_every_telling_column_is_named_at_once() -> None:
    columns, won = world()
    given = {**columns, "status": ["open"] * len(won), "close_value": won, "closing_note": columns["region"]}
    with pytest.raises(LeakageError) as caught:
        refuse_leakage(given, won, derived=["closing_note"])
    found = {(fault.where, fault.code) for fault in caught.value.faults}
    assert found == {("status", "L-DERIVED"), ("close_value", "L-PERFECT"), ("closing_note", "L-DERIVED")}


def test_a_column_that_separates_a_rare_outcome_no_better_than_always_saying_no_passes() -> None:
    won = [index % 100 == 0 for index in range(400)]
    refuse_leakage({"region": ["a" if index % 2 else "b" for index in range(400)]}, won)


def test_facts_from_after_the_prediction_are_refused() -> None:
    deal = {
        "next_step_on": "2026-03-01",  # a plan
        "funding_source": "own funds",
        "evidence": {"funding_source": {"level": "E3", "at": "2026-01-09"}},
        "activities": [{"type": "visit", "on": date(2025, 12, 1)}, {"type": "visit", "on": date(2026, 2, 1)}],
    }
    with pytest.raises(LeakageError) as caught:
        refuse_late_facts([{"activities": []}, deal], DAY)
    assert [(fault.where, fault.code) for fault in caught.value.faults] == [
        ("deal 1: evidence.funding_source.at", "L-LATE"),
        ("deal 1: activities[1].on", "L-LATE"),
    ]
    refuse_late_facts([deal], [date(2026, 2, 1)])


def test_a_record_that_holds_its_own_outcome_is_refused() -> None:
    engine = handbook()
    record = engine.read({"status": "lost", "loss_reason": "price", "closed_on": "2025-12-01"})
    with pytest.raises(LeakageError) as caught:
        refuse_late_facts([record], DAY)
    assert {fault.code for fault in caught.value.faults} == {"L-DERIVED"}
    assert len(caught.value.faults) == 3
    refuse_late_facts([engine.read({"status": "open"})], DAY)


# Skill


@given(pairs=PAIRS)
def test_measures_are_those_of_scikit_learn(pairs: list[tuple[bool, float]]) -> None:
    won, chances = [one for one, _ in pairs], [one for _, one in pairs]
    assert auc(won, chances) == pytest.approx(roc_auc_score(won, chances))
    assert brier(won, chances) == pytest.approx(brier_score_loss(won, chances))
    assert log_loss(won, chances) == pytest.approx(their_log_loss(won, chances))


def drawn(count: int, sureness: float) -> tuple[list[bool], list[float]]:
    rng = random.Random(9)
    logits = [rng.gauss(0, 1.5) for _ in range(count)]

    def chance(logit: float) -> float:
        return 1 / (1 + math.exp(-logit))

    return [rng.random() < chance(one) for one in logits], [chance(sureness * one) for one in logits]


@pytest.mark.parametrize(("sureness", "slope"), [(1.0, 1.0), (2.0, 0.5), (0.5, 2.0)])
def test_the_slope_says_how_much_too_sure(sureness: float, slope: float) -> None:
    assert calibration_slope(*drawn(4000, sureness)) == pytest.approx(slope, rel=0.1)


def test_the_slope_is_finite_where_outcomes_are_told_apart() -> None:
    assert 0 < calibration_slope([True, False] * 5, [0.9, 0.1] * 5) < 100


def test_skill_is_seen_where_there_is_some() -> None:
    found = measure_skill(*drawn(400, 1.0), resamples=100)
    assert found.has_skill
    assert found.brier.low < found.brier.value < found.brier.high < found.base_brier


@pytest.mark.parametrize("chances", [drawn(60, 2.0)[1], [0.0, 1.0, 0.5] * 20])
def test_a_sample_scores_as_the_deals_it_stands_for(chances: list[float]) -> None:
    won = drawn(60, 2.0)[0]
    counts = np.random.default_rng(1).multinomial(60, np.full(60, 1 / 60), size=20)
    found = resampling.scores_of(counts.astype(float), np.asarray(won, float), np.asarray(chances), 0.4)
    for place, row in enumerate(counts):
        sample = [deal for deal, count in enumerate(row) for _ in range(count)]
        outcomes, given = [won[deal] for deal in sample], [chances[deal] for deal in sample]
        for name, score in {
            "auc": auc, "brier": brier, "log_loss": log_loss, "slope": calibration_slope,
        }.items():  # fmt: skip
            assert found[name][place] == pytest.approx(score(outcomes, given)), name
        gain = brier(outcomes, [0.4] * 60) - brier(outcomes, given)
        assert found["gain"][place] == pytest.approx(gain)


def test_samples_in_blocks_are_all_drawn_and_repeat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resampling, "_CELLS", 400 * 30)
    found = measure_skill(*drawn(400, 1.0), resamples=100, seed=3)
    assert found == measure_skill(*drawn(400, 1.0), resamples=100, seed=3)
    assert found != measure_skill(*drawn(400, 1.0), resamples=100, seed=4)
    assert sum(len(block) for block in resampling.samples_of(400, 100, 3)) == 100


def test_a_mean_is_known_to_its_standard_error() -> None:
    values = [float(number % 10) for number in range(400)]
    found = measure_mean(values, confidence=0.9, resamples=2000)
    assert found.value == pytest.approx(4.5)
    assert (found.high - found.low) / 2 == pytest.approx(1.645 * 2.872 / 20, rel=0.1)


def test_no_skill_is_seen_where_there_is_none() -> None:
    won, chances = drawn(400, 1.0)
    random.Random(2).shuffle(chances)
    assert not measure_skill(won, chances, resamples=100).has_skill
    assert not measure_skill(won, [sum(won) / 400] * 400, resamples=100).has_skill


@pytest.mark.parametrize(
    ("won", "chances"), [([True, True], [0.5, 0.5]), ([True, False], [0.5]), ([True, False], [0.5, 1.5])]
)
def test_what_cannot_be_measured_is_refused(won: list[bool], chances: list[float]) -> None:
    with pytest.raises(kr.ArgumentError):
        measure_skill(won, chances)


@given(wins=st.integers(0, 50), losses=st.integers(0, 50))
def test_a_wilson_interval_holds_the_share_and_shrinks(wins: int, losses: int) -> None:
    found = wilson(wins, wins + losses)
    assert 0 <= found.low <= found.value + 1e-12
    assert found.value <= found.high + 1e-12 <= 1 + 1e-9
    if wins + losses:
        more = wilson(4 * wins, 4 * (wins + losses))
        assert more.high - more.low < found.high - found.low
