"""The example pipeline gets the verdicts of its `expected/verdicts.csv`, and its tables fit together."""

import csv
from collections import defaultdict
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

import kamrules as kr
from kamrules.adapters import Reading, Request, read_deals
from kamrules.assessment import Assessment
from tests.handbook import handbook as engine

FOLDER = Path(__file__).resolve().parent.parent / "examples" / "welding"
AS_OF = date(2026, 6, 30)


def table(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


EXPECTED = {row["deal_id"]: row for row in table("expected/verdicts")}


@cache
def reading() -> Reading:
    return read_deals(FOLDER, Request(model=engine().model))


@cache
def assessments() -> dict[str, Assessment]:
    results = list(engine().assess_many(reading(), as_of=AS_OF, detail="full"))
    assert all(isinstance(result, Assessment) for result in results)
    return {str(result.deal_id): result for result in results if isinstance(result, Assessment)}


def ids(cell: str) -> set[str]:
    return set(cell.split("|")) - {""}


# --- verdicts


def test_every_deal_is_read_and_has_an_expected_verdict() -> None:
    assert not reading().strays
    assert list(assessments()) == list(EXPECTED)
    assert not any(result.issues for result in assessments().values())


@pytest.mark.parametrize("deal_id", EXPECTED)
def test_the_stage_is_the_expected_one(deal_id: str) -> None:
    stage, expected = assessments()[deal_id].stage, EXPECTED[deal_id]
    seen = (stage.claimed or "", stage.supported or "", stage.possible or "", stage.claim)
    assert seen == (expected["claimed"], expected["supported"], expected["possible"], expected["claim"])


@pytest.mark.parametrize("deal_id", EXPECTED)
def test_the_next_gate_waits_for_the_expected_criteria(deal_id: str) -> None:
    stage, expected = assessments()[deal_id].stage, EXPECTED[deal_id]
    assert set(stage.blockers) == ids(expected["blockers"])
    assert set(stage.unknowns) == ids(expected["unknowns"])


@pytest.mark.parametrize("deal_id", EXPECTED)
def test_the_tier_is_the_expected_one(deal_id: str) -> None:
    review = assessments()[deal_id].tier
    assert review is not None
    assert "|".join(review.tier.possible) == EXPECTED[deal_id]["tiers"]


@pytest.mark.parametrize("deal_id", EXPECTED)
def test_the_red_lines_and_work_rules_are_the_expected_ones(deal_id: str) -> None:
    assessment, expected = assessments()[deal_id], EXPECTED[deal_id]
    assert set(assessment.tripped) == ids(expected["red_lines"])
    assert set(assessment.breaches) == ids(expected["findings"])


def test_every_deal_has_every_criterion_with_a_status_and_its_slide() -> None:
    criteria = list(engine().pack.criteria)
    assert {name.partition(".")[0] for name in criteria} == {f"M{number}" for number in range(1, 9)}
    for assessment in assessments().values():
        rows = engine().to_dict(assessment)["criteria"]
        assert [row["id"] for row in rows] == criteria
        for row in rows:
            assert row["status"] in {"met", "unmet", "unknown", "not_applicable"}
            assert row["slides"], row["id"]


def test_the_pipeline_shows_every_milestone_and_every_kind_of_claim() -> None:
    stages = [assessment.stage for assessment in assessments().values()]
    assert {stage.supported for stage in stages} == {f"M{number}" for number in range(1, 9)}
    assert {stage.claim for stage in stages} == {"supported", "not_proven", "contradicted", "behind", "none"}
    assert any(stage.is_complete for stage in stages)
    assert "M4" in assessments()["D-17"].stage.skipped
    assert "M5" in assessments()["D-16"].stage.regressed


def test_a_fortnight_between_analysis_meetings_leaves_fewer_breaches() -> None:
    """The deck says two days; the pipeline shows what the other reading changes."""
    wide = kr.compile(kr.load_pack("handbook", params={"analysis_meeting_interval_days": "14d"}))
    late = {
        str(result.deal_id)
        for result in wide.assess_many(reading(), as_of=AS_OF)
        if isinstance(result, Assessment) and "M4.R2.2a" in result.breaches
    }
    strict = {name for name, result in assessments().items() if "M4.R2.2a" in result.breaches}
    assert strict - late >= {"D-04", "D-06", "D-07"}
    assert late < strict


# --- the tables


def test_what_was_spent_is_the_sum_of_the_expenses() -> None:
    spent: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in table("expenses"):
        spent[row["deal_id"], row["stage"]] += Decimal(row["amount"])
    for row in table("plans"):
        assert Decimal(row["spent"]) == spent[row["deal_id"], row["stage"]], row


def test_nothing_has_happened_after_the_day_of_the_pipeline() -> None:
    happened = {
        "deals": ("created_on", "closed_on", "initiation_approved_on", "crm_entered_on", "bid.awarded_on"),
        "activities": ("on",),
        "meetings": ("on",),
        "expenses": ("on", "approved_on"),
        "approvals": ("on",),
        "documents": ("on", "submitted_on", "feedback_on", "received_on", "signed_by_buyer_on"),
        "evidence": ("at",),
    }
    for name, columns in happened.items():
        late = [row for row in table(name) for column in columns if row[column] > AS_OF.isoformat()]
        assert not late, name


def test_people_named_by_other_rows_are_on_the_map() -> None:
    people = {(row["deal_id"], row["id"]) for row in table("stakeholders")}
    named = {
        *((row["deal_id"], one) for row in table("activities") for one in row["attendees"].split(";")),
        *((row["deal_id"], row["reports_to"]) for row in table("stakeholders")),
        *((row["deal_id"], row[end]) for row in table("influences") for end in ("stakeholder_id", "on")),
    }
    assert {(deal_id, person) for deal_id, person in named if person} <= people
