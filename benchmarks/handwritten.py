"""Workload W as a person would write it: plainly, and as fast as we could.

A missing fact fails the test it stands in, which is what plain Python code does of itself.
"""

# The branches, comparisons and order below are what these programs are about.
# ruff: noqa: C901, PLR0912, PLR0915, SIM114, FURB136, PLR1714

from __future__ import annotations

from benchmarks.workload import STANCE_POINTS, Deal

Result = tuple[dict[str, bool], str, float]


def idiomatic(record: Deal) -> Result:
    """Return the result as good plain Python gives it: one expression a rule. A missing fact fails a test."""
    a, d, people = record["account"], record["deal"], record["stakeholders"]
    rank, visits, value, chance = a["annual_sales_rank"], d["visits"], d["value"], d["probability"]
    days, stage, discount, rivals = d["days_in_stage"], d["stage"], d["discount_pct"], d["competitor_count"]
    fit, budgeted, budget, idle = (
        d["tech_fit"],
        d["budget_confirmed"],
        d["budget_amount"],
        d["last_contact_days"],
    )
    if value >= 200000.0 and rank is not None and rank <= 100 and chance >= 0.6:
        tier = "A"
    elif value >= 200000.0 and chance >= 0.4:
        tier = "B"
    elif rank is not None and rank <= 50 and budgeted is True:
        tier = "A"
    elif 50000.0 <= value < 200000.0 and chance >= 0.5 and days <= 60:
        tier = "B"
    elif a["industry"] in ("energy", "health") and value >= 50000.0:
        tier = "C"
    elif 20000.0 <= value < 200000.0:
        tier = "C"
    else:
        tier = "D"
    influence = sum(s["influence"] for s in people)
    score = (
        10.0 * min(visits or 0, 5) / 5
        + (15.0 if budgeted is True else 0.0)
        + (10.0 if d["need_documented"] is True else 0.0)
        + 8.0 * (fit or 0) / 10
        - 5.0 * min(rivals or 0, 4) / 4
        - 10.0 * min(days, 90) / 90
        + 12.0 * chance
        + (
            20.0 * sum(s["influence"] * STANCE_POINTS[s["stance"]] for s in people) / influence
            if influence > 0
            else 0.0
        )
        + 6.0 * sum(1 for s in people if s["contacted"]) / len(people)
        + (9.0 if any(s["is_coach"] for s in people) else 0.0)
    )
    gates = {
        "g01": visits is not None and visits >= 3 and d["initiated_approved"] is True,
        "g02": budgeted is True and value > 50000.0,
        "g03": d["need_documented"] is True or (d["demo_done"] is True and fit is not None and fit >= 7),
        "g04": not (discount is not None and discount > 20.0),
        "g05": (rank is not None and rank <= 100)
        or (a["profit_rank"] is not None and a["profit_rank"] <= 100),
        "g06": d["plan_approved"] is True and d["bid_deposit_paid"] is True,
        "g07": days <= 30,
        "g08": stage in ("proposal", "negotiation", "closing"),
        "g09": d["margin_pct"] is not None
        and d["margin_pct"] >= 15.0
        and not (rivals is not None and rivals > 3),
        "g10": a["industry"] in ("manufacturing", "energy", "health") and a["employees"] >= 500,
        "g11": budget is not None and budget >= value * 0.9,
        "g12": idle <= 14 or (stage == "lead" and days < 60),
        "g13": d["contract_reviewed"] is True and d["legal_ok"] is True,
        "g14": d["rfp_received"] is True or d["source"] == "referral",
        "g15": d["proposal_sent"] is True and not idle > 21,
        "g16": chance >= 0.4,
        "g17": d["decision_date_days"] is not None and 0 <= d["decision_date_days"] <= 90,
        "g18": d["region"] != "other" and (value >= 100000.0 or a["employees"] > 5000),
        "g19": not (stage == "closing" and d["contract_reviewed"] is not True),
        "g20": fit is not None
        and fit >= 5
        and d["demo_done"] is True
        and not (rivals is not None and rivals >= 5),
        "g21": value * chance >= 40000.0,
        "g22": (budgeted is True or (budget is not None and budget > 0.0))
        and not (discount is not None and discount > 35.0)
        and days < 120,
        "q1": any(s["role"] == "decision_maker" and s["contacted"] for s in people),
        "q2": sum(1 for s in people if s["stance"] in ("champion", "supporter"))
        > sum(1 for s in people if s["stance"] == "enemy"),
        "q3": any(s["is_coach"] for s in people),
        "q4": not any(s["stance"] == "enemy" and s["role"] == "decision_maker" for s in people),
        "q5": all(s["contacted"] for s in people if s["role"] == "decision_maker"),
        "q6": sum(1 for s in people if s["contacted"]) >= 3 and visits is not None and visits >= 2,
        "q7": any(s["stance"] == "champion" and s["influence"] >= 0.7 for s in people),
        "q8": not any(s["stance"] == "enemy" and s["influence"] >= 0.5 for s in people)
        or any(s["is_coach"] and s["contacted"] for s in people),
    }
    return gates, tier, score


def fused(record: Deal) -> Result:
    """Return the same in one pass over the stakeholders, every fact read once."""
    a, d, people = record["account"], record["deal"], record["stakeholders"]
    rank, profit, staff, industry = a["annual_sales_rank"], a["profit_rank"], a["employees"], a["industry"]
    value, visits, budgeted, need = d["value"], d["visits"], d["budget_confirmed"], d["need_documented"]
    days, stage, chance, margin = d["days_in_stage"], d["stage"], d["probability"], d["margin_pct"]
    rivals, discount, fit, demo = d["competitor_count"], d["discount_pct"], d["tech_fit"], d["demo_done"]
    reviewed, budget, due, idle = (
        d["contract_reviewed"], d["budget_amount"], d["decision_date_days"], d["last_contact_days"],
    )  # fmt: skip
    q1 = coach = q7 = strong_enemy = coach_met = enemy_decides = unmet_maker = False
    support = enemies = met = 0
    influence = mass = 0.0
    points = STANCE_POINTS
    for s in people:
        stance, weight, contacted = s["stance"], s["influence"], s["contacted"]
        influence += weight
        mass += weight * points[stance]
        if contacted:
            met += 1
        if s["is_coach"]:
            coach = True
            if contacted:
                coach_met = True
        if s["role"] == "decision_maker":
            if contacted:
                q1 = True
            else:
                unmet_maker = True
            if stance == "enemy":
                enemy_decides = True
        if stance == "supporter":
            support += 1
        elif stance == "champion":
            support += 1
            if weight >= 0.7:
                q7 = True
        elif stance == "enemy":
            enemies += 1
            if weight >= 0.5:
                strong_enemy = True
    if value >= 200000.0 and rank is not None and rank <= 100 and chance >= 0.6:
        tier = "A"
    elif value >= 200000.0 and chance >= 0.4:
        tier = "B"
    elif rank is not None and rank <= 50 and budgeted is True:
        tier = "A"
    elif 50000.0 <= value < 200000.0 and chance >= 0.5 and days <= 60:
        tier = "B"
    elif value >= 50000.0 and (industry == "energy" or industry == "health"):
        tier = "C"
    elif 20000.0 <= value < 200000.0:
        tier = "C"
    else:
        tier = "D"
    score = (
        10.0 * ((visits if visits < 5 else 5) if visits is not None else 0) / 5
        + (15.0 if budgeted is True else 0.0)
        + (10.0 if need is True else 0.0)
        + 8.0 * (fit or 0) / 10
        - 5.0 * ((rivals if rivals < 4 else 4) if rivals is not None else 0) / 4
        - 10.0 * (days if days < 90 else 90) / 90
        + 12.0 * chance
        + (20.0 * mass / influence if influence > 0 else 0.0)
        + 6.0 * met / len(people)
        + (9.0 if coach else 0.0)
    )
    gates = {
        "g01": visits is not None and visits >= 3 and d["initiated_approved"] is True,
        "g02": budgeted is True and value > 50000.0,
        "g03": need is True or (demo is True and fit is not None and fit >= 7),
        "g04": discount is None or discount <= 20.0,
        "g05": (rank is not None and rank <= 100) or (profit is not None and profit <= 100),
        "g06": d["plan_approved"] is True and d["bid_deposit_paid"] is True,
        "g07": days <= 30,
        "g08": stage in ("proposal", "negotiation", "closing"),
        "g09": margin is not None and margin >= 15.0 and (rivals is None or rivals <= 3),
        "g10": staff >= 500 and industry in ("manufacturing", "energy", "health"),
        "g11": budget is not None and budget >= value * 0.9,
        "g12": idle <= 14 or (stage == "lead" and days < 60),
        "g13": reviewed is True and d["legal_ok"] is True,
        "g14": d["rfp_received"] is True or d["source"] == "referral",
        "g15": d["proposal_sent"] is True and idle <= 21,
        "g16": chance >= 0.4,
        "g17": due is not None and 0 <= due <= 90,
        "g18": (value >= 100000.0 or staff > 5000) and d["region"] != "other",
        "g19": stage != "closing" or reviewed is True,
        "g20": fit is not None and fit >= 5 and demo is True and (rivals is None or rivals < 5),
        "g21": value * chance >= 40000.0,
        "g22": days < 120 and (budgeted is True or (budget is not None and budget > 0.0))
        and (discount is None or discount <= 35.0),
        "q1": q1,
        "q2": support > enemies,
        "q3": coach,
        "q4": not enemy_decides,
        "q5": not unmet_maker,
        "q6": met >= 3 and visits is not None and visits >= 2,
        "q7": q7,
        "q8": not strong_enemy or coach_met,
    }  # fmt: skip
    return gates, tier, score
