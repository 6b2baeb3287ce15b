"""What the exports of CRMs ask of a field map beyond one file a list: joins of rows, ids in a cell, JSON."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from kamrules.adapters import Reading, Request, read_deals
from kamrules.records.rejection import Rejection


def opened(tmp_path: Path, text: str, bad_values: Any = "reject", **files: Any) -> Reading:
    for name, content in files.items():
        is_text = isinstance(content, str)
        path = tmp_path / f"{name}.{'csv' if is_text else 'json'}"
        path.write_text(content if is_text else json.dumps(content), "utf-8")
    (tmp_path / "map.yaml").write_text(f"kamrules_map: 1\n{text}", "utf-8")
    return read_deals(tmp_path, Request(map_path=tmp_path / "map.yaml", bad_values=bad_values))


PEOPLE = """\
deals: {file: opps.csv, columns: {Id: id}}
lists:
  stakeholders:
    file: roles.csv
    on: Id
    key: Opp
    columns: {Contact: id, Role: {to: role, values: {Buyer: commercial_evaluator, Other: null}}}
    joins:
      contact: {file: contacts.csv, on: Contact, key: Id, columns: {Title: title}, ignore: [Colour]}
"""


def test_row_of_a_list_is_joined_with_what_another_file_says_of_its_id(tmp_path: Path) -> None:
    roles = "Opp,Contact,Role\nO1,C1,Buyer\nO1,C2,Other\n"
    (deal,) = opened(
        tmp_path, PEOPLE, opps="Id\nO1\n", roles=roles, contacts="Id,Title,Colour\nC1,CFO,red\nC2,,\n"
    )
    assert isinstance(deal, dict)
    assert deal["stakeholders"] == [
        {"id": "C1", "title": "CFO", "role": "commercial_evaluator"},
        {"id": "C2"},
    ]


def test_id_of_a_list_row_without_its_record_is_a_fault_of_the_deal(tmp_path: Path) -> None:
    files = {"opps": "Id\nO1\n", "roles": "Opp,Contact,Role\nO1,C9,Buyer\n", "contacts": "Id,Title,Colour\n"}
    (rejected,) = opened(tmp_path, PEOPLE, **files)
    assert isinstance(rejected, Rejection)
    assert "roles.csv row 2, column Contact: R-ORPHAN: `C9` is not in contacts.csv" in str(rejected.faults[0])
    (deal,) = opened(tmp_path, PEOPLE, "unknown", **files)
    assert isinstance(deal, dict)
    assert deal["stakeholders"] == [{"id": "C9", "role": "commercial_evaluator"}]


SPLIT = """\
deals: {file: deals.csv, columns: {Id: id}}
lists:
  stakeholders:
    {file: contacts.csv, on: Contacts, key: Id, split: ";", required: false, columns: {Id: id}}
"""


def test_cell_with_several_ids_joins_a_row_for_each(tmp_path: Path) -> None:
    deals = "Id,Contacts\nD1,C1;C2\nD2,C2\nD3,\n"
    reading = opened(tmp_path, SPLIT, deals=deals, contacts="Id\nC1\nC2\nC3\n")
    assert [deal["stakeholders"] for deal in reading if isinstance(deal, dict)] == [
        [{"id": "C1"}, {"id": "C2"}],
        [{"id": "C2"}],
        [],
    ]
    assert reading.strays == ()
    assert [str(one) for one in reading.left_out] == ["contacts.csv: 1 row left out, of no deal"]


def test_id_in_a_cell_without_its_row_stays_an_element_of_unknown_fields(tmp_path: Path) -> None:
    files = {"deals": "Id,Contacts\nD1,C1; C7\n", "contacts": "Id\nC1\n"}
    (rejected,) = opened(tmp_path, SPLIT, **files)
    assert isinstance(rejected, Rejection)
    (deal,) = opened(tmp_path, SPLIT, "unknown", **files)
    assert isinstance(deal, dict)
    assert deal["stakeholders"] == [{"id": "C1"}, {"id": "C7"}]


def test_several_ids_may_stand_at_the_other_end(tmp_path: Path) -> None:
    text = SPLIT.replace("on: Contacts, key: Id", "on: Id, key: Deals")
    reading = opened(tmp_path, text, deals="Id\nD1\nD2\n", contacts="Id,Deals\nC1,D1;D2\n")
    assert [deal["stakeholders"] for deal in reading if isinstance(deal, dict)] == [[{"id": "C1"}]] * 2


def test_list_whose_rows_may_be_kept_elsewhere_is_unknown_without_a_row(tmp_path: Path) -> None:
    text = SPLIT.replace("required: false", "required: false, empty: unknown")
    first, second = opened(tmp_path, text, deals="Id,Contacts\nD1,C1\nD2,\n", contacts="Id\nC1\n")
    assert first == {"id": "D1", "stakeholders": [{"id": "C1"}]}
    assert second == {"id": "D2"}


def test_two_files_fill_one_list(tmp_path: Path) -> None:
    text = """\
deals: {file: deals.csv, columns: {Id: id}}
lists:
  activities:
    - {file: calls.csv, on: Id, key: Deal, columns: {Day: on}, constants: {type: call}}
    - {file: mails.csv, on: Id, key: Deal, columns: {Day: on}, constants: {type: email}}
"""
    files = {"calls": "Deal,Day\nD1,2026-01-02\n", "mails": "Deal,Day\nD1,2026-01-03\n"}
    (deal,) = opened(tmp_path, text, deals="Id\nD1\n", **files)
    assert isinstance(deal, dict)
    assert [activity["type"] for activity in deal["activities"]] == ["call", "email"]


def test_rows_the_map_leaves_out_are_counted_with_the_reason(tmp_path: Path) -> None:
    text = "deals: {file: deals.csv, columns: {Id: id}, only: {Deleted: ['false']}}\n"
    reading = opened(tmp_path, text, deals="Id,Deleted\nD1,False\nD2,true\nD3,\n")
    assert [deal["id"] for deal in reading if isinstance(deal, dict)] == ["D1"]
    assert reading.total == 1
    assert [str(one) for one in reading.left_out] == [
        "deals.csv: 2 rows left out, by the map's `only` of column Deleted"
    ]


def test_column_means_one_field_in_some_rows_and_another_in_others(tmp_path: Path) -> None:
    text = """\
deals:
  file: deals.csv
  columns:
    Id: id
    Close: [{to: closed_on, only: {Stage: [Won]}}, {to: expected_order_on, only: {Stage: Open}}]
    Stage: {to: status, values: {Won: won, Open: open}}
"""
    first, second = opened(tmp_path, text, deals="Id,Close,Stage\nD1,2026-01-02,Won\nD2,2026-03-04,Open\n")
    assert first == {"id": "D1", "status": "won", "closed_on": date(2026, 1, 2)}
    assert second == {"id": "D2", "status": "open", "expected_order_on": date(2026, 3, 4)}


@pytest.mark.parametrize(
    ("target", "cell", "day"),
    [
        ("date: iso", "2026-03-31T23:30:00.000+0000", date(2026, 3, 31)),
        ("date: iso, zone: Asia/Shanghai", "2026-03-31T23:30:00.000+0000", date(2026, 4, 1)),
        ("date: iso, zone: Asia/Shanghai", "2026-03-31 23:30:00", date(2026, 3, 31)),
        ("date: iso", "2026-03-31", date(2026, 3, 31)),
        ("date: epoch_ms", "1774999800000", date(2026, 3, 31)),
        ("date: epoch_ms, zone: Asia/Shanghai", "1774999800000", date(2026, 4, 1)),
    ],
)
def test_day_of_a_moment_is_counted_in_the_zone_of_the_map(
    tmp_path: Path, target: str, cell: str, day: date
) -> None:
    text = f"deals: {{file: deals.csv, columns: {{Id: id, At: {{to: created_on, {target}}}}}}}\n"
    (deal,) = opened(tmp_path, text, deals=f"Id,At\nD1,{cell}\n")
    assert deal == {"id": "D1", "created_on": day}


@pytest.mark.parametrize("cell", ["soon", "99999999999999999999"])
def test_moment_that_is_none_is_a_fault(tmp_path: Path, cell: str) -> None:
    text = "deals: {file: deals.csv, columns: {Id: id, At: {to: created_on, date: epoch_ms}}}\n"
    (rejected,) = opened(tmp_path, text, deals=f"Id,At\nD1,{cell}\n")
    assert isinstance(rejected, Rejection)
    assert "milliseconds since 1970 expected" in str(rejected.faults[0])


def test_json_records_are_read_like_rows(tmp_path: Path) -> None:
    leads = [
        {"id": 7, "partner_id": [3, "ACME"], "date_open": False, "active": False, "tag_ids": [1, 2]},
        {"id": 8, "partner_id": False, "date_open": "2026-01-02", "active": True, "tag_ids": []},
    ]
    text = """\
deals:
  file: leads.json
  columns: {id: id, partner_id: account.id, partner_id.name: account.name, date_open: created_on}
  only: {active: ["true", "false"]}
  ignore: [tag_ids]
"""
    assert list(opened(tmp_path, text, leads=leads)) == [
        {"id": "7", "account": {"id": "3", "name": "ACME"}},
        {"id": "8", "created_on": date(2026, 1, 2)},
    ]


def test_associated_records_of_an_answer_are_their_ids(tmp_path: Path) -> None:
    to = [{"id": "501", "type": "a"}, {"id": "501", "type": "b"}, {"id": "502", "type": "a"}]
    deal = {"id": "1", "properties": {"amount": "5"}, "associations": {"contacts": {"results": to}}}
    text = """\
deals:
  file: deals.json
  columns: {id: id, properties.amount: est_value}
lists:
  stakeholders:
    - {file: people.csv, on: associations.contacts.results, key: id, split: ";", columns: {id: id}}
"""
    (found,) = opened(tmp_path, text, deals={"results": [deal]}, people="id\n501\n502\n")
    assert found == {"id": "1", "est_value": 500, "stakeholders": [{"id": "501"}, {"id": "502"}]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"value": 3}, "a list of records is expected"),
        ([3], "record 1 is no object in braces"),
        ([{}], "no record has a field"),
        ([], "no record has a field"),
    ],
)
def test_json_without_records_is_refused(tmp_path: Path, content: Any, message: str) -> None:
    from kamrules.errors import InputError

    with pytest.raises(InputError, match=message):
        opened(tmp_path, "deals: {file: deals.json, columns: {id: id}}\n", deals=content)


def test_private_column_of_a_joined_file_is_refused_unless_it_is_ignored(tmp_path: Path) -> None:
    from kamrules.engine import compile, load_pack  # noqa: A004 - the library's word
    from kamrules.errors import InputError
    from kamrules.pipeline import open_source

    files = {"opps": "Id\nO1\n", "roles": "Opp,Contact,Role\n", "contacts": "Id,Title,Colour,Birthdate\n"}
    opened(tmp_path, PEOPLE.replace("[Colour]", "[Colour, Birthdate]"), **files)
    (tmp_path / "map.yaml").write_text(f"kamrules_map: 1\n{PEOPLE}", "utf-8")
    with pytest.raises(InputError, match="R-PRIVATE: `Birthdate` is data about private_life"):
        open_source(tmp_path, compile(load_pack("handbook")), map_path=tmp_path / "map.yaml")
