"""The command line: what it prints, where, and with which exit code."""

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from kamrules import __version__
from kamrules.cli import application
from kamrules.engine import Engine, compile, load_pack  # noqa: A004 - the library's word
from kamrules.output import CSV_COLUMNS, output_file
from kamrules.pipeline import health_text
from kamrules.scoring.ledger import Health

REPO = Path(__file__).resolve().parents[2]
DAY = ("--as-of", "2026-06-30")
CLEAN = '{"id": "D1", "milestone": "M1", "account": {"name": "Acme", "industry": "welding"}}\n'
# M3 is claimed while a fact known to be false shuts the gate of M1.
CONTRADICTED = '{"id": "D2", "milestone": "M3", "account": {"industry": ""}}\n'
BAD = '{"id": "D3", "milestone": "M9"}\n'

Run = Callable[..., Result]


@cache
def engine_of(pack: str, params: tuple[tuple[str, Any], ...], currency: str | None) -> Engine:
    return compile(load_pack(pack, params=dict(params), currency=currency))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command; an engine is compiled once for all tests of a process."""

    def load(pack: str, *, params: dict[str, Any], currency: str | None) -> Engine:
        return engine_of(pack, tuple(params.items()), currency)

    monkeypatch.setattr("kamrules.arguments.load_pack", load)
    monkeypatch.setattr("kamrules.arguments.compile", lambda engine: engine)

    def invoke(*arguments: str | Path, stdin: str | None = None) -> Result:
        return CliRunner().invoke(application(), [str(item) for item in arguments], input=stdin)

    return invoke


@pytest.fixture
def deals(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "deals.jsonl"
        path.write_text(text, "utf-8")
        return path

    return write


Deals = Callable[[str], Path]


# --- exit codes


def test_clean_pipeline_exits_with_0(run: Run, deals: Deals) -> None:
    result = run("assess", deals(CLEAN), *DAY)
    assert result.exit_code == 0, result.output
    assert "1 = 1 assessed + 0 rejected" in result.stdout


@pytest.mark.parametrize("text", [CONTRADICTED, BAD, CLEAN + BAD])
def test_contradicted_claim_and_rejected_row_are_findings(run: Run, deals: Deals, text: str) -> None:
    assert run("assess", deals(text), *DAY).exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("assess", "nowhere", *DAY), "I-FILE: cannot read `nowhere`: no such file or folder"),
        (("assess", "{deals}", "--as-of", "soon"), "A-DATE: `soon` given for --as-of"),
        (("assess", "{deals}", *DAY, "--pack", "handbok"), "no pack `handbok`"),
        (
            ("assess", "{deals}", *DAY, "--param", "novalue"),
            "A-PARAM: `novalue` given for --param, NAME=VALUE",
        ),
        (("assess", "{deals}", *DAY, "--param", "no_such=1"), "A-PARAM: no parameter `no_such`"),
        (("assess", "{deals}", *DAY, "--map", "nowhere.yaml"), "cannot read `nowhere.yaml`"),
        (("assess", "{deals}", *DAY, "-o", "no/such/folder/x.json"), "A-OUTPUT: cannot write"),
        (("assess", "{deals}", *DAY, "--format", "xml"), "Invalid value for '--format'"),
        (("assess", "{deals}", *DAY, "--limit", "-1"), "Invalid value for '--limit'"),
        (("assess",), "Missing argument 'PATH'"),
        (("explain", "{deals}", "--deal", "D9", *DAY), "no deal `D9` in `"),
        (("check", "nowhere"), "no pack `nowhere`"),
        (("test", "{deals}"), "no *.cases.yaml beside the pack"),
        (("schema", "dael"), "Invalid value for"),
        (("asses",), "No such command 'asses'"),
    ],
)
def test_bad_input_and_usage_exit_with_2_and_say_why(
    run: Run, deals: Deals, arguments: tuple[str, ...], message: str
) -> None:
    path = str(deals(CLEAN))
    result = run(*(argument.format(deals=path) for argument in arguments))
    assert result.exit_code == 2, result.output
    shown = re.sub(r"[\s│]+", " ", result.output)
    assert message in shown
    assert "Traceback" not in result.output


@pytest.mark.parametrize(("flags", "has_traceback"), [((), False), (("--debug",), True)])
def test_defect_of_ours_exits_with_3_and_asks_for_a_report(
    run: Run, deals: Deals, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...], has_traceback: bool
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("inside [bold]")

    monkeypatch.setattr(Engine, "read_and_assess", fail)
    result = run(*flags, "assess", deals(CLEAN), *DAY)
    assert result.exit_code == 3
    assert "please report it: ZeroDivisionError: inside [bold]" in result.output
    assert ("Traceback" in result.output) is has_traceback


# --- assess


def test_today_is_used_and_said_when_no_day_is_given(run: Run, deals: Deals) -> None:
    result = run("assess", deals(CLEAN))
    assert re.search(r"as of \d{4}-\d\d-\d\d \(today\)", result.stderr)
    assert "(today)" not in result.stdout


def test_json_is_one_object_with_deals_rejections_strays_and_counts(run: Run, deals: Deals) -> None:
    result = run("assess", deals(CLEAN + CONTRADICTED + BAD), *DAY, "--format", "json")
    data = json.loads(result.stdout)
    assert list(data) == ["schema_version", "as_of", "pack", "deals", "rejected", "stray_rows", "summary"]
    assert data["as_of"] == "2026-06-30"
    assert set(data["pack"]) == {"id", "version", "hash"}
    assert [(deal["row"], deal["deal_id"]) for deal in data["deals"]] == [(1, "D1"), (2, "D2")]
    assert [(item["row"], item["id"]) for item in data["rejected"]] == [(3, "D3")]
    assert data["summary"]["deals_in"] == 3
    assert data["summary"]["claims"] == {"supported": 1, "contradicted": 1}
    (met,) = [item for item in data["deals"][0]["criteria"] if item["id"] == "M1.E1"]
    assert met["status"] == "met"
    assert met["facts"], "JSON has the facts of every rule"


@pytest.mark.parametrize("form", ["json", "jsonl", "csv", "table"])
def test_no_deals_are_a_whole_result_in_every_format(run: Run, deals: Deals, form: str) -> None:
    result = run("assess", deals(""), *DAY, "--format", form)
    assert result.exit_code == 0
    if form == "json":
        assert json.loads(result.stdout)["deals"] == []


def test_json_lines_have_one_line_a_deal_in_order(run: Run, deals: Deals) -> None:
    result = run("assess", deals(CLEAN + BAD + CONTRADICTED), *DAY, "--format", "jsonl", "--detail", "brief")
    first, second, third = (json.loads(line) for line in result.stdout.splitlines())
    assert (first["deal_id"], third["deal_id"]) == ("D1", "D2")
    assert second["rejected"]["faults"][0]["where"] == "milestone"


def test_csv_has_one_row_a_deal_and_defuses_formulas(run: Run, deals: Deals) -> None:
    text = '{"id": "=1+1", "account": {"name": "A, \\"B\\"\\n焊"}}\n' + BAD
    result = run("assess", deals(text), *DAY, "--format", "csv")
    rows = list(csv.DictReader(result.stdout.splitlines(keepends=True)))
    assert tuple(rows[0]) == CSV_COLUMNS
    assert (rows[0]["deal_id"], rows[0]["account"]) == ("'=1+1", 'A, "B"\n焊')
    assert (rows[1]["result"], rows[1]["row"]) == ("rejected", "2")
    assert "`M9` is not one of" in rows[1]["faults"]


def test_csv_and_table_show_the_health_of_each_deal(run: Run, deals: Deals) -> None:
    gift = '{"id": "D9", "expenses": [{"kind": "gift", "is_cash_like": true}], "funding_source": "own"}\n'
    result = run("assess", deals(CLEAN + gift + BAD), *DAY, "--format", "csv")
    clean, vetoed, bad = csv.DictReader(result.stdout.splitlines(keepends=True))
    assert 0 <= float(clean["health_low"]) < float(clean["health_score"]) < float(clean["health_high"]) <= 100
    assert clean["grade"].split("/")[0] == "A"
    assert (vetoed["grade"], vetoed["red_lines"], vetoed["health_low"]) == ("veto", "RL-08", "1.00")
    assert (bad["health_low"], bad["grade"]) == ("", "")
    for language, word in (("en", "veto"), ("zh", "否决")):
        table = run("assess", deals(CLEAN + gift), *DAY, "--lang", language).stdout
        assert f"1–100 {word}" in table


def test_the_health_cell_claims_no_more_than_the_interval() -> None:
    def cell(*grades: str, vetoed_by: tuple[str, ...] = ()) -> str:
        return health_text(Health(40.5, 62.2, grades, vetoed_by), "en")

    assert [cell("B"), cell("B", "C"), cell("A", "B", "C")] == ["40–63 B", "40–63 B/C", "40–63 A…C"]
    assert cell(vetoed_by=("RL-08",)) == "40–63 veto"
    assert health_text(Health(40.0000000001, 40.0, ("C",)), "en") == "40–40 C"
    assert health_text(None, "en") == "–"


def test_a_column_of_private_data_is_refused_with_the_reason(run: Run, tmp_path: Path) -> None:
    (tmp_path / "deals.csv").write_text("id\nD1\n", "utf-8")
    (tmp_path / "stakeholders.csv").write_text("deal_id,id,spouse,colour\nD1,P1,x,red\n", "utf-8")
    result = run("assess", tmp_path, *DAY)
    assert result.exit_code == 2
    private, unknown = result.stderr.strip().splitlines()
    assert (
        "stakeholders.csv row 1, column spouse: R-PRIVATE: `spouse` is data about family (RL-15)" in private
    )
    assert "I-COLUMN: no field `colour`" in unknown


def test_rejected_rows_are_shown_or_written(run: Run, deals: Deals, tmp_path: Path) -> None:
    text = "".join(f'{{"id": "D{number}", "milestone": "M9"}}\n' for number in range(8))
    shown = run("assess", deals(text), *DAY)
    assert shown.stderr.count("`M9` is not one of") == 5
    assert "row 2, deal D1\n  milestone: R-VALUE" in shown.stderr
    assert "3 more rejected rows" in shown.stderr
    written = run("assess", deals(text), *DAY, "--rejects", tmp_path / "bad.jsonl")
    assert "is not one of" not in written.stderr
    lines = (tmp_path / "bad.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["row"] for line in lines] == list(range(1, 9))


def test_rejects_file_is_empty_when_there_are_none(run: Run, deals: Deals, tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text("stale")
    run("assess", deals(CLEAN), *DAY, "--rejects", tmp_path / "bad.jsonl")
    assert (tmp_path / "bad.jsonl").read_text() == ""


def test_bad_value_can_be_left_unknown(run: Run, deals: Deals) -> None:
    result = run("assess", deals(BAD), *DAY, "--bad-values", "unknown", "--format", "json")
    data = json.loads(result.stdout)
    assert data["summary"]["values_left_out"] == 1
    assert data["deals"][0]["issues"][0]["where"] == "milestone"
    assert data["deals"][0]["stage"]["claimed"] is None


def test_strays_are_findings_and_written_with_the_rejections(run: Run, tmp_path: Path) -> None:
    (tmp_path / "deals.csv").write_text("id\nD1\n")
    (tmp_path / "team.csv").write_text("deal_id,name\nD2,x\n")
    result = run("assess", tmp_path, *DAY, "--rejects", tmp_path / "bad.jsonl")
    assert result.exit_code == 1
    assert "rows that join no deal" in result.stdout
    assert (
        json.loads((tmp_path / "bad.jsonl").read_text())["faults"][0]["where"]
        == "team.csv row 2, column deal_id"
    )


def test_rows_of_a_table_can_be_limited_and_are_counted(run: Run, deals: Deals) -> None:
    text = "".join(f'{{"id": "DEAL{number}"}}\n' for number in range(4))
    limited = run("assess", deals(text), *DAY, "--limit", "3").stdout
    assert limited.count("DEAL") == 3
    assert "… 1 more deals; --limit 0 shows all" in limited
    assert run("assess", deals(text), *DAY, "--limit", "0").stdout.count("DEAL") == 4


def test_table_speaks_chinese(run: Run, deals: Deals) -> None:
    result = run("assess", deals(CLEAN), *DAY, "--lang", "zh")
    assert "证据支持" in result.stdout
    assert "优先核实" in result.stdout


def test_closed_deals_are_not_asked_about(run: Run, deals: Deals) -> None:
    text = '{"id": "D1", "status": "lost"}\n{"id": "D2", "status": "open"}\n'
    data = json.loads(run("assess", deals(text), *DAY, "--format", "json").stdout)
    assert data["summary"]["closed"] == 1
    assert {ask["deals"] for ask in data["summary"]["ask_first"]} == {1}


def test_data_cannot_drive_the_terminal_nor_be_taken_for_markup(run: Run, deals: Deals) -> None:
    text = '{"id": "[red]D\\u001b[2J", "account": {"name": "[/]"}}\n'
    shown = run("assess", deals(text), *DAY).stdout
    assert "[red]D·[2J" in shown
    assert "\x1b" not in shown


def test_parameter_override_reaches_the_pack(run: Run, deals: Deals) -> None:
    def pack_hash(*more: str) -> str:
        out = run("assess", deals(CLEAN), *DAY, "--format", "json", "--detail", "brief", *more).stdout
        return str(json.loads(out)["pack"]["hash"])

    assert pack_hash("--param", "analysis_meeting_interval_days=14") != pack_hash()


# --- output files


def test_output_file_appears_whole_and_keeps_the_old_one_when_something_fails(
    run: Run, deals: Deals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out.json"
    result = run("assess", deals(CLEAN), *DAY, "--format", "json", "-o", target)
    assert json.loads(target.read_text("utf-8"))["summary"]["deals_in"] == 1
    assert result.stdout == ""
    assert "1 deals in: 1 assessed, 0 rejected" in result.stderr
    before = target.read_bytes()

    def fail(*_: Any) -> dict[str, Any]:
        raise ZeroDivisionError

    monkeypatch.setattr(Engine, "to_dict", fail)
    assert run("assess", deals(CLEAN), *DAY, "--format", "json", "-o", target).exit_code == 3
    assert target.read_bytes() == before
    assert not list(tmp_path.glob(".*part*"))


def test_table_can_be_written_to_a_file_as_plain_text(run: Run, deals: Deals, tmp_path: Path) -> None:
    result = run("assess", deals(CLEAN), *DAY, "-o", tmp_path / "out.txt")
    assert result.stdout == ""
    assert "1 = 1 assessed + 0 rejected" in (tmp_path / "out.txt").read_text("utf-8")


def test_output_to_a_device_does_not_replace_it() -> None:
    with output_file(Path(os.devnull)) as stream:
        stream.write("x")
    assert not Path(os.devnull).is_file()


def test_output_through_a_link_writes_the_file_it_names(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with output_file(tmp_path / "link") as stream:
        stream.write("new")
    assert (tmp_path / "real").read_text() == "new"
    assert (tmp_path / "link").is_symlink()


# --- explain, check, schema, test


def test_explain_tells_of_one_deal_in_two_languages_and_three_forms(run: Run, deals: Deals) -> None:
    path = deals(CLEAN + CONTRADICTED)
    text = run("explain", path, "--deal", "D2", *DAY)
    assert text.exit_code == 0
    assert text.stdout.startswith("D2 · as of 2026-06-30")
    assert "阶段" in run("explain", path, "--deal", "D2", *DAY, "--lang", "zh").stdout
    assert run("explain", path, "--deal", "D2", *DAY, "--format", "markdown").stdout.startswith("# D2")
    assert (
        json.loads(run("explain", path, "--deal", "D2", *DAY, "--format", "json").stdout)["deal_id"] == "D2"
    )


def test_explain_of_an_unknown_id_names_the_nearest(run: Run, deals: Deals) -> None:
    result = run("explain", deals('{"id": "W-0071"}\n'), "--deal", "W-0017", *DAY)
    assert "did you mean `W-0071`?" in result.stderr


def test_explain_of_a_rejected_deal_shows_why(run: Run, tmp_path: Path) -> None:
    (tmp_path / "deals.csv").write_text("id,milestone\nD1,M9\n")
    result = run("explain", tmp_path, "--deal", "D1", *DAY)
    assert result.exit_code == 2
    assert "deals.csv row 2, column milestone: R-VALUE: `M9`" in result.stderr
    lenient = run("explain", tmp_path, "--deal", "D1", *DAY, "--bad-values", "unknown")
    assert lenient.exit_code == 0
    assert "column milestone" in lenient.stderr


def test_check_counts_faults_with_places_and_exits_with_1(run: Run) -> None:
    pack = REPO / "tests" / "packs" / "nine_faults.yaml"
    result = run("check", pack)
    lines = result.stdout.splitlines()
    assert result.exit_code == 1
    assert lines[-1].endswith(": 9 faults")
    assert all(re.match(r".*nine_faults\.yaml:\d+:\d+: ", line) for line in lines[:-1])
    data = json.loads(run("check", pack, "--format", "json").stdout)
    assert len(data["faults"]) == 9
    assert data["faults"][0]["line"] > 0


def test_check_of_a_sound_pack_exits_with_0(run: Run) -> None:
    result = run("check", "handbook")
    assert result.exit_code == 0
    assert "no faults in" in result.stdout


@pytest.mark.parametrize("name", ["assessment", "deal", "pack", "cases", "map"])
def test_schema_prints_json_schema(run: Run, name: str) -> None:
    result = run("schema", name)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["properties"]


def test_test_runs_cases_and_shows_what_does_not_hold(run: Run, tmp_path: Path) -> None:
    (tmp_path / "pack.yaml").write_text(
        "kamrules: 1\nid: mine\nversion: 0.1.0\ntitle: {en: mine, zh: 我的}\nowner: me\nextends: handbook\n",
        "utf-8",
    )
    cases = tmp_path / "a.cases.yaml"
    head = "pack: pack.yaml\nas_of: 2026-06-30\ncases:\n"
    cases.write_text(head + "  - {name: one, expect: {M1.E1: unknown}}\n")
    assert run("test", tmp_path).exit_code == 0
    cases.write_text(cases.read_text() + "  - {name: two, expect: {M1.E1: met}}\n")
    result = run("test", tmp_path)
    assert result.exit_code == 1
    assert "a.cases.yaml:5:26: M1.E1: `met` expected, `unknown` seen (two)" in result.stdout
    assert "2 cases: 1 hold, 1 do not" in result.stdout


def test_version_and_help_are_there(run: Run) -> None:
    assert run("--version").stdout.strip() == f"kamrules {__version__}"
    for command in ("assess", "explain", "check", "schema", "test"):
        assert run(command, "--help").exit_code == 0


# --- real processes


def process(*arguments: str, **more: Any) -> subprocess.CompletedProcess[bytes]:
    code = "from kamrules.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], check=False, capture_output=True, timeout=120, **more
    )


def test_process_reads_stdin_writes_utf8_without_colour_and_ends_with_its_code() -> None:
    deal = '{"id": "D1", "account": {"name": "焊接", "industry": "welding"}}\n'
    done = process("assess", "-", *DAY, input=deal.encode(), env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert "焊接" in done.stdout.decode("utf-8")
    assert b"\x1b" not in done.stdout
    assert process("assess", "nowhere", *DAY).returncode == 2


def test_a_pipe_closed_before_a_text_is_no_finding() -> None:
    command = [sys.executable, "-c", "from kamrules.cli import main; main()", "handbook"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(timeout=120) == 0


def test_reader_that_closes_the_pipe_early_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "d.jsonl").write_text("".join(f'{{"id": "D{number}"}}\n' for number in range(300)))
    command = [
        sys.executable,
        "-c",
        "from kamrules.cli import main; main()",
        "assess",
        str(tmp_path / "d.jsonl"),
    ]
    with subprocess.Popen(
        [*command, *DAY, "--format", "jsonl", "--detail", "brief"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.readline()
        running.stdout.close()
        noise = running.stderr.read()
        assert running.wait(timeout=120) == 0
    assert b"Traceback" not in noise
    assert b"BrokenPipe" not in noise
