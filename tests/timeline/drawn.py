"""Hypothesis strategies for the events of deals: few facts, few days, so that events often meet."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from kamrules.timeline import Event, event_of

FIRST = date(2026, 1, 1)
DAYS = st.integers(0, 12).map(lambda count: FIRST + timedelta(days=count))
MOMENTS = st.tuples(st.integers(0, 12), st.sampled_from([0, 1, 23])).map(
    lambda pair: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=pair[0], hours=pair[1])
)
LEVELS = st.fixed_dictionaries(
    {"level": st.sampled_from(["E1", "E2", "E3"])},
    optional={"at": st.sampled_from(["2025-01-03", "2026-01-02"])},
)
SCALARS = {
    "deal.milestone": st.sampled_from(["M1", "M2", "M3"]),
    "deal.buyer_intent": st.booleans(),
    "deal.account.rank_sales": st.integers(1, 60),
    "deal.account.name": st.sampled_from(["Lingang", "北栈重工"]),
    "deal.account.industry_profile.need": st.sampled_from(["thick plate", ""]),
    "deal.need.pain_amount": st.integers(-5, 5),
    "deal.est_value": st.integers(0, 5),
    "deal.created_on": DAYS.map(date.isoformat),
    "deal.bid.deadline_at": MOMENTS.map(datetime.isoformat),
    "deal.stakeholders[P1].stance": st.sampled_from(["supporter", "neutral"]),
    "deal.stakeholders[P2].influence": st.sampled_from([0, 0.5, 1]),
    "deal.competitors[esab].threat": st.sampled_from(["low", "high"]),
}
OBJECTS = {
    "deal.account": {"name": "Hengze", "rank_profit": 7},
    "deal.account.industry_profile": {},
    "deal.need": {"pain": "rework"},
}
FIELDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "stakeholders": {
        "role": st.sampled_from(["decision_maker", "user", None]),
        "stance": st.sampled_from(["mentor", "opponent", None]),
        "is_contacted": st.sampled_from([True, False, None]),
    },
    "activities": {
        "type": st.sampled_from(["visit", "call"]),
        "completed": st.booleans(),
        "on": DAYS.map(date.isoformat),
        "attendees": st.lists(st.sampled_from(["P1", "P2"]), max_size=2),
    },
    "competitors": {"threat": st.sampled_from(["low", "medium"]), "is_lawful": st.booleans()},
}
KEYS = {"stakeholders": ["P1", "P2"], "activities": ["T1", "T2", "T10"], "competitors": ["esab"]}


@st.composite
def _items(draw: st.DrawFn) -> dict[str, Any]:
    name = draw(st.sampled_from(sorted(KEYS)))
    given = {"list": name, "item": draw(st.sampled_from(KEYS[name]))}
    kind = draw(st.sampled_from(["item_added", "item_added", "item_changed", "item_removed"]))
    if kind == "item_removed":
        return {"type": kind, **given}
    fields = draw(st.fixed_dictionaries({}, optional=FIELDS[name]))
    proofs = draw(st.dictionaries(st.sampled_from(sorted(FIELDS[name])), LEVELS, max_size=2))
    return {"type": kind, **given, "fields": fields, "evidence": proofs}


@st.composite
def _facts(draw: st.DrawFn) -> dict[str, Any]:
    path = draw(st.sampled_from(sorted(SCALARS)))
    found = {"type": "fact_set", "path": path, "value": draw(SCALARS[path])}
    return {**found, **draw(st.fixed_dictionaries({}, optional={"evidence": LEVELS}))}


CHANGES = st.one_of(
    _facts(),
    _facts(),
    _items(),
    _items(),
    st.sampled_from(sorted(OBJECTS)).map(
        lambda path: {"type": "fact_set", "path": path, "value": OBJECTS[path]}
    ),
    st.sampled_from([*sorted(SCALARS), "deal.account", "deal.stakeholders"]).map(
        lambda path: {"type": "fact_cleared", "path": path}
    ),
    st.sampled_from(sorted(KEYS)).map(lambda name: {"type": "list_known", "list": name}),
    st.sampled_from(sorted(KEYS)).map(lambda name: {"type": "fact_set", "path": f"deal.{name}", "value": []}),
    st.sampled_from(["A1", "A2"]).map(
        lambda key: {
            "type": "approval",
            "item": key,
            "fields": {"subject": "JTF-002", "decision": "approved"},
        }
    ),
    st.just({"type": "meeting", "item": "M1", "fields": {"type": "weekly_sales"}}),
    st.just({"type": "form", "item": "F1", "form": "JTF-001"}),
)


@st.composite
def events(draw: st.DrawFn, deal_id: str = "D1", size: int = 10) -> list[Event]:
    """Draw events with corrections, events of one id with other content, and the same event twice."""
    found = []
    for place in range(draw(st.integers(1, size))):
        identity = draw(st.sampled_from([f"E{place}"] * 9 + ["E0"]))
        shared = {"id": identity, "deal_id": deal_id, "recorded_at": draw(MOMENTS).isoformat()}
        if draw(st.integers(0, 4)) == 0:
            given: dict[str, Any] = {"type": "correction", "corrects": f"E{draw(st.integers(0, size))}"}
            given |= draw(st.fixed_dictionaries({}, optional={"replacement": CHANGES}))
            if draw(st.booleans()):
                given["effective_on"] = draw(DAYS)
        else:
            given = {**draw(CHANGES), "effective_on": draw(DAYS)}
        found.append(event_of({**shared, **given}))
    return found
