"""A frame of deals gets, deal for deal, the verdicts that the record engine gives: on every library."""

from __future__ import annotations

import functools
import importlib
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import kamrules as kr
from kamrules.adapters import read_deals
from tests.backends.frames import converted, duckdb_tables, parameters, plain_rows, polars_frames
from tests.frames.pipelines import DAY, Chance
from tests.handbook import handbook as engine

pl = pytest.importorskip("polars")
pytest.importorskip("narwhals")
row_of = importlib.import_module("kamrules.frames.rows").row_of

WELDING = Path(__file__).resolve().parents[2] / "examples" / "welding"
Deals = Sequence[dict[str, Any]]


@functools.cache
def welding() -> tuple[dict[str, Any], ...]:
    return tuple(deal for deal in read_deals(WELDING) if isinstance(deal, dict))


def frames_of(deals: Deals) -> tuple[Any, dict[str, Any]]:
    """Return deals as frames of Polars, keyed by their own ids."""
    records, lists = polars_frames(engine().plan.schema, deals)
    ids = [deal["id"] for deal in deals]

    def linked(rows: Any) -> Any:
        owners = [ids[int(place)] for place in rows["deal_id"]]
        return rows.with_columns(deal_id=pl.Series(owners, dtype=pl.String))

    return records.drop("row"), {path: linked(rows) for path, rows in lists.items()}


def assert_same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    """Assert that two rows are equal; points up to the order in which a library adds up a list."""
    differences = {}
    for name, value in expected.items():
        seen = found[name]
        is_close = isinstance(value, float) and math.isclose(seen, value, rel_tol=1e-12, abs_tol=1e-9)
        if seen != value and not is_close:
            differences[name] = (seen, value)
    assert not differences, (expected["deal_id"], differences)


def check(deals: Deals, frames: tuple[Any, dict[str, Any]], **options: Any) -> Any:
    """Assert that the frames get what the record engine says of the deals."""
    records, lists = frames
    found = engine().assess_frame(records, as_of=DAY, **options, **lists)
    rows = {row["deal_id"]: row for row in plain_rows(found.deals)}
    assert len(rows) == len(deals)
    for outcome in engine().assess_many(deals, as_of=DAY, bad_values="unknown"):
        assert isinstance(outcome, kr.Assessment)
        assert_same(rows[outcome.deal_id or ""], row_of(outcome))
    return found


@pytest.mark.parametrize("library", parameters())
def test_the_welding_pipeline_on_every_library(library: str) -> None:
    found = check(welding(), converted(frames_of(welding()), library))
    statuses = {(row["deal_id"], row["criterion"]): row["status"] for row in plain_rows(found.criteria)}
    assert len(statuses) == len(welding()) * len(engine().pack.criteria)
    for outcome in engine().assess_many(welding(), as_of=DAY):
        assert isinstance(outcome, kr.Assessment)
        for criterion in outcome.criteria:
            assert statuses[outcome.deal_id, criterion.id] == criterion.status
    assert not plain_rows(found.rejected)
    assert not plain_rows(found.strays)


@pytest.mark.parametrize("seed", range(3))
def test_deals_by_chance(seed: int) -> None:
    chance = Chance(engine().plan.schema, seed)
    deals = chance.deals(150)
    deals += [chance.changed(deal, index) for index, deal in enumerate(welding() * 10)]
    check(deals, frames_of(deals))


# DuckDB has its chance below, on tables that it stores.
@pytest.mark.parametrize("library", parameters("polars-lazy", "pyarrow", "dask", "pyspark"))
def test_deals_by_chance_on_other_libraries(library: str) -> None:
    chance = Chance(engine().plan.schema, 77)
    deals = chance.deals(60) + [chance.changed(deal, index) for index, deal in enumerate(welding() * 3)]
    check(deals, converted(frames_of(deals), library))


def test_deals_by_chance_on_tables_that_duckdb_stores() -> None:
    pytest.importorskip("duckdb")
    chance = Chance(engine().plan.schema, 78)
    deals = chance.deals(60) + [chance.changed(deal, index) for index, deal in enumerate(welding() * 3)]
    check(deals, duckdb_tables(frames_of(deals)))


def test_lists_as_columns_of_the_deals() -> None:
    chance = Chance(engine().plan.schema, 79)
    deals = chance.deals(80) + [chance.changed(deal, index) for index, deal in enumerate(welding() * 5)]
    records, lists = frames_of(deals)
    for path, rows in lists.items():
        gathered = rows.group_by("deal_id", maintain_order=True).agg(
            pl.struct(pl.exclude("deal_id")).alias(path)
        )
        joined = records.join(gathered, left_on="id", right_on="deal_id", how="left", maintain_order="left")
        is_known = pl.col(f"{path}__known")
        kind = joined.schema[path]
        records = joined.with_columns(
            pl.when(is_known).then(pl.col(path).fill_null(pl.lit([], dtype=kind))).alias(path)
        ).drop(f"{path}__known")
    check(deals, (records, {}))


@pytest.mark.parametrize("seed", range(2))
def test_values_of_no_field_are_unknown_or_reject_their_deal(seed: int) -> None:
    """A text that is none of its field's, a number outside its limits: `issues` and `rejected` name it."""
    deals, places = Chance(engine().plan.schema, 100 + seed).spoilt(welding() * 4)
    frames = frames_of(deals)
    found = check(deals, frames, bad_values="unknown")
    told = {row["deal_id"]: set(row["issues"].split(";")) for row in plain_rows(found.deals) if row["issues"]}
    assert told == places
    strict = engine().assess_frame(frames[0], as_of=DAY, **frames[1])
    assert {row["deal_id"]: set(row["faults"].split(";")) for row in plain_rows(strict.rejected)} == places
    assert {row["deal_id"] for row in plain_rows(strict.deals)} == {deal["id"] for deal in deals} - set(
        places
    )


@pytest.mark.parametrize("shuffled", [False, True])
def test_the_order_of_rows_changes_nothing(shuffled: bool) -> None:
    chance = Chance(engine().plan.schema, 80)
    deals = [chance.changed(deal, index) for index, deal in enumerate(welding() * 3)]
    records, lists = frames_of(deals)
    found = check(
        deals,
        (
            records.sample(fraction=1, shuffle=True, seed=1) if shuffled else records.reverse(),
            {path: rows.sample(fraction=1, shuffle=True, seed=2) for path, rows in lists.items()},
        ),
    )
    ids = [row["deal_id"] for row in plain_rows(found.deals)]
    expected = records.sample(fraction=1, shuffle=True, seed=1) if shuffled else records.reverse()
    assert ids == expected["id"].to_list()
