"""Deals as JSON and JSON Lines: the forms read, and what is wrong with the others."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from kamrules.adapters import read_deals
from kamrules.errors import InputError
from kamrules.records.rejection import Rejection


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def fault_of(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        list(read_deals(path))
    return str(caught.value)


# --- JSON


@pytest.mark.parametrize(
    ("content", "deals"),
    [
        ({"id": "D1"}, [{"id": "D1"}]),
        ([{"id": "D1"}, {}], [{"id": "D1"}, {}]),
        ({"deals": [{"id": "D1"}]}, [{"id": "D1"}]),
        ([], []),
    ],
)
def test_one_deal_a_list_or_an_object_with_deals_is_read(
    tmp_path: Path, content: Any, deals: list[Any]
) -> None:
    reading = read_deals(write(tmp_path / "d.json", "\ufeff" + json.dumps(content)))
    assert list(reading) == deals
    assert reading.total == len(deals)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "d.json: I-EMPTY: the file is empty, deals are expected"),
        ('{"id": "D1",\n}', "d.json:2:1: I-JSON: not JSON: expecting property name"),
        ('"D1"', "d.json: I-JSON: a deal, a list of deals or an object with `deals` is expected"),
        ('{"deals": {}}', "d.json: I-JSON: `deals` is not a list"),
        ('{"deals": [], "deal": 1}', "d.json: I-JSON: no key `deal` beside `deals`"),
        ('{"id": "a", "id": "b"}', "d.json: I-JSON: key `id` appears twice in one object"),
        ('{"est_value": NaN}', "d.json: I-JSON: `NaN` is not a JSON number"),
        ('{"name": "\\ud800"}', "d.json: I-JSON: a text has half of a character pair"),
        ("[" * 100_000, "d.json: I-JSON: nested too deeply"),
        ('{"est_value": ' + "9" * 5000 + "}", "d.json: I-JSON: a number has too many digits"),
        (b'{"name":\n"\xff"}', "d.json:2:1: I-UTF8: byte 10 is not UTF-8; save the file as UTF-8"),
    ],
)
def test_json_file_that_holds_no_deals_is_one_clear_error(
    tmp_path: Path, content: str | bytes, message: str
) -> None:
    assert fault_of(write(tmp_path / "d.json", content)).startswith(message)


def test_element_that_is_no_deal_and_repeated_id_are_rejected_beside_the_others(tmp_path: Path) -> None:
    reading = read_deals(write(tmp_path / "d.json", '[{"id": "D1"}, 7, {"id": "D1"}, {"id": 5}]'))
    first, second, third, fourth = reading
    assert first == {"id": "D1"}
    assert isinstance(second, Rejection)
    assert isinstance(third, Rejection)
    assert (
        str(second.faults[0])
        == "d.json deal 2: R-JSON: a deal is an object in braces, another value is given"
    )
    assert str(third.faults[0]) == "d.json deal 3: R-DUPLICATE: deal id `D1` was given as deal 1 already"
    assert (third.row, third.id) == (3, "D1")
    assert fourth == {"id": 5}, "what the model thinks of an id is the engine's matter"


# --- JSON Lines


def test_lines_are_read_one_by_one_with_their_line_numbers(tmp_path: Path) -> None:
    content = b'\xef\xbb\xbf{"id": "D1"}\r\n\n{"id": "D2"}\n{"id": "D1"}\n'
    content += b'[]\n{"id"\n{"x": "\xff"}\n{"a": 1, "a": 2}'
    items = list(read_deals(write(tmp_path / "d.jsonl", content)).items())
    assert [item.row for item in items] == [1, 3, 4, 5, 6, 7, 8]
    assert [item.deal for item in items[:2]] == [{"id": "D1"}, {"id": "D2"}]
    assert [
        str(fault) for item in items[2:] if isinstance(item.deal, Rejection) for fault in item.deal.faults
    ] == [
        "d.jsonl line 4: R-DUPLICATE: deal id `D1` was given in line 1 already",
        "d.jsonl line 5: R-JSON: a deal is an object in braces, another value is given",
        "d.jsonl line 6: R-JSON: not JSON: expecting ':' delimiter",
        "d.jsonl line 7: R-UTF8: byte 7 is not UTF-8; save the file as UTF-8",
        "d.jsonl line 8: R-JSON: key `a` appears twice in one object",
    ]


def test_file_is_read_as_a_stream(tmp_path: Path) -> None:
    reading = read_deals(write(tmp_path / "d.ndjson", '{"id": "D1"}\n' + "x" * 17_000_000))
    items = iter(reading)
    assert next(items) == {"id": "D1"}
    with pytest.raises(InputError, match="line 2 is longer than 16000000 bytes"):
        next(items)


def test_dash_reads_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = io.BytesIO(b'{"id": "D1"}\nno\n')

    monkeypatch.setattr("sys.stdin", Stdin)
    first, second = read_deals("-")
    assert first == {"id": "D1"}
    assert isinstance(second, Rejection)
    assert second.faults[0].where == "stdin line 2"


def test_folder_called_like_a_file_is_no_json(tmp_path: Path) -> None:
    (tmp_path / "d.jsonl").mkdir()
    assert "has no deals.csv" in fault_of(tmp_path / "d.jsonl")
