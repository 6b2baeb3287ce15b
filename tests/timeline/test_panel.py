"""A panel holds, deal for deal and day for day, what the timelines say."""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import kamrules as kr
from kamrules.timeline import Event, diff_events, event_of, events_of, timelines
from tests.frames.pipelines import Chance
from tests.handbook import handbook as engine
from tests.timeline.drawn import FIRST, MOMENTS, events

pl = pytest.importorskip("polars")
pytest.importorskip("narwhals")
panels = importlib.import_module("kamrules.timeline.panel")
row_of = importlib.import_module("kamrules.frames.rows").row_of

BAD: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {"type": "fact_set", "path": "deal.milestone", "value": 3},
        {"type": "fact_set", "path": "deal.account.rank_sales", "value": "12"},
        {"type": "fact_set", "path": "deal.account.rank_sales", "value": True},
        {"type": "fact_set", "path": "deal.buyer_intent", "value": "yes"},
        {"type": "fact_set", "path": "deal.crm_entered_on", "value": "30 June"},
        {"type": "fact_set", "path": "deal.colour", "value": "red"},
        {"type": "fact_set", "path": "deal.stakeholders", "value": "many"},
        {"type": "fact_set", "path": "deal.stakeholders[P1].coulour", "value": "red"},
        {"type": "item_added", "list": "stakeholders", "item": "P1", "fields": {"stance": ["mentor"]}},
        {"type": "fact_set", "path": "deal.bid.deadline_at", "value": "2026-01-01T00:00:00"},
    ]
)


@st.composite
def some_deals(draw: st.DrawFn) -> list[Event]:
    found: list[Event] = []
    for name in ("D1", "D2", "D3"):
        found += draw(events(name))
        for change in draw(st.lists(BAD, max_size=1)):
            shared = {
                "id": "BAD",
                "deal_id": name,
                "effective_on": draw(MOMENTS).date(),
                "recorded_at": draw(MOMENTS),
            }
            found.append(event_of({**shared, **change}))
    return list(draw(st.permutations(found)))


def value_at(record: Any, column: str) -> Any:
    """Return what a record has for a column."""
    bare = column.removesuffix("__evidence").removesuffix("__evidence_at").removesuffix("__known")
    *above, name = bare.split("__")
    for step in above:
        record = None if record is None else getattr(record, step)
    if column.endswith("__known"):
        return getattr(record, name) is not None
    if column.endswith(("__evidence", "__evidence_at")):
        proof = None if record is None else (record.evidence or {}).get(name)
        if proof is None:
            return None
        return proof.level if column.endswith("__evidence") else proof.at
    return None if record is None else getattr(record, name)


def rows_of(records: list[Any], columns: list[str]) -> list[tuple[Any, ...]]:
    return sorted((tuple(value_at(one, name) for name in columns) for one in records), key=repr)


# To make a failing example smaller takes minutes here.
@settings(max_examples=30, phases=[Phase.reuse, Phase.generate])
@given(some_deals(), st.integers(1, 3))
def test_every_cell_is_that_of_the_timeline(given: list[Event], at_once: int) -> None:
    days = [FIRST + timedelta(days=count) for count in (0, 3, 5, 8, 12)]
    columns = engine().frame_columns()
    wanted: dict[date, dict[str, Any]] = {day: {} for day in days}
    for name, timeline in timelines(given).items():
        for day in days:
            deal = timeline.as_of(day)
            if deal is not None:
                wanted[day][name] = deal
    seen: dict[date, set[str]] = {day: set() for day in days}
    for cut in panels.panel(engine(), panels.event_frame(given), days, deals_at_once=at_once):
        refused = set(cut.rejected["deal_id"].to_list())
        ids = cut.deals["id"].to_list()
        seen[cut.day] |= {*refused, *ids}
        for name in refused:
            with pytest.raises(kr.RecordError):
                engine().read(wanted[cut.day][name])
        for name in ids:
            record = engine().read(wanted[cut.day][name])
            deals = cut.deals.filter(pl.col("id") == name).drop("id")
            assert sorted(deals.columns) == sorted(columns["deals"])
            assert deals.rows() == rows_of([record], deals.columns)
            for path, rows in cut.lists.items():
                found = rows.filter(pl.col("deal_id") == name).drop("deal_id")
                elements = getattr(record, path) or []
                assert sorted(found.rows(), key=repr) == rows_of(elements, found.columns)
    assert seen == {day: set(deals) for day, deals in wanted.items()}


def story(count: int) -> Iterator[Event]:
    """Yield events of deals by chance, each of three snapshots, some of them corrected."""
    chance = Chance(engine().plan.schema, 7)
    days = [date(2026, 3, 31), date(2026, 4, 15), date(2026, 5, 20)]
    for deal in chance.deals(count):
        before = deal
        yield from events_of(deal, effective_on=days[0])
        for index, day in enumerate(days[1:]):
            after = {**chance.changed(before, index), "id": deal["id"]}
            change = diff_events(before, after, effective_on=day)
            yield from change
            if change and index:
                void = {"id": "C1", "deal_id": deal["id"], "type": "correction", "corrects": change[0].id}
                yield event_of({**void, "recorded_at": datetime(2026, 6, 2, tzinfo=UTC)})
            before = after


def test_verdict_for_verdict_the_panel_is_the_record_engine() -> None:
    given = list(story(40))
    days = [date(2026, 4, 30), date(2026, 6, 30)]
    for cut in panels.panel(engine(), panels.event_frame(given), days):
        found = engine().assess_frame(cut.deals, as_of=cut.day, **cut.lists)
        rows = {row["deal_id"]: row for row in found.deals.iter_rows(named=True)}
        assert rows
        records = [timeline.as_of(cut.day) for timeline in timelines(given).values()]
        for outcome in engine().assess_many(records, as_of=cut.day):
            if isinstance(outcome, kr.Rejection):
                assert outcome.id not in rows
                continue
            row = rows.pop(outcome.deal_id)
            for name, value in row_of(outcome).items():
                is_close = isinstance(value, float) and math.isclose(
                    row[name], value, rel_tol=1e-12, abs_tol=1e-9
                )
                assert row[name] == value or is_close, (outcome.deal_id, name)
        assert not rows


def test_frames_of_other_libraries_and_columns_of_other_types() -> None:
    when = {"id": "E1", "deal_id": "D1", "effective_on": "2026-01-01", "recorded_at": "2026-01-02"}
    event = event_of({**when, "type": "fact_set", "path": "deal.milestone", "value": "M2"})
    frame = panels.event_frame([event])
    typed = frame.with_columns(
        pl.col("effective_on").str.to_date(), pl.col("recorded_at").str.to_datetime(time_zone="UTC")
    )
    midnight = typed.with_columns(pl.col("effective_on").cast(pl.Datetime("ns")))
    with pytest.raises(kr.ArgumentError, match="effective_on: R-VALUE"):
        next(
            panels.panel(
                engine(), midnight.with_columns(pl.col("effective_on") + timedelta(hours=1)), [FIRST]
            )
        )
    for table in (frame, typed, midnight, frame.lazy(), frame.to_arrow(), frame.to_pandas()):
        deals, lists = panels.stacked(panels.panel(engine(), table, [date(2026, 1, 31)]))
        assert deals.select("id", "milestone", "day").rows() == [("D1", "M2", date(2026, 1, 31))]
        assert lists["stakeholders"].is_empty()


def test_events_of_one_content_keep_what_is_their_own() -> None:
    shared = {"type": "meeting", "fields": {"type": "project_analysis"}, "recorded_at": "2026-01-20"}
    held = [
        event_of(
            {**shared, "id": f"E{day}", "deal_id": f"D{day}", "item": "M1", "effective_on": f"2026-01-0{day}"}
        )
        for day in (2, 3)
    ]
    void = event_of(
        {"id": "C", "deal_id": "D3", "type": "correction", "corrects": "E3", "recorded_at": "2026-02-02"}
    )
    table = panels.event_frame([*held, held[0], void])
    january, february = panels.panel(engine(), table, [date(2026, 1, 31), date(2026, 2, 28)])
    days = [("D2", date(2026, 1, 2)), ("D3", date(2026, 1, 3))]
    assert january.lists["meetings"].select("deal_id", "on").rows() == days
    assert february.lists["meetings"].select("deal_id", "on").rows() == days[:1]


def test_every_event_of_a_content_that_is_none_is_told() -> None:
    row = {"type": "fact_set", "path": "deal.id", "value": '"M2"', "effective_on": "2026-01-01"}
    rows = [
        {**row, "id": name, "deal_id": "D1", "recorded_at": "2026-01-02"} for name in ("E1", "E2", "E 3\n")
    ]
    table = pl.concat([panels.event_frame([]), pl.DataFrame(rows)], how="diagonal")
    with pytest.raises(kr.ArgumentError) as caught:
        next(panels.panel(engine(), table, [FIRST]))
    told = [(fault.where, fault.message) for fault in caught.value.faults]
    assert [where for where, _ in told] == [
        "event `E1`, path", "event `E2`, path", "event `E 3\n`, path", "event `E 3\n`, id",
    ]  # fmt: skip
    assert told[0][1].endswith("an id never changes")


def test_a_frame_that_is_none_of_events_is_refused() -> None:
    frame = panels.event_frame([])
    with pytest.raises(kr.ArgumentError, match="no column `path`"):
        next(panels.panel(engine(), frame.drop("path"), [FIRST]))
    with pytest.raises(kr.ArgumentError, match="A-FRAME"):
        next(panels.panel(engine(), [1], [FIRST]))
    with pytest.raises(kr.ArgumentError, match="A-DATE"):
        next(panels.panel(engine(), frame, ["2026-01-31"]))
    with pytest.raises(kr.ArgumentError, match="deals_at_once"):
        next(panels.panel(engine(), frame, [FIRST], deals_at_once=0))
    row = {"id": "E1", "deal_id": "D1", "type": "fact_sett"}
    given = pl.DataFrame([{**row, "deal_id": None}], schema=frame.schema)
    with pytest.raises(kr.ArgumentError, match="events without a deal"):
        next(panels.panel(engine(), given, [FIRST]))
    with pytest.raises(kr.ArgumentError, match="did you mean `fact_set`"):
        next(panels.panel(engine(), pl.concat([frame, pl.DataFrame([row])], how="diagonal"), [FIRST]))
