"""The command line given names that drive terminals and places it must not write to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from kamrules.cli import application

PACK = Path(__file__).resolve().parents[1] / "packs" / "small.yaml"
DAY = ("--as-of", "2026-06-30", "--pack", str(PACK))
DEAL = '{"id": "D1"}\n'


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(application(), [str(item) for item in arguments])


@pytest.fixture
def deals(tmp_path: Path) -> Path:
    path = tmp_path / "deals.jsonl"
    path.write_text(DEAL, "utf-8")
    return path


@pytest.mark.parametrize("form", ["text", "markdown", "html", "json"])
def test_a_name_cannot_drive_the_terminal_through_explain(tmp_path: Path, form: str) -> None:
    path = tmp_path / "deal.json"
    path.write_text(json.dumps({"id": "D1", "name": "\x1b[31mred\x1b]0;t\x07\u202e"}), "utf-8")
    result = run("explain", path, "--deal", "D1", "--format", form, *DAY)
    assert result.exit_code == 0
    assert "red" in result.stdout
    assert not {"\x1b", "\x07"} & set(result.stdout)


@pytest.mark.parametrize("option", ["--output", "--rejects"])
def test_the_input_is_not_written_over(deals: Path, option: str) -> None:
    result = run("assess", deals, "--format", "jsonl", option, deals, *DAY)
    assert result.exit_code == 2
    assert "belongs to the input" in result.stderr.replace("\n", " ")
    assert deals.read_text("utf-8") == DEAL


def test_a_table_of_the_input_folder_is_not_written_over(tmp_path: Path) -> None:
    table = tmp_path / "deals.csv"
    table.write_text("id\nD1\n", "utf-8")
    assert run("assess", tmp_path, "--format", "csv", "-o", table, *DAY).exit_code == 2
    assert table.read_text("utf-8") == "id\nD1\n"


def test_results_and_rejects_go_to_two_files(deals: Path, tmp_path: Path) -> None:
    place = tmp_path / "out.jsonl"
    result = run("assess", deals, "--format", "jsonl", "-o", place, "--rejects", place, *DAY)
    assert result.exit_code == 2
    assert "two files expected" in result.stderr.replace("\n", " ")
    assert not place.exists()
    assert (
        run("assess", deals, "--format", "jsonl", "-o", "/dev/null", "--rejects", "/dev/null", *DAY).exit_code
        == 0
    )


def test_explain_can_leave_a_bad_value_unknown_and_says_which(tmp_path: Path) -> None:
    path = tmp_path / "deal.json"
    path.write_text('{"id": "D1", "name": "Plant", "est_value": 1.5}', "utf-8")
    assert run("explain", path, "--deal", "D1", *DAY).exit_code == 2
    lenient = run("explain", path, "--deal", "D1", "--bad-values", "unknown", *DAY)
    assert lenient.exit_code == 0
    assert "Plant" in lenient.stdout
    assert "est_value: R-VALUE" in lenient.stderr


def test_explain_of_what_is_no_record_at_all_is_bad_input(tmp_path: Path) -> None:
    path = tmp_path / "deal.jsonl"
    path.write_text('{"id": "D1", "stakeholders": ' + "[" * 500 + "]" * 500 + "}\n", "utf-8")
    assert run("explain", path, "--deal", "D1", "--bad-values", "unknown", *DAY).exit_code == 2
