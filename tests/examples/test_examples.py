"""Every example is short, has a page, and the pack among them is sound and means what its cases say."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

import kamrules as kr
from kamrules.cli import application
from tests.examples.loading import EXAMPLES

HOSPITAL = EXAMPLES / "packs" / "hospital"
# Notebooks are measured in cells: tests/examples/test_notebooks.py.
SCRIPTS = sorted(path for path in EXAMPLES.glob("*/*.py") if path.parent.name != "notebooks")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.parent.name)
def test_a_script_has_fewer_than_100_lines_and_a_page(script: Path) -> None:
    assert len(script.read_text("utf-8").splitlines()) < 100
    assert (script.parent / "README.md").is_file()


@pytest.fixture(scope="module")
def hospital() -> kr.Pack:
    return kr.load_pack(HOSPITAL)


@pytest.mark.parametrize("command", ["check", "test"])
def test_the_pack_of_another_industry_is_sound(command: str) -> None:
    done = CliRunner().invoke(application(), [command, str(HOSPITAL)])
    assert done.exit_code == 0, done.output


def test_the_pack_of_another_industry_keeps_every_red_line_of_the_handbook(hospital: kr.Pack) -> None:
    assert hospital.red_lines == kr.load_pack("handbook").red_lines


def test_its_new_criteria_gate_the_milestones_they_belong_to(hospital: kr.Pack) -> None:
    exits = {gate.milestone: gate.exit for gate in kr.compile(hospital).gates}
    assert "HOSP.X1" in exits["M4"]
    assert "HOSP.X2" in exits["M5"]
