"""CEL's own conformance suite: every case passes or has a reason, and the page counts just that."""

from pathlib import Path

import pytest

from tests.cel.suite import CASES, DEVIATIONS, Verdict, judge_all, load
from tools.cel_table import PAGE, render


@pytest.fixture(scope="module")
def verdicts(shared: Path) -> list[Verdict]:
    if not (shared / CASES).is_file():
        pytest.skip(f"no {CASES} in the shared folder")
    return judge_all(load(shared))


def test_no_case_is_unexplained(verdicts: list[Verdict]) -> None:
    assert [verdict for verdict in verdicts if verdict.kind == "unexplained"] == []


def test_every_listed_deviation_is_a_case(verdicts: list[Verdict]) -> None:
    assert sum(verdict.kind == "deviation" for verdict in verdicts) == len(DEVIATIONS)


def test_no_valid_cel_text_is_called_a_syntax_error(verdicts: list[Verdict]) -> None:
    """What CEL can read is refused as outside the profile, never as unreadable."""
    assert [v for v in verdicts if v.reason.startswith(("E-SYNTAX", "E-LEX"))] == []


def test_the_page_counts_what_the_suite_gives(verdicts: list[Verdict]) -> None:
    assert PAGE.read_text(encoding="utf-8") == render(verdicts)
