"""What trips a red line is neither scored, nor asked for, and moves no other fact to another place."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

import kamrules as kr
from kamrules.adapters import Request, read_deals
from kamrules.scoring.taint import Cleaned

WELDING = Path(__file__).resolve().parents[2] / "examples" / "welding"
DAY = date(2026, 6, 30)
PANEL = {"id": "P1", "is_panel_member": True, "role": "technical_evaluator"}
PEOPLE = [
    {"id": "P0", "role": "user", "influence": 0.2, "stance": "neutral"},
    PANEL,
    {"id": "P2", "role": "decision_maker", "influence": 0.5},
]
TENDER = {"procurement_regime": "mandatory_tender", "bid": {"documents_issued_on": date(2026, 6, 1)}}


def assess(engine: kr.Engine, **deal: Any) -> kr.Assessment:
    return engine.assess({"id": "D", **TENDER, **deal}, as_of=DAY, detail="full")


def test_places_before_and_after_cleaning_match() -> None:
    clean = Cleaned(kr.Deal(), {"deal.stakeholders": (0, 2)}, frozenset({"deal.bid.price"}))
    assert clean.place("deal.stakeholders[1].role") == "deal.stakeholders[0].role"
    assert clean.place("deal.stakeholders[4].role") == "deal.stakeholders[2].role"
    assert clean.place("deal.stakeholders[2].role") is None
    assert clean.place("deal.bid.price") is None
    assert clean.place("deal.bid.price_note") == "deal.bid.price_note"
    for number in (1, 3, 4, 5):
        path = f"deal.stakeholders[{number}].stance"
        assert clean.origin(clean.place(path) or "") == path


@pytest.mark.parametrize("milestone", ["M4", "M5", "M6", "M7"])
def test_nothing_is_asked_about_a_known_panel_member(engine: kr.Engine, milestone: str) -> None:
    found = assess(engine, milestone=milestone, stakeholders=PEOPLE)
    assert "RL-04" in found.tripped
    paths = [question.path for question in found.ask_first]
    assert "deal.stakeholders[2].stance" in paths
    assert not [path for path in paths if path.startswith("deal.stakeholders[1]")]


def test_the_ledger_and_the_map_name_people_by_their_place_in_the_record(engine: kr.Engine) -> None:
    found = assess(engine, stakeholders=PEOPLE)
    assert found.health is not None
    assert found.people is not None
    missing = [path for line in found.health.ledger for path in line.missing]
    facts = {fact.path: fact.value for line in found.health.ledger for fact in line.facts}
    assert "deal.stakeholders[2].stance" in missing
    assert facts["deal.stakeholders[2].role"] == "decision_maker"
    assert not [path for path in (*missing, *facts) if path.startswith("deal.stakeholders[1]")]
    assert "deal.stakeholders[2].stance" in found.people.missing()
    assert not [path for path in found.people.missing() if path.startswith("deal.stakeholders[1]")]


def test_a_tainted_field_is_not_asked_for(engine: kr.Engine) -> None:
    tender_by_us = [{"type": "tender_documents", "author": "us"}]
    found = assess(engine, milestone="M5", shortlist_status="shortlisted", documents=tender_by_us)
    assert "RL-03" in found.tripped
    assert "deal.shortlist_status" not in [question.path for question in found.ask_first]


def test_nobody_is_asked_who_sits_on_the_panel(engine: kr.Engine) -> None:
    """A private visit after the issue leaves RL-06 open at the gate; whose visit it was is not asked."""
    deals = list(read_deals(WELDING, Request(model=engine.model)))
    deal = next(deal for deal in deals if isinstance(deal, dict) and deal["id"] == "D-05")
    visit = {"type": "visit", "on": date(2026, 6, 20), "channel": "private", "completed": True}
    after = {**deal, **TENDER, "activities": [*deal["activities"], visit]}
    found = engine.assess(after, as_of=DAY, detail="full")
    assert "M5.X8" in found.stage.unknowns
    line = next(line for line in found.red_lines if line.id == "RL-06")
    assert [path for path in line.missing if path.endswith("with_panel_member")]
    assert "deal.bid.related_bidder" in [question.path for question in found.ask_first]
    assert not [question.path for question in found.ask_first if "panel" in question.path]
