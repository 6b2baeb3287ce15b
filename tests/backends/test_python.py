"""The Python engine: what it writes, what it refuses, and what it does with records of another shape."""

from __future__ import annotations

import ast
import time
from collections import OrderedDict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kamrules.errors import RecordError
from kamrules.rules.backends import python, reference
from kamrules.rules.lang.core import Exists
from kamrules.rules.plan import Plan, Row, Rule, Scorecard, Share, Table
from tests.backends.plans import as_object, core_of_text
from tests.strategies import AS_OF, TEST_SCHEMA

_TEXTS = (
    "deal.n > 3 && deal.x < 1.0",
    "deal.people.exists(p, p.role == 'buyer' && p.is_contacted)",
    "deal.people.filter(p, p.is_contacted).size() > 1",
    "deal.account.region.rank <= 3 || deal.stage in ['won', 'open']",
    "deal.visits.exists(v, v.on <= as_of)",
    "deal.at > timestamp('2026-01-01T00:00:00Z')",
    "deal.amount > money('10.00 EUR')",
    "'a' in deal.tags",
)
PLAN = Plan(TEST_SCHEMA, tuple(Rule(f"r{index}", core_of_text(text)) for index, text in enumerate(_TEXTS)))
DEAL: dict[str, Any] = {
    "n": 5,
    "x": 0.5,
    "stage": "won",
    "account": {"region": {"rank": 9}},
    "people": [{"role": "buyer", "is_contacted": True}, {"role": None, "is_contacted": None}],
    "visits": [{"on": AS_OF}],
    "tags": ["a"],
    "amount": 2000,
    "at": datetime(2026, 6, 1, tzinfo=UTC),
}
TRUTHS = (True, True, None, True, True, True, True, True)


def test_each_fact_is_read_once_and_each_list_walked_once() -> None:
    source = python.compile_plan(PLAN).source
    assert source.count(".get('people')") == 1
    assert source.count("for ") == 3  # people, visits, tags


def test_a_condition_used_twice_is_computed_once() -> None:
    node = core_of_text("deal.n > 3 && deal.x < 1.0")
    source = python.compile_plan(Plan(TEST_SCHEMA, (Rule("a", node), Rule("b", node)))).source
    assert source.count("< 1.0") == 1


def test_names_of_a_user_never_become_code() -> None:
    hostile = "__import__('os').system('x')\n\"\"\""
    node = core_of_text("deal.flag")
    contacted = core_of_text("deal.people.exists(p, p.is_contacted)")
    assert isinstance(contacted, Exists)
    card = Scorecard(hostile, (Share(hostile, 1.0, contacted.range, contacted.var, node),))
    plan = Plan(
        TEST_SCHEMA, (Rule(hostile, node),), (Table(hostile, "unique", (Row(hostile, node, "A"),)),), (card,)
    )
    program = python.compile_plan(plan)
    assert program.run({"flag": True}, AS_OF).tables[0].sure == (hostile,)
    assert {node.id for node in ast.walk(ast.parse(program.source)) if isinstance(node, ast.Name)}.isdisjoint(
        {"os", "__import__"}
    )


@pytest.mark.parametrize("access", ["get", "item", "attr"])
@pytest.mark.parametrize("checked", [False, True])
def test_any_record_is_right_under_any_access(access: python.Access, checked: bool) -> None:
    """Mappings without the blank members, ordered mappings, objects, and lists given as tuples."""
    program = python.compile_plan(PLAN, access=access, checked=checked)
    shapes = (DEAL, OrderedDict(DEAL), as_object(DEAL), {**DEAL, "people": tuple(DEAL["people"])})
    assert [program.run(shape, AS_OF).truths for shape in shapes] == [TRUTHS] * len(shapes)


def test_a_member_called_like_a_method_of_mappings_is_read() -> None:
    class Bag:
        items = None

    plan = Plan(TEST_SCHEMA, PLAN.rules)
    assert python.compile_plan(plan, access="attr").run(Bag(), AS_OF).truths[0] is None


_FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"n": "5"}, "deal.n", "`'5'` seen, whole number expected"),
    ({"n": True}, "deal.n", "`True` seen, whole number expected"),
    ({"n": 2**63}, "deal.n", "whole number expected"),
    ({"x": float("nan")}, "deal.x", "`nan` seen, number expected"),
    ({"x": "1"}, "deal.x", "number expected"),
    ({"stage": "closed"}, "deal.stage", "one of open, won, lost expected"),
    ({"stage": ["won"]}, "deal.stage", "one of open, won, lost expected"),
    ({"account": 3}, "deal.account", "`3` seen, Account expected"),
    ({"people": {"a": 1}}, "deal.people", "list of Person expected"),
    ({"people": [{"role": "boss"}]}, "deal.people[0].role", "one of buyer, user, open expected"),
    ({"people": [{}, {"is_contacted": 1}]}, "deal.people[1].is_contacted", "yes/no expected"),
    ({"people": ["Li"]}, "deal.people[0]", "Person expected"),
    ({"visits": [{"on": None}]}, "deal.visits[0].on", "date is required here"),
    ({"visits": [{}]}, "deal.visits[0].on", "date is required here"),
    ({"visits": [{"on": datetime(2026, 1, 1, tzinfo=UTC)}]}, "deal.visits[0].on", "date expected"),
    ({"at": datetime(2026, 1, 1)}, "deal.at", "timestamp with its zone expected"),  # noqa: DTZ001 - the fault
    ({"amount": 1.5}, "deal.amount", "money in EUR expected"),
    ({"tags": ["a", 7]}, "deal.tags[1]", "`7` seen, text expected"),
]


@pytest.mark.parametrize("access", ["get", "item"])
@pytest.mark.parametrize(("change", "where", "message"), _FAULTS)
def test_a_checked_program_refuses(
    access: python.Access, change: dict[str, Any], where: str, message: str
) -> None:
    program = python.compile_plan(PLAN, access=access, checked=True)
    with pytest.raises(RecordError) as caught:
        program.run({**DEAL, **change}, AS_OF)
    (fault,) = caught.value.faults
    assert fault.where == where
    assert message in fault.message


def test_all_faults_of_a_record_are_named_at_once() -> None:
    with pytest.raises(RecordError) as caught:
        python.compile_plan(PLAN, checked=True).run({**DEAL, "n": "5", "x": "6", "tags": 3}, AS_OF)
    assert [fault.where for fault in caught.value.faults] == ["deal.n", "deal.x", "deal.tags"]


@pytest.mark.parametrize("record", [None, 3, "deal", [], {**DEAL, "n": "5"}, {**DEAL, "people": 3}])
def test_an_unchecked_program_names_what_it_stumbles_over(record: Any) -> None:
    with pytest.raises(RecordError):
        python.compile_plan(PLAN).run(record, AS_OF)


def test_a_bad_evidence_level_is_named() -> None:
    plan = Plan(TEST_SCHEMA, (Rule("r", core_of_text("attested(deal.flag, 2)")),))
    record = {"flag": True, "evidence": {"flag": {"level": 3}}}
    with pytest.raises(RecordError, match=r"deal\.evidence\.flag\.level"):
        python.compile_plan(plan).run(record, AS_OF)


@pytest.mark.parametrize("access", ["get", "item", "attr"])
def test_whole_numbers_are_fine_where_doubles_are_expected(access: python.Access) -> None:
    plan = Plan(TEST_SCHEMA, (Rule("r", core_of_text("deal.x / 2.0 > 3.0")),))
    record = as_object({"x": 7}) if access == "attr" else {"x": 7}
    for checked in (False, True):
        assert python.compile_plan(plan, access=access, checked=checked).run(record, AS_OF).truths == (True,)


def test_the_bare_tuple_is_the_outcome() -> None:
    program = python.compile_plan(PLAN)
    truths, tables, scores = program.run_raw(DEAL, AS_OF)
    assert (truths, tables, scores) == (program.run(DEAL, AS_OF).truths, (), ())
    assert reference.compile_plan(PLAN).run(DEAL, AS_OF).truths == truths


def test_compiling_a_pack_of_the_usual_size_is_quick() -> None:
    rules = tuple(Rule(f"r{index}", core_of_text(_TEXTS[index % len(_TEXTS)])) for index in range(100))
    started = time.process_time()
    python.compile_plan(Plan(TEST_SCHEMA, rules))
    assert time.process_time() - started < 0.5


def test_no_text_is_ever_parsed_into_the_function() -> None:
    """INVARIANT: `ast.parse` is called once, on a text of ours."""
    folder = Path(python.__file__).parent.parent / "pycode"
    calls = [
        node
        for path in folder.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"ast.parse", "eval", "exec"}
    ]
    assert [ast.unparse(call) for call in calls] == ["ast.parse(f'def {NAME}(record, as_of): pass')"]
