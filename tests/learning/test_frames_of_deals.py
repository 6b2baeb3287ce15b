"""The matrix made of frames is the one made of records, row for row, whatever the deals and the library."""

import importlib
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kamrules as kr
from kamrules.scoring.estimators.deal_features import DealFeatures
from tests.backends.frames import converted, parameters
from tests.frames.pipelines import DAY, Chance

pl = pytest.importorskip("polars")
pytest.importorskip("narwhals")
agreement = importlib.import_module("tests.frames.test_agreement")

LINE = pl.Struct({"on": pl.String, "kind": pl.String, "strength": pl.Float64})
SECRET = {"name": "X", "source": "insider", "is_confidential": True, "is_lawful": False, "threat": "low"}


@pytest.fixture(scope="module")
def engine() -> kr.Engine:
    found: kr.Engine = agreement.engine()
    return found


def frames_of(deals: list[dict[str, Any]]) -> tuple[Any, dict[str, Any]]:
    """Return deals as frames, with the influence lines of their people as a column of lists."""
    records, lists = agreement.frames_of(deals)
    lines = [
        None
        if person.get("influences") is None
        else [{name: line.get(name) for name in ("on", "kind", "strength")} for line in person["influences"]]
        for deal in deals
        for person in deal.get("stakeholders") or ()
    ]
    column = pl.Series(lines, dtype=pl.List(LINE))
    people = lists["stakeholders"].with_columns(influences=column)
    return records, {**lists, "stakeholders": people}


def both(engine: kr.Engine, deals: list[dict[str, Any]], frames: Any) -> tuple[Any, Any]:
    features = DealFeatures(engine, as_of=DAY).fit([])
    records, lists = frames
    return features.transform(deals), features.transform(engine.assess_frame(records, as_of=DAY, **lists))


@settings(max_examples=2)
@given(seed=st.integers(0, 10_000))
def test_frames_give_the_rows_that_records_give(seed: int) -> None:
    engine, chance = agreement.engine(), Chance(agreement.engine().plan.schema, seed)
    deals = chance.deals(40)
    deals += [chance.changed(deal, index) for index, deal in enumerate(agreement.welding() * 2)]
    expected, found = both(engine, deals, frames_of(deals))
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("library", parameters("pyarrow", "pandas"))
def test_every_library_gives_the_same_rows(engine: kr.Engine, library: str) -> None:
    chance = Chance(engine.plan.schema, 5)
    deals = chance.deals(12)
    features = DealFeatures(engine, as_of=DAY).fit([])
    records, lists = converted(frames_of(deals), library)
    clean = engine.assess_frame(records, as_of=DAY, **lists).clean
    order = [clean.deals.column("key").to_pylist().index(deal["id"]) for deal in deals]
    found = features.transform(engine.assess_frame(records, as_of=DAY, **lists))
    assert found[order] == pytest.approx(features.transform(deals), rel=1e-9, abs=1e-9)


def test_loops_and_lines_are_walked_as_on_a_record(engine: kr.Engine) -> None:
    def person(name: str | None, above: str | None, *to: str | None, **facts: Any) -> dict[str, Any]:
        lines = [{"on": one, "kind": "influence", "strength": 0.7} for one in to]
        return {"id": name, "reports_to": above, "influences": lines, "is_key_player": True, **facts}

    people = [
        person("a", "b", "b", is_contacted=True, stance="mentor", influence=0.5, group=" x "),
        person("b", "c", "c", is_contacted=True, group="x", stance="supporter"),
        person(" c ", "b", None, is_contacted=False, group=""),
        person("d", "", "nobody", group="y", stance="supporter", influence=0.9),
        person("d", "d", "a", is_contacted=True, is_panel_member=True),
        person(None, "e", "a"),
    ]
    deals: list[dict[str, Any]] = [
        {"id": "1", "stakeholders": people},
        {"id": "2", "stakeholders": []},
        {"id": "3"},
    ]
    expected, found = both(engine, deals, frames_of(deals))
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_a_fact_that_trips_a_red_line_moves_no_column_of_a_frame(engine: kr.Engine) -> None:
    deal = {"competitors": [], "stakeholders": [{"stance": "supporter", "is_key_player": True}]}
    deals = [{**deal, "id": "1"}, {**deal, "id": "2", "competitors": [SECRET]}]
    expected, found = both(engine, deals, frames_of(deals))
    assert (found[0] == found[1]).all()
    assert (found == expected).all()


def test_a_frame_with_a_list_of_nobody_and_none_has_finite_columns(engine: kr.Engine) -> None:
    features = DealFeatures(engine).fit([]).set_output(transform="pandas")
    frame = features.transform(engine.assess_frame(pl.DataFrame({"id": [1, 2]}), as_of=DAY))
    assert list(frame.columns) == list(features.get_feature_names_out())
    assert np.isfinite(frame.to_numpy()).all()
    assert frame.to_numpy()[0] == pytest.approx(DealFeatures(engine, as_of=DAY).fit_transform([{}])[0])


# Refusals


def test_a_rejected_deal_is_named_and_no_row_is_dropped_in_silence(engine: kr.Engine) -> None:
    deals = pl.DataFrame({"id": ["a", "b", "b"], "account__rank_sales": [0, 1, 2]})
    with pytest.raises(kr.RecordError) as caught:
        DealFeatures(engine).fit([]).transform(engine.assess_frame(deals, as_of=DAY))
    told = {fault.message for fault in caught.value.faults}
    assert told == {
        "deal `a` was rejected: account__rank_sales",
        "deal `b` was rejected: several deals have this key",
    }


def test_values_taken_as_unknown_reject_nobody(engine: kr.Engine) -> None:
    deals = pl.DataFrame({"id": ["a"], "account__rank_sales": [0]})
    found = engine.assess_frame(deals, as_of=DAY, bad_values="unknown")
    without = DealFeatures(engine, as_of=DAY).fit_transform([{}])
    assert (DealFeatures(engine).fit([]).transform(found) == without).all()


def test_another_day_or_pack_than_that_of_the_frame_is_refused(engine: kr.Engine) -> None:
    found = engine.assess_frame(pl.DataFrame({"id": [1]}), as_of=DAY)
    with pytest.raises(kr.ArgumentError, match="A-DATE: the frame was assessed as of 2026-06-30"):
        DealFeatures(engine, as_of=date(2026, 1, 1)).fit([]).transform(found)
    other = replace(found, pack=replace(found.pack, version="0.1", hash="another"))
    with pytest.raises(kr.ArgumentError, match=r"A-VALUE: the frame was assessed by pack `handbook` 0\.1"):
        DealFeatures(engine).fit([]).transform(other)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ({"on": "a", "kind": "hate", "strength": 0.5}, "a kind other than influence, conflict"),
        ({"on": "a", "kind": "conflict", "strength": 1.5}, "a strength outside 0 to 1"),
    ],
)
def test_a_line_that_is_none_is_refused(engine: kr.Engine, line: dict[str, Any], told: str) -> None:
    people = pl.DataFrame({"deal_id": [1], "influences": pl.Series([[line]], dtype=pl.List(LINE))})
    found = engine.assess_frame(pl.DataFrame({"id": [1]}), as_of=DAY, stakeholders=people)
    with pytest.raises(kr.ArgumentError, match=told):
        DealFeatures(engine).fit([]).transform(found)


@pytest.mark.parametrize("library", parameters("dask"))
def test_frames_on_other_machines_are_refused(engine: kr.Engine, library: str) -> None:
    records, _ = converted((pl.DataFrame({"id": [1]}), {}), library)
    found = engine.assess_frame(records, as_of=DAY)
    with pytest.raises(kr.ArgumentError, match="not of Dask"):
        DealFeatures(engine).fit([]).transform(found)
