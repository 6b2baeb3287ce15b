"""What is learned is tried on deals not seen, compared with today's, and told with its limits."""

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamrules.engine import Engine
from kamrules.errors import ArgumentError, LeakageError
from kamrules.learning.backtest import Backtest, backtest
from kamrules.learning.card import learned_dict, model_card
from kamrules.learning.closed import closed_deals, open_deals, told
from kamrules.learning.drift import drift_from, drift_of, spreads_of
from kamrules.learning.learn import Learned, Refused, forecast_deals, learn
from kamrules.learning.matrix import readable
from kamrules.learning.model import Settings, fit_model
from kamrules.learning.model_file import model_text
from kamrules.learning.words import backtest_text, to_dict
from kamrules.scoring.validation.curve import calibration_curve
from kamrules.timeline import Timeline
from tests.learning.small import ACCESS, PACK, START, engine_of, histories, history, write_pack

FAST: dict[str, Any] = {"resamples": 40}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return engine_of(write_pack(tmp_path_factory.mktemp("pack")))


@pytest.fixture(scope="module")
def tried(engine: Engine) -> Backtest:
    return backtest(engine, histories(240, strength=3.0), leads=(30,), resamples=100)


@pytest.fixture(scope="module")
def learned(engine: Engine) -> Learned:
    given = [*histories(120, still_open=30), history(900, {}, won=None, start=START)]
    found = learn(engine, given, resamples=40)
    assert isinstance(found, Learned)
    return found


# Backtest


def test_deals_not_learned_from_show_the_skill_there_is(tried: Backtest) -> None:
    (lead,) = tried.leads
    assert [split.split for split in lead.splits] == ["forward", "grouped"]
    for split in lead.splits:
        assert [trial.model for trial in split.trials] == ["learned", "pack"]
        learned = split.trials[0].skill
        assert learned.has_skill
        assert learned.auc.low > 0.65
        assert split.over_pack.low <= split.over_pack.value <= split.over_pack.high


def test_where_nothing_decides_no_skill_is_claimed(engine: Engine) -> None:
    found = backtest(engine, histories(240, strength=0.0), leads=(30,), **FAST)
    assert not any(split.trials[0].skill.has_skill for split in found.leads[0].splits)
    assert "No skill is shown" in backtest_text(found)


def test_boosted_trees_are_tried_where_asked_for(engine: Engine) -> None:
    found = backtest(engine, histories(40), leads=(30,), with_boosted=True, **FAST)
    assert all(split.trials[2].model == "boosted" for split in found.leads[0].splits)
    assert "boosted trees" in backtest_text(found)


def test_forward_in_time_the_first_deals_are_learned_from_and_never_tried(tried: Backtest) -> None:
    forward, grouped = tried.leads[0].splits
    assert forward.deals < grouped.deals == 240


def test_few_deals_are_refused_with_the_counts(engine: Engine) -> None:
    found = backtest(engine, histories(12), leads=(30, 90), **FAST)
    assert found.refusal is not None
    assert "at least 10 won and 10 lost ones are needed" in found.refusal
    assert all(not lead.splits for lead in found.leads)
    assert "nothing was tried" in backtest_text(found)
    assert "未检验" in backtest_text(found, "zh")


def test_a_lead_longer_than_the_deals_is_refused_and_others_are_tried(engine: Engine) -> None:
    found = backtest(engine, histories(60), leads=(30, 400), **FAST)
    assert [lead.refusal is None for lead in found.leads] == [True, False]
    assert found.leads[1].left_out == {"recorded late": 60}
    assert found.refusal is None


def test_accounts_and_twins_are_kept_together_unless_they_chain_all_deals(engine: Engine) -> None:
    (lead,) = backtest(engine, histories(60), leads=(30,), **FAST).leads
    assert lead.splits[1].kept == ("twins",)
    apart = [
        history(n, {"account.name": f"A{n}", ACCESS[n % 2]: n % 3 > 0}, won=n % 5 > 1, start=START)
        for n in range(60)
    ]
    (lead,) = backtest(engine, apart, leads=(30,), **FAST).leads
    assert [(split.split, split.kept) for split in lead.splits] == [("grouped", ("accounts", "twins"))]


def test_deals_that_are_all_alike_are_still_tried_forward_in_time(engine: Engine) -> None:
    alike = [
        history(n, {"account.name": "A"}, won=n % 3 > 0, start=START + timedelta(5 * n)) for n in range(60)
    ]
    (lead,) = backtest(engine, alike, leads=(30,), **FAST).leads
    assert [split.split for split in lead.splits] == ["forward"]
    assert lead.twins is not None
    assert (lead.twins.repeated, lead.twins.torn) == (59, 1)


def test_deals_all_alike_and_of_one_day_cannot_be_tried(engine: Engine) -> None:
    alike = [history(n, {"account.name": "A"}, won=n % 3 > 0, start=START) for n in range(60)]
    found = backtest(engine, alike, leads=(30,), **FAST)
    assert found.refusal == (
        "no deal was closed before another was predicted, and all are alike or of one account"
    )


def test_a_fact_that_tells_the_outcome_is_refused_loudly(engine: Engine) -> None:
    rng = random.Random(1)
    telling = []
    for number in range(60):
        is_won = rng.random() < 0.5
        facts = dict.fromkeys(ACCESS, is_won)
        telling.append(history(number, facts, won=is_won, start=START + timedelta(number)))
    with pytest.raises(LeakageError, match="L-PERFECT") as caught:
        backtest(engine, telling, **FAST)
    assert {fault.where for fault in caught.value.faults} == {"health.access.low", "health.access.high"}


def test_the_same_seed_gives_the_same_numbers_and_another_other_ones(engine: Engine) -> None:
    given = histories(80)
    one, again, other = (
        to_dict(backtest(engine, given, settings=Settings(seed=seed), leads=(30,), **FAST))
        for seed in (1, 1, 2)
    )
    assert one == again
    assert one["leads"] != other["leads"]


def test_progress_is_told_to_its_end(engine: Engine) -> None:
    seen: list[tuple[str, int, int]] = []
    backtest(engine, histories(60), leads=(30,), progress=lambda *step: seen.append(step), **FAST)
    steps = dict.fromkeys(name for name, _, _ in seen)
    assert list(steps) == ["assess", "forward folds", "grouped folds"]
    assert all((name, total, total) in seen for name, _, total in seen)


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=90))
def test_every_deal_is_in_one_point_of_the_curve_and_points_rise(pairs: list[tuple[bool, float]]) -> None:
    points = calibration_curve([won for won, _ in pairs], [said for _, said in pairs])
    assert sum(point.deals for point in points) == len(pairs)
    assert [point.said for point in points] == pytest.approx(sorted(point.said for point in points))


# Learning


def test_records_that_do_not_fit_the_pack_are_left_out_with_what_is_wrong(engine: Engine) -> None:
    bad = history(500, {"milestone": 7}, won=True, start=START)
    closed = readable(engine, closed_deals([*histories(2), bad]))
    assert closed.reasons() == {"bad record": 1}
    assert "D0500: milestone: R-" in "\n".join(told(closed))


def test_too_few_deals_teach_nothing(engine: Engine) -> None:
    found = learn(engine, histories(12))
    assert isinstance(found, Refused)
    with pytest.raises(ArgumentError, match="A-HISTORY"):
        fit_model(engine, found.closed)


def test_records_without_history_teach_nothing(engine: Engine) -> None:
    found = learn(engine, [{"id": "D1", "status": "won", "closed_on": "2026-01-01"}])
    assert isinstance(found, Refused)
    assert found.closed.reasons() == {"no history": 1}
    assert "would leak: D1" in "\n".join(told(found.closed))


def test_the_same_history_gives_the_same_model(engine: Engine) -> None:
    closed = closed_deals(histories(60))
    assert model_text(fit_model(engine, closed)) == model_text(fit_model(engine, closed))


def test_open_deals_are_told_their_chance_under_the_pack_it_was_learned_for_only(
    engine: Engine, learned: Learned, tmp_path: Path
) -> None:
    deals = open_deals(histories(0, still_open=20), START + timedelta(60))
    found = forecast_deals(engine, learned.model, deals)
    assert len(found) == 20
    for deal, one in zip(deals, found, strict=True):
        (same,) = forecast_deals(engine, learned.model, [deal])
        assert same.refusal == one.refusal
        assert same.prior.probability == pytest.approx(one.prior.probability)
        assert one.estimate is None or one.estimate.closed_deals == 120
    assert any(one.estimate is not None for one in found)
    assert forecast_deals(engine, learned.model, []) == []
    other = engine_of(write_pack(tmp_path, PACK.replace("points: 30 ", "points: 31 ")))
    with pytest.raises(ArgumentError, match="A-PACK"):
        forecast_deals(other, learned.model, deals)


# Drift


def test_deals_like_those_learned_from_do_not_drift(learned: Learned) -> None:
    assert learned.drift.deals == 31
    assert learned.drift.shifted == ()


def test_facts_no_longer_recorded_are_told_as_drift(engine: Engine) -> None:
    blank = [history(800 + number, {}, won=None, start=START) for number in range(30)]
    found = learn(engine, [*histories(120), *blank], resamples=20)
    assert isinstance(found, Learned)
    assert found.drift.unknown[1] == 1 > found.drift.unknown[0]
    assert "health.papers.high" in {one.column for one in found.drift.shifted}
    assert "health.papers.high" in model_card(engine, found)


def test_chance_seldom_passes_for_drift_however_few_deals_there_are() -> None:
    rng = random.Random(5)
    alarms = 0
    for _ in range(400):
        (spread,) = spreads_of(["c"], [[rng.random()] for _ in range(200)])
        alarms += drift_of(spread, [rng.random() for _ in range(rng.choice((5, 12, 40)))]).shift != "none"
    assert alarms / 400 < 0.07


def test_a_real_shift_of_thirty_deals_is_seen() -> None:
    rng = random.Random(6)
    (spread,) = spreads_of(["c"], [[rng.random()] for _ in range(200)])
    assert drift_of(spread, [rng.random() / 3 for _ in range(30)]).shift == "great shift"


@given(
    then=st.lists(st.floats(0, 9), min_size=1, max_size=40),
    now=st.lists(st.floats(0, 9), min_size=1, max_size=40),
)
def test_an_index_is_never_negative_and_every_deal_is_counted(then: list[float], now: list[float]) -> None:
    (spread,) = spreads_of(["c"], [[value] for value in then])
    assert sum(spread.counts) == len(then)
    assert len(spread.counts) <= 5
    assert drift_of(spread, now).index >= 0


@pytest.mark.parametrize(
    ("columns", "quantiles"),
    [
        (1, (3.841, 5.991, 7.815, 9.488)),
        (16, (8.733, 11.537, 13.844, 15.922)),
        (150, (12.873, 16.013, 18.583, 20.888)),
    ],
)
def test_what_chance_reaches_is_near_the_quantiles_of_chi_square(columns: int, quantiles: Any) -> None:
    for bins, quantile in enumerate(quantiles, start=2):
        (spread,) = spreads_of(["c"], [[float(value)] for value in range(bins)])
        assert len(spread.counts) == bins
        found = drift_of(spread, [0.0], columns=columns).by_chance / (1 + 1 / bins)
        assert found == pytest.approx(quantile, rel=0.06)


def test_the_share_won_changed_by_the_later_less_the_earlier() -> None:
    found = drift_from((), (), unknown=(0.0, 0.0), wins=((48, 80), (56, 70))).base_rate
    assert found is not None
    assert found.value == pytest.approx(0.2)
    assert drift_from((), (), unknown=(0.0, 0.0), wins=((0, 0), (1, 2))).base_rate is None


# The card


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ["## What it is not for", "Judging persons", "three numbers and never mixed", "seed 0"]),
        ("zh", ["## 不得用于", "评价个人", "不得混用", "种子0"]),
    ],
)
def test_a_card_says_what_the_model_is_not_for_and_what_it_stands_on(
    engine: Engine, learned: Learned, language: Any, expected: list[str]
) -> None:
    text = model_card(engine, learned, language)
    sample = learned.model.sample
    for words in (*expected, engine.pack.hash, str(sample.last), f"{learned.drift.deals}"):
        assert words in text
    assert text == model_card(engine, learned, language)
    assert len([line for line in text.splitlines() if line.startswith("## ")]) == 8


def test_a_card_names_no_deal_and_no_account(engine: Engine, learned: Learned) -> None:
    text = model_card(engine, learned) + str(learned_dict(engine, learned)) + model_text(learned.model)
    assert "D0001" not in text
    assert "'A1'" not in text


def test_a_card_of_all_columns_tells_those_that_moved(engine: Engine) -> None:
    found = learn(engine, histories(200, strength=4.0), Settings(parts="all"), resamples=20)
    assert isinstance(found, Learned)
    assert "| `health.access.high` |" in model_card(engine, found)
    assert learned_dict(engine, found)["weights"] == []


def test_learned_facts_as_data_are_plain(engine: Engine, learned: Learned) -> None:
    data = learned_dict(engine, learned)
    assert data["sample"]["wins"] + data["sample"]["losses"] == 120
    assert data["drift"]["as_of"] == str(learned.as_of)
    assert [one["id"] for one in data["weights"]] == ["step", "benefit", "rules", "link"]


def test_the_day_of_learning_hides_what_was_closed_later(engine: Engine) -> None:
    given: list[Timeline] = histories(120)
    found = learn(engine, given, as_of=START + timedelta(250), resamples=20)
    assert isinstance(found, Learned)
    assert found.model.sample.last <= START + timedelta(250)
    assert found.drift.deals > 0
