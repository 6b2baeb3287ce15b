"""What is wrong with a condition: code, exact place and hint, every fault of a text at once."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from kamrules.errors import ExpressionError
from kamrules.rules.lang.core import Node
from kamrules.rules.lang.lexer import MAX_CHARACTERS
from kamrules.rules.lang.parse import MAX_NESTING, parse
from kamrules.rules.lang.tree import MAX_HEIGHT, MAX_NODES
from kamrules.rules.lang.typecheck import Scope, check
from kamrules.rules.lang.types import Bool, Enum, Int, Member, Money, Object, Type
from kamrules.source import Span, Text
from tests.strategies import SCOPE, TEST_SCHEMA


def _read(text: Text, expected: Type | None = Bool(), scope: Scope = SCOPE) -> Node:  # noqa: B008 - frozen
    return check(parse(text), text, scope, expected)


def _error(source: str, expected: Type | None = Bool()) -> ExpressionError:  # noqa: B008 - frozen
    with pytest.raises(ExpressionError) as caught:
        _read(Text(source), expected)
    return caught.value


def _rows() -> list[Any]:
    path = Path(__file__).with_name("errors.yaml")
    sections = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    return [
        pytest.param(*row, id=f"{part['section']}: {row[0]}") for part in sections for row in part["rows"]
    ]


@pytest.mark.parametrize(("source", "places", "words"), _rows())
def test_fault_has_code_place_and_hint(source: str, places: list[str], words: str) -> None:
    error = _error(source)
    assert [f"{fault.span}: {fault.code}" for fault in error.faults] == places
    assert words in str(error)


_DEAL = Object(
    "Deal",
    (
        Member("amount", Money("EUR")),
        Member("stage", Enum(("discover", "qualify", "propose", "close"))),
        Member("close_date", Int()),
        Member("is_won", Bool()),
    ),
)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "deal.is_won\n  && deal.stage == 'close'\n\n  || money(\"1.00 EUR\") < (deal.amout)",
            "p.yaml:13:40: E-FIELD: Deal has no field `amout`; did you mean `amount`?",
        ),
        ('deal.amount > money("1 USD")', "p.yaml:10:21: E-UNIT: currencies differ: EUR and USD"),
        (
            "deal.stage == 'propse'",
            (
                "p.yaml:10:23: E-ENUM: `propse` is not one of discover, qualify, propose, close; "
                "did you mean `propose`?"
            ),
        ),
        (
            "deal.close_date == null",
            "p.yaml:10:28: E-NULL: null cannot be compared: missing data is unknown; use has(x) or !has(x)",
        ),
    ],
)
def test_place_is_that_in_an_indented_block_of_a_file(source: str, message: str) -> None:
    """A literal block whose text begins in line 10, each line indented by eight columns."""
    text = Text(source, Span("p.yaml", 10, 9), indent=9)
    with pytest.raises(ExpressionError) as caught:
        _read(text, scope=Scope("deal", _DEAL))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("x" * (MAX_CHARACTERS + 1), "E-SIZE"),
        ("1" * 5000 + " > deal.n", "E-RANGE"),
        ("0x" + "F" * 5000 + " > deal.n", "E-RANGE"),
        ("1" * 5000 + ".0 > deal.x", "E-RANGE"),
        ("1e" + "9" * 5000 + " > deal.x", "E-RANGE"),
        ("(" * (MAX_NESTING + 1) + "deal.flag" + ")" * (MAX_NESTING + 1), "E-DEPTH"),
        ("(" * 8000, "E-DEPTH"),
        ("[" * 8000, "E-DEPTH"),
        ("has(" * 2000, "E-DEPTH"),
        ("a[" * 4000, "E-DEPTH"),
        ("!" * 8000 + "true", "E-DEPTH"),
        ("-" * 8000 + "1", "E-DEPTH"),
        ("deal" + ".a" * 4000, "E-DEPTH"),
        ("true ? " * 1000 + "true", "E-SYNTAX"),
        ("true ? true : " * (MAX_HEIGHT + 1) + "true", "E-DEPTH"),
        ("1" + " + 1" * MAX_HEIGHT + " > deal.n", "E-DEPTH"),
        ("deal.n in [" + "1," * (MAX_NODES + 1) + "1]", "E-SIZE"),
        ("[1,2,3,4,5,6,7,8,9].exists(a," * 4 + "deal.n > a" + ")" * 4, "E-NAME"),
        (
            "".join(f"[1,2,3,4,5,6,7,8,9].exists(a{i}," for i in range(9)) + "deal.n > a1" + ")" * 9,
            "E-SIZE",
        ),
        (
            "".join(f"[a{i}+a{i}].exists(a{i + 1}," for i in range(40)).replace("a0", "deal.n")
            + "a40>1"
            + ")" * 40,
            "E-SIZE",
        ),
        ("[" + "deal.n," * 60 + "1].exists_one(k, k > 1)", "E-SIZE"),
        ("deal.day > date('" + "1" * 5000 + "')", "E-LIT"),
        ("deal.span > duration('" + "1" * 5000 + "h')", "E-LIT"),
        ("deal.amount > money('" + "1" * 5000 + " EUR')", "E-LIT"),
    ],
    ids=lambda value: value[:30],
)
def test_limits_are_errors_not_crashes(source: str, code: str) -> None:
    error = _error(source)
    assert code in {fault.code for fault in error.faults}


@pytest.mark.parametrize(
    "source",
    [
        "(" * MAX_NESTING + "deal.flag" + ")" * MAX_NESTING,
        " && ".join(["deal.flag"] * 500),
        "deal.n in [" + ", ".join(map(str, range(900))) + "]",
        "!" * (MAX_HEIGHT - 2) + "deal.flag",
        "true ? true : " * (MAX_HEIGHT - 2) + "true",
    ],
    ids=lambda value: value[:30],
)
def test_what_is_within_the_limits_is_read(source: str) -> None:
    assert _read(Text(source)) is not None


def test_definitions_written_out_count_against_the_limits() -> None:
    big = _read(Text(" && ".join(["deal.n > 1"] * 300)))
    scope = Scope("deal", TEST_SCHEMA, defs={"big": big})
    text = Text("def.big || (deal.flag && def.big)")
    with pytest.raises(ExpressionError, match="E-SIZE"):
        check(parse(text), text, scope)


@pytest.mark.parametrize(
    ("source", "expected", "code"),
    [
        ("deal.n", Bool(), "E-TYPE"),
        ("deal.name", Int(), "E-TYPE"),
        ("deal.amount", Money("USD"), "E-UNIT"),
        ("'x'", Enum(("a", "b")), "E-ENUM"),
    ],
)
def test_result_must_have_the_expected_type(source: str, expected: Type, code: str) -> None:
    assert _error(source, expected).faults[0].code == code


def test_any_type_is_allowed_when_none_is_expected() -> None:
    assert _read(Text("deal.people"), None) is not None
