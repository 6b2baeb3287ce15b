"""What a caller's frames may look like, what is refused and how, and where each row ends up."""

from __future__ import annotations

import importlib
import math
from datetime import UTC, date, datetime
from typing import Any

import pytest

import kamrules as kr
from kamrules.errors import ArgumentError
from tests.backends.frames import converted, parameters, plain_rows
from tests.frames.pipelines import DAY
from tests.frames.test_agreement import check, frames_of, welding
from tests.handbook import handbook as engine

pl = pytest.importorskip("polars")
pytest.importorskip("narwhals")

LIBRARIES = parameters("polars", "polars-lazy", "pyarrow", "pandas", "duckdb", "dask", "pyspark")


def assess(deals: dict[str, Any], library: str = "polars", **lists: dict[str, Any]) -> Any:
    frames = (pl.DataFrame(deals), {name: pl.DataFrame(rows) for name, rows in lists.items()})
    records, rows = converted(frames, library)
    return engine().assess_frame(records, as_of=DAY, **rows)


def faults(deals: Any, **options: Any) -> list[str]:
    with pytest.raises(ArgumentError) as caught:
        engine().assess_frame(deals, as_of=DAY, **options)
    return [str(fault) for fault in caught.value.faults]


DEALS: dict[str, Any] = {"id": ["a", "b"], "milestone": ["M1", "M2"], "account__name": ["x", None]}


@pytest.mark.parametrize("library", LIBRARIES)
def test_every_deal_and_every_row_ends_up_somewhere(library: str) -> None:
    """Two deals of one key and one without a key are rejected, rows of nobody are counted."""
    found = assess(
        {"id": ["a", "b", "a", None, "c"], "milestone": ["M1", "M2", "M1", "M1", "M9"]},
        library,
        stakeholders={"deal_id": ["b", "z", "z", None], "stance": ["mentor", "neutral", "x", "neutral"]},
    )
    assert [row["deal_id"] for row in plain_rows(found.deals)] == ["b"]
    rejected = sorted((str(row["deal_id"]), row["faults"]) for row in plain_rows(found.rejected))
    assert rejected == [
        ("None", "no key"),
        ("a", "several deals have this key"),
        ("a", "several deals have this key"),
        ("c", "milestone"),
    ]
    strays = sorted((row["list"], str(row["deal_id"]), row["rows"]) for row in plain_rows(found.strays))
    assert strays == [("stakeholders", "None", 1), ("stakeholders", "z", 2)]


@pytest.mark.parametrize("library", parameters("polars", "polars-lazy", "pyarrow", "pandas", "duckdb"))
def test_no_deals(library: str) -> None:
    empty = pl.DataFrame(schema={"id": pl.String, "milestone": pl.String})
    rows = pl.DataFrame(schema={"deal_id": pl.String, "stance": pl.String})
    records, lists = converted((empty, {"stakeholders": rows}), library)
    found = engine().assess_frame(records, as_of=DAY, **lists)
    for table in (found.deals, found.criteria, found.rejected, found.strays):
        assert plain_rows(table) == []


def test_columns_and_their_dtypes() -> None:
    """Those of docs/frames.md."""
    deals = assess(DEALS).deals
    text, number = pl.String, pl.Float64
    assert dict(deals.schema) == {
        "deal_id": text, "claimed": text, "supported": text, "possible": text, "claim": text,
        "is_complete": pl.Boolean, "blockers": text, "unknowns": text, "tier": text, "tier_decided": text,
        "recorded_tier": text, "tier_valid_for": pl.Int64, "health_low": number, "health_score": number,
        "health_high": number, "grade": text, "red_lines": text, "waived": text, "breaches": text,
        "ask_next": text,
    }  # fmt: skip
    assert assess({**DEALS, "id": [7, 8]}).deals.schema["deal_id"] == pl.Int64


@pytest.mark.parametrize("library", parameters("polars", "pandas", "duckdb"))
def test_keys_that_are_numbers(library: str) -> None:
    found = assess(
        {"id": [7, 8], "milestone": ["M1", "M1"]},
        library,
        stakeholders={"deal_id": [8], "stance": ["mentor"]},
    )
    assert sorted(row["deal_id"] for row in plain_rows(found.deals)) == [7, 8]


def test_a_misspelt_column_is_refused_with_the_nearest_name() -> None:
    told = faults(pl.DataFrame({**DEALS, "milestne": ["M1", "M1"], "colour": ["red", "red"]}))
    assert told[0] == "deals.milestne: A-COLUMN: no field `milestne`; did you mean `milestone`?"
    assert "ignored_columns" in told[1]
    frame = pl.DataFrame({**DEALS, "colour": ["red", "red"]})
    for ignored in (["colour"], ["deals.colour"], ["*"]):
        engine().assess_frame(frame, as_of=DAY, ignored_columns=ignored)


def test_a_column_of_private_data_is_refused() -> None:
    people = pl.DataFrame({"deal_id": ["a"], "spouse": ["x"]})
    told = faults(pl.DataFrame(DEALS), stakeholders=people)
    assert told[0].startswith("stakeholders.spouse: R-PRIVATE:")
    assert faults(pl.DataFrame(DEALS), stakeholders=people, ignored_columns=["*"])


WRONG = [
    ({"est_value": ["12"]}, "column `est_value` of `deals` is String, expected money in CNY"),
    ({"created_on": ["2026-06-30"]}, "turn the texts into dates first"),
    ({"bid__deadline_at": [datetime(2026, 6, 30)]}, "give its moments a time zone"),  # noqa: DTZ001
    ({"buyer_intent": ["yes"]}, "expected yes/no"),
    ({"milestone": [1]}, "expected one of M1"),
]


@pytest.mark.parametrize(("column", "expected"), WRONG, ids=lambda case: str(case)[:30])
def test_a_column_of_another_kind_is_refused(column: dict[str, Any], expected: str) -> None:
    (told,) = faults(pl.DataFrame({"id": ["a"], **column}))
    assert expected in told


def test_faults_of_all_frames_are_told_at_once() -> None:
    people = pl.DataFrame({"deal_id": ["a"], "influence": ["high"], "stance": [3]})
    told = faults(pl.DataFrame({"id": ["a"], "est_value": ["12"]}), stakeholders=people)
    assert sorted(text.split("`")[1] for text in told) == ["est_value", "influence", "stance"]


def test_frames_that_do_not_fit_together() -> None:
    pytest.importorskip("pandas")
    deals, people = pl.DataFrame(DEALS), pl.DataFrame({"deal_id": ["a"], "stance": ["mentor"]})
    assert (
        "`stakeholders` is a pandas frame, expected polars"
        in faults(deals, stakeholders=people.to_pandas())[0]
    )
    assert "`stakeholders` is a polars lazy frame" in faults(deals, stakeholders=people.lazy())[0]
    numbered = people.with_columns(deal_id=pl.lit(1))
    assert "`deal_id` of `stakeholders` holds whole numbers" in faults(deals, stakeholders=numbered)[0]
    assert "no column `deal_id`" in faults(deals, stakeholders=people.drop("deal_id"))[0]
    assert "did you mean `ids`" in faults(pl.DataFrame({"ids": ["a"]}), ignored_columns=["*"])[0]
    assert "did you mean `stakeholders`" in faults(deals, stakeholder=people)[0]
    assert "expected a data frame" in faults({"id": ["a"]})[0]
    assert "expected a data frame" in faults(deals, stakeholders=[1])[0]


def test_relations_of_two_connections_of_duckdb() -> None:
    duckdb = pytest.importorskip("duckdb")
    deals = duckdb.connect().sql("select 'a' as id")
    people = duckdb.connect().sql("select 'a' as deal_id, 'mentor' as stance")
    with pytest.raises(ArgumentError, match="different connections"):
        _ = engine().assess_frame(deals, as_of=DAY, stakeholders=people).deals


def test_wrong_arguments() -> None:
    with pytest.raises(ArgumentError, match="A-DATE"):
        engine().assess_frame(pl.DataFrame(DEALS), as_of="2026-06-30")  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="bad_values"):
        engine().assess_frame(pl.DataFrame(DEALS), as_of=DAY, bad_values="drop")  # type: ignore[arg-type]


def test_nested_fields_as_structs() -> None:
    nested = pl.DataFrame({"id": ["a"], "account": [{"name": "x", "industry": "ships", "rank_sales": 3}]})
    flat = nested.unnest("account").rename(
        {name: f"account__{name}" for name in nested.schema["account"].to_schema()}
    )
    one, other = (engine().assess_frame(frame, as_of=DAY).deals for frame in (nested, flat))
    assert one.equals(other)
    assert one["supported"].to_list() == ["M1"]


def test_plain_pandas_columns() -> None:
    """NaN, NaT and None are unknown, whole numbers turned floats are whole again, categories are texts."""
    pd = pytest.importorskip("pandas")
    deals = pd.DataFrame(
        {
            "id": ["a", "b", "c"],
            "milestone": pd.Categorical(["M1", None, "M2"]),
            "account__name": ["x", None, "z"],
            "account__industry": ["ships", None, "ships"],
            "account__rank_sales": [3.0, math.nan, 60.0],
            "created_on": pd.to_datetime(["2026-06-01", None, "2026-06-02"]),
            "bid__deadline_at": pd.to_datetime(["2026-06-01T10:00+08:00", None, None], utc=True),
            "buyer_intent": [True, None, False],
        }
    )
    people = pd.DataFrame({"deal_id": ["a", "a"], "stance": ["mentor", None], "influence": [0.5, math.nan]})
    found = engine().assess_frame(deals, as_of=DAY, stakeholders=people)
    assert type(found.deals) is pd.DataFrame
    rows = {row["deal_id"]: row for row in plain_rows(found.deals)}
    assert [rows[name]["supported"] for name in "abc"] == ["M1", None, "M1"]
    assert rows["b"]["claim"] == "none"


def test_a_moment_is_one_in_every_time_zone() -> None:
    moments = [datetime(2026, 6, 30, 16, 30, tzinfo=UTC)]
    base = pl.DataFrame({"id": ["a"], "bid__deadline_at": moments})
    tokyo = base.with_columns(pl.col("bid__deadline_at").dt.convert_time_zone("Asia/Tokyo"))
    coarse = base.with_columns(pl.col("bid__deadline_at").dt.cast_time_unit("ms"))
    tables = [engine().assess_frame(frame, as_of=DAY).deals for frame in (base, tokyo, coarse)]
    assert all(table.equals(tables[0]) for table in tables)


@pytest.mark.parametrize("library", parameters("polars", "duckdb", "pyspark"))
def test_one_deal_with_very_many_rows(library: str) -> None:
    rows = 40_000
    deals = [{"id": f"D{index}", "stakeholders": [{"stance": "neutral"}] * index} for index in range(3)]
    deals.append({"id": "big", "stakeholders": [{"stance": "mentor", "influence": 0.1}] * rows})
    check(deals, converted(frames_of(deals), library))


def test_a_list_that_is_nowhere_is_unknown_and_one_without_rows_is_empty() -> None:
    rows = pl.DataFrame(schema={"deal_id": pl.String, "type": pl.String})
    known = pl.DataFrame({"id": ["a", "b"], "activities__known": [True, False]})
    deals: list[dict[str, Any]] = [{"id": "a", "activities": []}, {"id": "b"}]
    check(deals, (known, {"activities": rows}))


def test_a_frame_is_not_changed() -> None:
    records, lists = frames_of(welding())
    before = records.clone(), {path: rows.clone() for path, rows in lists.items()}
    _ = engine().assess_frame(records, as_of=DAY, **lists).deals
    assert records.equals(before[0])
    assert all(lists[path].equals(rows) for path, rows in before[1].items())


def test_an_extended_pack_and_other_parameters() -> None:
    """Custom thresholds reach the frame engine as they reach the record engine."""
    other = kr.compile(kr.load_pack("handbook", params={"rank_cut": 1}))
    deals = [deal for deal in welding() if deal.get("account")]
    records, lists = frames_of(deals)
    tiers = {
        row["deal_id"]: row["tier"]
        for row in plain_rows(other.assess_frame(records, as_of=DAY, **lists).deals)
    }
    for outcome in other.assess_many(deals, as_of=DAY):
        assert isinstance(outcome, kr.Assessment)
        assert outcome.tier is not None
        assert tiers[outcome.deal_id] == ("/".join(outcome.tier.tier.possible) or "none")


def test_days_before_and_after() -> None:
    records, lists = frames_of(welding())
    for day in (date(2026, 1, 1), date(2030, 1, 1)):
        found = {
            row["deal_id"]: row
            for row in plain_rows(engine().assess_frame(records, as_of=day, **lists).deals)
        }
        for outcome in engine().assess_many(welding(), as_of=day):
            assert isinstance(outcome, kr.Assessment)
            assert found[outcome.deal_id]["supported"] == outcome.stage.supported


def test_kam_is_on_frames_of_pandas_and_polars() -> None:
    pytest.importorskip("pandas")
    importlib.import_module("kamrules.kam")
    frame = pl.DataFrame(DEALS)
    expected = engine().assess_frame(frame, as_of=DAY).deals["supported"].to_list()
    assert frame.kam.assess(as_of=DAY, pack=engine()).deals["supported"].to_list() == expected
    assert (
        frame.lazy().kam.assess(as_of=DAY, pack=engine()).deals.collect()["supported"].to_list() == expected
    )
    found = frame.to_pandas().kam.assess(as_of=DAY).deals
    assert [row["supported"] for row in plain_rows(found)] == expected
    assert "milestone" not in frame.kam.missing()
    assert "account__industry" in frame.kam.missing()
