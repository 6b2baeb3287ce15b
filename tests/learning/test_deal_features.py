"""What a deal becomes as a row of numbers, and what never gets in."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

import kamrules as kr
from kamrules.scoring.estimators.deal_features import DealFeatures
from kamrules.scoring.estimators.scorecard_classifier import ScorecardClassifier

DAY = date(2026, 6, 30)
# The criterion that asks for a person's DISC letter, and those that ask for it in turn.
READ_PERSONALITY = ("M4.X2", "M5.E1")


def row(engine: kr.Engine, deal: Any, **options: Any) -> dict[str, float]:
    features = DealFeatures(engine, **{"as_of": DAY, **options}).fit([])
    (values,) = features.transform([deal])
    return dict(zip(features.get_feature_names_out(), values.tolist(), strict=True))


def person(**facts: Any) -> dict[str, Any]:
    return {"id": "P1", "role": "decision_maker", "is_contacted": True, "is_key_player": True, **facts}


def test_unknown_is_kept_apart_from_unmet(engine: kr.Engine) -> None:
    deal = {"stakeholders": [], "account": {"name": "Lingang", "industry": "ships"}}
    assessed = engine.assess(deal, as_of=DAY)
    found = row(engine, deal)
    columns = {"met": (1, 0), "unmet": (0, 0), "unknown": (0, 1), "not_applicable": (1, 0)}
    seen = set()
    for result in assessed.criteria:
        if result.id not in READ_PERSONALITY:
            pair = (found[f"criterion.{result.id}.met"], found[f"criterion.{result.id}.unknown"])
            assert pair == columns[result.status]
            seen.add(result.status)
    assert seen == set(columns)


def test_the_health_is_that_of_the_assessment(engine: kr.Engine) -> None:
    deal = {"funding_source": "own funds", "stakeholders": [person(stance="supporter", influence=0.5)]}
    health = engine.assess(deal, as_of=DAY).health
    found = row(engine, deal)
    assert health is not None
    for end in ("low", "high"):
        parts = [value for name, value in found.items() if name.startswith("health.") and name.endswith(end)]
        assert sum(parts) == pytest.approx(getattr(health, end))


def test_a_list_nobody_has_is_no_empty_list(engine: kr.Engine) -> None:
    nothing, nobody = row(engine, {}), row(engine, {"stakeholders": []})
    assert (nothing["people.listed"], nobody["people.listed"]) == (0, 1)
    assert all(np.isfinite(list(nothing.values())))


def test_an_assessment_becomes_the_row_of_its_deal(engine: kr.Engine) -> None:
    deal = {"funding_source": "own funds", "stakeholders": [person(stance="supporter")]}
    assert row(engine, engine.assess(deal, as_of=DAY)) == row(engine, deal)


def test_a_fact_that_trips_a_red_line_moves_no_column(engine: kr.Engine) -> None:
    deal: dict[str, Any] = {"competitors": [], "stakeholders": [person(stance="supporter")]}
    secret = {"name": "X", "source": "insider", "is_confidential": True, "is_lawful": False, "threat": "low"}
    tainted = {**deal, "competitors": [secret]}
    assert engine.assess(tainted, as_of=DAY).tripped
    assert engine.assess(tainted, as_of=DAY).criteria != engine.assess(deal, as_of=DAY).criteria
    assert row(engine, tainted) == row(engine, deal)


def test_an_assessment_with_a_tripped_red_line_is_refused(engine: kr.Engine) -> None:
    secret = {"name": "X", "source": "insider", "is_confidential": True, "is_lawful": False}
    assessment = engine.assess({"competitors": [secret]}, as_of=DAY)
    with pytest.raises(kr.ArgumentError, match=r"deal 0: A-TAINT: .*give the deal itself"):
        row(engine, assessment)


def test_personality_and_names_move_no_column(engine: kr.Engine) -> None:
    found = row(engine, {"stakeholders": [person(stance="neutral", personality="D", name="Wang")]})
    assert found == row(engine, {"stakeholders": [person(stance="neutral", personality="S", name="Li")]})
    assert found == row(engine, {"stakeholders": [person(stance="neutral")]})
    assert not [name for name in found for one in READ_PERSONALITY if one in name]


def test_criteria_after_the_last_milestone_asked_for_are_left_out(engine: kr.Engine) -> None:
    found = row(engine, {}, until="M6")
    asked = {name.split(".")[1] for name in found if name.startswith("criterion.")}
    assert asked == {"M1", "M2", "M3", "M4", "M5", "M6"}


def test_the_day_may_be_a_column(engine: kr.Engine) -> None:
    deal = {"next_step_agreed": True, "next_step_on": "2026-07-02"}
    for day in (DAY, DAY + timedelta(days=90)):
        by_column = row(engine, {**deal, "seen_on": day.isoformat()}, as_of="seen_on")
        assert by_column == row(engine, deal, as_of=day)
    assert row(engine, deal) != row(engine, deal, as_of=DAY + timedelta(days=90))


@pytest.mark.parametrize("as_of", [None, "seen_on", 20260630])
def test_a_day_is_asked_for(engine: kr.Engine, as_of: Any) -> None:
    with pytest.raises(kr.ArgumentError, match="deal 0: A-DATE"):
        row(engine, {}, as_of=as_of)


def test_a_brief_assessment_is_refused(engine: kr.Engine) -> None:
    with pytest.raises(kr.ArgumentError, match='detail "full" expected'):
        row(engine, engine.assess({}, as_of=DAY, detail="brief"))


def test_an_unknown_milestone_is_refused(engine: kr.Engine) -> None:
    with pytest.raises(kr.ArgumentError, match="did you mean `M6`"):
        row(engine, {}, until="M66")


def test_it_is_a_transformer_with_names_and_frames(engine: kr.Engine) -> None:
    features = DealFeatures(engine, as_of=DAY, until="M3")
    copy = clone(features)
    assert copy.engine is engine
    frame = copy.set_output(transform="pandas").fit_transform([{}, {"funding_source": "own funds"}])
    assert list(frame.columns) == list(copy.get_feature_names_out())
    assert frame.shape == (2, len(copy.columns_))
    assert not frame.isna().any().any()


def test_a_pack_says_something_of_a_deal_before_any_is_closed(engine: kr.Engine) -> None:
    model = ScorecardClassifier.from_pack(engine, until="M6")
    features = DealFeatures(engine, as_of=DAY, until="M6").set_output(transform="pandas").fit([])
    deals = [{}, {"stakeholders": []}, {"stakeholders": [person(stance="supporter", influence=1.0)]}]
    chances = model.predict_proba(features.transform(deals))[:, 1]
    assert chances[0] == pytest.approx(0.5)
    assert chances[1] < chances[2]


def test_it_learns_from_deals_in_one_pipeline(engine: kr.Engine) -> None:
    deals = [{"stakeholders": [person(stance=stance)]} for stance in ("supporter", "opponent") * 6]
    pipeline = make_pipeline(
        DealFeatures(engine, as_of=DAY, until="M6"), ScorecardClassifier.from_pack(engine, until="M6")
    ).fit(deals, [True, False] * 6)
    chances = pipeline.predict_proba(deals[:2])[:, 1]
    assert chances[0] > chances[1]
    assert pipeline[-1].n_deals_ == 12
