"""A stage move goes through where the evidence is there, and is refused with reasons where it is not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.examples.loading import DAY, names

HOOK = names("stage_hook/hook.py")
reasons_against = HOOK["reasons_against"]
DEAL = {
    "id": "D1",
    "milestone": "M1",
    "account": {
        "name": "Lingang",
        "industry": "shipbuilding",
        "rank_sales": 80,
        "rank_profit": 90,
        "rank_year": 2025,
        "rank_source": "association",
        "potential": "normal",
        "interest_estimate": "high",
        "financial_capacity": "adequate",
        "coverage_mode": "telephone",
        "coverage_owner_role": "sales_engineer",
    },
    "lead": {"contact_channel": "phone", "source": "fair", "registrant": "Bo", "registered_on": "2026-06-01"},
}


class Stored:
    """A model class as a CRM has it."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def write(self, values: dict[str, Any]) -> bool:
        self.values = {**self.values, **values}
        return True


def gated(values: dict[str, Any]) -> Any:
    """Return a stored deal behind the hook."""
    return type(
        "Deal", (HOOK["GatedDeal"], Stored), {"to_record": lambda deal: deal.values, "today": lambda _: DAY}
    )(values)


def test_a_move_without_evidence_is_refused_with_ids_and_next_actions() -> None:
    reasons = reasons_against({"id": "D1", "milestone": "M1"}, "M3", as_of=DAY)
    assert reasons
    assert all(" is unknown: " in reason for reason in reasons)
    assert [reason.split()[0] for reason in reasons] == ["M1.E1"]  # the other gates cannot open before it


def test_a_record_that_cannot_be_read_is_refused_with_its_fields() -> None:
    reasons = reasons_against({"id": "D1", "milestone": "M1", "nmae": "Gantry"}, "M9", as_of=DAY)
    assert [reason.split(":")[0] for reason in reasons] == ["milestone", "nmae"]


def test_a_move_back_needs_no_reason() -> None:
    assert reasons_against({"id": "D1", "milestone": "M5"}, "M4", as_of=DAY) == []


def test_a_refused_move_writes_nothing_of_its_values() -> None:
    deal = gated({"id": "D1", "milestone": "M1"})
    with pytest.raises(HOOK["MoveRefusedError"], match=r"M1\.E1"):
        deal.write({"milestone": "M2", "name": "Gantry"})
    assert deal.values == {"id": "D1", "milestone": "M1"}


def test_values_written_with_the_move_count_as_evidence() -> None:
    account = DEAL["account"]
    deal = gated({**DEAL, "account": {"name": "Lingang"}})
    assert reasons_against(deal.values, "M2", as_of=DAY)
    assert deal.write({"milestone": "M2", "account": account})
    assert deal.values["milestone"] == "M2"


def test_other_values_are_written_without_an_assessment() -> None:
    deal = gated({"id": "D1", "milestone": "M9"})
    assert deal.write({"name": "Gantry"})


def test_a_blocking_red_line_stops_a_move_that_the_evidence_supports() -> None:
    panel = {"stakeholders": [{"id": "P1", "is_panel_member": True}]}
    reasons = reasons_against({**DEAL, **panel, "procurement_regime": "mandatory_tender"}, "M2", as_of=DAY)
    assert [reason.split()[0] for reason in reasons] == ["RL-04"]
