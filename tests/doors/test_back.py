"""Verdicts as the import file of a CRM."""

import csv
import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result as Done

from kamrules.assessment import Rejection
from kamrules.doors.back import Written, write_back
from kamrules.doors.format import load_door
from kamrules.engine import Engine
from kamrules.errors import Fault
from kamrules.pipeline import Result


@pytest.fixture(scope="module")
def engine(engines: Callable[[str | None], Engine]) -> Engine:
    return engines("USD")


def written(engine: Engine, *deals: Any, system: str = "salesforce") -> tuple[Written, list[dict[str, str]]]:
    stream = io.StringIO(newline="")
    results = [
        Result(row, deal if isinstance(deal, Rejection) else engine.assess(deal, as_of=date(2026, 6, 1)))
        for row, deal in enumerate(deals, start=2)
    ]
    found = write_back(stream, results, engine, load_door(system))
    return found, list(csv.DictReader(io.StringIO(stream.getvalue())))


def test_row_has_the_record_id_and_the_verdicts(engine: Engine) -> None:
    _, (row,) = written(engine, {"id": "006A", "milestone": "M4"})
    assert row["Id"] == "006A"
    assert row["Kam_Claimed_Milestone__c"] == "M4"
    assert row["Kam_Claim_Verdict__c"] == "not_proven"
    assert float(row["Kam_Health_Low__c"]) <= float(row["Kam_Health_High__c"])
    assert "M1.E1" in row["Kam_Unknown_Criteria__c"]
    assert row["Kam_Ask_Next__c"]
    assert row["Kam_Assessed_On__c"] == "2026-06-01"


def test_nothing_is_a_word_so_that_an_import_overwrites_what_was(engine: Engine) -> None:
    _, (row,) = written(engine, {"id": "006A"})
    assert (row["Kam_Claimed_Milestone__c"], row["Kam_Red_Lines__c"]) == ("none", "none")


@pytest.mark.parametrize("identity", ["=cmd|' /C calc'!A0", "+1", "-1", "@x", "\tx"])
def test_record_whose_id_runs_as_a_formula_is_left_out_and_said(engine: Engine, identity: str) -> None:
    found, rows = written(engine, {"id": identity}, {"id": "006A"})
    assert [row["Id"] for row in rows] == ["006A"]
    assert found.records == 1
    assert "runs as a formula" in found.left_out[0]


def test_deals_without_a_verdict_or_an_id_are_left_out_and_said(engine: Engine) -> None:
    rejected = Rejection(9, "006B", (Fault("R-VALUE", "bad"),))
    found, rows = written(engine, rejected, {"name": "nameless"})
    assert rows == []
    assert [line.split(":")[0] for line in found.left_out] == ["row 2", "row 3"]


@pytest.mark.parametrize("system", ["dynamics", "generic", "hubspot", "odoo"])
def test_columns_are_those_of_the_system(engine: Engine, system: str) -> None:
    _, (row,) = written(engine, {"id": "1"}, system=system)
    door = load_door(system)
    assert list(row) == [door.back.id, *door.back.columns.values()]


def test_export_goes_round_from_the_files_of_a_crm_to_its_import_file(
    run: Callable[..., Done], exports: Path, tmp_path: Path
) -> None:
    run("map", "init", exports / "hubspot", "-o", tmp_path / "map.yaml")
    done = run(
        "export", exports / "hubspot", "--map", tmp_path / "map.yaml", "--to", "hubspot",
        "--as-of", "2026-06-01", "--lang", "zh", "-o", tmp_path / "back.csv",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    raw = (tmp_path / "back.csv").read_bytes()
    assert not raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8"))))
    assert [row["Record ID"] for row in rows] == ["18273645001", "18273645002", "18273645003"]
    assert "客户" in rows[0]["KAM ask next"]


def test_export_is_not_written_over_its_source(run: Callable[..., Done], exports: Path) -> None:
    done = run("export", exports / "hubspot", "--to", "hubspot", "-o", exports / "hubspot" / "calls.csv")
    assert done.exit_code == 2
    assert "belongs to the input" in done.output
