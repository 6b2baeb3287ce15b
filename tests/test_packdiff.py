"""Two packs are compared by their verdicts: every turn shown is one that its deal really makes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import kamrules as kr
from kamrules.adapters import read_deals
from kamrules.cli import application
from kamrules.packdiff import compare_on, compare_packs, to_dict, to_markdown
from kamrules.rules.verdict import status_of
from tests.frames.pipelines import DAY
from tests.handbook import handbook

WELDING = Path(__file__).resolve().parents[1] / "examples" / "welding"
MINE = """
kamrules: 1
id: mine
version: 1.0.0
title: {en: Ours, zh: 本公司}
owner: sales
extends: handbook
params: {rank_cut: {value: 30}}
criteria:
  M2.X1: {met_when: 'deal.activities.exists(a, a.type == "visit")'}
"""


def other(folder: Path, text: str = MINE) -> kr.Engine:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return kr.compile(kr.load_pack(path))


def test_a_pack_does_not_differ_from_itself() -> None:
    diff = compare_packs(handbook(), kr.compile(kr.load_pack("handbook")))
    assert diff.is_empty
    assert "No verdict can differ." in to_markdown(diff)


def test_what_is_only_written_otherwise_is_no_difference(tmp_path: Path) -> None:
    pytest.importorskip("z3")
    text = MINE.replace("rank_cut: {value: 30}", "rank_cut: {value: 50}")
    condition = handbook().pack.criteria["M2.X3"].met_when or ""
    one = text.replace("M2.X1: {met_when: 'deal.activities.exists(a, a.type == \"visit\")'}", "M2.X3: X")
    same = one.replace("X3: X", f"X3: {{met_when: {json.dumps(f'({condition}) && true')}}}")
    assert compare_packs(handbook(), other(tmp_path, same)).is_empty


def test_each_turn_is_shown_by_a_deal_that_makes_it(tmp_path: Path) -> None:
    pytest.importorskip("z3")
    new = other(tmp_path)
    diff = compare_packs(handbook(), new)
    changed = {part.id: part for part in diff.parts}
    assert {"M1.X2", "M1.X4", "M2.X1", "tier"} <= set(changed)
    shown = 0
    for part in diff.parts:
        for turn in part.turns:
            assert turn.possible, (part.id, turn.reason)
            assert turn.as_of is not None
            verdicts = []
            for engine in (handbook(), new):
                names = [rule.id for rule in engine.plan.rules]
                truths = engine.run(turn.witness, as_of=turn.as_of).truths
                verdicts.append(status_of(truths[names.index(part.id)]))
            assert verdicts == [turn.before, turn.after], part.id
            shown += 1
    assert shown > 10


def test_deals_that_change_and_by_what(tmp_path: Path) -> None:
    new = other(tmp_path)
    deals = list(read_deals(WELDING))
    diff = compare_on(compare_packs(handbook(), new, proofs=False), handbook(), new, deals, as_of=DAY)
    assert diff.compared == len(deals)
    by_id = {change.deal_id: change for change in diff.deals}
    for before, after in zip(
        handbook().assess_many(deals, as_of=DAY), new.assess_many(deals, as_of=DAY), strict=True
    ):
        assert isinstance(before, kr.Assessment)
        assert isinstance(after, kr.Assessment)
        turned = {one.id for one, two in zip(before.criteria, after.criteria, strict=True) if one != two}
        assert (before.deal_id in by_id) >= bool(turned)
        if before.stage.supported != after.stage.supported:
            values = {name: (old, now) for name, old, now in by_id[before.deal_id].values}
            assert values["supported"] == (before.stage.supported, after.stage.supported)
    data = to_dict(diff)
    assert len(data["deals"]) == len(diff.deals)
    json.dumps(data)


def test_a_new_criterion_that_is_not_met_is_named_for_the_deals_it_stops(tmp_path: Path) -> None:
    added = """
  OURS.X1:
    gate: M1.exit
    kind: hard
    name: {en: Dated, zh: 已定日期}
    met_when: deal.next_step_on >= as_of
    source: {ref: our own rule}
    owner: sales_engineer
    if_unknown: {en: Ask., zh: 询问。}
    if_unmet: {en: Agree., zh: 约定。}
"""
    head = MINE.partition("params:")[0]
    new = other(tmp_path, f"{head}criteria:{added}")
    deals = [
        deal for deal in read_deals(WELDING) if isinstance(deal, dict) and deal["id"] in {"D-02", "D-16"}
    ]
    diff = compare_on(compare_packs(handbook(), new, proofs=False), handbook(), new, deals, as_of=DAY)
    (change,) = diff.deals
    assert change.came == (("OURS.X1", "unknown"),)
    assert "| OURS.X1 added, unknown |" in to_markdown(diff)
    assert to_dict(diff)["deals"][0]["came"] == {"OURS.X1": "unknown"}


def test_rules_added_and_removed() -> None:
    posthog = kr.compile(kr.load_pack(WELDING.parent / "packs" / "posthog"))
    diff = compare_packs(handbook(), posthog)
    kinds: dict[str, Any] = {part.id: part.kind for part in diff.parts}
    assert kinds["R2.X1"] == "added"
    assert kinds["M1.E1"] == "removed"


def test_what_moves_due_days_is_told(tmp_path: Path) -> None:
    days = """
params: {analysis_meeting_interval_days: {value: 14d}}
cadences: {ab_visit: null}
calendar: {holidays: [2026-08-28]}
"""
    text = MINE.split("params:", maxsplit=1)[0] + days
    parts = {
        (part.kind, part.part, part.id)
        for part in compare_packs(handbook(), other(tmp_path, text), proofs=False).parts
    }
    assert {
        ("changed", "cadence", "analysis_meeting"),
        ("removed", "cadence", "ab_visit"),
        ("changed", "calendar", "calendar"),
    } == {part for part in parts if part[1] in {"cadence", "calendar"}}


def test_the_command(tmp_path: Path) -> None:
    other(tmp_path)
    mine, out = str(tmp_path / "mine.yaml"), tmp_path / "diff.md"
    run = CliRunner().invoke
    asked = [
        "diff",
        "handbook",
        mine,
        "--no-proofs",
        "--on",
        str(WELDING),
        "--as-of",
        str(DAY),
        "-o",
        str(out),
    ]
    assert run(application(), asked).exit_code == 1
    text = out.read_text(encoding="utf-8")
    assert text.startswith("### Rules: handbook")
    assert "of 36 deals change." in text
    assert run(application(), ["diff", "handbook", "handbook"]).exit_code == 0
    assert run(application(), ["diff", "handbook", str(tmp_path / "none.yaml")]).exit_code == 2
