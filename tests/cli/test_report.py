"""The command `report`: the file it writes, its exit codes, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from kamrules.cli import application

PACK = Path(__file__).resolve().parents[1] / "packs" / "small.yaml"
DAY = ("--as-of", "2026-06-30", "--pack", str(PACK))


@pytest.fixture
def deals(tmp_path: Path) -> Path:
    path = tmp_path / "deals.jsonl"
    path.write_text('{"id": "D1"}\n{"id": "D2", "name": "Hull"}\n', "utf-8")
    return path


def run(*arguments: Any) -> Result:
    return CliRunner().invoke(application(), ["report", *map(str, arguments), *DAY])


def test_a_report_of_a_pack_without_health_or_forms_is_written(deals: Path, tmp_path: Path) -> None:
    result = run(deals, "-o", tmp_path / "report.html", "--lang", "zh")
    assert result.exit_code == 0, result.output
    assert "2 deals in: 2 assessed, 0 rejected" in result.stderr
    html = (tmp_path / "report.html").read_text("utf-8")
    assert "Hull" in html
    assert 'lang="zh"' in html


def test_a_rejected_deal_is_a_finding(deals: Path, tmp_path: Path) -> None:
    with deals.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps({"id": "D3", "milestone": 7}) + "\n")
    assert run(deals, "-o", tmp_path / "report.html").exit_code == 1
    assert "D3" in (tmp_path / "report.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("deals.jsonl", "a name with .html expected"),
        ("no/report.html", "cannot write"),
        ("report", ".html expected"),
    ],
)
def test_what_cannot_be_written_is_refused(deals: Path, tmp_path: Path, name: str, message: str) -> None:
    before = deals.read_text("utf-8")
    result = run(deals, "-o", tmp_path / name)
    assert result.exit_code == 2
    assert message in result.stderr
    assert deals.read_text("utf-8") == before
    assert [one.name for one in tmp_path.iterdir()] == ["deals.jsonl"]


def test_a_source_that_is_not_there_is_bad_input(tmp_path: Path) -> None:
    assert run(tmp_path / "none.jsonl", "-o", tmp_path / "report.html").exit_code == 2
