"""Cases as tests of pytest: which files are found, how a failure reads, and what is imported when."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

LAMP = Path(__file__).parent / "packs" / "lamp"


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in a folder with the plugin, installed or not, and without what this project adds."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    env["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    command = [sys.executable, "-m", "pytest", "-p", "pytest_kamrules", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, encoding="utf-8", check=False
    )


@pytest.fixture
def lamp(tmp_path: Path) -> Path:
    """Return a folder with the small pack and a case that holds beside one that does not."""
    (tmp_path / "pack.yaml").write_text((LAMP / "pack.yaml").read_text("utf-8"), "utf-8")
    (tmp_path / "a.cases.yaml").write_text(
        "pack: pack.yaml\nas_of: 2026-06-30\ncases:\n"
        "  - {name: saving, given: {watts: 60}, expect: {C1: met}}\n"
        "  - {name: hot, given: {watts: 61}, expect: {C1: met, R1: tripped}}\n",
        "utf-8",
    )
    return tmp_path


def test_cases_beside_a_pack_are_tests_and_a_failure_says_expected_seen_and_where(lamp: Path) -> None:
    result = run(lamp)
    assert result.returncode == 1
    assert "1 failed, 1 passed" in result.stdout
    assert "a.cases.yaml:5:46: C1: `met` expected, `unmet` seen" in result.stdout
    assert "Traceback" not in result.stdout
    assert "runtest" not in result.stdout


def test_one_case_can_be_chosen_by_name(lamp: Path) -> None:
    assert "1 passed, 1 deselected" in run(lamp, "-k", "saving").stdout
    assert "1 passed" in run(lamp, "a.cases.yaml::saving").stdout


def test_cases_elsewhere_are_no_tests(tmp_path: Path) -> None:
    (tmp_path / "a.cases.yaml").write_text("not: cases\n", "utf-8")
    assert "no tests ran" in run(tmp_path).stdout


def test_option_adds_the_cases_of_a_pack_elsewhere(
    lamp: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    here = tmp_path_factory.mktemp("here")
    (here / "test_own.py").write_text("def test_own() -> None: ...\n", "utf-8")
    assert "1 failed, 2 passed" in run(here, "--kamrules", str(lamp)).stdout
    (lamp / "pack.yaml").rename(lamp / "other.yaml")
    cases = lamp / "a.cases.yaml"
    cases.write_text(cases.read_text("utf-8").replace("pack.yaml", "other.yaml"), "utf-8")
    assert "1 failed, 2 passed" in run(here, "--kamrules", str(lamp / "other.yaml")).stdout


@pytest.mark.parametrize(
    ("pack", "message"), [("nowhere", "no pack `nowhere`"), ("other.yaml", "no *.cases.yaml beside the pack")]
)
def test_option_that_finds_no_cases_is_a_usage_error(tmp_path: Path, pack: str, message: str) -> None:
    (tmp_path / "other.yaml").write_text("kamrules: 1\n", "utf-8")
    result = run(tmp_path, "--kamrules", pack)
    assert result.returncode == 4
    assert message in result.stderr


def test_faults_of_a_case_file_are_an_error_of_collection(lamp: Path) -> None:
    (lamp / "b.cases.yaml").write_text("pack: pack.yaml\nas_of: 2026-06-30\ncases: [{name: a}]\n", "utf-8")
    result = run(lamp)
    assert result.returncode == 2
    assert "b.cases.yaml:3:9: cases[0].expect: I-MISSING" in result.stdout


def test_faults_of_the_pack_fail_each_case_with_their_place(lamp: Path) -> None:
    pack = lamp / "pack.yaml"
    pack.write_text(pack.read_text("utf-8").replace("deal.is_dim", "deal.is_dime"), "utf-8")
    result = run(lamp)
    assert "2 failed" in result.stdout
    assert "E-FIELD" in result.stdout
    assert "did you mean `is_dim`?" in result.stdout


def test_without_cases_nothing_heavy_is_imported(tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text(
        "import sys\n\n\ndef test_own() -> None:\n"
        "    assert not {'kamrules', 'pydantic', 'ruamel.yaml'} & {*sys.modules}\n",
        "utf-8",
    )
    assert "1 passed" in run(tmp_path).stdout
