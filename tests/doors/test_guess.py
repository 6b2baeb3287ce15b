"""From the export of a CRM to deals: what the guessed map reads, and what it leaves to its owner."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from kamrules.adapters import read_deals
from kamrules.doors.draft import Wish
from kamrules.doors.format import load_door, shipped_doors
from kamrules.doors.guess import Guess, guess_map
from kamrules.doors.reads import reads_of
from kamrules.engine import Engine
from kamrules.errors import ArgumentError, InputError
from kamrules.pipeline import open_source

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def engine(engines: Callable[[str | None], Engine]) -> Engine:
    return engines("USD")


def guessed(engine: Engine, folder: Path, **more: Any) -> Guess:
    return guess_map(folder, Wish(engine.model, engine.refused, **more))


def deals_of(engine: Engine, folder: Path, tmp_path: Path, **more: Any) -> dict[str, dict[str, Any]]:
    (tmp_path / "map.yaml").write_text(guessed(engine, folder, **more).text, "utf-8")
    reading = open_source(folder, engine, map_path=tmp_path / "map.yaml")
    found = [deal for deal in reading if isinstance(deal, dict)]
    assert len(found) == reading.total
    assert reading.strays == ()
    return {deal["id"]: deal for deal in found}


def test_salesforce_export_becomes_deals(engine: Engine, exports: Path, tmp_path: Path) -> None:
    deals = deals_of(engine, exports / "salesforce", tmp_path)
    assert len(deals) == 4
    assert deals["006Ak00000Kq1aAIAR"] == {
        "id": "006Ak00000Kq1aAIAR",
        "name": "Northgate spectrometers",
        "status": "open",
        "est_value": 48_000_000,
        "created_on": date(2026, 1, 12),
        "expected_order_on": date(2026, 9, 30),
        "next_step": "Send revised layout",
        "lead": {"source": "Web"},
        "leader": "005Ak00000Aa1aAIAR",
        "need": {"budget_state": "approved"},
        "funding_source": "Capital plan 2026",
        "account": {
            "id": "001Ak00000Xw1aBIAR",
            "name": "Northgate Institute",
            "industry": "Research",
            "employees": 850,
        },
        "stakeholders": [
            {
                "id": "003Ak00000Pm1aAIAR",
                "name": "Ada Okafor",
                "title": "Head of Laboratory",
                "role": "decision_maker",
            },
            {
                "id": "003Ak00000Pm1bBIAR",
                "name": "Per Lindqvist",
                "title": "Buyer",
                "reports_to": "003Ak00000Pm1aAIAR",
            },
        ],
        "activities": [
            {
                "id": "00TAk00000Ta1aAIAR",
                "type": "call",
                "on": date(2026, 5, 4),
                "completed": True,
                "attendees": ["003Ak00000Pm1aAIAR"],
            },
            {
                "id": "00TAk00000Ta1bBIAR",
                "type": "email",
                "on": date(2026, 6, 12),
                "completed": False,
                "attendees": ["003Ak00000Pm1bBIAR"],
            },
            {"id": "00UAk00000Ev1aAIAR", "on": date(2026, 4, 14), "attendees": ["003Ak00000Pm1aAIAR"]},
        ],
    }
    assert deals["006Ak00000Kq1bBIAR"]["closed_on"] == date(2026, 3, 31)
    assert {deal["status"] for deal in deals.values()} == {"open", "won", "lost"}


def test_stage_claims_no_milestone_until_its_owner_says_so(engine: Engine, exports: Path) -> None:
    found = guessed(engine, exports / "salesforce")
    assert "Proposal/Price Quote: null" in found.text
    assert any("say which milestone a stage claims" in line for line in found.notes.to_decide)


def test_day_of_a_time_is_counted_in_the_zone_given(engine: Engine, exports: Path, tmp_path: Path) -> None:
    deals = deals_of(engine, exports / "salesforce", tmp_path, zone="Asia/Shanghai")
    assert deals["006Ak00000Kq1bBIAR"]["created_on"] == date(2025, 11, 4)


def test_hubspot_export_becomes_deals(engine: Engine, exports: Path, tmp_path: Path) -> None:
    deals = deals_of(engine, exports / "hubspot", tmp_path)
    deal = deals["18273645001"]
    assert (deal["status"], deal["est_value"]) == ("open", 7_500_000)
    assert deal["account"] == {
        "id": "9001",
        "name": "Tarn Bay Water",
        "industry": "UTILITIES",
        "region": "North",
        "employees": 410,
    }
    assert [person.get("role") for person in deal["stakeholders"]] == ["decision_maker", None]
    assert deal["activities"] == deals["18273645002"]["activities"]
    assert deals["18273645002"]["status"] == "lost"
    assert "account" not in deals["18273645003"]


def test_dynamics_answer_becomes_deals(engine: Engine, exports: Path, tmp_path: Path) -> None:
    first, second = deals_of(engine, exports / "dynamics", tmp_path).values()
    assert (first["status"], first["est_value"], first["need_summary"]) == (
        "open",
        22_000_000,
        "closed-loop control",
    )
    assert first["stakeholders"] == [
        {"id": "k1", "name": "Uta Kern", "title": "Process engineer", "role": "technical_evaluator"}
    ]
    assert (second["status"], second["closed_on"]) == ("won", date(2026, 2, 11))
    assert "stakeholders" not in second


def test_odoo_records_become_deals(engine: Engine, exports: Path, tmp_path: Path) -> None:
    deals = deals_of(engine, exports / "odoo", tmp_path)
    assert set(deals) == {"41", "43"}
    assert deals["41"]["account"] == {
        "id": "7",
        "name": "Mistral Mills",
        "industry": "Food",
        "region": "Arles",
    }
    assert deals["41"]["stakeholders"] == [{"id": "8", "name": "Luc Faure", "title": "Mill manager"}]
    assert [activity["completed"] for activity in deals["41"]["activities"]] == [False]
    assert (deals["43"]["status"], deals["43"]["loss_reason"]) == ("lost", "Too expensive")


def test_columns_are_known_by_their_chinese_titles(engine: Engine, exports: Path, tmp_path: Path) -> None:
    deal = deals_of(engine, exports / "generic", tmp_path)["P-001"]
    assert (deal["est_value"], deal["created_on"], deal["funding_source"]) == (
        120_000_000,
        date(2026, 1, 5),
        "自筹",
    )
    assert deal["stakeholders"] == [
        {"id": "L1", "name": "陈工", "title": "总工程师", "role": "technical_evaluator"}
    ]


@pytest.mark.parametrize("name", ["salesforce", "hubspot", "dynamics", "odoo", "generic"])
def test_every_column_is_read_or_said_to_be_dropped(
    engine: Engine, exports: Path, tmp_path: Path, name: str
) -> None:
    from kamrules.adapters import Request

    folder = exports / name
    (tmp_path / "map.yaml").write_text(guessed(engine, folder).text, "utf-8")
    found = reads_of(folder, Request(engine.model, map_path=tmp_path / "map.yaml", refused=engine.refused))
    assert found.rejected == 0
    assert all("birth" not in field.lower() for one in found.files for field in one.fields)


def test_personal_data_is_named_and_never_read(engine: Engine, exports: Path) -> None:
    unplaced = guessed(engine, exports / "salesforce").notes.unplaced
    said = "never read, `Birthdate` is data about private_life (RL-15)"
    assert f"Contact.csv, column Birthdate: {said}" in unplaced


def test_amounts_in_several_currencies_are_not_mixed(engine: Engine, tmp_path: Path) -> None:
    deals = tmp_path / "deals"
    deals.mkdir()
    (deals / "deals.csv").write_text("deal id,amount,currency\nD1,5,USD\nD2,7,EUR\n", "utf-8")
    found = guessed(engine, deals)
    assert any("several currencies" in line for line in found.notes.to_decide)
    assert "est_value" not in found.text
    read = deals_of(engine, deals, tmp_path, currency="USD")
    assert (read["D1"]["est_value"], "est_value" in read["D2"]) == (500, False)


def test_date_that_two_forms_read_is_left_to_its_owner(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "deals.csv").write_text("deal id,created\nD1,02/03/2026\n", "utf-8")
    found = guessed(engine, tmp_path)
    assert "created_on" not in found.text
    assert any("reads as %d/%m/%Y and as %m/%d/%Y" in line for line in found.notes.to_decide)


@pytest.mark.parametrize(("closed", "form"), [("31/03/2026", "%d/%m/%Y"), ("3/31/2026", "%m/%d/%Y")])
def test_another_date_of_the_file_tells_the_form(
    engine: Engine, tmp_path: Path, closed: str, form: str
) -> None:
    (tmp_path / "deals.csv").write_text(f"deal id,created,closed\nD1,02/03/2026,{closed}\n", "utf-8")
    assert f'created: {{to: created_on, date: "{form}"}}' in guessed(engine, tmp_path).text


def test_deals_without_an_id_are_said_to_have_none(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "deals.csv").write_text("amount\n5\n", "utf-8")
    assert any("no column holds it" in line for line in guessed(engine, tmp_path).notes.to_decide)


def test_column_whose_values_do_not_fit_is_left_with_the_reason(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "deals.csv").write_text("deal id,amount\nD1,about 5\n", "utf-8")
    assert any("`about 5` given" in line for line in guessed(engine, tmp_path).notes.to_decide)


def test_stage_whose_flags_differ_has_no_status(engine: Engine, tmp_path: Path) -> None:
    rows = "1,A,2026-01-01,X,false,false\n2,A,2026-01-01,X,true,false\n3,B,2026-01-01,Y,true,true\n"
    (tmp_path / "Opportunity.csv").write_text(f"Id,Name,CloseDate,StageName,IsClosed,IsWon\n{rows}", "utf-8")
    assert "X: null" in guessed(engine, tmp_path).text
    assert '"Y": won' in guessed(engine, tmp_path).text


def test_file_of_no_known_kind_is_ignored_by_name(engine: Engine, exports: Path, tmp_path: Path) -> None:
    for path in (exports / "hubspot").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "notes.csv").write_text("a\n1\n", "utf-8")
    found = guessed(engine, tmp_path)
    assert "ignore_files: [notes.csv]" in found.text
    assert "notes.csv: no known kind of file" in found.notes.unplaced


def test_hostile_names_of_columns_stay_data(engine: Engine, tmp_path: Path) -> None:
    header = 'deal id,"evil: [&a *a] # x","new\nline","{{7*7}}",!!python/name\n'
    (tmp_path / "deals.csv").write_text(f"{header}D1,=1+1,b,c,d\n", "utf-8")
    (tmp_path / "map.yaml").write_text(guessed(engine, tmp_path).text, "utf-8")
    (deal,) = open_source(tmp_path, engine, map_path=tmp_path / "map.yaml")
    assert deal == {"id": "D1"}


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "holds no CSV and no JSON file"),
        ({"a.csv": "x\n1\n", "b.csv": "y\n1\n"}, "none of a.csv, b.csv looks like deals"),
        ({"a.csv": "x,x\n", "b.csv": ""}, "I-EMPTY"),
    ],
)
def test_folder_without_deals_is_refused(
    engine: Engine, tmp_path: Path, files: dict[str, str], message: str
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(InputError, match=message):
        guessed(engine, tmp_path)


def test_system_that_is_not_known_is_refused_with_the_nearest(engine: Engine, exports: Path) -> None:
    with pytest.raises(ArgumentError, match="did you mean `salesforce`"):
        guessed(engine, exports / "hubspot", system="salesfarce")


def test_every_shipped_door_reads_and_has_an_import_file() -> None:
    assert shipped_doors() == ("dynamics", "generic", "hubspot", "odoo", "salesforce")
    assert all(load_door(name).back.columns for name in shipped_doors())


def test_door_of_the_user_with_a_slip_says_where(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("kamrules_door: 1\nid: mine\ntitle: Mine\ndeal: {}\n", "utf-8")
    with pytest.raises(InputError) as caught:
        load_door(tmp_path / "mine.yaml")
    assert any("mine.yaml:4:1: deal: I-FIELD: no field `deal`" in str(fault) for fault in caught.value.faults)


@pytest.mark.parametrize("name", ["salesforce", "hubspot"])
def test_two_commands_lead_from_an_export_to_an_assessment(
    run: Run, exports: Path, tmp_path: Path, name: str
) -> None:
    made = run("map", "init", exports / name, "-o", tmp_path / "map.yaml")
    assert made.exit_code == 0, made.output
    assert "for you to decide:" in made.output
    done = run("assess", exports / name, "--map", tmp_path / "map.yaml", "--as-of", "2026-06-01")
    assert done.exit_code in {0, 1}, done.output
    assert "0 rejected" in done.output


def test_map_is_never_written_over(run: Run, exports: Path, tmp_path: Path) -> None:
    (tmp_path / "map.yaml").write_text("mine", "utf-8")
    done = run("map", "init", exports / "hubspot", "-o", tmp_path / "map.yaml")
    assert done.exit_code == 2
    assert (tmp_path / "map.yaml").read_text("utf-8") == "mine"


def test_check_shows_what_is_dropped_and_why(run: Run, exports: Path, tmp_path: Path) -> None:
    run("map", "init", exports / "salesforce", "-o", tmp_path / "map.yaml")
    done = run("map", "check", exports / "salesforce", "--map", tmp_path / "map.yaml")
    assert done.exit_code == 0
    assert "Opportunity.csv: 1 row left out, by the map's `only` of column IsDeleted" in done.output
    assert "Task.csv: 1 row left out, of no deal" in done.output
    assert "Contact.csv: IsDeleted, AccountId, LastName, FirstName, Email, Birthdate" in done.output


def test_check_is_a_report_in_json_too(run: Run, exports: Path, tmp_path: Path) -> None:
    run("map", "init", exports / "odoo", "-o", tmp_path / "map.yaml")
    done = run("map", "check", exports / "odoo", "--map", tmp_path / "map.yaml", "--format", "json")
    report = json.loads(done.output)
    assert (report["deals"], report["rejected"], report["stray_rows"]) == (2, 0, [])
    assert {"file": "crm.lead.json", "rows": 1, "reason": "by the map's `only` of column type"} in report[
        "left_out"
    ]


def test_check_shows_every_cell_that_cannot_be_read(run: Run, exports: Path, tmp_path: Path) -> None:
    for path in (exports / "hubspot").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    run("map", "init", tmp_path, "-o", tmp_path / "map.yaml")
    deals = next(tmp_path.glob("*deals*.csv"))
    deals.write_text(deals.read_text("utf-8").replace("75000", "lots"), "utf-8")
    done = run("map", "check", tmp_path, "--map", tmp_path / "map.yaml")
    assert done.exit_code == 1
    assert "column Amount: R-VALUE: `lots` given" in done.output


def test_reading_says_what_was_left_out(engine: Engine, exports: Path, tmp_path: Path) -> None:
    from kamrules.adapters import Request

    (tmp_path / "map.yaml").write_text(guessed(engine, exports / "odoo").text, "utf-8")
    reading = read_deals(exports / "odoo", Request(engine.model, map_path=tmp_path / "map.yaml"))
    assert {one.file for one in reading.left_out} == {
        "crm.lead.json",
        "mail.activity.json",
        "res.partner.json",
    }
