"""CSV files of another system: what a field map can say, and every way it can be wrong."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from kamrules.adapters import Request, read_deals
from kamrules.errors import InputError
from kamrules.records.rejection import Rejection

MAP = """\
kamrules_map: 1
deals:
  file: opps.csv
  columns:
    key: id
    stage: {to: status, values: {Won: won, Open: open, Void: null}}
    worth: {to: est_value, decimal: ",", thousands: ".", missing: [n/a]}
    start: {to: created_on, date: "%d.%m.%Y"}
  constants: {procurement_regime: negotiated, buyer_intent: true}
  ignore: [colour]
joins:
  firms:
    file: firms.csv
    on: firm
    key: code
    columns: {code: [account.id, account.name], staff: {to: account.employees, times: 1000}}
    fixes: {code: {ACNE: ACME}}
lists:
  stakeholders:
    file: people.csv
    on: key
    key: opp
    columns: {who: [id, name], mood: stance}
ignore_files: [notes.csv]
"""
FILES = {
    "opps": 'key,stage,worth,start,colour,firm\nD1,Won,"1.234,50",31.01.2026,red,ACME\nD2,Void,n/a,,,\n',
    "firms": "code,staff\nACNE,3\n",
    "people": "opp,who,mood\nD1,Li,neutral\nD1,Wu,\n",
    "notes": "anything\n",
}


def read(tmp_path: Path, text: str = MAP, bad_values: Any = "reject", **files: str) -> list[Any]:
    for name, content in {**FILES, **files}.items():
        (tmp_path / f"{name}.csv").write_text(content, "utf-8")
    (tmp_path / "map.yaml").write_text(text, "utf-8")
    return list(read_deals(tmp_path, Request(map_path=tmp_path / "map.yaml", bad_values=bad_values)))


def faults(tmp_path: Path, text: str = MAP, **files: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(tmp_path, text, **files)
    return [str(fault).replace(f"{tmp_path}/", "") for fault in caught.value.faults]


def test_map_renames_joins_translates_and_corrects(tmp_path: Path) -> None:
    assert read(tmp_path) == [
        {
            "id": "D1",
            "status": "won",
            "est_value": 123_450,
            "created_on": date(2026, 1, 31),
            "procurement_regime": "negotiated",
            "buyer_intent": True,
            "account": {"id": "ACME", "name": "ACME", "employees": 3000},
            "stakeholders": [{"id": "Li", "name": "Li", "stance": "neutral"}, {"id": "Wu", "name": "Wu"}],
        },
        {"id": "D2", "procurement_regime": "negotiated", "buyer_intent": True, "stakeholders": []},
    ]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("D1,won,,,,", "opps.csv row 2, column stage: R-VALUE: `won` is not among the values of the map"),
        ("D1,,1x,,,", "opps.csv row 2, column worth: R-VALUE: `1x` given, a number expected"),
        (
            'D1,,"1,2345",,,',
            "`1.2345` given, the amount has more decimals than CNY has (the cell is `1,2345`)",
        ),
        (
            "D1,,,2026-01-31,,",
            "column start: R-VALUE: `2026-01-31` given, a date of the form `%d.%m.%Y` expected",
        ),
        (
            "D1,,,,,ACNE",
            "opps.csv row 2, column firm: R-ORPHAN: `ACNE` is not in firms.csv; did you mean `ACME`?",
        ),
    ],
)
def test_cell_the_map_cannot_read_rejects_the_deal(tmp_path: Path, row: str, message: str) -> None:
    (rejection,) = read(tmp_path, opps=f"key,stage,worth,start,colour,firm\n{row}\n", people="opp,who,mood\n")
    assert isinstance(rejection, Rejection)
    assert message in str(rejection.faults[0])


def test_join_that_is_not_required_leaves_the_fields_unknown(tmp_path: Path) -> None:
    text = MAP.replace("on: firm", "on: firm\n    required: false")
    (deal,) = read(
        tmp_path, text, opps="key,stage,worth,start,colour,firm\nD1,,,,,NEW\n", people="opp,who,mood\n"
    )
    assert "account" not in deal


def test_times_without_zone_get_the_one_of_the_map(tmp_path: Path) -> None:
    text = """\
kamrules_map: 1
deals:
  file: opps.csv
  columns:
    key: id
    due: {to: bid.deadline_at, date: "%d/%m/%y %H:%M", zone: Asia/Shanghai}
ignore_files: [firms.csv, people.csv, notes.csv]
"""
    (deal,) = read(tmp_path, text, opps="key,due\nD1,31/01/26 08:00\n")
    assert deal["bid"]["deadline_at"] == datetime(2026, 1, 31, tzinfo=UTC)


def test_dates_of_the_whole_map_share_a_format(tmp_path: Path) -> None:
    text = """\
kamrules_map: 1
dates: "%Y%m%d"
deals: {file: opps.csv, columns: {key: id, due: closed_on}}
ignore_files: [firms.csv, people.csv, notes.csv]
"""
    assert read(tmp_path, text, opps="key,due\nD1,20260131\n")[0]["closed_on"] == date(2026, 1, 31)


def test_one_csv_file_is_enough(tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_text("key;worth\nD1;7\n", "utf-8")
    (tmp_path / "other.csv").write_text("x\n", "utf-8")
    text = "kamrules_map: 1\ndeals: {file: opps.csv, separator: ';', columns: {key: id, worth: est_value}}\n"
    (tmp_path / "map.yaml").write_text(text, "utf-8")
    reading = read_deals(tmp_path / "export.csv", Request(map_path=tmp_path / "map.yaml"))
    assert list(reading) == [{"id": "D1", "est_value": 700}]


def test_bad_cell_can_be_left_unknown(tmp_path: Path) -> None:
    row = "key,stage,worth,start,colour,firm\nD1,Won,x,,,\n"
    (deal,) = read(tmp_path, bad_values="unknown", opps=row, people="opp,who,mood\n")
    assert deal["status"] == "won"
    assert "est_value" not in deal


def test_every_fault_of_a_map_and_its_files_is_reported_with_its_place(tmp_path: Path) -> None:
    text = """\
kamrules_map: 1
currency: USD
deals:
  file: opps.csv
  columns:
    key: id
    stage: {to: status, values: {Won: wonn}}
    worth: est_valu
    strat: created_on
    start: {to: bid.deadline_at, zone: Mars/Olympus}
  constants: {size_class: huge, colour: red}
joins:
  firms: {file: firm.csv, on: firm}
  more: {file: firms.csv, on: firm, key: name, columns: {staff: [account.employees, id]}}
lists:
  people: {file: people.csv, on: key}
"""
    assert faults(tmp_path, text) == [
        "map.yaml:2:1: I-MAP: the amounts are in USD, the pack is in CNY; load the pack with currency USD",
        (
            "map.yaml:7:34: I-MAP: `wonn` is not one of open, shelved, won, lost, cancelled (field `status`);"
            " did you mean `won`?"
        ),
        "map.yaml:8:5: I-MAP: no field `est_valu`; did you mean `est_value`?",
        "map.yaml:9:5: I-MAP: no column `strat` in opps.csv; did you mean `start`?",
        "map.yaml:10:34: I-MAP: no time zone `Mars/Olympus`; such as Asia/Shanghai or UTC",
        "map.yaml:11:15: I-MAP: `huge` is not one of small, major (field `size_class`)",
        "map.yaml:11:33: I-MAP: no field `colour`",
        "map.yaml:13:11: I-MAP: no file `firm.csv`; did you mean `firms.csv`?",
        "map.yaml:14:37: I-MAP: no column `name` in firms.csv",
        "map.yaml:16:3: I-MAP: no list `people` in a deal",
        "map.yaml:14:58: I-MAP: field `id` is filled by `key` already",
        (
            "opps.csv row 1, column colour: I-COLUMN: column `colour` is neither mapped nor ignored;"
            " map it, or list it under `ignore`"
        ),
        (
            "firms.csv row 1, column code: I-COLUMN: column `code` is neither mapped nor ignored;"
            " map it, or list it under `ignore`"
        ),
        "I-FILE: `notes.csv` is neither mapped nor ignored; map it, or list it under `ignore_files`",
        "I-FILE: `people.csv` is neither mapped nor ignored; map it, or list it under `ignore_files`",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- 1\n", "map.yaml:1:1: I-VALUE: a field map is a mapping"),
        (
            "kamrules_map: 2\ndeals: {file: opps.csv}\n",
            "map.yaml:1:15: kamrules_map: I-VALUE: `2` is not one of 1",
        ),
        ("kamrules_map: 1\n", "I-MISSING: `deals` is missing"),
        (
            "kamrules_map: 1\ndeals: {file: ../x.csv}\n",
            "map.yaml:2:15: deals.file: I-VALUE: `../x.csv` given, the name of a CSV or JSON file",
        ),
        (
            "kamrules_map: 1\ndeals: {file: opps.csv, colums: {}}\n",
            "no field `colums`; did you mean `columns`?",
        ),
        (
            "kamrules_map: 1\ndeals:\n  file: opps.csv\n  columns:\n    a: {to: id, vals: {}}\n",
            "map.yaml:5:17: deals.columns.a[0].vals: I-FIELD: no field `vals`",
        ),
        ("kamrules_map: 1\ndeals: {file: a.csv\n", "map.yaml:3:1: P-YAML: while parsing a flow mapping"),
    ],
)
def test_map_that_is_not_well_formed_says_where(tmp_path: Path, text: str, message: str) -> None:
    assert message in faults(tmp_path, text)[0]


def test_missing_map_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_deals(tmp_path, Request(map_path=tmp_path / "map.yaml"))


def test_map_does_not_read_json_lines(tmp_path: Path) -> None:
    (tmp_path / "d.jsonl").write_text("{}")
    with pytest.raises(InputError, match="a field map reads CSV and JSON files"):
        read_deals(tmp_path / "d.jsonl", Request(map_path=tmp_path / "map.yaml"))
