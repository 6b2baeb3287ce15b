"""The verdicts of an assessment as flat facts, the words in which reactions of a pack speak."""

from __future__ import annotations

from collections.abc import Iterable

from kamrules.assessment import Assessment
from kamrules.rules.reactions import NONE, SIDES, UNKNOWN, gate_fact
from kamrules.rules.verdict import GateStatus, Status


def facts_of(assessment: Assessment) -> dict[str, str]:
    """Return every fact of an assessment and what it is now.

    Facts are the statuses of criteria, red lines and work rules by id; `gate.M4.exit` and the like:
    `open` when every hard criterion of that side holds, `shut` when one is unmet; `stage`, the milestone the
    evidence supports; `claim`; `tier` and `grade` where exactly one is possible, else `unknown`, or `none`;
    `health.veto`.

    Examples
    --------
    >>> from datetime import date
    >>> from kamrules.engine import compile, load_pack
    >>> facts = facts_of(compile(load_pack("handbook")).assess({"id": "D1"}, as_of=date(2026, 6, 30)))
    >>> facts["stage"], facts["gate.M1.exit"], facts["RL-01"], facts["tier"]
    ('none', 'unknown', 'unknown', 'unknown')
    """
    facts: dict[str, str] = {item.id: item.status for item in assessment.criteria}
    facts |= {item.id: item.status for item in assessment.red_lines}
    facts |= {item.id: item.status for item in assessment.findings}
    sides: dict[str, list[Status]] = {
        gate_fact(state.id, side): [] for state in assessment.stage.milestones for side in SIDES
    }
    for item in assessment.criteria:
        if item.is_hard:
            sides[gate_fact(item.milestone, item.side)].append(item.status)
    facts |= {name: _gate(statuses) for name, statuses in sides.items()}
    facts["stage"] = assessment.stage.supported or NONE
    facts["claim"] = assessment.stage.claim
    if assessment.tier is not None:
        facts["tier"] = assessment.tier.decided or (UNKNOWN if assessment.tier.tier.possible else NONE)
    if assessment.health is not None:
        grades = assessment.health.grades
        facts["grade"] = grades[0] if len(grades) == 1 else UNKNOWN if grades else NONE
        facts["health.veto"] = "yes" if assessment.health.vetoed_by else "no"
    return facts


def _gate(statuses: Iterable[Status]) -> GateStatus:
    seen = set(statuses)
    return "shut" if "unmet" in seen else "unknown" if "unknown" in seen else "open"
