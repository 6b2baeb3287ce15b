"""Every engine says what the reference says, of conditions and plans, on complete and awkward records."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamrules.errors import BackendError, MissingExtraError
from kamrules.rules import backends
from kamrules.rules.backends import Program, python, reference
from kamrules.rules.lang.core import And, Compare, Const, Exists, Field, Node, Not, Or
from kamrules.rules.lang.reference import Interval, Unknown, evaluate
from kamrules.rules.lang.types import Bool, Int, String
from kamrules.rules.plan import Plan, Row, Rule, Scale, Scorecard, Table
from kamrules.rules.verdict import NA, Points, TableRows
from tests.backends.plans import SCHEMAS, Terms, as_complete, as_object, cases, core_of_text, means
from tests.lang import conformance
from tests.strategies import AS_OF, TEST_SCHEMA, core_of, objects, records, typed_expressions

Compile = Callable[[Plan], Program]
ACCESS: tuple[python.Access, ...] = ("get", "item", "attr")
SHAPES: dict[str, Callable[[Any], Any]] = {"get": lambda one: one, "item": as_complete, "attr": as_object}


def _engines() -> dict[str, Compile]:
    """Return every engine of records in the folder; one whose optional library is missing is left out."""
    found: dict[str, Compile] = {}
    for module in pkgutil.iter_modules(backends.__path__):
        if module.name in {"frame", "smt"}:  # run frames, and claims: test_frame.py and test_smt.py
            continue
        try:
            member = importlib.import_module(f"{backends.__name__}.{module.name}")
            member.compile_plan(_rules())
        except (ImportError, MissingExtraError):
            continue
        found[module.name] = member.compile_plan
    return found


def _rules(*nodes: Node) -> Plan:
    return Plan(TEST_SCHEMA, tuple(Rule(f"r{index}", node) for index, node in enumerate(nodes)))


def _agrees(plan: Plan, record: Any) -> bool:
    return python.compile_plan(plan).run(record, AS_OF) == reference.compile_plan(plan).run(record, AS_OF)


ENGINES = _engines()


@pytest.mark.parametrize("name", ENGINES)
def test_conformance_rows(name: str) -> None:
    """One plan of all rows, so that their code has to live in one function."""
    rows = conformance.ROWS
    try:
        program = ENGINES[name](_rules(*(conformance.core_of(row) for row in rows)))
    except BackendError as error:
        pytest.skip(f"unsupported: {error}")
    for index, row in enumerate(rows):
        assert program.run({"id": "d", **row.record}, AS_OF).truths[index] is row.expected, row.id


@pytest.mark.parametrize(("access", "checked"), list(product(ACCESS, (False, True))))
def test_conformance_rows_in_every_mode(access: python.Access, checked: bool) -> None:
    rows = conformance.ROWS
    plan = _rules(*(conformance.core_of(row) for row in rows))
    program = python.compile_plan(plan, access=access, checked=checked)
    for index, row in enumerate(rows):
        record = SHAPES[access]({"id": "d", **row.record})
        assert program.run(record, AS_OF).truths[index] is row.expected, row.id


@given(typed_expressions(), records())
def test_conditions(expr: Any, record: Any) -> None:
    node = core_of(expr)
    value = evaluate(node, record, AS_OF)
    expected = None if isinstance(value, Unknown) else value
    assert python.compile_plan(_rules(node)).run(record, AS_OF).truths == (expected,)


@settings(max_examples=60)
@given(cases())
def test_plans_in_every_mode(case: tuple[Plan, list[Any]]) -> None:
    plan, some = case
    expected = [reference.compile_plan(plan).run(record, AS_OF) for record in some]
    for access, checked in product(ACCESS, (False, True)):
        program = python.compile_plan(plan, access=access, checked=checked)
        assert [program.run(SHAPES[access](record), AS_OF) for record in some] == expected


@pytest.mark.parametrize("text", ["-deal.?limited.orValue(7)", "-deal.limited", "deal.?limited.orValue(-40)"])
@pytest.mark.parametrize("limited", [None, 0, 50, 100])
def test_a_scale_keeps_to_its_ends_beyond_what_the_field_allows(text: str, limited: int | None) -> None:
    terms = Terms(SCHEMAS[0])
    plan = Plan(
        terms.schema, (), (), (Scorecard("score", (Scale("s", 10.0, terms.core_of_text(text), 0, 100),)),)
    )
    assert _agrees(plan, {"id": "d", "limited": limited})


@settings(max_examples=40)
@given(st.data())
def test_means(data: st.DataObject) -> None:
    terms = Terms(data.draw(st.sampled_from(SCHEMAS)))
    plan = Plan(terms.schema, (), (), (Scorecard("score", (data.draw(means("m", terms)),)),))
    assert _agrees(plan, data.draw(objects(terms.schema)))


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("applies", [True, False, None])
@pytest.mark.parametrize("when", [True, False, None])
def test_a_rule_that_does_not_apply_is_not_judged(name: str, applies: bool | None, when: bool | None) -> None:
    plan = Plan(TEST_SCHEMA, (Rule("r", core_of_text("deal.flag"), core_of_text("deal.account.is_key")),))
    record = {"id": "d", "flag": when, "account": {"is_key": applies}}
    expected = NA if applies is False else when if applies or when else None
    assert ENGINES[name](plan).run(record, AS_OF).truths == (expected,)


_ROWS = tuple(
    Row(name, core_of_text(text), name)
    for name, text in (("A", "deal.n > 1"), ("B", "deal.flag"), ("C", "deal.x > 0.0"))
)
_HITS = [
    ("first", {"n": 5}, TableRows(("A",))),
    ("first", {"n": 0, "flag": True}, TableRows(("B",))),
    ("first", {"flag": True, "x": 1.0}, TableRows((), ("A", "B"))),
    ("first", {"n": 0}, TableRows((), ("B", "C"))),
    ("first", {"n": 0, "flag": False, "x": 0.0}, TableRows()),
    ("unique", {"n": 5, "x": 1.0}, TableRows(("A", "C"), ("B",))),
    ("collect", {"flag": False}, TableRows((), ("A", "C"))),
]


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize(("hit", "record", "expected"), _HITS)
def test_hit_policies(name: str, hit: Any, record: dict[str, Any], expected: TableRows) -> None:
    plan = Plan(TEST_SCHEMA, (), (Table("t", hit, _ROWS),))
    assert ENGINES[name](plan).run({"id": "d", **record}, AS_OF).tables == (expected,)


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("as_of", [date(1, 1, 2), date(9999, 12, 31)])
@pytest.mark.parametrize(
    "text", ["as_of - deal.day <= duration('30d')", "deal.day - as_of < duration('30d')"]
)
def test_ages_at_the_ends_of_time(name: str, as_of: date, text: str) -> None:
    node = core_of_text(text)
    for day in (date(1, 1, 1), date(9999, 12, 31), None):
        value = evaluate(node, {"day": day}, as_of)
        expected = None if isinstance(value, Unknown) else value
        assert ENGINES[name](_rules(node)).run({"day": day}, as_of).truths == (expected,)


def test_a_loop_inside_a_loop() -> None:
    """The language refuses it, a hand-made tree may have it; the inner loop may need the outer variable."""
    tags = core_of_text("deal.tags.exists(t, t == deal.name)")
    people = core_of_text("deal.people.exists(p, p.name == deal.name)")
    inner = core_of_text("deal.people.filter(p, p.influence > 2).size() > 1")
    assert isinstance(people, Exists)
    for body in (tags, inner, And((people.body, Not(tags))), Or((inner, people.body))):
        plan = _rules(Exists(people.range, people.var, body), people, tags, inner)
        for record in _NESTED:
            assert python.compile_plan(plan).run(record, AS_OF) == reference.compile_plan(plan).run(
                record, AS_OF
            )


def test_an_inner_loop_may_need_the_outer_variable() -> None:
    people = core_of_text("deal.people.exists(p, p.name == deal.name)")
    tags = core_of_text("deal.tags.exists(t, t == deal.name)")
    assert isinstance(people, Exists)
    assert isinstance(tags, Exists)
    name = Field(people.var, "name", String())
    inner = Exists(tags.range, tags.var, Compare("==", tags.var, name))
    both = Exists(people.range, people.var, And((inner, people.body)))
    plan = _rules(both, tags, Not(Exists(people.range, people.var, Not(inner))))
    for record in _NESTED:
        assert _agrees(plan, record)


_NESTED: list[dict[str, Any]] = [
    {"id": "d", "name": "a", "tags": ["b", "a"], "people": [{"name": "a", "influence": 3}, {"influence": 4}]},
    {"id": "d", "name": "a", "tags": ["b"], "people": [{"name": "b"}, None, {"name": "a", "influence": 9}]},
    {"id": "d", "name": None, "tags": [], "people": []},
    {"id": "d", "name": "a", "people": [{"name": "a"}]},
    {"id": "d", "name": "a", "tags": ["a"]},
]


def test_counts_whose_parts_are_unknown_may_still_be_exact() -> None:
    node = core_of_text("0 * deal.people.filter(p, p.is_contacted).size() == 0")
    record = {"id": "d", "people": [{}, {"is_contacted": True}]}
    assert not isinstance(evaluate(node, record, AS_OF), Unknown | Interval)
    assert python.compile_plan(_rules(node)).run(record, AS_OF).truths == (True,)


def test_counts_beyond_64_bits_are_unknown() -> None:
    node = core_of_text("9223372036854775807 * deal.people.size() > 1")
    for people, expected in (([{}], True), ([{}, {}], None), ([], False)):
        assert python.compile_plan(_rules(node)).run({"id": "d", "people": people}, AS_OF).truths == (
            expected,
        )


def test_ages_of_odd_lengths() -> None:
    """A limit of hours is compared as a length, not as a day."""
    node = core_of_text("as_of - deal.day <= duration('36h')")
    program = python.compile_plan(_rules(node))
    assert [program.run({"day": AS_OF - timedelta(days=days)}, AS_OF).truths for days in (1, 2)] == [
        (True,),
        (False,),
    ]


def test_a_hundred_operators_deep() -> None:
    deep: Node = core_of_text("deal.flag")
    sum_ = core_of_text("deal.n + deal.limited")
    for index in range(100):
        other = Compare(">", sum_, Const(index, Int()))
        deep = And((Not(deep), other)) if index % 2 else Compare("==", deep, other)
    plan = _rules(deep, Or((deep, Const(False, Bool()))))
    for record in ({"id": "d", "flag": True, "n": 7}, {"id": "d", "n": 500}, {"id": "d"}):
        assert _agrees(plan, record)


def test_the_score_of_nothing_is_its_base() -> None:
    plan = Plan(TEST_SCHEMA, (), (), (Scorecard("score", (), 2.5),))
    for engine in ENGINES.values():
        assert engine(plan).run({"id": "d"}, AS_OF).scores == (Points(2.5, 2.5),)
