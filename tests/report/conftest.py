"""The engine and the deals that the pictures are drawn of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

import kamrules as kr

DAY = date(2026, 6, 30)
HOSTILE = "</svg><script>alert('x')</script>&\"\x00\x1b[31m\u202e"
Deal = dict[str, Any]


@pytest.fixture(scope="session")
def assess(engine: kr.Engine) -> Callable[[Deal], kr.Assessment]:
    return lambda deal: engine.assess(deal, as_of=DAY)


def crowd(count: int) -> list[Deal]:
    """Return people of every kind: some known well, some by nothing but an id."""
    stances = ["mentor", "supporter", "neutral", "opponent", "mortal_enemy", None]
    roles = ["decision_maker", "technical_evaluator", "commercial_evaluator", "user", None]
    people: list[Deal] = []
    for row in range(count):
        person: Deal = {"id": f"P{row}", "name": f"Person number {row}"}
        person |= {"stance": stances[row % 6], "role": roles[row % 5]}
        person |= {"influence": None if row % 4 == 3 else row % 10 / 10}
        person |= {
            "group": [None, "", "Works", "采购部"][row % 4],
            "is_key_player": [True, False, None][row % 3],
        }
        person["reports_to"] = "" if row == 0 else None if row % 11 == 0 else f"P{(row - 1) // 4}"
        if row % 3:
            target = f"P{(row * 7) % count}"
            kind = ["influence", "conflict", None][row % 3]
            person["influences"] = [{"on": target, "kind": kind, "strength": 0.5}]
        people.append(person)
    return people
