"""Files of events: what is written is read again, and every faulty line is told with its field."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

import kamrules as kr
from kamrules.timeline import Event, event_of, holds_events, read_events, to_row, write_events
from kamrules.timeline.reading import data_of_row
from tests.timeline.drawn import events

LINE = '{"id": "E1", "deal_id": "D1", "type": "fact_set", "path": "deal.milestone", "value": "M2", %s}\n'
GOOD = LINE % '"effective_on": "2026-05-04", "recorded_at": "2026-05-06"'


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("ending", ["jsonl", "csv"])
@given(given=events())
def test_what_is_written_is_read_again(tmp_path: Path, ending: str, given: list[Event]) -> None:
    path = tmp_path / f"events.{ending}"
    write_events(path, given)
    assert holds_events(path)
    assert read_events(path) == given


@given(events())
def test_an_event_is_its_row(given: list[Event]) -> None:
    assert [event_of(data_of_row(to_row(event))) for event in given] == given


def test_every_faulty_line_is_told_with_its_number_and_field(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(
        GOOD
        + "\n"
        + LINE % '"effective_on": "2026-02-30", "recorded_at": "2026-05-06T09:00:00"'
        + "not json\n"
        + '{"id": "E4", "deal_id": "D1", "type": "fact_sett"}\n'
        + '{"id": "E5", "deal_id": "D1", "type": "item_added", "list": "team", "item": "H1", '
        '"effectiv_on": "2026-01-01", "recorded_at": "2026-01-01"}\n'
        + '{"id": "E6", "deal_id": "D1", "type": "correction", "corrects": "E1", '
        '"recorded_at": "2026-01-01", "replacement": {"type": "fact_set", "path": "milestone", "value": 1}}\n'
        + "[1]\n",
        "utf-8",
    )
    with pytest.raises(kr.InputError) as caught:
        read_events(path)
    assert [(fault.where, fault.code) for fault in caught.value.faults] == [
        ("events.jsonl line 3, recorded_at", "R-VALUE"),
        ("events.jsonl line 3, effective_on", "R-VALUE"),
        ("events.jsonl line 4", "R-JSON"),
        ("events.jsonl line 5, type", "R-VALUE"),
        ("events.jsonl line 6, effective_on", "R-MISSING"),
        ("events.jsonl line 6, effectiv_on", "R-FIELD"),
        ("events.jsonl line 7, replacement.path", "R-VALUE"),
        ("events.jsonl line 8", "R-JSON"),
    ]
    assert caught.value.faults[3].hint == "did you mean `fact_set`?"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"type": "fact_set", "path": "deal.milestone", "value": None}, ""),
        ({"type": "fact_set", "path": "deal.stakeholders", "value": [{"id": "P1"}]}, ""),
        ({"type": "fact_set", "path": "deal.id", "value": "D2"}, "path"),
        ({"type": "fact_set", "path": "stakeholders[P1].stance", "value": "mentor"}, "path"),
        ({"type": "fact_set", "path": "deal.x", "value": float("nan")}, "value"),
        ({"type": "fact_set", "path": "deal.x", "value": {1}}, "value"),
        ({"type": "item_added", "list": "team", "item": "H1", "fields": {"id": "H2"}}, ""),
        ({"type": "item_added", "list": "team", "item": "", "fields": {}}, "item"),
        ({"type": "item_added", "list": "team", "item": "H1", "fields": {"evidence": {}}}, "fields"),
        ({"type": "item_removed", "list": "team", "item": "a]b"}, "item"),
    ],
)
def test_what_an_event_cannot_say_is_refused(change: dict[str, object], field: str) -> None:
    shared = {"id": "E1", "deal_id": "D1", "effective_on": "2026-01-01", "recorded_at": "2026-01-01"}
    with pytest.raises(kr.RecordError) as caught:
        event_of({**shared, **change})
    assert [fault.where for fault in caught.value.faults] == [field]


def test_a_csv_file_of_other_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text("id,deal_id,type,recorded_at,pfad\n", "utf-8")
    with pytest.raises(kr.InputError, match="no such column `pfad`"):
        read_events(path)


def test_a_cell_that_is_no_json_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    given = {"id": "E1", "deal_id": "D1", "effective_on": "2026-01-01", "recorded_at": "2026-01-01"}
    row = to_row(event_of({**given, "type": "fact_set", "path": "deal.name", "value": "a\nb"}))
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, row)
        rows.writeheader()
        rows.writerows([row, {**row, "value": "Hull line"}])
    with pytest.raises(kr.InputError, match=r"events.csv line 3, value: R-JSON"):
        read_events(path)


@pytest.mark.parametrize("content", ["", "\n\n", '{"id": "D1", "milestone": "M2"}\n', "[]\n", "{\n"])
def test_a_file_of_deals_is_no_file_of_events(tmp_path: Path, content: str) -> None:
    path = tmp_path / "deals.jsonl"
    path.write_text(content, "utf-8")
    assert not holds_events(path)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    for name in ("events.txt", "events.jsonl"):
        with pytest.raises(kr.InputError, match="I-F"):
            read_events(tmp_path / name)
    with pytest.raises(kr.InputError, match="I-FORMAT"):
        write_events(tmp_path / "events.txt", [])
