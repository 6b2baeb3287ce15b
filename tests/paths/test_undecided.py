"""What z3 cannot say, or says of exact numbers only, is undecided with the reason."""

from __future__ import annotations

from datetime import date

import pytest

from kamrules.rules.paths.exact import Exact, UndecidedError
from tests.paths.test_search import problem


def test_a_path_that_only_exact_numbers_have_is_undecided() -> None:
    goal = ["deal.stakeholders.exists(s, s.influence + 0.2 == 0.3 && s.influence == 0.1)"]
    one = problem(goal, [], {"stakeholders": [{"name": "P"}]})
    with pytest.raises(UndecidedError, match="doubles"):
        Exact(one).cheapest()


def test_out_of_time_is_undecided() -> None:
    one = problem(["deal.buyer_intent"], [], {})
    with pytest.raises(UndecidedError, match="within 0 ms"):
        Exact(one, timeout_ms=0).cheapest()


def test_lists_whose_count_is_open_are_named() -> None:
    goal = ['2 * deal.team.filter(t, t.grade == "senior").size() > deal.team.filter(t, t.is_leader).size()']
    search = Exact(problem(goal, [], {"team": []}))
    assert search.bounded == ("deal.team",)
    path = search.cheapest()
    assert path is not None
    assert path.opens_on >= date(2026, 6, 30)
