"""Deals that were assessed one at a time as rows of the wide table that `Engine.assess_frame` gives."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any, Literal

from kamrules.assessment import Assessment
from kamrules.frames.ask import PARTS
from kamrules.frames.wide import CHOICE, SEPARATOR
from kamrules.rules.pack import Pack
from kamrules.rules.places import without_positions
from kamrules.scoring.questions import Question

Kind = Literal["text", "bool", "int", "float"]
CRITERIA: dict[str, Kind] = {"deal_id": "text", "criterion": "text", "status": "text"}
# After a list comes a dot, between a record and its field two underscores: `stakeholders[].stance`.
_INNER_DOT = re.compile(r"(?<!\])\.")


def columns_of(pack: Pack, *, has_issues: bool = False) -> dict[str, Kind]:
    """Return the columns of the wide table of a pack, in order; `issues` only where bad values are kept."""
    stage: dict[str, Kind] = {"deal_id": "text"}
    stage |= dict.fromkeys(("claimed", "supported", "possible", "claim"), "text")
    stage |= {"is_complete": "bool", "blockers": "text", "unknowns": "text"}
    tier: dict[str, Kind] = {}
    if pack.tier_table is not None:
        tier = dict.fromkeys(("tier", "tier_decided", "recorded_tier"), "text")
        tier["tier_valid_for"] = "int"
    health: dict[str, Kind] = {}
    if pack.health is not None:
        health = dict.fromkeys(("health_low", "health_score", "health_high"), "float")
        health["grade"] = "text"
    last: list[str] = ["red_lines", "waived", "breaches", "ask_next", *(["issues"] if has_issues else [])]
    return stage | tier | health | dict.fromkeys(last, "text")


def row_of(assessment: Assessment, *, has_issues: bool = False) -> dict[str, Any]:
    """Return the row that `Engine.assess_frame` gives for the deal, by the names of `columns_of`.

    `issues` names every field with a value that was dropped, also one that no rule reads; a frame's names
    only those that are read.
    """
    stage, review, health = assessment.stage, assessment.tier, assessment.health
    row: dict[str, Any] = {
        "deal_id": assessment.deal_id,
        "claimed": stage.claimed,
        "supported": stage.supported,
        "possible": stage.possible,
        "claim": stage.claim,
        "is_complete": stage.is_complete,
        "blockers": SEPARATOR.join(stage.blockers),
        "unknowns": SEPARATOR.join(stage.unknowns),
    }
    if review is not None:
        row |= {
            "tier": CHOICE.join(review.tier.possible) or "none",
            "tier_decided": review.decided,
            "recorded_tier": review.recorded,
            "tier_valid_for": review.valid_for_year,
        }
    if health is not None:
        row |= {
            "health_low": health.low,
            "health_score": health.score,
            "health_high": health.high,
            "grade": "veto" if health.vetoed_by else CHOICE.join(health.grades),
        }
    row |= {
        "red_lines": SEPARATOR.join(assessment.tripped),
        "waived": SEPARATOR.join(line.id for line in assessment.red_lines if line.status == "waived"),
        "breaches": SEPARATOR.join(assessment.breaches),
        "ask_next": ask_next(assessment.ask_first),
    }
    if has_issues:
        fields = dict.fromkeys(_column(fault.where) for fault in assessment.issues)
        row["issues"] = SEPARATOR.join(fields)
    return row


def criteria_of(assessment: Assessment) -> list[dict[str, Any]]:
    """Return the rows of `FrameAssessment.criteria` for the deal."""
    return [
        {"deal_id": assessment.deal_id, "criterion": one.id, "status": one.status}
        for one in assessment.criteria
    ]


def ask_next(questions: tuple[Question, ...]) -> str | None:
    """Return the field to ask for next, None for none.

    Facts are not told apart by their place in a list: see `frames.ask`.

    Examples
    --------
    >>> stance = [Question(f"deal.people[{place}].stance", ("M1.X2",), 0.25) for place in range(2)]
    >>> ask_next((*stance, Question("deal.lead", ("M1.X1",), 0.5), Question("deal.site", ("M1.X1",), 0.5)))
    'deal.people[].stance'
    """
    waited_for: defaultdict[str, set[str]] = defaultdict(set)
    for question in questions:
        for criterion in question.criteria:
            waited_for[criterion].add(question.field)
    weights: defaultdict[str, int] = defaultdict(int)
    for fields in waited_for.values():
        for field in fields:
            weights[field] += PARTS // len(fields)
    return min(weights, key=lambda field: (-weights[field], field), default=None)


def _column(where: str) -> str:
    return _INNER_DOT.sub("__", without_positions(where, "[]"))
