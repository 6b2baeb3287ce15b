"""The example pipeline shows each case of deal health that a sales manager has to recognise."""

from __future__ import annotations

import copy
import random
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import kamrules as kr
from kamrules.adapters import Request, read_deals
from kamrules.scoring.ledger import Health
from kamrules.scoring.stakeholders import StakeholderMap
from tests.handbook import handbook as engine

FOLDER = Path(__file__).resolve().parent.parent / "examples" / "welding"
AS_OF = date(2026, 6, 30)


@cache
def deals() -> tuple[dict[str, Any], ...]:
    found = read_deals(FOLDER, Request(model=engine().model))
    return tuple(deal for deal in found if isinstance(deal, dict))


@cache
def pipeline() -> dict[str, kr.Assessment]:
    results = list(engine().assess_many(deals(), as_of=AS_OF, detail="full"))
    return {str(result.deal_id): result for result in results if isinstance(result, kr.Assessment)}


def health(deal: str) -> Health:
    found = pipeline()[deal].health
    assert found is not None
    return found


def people(deal: str) -> StakeholderMap:
    found = pipeline()[deal].people
    assert found is not None
    return found


def points(deal: str, entry: str) -> tuple[float, float]:
    return next((line.low, line.high) for line in health(deal).ledger if line.id == entry)


def test_every_ledger_of_the_pipeline_sums_to_its_health() -> None:
    assert len(pipeline()) == 36
    for deal in pipeline():
        found = health(deal)
        assert abs(sum(line.low for line in found.ledger) - found.low) < 1e-9, deal
        assert abs(sum(line.high for line in found.ledger) - found.high) < 1e-9, deal


def test_veto_by_red_line() -> None:
    """D-27 and D-28 have points, but no grade and no play: a blocking red line trips."""
    for deal, lines in (("D-27", ("RL-04", "RL-06")), ("D-28", ("RL-08", "RL-09"))):
        assert health(deal).vetoed_by == lines
        assert health(deal).grades == ()
        assert health(deal).high > 0
        assert pipeline()[deal].plays == ()


def test_an_escalated_red_line_does_not_veto() -> None:
    for deal in ("D-25", "D-26"):
        assert pipeline()[deal].tripped == ("RL-16",)
        assert health(deal).vetoed_by == ()
        assert health(deal).grades


def test_mentor_but_no_decision_maker() -> None:
    """D-29: a mentor by deed, yet the chairman declines to meet."""
    assert points("D-29", "mentor_by_deed") == (2, 2)
    assert people("D-29").decision_maker.met_executive.truth is False
    assert points("D-29", "decision_maker_met_executive") == (0, 0)
    assert "M6.X1" in pipeline()["D-29"].stage.blockers


def test_enemy_with_decision_power() -> None:
    """D-30: most support us, and a deputy with a veto against us has no counter-plan."""
    found = people("D-30").powerful_enemies
    assert found.known.truth is True
    assert (found.unaddressed.low, found.unaddressed.high) == (1, 1)
    assert people("D-30").support.majority.truth is True
    assert points("D-30", "enemies_addressed") == (0, 0)
    assert "M6.X2" in pipeline()["D-30"].stage.blockers


def test_support_in_one_faction_only() -> None:
    """D-31: several people support us, all of the chief engineer's group, and no majority follows."""
    found = people("D-31")
    assert found.factions.concentrated.truth is True
    assert found.support.supporters.people.low >= 2
    assert people("D-30").factions.concentrated.truth is False
    assert points("D-31", "key_majority") == (0, 0)


def test_unknown_heavy_map_has_a_wide_interval_and_a_sensible_question() -> None:
    """D-32: names without roles and stances; ask about the person whose answer narrows most."""
    found = pipeline()["D-32"]
    others = [health(deal).width for deal in ("D-05", "D-06", "D-29", "D-30", "D-31")]
    assert health("D-32").width > 2 * max(others)
    assert people("D-32").support.index.high - people("D-32").support.index.low > 1
    first = found.ask_first[0]
    assert first.field in {"deal.stakeholders[].role", "deal.stakeholders[].stance"}
    assert first.criteria
    assert first.narrows >= 5
    fields = [question.field for question in found.ask_first[:6]]
    assert {"deal.stakeholders[].role", "deal.stakeholders[].stance"} <= set(fields)


def test_stage_claimed_two_ahead_of_evidence() -> None:
    stage = pipeline()["D-14"].stage
    assert (stage.claimed, stage.supported, stage.claim) == ("M6", "M4", "contradicted")


def test_healthy_deals_beat_troubled_ones() -> None:
    """A deal that closed well scores above every deal in trouble, even at the worst end of its interval."""
    for deal in ("D-14", "D-17", "D-25"):
        assert health("D-09").low > health(deal).high


_LISTS = (
    "documents",
    "approvals",
    "activities",
    "plans",
    "meetings",
    "stakeholders",
    "expenses",
    "competitors",
)


def _mixed(rng: random.Random) -> dict[str, Any]:
    """Return a deal with some lists of other deals of the pipeline."""
    deal = copy.deepcopy(rng.choice(deals()))
    for name in _LISTS:
        other = rng.choice(deals())
        if name in other and rng.random() < 0.3:
            deal[name] = copy.deepcopy(other[name])
    return deal


def _forget(deal: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """Return the deal with some facts, lists or parts missing."""
    less = copy.deepcopy(deal)
    for _ in range(rng.randint(1, 12)):
        holder = less
        for _ in range(rng.randint(0, 3)):
            inner = [value for name, value in holder.items() if name != "evidence" and value]
            parts = [part for value in inner for part in (value if isinstance(value, list) else [value])]
            records = [part for part in parts if isinstance(part, dict)]
            holder = rng.choice(records) if records else holder
        names = [name for name in holder if name not in {"id", "evidence"}]
        if names:
            holder.pop(rng.choice(names))
    return less


@pytest.mark.parametrize("seed", range(60))
def test_forgetting_facts_of_a_rich_deal_only_widens_its_health(seed: int) -> None:
    rng = random.Random(seed)
    deal = _mixed(rng)
    whole = engine().assess(deal, as_of=AS_OF, detail="brief")
    part = engine().assess(_forget(deal, rng), as_of=AS_OF, detail="brief")
    assert whole.health is not None
    assert part.health is not None
    assert -1e-9 <= part.health.low <= part.health.high <= 100 + 1e-9
    if whole.tripped == part.tripped:
        assert part.health.low <= whole.health.low + 1e-9
        assert whole.health.high <= part.health.high + 1e-9
