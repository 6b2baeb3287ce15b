"""8,800 opportunities of another CRM through the field map of examples/maven_crm: no row is lost."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kamrules.cli import application

MAP = Path(__file__).resolve().parents[2] / "examples" / "maven_crm" / "map.yaml"


@pytest.fixture(scope="module")
def source(shared: Path) -> Path:
    folder = shared / "data" / "maven_crm"
    if not folder.is_dir():
        pytest.skip("the Maven files are not beside the checkout")
    return folder


def test_every_maven_opportunity_is_assessed_or_rejected_and_what_to_ask_is_ranked(
    source: Path, tmp_path: Path
) -> None:
    rejects = tmp_path / "bad.jsonl"
    arguments = ["assess", str(source), "--map", str(MAP), "--as-of", "2017-12-31", "--rejects", str(rejects)]
    result = CliRunner().invoke(application(), arguments)
    assert "8800 = 8800 assessed + 0 rejected" in result.stdout
    assert rejects.read_text() == ""
    assert "no claim 8800" in result.stdout, "Won is no milestone of the handbook"
    assert "deal.account.industry" in result.stdout


def test_dirty_key_that_is_not_corrected_rejects_its_rows_and_only_those(
    source: Path, tmp_path: Path
) -> None:
    text = MAP.read_text("utf-8").replace("    product: {GTXPro: GTX Pro}", "    product: {}")
    assert text != MAP.read_text("utf-8")
    (tmp_path / "map.yaml").write_text(text, "utf-8")
    rejects = tmp_path / "bad.jsonl"
    arguments = ["assess", str(source), "--map", str(tmp_path / "map.yaml"), "--as-of", "2017-12-31"]
    result = CliRunner().invoke(application(), [*arguments, "--rejects", str(rejects), "--limit", "1"])
    assert "8800 = 7320 assessed + 1480 rejected" in result.stdout
    first = json.loads(rejects.read_text("utf-8").splitlines()[0])
    assert first["row"] == 3
    assert first["faults"][0]["message"] == "`GTXPro` is not in products.csv"
    assert first["faults"][0]["hint"] == "did you mean `GTX Pro`?"
