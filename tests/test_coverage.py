"""Every id of the handbook digest is in the pack or has a reason, and the coverage page knows every id."""

from functools import cache
from pathlib import Path

import pytest

import kamrules as kr
from kamrules.rules.pack import Pack
from tools.handbook_coverage import PAGE, coverage, ids_of, names_of_page, page_of, places_of, problems


@cache
def pack() -> Pack:
    return kr.load_pack("handbook")


def listed() -> list[str]:
    return names_of_page(PAGE.read_text("utf-8"))


def test_the_page_lists_exactly_the_ids_of_the_handbook(shared: Path) -> None:
    assert listed() == ids_of((shared / "HANDBOOK.md").read_text("utf-8"))


def test_every_id_of_the_handbook_has_a_place_or_a_reason(shared: Path) -> None:
    names = ids_of((shared / "HANDBOOK.md").read_text("utf-8"))
    assert problems(coverage(names, pack()), pack()) == []


def test_every_id_of_the_page_has_a_place_or_a_reason() -> None:
    assert problems(coverage(listed(), pack()), pack()) == []


def test_a_new_row_of_the_handbook_is_reported() -> None:
    cells = coverage([*listed(), "M4.T8", "ZZ.1"], pack())
    assert [line.split()[0] for line in problems(cells, pack())] == ["M4.T8", "ZZ.1"]
    assert "| M4.T8 | missing |" in page_of(cells)


def test_what_is_not_executable_says_why_in_both_languages() -> None:
    for name, item in pack().not_executable.items():
        assert name not in places_of(pack())
        assert item.why.en
        assert any("\u4e00" <= char <= "\u9fff" for char in item.why.zh)


def test_every_improper_tactic_of_the_handbook_has_red_lines_and_a_lawful_twin() -> None:
    improper = [name for name in listed() if name.startswith("BS.")]
    improper += ["M5.T2b", "M5.T5", "M6.T3b", "M6.T3c", "M6.T3d", "M6.T3e", "M7.R2"]
    assert sorted(pack().tactics) == sorted(improper)
    for tactic in pack().tactics.values():
        assert set(tactic.red_lines) <= set(pack().red_lines)
        assert tactic.lawful_twin.en
    assert not set(pack().tactics) & set(pack().plays)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("M1.X1–X4 and M8.R1–R2", ["M1.X1", "M1.X2", "M1.X3", "M1.X4", "M8.R1", "M8.R2"]),
        ("TI.3–6", ["TI.3", "TI.4", "TI.5", "TI.6"]),
        ("RM.0–RM.2", ["RM.0", "RM.1", "RM.2"]),
        ("RL-04/05, RL-08/RL-15", ["RL-04", "RL-05", "RL-08", "RL-15"]),
        ("RL-09–11", ["RL-09", "RL-10", "RL-11"]),
        ("BS.1.1/1.2/1.5", ["BS.1.1", "BS.1.2", "BS.1.5"]),
        ("RM.3/5/12", ["RM.3", "RM.5", "RM.12"]),
        ("(M2.T3/T4) M5.T1/M6.T1", ["M2.T3", "M2.T4", "M5.T1", "M6.T1"]),
        ("M4.R2.2a, M6.T3e, M4.F", ["M4.F", "M4.R2.2a", "M6.T3e"]),
        ("M4.E*/M4.X*, NG.*, C139, 9C, S1, E2, p21", []),
        ("C7 then C12", ["C7", "C12"]),
        ("| QQ.4 | a new family |\n| id | rule |\n| S3 | sibling |", ["QQ.4"]),
    ],
)
def test_ids_are_found_with_ranges_and_lists_written_out(text: str, expected: list[str]) -> None:
    assert ids_of(text) == expected
