"""`kamrules fit` and `kamrules backtest`: what they write, where, and with which exit code."""

import inspect
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # ships no types
from typer.testing import CliRunner, Result

from kamrules.cli import application
from kamrules.cli.backtest import backtest
from kamrules.cli.fit import fit
from kamrules.engine import load_pack
from kamrules.timeline import Timeline, write_events
from tests.learning.small import histories, write_pack

pytest.importorskip("sklearn", reason="learning needs kamrules[learn]")
pytestmark = pytest.mark.usefixtures("_one_thread")
Run = Callable[..., Result]


@pytest.fixture(scope="module")
def _one_thread() -> Iterator[None]:
    with threadpool_limits(1):
        yield


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return write_pack(tmp_path / "pack").parent


@pytest.fixture
def run(pack: Path) -> Run:
    def invoke(*arguments: str | Path) -> Result:
        return CliRunner().invoke(application(), [*map(str, arguments), "--pack", str(pack)])

    return invoke


def events(path: Path, given: list[Timeline]) -> Path:
    write_events(path, [event for one in given for event in one.events])
    return path


@pytest.fixture
def deals(tmp_path: Path) -> Path:
    return events(tmp_path / "events.jsonl", histories(60, strength=4.0, still_open=5))


@pytest.fixture
def few(tmp_path: Path) -> Path:
    return events(tmp_path / "few.jsonl", histories(8, still_open=7))


def test_fit_writes_a_model_its_card_and_a_pack_the_same_each_time(
    run: Run, deals: Path, tmp_path: Path
) -> None:
    texts = []
    for name in ("one", "two"):
        model, card, folder = (tmp_path / f"{name}{end}" for end in (".json", ".md", ""))
        found = run("fit", deals, "-o", model, "--card", card, "--pack-out", folder, "--seed", "4")
        assert found.exit_code == 0, found.output
        assert found.stdout == ""
        assert "5 left out, not decided yet: D0060" in found.stderr
        assert "version 0.2.0" in found.stderr
        texts.append([path.read_text("utf-8") for path in (model, card, folder / "pack.yaml")])
    assert texts[0] == texts[1]
    assert "seed 4" in texts[0][1]
    assert load_pack(tmp_path / "one").version == "0.2.0"


def test_fit_shows_the_card_or_data_where_asked(run: Run, deals: Path, tmp_path: Path) -> None:
    shown = run("fit", deals, "-o", tmp_path / "m.json", "--lang", "zh")
    assert shown.stdout.startswith("# 模型卡")
    assert "5个未采用，尚未结束：D0060" in shown.stderr
    data = json.loads(run("fit", deals, "-o", tmp_path / "m.json", "--format", "json").stdout)
    assert data["sample"]["wins"] + data["sample"]["losses"] == 60
    assert data["drift"]["deals"] == 5


def test_too_few_closed_deals_exit_with_1_and_write_nothing(run: Run, few: Path, tmp_path: Path) -> None:
    found = run("fit", few, "-o", tmp_path / "m.json", "--pack-out", tmp_path / "new")
    assert found.exit_code == 1
    assert "nothing was learned: " in found.stderr
    assert "at least 10 won and 10 lost ones are needed" in found.stderr
    assert not (tmp_path / "m.json").exists()
    assert not (tmp_path / "new").exists()
    tried = run("backtest", few)
    assert tried.exit_code == 1
    assert "nothing was tried" in tried.stderr


def test_records_without_history_exit_with_1_by_name(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "deals.jsonl"
    path.write_text('{"id": "D7", "status": "won", "closed_on": "2026-01-05"}\n', "utf-8")
    found = run("fit", path, "-o", tmp_path / "m.json")
    assert found.exit_code == 1
    assert "would leak: D7" in found.stderr


def test_backtest_tells_each_lead_in_each_form(run: Run, deals: Path) -> None:
    text = run("backtest", deals, "--resamples", "30")
    assert text.exit_code == 0, text.output
    assert "30 days before the outcome" in text.stdout
    assert "90 days before the outcome" in text.stdout
    markdown = run("backtest", deals, "--lead-days", "45", "--resamples", "30", "--format", "markdown")
    assert "## 45 days before the outcome" in markdown.stdout
    assert "| pack alone |" in markdown.stdout
    data = json.loads(run("backtest", deals, "--lead-days", "45", "--format", "json", "--seed", "2").stdout)
    assert [lead["lead_days"] for lead in data["leads"]] == [45]
    assert data["settings"]["seed"] == 2
    learned = data["leads"][0]["splits"][0]["trials"][0]
    assert learned["model"] == "learned"
    assert learned["skill"]["auc"]["low"] <= learned["skill"]["auc"]["value"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--as-of", "spring"), "A-DATE"),
        (("--until", "M9"), "A-VALUE"),
        (("--prior-deals", "0"), "A-VALUE"),
        (("--prior-deals", "inf"), "A-VALUE"),
        (("--lead-days", "0"), "Invalid value"),
        (("--lead-days", "99999999"), "A-VALUE"),
        (("--columns", "all", "--pack-out", "new"), "A-VALUE"),
    ],
)
def test_bad_options_exit_with_2(
    run: Run, deals: Path, tmp_path: Path, arguments: tuple[str, ...], expected: str
) -> None:
    found = run("fit", deals, "-o", tmp_path / "m.json", *arguments)
    assert found.exit_code == 2, found.output
    assert expected in found.stderr
    assert not (tmp_path / "m.json").exists()


def test_what_cannot_be_written_is_said_before_anything_is_read_or_written(run: Run, tmp_path: Path) -> None:
    nothing = tmp_path / "absent.jsonl"
    (tmp_path / "there").mkdir()
    model = tmp_path / "m.json"
    for places in (
        ("-o", tmp_path / "no" / "m.json"),
        ("-o", tmp_path / "there"),
        ("-o", model, "--card", tmp_path / "no" / "card.md"),
        ("-o", model, "--pack-out", tmp_path / "there"),
    ):
        found = run("fit", nothing, *places)
        assert found.exit_code == 2
        assert "A-OUTPUT" in found.stderr
    assert [path.name for path in tmp_path.iterdir() if path.name != "pack"] == ["there"]


def test_nothing_is_written_over_the_history(run: Run, deals: Path, tmp_path: Path) -> None:
    before = deals.read_bytes()
    found = run("fit", deals, "-o", deals)
    assert found.exit_code == 2
    assert "A-OUTPUT" in found.stderr
    taken = run("fit", deals, "-o", tmp_path / "m.json", "--pack-out", tmp_path)
    assert taken.exit_code == 2
    assert deals.read_bytes() == before


def test_a_fact_of_a_later_day_stops_both(run: Run, tmp_path: Path) -> None:
    given = histories(30)
    late = (
        given[3]
        .events[1]
        .model_copy(update={"id": "E9", "path": "deal.initiation_approved_on", "value": "2031-01-01"})
    )
    path = events(tmp_path / "late.jsonl", [*given[:3], given[3].with_events([late]), *given[4:]])
    for found in (run("fit", path, "-o", tmp_path / "m.json"), run("backtest", path)):
        assert found.exit_code == 2
        assert "L-LATE: 2031-01-01 is after the day of prediction" in found.stderr


def test_commands_and_library_believe_a_pack_alike() -> None:
    from kamrules.learning.model import Settings
    from kamrules.scoring.estimators.scorecard_classifier import ScorecardClassifier

    asked = [inspect.signature(one).parameters["prior_deals"].default for one in (fit, backtest)]
    assert {*asked, Settings().prior_deals, ScorecardClassifier().prior_deals} == {16.0}
