"""A folder of related CSV files: what is read, what is refused, and that nothing disappears."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kamrules.adapters import Reading, Request, read_deals
from kamrules.errors import InputError
from kamrules.records import Deal
from kamrules.records.rejection import Rejection

Folder = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    def make(**files: str | bytes) -> Path:
        for name, content in files.items():
            raw = content.encode() if isinstance(content, str) else content
            (tmp_path / f"{name}.csv").write_bytes(raw)
        return tmp_path

    return make


def faults_of(reading: Reading) -> dict[str | None, list[str]]:
    return {item.id: [str(fault) for fault in item.faults] for item in reading if isinstance(item, Rejection)}


def header_faults(path: Path, request: Request | None = None) -> list[str]:
    with pytest.raises(InputError) as caught:
        list(read_deals(path, request))
    return [str(fault) for fault in caught.value.faults]


def only(path: Path) -> dict[str, Any]:
    (deal,) = read_deals(path)
    assert isinstance(deal, dict), deal
    return deal


# --- what is read


def test_rows_of_all_files_become_one_nested_deal_that_fits_the_model(folder: Folder) -> None:
    path = folder(
        deals="id,name,account_id,lead.source,need.pain_amount\nD1,Line 1,A1,fair,12.50\n",
        accounts="id,name,industry,industry_profile.need\nA1,Acme,welding,much\n",
        stakeholders="deal_id,id,stance\nD1,P1,neutral\nD1,P2,\n",
        influences="deal_id,stakeholder_id,on,kind,strength\nD1,P1,P2,influence,0.5\n",
        activities="id,deal_id,type,attendees\nX,D1,visit,P1;P2\n",
    )
    deal = only(path)
    assert deal == {
        "id": "D1",
        "name": "Line 1",
        "account": {"id": "A1", "name": "Acme", "industry": "welding", "industry_profile": {"need": "much"}},
        "lead": {"source": "fair"},
        "need": {"pain_amount": 1250},
        "stakeholders": [
            {
                "id": "P1",
                "stance": "neutral",
                "influences": [{"on": "P2", "kind": "influence", "strength": 0.5}],
            },
            {"id": "P2", "influences": []},
        ],
        "activities": [{"id": "X", "type": "visit", "attendees": ["P1", "P2"]}],
    }
    Deal.model_validate(deal)


def test_list_is_unknown_without_its_file_and_empty_without_rows(folder: Folder) -> None:
    deal = only(folder(deals="id\nD1\n", stakeholders="deal_id,id\n"))
    assert deal["stakeholders"] == []
    assert "activities" not in deal


def test_list_named_as_unknown_is_left_out_although_its_file_is_there(folder: Folder) -> None:
    path = folder(deals="id,unknown_lists\nD1,stakeholders;activities\n", stakeholders="deal_id,id\n")
    assert "stakeholders" not in only(path)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("stakeholder", "no list `stakeholder`; did you mean `stakeholders`?"),
        ("stakeholders", "stakeholders are declared unknown for this deal, and a row is given"),
    ],
)
def test_wrong_name_of_an_unknown_list_rejects_the_deal(folder: Folder, cell: str, message: str) -> None:
    path = folder(deals=f"id,unknown_lists\nD1,{cell}\n", stakeholders="deal_id,id\nD1,P1\n")
    assert message in faults_of(read_deals(path))["D1"][0]


def test_account_may_stand_in_the_deals_file(folder: Folder) -> None:
    path = folder(deals="id,account.name,account_id\nD1,Acme,A1\n")
    assert only(path)["account"] == {"name": "Acme", "id": "A1"}


def test_deals_share_an_account_without_sharing_its_record(folder: Folder) -> None:
    path = folder(
        deals="id,account_id\nD1,A1\nD2,A1\nD3,\n",
        accounts="id,industry\nA1,welding\n",
        evidence="deal_id,record,field,level\nD1,account,industry,E2\n",
    )
    first, second, third = read_deals(path)
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert first["account"]["evidence"] == {"industry": {"level": "E2"}}
    assert "evidence" not in second["account"]
    assert third == {"id": "D3"}


def test_byte_order_mark_crlf_and_quoted_line_breaks_are_read(folder: Folder) -> None:
    path = folder(
        deals=b'\xef\xbb\xbfid,risk_note\r\nD1,"first\r\nsecond, with ""quotes"""\r\n\r\n,\r\nD2,\r\n'
    )
    first, second = read_deals(path)
    assert first == {"id": "D1", "risk_note": 'first\r\nsecond, with "quotes"'}
    assert second == {"id": "D2"}


def test_row_numbers_count_as_a_spreadsheet_does(folder: Folder) -> None:
    path = folder(deals='id,milestone,name\nD1,,"two\nlines"\n\nD2,M9,\n')
    assert faults_of(read_deals(path))["D2"] == [
        (
            "deals.csv row 4, column milestone: R-VALUE: `M9` is not one of M1, M2, M3, M4, M5, M6, M7, M8;"
            " did you mean `M8`?"
        )
    ]


def test_header_alone_is_a_pipeline_without_deals(folder: Folder) -> None:
    reading = read_deals(folder(deals="id,name\n"))
    assert list(reading) == []
    assert reading.total == 0


def test_a_reading_can_be_iterated_twice_with_the_same_result(folder: Folder) -> None:
    path = folder(
        deals="id\nD1\n",
        stakeholders="deal_id,id,stance\nD1,P1,neutral\n",
        evidence="deal_id,record,record_id,field,level\nD1,stakeholders,P1,stance,E2\n",
    )
    reading = read_deals(path)
    assert list(reading) == list(reading)


# --- evidence


def test_evidence_goes_to_deal_part_list_element_and_account(folder: Folder) -> None:
    path = folder(
        deals="id,account_id,buyer_intent\nD1,A1,yes\n",
        accounts="id,industry\nA1,welding\n",
        stakeholders="deal_id,id,stance,role\nD1,P1,neutral,user\n",
        buying_steps="deal_id,step,rule\nD1,decision,a\nD1,decision,b\n",
        evidence=(
            "deal_id,record,record_id,field,level,source,at\n"
            "D1,deal,,buyer_intent,E2,mail,2026-01-02\n"
            "D1,need,,pain,E3,,\n"
            "D1,stakeholders,P1,stance;role,E1,,\n"
            "D1,buying_steps,decision,rule,E4,,\n"
            ",account,A1,industry,E2,,\n"
        ),
    )
    deal = only(path)
    assert Deal.model_validate(deal).evidence is not None
    assert deal["evidence"]["buyer_intent"]["source"] == "mail"
    assert deal["need"] == {"evidence": {"pain": {"level": "E3"}}}
    assert deal["stakeholders"][0]["evidence"] == {"stance": {"level": "E1"}, "role": {"level": "E1"}}
    assert [step["evidence"] for step in deal["buying_steps"]] == [{"rule": {"level": "E4"}}] * 2
    assert deal["account"]["evidence"] == {"industry": {"level": "E2"}}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("D1,dael,,name,E1", "column record: R-FIELD: no record `dael`; did you mean `deal`?"),
        ("D1,deal,,nmae,E1", "column field: R-FIELD: no field `nmae` in deal; did you mean `name`?"),
        ("D1,need,,pian,E1", "column field: R-FIELD: no field `pian` in need; did you mean `pain`?"),
        (
            "D1,stakeholders,P9,stance,E1",
            "column record_id: R-ORPHAN: `P9` is not in stakeholders of the deal",
        ),
        ("D1,activities,X,on,E1", "column record_id: R-ORPHAN: `X` is not in activities of the deal"),
        ("D1,deal,,name,E7", "column level: R-VALUE: `E7` is not one of E0, E1, E2, E3, E4"),
        ("D1,deal,,name,", "column level: R-VALUE: `` is not one of"),
        ("D1,deal,,name;name,E1", "R-DUPLICATE: evidence of `name` is given twice"),
        ("D1,deal,,name", "R-RAGGED: 4 cells given, 5 expected as in the header"),
    ],
)
@pytest.mark.parametrize("bad_values", ["reject", "unknown"])
def test_evidence_that_cannot_be_placed_rejects_the_deal_always(
    folder: Folder, row: str, message: str, bad_values: Any
) -> None:
    path = folder(
        deals="id,name\nD1,x\n",
        stakeholders="deal_id,id,stance\nD1,P1,\n",
        evidence=f"deal_id,record,record_id,field,level\n{row}\n",
    )
    (fault, *_) = faults_of(read_deals(path, Request(bad_values=bad_values)))["D1"]
    assert f"evidence.csv row 2{', ' if 'column' in message else ': '}{message}" in fault


# --- a deal that cannot be read


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"deals": "id,est_value\nD1,ten\n"},
            "deals.csv row 2, column est_value: R-VALUE: `ten` given, an amount",
        ),
        ({"deals": "id,name\nD1\n"}, "deals.csv row 2: R-RAGGED: 1 cells given, 2 expected"),
        ({"deals": "id,name\nD1,a,b\n"}, "deals.csv row 2: R-RAGGED: 3 cells given, 2 expected"),
        (
            {"deals": b"id,name\nD1,\xff\xfe\n"},
            "deals.csv row 2: R-UTF8: the row has bytes that are not UTF-8",
        ),
        ({"deals": b"id,name\nD1,a\x00b\n"}, "deals.csv row 2: R-NUL: the row has a NUL character"),
        (
            {"deals": "id,account_id\nD1,A2\n", "accounts": "id\nA1\n"},
            "deals.csv row 2, column account_id: R-ORPHAN: `A2` is not in accounts.csv; did you mean `A1`?",
        ),
        (
            {"deals": "id,account_id\nD1,A1\n", "accounts": "id\nA1\nA1\n"},
            "deals.csv row 2, column account_id: R-DUPLICATE: `A1` stands in 2 rows of accounts.csv",
        ),
        (
            {"deals": "id,account_id\nD1,A1\n", "accounts": "id,employees\nA1,many\n"},
            "accounts.csv row 2, column employees: R-VALUE: `many` given, a whole number such as 12 expected",
        ),
        (
            {"deals": "id\nD1\n", "stakeholders": "deal_id,id\nD1,P1\nD1,P1\n"},
            "stakeholders.csv row 2: R-DUPLICATE: id `P1` stands in several rows of the deal",
        ),
        (
            {"deals": "id\nD1\n", "stakeholders": "deal_id,id,stance\nD1,P1,friend\n"},
            "stakeholders.csv row 2, column stance: R-VALUE: `friend` is not one of mentor",
        ),
        (
            {"deals": "id\nD1\n", "stakeholders": "deal_id,id,stance\nD1,P1\n"},
            "stakeholders.csv row 2: R-RAGGED: 2 cells given, 3 expected",
        ),
        (
            {
                "deals": "id\nD1\n",
                "stakeholders": "deal_id,id\nD1,P1\n",
                "influences": "deal_id,stakeholder_id,on\nD1,P2,P1\n",
            },
            "influences.csv row 2: R-ORPHAN: `P2` is not in stakeholders of the deal; did you mean `P1`?",
        ),
    ],
)
def test_deal_that_cannot_be_read_is_rejected_with_file_row_and_column(
    folder: Folder, files: dict[str, Any], message: str
) -> None:
    reading = read_deals(folder(**files))
    (rejection,) = list(reading)
    assert isinstance(rejection, Rejection)
    assert rejection.row == 2
    assert str(rejection.faults[0]).startswith(message)


def test_every_bad_cell_of_a_deal_is_reported(folder: Folder) -> None:
    path = folder(
        deals="id,est_value,milestone,buyer_intent\nD1,x,M0,2\n",
        plans="deal_id,budget,due_on\nD1,1.001,soon\n",
    )
    assert len(faults_of(read_deals(path))["D1"]) == 5


def test_deals_with_one_id_are_all_rejected_because_their_rows_cannot_be_told_apart(folder: Folder) -> None:
    reading = read_deals(folder(deals="id,name\nD1,a\nD2,b\nD1,c\n,d\n"))
    outcomes = [
        (item.id if isinstance(item, Rejection) else item["id"], type(item).__name__) for item in reading
    ]
    assert outcomes == [("D1", "Rejection"), ("D2", "dict"), ("D1", "Rejection"), (None, "Rejection")]


def test_bad_cell_can_be_left_unknown_and_is_reported(folder: Folder) -> None:
    path = folder(deals="id,name,est_value\nD1,a,ten\nD2,b\n")
    items = list(read_deals(path, Request(bad_values="unknown")).items())
    assert items[0].deal == {"id": "D1", "name": "a"}
    assert [fault.where for fault in items[0].issues] == ["deals.csv row 2, column est_value"]
    assert isinstance(items[1].deal, Rejection), "a row that cannot be read as a whole is never guessed"


# --- rows that belong to no deal


def test_rows_of_unknown_deals_are_strays_with_the_nearest_id(folder: Folder) -> None:
    path = folder(
        deals="id,account_id\nDEAL-1,A1\n",
        accounts="id\nA1\nA2\n",
        stakeholders="deal_id,id\nDEAL-2,P1\n,P2\n",
        evidence="deal_id,record,record_id,field,level\nD9,deal,,name,E1\n,deal,,name,E1\n,account,A7,name,E1\n",
    )
    reading = read_deals(path)
    assert [str(fault) for stray in reading.strays for fault in stray.faults] == [
        "stakeholders.csv row 2, column deal_id: R-ORPHAN: no deal has `DEAL-2`; did you mean `DEAL-1`?",
        "stakeholders.csv row 3, column deal_id: R-ORPHAN: the cell is empty, a deal id is expected",
        "evidence.csv row 3, column deal_id: R-ORPHAN: the cell is empty, a deal id is expected",
        "evidence.csv row 2, column deal_id: R-ORPHAN: no deal has `D9`",
        "evidence.csv row 4, column record_id: R-ORPHAN: no account has `A7`",
    ]


# --- a folder that cannot be read


def test_all_faults_of_files_and_headers_are_reported_at_once(folder: Folder) -> None:
    path = folder(
        deals="id,nmae,account.name\nD1,a,b\n",
        accounts="id,industri\nA1,x\n",
        stakeholder="deal_id\n",
        activities="id,id,\n",
        plans="",
        documents="\n\n",
        influences="deal_id,stakeholder_id\n",
    )
    assert header_faults(path) == [
        "activities.csv row 1: I-COLUMN: column `id` appears twice; keep one of them",
        "activities.csv row 1: I-COLUMN: column 3 has no name; name or delete it",
        "documents.csv row 1: I-EMPTY: the header row is blank, column names are expected",
        "plans.csv: I-EMPTY: the file is empty, a header row is expected",
        "I-FILE: `stakeholder.csv` is no file of this format; did you mean `stakeholders.csv`?",
        "deals.csv row 1, column nmae: I-COLUMN: no field `nmae`; did you mean `name`?",
        (
            "deals.csv row 1, column account.name: I-COLUMN: column `account.name` and accounts.csv both"
            " describe the account; use account_id and accounts.csv"
        ),
        "accounts.csv row 1, column industri: I-COLUMN: no field `industri`; did you mean `industry`?",
        "deals.csv row 1: I-COLUMN: column `account_id` is missing; did you mean `account.name`?",
        "I-FILE: influences.csv needs stakeholders.csv, whose rows own its rows",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("name\nx\n", "deals.csv row 1: I-COLUMN: column `id` is missing"),
        ("id;name\nD1;x\n", "the file seems to be separated by semicolons, save it with commas"),
        ("id\tname\nD1\tx\n", "the file seems to be separated by tabs"),
        (b"id,\xb4\xf3\n", "deals.csv row 1: I-UTF8: the header is not UTF-8 text; save the file as UTF-8"),
        ("id,name\n".encode("utf-16"), "deals.csv: I-UTF8: the file is UTF-16"),
        ('id,name\nD1,"open\nD2,x\n', "deals.csv row 2: I-CSV: a quoted cell does not end"),
        ('id,name\nD1,"a"b\n', "deals.csv row 2: I-CSV: a quote stands inside a cell"),
        ("id,name\rD1,x\r", "I-CSV: a lone carriage return ends a line"),
        (
            f"id,name\nD1,{'x' * 140_000}\n",
            "I-CSV: a cell is longer than 131072 characters; is a quote not closed?",
        ),
        (f"id,name\nD1,{'x' * 5_000_000}\n", "deals.csv: I-SIZE: line 2 is longer than 4000000 bytes"),
        (",".join(f"c{n}" for n in range(3000)), "I-SIZE: 3000 columns given, at most 2000 are read"),
    ],
)
def test_file_that_cannot_be_read_as_a_whole_is_one_clear_error(
    folder: Folder, content: str | bytes, message: str
) -> None:
    assert message in " | ".join(header_faults(folder(deals=content)))


def test_broken_child_file_is_found_before_the_first_deal(folder: Folder) -> None:
    path = folder(deals="id\nD1\n", stakeholders='deal_id,id\nD1,"P1\n', plans='deal_id,goal\nD1,"a\n')
    with pytest.raises(InputError) as caught:
        read_deals(path)
    assert [fault.where for fault in caught.value.faults] == ["plans.csv row 2", "stakeholders.csv row 2"][
        ::-1
    ]


def test_named_columns_can_be_ignored(folder: Folder) -> None:
    path = folder(deals="id,colour,size\nD1,red,3\n", team="deal_id,colour\nD1,x\n")
    assert len(header_faults(path, Request(ignored_columns=frozenset({"deals.csv:colour", "size"})))) == 1
    ignoring = Request(ignored_columns=frozenset({"colour", "size"}))
    assert list(read_deals(path, ignoring)) == [{"id": "D1", "team": [{}]}]


def test_missing_folder_and_folder_without_deals_say_so(tmp_path: Path) -> None:
    assert header_faults(tmp_path / "nowhere") == [
        f"I-FILE: cannot read `{tmp_path / 'nowhere'}`: no such file or folder"
    ]
    assert "has no deals.csv" in header_faults(tmp_path)[0]
    (tmp_path / "deals.xlsx").write_bytes(b"PK")
    assert "is in no known format" in header_faults(tmp_path / "deals.xlsx")[0]


# --- nothing disappears

CELL = st.sampled_from(
    ["D1", "D2", "D3", "", "M1", "neutral", "x", '"', '"a\nb"', ",", "\r", "是", "\x00", "E2"]
)
ROWS = st.lists(st.lists(CELL, min_size=1, max_size=4), max_size=6)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deals=ROWS, people=ROWS, proofs=ROWS)
def test_as_many_items_come_out_as_deals_went_in_whatever_the_rows(
    tmp_path: Path, deals: list[list[str]], people: list[list[str]], proofs: list[list[str]]
) -> None:
    for name, header, rows in (
        ("deals", "id,milestone", deals),
        ("stakeholders", "deal_id,id,stance", people),
        ("evidence", "deal_id,record,field,level", proofs),
    ):
        text = "\n".join([header, *(",".join(row) for row in rows)])
        (tmp_path / f"{name}.csv").write_bytes(text.encode())
    try:
        reading = read_deals(tmp_path)
    except InputError:
        return
    assert len(list(reading)) == reading.total
