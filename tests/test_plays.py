"""When plays are offered: never price talks in a tender, never approaches in its quiet period."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from kamrules.rules.planning import offer_id
from tests.handbook import handbook as engine

AS_OF = date(2026, 6, 30)
ISSUED = {"documents_issued_on": "2026-06-01"}
AWARDED = {**ISSUED, "awarded_on": "2026-06-20"}
PRICE = {"NG.1", "NG.4", "NG.5", "NG.6", "NG.7"}
TABLE = {"NG.0", "NG.2", "NG.3", "NG.8"}
APPROACH = {"visit_again", "coach_care", "RM.7.1", "RM.8.1", "RM.8.2", "RM.8.3", "RM.9", "RM.10", "RM.11"}
APPROACH |= {"RM.12", "M5.T6"}
KNOWN: dict[str, Any] = {
    "documents": [],
    "activities": [],
    "need": {"pain": "rework of long seams"},
    "stakeholders": [{"is_coach": True, "relationship_stage": "stranger", "personality": "C"}],
}


def holding(**deal: Any) -> set[str]:
    """Return the plays whose precondition holds."""
    truths = engine().run({**KNOWN, **deal}, as_of=AS_OF).truths
    held = {rule.id for rule, truth in zip(engine().plan.rules, truths, strict=True) if truth is True}
    return {name for name in engine().pack.plays if offer_id(name) in held}


@pytest.mark.parametrize("regime", ["mandatory_tender", "government_procurement", "voluntary_tender", None])
def test_a_tender_never_offers_price_talks(regime: str | None) -> None:
    for bid in ({}, ISSUED, AWARDED):
        assert not holding(procurement_regime=regime, bid=bid) & PRICE


def test_between_issue_and_award_no_negotiation_and_no_approach_is_offered() -> None:
    held = holding(procurement_regime="mandatory_tender", bid=ISSUED)
    assert not held & (PRICE | TABLE | APPROACH)
    assert "RM.7.2" in held


def test_after_the_award_only_open_terms_are_settled() -> None:
    held = holding(procurement_regime="mandatory_tender", bid=AWARDED)
    assert held >= TABLE
    assert not held & (PRICE | APPROACH | {"RM.7.2"})


def test_a_negotiated_purchase_offers_all_of_them_until_the_contract_is_signed() -> None:
    assert holding(procurement_regime="negotiated") >= PRICE | TABLE | APPROACH
    signed = holding(procurement_regime="negotiated", contract={"signed_by_us_on": "2026-06-25"})
    assert not signed & (PRICE | TABLE)


@pytest.mark.parametrize("need", [None, {}, {"pain": ""}])
def test_fabe_waits_until_the_problem_is_known(need: dict[str, str] | None) -> None:
    held = holding(procurement_regime="negotiated", need=need)
    assert "RM.10" not in held
    assert "RM.9" in held


def test_every_negotiation_play_is_off_under_the_red_line_on_price_talks() -> None:
    plays = engine().pack.plays
    assert {name for name in plays if name.startswith("NG.")} == PRICE | TABLE
    assert all("RL-12" in plays[name].never_with for name in PRICE | TABLE)
