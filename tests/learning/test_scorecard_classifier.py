"""A Bayesian scorecard starts from the pack, moves with evidence, and says how sure it is."""

import csv
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

import kamrules as kr
from benchmarks.worlds import World, regret
from kamrules.scoring.estimators.scorecard_classifier import ScorecardClassifier
from kamrules.scoring.prior import Prior
from kamrules.scoring.validation.skill import calibration_slope

WORLDS = st.builds(
    World,
    agreement=st.sampled_from([1.0, 0.5, 0.0, -0.5]),
    columns=st.integers(2, 8),
    noise=st.sampled_from([0.1, 0.5]),
    seed=st.integers(0, 50),
)


def learned(world: World, count: int, seed: int = 1, **options: Any) -> ScorecardClassifier:
    matrix, won, _ = world.deals(count, seed)
    won[:2] = [True, False]
    return ScorecardClassifier(world.prior, **options).fit(matrix, won)


def firm(world: World, count: int, **options: Any) -> ScorecardClassifier:
    return learned(world, count, strength_doubt=0.0, **options)


@given(world=WORLDS)
def test_without_a_closed_deal_it_is_the_prior(world: World) -> None:
    model = ScorecardClassifier(world.prior).from_prior()
    matrix, _, _ = world.deals(30)
    scores = (matrix - 0.5) @ np.asarray(world.prior.mean)
    assert model.n_deals_ == 0
    assert model.predict_proba(matrix)[:, 1] == pytest.approx(1 / (1 + np.exp(-scores)))
    said = np.column_stack([model.predict_proba(matrix)[:, 1], model.predict_interval(matrix)])
    assert model.predict_prior(matrix) == pytest.approx(said)


@given(world=WORLDS)
def test_a_stronger_prior_moves_less(world: World) -> None:
    mean = np.asarray(world.prior.mean)
    moved = [
        float(np.linalg.norm(firm(world, 60, prior_deals=strength).coef_[0] - mean))
        for strength in (1.0, 30.0, 3000.0)
    ]
    assert moved[0] >= moved[1] >= moved[2]
    assert moved[2] < 0.1  # 60 deals against 3,000


@settings(max_examples=20)
@given(seed=st.integers(0, 50))
def test_with_many_deals_it_approaches_the_maximum_likelihood(seed: int) -> None:
    world = World(agreement=-0.5, columns=3, seed=seed)  # no sign constraint stands in the way
    gaps = []
    for count in (100, 10_000):
        matrix, won, _ = world.deals(count, 1)
        free = LogisticRegression(C=math.inf, max_iter=500, tol=1e-8).fit(matrix, won)
        gaps.append(np.abs(ScorecardClassifier(world.prior).fit(matrix, won).coef_ - free.coef_).max())
    assert gaps[1] < 0.05
    assert gaps[1] <= gaps[0]


@given(world=WORLDS, signs=st.lists(st.sampled_from([-1, 0, 1]), min_size=8, max_size=8))
def test_sign_constraints_hold_and_the_maximum_is_one(world: World, signs: list[int]) -> None:
    many = world.columns
    matrix, won, _ = world.deals(50, 1)
    won[:2] = [True, False]
    wanted = np.asarray(signs[:many])
    prior = Prior(world.prior.columns, (0.0,) * many, (0.5,) * many, (0.5,) * many, tuple(signs[:many]))
    model = ScorecardClassifier(prior).fit(matrix, won)
    assert (model.coef_[0] * wanted >= 0).all()
    assert (model.coef_interval_ * wanted[:, None] >= 0).all()

    def loss(coef: Any) -> float:
        at_centre = model.intercept_[0] + model.coef_[0] @ np.full(many, 0.5)
        scores = at_centre + (matrix - 0.5) @ coef
        pull = model.prior_deals_ * 0.25 * many * 0.25 * (coef**2).sum() / 2
        return float(np.logaddexp(0, scores).sum() - won @ scores + pull)

    least = loss(model.coef_[0])
    for index in range(many):
        for step in (-0.01, 0.01):
            other = model.coef_[0].copy()
            other[index] += step
            if other[index] * wanted[index] >= 0:
                assert loss(other) >= least - 1e-9


@given(world=WORLDS)
def test_a_better_deal_is_never_less_likely_where_the_pack_says_so(world: World) -> None:
    model = learned(World(1.0, world.columns, world.noise, seed=world.seed), 25)
    better = np.vstack([np.zeros(world.columns), np.tri(world.columns)])
    chances = model.predict_proba(better)[:, 1]
    assert (np.diff(chances) >= -1e-12).all()


@settings(max_examples=20)
@given(world=WORLDS)
def test_intervals_shrink_as_deals_are_closed(world: World) -> None:
    """While the belief stays as strong as it was; deals that surprise may loosen it, and widen them."""
    matrix, _, _ = world.deals(40, 7)
    widths = []
    for model in (ScorecardClassifier(world.prior).from_prior(), firm(world, 50), firm(world, 2000)):
        ends = model.predict_interval(matrix)
        assert (ends[:, 0] <= model.predict_proba(matrix)[:, 1]).all()
        assert (model.predict_proba(matrix)[:, 1] <= ends[:, 1]).all()
        variances = np.diag(model.covariance_)
        widths.append((float((ends[:, 1] - ends[:, 0]).mean()), variances))
    assert widths[0][0] > widths[1][0] > widths[2][0]
    assert (widths[0][1] >= widths[1][1] - 1e-12).all()


def test_its_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    """Truth drawn from the prior itself, so that 90 % is what a right posterior must reach."""
    rng = np.random.default_rng(5)
    held = []
    prior = Prior(tuple("abc"), (0.5,) * 3, (0.5,) * 3, (0.5,) * 3, (0,) * 3)
    doubt = ScorecardClassifier(prior).from_prior().covariance_
    for _ in range(60):
        level, *slopes = rng.multivariate_normal([0.0, *prior.mean], doubt)
        truth = np.asarray(slopes)
        matrix = rng.integers(0, 2, (80, 3)).astype(float)
        chances = 1 / (1 + np.exp(-(level + (matrix - 0.5) @ truth)))
        won = rng.random(80) < chances
        if 0 < won.sum() < 80:
            ends = ScorecardClassifier(prior).fit(matrix, won).predict_interval(matrix)
            held.append(((ends[:, 0] <= chances) & (chances <= ends[:, 1])).mean())
    assert 0.84 < np.mean(held) < 0.96


@pytest.mark.parametrize("count", [10, 40])
def test_few_deals_do_less_harm_than_to_plain_logistic_regression(count: int) -> None:
    ours, plain, alone = [], [], []
    for seed in range(12):
        world = World(agreement=0.5, noise=0.4, seed=seed)
        matrix, won, _ = world.deals(count, count)
        ours.append(regret(ScorecardClassifier(world.prior).fit(matrix, won), world))
        plain.append(regret(LogisticRegression().fit(matrix, won), world))
        alone.append(regret(ScorecardClassifier(world.prior).from_prior(), world))
    assert np.mean(ours) < np.mean(plain) / 2
    assert np.mean(ours) < np.mean(alone) * 1.25


def test_a_wrong_pack_is_overruled_by_enough_deals() -> None:
    world = World(agreement=-1.0, columns=6)
    alone = regret(ScorecardClassifier(world.prior).from_prior(), world)
    assert regret(learned(world, 1000), world) < alone / 10


def test_a_pack_that_is_too_shy_is_made_steeper_as_a_whole() -> None:
    """Doubt about the scale moves all columns at once, those that hardly vary among the deals too."""
    many = 8
    prior = Prior(tuple("abcdefgh"), (0.2,) * many, (0.5,) * many, (0.5,) * many, (0,) * many)
    rng = np.random.default_rng(3)
    matrix = rng.integers(0, 2, (60, many)).astype(float)
    matrix[:, 0] = 0.5
    won = rng.random(60) < 1 / (1 + np.exp(-(matrix - 0.5).sum(axis=1) * 1.2))
    as_one, apart = (
        ScorecardClassifier(prior, scale_doubt=share, strength_doubt=0.0).fit(matrix, won)
        for share in (0.5, 0.0)
    )
    assert as_one.coef_[0, 0] > 0.3
    assert apart.coef_[0, 0] == pytest.approx(0.2)


def test_deals_say_how_strong_a_belief_they_bear_out() -> None:
    right, wrong = World(noise=0.05, columns=10), World(agreement=-0.5, noise=0.6, columns=10)
    assert learned(right, 1000).prior_deals_ > 16
    assert learned(wrong, 1000).prior_deals_ < 6
    assert firm(wrong, 1000).prior_deals_ == 16
    assert learned(wrong, 10).prior_deals_ == pytest.approx(16, rel=0.4)  # ten deals say little


def test_very_many_deals_give_the_same_however_the_search_starts() -> None:
    world = World(columns=4)
    matrix, won, _ = world.deals(21_000)
    found = firm(world, 21_000, seed=0)
    assert found.n_iter_ < 4
    ends = ScorecardClassifier(world.prior, strength_doubt=0.0, max_iter=200).fit(matrix[::-1], won[::-1])
    assert found.coef_[0] == pytest.approx(ends.coef_[0], abs=1e-3)


def test_at_two_thousand_deals_chances_are_calibrated_and_intervals_cover() -> None:
    slopes, held = [], []
    for seed, agreement in enumerate((1.0, 0.5, 0.0, -0.5) * 3):
        world = World(agreement=agreement, noise=0.4, seed=seed)
        matrix, won, chances = world.deals(6000)
        model = ScorecardClassifier(world.prior).fit(matrix[:2000], won[:2000])
        said, ends = model.predict_proba(matrix[2000:])[:, 1], model.predict_interval(matrix[2000:])
        slopes.append(calibration_slope(won[2000:].tolist(), said.tolist()))
        held.append(((ends[:, 0] <= chances[2000:]) & (chances[2000:] <= ends[:, 1])).mean())
    assert 0.9 < np.mean(slopes) < 1.1
    assert 0.85 < np.mean(held) < 0.95


# From a pack


def test_the_pack_spans_the_stated_odds(engine: kr.Engine) -> None:
    model = ScorecardClassifier.from_pack(engine, until="M6", odds=9, base_rate=0.2)
    prior = model.prior
    assert prior is not None
    least = np.asarray(
        [-c if name.startswith("health") else 0 for name, c in zip(prior.columns, prior.centre, strict=True)]
    )
    ends = [np.asarray(prior.centre) + factor * least for factor in (1, 0, -1)]
    chances = model.predict_proba(np.asarray(ends))[:, 1]
    odds = chances / (1 - chances)
    assert odds == pytest.approx([0.25 / 9, 0.25, 0.25 * 9])


def test_points_that_depend_on_a_stance_never_lower_the_odds(engine: kr.Engine) -> None:
    prior = ScorecardClassifier.from_pack(engine).prior
    assert prior is not None
    signs = dict(zip(prior.columns, prior.signs, strict=True))
    assert signs["health.technical_support.low"] == signs["health.technical_support.high"] == 1
    assert signs["health.discipline.low"] == 0


# Bad arguments


def test_a_column_without_a_prior_is_named(engine: kr.Engine) -> None:
    pandas = pytest.importorskip("pandas")
    prior = Prior(("points",), (0.1,), (0.0,), (1.0,), (1,))
    frame = pandas.DataFrame({"pionts": [1.0, 2.0]})
    with pytest.raises(kr.ArgumentError, match="`pionts` has no prior; did you mean `points`"):
        ScorecardClassifier(prior).fit(frame, [0, 1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"spread": (0.0,)}, "spread of `points`"),
        ({"signs": (-1,)}, "against its sign"),
        ({"mean": (0.1, 0.2)}, "other lengths"),
    ],
)
def test_an_impossible_prior_is_refused(change: dict[str, Any], message: str) -> None:
    parts: dict[str, Any] = {"mean": (0.1,), "centre": (0.0,), "spread": (1.0,), "signs": (1,)}
    with pytest.raises(kr.ArgumentError, match=message):
        Prior(("points",), **{**parts, **change})


@pytest.mark.parametrize(
    "options",
    [
        {"prior_deals": 0.0},
        {"scale_doubt": 1.0},
        {"strength_doubt": -1.0},
        {"confidence": 1.0},
        {"monotonic_cst": [2]},
        {"monotonic_cst": {"x": 1}},
    ],
)
def test_an_impossible_parameter_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(kr.ArgumentError):
        ScorecardClassifier(**options).fit([[0.0], [1.0]], [0, 1])


# Real deals


def test_on_real_deals_it_is_as_good_as_the_best(shared: Path) -> None:
    """One shuffle of what `benchmarks/learning.py` measures."""
    from sklearn.metrics import brier_score_loss, roc_auc_score

    from kamrules.scoring.validation.splits import find_twins, grouped_folds

    path = shared / "data" / "b2b_salvirt" / "Salvirt_B2B_ML_dataset.csv"
    if not path.is_file():
        pytest.skip(f"no `{path.name}` in the shared material")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    names = [name for name in rows[0] if name not in {"Status", "Seller", "Product"}]
    won = np.asarray([row["Status"] == "Won" for row in rows])
    values = [(name, value) for name in names for value in sorted({row[name] for row in rows})]
    matrix = np.asarray([[float(row[name] == value) for name, value in values] for row in rows])
    groups = find_twins([tuple(row[name] for name in names) for row in rows]).groups
    said = {"ours": np.zeros(len(won)), "plain": np.zeros(len(won))}
    for train, test in grouped_folds(groups, won.tolist()):
        for name, model in (("ours", ScorecardClassifier()), ("plain", LogisticRegression(max_iter=2000))):
            said[name][test] = model.fit(matrix[train], won[train]).predict_proba(matrix[test])[:, 1]
    assert brier_score_loss(won, said["ours"]) <= brier_score_loss(won, said["plain"])
    assert brier_score_loss(won, said["ours"]) < 0.185
    assert roc_auc_score(won, said["ours"]) > 0.78
