"""Cadences on frames: deal for deal what the record engine says, on every library that can."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kamrules as kr
from kamrules.adapters import read_deals
from tests.backends.frames import MAKERS, converted, parameters, plain_rows, polars_frames

pl = pytest.importorskip("polars")
pytest.importorskip("narwhals")
importlib.import_module("kamrules.frames.due")

WELDING = Path(__file__).resolve().parents[2] / "examples" / "welding"
DAY = date(2026, 6, 30)
HEAD = "kamrules: 1\nid: own\nversion: 1.0.0\ntitle: {en: own, zh: own}\nowner: us\n"
OWN = """cadences:
  call:
    name: {en: Call, zh: 电话}
    done:
      - {of: deal.activities, as: a, when: a.type == "call" && a.completed, on: a.on}
      - {on: deal.next_step_on}
    every: duration("3d")
    starts: deal.created_on
    applies_when: deal.status == "open"
    source: {ref: our choice}
  review:
    name: {en: Review, zh: 评审}
    done:
      - {of: deal.meetings, as: m, on: m.on}
    every: duration("2d")
    source: {ref: our choice}
"""
Deals = Sequence[dict[str, Any]]


@functools.cache
def handbook() -> kr.Engine:
    return kr.compile(kr.load_pack("handbook"))


def own(tmp_path: Path, text: str = OWN) -> kr.Engine:
    path = tmp_path / "pack.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    return kr.compile(kr.load_pack(path))


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> kr.Engine:
    return own(tmp_path_factory.mktemp("pack"))


def frames_of(engine: kr.Engine, deals: Deals) -> tuple[Any, dict[str, Any]]:
    """Return deals as frames of Polars, keyed by their own ids."""
    records, lists = polars_frames(engine.plan.schema, deals)
    ids = [deal["id"] for deal in deals]

    def linked(rows: Any) -> Any:
        owners = [ids[int(place)] for place in rows["deal_id"]]
        return rows.with_columns(deal_id=pl.Series(owners, dtype=pl.String))

    return records.drop("row"), {path: linked(rows) for path, rows in lists.items()}


def check(engine: kr.Engine, deals: Deals, frames: tuple[Any, dict[str, Any]]) -> None:
    """Assert that frames get what the record engine says of the deals."""
    records, lists = frames
    found = plain_rows(engine.cadences_frame(records, as_of=DAY, **lists))
    rows = {(row.pop("deal_id"), row.pop("cadence")): row for row in found}
    expected = {
        (deal["id"], one.id): {
            "status": one.status,
            "last_done": one.last_done,
            "next_due": one.next_due,
            "overdue_days": one.overdue_days,
        }
        for deal in deals
        for one in engine.cadences(deal, as_of=DAY)
    }
    assert rows == expected


@pytest.mark.parametrize("library", parameters(*sorted(MAKERS.keys() - {"dask", "pyspark"})))
def test_the_welding_pipeline_on_every_library(library: str) -> None:
    deals = [deal for deal in read_deals(WELDING) if isinstance(deal, dict)]
    check(handbook(), deals, converted(frames_of(handbook(), deals), library))


NEAR = st.sampled_from(["2026-06-20", "2026-06-27", "2026-06-28", "2026-06-29", "2026-06-30", "2026-07-01"])
AWAY = st.sampled_from(["0001-01-01", "9999-12-31"])


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


ACTIVITY = st.fixed_dictionaries(
    {
        "type": maybe(st.sampled_from(["call", "visit"])),
        "completed": maybe(st.booleans()),
        "on": maybe(NEAR | AWAY),
    }
)
DEAL = st.fixed_dictionaries(
    {
        "status": maybe(st.sampled_from(["open", "open", "won"])),
        "created_on": maybe(NEAR | AWAY),
        "next_step_on": maybe(NEAR),
        "activities": maybe(st.lists(ACTIVITY, max_size=3)),
        "meetings": maybe(st.lists(st.fixed_dictionaries({"on": maybe(NEAR)}), max_size=2)),
    }
)


@settings(max_examples=25)
@given(st.lists(DEAL, min_size=1, max_size=6))
def test_what_is_unknown_is_unknown_to_both(calls: kr.Engine, deals: list[dict[str, Any]]) -> None:
    named = [{**deal, "id": f"D{place}"} for place, deal in enumerate(deals)]
    check(calls, named, frames_of(calls, named))


def test_a_column_that_is_nowhere_is_unknown(calls: kr.Engine) -> None:
    deals = [{"id": "D1"}, {"id": "D2"}]
    check(calls, deals, (pl.DataFrame({"id": ["D1", "D2"]}), {}))


def test_a_pack_without_cadences_has_no_rows(tmp_path: Path) -> None:
    found = own(tmp_path, "").cadences_frame(pl.DataFrame({"id": ["D1"]}), as_of=DAY)
    assert (found.height, found.columns) == (
        0,
        ["deal_id", "cadence", "status", "last_done", "next_due", "overdue_days"],
    )


def test_working_days_are_refused_by_name(tmp_path: Path) -> None:
    text = OWN.replace("    starts:", "    working_days: true\n    starts:")
    with pytest.raises(kr.BackendError, match=r"cadence call: B-OPERATOR: days that are worked"):
        own(tmp_path, text).cadences_frame(pl.DataFrame({"id": ["D1"]}), as_of=DAY)


@pytest.mark.parametrize("library", parameters("dask", "pyspark"))
def test_frames_on_other_machines_are_refused(library: str, calls: kr.Engine) -> None:
    with pytest.raises(kr.ArgumentError, match="A-FRAME: cadences are not judged on frames of"):
        calls.cadences_frame(MAKERS[library](pl.DataFrame({"id": ["D1"]})), as_of=DAY)


def test_a_column_of_no_field_is_told(calls: kr.Engine) -> None:
    with pytest.raises(kr.ArgumentError, match="creatd_on"):
        calls.cadences_frame(pl.DataFrame({"id": ["D1"], "creatd_on": [DAY]}), as_of=DAY)
