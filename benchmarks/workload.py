"""Workload W: 30 conditions, a first-hit table and an additive score over a deal and its stakeholders.

About 20 facts of the deal, some missing, and 3 to 12 stakeholders. Eight conditions ask about all of them.
Here are the records (`make_deals`) and the plan the language makes of the rules (`make_plan`).
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

from kamrules.rules.lang.core import Const, Field, Node, OrValue, Var
from kamrules.rules.lang.parse import parse
from kamrules.rules.lang.typecheck import Scope, check
from kamrules.rules.lang.types import Bool, Double, Enum, Int, ListOf, Member, Object, Type
from kamrules.rules.plan import Entry, Flag, Mean, Plan, Row, Rule, Scale, Scorecard, Share, Table
from kamrules.source import Text

Deal = dict[str, Any]

ROLES = ("decision_maker", "influencer", "user", "gatekeeper")
STANCE_POINTS = {"champion": 1.0, "supporter": 0.6, "neutral": 0.0, "skeptic": -0.4, "enemy": -1.0}
STANCES = tuple(STANCE_POINTS)
STAGES = ("lead", "qualified", "proposal", "negotiation", "closing")
INDUSTRIES = ("manufacturing", "energy", "health", "retail", "finance", "public", "it", "transport")
REGIONS = ("east", "west", "north", "south", "central", "other")
SOURCES = ("referral", "inbound", "outbound", "event", "partner")

# What may be missing; everything else is always there.
NULLABLE = frozenset(
    [
        "annual_sales_rank",
        "profit_rank",
        "visits",
        "budget_confirmed",
        "need_documented",
        "plan_approved",
        "bid_deposit_paid",
        "margin_pct",
        "competitor_count",
        "discount_pct",
        "tech_fit",
        "demo_done",
        "contract_reviewed",
        "legal_ok",
        "budget_amount",
        "decision_date_days",
        "rfp_received",
    ]
)

# --- records


def make_deals(count: int, seed: int = 11) -> list[Deal]:
    """Return seeded deals: amounts over two orders of magnitude, a fifth of the optional facts missing."""
    rng = random.Random(seed)

    def maybe(value: Any, missing: float = 0.2) -> Any:
        return None if rng.random() < missing else value

    def yes() -> bool:
        return rng.random() < 0.5

    def person() -> Deal:
        return {
            "role": rng.choices(ROLES, (1, 2, 4, 1))[0],
            "stance": rng.choices(STANCES, (1, 3, 4, 2, 1))[0],
            "influence": round(rng.random(), 4),
            "contacted": rng.random() < 0.55,
            "is_coach": rng.random() < 0.12,
        }

    deals = []
    for _ in range(count):
        value = round(10 ** rng.uniform(4.0, 5.7), 2)
        account = {
            "industry": rng.choice(INDUSTRIES),
            "annual_sales_rank": maybe(rng.randint(1, 500), 0.3),
            "profit_rank": maybe(rng.randint(1, 500), 0.35),
            "employees": int(10 ** rng.uniform(1, 5)),
        }
        deal = {
            "value": value,
            "visits": maybe(rng.randint(0, 8)),
            "budget_confirmed": maybe(yes()),
            "need_documented": maybe(yes()),
            "initiated_approved": rng.random() < 0.7,
            "days_in_stage": rng.randint(0, 180),
            "plan_approved": maybe(yes()),
            "bid_deposit_paid": maybe(yes()),
            "stage": rng.choice(STAGES),
            "probability": round(rng.random(), 3),
            "margin_pct": maybe(round(40 * rng.random(), 2), 0.15),
            "competitor_count": maybe(rng.randint(0, 6)),
            "discount_pct": maybe(round(45 * rng.random(), 2)),
            "tech_fit": maybe(rng.randint(0, 10)),
            "demo_done": maybe(yes()),
            "contract_reviewed": maybe(yes()),
            "legal_ok": maybe(yes()),
            "budget_amount": maybe(round(value * rng.uniform(0.5, 1.5), 2), 0.25),
            "decision_date_days": maybe(rng.randint(-20, 200)),
            "last_contact_days": rng.randint(0, 60),
            "rfp_received": maybe(yes()),
            "proposal_sent": yes(),
            "region": rng.choice(REGIONS),
            "source": rng.choice(SOURCES),
        }
        people = [person() for _ in range(rng.randint(3, 12))]
        deals.append({"account": account, "deal": deal, "stakeholders": people})
    return deals


# --- the rules

# Names: `w.account`, `w.deal`, `w.stakeholders`.
CONDITIONS = {
    "g01": "w.deal.visits >= 3 && w.deal.initiated_approved",
    "g02": "w.deal.budget_confirmed && w.deal.value > 50000.0",
    "g03": "w.deal.need_documented || (w.deal.demo_done && w.deal.tech_fit >= 7)",
    "g04": "!(w.deal.discount_pct > 20.0)",
    "g05": "w.account.annual_sales_rank <= 100 || w.account.profit_rank <= 100",
    "g06": "w.deal.plan_approved && w.deal.bid_deposit_paid",
    "g07": "w.deal.days_in_stage <= 30",
    "g08": 'w.deal.stage in ["proposal", "negotiation", "closing"]',
    "g09": "w.deal.margin_pct >= 15.0 && !(w.deal.competitor_count > 3)",
    "g10": 'w.account.industry in ["manufacturing", "energy", "health"] && w.account.employees >= 500',
    "g11": "w.deal.budget_amount >= w.deal.value * 0.9",
    "g12": 'w.deal.last_contact_days <= 14 || (w.deal.stage == "lead" && w.deal.days_in_stage < 60)',
    "g13": "w.deal.contract_reviewed && w.deal.legal_ok",
    "g14": 'w.deal.rfp_received || w.deal.source == "referral"',
    "g15": "w.deal.proposal_sent && !(w.deal.last_contact_days > 21)",
    "g16": "w.deal.probability >= 0.4",
    "g17": "w.deal.decision_date_days <= 90 && w.deal.decision_date_days >= 0",
    "g18": 'w.deal.region != "other" && (w.deal.value >= 100000.0 || w.account.employees > 5000)',
    "g19": '!(w.deal.stage == "closing" && !w.deal.contract_reviewed)',
    "g20": "w.deal.tech_fit >= 5 && w.deal.demo_done && !(w.deal.competitor_count >= 5)",
    "g21": "w.deal.value * w.deal.probability >= 40000.0",
    "g22": "(w.deal.budget_confirmed || w.deal.budget_amount > 0.0) && !(w.deal.discount_pct > 35.0)"
    " && w.deal.days_in_stage < 120",
    "q1": 'w.stakeholders.exists(s, s.role == "decision_maker" && s.contacted)',
    "q2": 'w.stakeholders.filter(s, s.stance in ["champion", "supporter"]).size()'
    ' > w.stakeholders.filter(s, s.stance == "enemy").size()',
    "q3": "w.stakeholders.exists(s, s.is_coach)",
    "q4": '!w.stakeholders.exists(s, s.stance == "enemy" && s.role == "decision_maker")',
    "q5": 'w.stakeholders.all(s, s.role != "decision_maker" || s.contacted)',
    "q6": "w.stakeholders.filter(s, s.contacted).size() >= 3 && w.deal.visits >= 2",
    "q7": 'w.stakeholders.exists(s, s.stance == "champion" && s.influence >= 0.7)',
    "q8": '!w.stakeholders.exists(s, s.stance == "enemy" && s.influence >= 0.5)'
    " || w.stakeholders.exists(s, s.is_coach && s.contacted)",
}
_MIDDLE = "w.deal.value >= 50000.0 && w.deal.value < 200000.0"
TIER_ROWS = (
    ("A", "w.deal.value >= 200000.0 && w.account.annual_sales_rank <= 100 && w.deal.probability >= 0.6"),
    ("B", "w.deal.value >= 200000.0 && w.deal.probability >= 0.4"),
    ("A", "w.account.annual_sales_rank <= 50 && w.deal.budget_confirmed"),
    ("B", f"{_MIDDLE} && w.deal.probability >= 0.5 && w.deal.days_in_stage <= 60"),
    ("C", 'w.account.industry in ["energy", "health"] && w.deal.value >= 50000.0'),
    ("C", "w.deal.value >= 20000.0 && w.deal.value < 200000.0"),
    ("D", "true"),
)  # fmt: skip

_INTS = {
    "visits": (0, 1000),
    "tech_fit": (0, 10),
    "competitor_count": (0, 1000),
    "days_in_stage": (0, 10_000),
}
_BOOLS = frozenset(
    [
        "budget_confirmed",
        "need_documented",
        "initiated_approved",
        "plan_approved",
        "bid_deposit_paid",
        "demo_done",
        "contract_reviewed",
        "legal_ok",
        "rfp_received",
        "proposal_sent",
        "contacted",
        "is_coach",
    ]
)
_DOUBLES = frozenset(["value", "probability", "margin_pct", "discount_pct", "budget_amount", "influence"])
_ENUMS = {
    "role": ROLES, "stance": STANCES, "stage": STAGES, "industry": INDUSTRIES, "region": REGIONS,
    "source": SOURCES,
}  # fmt: skip


def _kind(name: str) -> Type:
    if name in _BOOLS:
        return Bool()
    if name in _DOUBLES:
        return Double()
    if name in _ENUMS:
        return Enum(_ENUMS[name])
    return Int(*_INTS[name]) if name in _INTS else Int()


def _object(title: str, names: Iterable[str], *, all_nullable: bool) -> Object:
    return Object(title, tuple(Member(name, _kind(name), all_nullable or name in NULLABLE) for name in names))


def make_schema(*, all_nullable: bool = False) -> Object:
    """Return the type of the records; with `all_nullable` no fact is promised."""
    (sample,) = make_deals(1)
    account = _object("Account", sample["account"], all_nullable=all_nullable)
    deal = _object("Facts", sample["deal"], all_nullable=all_nullable)
    person = _object("Stakeholder", sample["stakeholders"][0], all_nullable=all_nullable)
    kinds: dict[str, Type] = {"account": account, "deal": deal, "stakeholders": ListOf(person)}
    return Object("Workload", tuple(Member(name, kind, all_nullable) for name, kind in kinds.items()))


def make_plan(*, all_nullable: bool = False) -> Plan:
    """Return the rules as a plan; with `all_nullable` no fact is promised."""
    schema = make_schema(all_nullable=all_nullable)
    scope = Scope("w", schema, params={}, defs={})

    def node(text: str) -> Node:
        return check(parse(Text(text)), Text(text), scope)

    rules = tuple(Rule(name, node(text)) for name, text in CONDITIONS.items())
    rows = tuple(
        Row(f"{output}{index}", node(text), output) for index, (output, text) in enumerate(TIER_ROWS)
    )
    card = Scorecard("score", _entries(schema, node))
    return Plan(schema, rules, (Table("tier", "first", rows),), (card,), root="w")


def _entries(schema: Object, node: Any) -> tuple[Entry, ...]:
    """Return the score; where the hand-written one takes a missing fact for zero, so does this."""
    root = Var("w", schema)

    def fact(name: str) -> Field:
        holder = Field(root, "deal", _member(schema, "deal").type, _member(schema, "deal").nullable)
        member = _member(holder.type, name)
        return Field(holder, name, member.type, member.nullable)

    def zero(name: str) -> OrValue:
        return OrValue(fact(name), Const(0, fact(name).type))

    people = Field(
        root, "stakeholders", _member(schema, "stakeholders").type, _member(schema, "stakeholders").nullable
    )
    assert isinstance(people.type, ListOf)
    person = Var("s", people.type.element)

    def trait(name: str) -> Field:
        member = _member(person.type, name)
        return Field(person, name, member.type, member.nullable)

    return (
        Scale("visits", 10.0, zero("visits"), 0, 5),
        Flag("budget", 15.0, OrValue(fact("budget_confirmed"), Const(False, Bool()))),
        Flag("need", 10.0, OrValue(fact("need_documented"), Const(False, Bool()))),
        Scale("fit", 8.0, zero("tech_fit"), 0, 10),
        Scale("rivals", -5.0, zero("competitor_count"), 0, 4),
        Scale("idle", -10.0, fact("days_in_stage"), 0, 90),
        Scale("chance", 12.0, fact("probability"), 0, 1),
        Mean(
            "support",
            20.0,
            people,
            person,
            trait("stance"),
            tuple(STANCE_POINTS.items()),
            trait("influence"),
            1.0,
        ),
        Share("contacted", 6.0, people, person, trait("contacted")),
        Flag("coach", 9.0, node("w.stakeholders.exists(s, s.is_coach)")),
    )


def _member(kind: Type, name: str) -> Member:
    assert isinstance(kind, Object)
    found = kind.member(name)
    assert found is not None
    return found
