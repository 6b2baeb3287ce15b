"""`kamrules gates`: what a user sees, in every form, and what is refused."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from kamrules.cli import application
from kamrules.timeline import Event, FactSet, write_events

START = date(2026, 1, 5)
_CLAIMS = ("quantity", "specification", "performance", "technology", "service", "pain")
_TEXTS = "source: {slide: [1]}, if_unknown: {en: ask, zh: 询问}, if_unmet: {en: do, zh: 处理}"
PACK = f"""
kamrules: 1
id: tiny
version: 1.0.0
title: {{en: Tiny, zh: 小}}
owner: me
milestones:
  M1: {{name: {{en: One, zh: 一}}, progress_pct: 10}}
  M2: {{name: {{en: Two, zh: 二}}, progress_pct: 20}}
  M3: {{name: {{en: Three, zh: 三}}, progress_pct: 30}}
criteria:
  T.X1: {{gate: M2.exit, name: {{en: Buyer intends, zh: 意向}}, met_when: deal.buyer_intent, {_TEXTS}}}
  T.X2:
    gate: M2.exit
    name: {{en: Need known, zh: 需求}}
    met_when: {" && ".join(f'deal.need.{name} != ""' for name in _CLAIMS)}
    source: {{slide: [1]}}
    if_unknown: {{en: ask, zh: 询问}}
    if_unmet: {{en: do, zh: 处理}}
"""


def fact(deal: str, day: int, path: str, value: Any) -> FactSet:
    when = START + timedelta(days=day)
    at = datetime(when.year, when.month, when.day, 9, tzinfo=UTC)
    return FactSet(id=f"{deal}-{path}-{day}", deal_id=deal, path=f"deal.{path}", value=value,
                   effective_on=when, recorded_at=at)  # fmt: skip


def history(place: Path, deals: int, name: str = "events.jsonl") -> Path:
    """Deals of which those with an intent of the buyer win, and the others lose."""
    events: list[Event] = []
    for number in range(deals):
        deal, has_intent = f"D{number:02}", number % 2 == 0
        won = has_intent if number % 7 else not has_intent
        events += [
            fact(deal, 0, "milestone", "M1"),
            fact(deal, 0, "account.name", f"Account {number}"),
            fact(deal, 1, "account.industry", "ships"),
            fact(deal, 10, "milestone", "M2"),
            fact(deal, 11, "buyer_intent", has_intent),
            fact(deal, 30, "milestone", "M3"),
            fact(deal, 100, "status", "won" if won else "lost"),
            fact(deal, 100, "closed_on", (START + timedelta(days=100)).isoformat()),
        ]
    path = place / name
    write_events(path, events)
    return path


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(history(tmp_path_factory.mktemp("book"), 40))


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("pack") / "pack.yaml"
    path.write_text(PACK, "utf-8")
    return str(path)


Run = Callable[..., Result]


@pytest.fixture
def run(pack: str) -> Run:
    return lambda *given: CliRunner().invoke(application(), ["gates", "--pack", pack, *given])


def test_the_text_names_each_verdict_with_its_reason(run: Run, book: str) -> None:
    told = run(book, "--shuffles", "10")
    assert told.exit_code == 1  # gates to sharpen
    assert told.stdout.startswith("Gate value by 40 closed deals, 20 of them won, as of 2026-04-15")
    assert "not what causes a win" in told.stdout
    assert "Keep (1)" in told.stdout
    assert "T.X1" in told.stdout
    assert "unknown for many deals that passed: T.X2 (40/40)" in told.stdout
    assert "Nothing unusual in how gates were passed." in told.stdout


def test_json_is_whole_and_the_same_for_the_same_seed(run: Run, book: str) -> None:
    first, second = (run(book, "--format", "json", "--seed", "5", "--shuffles", "10") for _ in range(2))
    assert first.stdout == second.stdout
    data = json.loads(first.stdout)
    kept = [gate for gate in data["gates"] if gate["verdict"] == "keep"]
    assert [gate["id"] for gate in kept] == ["T.X1"]
    assert kept[0]["q"] <= 0.1
    assert kept[0]["difference"]["low"] > 0
    assert data["by_chance"]["shuffles"] == 10
    assert {"signals", "habits", "gaming_policy", "policy", "left_out", "pack"} <= data.keys()


def test_csv_holds_one_row_a_criterion_or_one_a_signal(run: Run, book: str) -> None:
    rows = list(csv.DictReader(io.StringIO(run(book, "--format", "csv", "--shuffles", "0").stdout)))
    row = next(one for one in rows if one["criterion"] == "T.X1")
    assert (row["verdict"], row["why"], row["met_deals"], row["unmet_deals"]) == ("keep", "tells", "20", "20")
    signals = run(book, "--format", "csv", "--shuffles", "0", "--show", "signals")
    assert signals.stdout.startswith("deal_id,day,kind,gates,measure")
    assert signals.exit_code == 0


def test_chinese_words_are_whole(run: Run, book: str) -> None:
    told = run(book, "--lang", "zh", "--shuffles", "5").stdout
    assert "保留 (1)" in told
    assert "并非赢单的原因" in told


def test_a_planted_habit_is_worth_asking(run: Run, tmp_path: Path) -> None:
    path = history(tmp_path, 40)
    lines = path.read_text("utf-8").splitlines()
    for name in _CLAIMS:
        event = {"type": "fact_set", "id": f"bulk-{name}", "deal_id": "D03", "path": f"deal.need.{name}",
                 "value": "as asked", "effective_on": "2026-02-04", "recorded_at": "2026-02-04T08:50:00Z",
                 "by": "Zhang San"}  # fmt: skip
        lines.append(json.dumps(event))
    path.write_text("\n".join(lines), "utf-8")
    told = run(str(path), "--show", "signals")
    assert told.exit_code == 1
    assert "Worth asking" in told.stdout
    assert "D03  M2.exit M3.entry  6 facts the gate reads were recorded within 24 h" in told.stdout
    assert "(as much in 1 of " in told.stdout
    assert "Zhang" not in told.output


def test_a_record_with_hindsight_is_refused_and_its_signals_are_not(run: Run, tmp_path: Path) -> None:
    path = history(tmp_path, 8)
    late = {"type": "fact_set", "id": "late", "deal_id": "D03", "path": "deal.account.last_key_info_update",
            "value": "2026-04-10", "effective_on": "2026-01-06", "recorded_at": "2026-01-06"}  # fmt: skip
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(late) + "\n")
    told = run(str(path))
    assert (told.exit_code, "L-LATE" in told.stderr) == (2, True)
    assert run(str(path), "--show", "signals").exit_code == 0


def test_too_few_closed_deals_are_refused_in_words(run: Run, tmp_path: Path) -> None:
    told = run(str(history(tmp_path, 8)))
    assert told.exit_code == 1
    assert "not enough history: 4 won and 4 lost, 10 of each expected; no gate is judged" in told.stdout
    assert "Too few to call anything unusual" in told.stdout
    assert "Nothing unusual" not in told.stdout
    data = json.loads(run(str(history(tmp_path, 8)), "--format", "json").stdout)
    assert (data["refusal"], data["gates"]) == ("not enough history", [])


def test_a_file_without_events_is_refused_too(run: Run, tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_text("", "utf-8")
    told = run(str(empty))
    assert told.exit_code == 1
    assert "not enough history: 0 won" in told.stdout


@pytest.mark.parametrize(
    ("arguments", "seen"),
    [
        (["missing.jsonl"], "I-FILE"),
        (["deals.xlsx"], "I-FORMAT"),
        (["{book}", "--as-of", "soon"], "A-DATE"),
        (["{book}", "--level", "0"], "`0.0` given for level"),
        (["{book}", "--worth", "2"], "`2.0` given for least_worth"),
        (["{book}", "--pack", "no-such-pack"], "no-such-pack"),
        (["{book}", "--segment", "deal.acount.industry"], "A-PATH"),
        (["{book}", "--segment", "industry"], "A-PATH"),
        (["{book}", "--show", "some"], "some"),
    ],
)
def test_bad_input_ends_with_its_fault_and_no_traceback(
    run: Run, arguments: list[str], seen: str, book: str
) -> None:
    told = run(*(one.replace("{book}", book) for one in arguments))
    assert told.exit_code == 2
    assert seen in told.output
    assert "Traceback" not in told.output
