"""`kamrules test`: coverage, mutation, JUnit XML."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner, Result

from kamrules.casefile import read_cases, run_case
from kamrules.cli import application
from kamrules.engine import compile, load_pack  # noqa: A004 - the library's word
from kamrules.junit import CaseResult, junit_text

LAMP = Path(__file__).parents[1] / "packs" / "lamp"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(application(), ["test", *map(str, arguments)])


@pytest.fixture
def failing(tmp_path: Path) -> Path:
    (tmp_path / "pack.yaml").write_text((LAMP / "pack.yaml").read_text("utf-8"), "utf-8")
    (tmp_path / "a.cases.yaml").write_text(
        "pack: pack.yaml\nas_of: 2026-06-30\ncases: [{name: a, given: {watts: 1}, expect: {C1: unmet}}]\n",
        "utf-8",
    )
    return tmp_path


def test_coverage_lists_what_no_case_has_and_fails_nothing() -> None:
    result = run(LAMP, "--coverage")
    assert result.exit_code == 0, result.output
    assert "pack.yaml:61:3: work rule F1: never breach, ok" in result.stdout
    assert "coverage 22 of 29 statuses (75.9 %)" in result.stdout


@pytest.mark.parametrize(("least", "code"), [("75", 0), ("76", 1)])
def test_coverage_below_the_least_is_a_finding(least: str, code: int) -> None:
    result = run(LAMP, "--min-coverage", least)
    assert result.exit_code == code
    assert "never" not in result.stdout
    assert "(75.9 %)" in result.stdout


def test_mutation_lists_survivors_with_place_and_counts_them() -> None:
    result = run(LAMP, "--mutate", "--only", "C2")
    assert result.exit_code == 0, result.output
    assert "pack.yaml:32:15: C2: `green` dropped" in result.stdout
    assert result.stdout.endswith("survived 1 (25.0 %)\n")


def test_mutation_takes_a_sample(capsys: pytest.CaptureFixture[str]) -> None:
    assert "mutants 7, killed" in run(LAMP, "--mutate", "--max", "7", "--seed", "3").stdout


def test_mutation_waits_until_every_case_holds(failing: Path) -> None:
    result = run(failing, "--mutate")
    assert result.exit_code == 1
    assert "mutants" not in result.stdout


@pytest.mark.parametrize("arguments", [("--only", "C1"), ("--max", "3")])
def test_options_of_mutation_alone_are_refused(arguments: tuple[str, str]) -> None:
    result = run(LAMP, *arguments)
    assert result.exit_code == 2
    assert "need `--mutate`" in result.stderr


def test_an_unknown_id_is_refused_with_the_nearest() -> None:
    result = run(LAMP, "--mutate", "--only", "C9")
    assert result.exit_code == 2
    assert "nothing to mutate has the id `C9`" in result.stderr


def test_junit_has_a_test_case_for_each_case_with_its_place(failing: Path) -> None:
    path = failing / "out.xml"
    assert run(failing, "--junit", path).exit_code == 1
    suite = ET.parse(path).getroot()[0]
    assert (suite.get("tests"), suite.get("failures")) == ("1", "1")
    case = suite[0]
    assert (case.get("name"), case.get("line")) == ("a", "3")
    assert (case.get("file") or "").endswith("a.cases.yaml")
    failure = case.find("failure")
    assert failure is not None
    assert "C1: `unmet` expected, `met` seen" in (failure.get("message") or "")


def test_junit_that_cannot_be_written_is_bad_input(failing: Path) -> None:
    result = run(failing, "--junit", failing / "no" / "out.xml")
    assert result.exit_code == 2
    assert "A-OUTPUT" in result.stderr


def test_junit_holds_what_xml_cannot_and_counts_differences(failing: Path) -> None:
    path = failing / "b.cases.yaml"
    path.write_text(
        "pack: pack.yaml\nas_of: 2026-06-30\n"
        'cases: [{name: "a\\x01<b", given: {}, expect: {C1: met, C2: met}}]\n',
        "utf-8",
    )
    (case,) = read_cases(path).cases
    engine = compile(load_pack(failing))
    root = ET.fromstring(junit_text([CaseResult(path, case, run_case(engine, case), 0.5)]))
    assert root[0].get("time") == "0.500"
    assert root[0][0].get("name") == "a\N{REPLACEMENT CHARACTER}<b"
    assert root[0][0][0].get("message") == "2 expectations do not hold"
