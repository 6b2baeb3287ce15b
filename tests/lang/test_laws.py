"""Laws of the language, on generated conditions and records."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kamrules.currency import MINOR_DIGITS, minor_digits
from kamrules.rules.lang import tree
from kamrules.rules.lang.core import And, Const, Not, Or, Var, children, type_of, walk
from kamrules.rules.lang.parse import parse
from kamrules.rules.lang.printer import core_text, to_text
from kamrules.rules.lang.reference import Unknown, evaluate
from kamrules.rules.lang.typecheck import check
from kamrules.rules.lang.types import Bool
from kamrules.source import Text
from tests.strategies import AS_OF, SCOPE, SURFACE, core_of, records, typed_expressions

Record = dict[str, Any]


def _truth(expr: tree.Expr, record: Record) -> bool | None:
    value = evaluate(core_of(expr), record, AS_OF)
    return None if isinstance(value, Unknown) else bool(value)


@given(SURFACE)
def test_printed_trees_parse_to_themselves(expr: tree.Expr) -> None:
    assert parse(Text(to_text(expr))) == expr


@given(typed_expressions())
def test_printed_conditions_parse_to_themselves(expr: tree.Expr) -> None:
    assert parse(Text(to_text(expr))) == expr


@given(typed_expressions())
def test_core_trees_are_well_typed_conditions(expr: tree.Expr) -> None:
    """What stands under a logical operator is yes/no, and names are the record's or a loop's."""
    node = core_of(expr)
    assert isinstance(type_of(node), Bool)
    for part in walk(node):
        if isinstance(part, And | Or | Not):
            assert all(isinstance(type_of(child), Bool) for child in children(part))
        if isinstance(part, Var):
            assert part.name in {"deal", "as_of", "v"} or part.name.startswith("_item")
        if isinstance(part, Const):
            assert part.value is not None


@given(typed_expressions(), records())
def test_core_text_means_the_same_when_read_again(expr: tree.Expr, record: Record) -> None:
    """An explanation shows what was decided; types of folded constants are the only thing it may lose."""
    text = Text(core_text(core_of(expr)))
    again = check(parse(text), text, SCOPE)
    first, second = evaluate(core_of(expr), record, AS_OF), evaluate(again, record, AS_OF)
    assert isinstance(first, Unknown) == isinstance(second, Unknown)
    assert isinstance(first, Unknown) or first == second


@st.composite
def blanked(draw: st.DrawFn, full: Any) -> Any:
    """Return a value with some of its facts taken away, at any depth."""
    match full:
        case dict():
            kept = [name for name in full if name == "id" or draw(st.integers(0, 3)) > 0]
            return {name: draw(blanked(full[name])) for name in kept}
        case list():
            return [draw(blanked(one)) for one in full]
        case _:
            return full


@given(typed_expressions(blanks=False), st.data())
def test_filling_blanks_never_turns_an_answer(expr: tree.Expr, data: st.DataObject) -> None:
    """Conditions without `has` and `orValue` are monotone: what is decided stays decided."""
    full = data.draw(records(is_complete=True))
    known = _truth(expr, data.draw(blanked(full)))
    assert known is None or known == _truth(expr, full)


@given(typed_expressions(depth=2), typed_expressions(depth=2), records(), st.sampled_from(("&&", "||")))
def test_and_and_or_are_commutative(left: tree.Expr, right: tree.Expr, record: Record, op: str) -> None:
    there = evaluate(core_of(tree.Junction(op, (left, right))), record, AS_OF)
    back = evaluate(core_of(tree.Junction(op, (right, left))), record, AS_OF)
    assert there == back


@given(typed_expressions(depth=2), typed_expressions(depth=2), records())
def test_de_morgan(left: tree.Expr, right: tree.Expr, record: Record) -> None:
    whole = tree.Unary("!", tree.Junction("&&", (left, right)))
    parts = tree.Junction("||", (tree.Unary("!", left), tree.Unary("!", right)))
    assert _truth(whole, record) == _truth(parts, record)


@given(typed_expressions(), records())
def test_unknown_names_what_is_responsible(expr: tree.Expr, record: Record) -> None:
    value = evaluate(core_of(expr), record, AS_OF)
    assert isinstance(value, bool) or (isinstance(value, Unknown) and value.causes)


@given(typed_expressions(), records(is_complete=True))
def test_only_arithmetic_is_unknown_on_a_complete_record(expr: tree.Expr, record: Record) -> None:
    """Evidence aside: `attested` hides facts that are not proven well enough."""
    value = evaluate(core_of(expr), record, AS_OF)
    is_attested = any(
        isinstance(part, tree.Call) and part.function == "attested" for part, _ in tree.walk(expr)
    )
    if isinstance(value, Unknown) and not is_attested:
        assert value.causes == {"undefined arithmetic (zero divisor or overflow)"}


def test_minor_units_are_those_of_the_records() -> None:
    """The language may not import the records, so the two tables are kept equal here."""
    known = {*MINOR_DIGITS, "EUR", "CNY", "USD", "JPY", "KWD"}
    assert {code: MINOR_DIGITS.get(code, 2) for code in known} == {code: minor_digits(code) for code in known}
