"""The shortest lawful path of the example pipeline: it replays, crosses no red line, and reads well."""

from __future__ import annotations

import functools
import json
from datetime import date
from pathlib import Path
from typing import Any, Literal

import pytest
from typer.testing import CliRunner

import kamrules as kr
from kamrules.adapters import read_deals
from kamrules.cli import application
from kamrules.paths.words import path_text
from kamrules.rules.paths import Step, applied
from tests.handbook import handbook as engine

ROOT = Path(__file__).resolve().parents[2]
WELDING = ROOT / "examples" / "welding"
DAY = date(2026, 6, 30)


@functools.cache
def deals() -> dict[str, dict[str, Any]]:
    return {deal["id"]: deal for deal in read_deals(WELDING) if isinstance(deal, dict)}


@functools.cache
def path_of(deal: str) -> kr.LawfulPath:
    return kr.shortest_path(engine(), deals()[deal], as_of=DAY, timeout_ms=120_000)


@functools.cache
def unfinished() -> tuple[str, ...]:
    found = engine().assess_many(deals().values(), as_of=DAY)
    return tuple(
        str(one.deal_id) for one in found if isinstance(one, kr.Assessment) and not one.stage.is_complete
    )


def after(deal: str) -> kr.Assessment:
    """Return the assessment of a deal whose path was gone, on the day it opens."""
    path = path_of(deal)
    steps = tuple(Step(one.kind, one.action, one.path, one.cost, one.value, one.level) for one in path.steps)
    adding_last = tuple(
        sorted(steps, key=lambda step: ("find_out", "change", "add", "confirm").index(step.kind))
    )
    record = applied(engine().read(deals()[deal]).model_dump(), adding_last)
    assert path.opens_on is not None
    return engine().assess(record, as_of=date.fromisoformat(path.opens_on))


# Every other one: each is a search of seconds, and `benchmarks/paths.py` asks them all.
@pytest.mark.parametrize("deal", unfinished()[::2])
def test_every_unfinished_deal_gets_an_answer(deal: str) -> None:
    path = path_of(deal)
    now = engine().assess(deals()[deal], as_of=DAY)
    assert path.outcome in {"path", "red_line", "no_path"}
    assert (path.outcome == "red_line") == bool(set(now.tripped) - {"RL-02.N"})
    if path.outcome != "path":
        assert not path.steps
        return
    then = after(deal)
    statuses = {one.id: one.status for one in then.criteria}
    assert all(statuses[name] in {"met", "not_applicable"} for name in path.criteria)
    order = [gate.milestone for gate in engine().gates]
    if path.target is None:
        assert then.stage.is_complete
    else:
        assert order.index(str(then.stage.supported)) >= order.index(path.target)
    assert then.tripped == now.tripped
    known = {line.id for line in now.red_lines if line.status == "clear"}
    assert not any(line.id in known and line.status == "unknown" for line in then.red_lines)


@pytest.mark.parametrize("deal", ["D-01", "D-05", "D-08", "D-12"])
def test_no_step_can_be_left_out(deal: str) -> None:
    assert all(step.opens for step in path_of(deal).steps)


def test_steps_are_in_order_and_say_who_and_when() -> None:
    path = path_of("D-05")
    days = [step.on for step in path.steps]
    assert days == sorted(days)
    assert path.opens_on == days[-1] == "2026-07-10"
    by_action = {step.action: step for step in path.steps}
    assert by_action["approve"].owner == "ka_director"
    assert by_action["approve"].on > by_action["make_plan"].on > by_action["hold_analysis_meeting"].on
    assert by_action["make_plan"].form == "JTF-005"
    assert by_action["ask_for_feedback"].path == "deal.documents[7].feedback_on"


def test_the_weekly_meeting_is_on_a_monday_and_comes_before_the_approval() -> None:
    steps = {step.action: step for step in path_of("D-03").steps}
    meeting = date.fromisoformat(steps["hold_weekly_meeting"].on)
    assert meeting.strftime("%A") == "Monday"
    assert (
        steps["hold_weekly_meeting"].on
        < steps["approve"].on
        <= steps["date_approval"].on
        < steps["enter_paper"].on
    )


def test_a_deal_over_a_red_line_gets_no_path() -> None:
    path = path_of("D-27")
    assert (path.outcome, path.tripped) == ("red_line", ("RL-04", "RL-06"))
    assert not path.steps
    assert not path.raises


def test_facts_that_rule_the_gate_out_are_named() -> None:
    path = path_of("D-19")
    assert path.outcome == "no_path"
    assert {fact.path for fact in path.blocking[0]} == {"deal.account.rank_profit", "deal.account.rank_sales"}


def test_a_signature_that_would_come_too_late_is_no_path() -> None:
    deal = {**deals()["D-08"], "bid": {**deals()["D-08"]["bid"], "awarded_on": "2026-06-05"}}
    path = kr.shortest_path(engine(), deal, as_of=DAY)
    assert path.outcome == "no_path"
    assert "deal.bid.awarded_on" in {fact.path for fact in path.blocking[0]}


def test_every_minimal_set_of_what_keeps_the_gate_shut() -> None:
    path = path_of("D-05")
    assert path.is_every_set
    assert [{(fact.kind, fact.path) for fact in one} for one in path.blocking] == [
        {("add", "deal.approvals")},
        {("add", "deal.meetings")},
        {("add", "deal.plans")},
        {("add", "deal.documents"), ("find_out", "deal.documents[7].feedback_on")},
    ]


def test_what_raises_health_does_raise_it() -> None:
    raises = path_of("D-05").raises
    assert raises
    assert [one.points / one.cost for one in raises] == sorted(
        (one.points / one.cost for one in raises), reverse=True
    )
    assert raises[0].entry == "commercial_plan_approved"


def test_a_milestone_further_on() -> None:
    path = kr.shortest_path(engine(), deals()["D-01"], as_of=DAY, to="M3")
    assert path.outcome == "path"
    assert {"M1.X3", "M2.X1", "M3.E1"} <= set(path.criteria)
    assert path.cost > path_of("D-01").cost


def test_a_milestone_behind_is_open() -> None:
    assert kr.shortest_path(engine(), deals()["D-05"], as_of=DAY, to="M3").outcome == "open"


def test_a_milestone_that_is_none_is_named_with_the_nearest() -> None:
    with pytest.raises(kr.ArgumentError, match="no milestone `M55`; did you mean"):
        kr.shortest_path(engine(), deals()["D-01"], as_of=DAY, to="M55")


def test_a_pack_without_actions_has_no_paths() -> None:
    small = kr.compile(kr.load_pack(ROOT / "tests" / "packs" / "small.yaml"))
    with pytest.raises(kr.ArgumentError, match="no `actions`"):
        kr.shortest_path(small, {"id": "D"}, as_of=DAY)


def test_no_answer_in_time_is_said_so() -> None:
    path = kr.shortest_path(engine(), deals()["D-12"], as_of=DAY, timeout_ms=1)
    assert (path.outcome, path.steps) == ("undecided", ())
    assert "1 ms" in path.reason


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_path_as_people_read_it(language: Literal["en", "zh"]) -> None:
    golden = WELDING / "expected" / f"path-D-05.{language}.txt"
    assert path_text(engine(), path_of("D-05"), language) == golden.read_text(encoding="utf-8")


def test_one_step_is_told_as_one() -> None:
    assert "Shortest lawful path: 1 step, effort 1, " in path_text(engine(), path_of("D-02"))


def test_json_and_markdown() -> None:
    shown = json.loads(path_text(engine(), path_of("D-05"), form="json"))
    assert (shown["outcome"], shown["cost"]) == ("path", 12)
    assert shown["steps"][0]["name"] == "Hold a project analysis meeting"
    assert "## Shortest lawful path" in path_text(engine(), path_of("D-05"), form="markdown")


def test_the_command_shows_it() -> None:
    arguments = ["path", str(WELDING), "--deal", "D-01", "--as-of", "2026-06-30"]
    result = CliRunner().invoke(application(), arguments)
    assert (result.exit_code, result.stdout) == (0, path_text(engine(), path_of("D-01")))


PACK = """
kamrules: 1
id: faulty
version: 1.0.0
title: {en: F, zh: F}
owner: me
off_limits: [deal.leadr]
actions:
  a: {name: {en: A, zh: A}, does: [find_out], facts: [deal.stakeholder], cost: 1, after: [b]}
  b: {name: {en: B, zh: B}, does: [add], facts: [deal.leader], cost: 1, after: [a]}
  c: {name: {en: C, zh: C}, does: [add], facts: [deal.team], cost: 1, when: "e.is_leader", gives: [grad]}
  d: {name: {en: D, zh: D}, does: [change], facts: [leader], cost: 1, when: "true", after: [e]}
"""


def test_faults_of_actions_are_all_named(tmp_path: Path) -> None:
    path = tmp_path / "pack.yaml"
    path.write_text(PACK, encoding="utf-8")
    with pytest.raises(kr.PackError) as caught:
        kr.load_pack(path)
    text = "\n".join(str(fault) for fault in caught.value.faults)
    for expected in (
        "no fact `deal.leadr`: no `leadr`; did you mean `leader`?",
        "no fact `deal.stakeholder`: no `stakeholder`; did you mean `stakeholders`?",
        "`add` needs lists of one kind",
        "`a` and `b` wait for each other",
        "no fact `grad` in it; did you mean `grade`?",
        "`leader` does not start with `deal`",
        "no action `e`",
    ):
        assert expected in text
