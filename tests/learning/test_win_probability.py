"""A probability carries an interval and the deals behind it, or is refused."""

from typing import Any

import numpy as np
import pytest
from sklearn.naive_bayes import GaussianNB

from benchmarks.worlds import World
from kamrules.scoring.estimators.boosted_comparator import BoostedComparator
from kamrules.scoring.estimators.scorecard_classifier import ScorecardClassifier
from kamrules.scoring.estimators.win_probability import WinProbability
from kamrules.scoring.validation.skill import brier

WORLD = World(columns=6, noise=0.2)


def fitted(count: int, estimator: Any = None, world: World = WORLD, **options: Any) -> WinProbability:
    matrix, won, _ = world.deals(count, count)
    return WinProbability(estimator or ScorecardClassifier(world.prior), **options).fit(matrix, won)


@pytest.mark.parametrize("estimator", [ScorecardClassifier(WORLD.prior), GaussianNB(), BoostedComparator()])
def test_every_estimate_has_an_interval_and_the_deals_behind_it(estimator: Any) -> None:
    matrix, _, _ = WORLD.deals(50)
    for found in fitted(200, estimator).forecast(matrix):
        assert found.refusal is None
        assert found.estimate is not None
        assert 0 <= found.estimate.low <= found.estimate.probability <= found.estimate.high <= 1
        assert found.estimate.low < found.estimate.high
        assert found.estimate.closed_deals == 200


@pytest.mark.parametrize("estimator", [ScorecardClassifier(WORLD.prior), GaussianNB()])
def test_the_table_says_what_the_forecasts_say(estimator: Any) -> None:
    model = fitted(200, estimator)
    matrix = np.vstack([WORLD.deals(20)[0], np.full((1, 6), 9.0)])
    table = model.forecast_table(matrix)
    for place, found in enumerate(model.forecast(matrix)):
        row = {name: column[place] for name, column in table.items()}
        shown = found.estimate or found.prior
        assert (row["probability"], row["low"], row["high"]) == (shown.probability, shown.low, shown.high)
        assert (row["closed_deals"], row["refusal"]) == (shown.closed_deals, found.refusal)
        assert (row["prior_probability"], row["prior_deals"]) == (
            found.prior.probability,
            found.prior.closed_deals,
        )
    assert table["refusal"][-1] == "unlike any deal seen"


def test_of_deals_like_those_closed_about_one_in_a_hundred_is_called_new() -> None:
    world = World(columns=12, noise=0.2)
    matrix, won, _ = world.deals(3000)
    table = WinProbability(GaussianNB()).fit(matrix[:1000], won[:1000]).forecast_table(matrix[1000:])
    assert 0.002 < np.mean([refusal is not None for refusal in table["refusal"]]) < 0.03


def test_too_few_wins_are_refused_and_the_prior_is_shown() -> None:
    matrix, won, _ = WORLD.deals(60)
    kept = np.concatenate([np.flatnonzero(won)[:9], np.flatnonzero(~won)])
    model = WinProbability(ScorecardClassifier(WORLD.prior)).fit(matrix[kept], won[kept])
    pack = ScorecardClassifier(WORLD.prior).from_prior()
    for found, expected in zip(model.forecast(matrix), pack.predict_proba(matrix)[:, 1], strict=True):
        assert (found.estimate, found.refusal) == (None, "not enough history")
        assert found.prior.closed_deals == 0
        assert found.prior.probability == pytest.approx(expected)
        assert found.prior.low < found.prior.probability < found.prior.high
    assert model.predict_proba(matrix)[:, 1] == pytest.approx(pack.predict_proba(matrix)[:, 1])


def test_one_more_win_is_enough() -> None:
    matrix, won, _ = WORLD.deals(60)
    kept = np.concatenate([np.flatnonzero(won)[:10], np.flatnonzero(~won)])
    assert WinProbability(ScorecardClassifier(WORLD.prior)).fit(matrix[kept], won[kept]).has_history


def test_an_estimator_without_a_prior_falls_back_on_the_base_rate() -> None:
    model = fitted(15, GaussianNB())
    (found,) = model.forecast(np.zeros((1, 6)))
    assert found.estimate is None
    assert found.prior.probability == pytest.approx(model.wins_ / 15)
    assert found.prior.closed_deals == 15


def test_a_deal_unlike_any_seen_is_refused() -> None:
    model = fitted(200)
    known = WORLD.deals(1)[0]
    far = known + np.asarray([0, 0, 4.0, 0, 0, 0])
    assert model.forecast(known)[0].refusal is None
    assert model.forecast(far)[0].refusal == "unlike any deal seen"


def test_a_column_that_never_varied_makes_a_deal_new() -> None:
    matrix, won, _ = WORLD.deals(200)
    matrix[:, 2] = 1.0
    model = WinProbability(ScorecardClassifier()).fit(matrix, won)
    other = matrix[:1].copy()
    other[0, 2] = 0.99
    assert [one.refusal for one in model.forecast(np.vstack([matrix[:1], other]))] == [
        None,
        "unlike any deal seen",
    ]


@pytest.mark.parametrize(
    ("count", "method"), [(60, "none"), (400, "sigmoid"), (1500, "sigmoid"), (10_000, "isotonic")]
)
def test_calibration_depends_on_how_many_deals_were_closed(count: int, method: str) -> None:
    assert fitted(count, GaussianNB()).calibration_ == method


@pytest.mark.parametrize(("count", "method"), [(400, "none"), (1500, "sigmoid")])
def test_what_has_intervals_of_its_own_is_left_alone_for_longer(count: int, method: str) -> None:
    assert fitted(count).calibration_ == method


def test_calibration_mends_an_estimator_that_is_too_sure() -> None:
    """Columns given five times make naive Bayes far too sure of itself."""
    world = World(columns=6, noise=0.6)
    matrix, won, _ = world.deals(500, 3)
    others, outcomes, _ = world.deals(500, 4)
    sure = GaussianNB().fit(np.tile(matrix, 5), won).predict_proba(np.tile(others, 5))[:, 1]
    mended = WinProbability(GaussianNB()).fit(np.tile(matrix, 5), won).predict_proba(np.tile(others, 5))[:, 1]
    assert brier(outcomes.tolist(), mended.tolist()) < brier(outcomes.tolist(), sure.tolist())


def test_without_any_skill_it_says_the_base_rate() -> None:
    """Of columns of noise some happen to rank held-back deals the wrong way round."""
    flat = 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        matrix, won = rng.normal(size=(150, 1)), rng.random(150) < 0.5
        model = WinProbability(GaussianNB()).fit(matrix, won)
        if model.calibration_ == "flat":
            flat += 1
            for found in model.forecast(matrix[:3]):
                assert found.estimate is not None
                assert found.estimate.probability == model.wins_ / 150
                assert found.estimate.low < found.estimate.probability < found.estimate.high
    assert flat > 0


def test_names_of_columns_reach_the_estimator_in_any_order() -> None:
    pandas = pytest.importorskip("pandas")
    matrix, won, _ = WORLD.deals(200)
    frame = pandas.DataFrame(matrix, columns=WORLD.prior.columns)
    turned = frame[list(frame.columns)[::-1]]
    here = WinProbability(ScorecardClassifier(WORLD.prior)).fit(frame, won)
    there = WinProbability(ScorecardClassifier(WORLD.prior)).fit(turned, won)
    assert here.calibration_ == "none"
    assert there.estimator_.coef_[0][::-1] == pytest.approx(here.estimator_.coef_[0])


def test_boosting_keeps_to_the_signs_of_a_prior() -> None:
    matrix, won, _ = WORLD.deals(200)
    model = BoostedComparator.from_prior(WORLD.prior).fit(matrix, won)
    better = np.vstack([np.zeros(6), np.tri(6)])
    assert (np.diff(model.predict_proba(better)[:, 1]) >= -1e-12).all()
