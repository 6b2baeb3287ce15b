"""`kamrules desk` takes a file of events into a journal once, and shows what came of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kamrules.cli import application

pytest.importorskip("sqlalchemy")

WELDING = Path(__file__).parents[2] / "examples" / "welding" / "history" / "events.jsonl"


def run(*arguments: str) -> Any:
    return CliRunner().invoke(application(), ["desk", *arguments])


@pytest.fixture
def events(tmp_path: Path) -> str:
    path = tmp_path / "events.jsonl"
    lines = WELDING.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(line for line in lines if '"D-16"' in line), encoding="utf-8")
    return str(path)


def test_it_tells_what_turned_once_and_what_is_to_be_done_until_it_is_done(
    events: str, tmp_path: Path
) -> None:
    journal = ("--journal", str(tmp_path / "j.db"))
    first = run(events, *journal, "--format", "json", "--as-of", "2026-06-30")
    assert first.exit_code == 0, first.stderr
    told = json.loads(first.stdout)
    regression = {"deal_id": "D-16", "fact": "stage", "before": "M6", "after": "M5", "day": "2026-06-19"}
    assert any(regression.items() <= one.items() for one in told["transitions"])
    shown = run(events, *journal, "--lang", "zh").stdout.splitlines()
    assert shown[0] == f"待办: {len(told['pending'])}"  # nothing turned again
    assert "里程碑" in shown[1]


def test_a_faulty_day_or_journal_is_told(events: str, tmp_path: Path) -> None:
    wrong_day = run(events, "--journal", str(tmp_path / "j.db"), "--as-of", "soon")
    assert (wrong_day.exit_code, "A-DATE" in wrong_day.stderr) == (2, True)
    wrong_file = run(events, "--journal", str(tmp_path / "no" / "such" / "j.db"))
    assert (wrong_file.exit_code, "I-DATABASE" in wrong_file.stderr) == (2, True)
    empty = tmp_path / "empty.jsonl"
    empty.write_text("", encoding="utf-8")
    assert run(str(empty), "--journal", str(tmp_path / "j.db")).exit_code == 2
