"""`kamrules forecast`: the outlook of the example's history, in every form, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from kamrules.cli import application

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

HISTORY = str(Path(__file__).parents[2] / "examples" / "welding" / "history" / "events.jsonl")

SMALL = str(Path(__file__).parents[1] / "packs" / "small.yaml")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(application(), ["forecast", HISTORY, "--draws", "200", *arguments])


def test_json_tells_the_outlook_by_quarter_and_the_conversion_of_each_stage() -> None:
    told = run("--format", "json", "--seed", "3")
    assert told.exit_code == 0
    assert "every chance is what the pack believes" in told.stderr
    data = json.loads(told.stdout)
    outlook = data["outlooks"][0]
    assert outlook["currency"] == "CNY"
    assert outlook["refused"] == outlook["deals"] > 0  # no model: the pack's belief for each
    assert outlook["total"]["low"] <= outlook["total"]["median"] <= outlook["total"]["high"]
    assert outlook["total"]["high"] <= outlook["all_won"]
    assert {stage["milestone"] for stage in data["conversions"]} >= {"M1", "M8"}


@pytest.mark.parametrize(
    ("arguments", "seen"),
    [
        ([], "no health scorecard"),
        (["--correlation", "2"], "`2.0` given for correlation"),
        (["--model", "missing.json"], "I-FILE"),
        (["--segment", "deal.nothing"], "A-PATH"),
        (["--as-of", "soon"], "A-DATE"),
    ],
)
def test_bad_input_ends_with_its_fault_and_no_traceback(arguments: list[str], seen: str) -> None:
    told = run("--pack", SMALL, *arguments)
    assert told.exit_code == 2
    assert seen in told.output
    assert "Traceback" not in told.output
