"""The command `draw`: each picture from a source, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner, Result

import kamrules as kr
from kamrules.cli import application
from kamrules.engine import Engine
from tests.handbook import handbook

DAY = ("--as-of", "2026-06-30")
DEALS = [
    {
        "id": "D1",
        "milestone": "M2",
        "account": {"name": "Lingang"},
        "stakeholders": [{"id": "P1", "name": "Fei"}],
    },
    {"id": "D2", "name": "Hull line"},
]
HANDBOOK = handbook()


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setattr("kamrules.arguments.load_pack", lambda *_, **__: HANDBOOK.pack)
    monkeypatch.setattr("kamrules.arguments.compile", lambda _: HANDBOOK)
    return HANDBOOK


@pytest.fixture
def deals(tmp_path: Path) -> Path:
    path = tmp_path / "deals.jsonl"
    path.write_text("".join(json.dumps(deal) + "\n" for deal in DEALS), "utf-8")
    return path


def run(*arguments: Any) -> Result:
    return CliRunner().invoke(application(), ["draw", *map(str, arguments)])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--what", "map", "--deal", "D1"), "Fei"),
        (("--what", "health", "--deal", "D1"), "Where deal health comes from"),
        (("--what", "ask", "--deal", "D1"), "Ask first"),
        (("--what", "ask"), "2 deals wait"),
        (("--what", "gates"), "D2 · Hull line"),
        (("--what", "gates", "--deal", "D1"), "D1"),
        (("--what", "stages", "--lang", "zh"), "申报阶段与证据支持阶段"),
    ],
)
def test_a_picture_is_written(deals: Path, tmp_path: Path, options: tuple[str, ...], words: str) -> None:
    target = tmp_path / "picture.svg"
    result = run(deals, *options, "-o", target, *DAY)
    assert result.exit_code == 0, result.output
    ET.parse(target)
    assert words in target.read_text("utf-8")


def test_health_over_time_is_drawn_from_events(tmp_path: Path) -> None:
    pytest.importorskip("altair", reason="needs the extra plot")
    event = {"id": "E1", "deal_id": "D1", "type": "fact_set", "path": "deal.name", "value": "Hull"}
    event |= {"effective_on": "2026-05-04", "recorded_at": "2026-05-04T08:00:00Z"}
    events = tmp_path / "events.jsonl"
    events.write_text(json.dumps(event) + "\n", "utf-8")
    target = tmp_path / "picture.svg"
    result = run(events, "--what", "history", "--deal", "D1", "-o", target)
    assert result.exit_code == 0, result.output
    assert "Deal health over time" in target.read_text("utf-8")
    assert run(events, "--what", "history", "--deal", "D7", "-o", target).exit_code == 2


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--what", "map", "-o", "x.svg"), "A-DEAL"),
        (("--what", "stages", "--deal", "D1", "-o", "x.svg"), "A-DEAL"),
        (("--what", "map", "--deal", "D7", "-o", "x.svg"), "I-DEAL"),
        (("--what", "gates", "-o", "x.jpg"), "A-OUTPUT"),
        (("--what", "gates", "-o", "no/such/folder/x.svg"), "A-OUTPUT"),
        (("--what", "gates", "-o", "x.png", "--scale", "99"), "A-VALUE"),
        (("--what", "history", "--deal", "D1", "-o", "x.svg"), "R-VALUE"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    deals: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], code: str
) -> None:
    monkeypatch.chdir(deals.parent)
    result = run(deals.name, *options, *DAY)
    assert result.exit_code == 2, result.output
    assert code in result.stderr
    assert [path.name for path in deals.parent.iterdir()] == [deals.name]


def test_the_input_is_not_drawn_over(tmp_path: Path) -> None:
    source = tmp_path / "deals.svg"
    source.write_text("{}", "utf-8")
    assert run(source, "--what", "gates", "-o", source, *DAY).exit_code == 2
    assert source.read_text("utf-8") == "{}"


def test_deals_left_out_of_the_matrix_are_counted(deals: Path, tmp_path: Path) -> None:
    result = run(deals, "--what", "gates", "--limit", "1", "-o", tmp_path / "x.svg", *DAY)
    assert result.exit_code == 0
    assert "the first 1 of 2 deals are drawn" in result.stderr


def test_a_rejected_deal_is_a_finding(deals: Path, tmp_path: Path) -> None:
    deals.write_text(deals.read_text("utf-8") + '{"id": "D3", "milestone": "M99"}\n', "utf-8")
    result = run(deals, "--what", "stages", "-o", tmp_path / "x.svg", *DAY)
    assert result.exit_code == 1
    assert "M99" in result.stderr
    assert isinstance(HANDBOOK, kr.Engine)
