"""One cell of text as a value: every type, exactly, and nothing guessed."""

import contextlib
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamrules.records import Activity, Deal, Stakeholder
from kamrules.sheets.cells import CellError, Reader, fields_of, lists_of

DEAL = fields_of(Deal)


def read(field: str, cell: str, model: type = Deal) -> object:
    return Reader(fields_of(model)[field]).read(cell)


@pytest.mark.parametrize(
    ("field", "cell", "value"),
    [
        ("name", " 焊接 line ", "焊接 line"),
        ("buyer_intent", "YES", True),
        ("buyer_intent", "是", True),
        ("buyer_intent", "0", False),
        ("buyer_intent", "否", False),
        ("account.employees", "2448", 2448),
        ("account.employees", "+7", 7),
        ("est_value", "50000.00", 5_000_000),
        ("est_value", "50000 CNY", 5_000_000),
        ("need.pain_amount", "-3.50", -350),
        ("created_on", "2026-03-31", date(2026, 3, 31)),
        ("bid.deadline_at", "2026-03-31T09:30:00+08:00", datetime(2026, 3, 31, 1, 30, tzinfo=UTC)),
        ("bid.deadline_at", "2026-03-31 09:30Z", datetime(2026, 3, 31, 9, 30, tzinfo=UTC)),
        ("milestone", "M4", "M4"),
        ("name", "", None),
        ("est_value", "  ", None),
    ],
)
def test_cell_is_read_by_the_type_of_its_field(field: str, cell: str, value: object) -> None:
    assert read(field, cell) == value


@pytest.mark.parametrize(
    ("field", "cell", "reason"),
    [
        ("buyer_intent", "maybe", "yes or no expected"),
        ("account.employees", "1,000", "a whole number such as 12 expected"),
        ("account.employees", "12.0", "a whole number"),
        ("account.employees", "１２", "a whole number"),
        ("account.employees", "-1", "greater than or equal to 0"),
        ("account.employees", "9" * 25, "less than or equal to"),
        ("est_value", "-1.00", "greater than or equal to 0"),
        ("est_value", "5.001", "more decimals than CNY has"),
        ("est_value", "5.00 USD", "the amount is in USD, this pipeline is in CNY"),
        ("est_value", "5 000", "an amount such as"),
        ("est_value", "9" * 40, "an amount such as|too large|less than"),
        ("created_on", "31/03/2026", "a date such as 2026-03-31 expected"),
        ("created_on", "20260331", "a date such as"),
        ("created_on", "2026-02-30", "a date such as"),
        ("created_on", "2026-03-31T10:00:00Z", "a date such as"),
        ("bid.deadline_at", "2026-03-31T09:30:00", "a time with its zone"),
        ("milestone", "m4", "`m4` is not one of M1, M2"),
    ],
)
def test_cell_that_is_no_value_of_its_field_says_what_is_expected(field: str, cell: str, reason: str) -> None:
    with pytest.raises(CellError, match=reason):
        read(field, cell)


@pytest.mark.parametrize(
    ("cell", "value"),
    [("P1;P2", ["P1", "P2"]), (" P1 ; ;P2;", ["P1", "P2"]), ("P1", ["P1"]), ("[]", []), ("", None)],
)
def test_list_of_texts_is_separated_by_semicolons_and_known_to_be_empty_by_a_sign(
    cell: str, value: list[str] | None
) -> None:
    assert read("attendees", cell, Activity) == value


@pytest.mark.parametrize(("cell", "value"), [("0.75", 0.75), (".5", 0.5), ("1e-1", 0.1), ("1", 1.0)])
def test_number_is_read(cell: str, value: float) -> None:
    assert read("influence", cell, Stakeholder) == value


@pytest.mark.parametrize("cell", ["nan", "inf", "1.5", "0,5", "75%", "1e999"])
def test_number_out_of_form_or_range_is_refused(cell: str) -> None:
    with pytest.raises(CellError):
        read("influence", cell, Stakeholder)


def test_unknown_enum_value_names_the_nearest() -> None:
    with pytest.raises(CellError) as caught:
        read("stance", "nutral", Stakeholder)
    assert caught.value.hint == "did you mean `neutral`?"


def test_fields_are_dotted_through_single_records_and_never_through_lists() -> None:
    assert "account.industry_profile.need" in DEAL
    assert not any(name.startswith("stakeholders") or name.endswith("evidence") for name in DEAL)
    assert set(lists_of(Deal)) >= {"stakeholders", "team", "activities", "buying_steps"}
    assert set(lists_of(Stakeholder)) == {"influences"}


@given(st.sampled_from(sorted(DEAL)), st.text(max_size=40))
def test_any_text_gives_a_value_or_our_error(field: str, cell: str) -> None:
    reader = Reader(DEAL[field])
    with contextlib.suppress(CellError):
        first = reader.read(cell)
        assert reader.read(cell) == first
