"""The path found is the cheapest there is, its blocking sets are minimal, a plain goal needs no solver."""

from __future__ import annotations

import functools
import heapq
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kamrules.rules.actions import Actions, plan_actions
from kamrules.rules.lang.core import Node
from kamrules.rules.lang.parse import parse
from kamrules.rules.lang.reference import evaluate
from kamrules.rules.lang.rewrite import simplify
from kamrules.rules.lang.typecheck import check
from kamrules.rules.pack import read_pack
from kamrules.rules.paths import Problem, Step, applied, plain_path
from kamrules.rules.paths.exact import Exact
from kamrules.rules.paths.holds import Hold
from kamrules.rules.vocabulary import Vocabulary
from kamrules.source import Text

DAY = date(2026, 6, 30)
MOST_ADDED = 2


@functools.cache
def words() -> Vocabulary:
    pack, faults = read_pack(Path(__file__).parent / "world.yaml")
    assert not faults
    return Vocabulary(pack)


@functools.cache
def actions() -> Actions:
    return plan_actions(words())


@functools.cache
def condition(text: str) -> Node:
    return simplify(check(parse(Text(text)), Text(text), words().scope(), None))


SCALARS = (
    "deal.buyer_intent",
    "!deal.buyer_intent",
    "attested(deal.buyer_intent, 3)",
    'deal.leader != ""',
    'deal.size_class == "major"',
    'deal.size_class in ["small"]',
    'deal.shortlist_status == "qualified"',
    "deal.est_value >= money('10.00 CNY')",
    "has(deal.leader)",
)
LISTS = (
    "deal.team.exists(t, t.is_leader)",
    'deal.team.exists(t, t.is_leader && t.grade == "senior")',
    'deal.team.all(t, t.grade == "senior")',
    "deal.team.exists(t, t.is_leader && !(t.grade == 'ordinary'))",
    "deal.team.filter(t, t.grade == 'senior').size() >= 2",
    "!deal.team.exists(t, t.is_leader)",
)


def conditions() -> st.SearchStrategy[str]:
    atoms = st.sampled_from(SCALARS + LISTS)
    pairs = st.tuples(atoms, st.sampled_from(["&&", "||"]), atoms).map(
        lambda one: f"({one[0]} {one[1]} {one[2]})"
    )
    return atoms | pairs


def members() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {}, optional={"is_leader": st.booleans(), "grade": st.sampled_from(["ordinary", "senior"])}
    )


def records() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {},
        optional={
            "buyer_intent": st.booleans(),
            "leader": st.sampled_from(["", "Feng"]),
            "size_class": st.sampled_from(["small", "major"]),
            "shortlist_status": st.sampled_from(["not_listed", "qualified"]),
            "est_value": st.sampled_from([0, 1000]),
            "team": st.lists(members(), max_size=2),
            "evidence": st.sampled_from(
                [{"buyer_intent": {"level": "E2"}}, {"buyer_intent": {"level": "E3"}}]
            ),
        },
    )


def problem(goal: list[str], guards: list[str], record: dict[str, Any]) -> Problem:
    nodes = {f"c{index}": condition(text) for index, text in enumerate(goal)}
    blank = Problem({}, {}, record, words().schema, "deal", actions(), DAY)
    held = {}
    for index, text in enumerate(guards):
        node = condition(text)
        open_now = Problem({"g": node}, {}, record, blank.schema, "deal", blank.actions, DAY)
        if any(open_now.unmet(record, DAY)):  # a guard that is crossed already is no guard
            held[f"g{index}"] = (node, evaluate(node, record, DAY) is False)
    return replace(blank, goal=nodes, guards=held)


# --- everything there is to try, cheapest first


@dataclass(frozen=True)
class Change:
    """One thing that may be done, and the steps it can be."""

    key: tuple[str, str]
    cost: int
    options: tuple[Step, ...]


VALUES: dict[str, tuple[Any, ...]] = {
    "buyer_intent": (True, False),
    "leader": ("Feng", ""),
    "size_class": ("small", "major"),
    "shortlist_status": ("not_listed", "qualified"),
    "est_value": (0, 1000),
    "is_leader": (True, False),
    "grade": ("ordinary", "senior"),
}


def changes(one: Problem) -> list[Change]:
    found = []
    places = [("deal", name, one.record.get(name)) for name in list(VALUES)[:5]]
    team = one.record.get("team")
    for index, member in enumerate(team or []):
        places += [(f"deal.team[{index}]", name, member.get(name)) for name in ("is_leader", "grade")]
    for holder, name, now in places:
        path = f"{holder}.{name}"
        kind: Any = "find_out" if now is None else "change"
        action = one.actions.on(kind, path.replace("[0]", "").replace("[1]", ""))
        if action is not None:
            able = [value for value in VALUES[name] if value != now and (not action.to or value in action.to)]
            steps = tuple(Step(kind, action.id, path, action.cost, value) for value in able)
            found.append(Change((kind, path), action.cost, steps))
    if team is None:
        found.append(Change(("find_out", "deal.team"), 2, (Step("find_out", "ask", "deal.team", 2, []),)))
    found.append(
        Change(
            ("confirm", "deal.buyer_intent"),
            3,
            (Step("confirm", "prove", "deal.buyer_intent", 3, level="E3"),),
        )
    )
    return found


def additions(one: Problem) -> Iterator[tuple[int, tuple[Step, ...]]]:
    """Yield what may be added to the team: nothing first."""
    kinds = [
        Step("add", name, "deal.team[9]", cost, {"grade": grade, **leads})
        for name, cost, grade in (("hire", 3, "ordinary"), ("poach", 6, "senior"))
        for leads in ({}, {"is_leader": True}, {"is_leader": False})
    ]
    for count in range(MOST_ADDED + 1):
        for steps in itertools.combinations_with_replacement(kinds, count):
            yield sum(step.cost for step in steps), steps


def cost_of(chosen: tuple[Change, ...]) -> int:
    """Return what changes cost; leader and size class are named together."""
    named = {"deal.leader", "deal.size_class"}
    shared = [one for one in chosen if one.key[0] == "change" and one.key[1] in named]
    return sum(one.cost for one in chosen) - max(len(shared) - 1, 0)


def brute_force(one: Problem) -> int | None:
    """Return the least cost that reaches the goal, by trying everything."""
    every = changes(one)
    subsets = itertools.chain.from_iterable(
        itertools.combinations(every, size) for size in range(len(every) + 1)
    )
    heap = []
    added = list(additions(one))
    for number, chosen in enumerate(subsets):
        for extra, (cost, steps) in enumerate(added):
            knows_team = one.record.get("team") is not None or ("find_out", "deal.team") in {
                c.key for c in chosen
            }
            if not steps or knows_team:
                heap.append((cost_of(chosen) + cost, number, extra, chosen, steps))
    heapq.heapify(heap)
    while heap:
        cost, _, _, chosen, steps = heapq.heappop(heap)
        for values in itertools.product(*(change.options for change in chosen)):
            ordered = sorted(values, key=lambda step: step.kind == "confirm")
            if one.opens(applied(one.record, (*ordered, *steps)), DAY):
                return cost
    return None


@settings(max_examples=40, deadline=None)
@given(st.lists(conditions(), min_size=1, max_size=3), st.lists(conditions(), max_size=1), records())
@example(['deal.team.all(t, t.grade == "senior")'], ["!deal.team.exists(t, t.is_leader)"], {})
def test_no_cheaper_path_exists(goal: list[str], guards: list[str], record: dict[str, Any]) -> None:
    one = problem(goal, guards, record)
    path = Exact(one).cheapest()
    least = brute_force(one)
    if path is not None and sum(step.kind == "add" for step in path.steps) > MOST_ADDED:
        assert least is None or least >= path.cost  # more than what is tried here
    else:
        assert (None if path is None else path.cost) == least
    if path is not None:
        assert one.opens(applied(record, path.steps), path.opens_on)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(SCALARS + LISTS), min_size=1, max_size=4), records())
def test_a_plain_goal_gets_the_path_of_the_solver(goal: list[str], record: dict[str, Any]) -> None:
    one = problem(goal, [], record)
    plain = plain_path(one)
    if plain is not None:
        exact = Exact(one).cheapest()
        assert exact is not None
        assert (plain.cost, plain.opens_on) == (exact.cost, exact.opens_on)
        assert one.replays(plain.steps, plain.opens_on)


def test_most_scalar_goals_are_plain() -> None:
    record = {"buyer_intent": False, "leader": "", "team": []}
    goal = ["deal.buyer_intent", 'deal.leader != ""', 'deal.size_class == "major"']
    path = plain_path(problem(goal, [], record))
    assert path is not None
    assert [(step.kind, step.path, step.value) for step in path.steps] == [
        ("change", "deal.buyer_intent", True),
        ("change", "deal.leader", "…"),
        ("find_out", "deal.size_class", "major"),
    ]
    assert path.cost == 8
    assert path.opens_on == date(2026, 7, 3)


def names(sets: list[tuple[Hold, ...]]) -> set[frozenset[tuple[str, str]]]:
    return {frozenset((hold.kind, hold.path) for hold in one) for one in sets}


@settings(max_examples=60, deadline=None)
@given(st.lists(conditions(), min_size=1, max_size=2), records())
@example(
    [
        "deal.team.exists(t, t.is_leader)",
        'deal.buyer_intent || deal.team.exists(t, t.is_leader && t.grade == "senior")',
    ],
    {},
)
def test_a_path_changes_something_of_every_blocking_set(goal: list[str], record: dict[str, Any]) -> None:
    one = problem(goal, [], record)
    search = Exact(one)
    path = search.cheapest()
    if path is None:
        return
    sets, is_every = search.blocking_sets(200)
    assert is_every
    touched = {
        (step.kind, step.path.partition("[")[0] if step.kind == "add" else step.path, step.action)
        for step in path.steps
    }
    # Two actions may add to one list, so a set is what its actions are, too.
    held = {frozenset((hold.kind, hold.path, hold.action.id) for hold in one) for one in sets}
    assert all(named & touched for named in held)
    assert not any(small < large for small, large in itertools.permutations(held, 2))
    assert bool(sets) == any(one.unmet(record, DAY))


def test_blocking_sets_name_what_stands_in_the_way() -> None:
    record = {"buyer_intent": False, "team": [{"is_leader": True, "grade": "ordinary"}]}
    one = problem(
        ['deal.buyer_intent && deal.team.exists(t, t.is_leader && t.grade == "senior")'], [], record
    )
    search = Exact(one)
    assert search.cheapest() is not None
    sets, is_every = search.blocking_sets(10)
    assert is_every
    assert names(sets) == {
        frozenset({("change", "deal.buyer_intent")}),
        frozenset({("change", "deal.team[0].grade"), ("add", "deal.team")}),
    }


def test_what_nobody_may_touch_is_the_reason() -> None:
    record = {"shortlist_status": "not_listed", "leader": "Feng"}
    search = Exact(problem(['deal.shortlist_status == "qualified"', 'deal.leader != ""'], [], record))
    assert search.cheapest() is None
    assert [hold.path for hold in search.why_not] == ["deal.shortlist_status"]


def test_a_guard_makes_the_path_go_around() -> None:
    record: dict[str, Any] = {"team": [{"is_leader": True, "grade": "ordinary"}]}
    goal = ['deal.team.exists(t, t.is_leader && t.grade == "senior")']
    cheap = Exact(problem(goal, [], record)).cheapest()
    assert cheap is not None
    assert [step.action for step in cheap.steps] == ["train"]
    guarded = Exact(problem(goal, ['!deal.team.exists(t, t.grade == "ordinary")'], record)).cheapest()
    assert guarded is not None
    assert [step.action for step in guarded.steps] == ["poach"]


@pytest.mark.parametrize(("days", "opens"), [(3, date(2026, 7, 3)), (2, None)])
def test_a_path_that_comes_too_late_is_none(days: int, opens: date | None) -> None:
    limit = DAY.fromordinal(DAY.toordinal() + days)
    goal = ["deal.buyer_intent", f'as_of <= date("{limit}")']
    path = Exact(problem(goal, [], {"buyer_intent": False})).cheapest()
    assert (path.opens_on if path else None) == opens
