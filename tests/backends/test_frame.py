"""The frame engine says of every row what the reference says of the record, on every installed library."""

from __future__ import annotations

import functools
import importlib
import math
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings

from kamrules.errors import ArgumentError, BackendError
from kamrules.rules.backends import reference
from kamrules.rules.lang.types import INT_MAX, INT_MIN
from kamrules.rules.plan import Plan, Rule
from kamrules.rules.verdict import NA, Outcome
from tests.backends.frames import (
    PORTABLE,
    converted,
    duckdb_tables,
    parameters,
    polars_frames,
    rows_of,
)  # fmt: skip
from tests.backends.outcomes import outcome_of
from tests.backends.plans import cases, core_of_text
from tests.lang import conformance
from tests.strategies import AS_OF, TEST_SCHEMA

pytest.importorskip("narwhals")
pl = pytest.importorskip("polars")
frame = importlib.import_module("kamrules.rules.backends.frame")

LIBRARIES = parameters()
REFUSED = {"money-8", "texts-6", "texts-8"}  # a product without limits; a text function of two fields


def _rules(*nodes: Any) -> Plan:
    return Plan(TEST_SCHEMA, tuple(Rule(f"r{index}", node) for index, node in enumerate(nodes)))


def _plan(*texts: str) -> Plan:
    return _rules(*map(core_of_text, texts))


def _outcomes(plan: Plan, records: Sequence[Any], library: str, *, portable: bool = False) -> list[Outcome]:
    deals, lists = converted(polars_frames(plan.schema, records), library)
    found = frame.compile_plan(plan).run(deals, lists, AS_OF, key="row", portable=portable)
    return [outcome_of(plan, row) for row in rows_of(found)]


@functools.cache
def _conformance() -> tuple[tuple[conformance.Row, ...], Plan]:
    """Return the rows that are not refused, and one plan of all of them."""
    rows = tuple(row for row in conformance.ROWS if row.id not in REFUSED)
    return rows, _rules(*(conformance.core_of(row) for row in rows))


@pytest.mark.parametrize("library", LIBRARIES)
def test_conformance_rows(library: str) -> None:
    rows, plan = _conformance()
    found = _outcomes(plan, [{"id": "d", **row.record} for row in rows], library)
    assert len(found) == len(rows)
    for index, row in enumerate(rows):
        assert found[index].truths[index] is row.expected, row.id


@pytest.mark.parametrize("library", parameters(*PORTABLE))
def test_conformance_rows_without_shortcuts(library: str) -> None:
    rows, plan = _conformance()
    found = _outcomes(plan, [{"id": "d", **row.record} for row in rows], library, portable=True)
    assert [one.truths[index] for index, one in enumerate(found)] == [row.expected for row in rows]


def test_conformance_rows_on_a_table_that_duckdb_stores() -> None:
    pytest.importorskip("duckdb")
    rows, plan = _conformance()
    frames = polars_frames(plan.schema, [{"id": "d", **row.record} for row in rows])
    found = rows_of(frame.compile_plan(plan).run(*duckdb_tables(frames), AS_OF, key="row"))
    truths = [outcome_of(plan, row).truths[index] for index, row in enumerate(found)]
    assert truths == [row.expected for row in rows]


@pytest.mark.parametrize(
    "row", [row for row in conformance.ROWS if row.id in REFUSED], ids=lambda row: row.id
)
def test_what_columns_cannot_say_is_refused_by_rule_and_operator(row: conformance.Row) -> None:
    with pytest.raises(BackendError, match=r"rule r0: B-OPERATOR: frames cannot do `\S+`"):
        frame.compile_plan(_rules(conformance.core_of(row)))


def test_all_refusals_are_told_at_once() -> None:
    with pytest.raises(BackendError) as caught:
        frame.compile_plan(_plan("deal.n * deal.n > 1", "deal.flag", "deal.name.contains(deal.id)"))
    assert [fault.where for fault in caught.value.faults] == ["rule r0", "rule r2"]


def _is_close(one: Outcome, other: Outcome) -> bool:
    """Whether verdicts are equal and points too, up to the order in which a library adds up a list."""
    ends = [(a, b) for x, y in zip(one.scores, other.scores, strict=True)
            for a, b in ((x.low, y.low), (x.high, y.high))]  # fmt: skip
    return (one.truths, one.tables) == (other.truths, other.tables) and all(
        math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-12) for a, b in ends
    )


# Dask and Spark take seconds for each plan: the rows above are theirs.
@pytest.mark.parametrize("library", parameters("polars", "polars-lazy", "pyarrow", "pandas", "duckdb"))
@settings(max_examples=10)
@given(case=cases(size=2))
def test_plans(library: str, case: tuple[Plan, list[Any]]) -> None:
    plan, records = case
    try:
        found = _outcomes(plan, records, library)
    except BackendError:
        return
    expected = [reference.compile_plan(plan).run(record, AS_OF) for record in records]
    for seen, wanted in zip(found, expected, strict=True):
        assert _is_close(seen, wanted), (seen, wanted)


# A trap each: condition, records, what each should say.
TRAPS: list[tuple[str, list[dict[str, Any]], list[Any]]] = [
    ("deal.people.all(p, p.is_contacted)", [{"people": []}, {}, {"people": [None]}], [True, None, None]),
    ("deal.people.exists(p, p.is_contacted)", [{"people": []}, {}, {"people": [{}]}], [False, None, None]),
    ("deal.people.size() == 0", [{"people": []}, {}, {"people": [None]}], [True, None, False]),
    ("deal.tags.exists(t, t == deal.name)", [{"name": "山東", "tags": ["山東"]}, {"tags": []}], [True, False]),  # noqa: E501
    ('deal.name < "\U0001d4b3"', [{"name": "山"}, {"name": "\U0001d4b4"}], [True, False]),
    ("deal.n + 1 > 0", [{"n": INT_MAX}, {"n": INT_MIN}, {"n": 0}], [None, False, True]),
    ("deal.n - deal.limited < 0", [{"n": INT_MIN, "limited": 1}, {"n": INT_MIN, "limited": 0}], [None, True]),
    ("-deal.n < 0", [{"n": INT_MIN}, {"n": INT_MAX}], [None, True]),
    ("deal.n / -1 < 0", [{"n": INT_MIN}, {"n": INT_MAX}, {"n": -3}], [None, True, False]),
    ("deal.n % -1 == 0", [{"n": INT_MIN}, {}], [True, None]),
    ("deal.n / 3 == -3074457345618258602", [{"n": INT_MIN}, {"n": -7}], [True, False]),
    ("7 / deal.n == 0", [{"n": INT_MIN}, {"n": 0}, {"n": 8}], [True, None, True]),
    ("deal.x * 10.0 > 0.0", [{"x": 1e308}, {"x": 1e-308}, {"x": -1e308}], [None, True, None]),
    ("deal.x / deal.x == 1.0", [{"x": 0.0}, {"x": -0.0}, {"x": 2.0}], [None, None, True]),
    ("as_of - deal.day < duration('9d')", [{"day": date.min}, {"day": AS_OF}], [False, True]),
    ("0 * deal.people.filter(p, p.is_contacted).size() == 0", [{"people": [{}]}, {}], [True, None]),
    ("9223372036854775807 * deal.people.size() > 1", [{"people": [{}]}, {"people": [{}, {}]}], [True, None]),
]  # fmt: skip


@pytest.mark.parametrize("library", LIBRARIES)
def test_traps(library: str) -> None:
    plan = _plan(*(text for text, _, _ in TRAPS))
    for index, (text, records, expected) in enumerate(TRAPS):
        for record, truth in zip(records, expected, strict=True):
            wanted = reference.compile_plan(plan).run({"id": "d", **record}, AS_OF).truths[index]
            assert wanted is truth, text
        found = _outcomes(plan, [{"id": "d", **record} for record in records], library)
        assert [one.truths[index] for one in found] == expected, text


def test_plain_pandas_columns_go_through_arrow() -> None:
    """A NaN is unknown, numbers that turned into floats are whole again, a fraction or infinity is none."""
    pd = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    deals = pd.DataFrame(
        {
            "row": ["a", "b", "c", "d"],
            "n": [5.0, math.nan, 2.5, math.inf],
            "x": [1.0, math.nan, math.inf, -1.0],
            "flag": [True, None, False, None],
            "day": pd.to_datetime(["2026-06-30 00:00", None, "2026-06-29 00:00", "2026-06-28 12:00"]),
        }
    )
    plan = _plan("deal.n > 3", "deal.x > 0.0", "!deal.flag", "deal.day >= as_of")
    rows = frame.compile_plan(plan).run(deals, {}, AS_OF, key="row").to_dict("list")
    found = {name: [None if pd.isna(one) else one for one in some] for name, some in rows.items()}
    assert found == {
        "row": ["a", "b", "c", "d"],
        "r0": [True, None, None, None],
        "r1": [True, None, None, False],
        "r2": [False, None, True, None],
        "r3": [True, None, False, None],
    }


def _truths(plan: Plan, deals: dict[str, Any], lists: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    long = {name: pl.DataFrame(columns) for name, columns in lists.items()}
    found: list[dict[str, Any]] = frame.compile_plan(plan).run(pl.DataFrame(deals), long, AS_OF).to_dicts()
    return found


def test_a_list_without_a_frame_is_unknown_and_one_without_rows_is_empty() -> None:
    plan = _plan("deal.tags.size() == 0", "deal.visits.size() == 0")
    deals = {"id": ["a", "b"], "tags__known": [True, False]}
    rows = _truths(plan, deals, {"tags": {"deal_id": ["z"], "value": ["x"]}})  # `z` is nobody's
    assert sorted((row["id"], row["r0"], row["r1"]) for row in rows) == [("a", True, None), ("b", None, None)]


def test_records_of_one_key_share_their_rows() -> None:
    plan = _plan("deal.tags.size() == 2 && deal.n > 1")
    rows = _truths(
        plan, {"id": [7, 7, None], "n": [1, 2, 3]}, {"tags": {"deal_id": [7, 7], "value": ["x", "y"]}}
    )
    assert sorted((str(row["id"]), row["r0"]) for row in rows) == [("7", False), ("7", True), ("None", None)]


def test_records_of_one_key_are_refused_where_rows_are_compared_with_the_record() -> None:
    plan = _plan("deal.tags.exists(t, t == deal.name)")
    deals, tags = {"id": ["a", "a"], "name": ["x", "y"]}, {"deal_id": ["a"], "value": ["x"]}
    with pytest.raises(ArgumentError, match="A-KEY: several records have the key `a`"):
        _truths(plan, deals, {"tags": tags})


def test_a_value_outside_its_limits_is_unknown() -> None:
    plan = _plan("deal.limited > 3", 'deal.stage == "won"', "attested(deal.flag, 2)")
    deals = {"id": ["a", "b"], "limited": [101, 5], "stage": ["wno", "won"], "flag": [True, True]}
    rows = _truths(plan, deals | {"flag__evidence": ["E1", "E2"]}, {})
    assert [(row["r0"], row["r1"], row["r2"]) for row in rows] == [(None, None, None), (True, True, True)]


@pytest.mark.parametrize(
    ("deals", "lists", "message"),
    [
        ({"id": ["a"], "flag": ["yes"]}, {}, "column `flag` of `records` is String, expected yes/no"),
        ({"idd": ["a"]}, {}, "`records` has no column `id`; did you mean `idd`?"),
        ({"id": ["a"]}, {"tag": {"deal_id": ["a"]}}, "no list `tag`; did you mean `tags`?"),
        ({"id": ["a"]}, {"tags": {"value": ["a"]}}, "`tags` has no column `deal_id`"),
        ({"id": [True]}, {}, "key column `id` of `records` is Boolean"),
    ],
)
def test_unusable_frames_are_refused(deals: Any, lists: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match="A-FRAME") as caught:
        _truths(_plan("deal.flag && deal.tags.size() > 0"), deals, lists)
    assert message in str(caught.value)


def test_a_rule_that_does_not_apply() -> None:
    plan = Plan(TEST_SCHEMA, (Rule("r", core_of_text("deal.flag"), core_of_text("deal.account.is_key")),))
    for key, expected in ((False, NA), (True, None), (None, None)):
        found = _outcomes(plan, [{"id": "d", "account": {"is_key": key}}], "polars")
        assert found[0].truths == (expected,)
