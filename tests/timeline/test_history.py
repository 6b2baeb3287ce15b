"""The history of verdicts, and the story that the example pipeline's events tell."""

from __future__ import annotations

import functools
import json
import re
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import kamrules as kr
from kamrules.adapters import read_deals
from kamrules.cli import application
from kamrules.pipeline import open_source
from kamrules.records.rejection import Rejection
from kamrules.timeline import Event, ItemRemoved, Timeline, event_of, read_events, timelines, write_events
from kamrules.timeline.history import History, history_of, to_dict
from kamrules.timeline.snapshots import canonical
from kamrules.timeline.telling import tell
from tests.handbook import handbook as engine
from tests.timeline.test_snapshots import in_order
from tools import welding_history

WELDING = Path(__file__).resolve().parents[2] / "examples" / "welding"
EVENTS = WELDING / "history" / "events.jsonl"
END = date(2026, 6, 30)


@functools.cache
def welding() -> dict[str, Timeline]:
    return timelines(read_events(EVENTS))


@functools.cache
def story(name: str) -> History:
    return history_of(engine(), welding()[name], end=END)


@pytest.fixture(autouse=True)
def _engine_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kamrules.arguments.load_pack", lambda *_, **__: None)
    monkeypatch.setattr("kamrules.arguments.compile", lambda _: engine())


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(application(), [str(one) for one in arguments])


# --- the example


def test_the_events_fold_to_the_tables_of_the_pipeline() -> None:
    tables = {deal["id"]: deal for deal in read_deals(WELDING) if isinstance(deal, dict)}
    assert len(welding()) == 12
    for name, timeline in welding().items():
        assert in_order(timeline.as_of(END)) == in_order(canonical(tables[name]))
        assert not timeline.issues


def test_the_file_is_what_its_script_writes() -> None:
    written = [event for told in welding_history.stories() for event in told.events]
    assert sorted(written, key=lambda one: one.content) == sorted(
        read_events(EVENTS), key=lambda one: one.content
    )


def test_a_deal_reaches_m6_and_falls_back_when_a_key_person_changes() -> None:
    supported = [step.after.supported for step in story("D-16").steps]
    assert list(dict.fromkeys(supported)) == ["M2", "M3", "M4", "M5", "M6"]
    *_, last = story("D-16").steps
    assert last.is_regression
    assert (last.after.day, last.after.supported) == (date(2026, 6, 19), "M5")
    assert ("M5.X4", "met", "unmet") in {(one.id, one.before, one.after) for one in last.turned}
    assert last.reasons[0].points < 0
    (left,) = [event for event in last.events if isinstance(event, ItemRemoved)]
    assert left.effective_on == date(2026, 6, 2)


def test_a_trip_before_the_approval_trips_a_red_line_the_day_it_is_recorded() -> None:
    (step,) = [step for step in story("D-25").steps if step.tripped]
    assert step.tripped == ("RL-16",)
    assert step.is_regression


def test_a_late_visit_is_missing_until_it_is_recorded() -> None:
    timeline = welding()["D-07"]
    before, after = timeline.as_of(date(2026, 2, 11)), timeline.as_of(date(2026, 2, 12))
    then = timeline.as_of(date(2026, 1, 31), recorded_by=END)
    assert before is not None
    assert after is not None
    assert then is not None
    visits = [{one["id"] for one in deal["activities"]} for deal in (before, after, then)]
    assert ["T3" in some for some in visits] == [False, True, True]


def test_a_mistyped_amount_is_corrected() -> None:
    timeline = welding()["D-04"]
    seen = [(timeline.as_of(day) or {})["est_value"] for day in (date(2026, 5, 1), date(2026, 5, 30))]
    assert seen[0] == 10 * seen[1]


# --- laws of a history


@pytest.mark.parametrize("name", ["D-06", "D-16", "D-25"])
def test_the_steps_join_and_their_reasons_sum_to_the_change_of_health(name: str) -> None:
    told = story(name)
    for one, other in pairwise(told.steps):
        assert other.before is not None
        assert (one.after.supported, one.after.claimed) == (other.before.supported, other.before.claimed)
    for step in told.steps[1:]:
        assert step.before is not None
        assert step.before.health is not None
        assert step.after.health is not None
        moved = (sum(step.after.health) - sum(step.before.health)) / 2
        assert sum(reason.points for reason in step.reasons) == pytest.approx(moved)
    assert told.start.health is not None
    assert told.end.health is not None
    moved = (sum(told.end.health) - sum(told.start.health)) / 2
    assert sum(reason.points for reason in told.reasons) == pytest.approx(moved)


def test_a_history_says_what_the_engine_says_on_each_of_its_days() -> None:
    for step in story("D-25").steps:
        found = engine().assess(welding()["D-25"].as_of(step.after.day), as_of=step.after.day)
        assert (found.stage.supported, found.tripped) == (step.after.supported, step.after.red_lines)


def test_a_history_may_start_and_end_on_any_day() -> None:
    told = history_of(engine(), welding()["D-16"], start=date(2026, 3, 1), end=date(2026, 5, 31))
    assert (told.start.day, told.end.day) == (date(2026, 3, 1), date(2026, 5, 31))
    assert told.steps[0].before == told.start
    assert all(date(2026, 3, 1) < step.after.day <= date(2026, 5, 31) for step in told.steps)
    for start, end in ((END, date(2026, 6, 1)), (None, date(2025, 1, 1))):
        with pytest.raises(kr.ArgumentError, match="A-DATE"):
            history_of(engine(), welding()["D-16"], start=start, end=end)


def test_a_history_is_told_in_both_languages() -> None:
    texts = {language: tell(engine(), story("D-16"), language=language) for language in ("en", "zh")}
    assert "M6 → M5" in texts["en"]
    assert "a regression" in texts["en"]
    assert "17 days late" in texts["en"]
    assert "倒退" in texts["zh"]
    assert not re.search(r"\b(supported|recorded|turned)\b", texts["zh"])
    markdown = tell(engine(), story("D-16"), is_markdown=True)
    assert markdown.startswith("# D-16")
    assert "\n## 2026-06-19" in markdown


def test_every_kind_of_event_can_be_told() -> None:
    shared: dict[str, Any] = {"deal_id": "D1", "effective_on": "2026-01-05", "recorded_at": "2026-03-01"}
    changes: list[dict[str, Any]] = [
        {"type": "fact_set", "path": "deal.milestone", "value": "M2"},
        {"type": "fact_set", "path": "deal.stakeholders[P1].is_contacted", "value": True},
        {"type": "fact_cleared", "path": "deal.account"},
        {"type": "list_known", "list": "team"},
        {"type": "item_added", "list": "stakeholders", "item": "P1", "fields": {"name": "Li"}},
        {"type": "item_changed", "list": "stakeholders", "item": "P1", "fields": {"stance": None}},
        {"type": "item_removed", "list": "team", "item": "H1"},
        {"type": "approval", "item": "A1", "fields": {"subject": "JTF-002"}},
        {"type": "meeting", "item": "N1", "fields": {"type": "weekly_sales"}},
        {"type": "form", "item": "F1", "form": "JTF-001"},
    ]
    given: list[Event] = [event_of({"id": f"E{place}", **shared, **one}) for place, one in enumerate(changes)]
    for event in given:
        text = tell(engine(), history_of(engine(), Timeline.of([event])))
        assert "2026-03-01" in text
        assert "55 days late" in text
    assert to_dict(history_of(engine(), Timeline.of(given)))["steps"][0]["events"] == [
        one.id for one in given
    ]


# --- the command line


def test_a_file_of_events_is_a_source_of_deals(tmp_path: Path) -> None:
    done = run("assess", EVENTS, "--as-of", "2026-06-30", "--format", "jsonl")
    told = {
        found["deal_id"]: found
        for line in done.stdout.splitlines()
        if "deal_id" in (found := json.loads(line))
    }
    wanted = engine().assess_many(read_deals(WELDING), as_of=END)
    for outcome in wanted:
        assert isinstance(outcome, kr.Assessment)
        if outcome.deal_id in welding():
            assert told[outcome.deal_id]["stage"]["supported"] == outcome.stage.supported
    early = run("assess", EVENTS, "--as-of", "2025-09-30")
    assert "D-09" in early.stdout
    assert "D-16" not in early.stdout
    assert "D-16" in run("explain", EVENTS, "--deal", "D-16", "--as-of", "2026-05-31").stdout


def test_what_is_wrong_with_events_is_an_issue_of_the_deal(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    change = {"type": "item_changed", "list": "team", "item": "H1", "fields": {"grade": "senior"}}
    write_events(
        path, [event_of({"id": "E1", "deal_id": "D1", "effective_on": END, "recorded_at": END, **change})]
    )
    (item,) = open_source(path, engine(), as_of=END).items()
    assert not isinstance(item.deal, Rejection)
    assert [fault.code for fault in item.issues] == ["T-PARKED"]
    with pytest.raises(kr.ArgumentError, match="A-DATE"):
        open_source(path, engine())


def test_the_history_command_shows_a_deal_in_every_form() -> None:
    done = run("history", EVENTS, "--deal", "D-25", "--from", "2026-05-01", "--to", "2026-06-30")
    assert done.exit_code == 0
    assert "RL-16" in done.stdout
    data = json.loads(run("history", EVENTS, "--deal", "D-25", "--format", "json").stdout)
    assert [step["tripped"] for step in data["steps"] if step["tripped"]] == [["RL-16"]]
    assert run("history", EVENTS, "--deal", "D-25", "--format", "markdown", "--lang", "zh").stdout.startswith(
        "# D-25"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--deal", "D-61"), "did you mean `D-16`"),
        (("--deal", "D-16", "--to", "June"), "given for --to"),
        (("--deal", "D-16", "--to", "2020-01-01"), "A-DATE"),
    ],
)
def test_bad_arguments_of_the_history_command_are_told(arguments: tuple[str, ...], message: str) -> None:
    done = run("history", EVENTS, *arguments)
    assert done.exit_code == 2
    assert message in done.stderr.replace("\n", " ")
