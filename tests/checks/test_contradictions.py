"""The manual contradicts itself in twelve places (C1 to C12), which the pack settles by parameters.

Each test takes the parameter away and writes down what the manual says, all readings of it, as somebody would
who had not noticed. A check must find it at the right part, and must not say so of the pack as it is.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import kamrules as kr
from kamrules.engine import check_pack
from kamrules.rules.checks import run_checks
from kamrules.rules.planning import plan_pack

Remarks = set[tuple[str, str]]

_TEXTS = {"if_unknown": {"en": "ask", "zh": "请了解"}, "if_unmet": {"en": "mend it", "zh": "请改正"}}
_SETTLED_BY_HAND = {"two-approvers", "table-gap"}  # the pack suppresses C2 and C8, with the reason


def _approved(paper: str, desk: str) -> str:
    return f'deal.approvals.exists(a, a.subject == "{paper}" && a.by == "{desk}" && a.decision == "approved")'


def _criterion(gate: str, met_when: str, name: tuple[str, str], **more: Any) -> dict[str, Any]:
    names = {"en": name[0], "zh": name[1]}
    return {"gate": gate, "name": names, "met_when": met_when, "source": {"section": "0.5"}, **_TEXTS, **more}


_WEEKLY = (
    'deal.meetings.exists(m, m.type == "weekly_sales" && m.topic == "initiation" '
    "&& m.on <= deal.initiation_approved_on)"
)
_ROLES = ("decision_maker", "technical_evaluator", "commercial_evaluator", "user")
_CHART = " && ".join(f'deal.stakeholders.exists(s, s.role == "{role}")' for role in _ROLES)
_INSTITUTE = 'deal.stakeholders.exists(s, s.employer.contains("设计院"))'
_PARTIES = ("Organisation chart covers every party", "组织分析图涵盖所有单位")
_AGREEMENT = ("Technical agreement signed with the project team", "与项目小组技术人员签订技术协议")

# What is changed, and what is found where.
CASES: dict[str, tuple[dict[str, Any], Remarks]] = {
    "C1: the plan of M5 is approved by the regional manager (p29) and by the director (p31)": (
        {
            "params": {"technical_plan_approver": None},
            "defs": {"is_technical_plan_approved": {"expr": _approved("JTF-004", "ka_director")}},
            "criteria": {
                "M5.E2": {"approver": "ka_director"},
                "M5.T1.L": _criterion(
                    "M5.entry",
                    _approved("JTF-004", "regional_kam"),
                    ("Plan approved by the regional manager", "计划经区域客户经理批准"),
                    form="JTF-004",
                    approver="regional_kam",
                ),
            },
        },
        {("two-approvers", "criteria.M5.T1.L.approver")},
    ),
    "C2: the plan of M6 is approved by the sales manager (p46) and by the director (p47)": (
        {
            "params": {"commercial_plan_approver": None},
            "defs": {"is_commercial_plan_approved": {"expr": _approved("JTF-005", "ka_director")}},
            "criteria": {
                "M6.E2": {"approver": "ka_director"},
                "M6.T1.L": _criterion(
                    "M6.entry",
                    _approved("JTF-005", "regional_kam"),
                    ("Plan approved by the sales manager", "计划经销售经理批准"),
                    form="JTF-005",
                    approver="regional_kam",
                ),
            },
        },
        {("two-approvers", "criteria.M6.T1.L.approver")},
    ),
    "C3: initiation is approved by the manager (p13), and signed after the weekly meeting (p16)": (
        {
            "params": {"initiation_approval": None},
            "criteria": {
                "M3.X3": {"met_when": f"{_approved('JTF-002', 'regional_kam')} && {_WEEKLY}"},
                "M3.T2.L": _criterion(
                    "M3.exit",
                    _approved("JTF-002", "regional_kam"),
                    ("Approved by the manager", "经理审核批准"),
                ),
            },
        },
        {("redundant-criterion", "criteria.M3.T2.L")},
    ),
    "C4: JTF-003 has three titles": (
        {"params": {"jtf_003_title": None}},
        {("form-names", "forms.JTF-003.aliases")},
    ),
    "C5: JTF-001 has three titles, and the numbers of two forms are written otherwise": (
        {"params": {"jtf_001_title": None, "form_id_style": None}},
        {("form-names", "forms.JTF-001.aliases"), ("form-names", "forms.JTF-002.aliases")},
    ),
    "C6: JTF-004 and JTF-005 are called plans of work and of sales": (
        {"params": {"jtf_004_title": None, "jtf_005_title": None}},
        {("form-names", "forms.JTF-004.aliases"), ("form-names", "forms.JTF-005.aliases")},
    ),
    "C7: A and B have one definition, C and D too": (
        {
            "params": dict.fromkeys(("ab_split", "cd_split", "a_rank_cut", "c_rank_cut")),
            "defs": {
                **{f"is_tier_{tier}": {"expr": "def.is_top"} for tier in "ab"},
                **{f"is_tier_{tier}": {"expr": "def.is_outside"} for tier in "cd"},
            },
        },
        {("dead-row", "tables.tier.rows.TI.B.when"), ("dead-row", "tables.tier.rows.TI.D.when")},
    ),
    "C8: one rank inside the cut and one outside is in no tier": (
        {
            "params": {"rank_rule": None},
            "defs": {"is_top": {"expr": "def.is_sales_inside && def.is_profit_inside"}},
        },
        {("table-gap", "tables.tier")},
    ),
    "C9: a leader has usually a year of service: asked for, or wished for": (
        {
            "params": {"leader_tenure_rule": None},
            "criteria": {
                "M4.E2": {"met_when": "deal.team.exists(t, t.is_leader && t.assigned_on <= as_of)"},
                "M4.R1.H": _criterion(
                    "M4.entry",
                    "def.has_leader_tenure",
                    ("Leader has a year of service", "负责人工作一年以上"),
                ),
            },
        },
        {("duplicate-criterion", "criteria.M4.R1.H")},
    ),
    "C10: the leader is assigned at M3 (p15), and leads from M4 on (p20)": (
        {
            "params": {"leader_assigned_at": None},
            "criteria": {
                "M3.X4": {"met_when": 'deal.size_class in ["small", "major"] && deal.leader != ""'},
                "M4.R1.2": _criterion("M4.entry", 'deal.leader != ""', ("Leader named", "已指派负责人")),
            },
        },
        {("asked-again", "criteria.M4.R1.2")},
    ),
    "C11: the technical agreement is signed with the project team, and nobody says whose": (
        {
            "params": {"tech_agreement_counterparty": None},
            "criteria": {
                "M8.X1": {
                    "name": {"en": _AGREEMENT[0], "zh": _AGREEMENT[1]},
                    "met_when": 'deal.documents.exists(d, d.type == "tech_agreement" '
                    "&& d.signed_by_us_on <= as_of && d.signed_by_buyer_on <= as_of)",
                },
                "M8.T1": _criterion(
                    "M8.exit",
                    'deal.documents.exists(d, d.type == "tech_agreement" && d.signed_by_us_on <= as_of)',
                    _AGREEMENT,
                ),
            },
        },
        {("two-readings", "criteria.M8.T1.name")},
    ),
    "C12: the heading of M5 speaks of parties, and names the buyer only": (
        {
            "params": {"buyer_parties": None, "design_institute_word": None},
            "criteria": {
                "M4.X1": {"name": {"en": _PARTIES[0], "zh": _PARTIES[1]}, "met_when": _CHART},
                "M4.T2": _criterion("M4.exit", f"{_CHART} && {_INSTITUTE}", _PARTIES),
            },
        },
        {("two-readings", "criteria.M4.T2.name")},
    ),
}


def _remarks(folder: Path, change: dict[str, Any], codes: tuple[str, ...]) -> Remarks:
    """Return what checks say of the handbook with a change, nothing suppressed."""
    header = {"kamrules": 1, "id": "literal", "version": "1.0.0", "owner": "sales", "extends": "handbook"}
    pack = {**header, "title": {"en": "as written", "zh": "原文"}, "suppress": [], **change}
    path = folder / "pack.yaml"
    path.write_text(json.dumps(pack, ensure_ascii=False, indent=1), encoding="utf-8")
    found, faults = check_pack(path)
    assert not faults, [str(fault) for fault in faults]
    return {(one.code, one.at) for one in run_checks(found, plan_pack(found), only=codes).remarks}


@cache
def _as_it_is() -> Remarks:
    """Return what the quick checks say of the handbook, also what it suppresses."""
    pack = kr.load_pack("handbook")
    report = run_checks(pack, plan_pack(pack))
    return {(one.code, one.at) for one in (*report.remarks, *report.suppressed)}


@pytest.mark.parametrize("name", CASES)
def test_a_contradiction_of_the_manual_is_found(name: str, tmp_path: Path) -> None:
    change, expected = CASES[name]
    codes = tuple({code for code, _ in expected})
    if set(codes) & {"redundant-criterion", "table-gap"}:
        pytest.importorskip("z3")
    assert expected <= _remarks(tmp_path, change, codes)
    assert not expected & _as_it_is() or set(codes) <= _SETTLED_BY_HAND
