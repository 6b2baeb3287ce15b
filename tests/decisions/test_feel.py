"""Unary tests of FEEL: what is read, what is refused, and that writing and reading go round."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamrules.decisions import feel

numbers = st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**9), max_value=10**9)
values = st.one_of(
    numbers.map(lambda number: feel.Value("number", number)),
    st.text(max_size=12).map(lambda text: feel.Value("string", text)),
    st.booleans().map(lambda truth: feel.Value("boolean", truth)),
    st.dates().map(lambda day: feel.Value("date", day.isoformat())),
    st.timedeltas(min_value=timedelta(-9999), max_value=timedelta(9999)).map(
        lambda length: feel.Value("duration", feel.duration_text(length))
    ),
    st.sampled_from(["deal.account.tier", "param.cut", "as_of", "deal.等级"]).map(
        lambda name: feel.Value("name", name)
    ),
)
positives = st.one_of(
    st.just(feel.Null()),
    st.builds(feel.Compare, st.sampled_from(["<", "<=", ">", ">=", "="]), values),
    st.builds(feel.Range, values, values, st.booleans(), st.booleans()),
)
cells = st.one_of(
    st.just(feel.Tests()),
    st.builds(feel.Tests, st.lists(positives, min_size=1, max_size=3).map(tuple), st.booleans()),
)


@given(cells)
def test_cell_is_read_as_it_was_written(tests: feel.Tests) -> None:
    assert feel.parse_tests(feel.to_text(tests)) == tests


@given(st.timedeltas(min_value=timedelta(-9999), max_value=timedelta(9999)))
def test_length_of_time_goes_round(length: timedelta) -> None:
    assert feel.length_of(feel.duration_text(length)) == length


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("", "-"),
        (" - ", "-"),
        ("<5", "< 5"),
        ("]1..2[", "(1..2)"),
        ("(1..2]", "(1..2]"),
        ('"a","b"', '"a", "b"'),
        ("not (1 , 2)", "not(1, 2)"),
        ('@"2026-01-02"', 'date("2026-01-02")'),
        ('date( "2026-01-02" )', 'date("2026-01-02")'),
        ('date and time("2026-01-02T03:04:05Z")', 'date and time("2026-01-02T03:04:05Z")'),
        ("null", "null"),
        ("-3.5e2", "-3.5E+2"),
        ('"\\u00e4\\"\\\\"', '"ä\\"\\\\"'),
        ("deal.account.tier", "deal.account.tier"),
    ],
)
def test_forms_of_the_subset_are_read(text: str, written: str) -> None:
    assert feel.to_text(feel.parse_tests(text)) == written


@pytest.mark.parametrize(
    "text",
    [
        "? > 5", "5 + 1", "if x then y else z", "[1..", "[1..2", "not(1", "not", "<", "< null", '"open',
        "date(5)", 'date("2026-13-01")', 'duration("P1Y")', '@"x"', "1,", ", 1", "f(x)", "{a: 1}", "1 2",
        "5 and 6", "!= 5", '"\\q"', "x" * 3000, "\x00",
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(feel.FeelError, match=r"\w"):
        feel.parse_tests(text)


def test_number_keeps_every_digit() -> None:
    (test,) = feel.parse_tests("0.10000000000000000001").any_of
    assert isinstance(test, feel.Compare)
    assert test.value.value == Decimal("0.10000000000000000001")
