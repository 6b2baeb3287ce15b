"""Laws of the deal health: a ledger that sums, an interval that keeps its word, no taint."""

from __future__ import annotations

import copy
import random
from datetime import date
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import kamrules as kr
from kamrules.scoring.ledger import Health

DAY = date(2026, 6, 30)
DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))
LEVELS = st.sampled_from(["E1", "E2", "E3", "E4"])
STANCES = ["mortal_enemy", "opponent", "neutral", "supporter", "mentor"]


def record(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return records with any of the fields missing."""
    return st.fixed_dictionaries({}, optional=fields)


PERSON = st.fixed_dictionaries(
    {},
    optional={
        "role": st.sampled_from(["decision_maker", "technical_evaluator", "commercial_evaluator", "user"]),
        "stance": st.sampled_from(STANCES),
        "influence": st.sampled_from([0.0, 0.2, 0.5, 1.0]),
        "is_key_player": st.booleans(),
        "has_decision_power": st.booleans(),
        "counter_plan": st.booleans(),
        "is_contacted": st.booleans(),
        "met_executive_on": DAYS,
        "is_coach": st.booleans(),
        "coach_is_credible": st.booleans(),
        "coach_wants_us_to_win": st.booleans(),
        "coach_confirmed": st.booleans(),
        "coach_entitled": st.booleans(),
        "last_contact_on": DAYS,
        "personality": st.sampled_from("DISC"),
    },
).flatmap(
    lambda person: st.fixed_dictionaries(
        {**{key: st.just(value) for key, value in person.items()}},
        optional={"evidence": st.just({key: {"level": "E4"} for key in person})},
    )
)
DEAL = st.fixed_dictionaries(
    {},
    optional={
        "stakeholders": st.lists(PERSON, max_size=4),
        "next_step_on": DAYS,
        "next_step_agreed": st.booleans(),
        "buyer_intent": st.booleans(),
        "differentiator_confirmed": st.booleans(),
        "benefit_case_accepted": st.booleans(),
        "shortlist_status": st.sampled_from(["not_listed", "qualified", "shortlisted"]),
        "competitors": st.lists(
            record(name=st.just("R"), threat=st.sampled_from(["low", "high"])), max_size=2
        ),
        "activities": st.lists(
            record(type=st.sampled_from(["visit", "call"]), on=DAYS, completed=st.booleans()), max_size=2
        ),
        "plans": st.lists(
            record(stage=st.sampled_from(["M5", "M6"]), budget=st.just(10), spent=st.integers(0, 20)),
            max_size=2,
        ),
        "meetings": st.lists(record(type=st.just("project_analysis"), on=DAYS), max_size=2),
    },
)


def health(engine: kr.Engine, deal: dict[str, Any], detail: Any = "brief") -> Health:
    found = engine.assess(deal, as_of=DAY, detail=detail).health
    assert found is not None
    return found


@settings(max_examples=40)
@given(deal=DEAL)
def test_the_ledger_sums_to_the_score_within_bounds(engine: kr.Engine, deal: dict[str, Any]) -> None:
    found = health(engine, deal, "full")
    assert found.low == pytest.approx(found.base + sum(line.low for line in found.ledger))
    assert found.high == pytest.approx(found.base + sum(line.high for line in found.ledger))
    assert -1e-9 <= found.low <= found.high <= 100 + 1e-9
    assert all(bool(line.missing) == (line.low < line.high) for line in found.ledger)


def test_an_empty_deal_may_have_any_score(engine: kr.Engine) -> None:
    found = health(engine, {})
    assert (found.low, found.high) == pytest.approx((0, 100))
    assert len(found.grades) == len(engine.pack.scorecards["health"].grades)


_FLAGS = ("is_key_player", "has_decision_power", "counter_plan", "is_coach", "is_contacted")


def fill(deal: dict[str, Any], seed: int) -> dict[str, Any]:
    """Fill some blanks of a deal with proven answers."""
    rng = random.Random(seed)
    filled = copy.deepcopy(deal)
    choices: dict[str, list[Any]] = {
        "next_step_agreed": [True, False],
        "buyer_intent": [True, False],
        "benefit_case_accepted": [True, False],
        "differentiator_confirmed": [True, False],
        "next_step_on": [date(2026, 1, 5), date(2026, 7, 9)],
    }
    for name, values in choices.items():
        if name not in filled and rng.random() < 0.7:
            filled[name] = rng.choice(values)
            filled.setdefault("evidence", {})[name] = {"level": "E4"}
    people: dict[str, list[Any]] = {
        "role": ["decision_maker", "user", "technical_evaluator"],
        "stance": list(STANCES),
        "influence": [0.0, 0.4, 1.0],
        **{name: [True, False] for name in _FLAGS},
    }
    for person in filled.get("stakeholders", []):
        for name, values in people.items():
            if name not in person and rng.random() < 0.7:
                person[name] = rng.choice(values)
                person.setdefault("evidence", {})[name] = {"level": "E4"}
    return filled


@settings(max_examples=80)
@given(deal=DEAL, seed=st.integers(0, 10**6))
def test_every_completion_of_the_unknowns_lies_in_the_interval(
    engine: kr.Engine, deal: dict[str, Any], seed: int
) -> None:
    before, after = engine.assess(deal, as_of=DAY), engine.assess(fill(deal, seed), as_of=DAY)
    assume(before.tripped == after.tripped)
    assert before.health is not None
    assert after.health is not None
    assert before.health.low - 1e-9 <= after.health.low <= after.health.high <= before.health.high + 1e-9


@settings(max_examples=60)
@given(deal=DEAL, seed=st.integers(0, 10**6))
def test_the_order_of_people_does_not_matter(engine: kr.Engine, deal: dict[str, Any], seed: int) -> None:
    shuffled = copy.deepcopy(deal)
    random.Random(seed).shuffle(shuffled.get("stakeholders", []))
    one, other = health(engine, deal), health(engine, shuffled)
    assert (one.low, one.high) == pytest.approx((other.low, other.high))


def _changed(deal: dict[str, Any], index: int, **facts: Any) -> dict[str, Any]:
    changed = copy.deepcopy(deal)
    person = changed["stakeholders"][index]
    person.update(facts)
    person["evidence"] = {**person.get("evidence", {}), **{name: {"level": "E4"} for name in facts}}
    return changed


@settings(max_examples=80)
@given(deal=DEAL, data=st.data())
def test_a_better_stance_never_lowers_health(
    engine: kr.Engine, deal: dict[str, Any], data: st.DataObject
) -> None:
    people = deal.get("stakeholders") or []
    assume(people)
    index = data.draw(st.integers(0, len(people) - 1))
    low, high = sorted(data.draw(st.lists(st.integers(0, 4), min_size=2, max_size=2)))
    worse = health(engine, _changed(deal, index, stance=STANCES[low]))
    better = health(engine, _changed(deal, index, stance=STANCES[high]))
    assert better.low >= worse.low - 1e-9
    assert better.high >= worse.high - 1e-9


_COACH = dict.fromkeys(
    ("is_coach", "coach_is_credible", "coach_wants_us_to_win", "coach_confirmed", "coach_entitled"), True
)


@settings(max_examples=60)
@given(deal=DEAL, data=st.data())
def test_reaching_the_decision_maker_never_lowers_health(
    engine: kr.Engine, deal: dict[str, Any], data: st.DataObject
) -> None:
    people = deal.get("stakeholders") or []
    assume(people)
    index = data.draw(st.integers(0, len(people) - 1))
    without = copy.deepcopy(deal)
    without["stakeholders"][index].pop("met_executive_on", None)
    after = _changed(without, index, met_executive_on=date(2026, 6, 1), restated_criteria=True)
    assert health(engine, after).low >= health(engine, without).low - 1e-9


@settings(max_examples=60)
@given(deal=DEAL, data=st.data())
def test_a_tested_coach_never_lowers_health(
    engine: kr.Engine, deal: dict[str, Any], data: st.DataObject
) -> None:
    people = deal.get("stakeholders") or []
    assume(people)
    index = data.draw(st.integers(0, len(people) - 1))
    before = health(engine, _changed(deal, index, is_coach=False))
    after = health(engine, _changed(deal, index, **_COACH))
    assert after.low >= before.low - 1e-9
    assert after.high >= before.high - 1e-9


@settings(max_examples=60)
@given(deal=DEAL, data=st.data())
def test_an_enemy_gaining_influence_never_raises_health(
    engine: kr.Engine, deal: dict[str, Any], data: st.DataObject
) -> None:
    people = deal.get("stakeholders") or []
    assume(people)
    index = data.draw(st.integers(0, len(people) - 1))
    low, high = sorted(data.draw(st.lists(st.floats(0, 1), min_size=2, max_size=2)))
    weak = health(engine, _changed(deal, index, stance="mortal_enemy", influence=low))
    strong = health(engine, _changed(deal, index, stance="mortal_enemy", influence=high))
    assert strong.low <= weak.low + 1e-9
    assert strong.high <= weak.high + 1e-9


@settings(max_examples=40)
@given(deal=DEAL, letter=st.sampled_from("DISC"))
def test_personality_never_scores(engine: kr.Engine, deal: dict[str, Any], letter: str) -> None:
    people = deal.get("stakeholders") or []
    assume(people)
    one = health(engine, {**deal, "stakeholders": [{**person, "personality": letter} for person in people]})
    other = health(
        engine, {**deal, "stakeholders": [{k: v for k, v in p.items() if k != "personality"} for p in people]}
    )
    assert (one.low, one.high) == (other.low, other.high)


RED = [
    ("activities", {"type": "visit", "on": date(2026, 6, 1), "completed": True, "with_panel_member": True}),
    ("activities", {"type": "visit", "on": date(2026, 6, 1), "completed": True, "with_other_bidder": True}),
    ("expenses", {"kind": "gift", "on": date(2026, 6, 1), "is_cash_like": True, "within_policy": False}),
]


@settings(max_examples=60)
@given(deal=DEAL, red=st.sampled_from(RED))
def test_a_fact_that_trips_a_red_line_never_moves_the_score(
    engine: kr.Engine, deal: dict[str, Any], red: tuple[str, dict[str, Any]]
) -> None:
    name, fact = red
    base = {"activities": [], "expenses": [], **deal}
    before = engine.assess(base, as_of=DAY, detail="brief")
    after = engine.assess({**base, name: [*base[name], fact]}, as_of=DAY, detail="brief")
    assume(set(after.tripped) > set(before.tripped))
    assert before.health is not None
    assert after.health is not None
    assert (after.health.low, after.health.high) == pytest.approx((before.health.low, before.health.high))
    assert after.health.vetoed_by
    assert after.health.grades == ()
    assert after.plays == ()
