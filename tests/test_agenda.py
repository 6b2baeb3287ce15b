"""The agenda: what is overdue and due for whom, and how it is written."""

from __future__ import annotations

import csv
import io
import json
import sys
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import kamrules as kr
from kamrules.agenda import Entry, agenda_of, agendas
from kamrules.agenda.writing import Format, write_agenda
from kamrules.assessment import Rejection
from kamrules.cli import application

DAY = date(2026, 6, 30)
WELDING = str(Path(__file__).parents[1] / "examples" / "welding")


@lru_cache
def engine() -> kr.Engine:
    return kr.compile(kr.load_pack("handbook"))


def entries(deal: dict[str, Any], days: int = 14) -> dict[str, Entry]:
    return {entry.id: entry for entry in agenda_of(engine(), deal, as_of=DAY, days=days).entries}


def test_a_cadence_takes_the_place_of_the_rule_it_names() -> None:
    deal = {"account": {"rank_sales": 80, "rank_profit": 80, "last_key_info_update": "2026-04-05"}}
    found = entries(deal)
    assert set(found) == {"cd_key_information"}
    assert (found["cd_key_information"].due, found["cd_key_information"].days_left) == (date(2026, 7, 4), 4)
    assert found["cd_key_information"].act_by == date(2026, 7, 3)  # the 4th is a Saturday
    assert set(entries(deal, days=3)) == set()


def test_a_rule_is_listed_while_its_work_is_open() -> None:
    awarded = {"status": "won", "procurement_regime": "mandatory_tender", "bid": {"awarded_on": "2026-06-05"}}
    found = entries({**awarded, "contract": {"signed_by_us_on": "2026-06-20"}})["M8.R3"]
    assert (found.status, found.due, found.owner) == ("due", date(2026, 7, 5), "project_leader")
    signed = {"signed_by_us_on": "2026-06-20", "signed_by_buyer_on": "2026-06-21"}
    assert "M8.R3" not in entries({**awarded, "contract": signed})
    late = {**awarded, "bid": {"awarded_on": "2026-05-05"}, "contract": {}}
    found = entries(late)["M8.R3"]
    assert (found.status, found.due, found.days_left) == ("overdue", date(2026, 6, 4), -26)


@pytest.mark.parametrize(
    ("plan", "kind", "status", "due"),
    [
        ({"due_on": "2026-07-01", "completed": False}, "plan", "due", "2026-07-01"),
        ({"due_on": "2026-07-01"}, "plan", "due", "2026-07-01"),
        ({"due_on": "2026-06-29", "completed": False}, "plan", "overdue", "2026-06-29"),
        ({"due_on": "2026-06-29"}, "plan", "unknown", "2026-06-29"),
        (
            {"due_on": "2026-06-01", "completed": False, "rectification_due_on": "2026-07-03"},
            "rectification",
            "due",
            "2026-07-03",
        ),
        (
            {"due_on": "2026-06-01", "completed": False, "rectification_due_on": "2026-06-28"},
            "rectification",
            "overdue",
            "2026-06-28",
        ),
    ],
)
def test_a_plan_is_overdue_only_when_it_is_known_to_be_open(
    plan: dict[str, Any], kind: str, status: str, due: str
) -> None:
    (found,) = entries({"plans": [plan]}).values()
    assert (found.kind, found.status, str(found.due)) == (kind, status, due)


def test_what_is_done_or_over_is_not_listed() -> None:
    assert not entries({"plans": [{"due_on": "2026-07-01", "completed": True}]})
    assert not entries({"status": "lost", "next_step_on": "2026-07-01", "plans": [{"due_on": "2026-07-01"}]})
    bid = {"deadline_at": "2026-07-02T02:00:00+00:00"}
    assert not entries({"bid": {**bid, "decision": "no_bid"}})
    assert not entries({"bid": {**bid, "submitted_at": "2026-06-29T02:00:00+00:00"}})


def test_a_bid_deadline_has_its_day_in_the_zone_of_the_pack() -> None:
    found = entries({"bid": {"deadline_at": "2026-07-02T20:00:00+00:00"}})["deal.bid.deadline_at"]
    assert (found.due, found.status) == (date(2026, 7, 3), "due")


def test_without_the_library_there_is_no_day_to_act_by(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "holidays", None)
    fresh = kr.compile(kr.load_pack("handbook"))
    (found,) = agenda_of(fresh, {"next_step_on": "2026-07-04"}, as_of=DAY).entries
    assert (found.due, found.act_by) == (date(2026, 7, 4), None)


@pytest.mark.parametrize("days", [-1, 3661, 1.5, True])
def test_days_ahead_are_a_whole_number_within_limits(days: Any) -> None:
    with pytest.raises(kr.ArgumentError, match="given for days"):
        agenda_of(engine(), {}, as_of=DAY, days=days)


def test_a_deal_that_does_not_fit_is_rejected_or_read_without_its_bad_values() -> None:
    bad = {"id": "D9", "next_step_on": "2026-07-01", "milestone": "M9"}
    (rejected,) = agendas(engine(), [bad], as_of=DAY)
    assert isinstance(rejected, Rejection)
    (kept,) = agendas(engine(), [bad], as_of=DAY, bad_values="unknown")
    assert not isinstance(kept, Rejection)
    assert [entry.id for entry in kept.entries] == ["deal.next_step_on"]


def written(form: Format, deal: dict[str, Any], language: Any = "en") -> str:
    found = [agenda_of(engine(), deal, as_of=DAY, language=language)]
    return write_agenda(engine(), found, form, as_of=DAY, days=14, language=language)


STEP = {
    "id": "=D;1",
    "account": {"name": "Yard"},
    "next_step": "Ask, listen; note",
    "next_step_on": "2026-07-04",
    "bid": {"documents_issued_on": "2026-05-20"},
}


def test_it_is_written_by_owner_with_the_quiet_periods() -> None:
    text = written("text", STEP)
    assert (
        "Project leader\n  2026-07-04  =D;1 · Next step: Ask, listen; note · in 4 d · act by 2026-07-03"
        in text
    )
    assert "Quiet period: official channel only" in text
    assert "  =D;1 since 2026-05-20" in text
    assert "项目负责人\n  2026-07-04  =D;1 · 下一步：Ask" in written("text", STEP, "zh")
    assert "Nothing is overdue or due." in written("text", {})


def test_csv_json_and_icalendar_say_the_same() -> None:
    (row,) = csv.DictReader(io.StringIO(written("csv", STEP)))
    (item,) = json.loads(written("json", STEP))["entries"]
    assert (row["deal_id"], item["deal_id"]) == ("'=D;1", "=D;1")  # no spreadsheet runs it
    assert row["due"] == item["due"] == "2026-07-04"
    assert row["act_by"] == item["act_by"] == "2026-07-03"
    lines = written("ics", STEP).split("\r\n")
    assert "DTSTART;VALUE=DATE:20260704" in lines
    assert r"SUMMARY:=D\;1 · Next step: Ask\, listen\; note" in lines


def test_the_command_writes_a_file_and_ends_with_1_when_something_is_overdue(tmp_path: Path) -> None:
    target = tmp_path / "agenda.ics"
    done = CliRunner().invoke(
        application(), ["agenda", WELDING, "--as-of", "2026-06-30", "--format", "ics", "-o", str(target)]
    )
    assert done.exit_code == 1
    raw = target.read_bytes()
    assert raw.startswith(b"BEGIN:VCALENDAR\r\n")
    assert raw.count(b"\n") == raw.count(b"\r\n")


def test_the_command_is_content_when_nothing_is_overdue(tmp_path: Path) -> None:
    source = tmp_path / "deals.json"
    source.write_text(json.dumps([{"id": "D1", "next_step_on": "2026-07-01"}]), "utf-8")
    done = CliRunner().invoke(application(), ["agenda", str(source), "--as-of", "2026-06-30"])
    assert done.exit_code == 0
    assert "D1 · Next step · in 1 d" in done.stdout
