"""Steps of one fact: what is proved never to fall does not, and what falls is shown by the smallest deal."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamrules.rules.backends.reference import entry_points, environment
from kamrules.rules.lang.core import Compare, Exists, Field, Var
from kamrules.rules.plan import Entry, Flag, Ladder, Mean, Plan, Scale, Share
from kamrules.rules.verdict import Points
from tests.backends.plans import core_of_text
from tests.strategies import AS_OF, PERSON, ROLE, TEST_SCHEMA

pytest.importorskip("z3")

from kamrules.rules.backends import smt
from kamrules.rules.smtcode.steps import Lowered, moves

PLAN = Plan(TEST_SCHEMA, ())
PROVER = smt.Prover(TEST_SCHEMA, as_of=AS_OF, timeout_ms=5000)
_PEOPLE = next(one for one in TEST_SCHEMA.members if one.name == "people")
PEOPLE = Field(Var("deal", TEST_SCHEMA), "people", _PEOPLE.type)
LADDER = Ladder(Field(Var("one", PERSON), "role", ROLE), ("open", "user", "buyer"), PEOPLE)

_ATOMS = (
    "p.role == 'buyer'",
    "p.role != 'open'",
    "p.role in ['user', 'open']",
    "attested(p.role, 2) == 'buyer'",
    "p.is_contacted",
    "p.influence > 5",
    "has(p.influence)",
)
_bodies = st.recursive(
    st.sampled_from(_ATOMS),
    lambda inner: st.one_of(
        st.builds("({} && {})".format, inner, inner),
        st.builds("({} || {})".format, inner, inner),
        st.builds("!({})".format, inner),
    ),
    max_leaves=3,
)
_loops = st.one_of(
    st.builds("deal.people.exists(p, {})".format, _bodies),
    st.builds("deal.people.all(p, {})".format, _bodies),
    st.builds("deal.people.filter(p, {}).size() >= {}".format, _bodies, st.integers(1, 2)),
    st.builds("2 * deal.people.filter(p, {}).size() > deal.people.size()".format, _bodies),
    st.just("deal.flag"),
)
_conditions = st.one_of(
    _loops, st.builds("({}) && ({})".format, _loops, _loops), st.builds("!({})".format, _loops)
)
_people = st.fixed_dictionaries(
    {},
    optional={
        "role": st.sampled_from(ROLE.values),
        "influence": st.sampled_from([3, 8]),
        "is_contacted": st.booleans(),
        "evidence": st.sampled_from([{"role": {"level": "E3"}}]),
    },
)
_deals = st.fixed_dictionaries(
    {"id": st.just("a"), "people": st.lists(_people, max_size=3)}, optional={"flag": st.booleans()}
)


def _lowered(entry: Entry) -> Lowered:
    def earned(record: dict[str, Any], day: date) -> Points:
        return entry_points(entry, environment(PLAN, record, day))

    return Lowered(entry, LADDER, earned)


def _check(entry: Entry, deal: dict[str, Any]) -> smt.Proof:
    lowered = _lowered(entry)
    proof = PROVER.prove_step(lowered)
    falls = lowered.move(deal, AS_OF) is not None
    if proof.status == "proved" and (proof.for_any_length or len(deal["people"]) <= (proof.bound or 0)):
        assert not falls
    if proof.status == "refuted":
        assert proof.witness is not None
        assert lowered.move(dict(proof.witness), AS_OF) is not None
    return proof


@settings(max_examples=120)
@given(_conditions, st.sampled_from([2.0, -2.0]), _deals)
def test_a_flag_that_is_proved_never_falls(text: str, points: float, deal: dict[str, Any]) -> None:
    _check(Flag("f", points, core_of_text(text)), deal)


def _in_list(text: str) -> Any:
    """Return a condition on an element, taken out of a loop over the list."""
    loop = core_of_text(f"deal.people.exists(p, {text})")
    assert isinstance(loop, Exists)
    return loop.var, loop.body


@settings(max_examples=60)
@given(_bodies, st.sampled_from([2.0, -2.0]), _deals)
def test_a_share_that_is_proved_never_falls(text: str, points: float, deal: dict[str, Any]) -> None:
    var, body = _in_list(text)
    _check(Share("s", points, PEOPLE, var, body), deal)


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=2, max_size=3), st.sampled_from([2.0, -2.0]), _deals
)
def test_a_mean_that_is_proved_never_falls(numbers: list[float], points: float, deal: dict[str, Any]) -> None:
    var = Var("p", PERSON)
    mapping = tuple(zip(LADDER.values, numbers, strict=False))
    entry = Mean("m", points, PEOPLE, var, Field(var, "role", ROLE), mapping, None, 1.0)
    proof = _check(entry, deal)
    if len(numbers) == len(LADDER.values):
        rises = numbers == sorted(numbers, reverse=points < 0)
        assert proof.status == ("proved" if rises else "refuted")


def test_the_smallest_deal_and_step_are_shown() -> None:
    entry = Flag("f", 1.0, core_of_text("deal.people.exists(p, p.role == 'user' && p.influence > 5)"))
    lowered = _lowered(entry)
    proof = PROVER.prove_step(lowered)
    assert proof.status == "refuted"
    assert proof.is_smallest
    assert proof.witness is not None
    assert proof.witness["people"] == [{"role": "user"}]  # from unknown to false
    move = lowered.move(dict(proof.witness), AS_OF)
    assert move is not None
    assert (move.place, move.worse, move.better) == ("people[0].role", "user", "buyer")


@pytest.mark.parametrize(("low", "high", "status"), [(0.0, 3.0, "refuted"), (3.0, 0.0, "proved")])
def test_a_scale_over_a_count(low: float, high: float, status: str) -> None:
    count = core_of_text("deal.people.filter(p, p.role == 'open').size() >= 1")
    assert isinstance(count, Compare)
    # How many are open falls with each step up.
    assert PROVER.prove_step(_lowered(Scale("s", 2.0, count.left, low, high))).status == status


def test_an_entry_that_does_not_read_the_fact_never_falls() -> None:
    proof = PROVER.prove_step(_lowered(Flag("f", 1.0, core_of_text("deal.people.exists(p, p.is_contacted)"))))
    assert (proof.status, proof.for_any_length) == ("proved", True)


@given(_deals)
def test_moves_change_one_value_to_the_next(deal: dict[str, Any]) -> None:
    before = json.dumps(deal)
    found = list(moves(LADDER, deal))
    assert len(found) == sum(one.get("role") in LADDER.values[:-1] for one in deal["people"])
    for move in found:
        assert sum(a != b for a, b in zip(deal["people"], move.after["people"], strict=True)) == 1
        assert LADDER.values.index(move.better) == LADDER.values.index(move.worse) + 1
    assert json.dumps(deal) == before
