"""Evidence that ages means the same to every engine: a level less for each half-life since its day."""

from __future__ import annotations

import importlib
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from kamrules.rules.backends import python, reference
from kamrules.rules.lang.core import Attested, walk
from kamrules.rules.plan import Plan, Rule
from tests.backends.frames import converted, parameters, polars_frames, rows_of
from tests.backends.outcomes import outcome_of
from tests.backends.plans import as_object, core_of_text
from tests.strategies import AS_OF, TEST_SCHEMA

WEEK = 7  # the half-life of `flag` and `role`, see tests/strategies.py
AGES = (None, -1, 0, 6, 7, 13, 14, 20, 21, 28, 400)
TEXTS = [
    text
    for level in range(5)
    for text in (
        f"attested(deal.flag, {level})",
        f"has(attested(deal.flag, {level}))",
        f"deal.people.exists(p, attested(p.role, {level}) == 'user')",
    )
]


def _proof(level: str | None, age: int | None) -> dict[str, Any]:
    if level is None:
        return {}
    return {"level": level} if age is None else {"level": level, "at": AS_OF - timedelta(days=age)}


def _records() -> list[dict[str, Any]]:
    found = []
    for level, age in product((None, "E0", "E1", "E2", "E3", "E4"), AGES):
        proof = _proof(level, age)
        evidence = {"evidence": {"flag": proof}} if proof else {}
        person = {"role": "user", **({"evidence": {"role": proof}} if proof else {})}
        found.append({"id": "d", "flag": True, **evidence, "people": [person]})
    return found


def _plan() -> Plan:
    nodes = [core_of_text(text) for text in TEXTS]
    assert all(one.half_life == WEEK for node in nodes for one in walk(node) if isinstance(one, Attested))
    return Plan(TEST_SCHEMA, tuple(Rule(f"r{index}", node) for index, node in enumerate(nodes)))


def _left(level: str | None, age: int | None) -> int:
    """Return what is left of a level, as the docs say; 1 is what is assumed where none is recorded."""
    if level is None:
        return 1
    return max(int(level[1:]) - max(age or 0, 0) // WEEK, 0)


def test_the_reference_takes_a_level_for_each_half_life() -> None:
    program = reference.compile_plan(_plan())
    for (level, age), record in zip(
        product((None, "E0", "E1", "E2", "E3", "E4"), AGES), _records(), strict=True
    ):
        truths = program.run(record, AS_OF).truths
        for minimum in range(5):
            is_enough = _left(level, age) >= minimum
            assert truths[3 * minimum : 3 * minimum + 3] == (is_enough or None, is_enough, is_enough or None)


@pytest.mark.parametrize("access", ["get", "item", "attr"])
def test_generated_code_agrees(access: python.Access) -> None:
    plan = _plan()
    program, wanted = python.compile_plan(plan, access=access), reference.compile_plan(plan)
    for record in _records():
        given = as_object(record) if access == "attr" else record
        assert program.run(given, AS_OF).truths == wanted.run(record, AS_OF).truths


@pytest.mark.parametrize("library", parameters())
def test_columns_agree(library: str) -> None:
    frame = importlib.import_module("kamrules.rules.backends.frame")
    plan, records = _plan(), _records()
    deals, lists = converted(polars_frames(TEST_SCHEMA, records), library)
    found = frame.compile_plan(plan).run(deals, lists, AS_OF, key="row")
    wanted = [reference.compile_plan(plan).run(record, AS_OF).truths for record in records]
    assert [outcome_of(plan, row).truths for row in rows_of(found)] == wanted


def test_the_prover_agrees() -> None:
    smt = pytest.importorskip("kamrules.rules.backends.smt")
    prover = smt.Prover(TEST_SCHEMA, as_of=AS_OF)
    strong = core_of_text("attested(deal.flag, 3)")
    proof = prover.prove(smt.never(strong))
    assert proof.status == "refuted"
    weak = core_of_text("has(deal.flag) && !has(attested(deal.flag, 1))")
    stale = prover.prove(smt.never(weak))
    assert stale.status == "refuted"
    assert reference.compile_plan(Plan(TEST_SCHEMA, (Rule("r", weak),))).run(stale.witness, AS_OF).truths == (
        True,
    )
    assert prover.prove(smt.implies(strong, core_of_text("attested(deal.flag, 2)"))).status == "proved"
