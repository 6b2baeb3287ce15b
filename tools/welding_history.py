"""Write examples/welding/history/events.jsonl: how twelve deals of the example pipeline came about.

    python tools/welding_history.py           write the file
    python tools/welding_history.py --check   complain if it is out of date

The tables say what is so on 30 June 2026, with the days of visits, papers, approvals, expenses and evidence.
From these days come the events; what a table does not date counts from the day its row was made. Folded to
that day they give the tables' deals. Invented on top are the claims, first impressions of people, and a few
slips that every CRM has: a visit entered weeks late, a value mistyped and corrected, an entry made twice.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src")]

from kamrules.adapters import read_deals  # noqa: E402 - the path comes first
from kamrules.timeline import Event, Timeline, event_of, write_events  # noqa: E402
from kamrules.timeline.snapshots import canonical  # noqa: E402

FOLDER = ROOT / "examples" / "welding"
PAGE = FOLDER / "history" / "events.jsonl"
END = date(2026, 6, 30)
DEALS = (*(f"D-{number:02d}" for number in range(1, 11)), "D-16", "D-25")
# Days that are plans, or older than the deal: they say nothing of when they were known.
PLANNED = {"next_step_on", "due_on", "rectification_due_on", "expected_order_on", "hired_on", "deadline_at"}
# Who did something is known when it was done.
WHEN_DONE = {"reviewed_by": "reviewed_on", "crm_entered_by": "crm_entered_on", "submitted_by": "submitted_on",
             "initiation_status": "initiation_approved_on", "restated_criteria": "met_executive_on",
             "decision": "decided_on", "review_passed": "reviewed_on", "bond_accepted": "submitted_at",
             "formal_defect": "submitted_at", "loss_reason": "closed_on",
             "milestone_contributions": "closed_on"}  # fmt: skip
LISTS = ("stakeholders", "team", "activities", "meetings", "expenses", "documents", "approvals", "plans",
         "competitors", "buying_steps")  # fmt: skip
LATE = {("D-07", "T3"): 38}
RECORDED = time(8, 30)


class Story:
    """The events of one deal in the making; ids count up."""

    def __init__(self, deal: dict[str, Any]) -> None:
        self.deal = deal
        self.events: list[Event] = []
        self.created = date.fromisoformat(deal["created_on"])

    def add(self, day: date, *, lag: int = 1, **change: Any) -> str:
        """Add an event of a day, recorded `lag` days later but at last on the final day."""
        recorded = min(day + timedelta(days=lag), END)
        name = f"{self.deal['id']}-{len(self.events) + 1:03d}"
        shared = {"id": name, "deal_id": self.deal["id"]}
        when: dict[str, Any] = {"recorded_at": datetime.combine(recorded, RECORDED, UTC)}
        if change["type"] != "correction":
            when["effective_on"] = day
        self.events.append(event_of({**shared, **change, **when}))
        return name

    # --- facts of the deal and the objects in it

    def facts(self, path: str, record: dict[str, Any], made: date) -> None:
        for name, value in record.items():
            apart = {"id", "milestone", "status", *LISTS} if path == "deal" else set()
            if name == "evidence" or name in apart:
                continue
            if isinstance(value, dict):
                self.facts(f"{path}.{name}", value, made)
                continue
            proof = record.get("evidence", {}).get(name)
            given = {} if proof is None else {"evidence": proof}
            self.add(day_of(record, name, made), type="fact_set", path=f"{path}.{name}", value=value, **given)

    def claims(self) -> None:
        """The claimed milestone moves on with the paper that goes with it."""
        deal = self.deal
        reached = {
            "M1": self.created,
            "M2": first(deal, "activities", substantive=True),
            "M3": first(deal, "documents", type="JTF-002"),
            "M4": first(deal, "approvals", subject="JTF-002"),
            "M5": first(deal, "approvals", subject="JTF-003"),
            "M6": first(deal, "approvals", subject="JTF-005") or first(deal, "documents", type="proposal"),
            "M7": day_in(deal.get("bid", {}).get("documents_issued_on")),
            "M8": day_in(deal.get("bid", {}).get("awarded_on")),
        }
        last = self.created
        for name, day in reached.items():
            if name > deal["milestone"]:
                break
            if day is not None or name == deal["milestone"]:
                last = max(last, day or last)
                self.add(last, type="fact_set", path="deal.milestone", value=name)
        closed = day_in(deal.get("closed_on"))
        self.add(self.created, type="fact_set", path="deal.status", value="open")
        if closed is not None:
            self.add(closed, type="fact_set", path="deal.status", value=deal["status"])

    # --- lists

    def items(self) -> None:
        for name in LISTS:
            if name not in self.deal:
                continue
            if name != "stakeholders" or not self.deal[name]:
                self.add(self.created, type="list_known", list=name)
            for place, element in enumerate(self.deal[name], start=1):
                self.item(name, element.get("id", f"#{place}"), element)

    def item(self, of: str, key: str, element: dict[str, Any]) -> None:
        made = self.made(of, key, element)
        parts: dict[date, dict[str, Any]] = {made: {}}
        for name, value in element.items():
            if name not in {"id", "evidence"}:
                parts.setdefault(day_of(element, name, made), {})[name] = value
        if of == "stakeholders" and "stance" in element and "stance" not in parts[made]:
            # A first impression, by our own word, until somebody proved the stance.
            parts[made]["stance"] = "neutral"
        proofs = element.get("evidence", {})
        for day, fields in sorted(parts.items()):
            kind = "item_added" if day == made else "item_changed"
            proven = {name: proofs[name] for name in fields if name in proofs}
            if fields.get("stance") == "neutral" and day == made and day_of(element, "stance", made) != made:
                proven.pop("stance", None)
            lag = LATE.get((self.deal["id"], key), 1)
            given = {"list": of, "item": key, "fields": fields}
            self.add(day, lag=lag, type=kind, **given, **({"evidence": proven} if proven else {}))

    def made(self, of: str, key: str, element: dict[str, Any]) -> date:
        """The day an element came to the record."""
        if of == "stakeholders":
            met = [day_in(one["on"]) for one in self.deal["activities"] if key in one.get("attendees", [])]
            proven = [day_in(proof.get("at")) for proof in element.get("evidence", {}).values()]
            return min(day for day in (*met, *proven, END) if day is not None)
        own = {
            "team": "assigned_on",
            "expenses": "approved_on",
            "plans": "crm_entered_on",
            "competitors": "at",
        }
        found = day_in(element.get(own.get(of, "on")))
        if of == "buying_steps":
            found = min(
                (day for proof in element.get("evidence", {}).values() if (day := day_in(proof.get("at")))),
                default=None,
            )
        if of == "expenses" and found is not None:
            found = max(found, day_in(element.get("on")) or found)
        return min(found or self.created, END)


def day_in(value: Any) -> date | None:
    """The day of a text that is a day or a moment, None for another one."""
    if not isinstance(value, str):
        return None
    try:
        return datetime.fromisoformat(value).date()
    except ValueError:
        return None


def day_of(record: dict[str, Any], name: str, made: date) -> date:
    """The day a field became known, never before its record was made."""
    proof = record.get("evidence", {}).get(name, {})
    found = day_in(proof.get("at"))
    if found is None and name not in PLANNED:
        source = WHEN_DONE.get(name, name)
        is_dated = source.endswith(("_on", "_at"))
        found = day_in(record.get(source)) if is_dated else None
    return min(max(found or made, made), END)


def first(deal: dict[str, Any], of: str, **values: Any) -> date | None:
    found = [day_in(one.get("on")) for one in deal.get(of, []) if values.items() <= one.items()]
    return min((day for day in found if day is not None), default=None)


def slips(story: Story) -> None:
    """What goes wrong in every CRM, and is put right."""
    name = story.deal["id"]
    if name == "D-04":
        wrong = story.deal["est_value"] * 10
        day = story.created + timedelta(days=21)
        slip = story.add(day, type="fact_set", path="deal.est_value", value=wrong)
        right = {"type": "fact_set", "path": "deal.est_value", "value": story.deal["est_value"]}
        story.add(day, lag=9, type="correction", corrects=slip, replacement=right)
    if name == "D-16":
        # The buyer's deputy for purchasing stood against us, was won over by nobody, and left.
        person = {"name": "温如言", "employer": "岚塔风电 Lanta Wind Power", "title": "采购部副部长",
                  "role": "commercial_evaluator", "stance": "opponent", "influence": 0.2,
                  "is_key_player": False,
                  "has_decision_power": False, "is_contacted": True, "counter_plan": True}  # fmt: skip
        heard = {"level": "E2", "source": "拜访纪要与区域经理同访核对", "at": "2026-03-11"}
        proofs = dict.fromkeys(("role", "stance", "influence", "is_key_player", "has_decision_power"), heard)
        who: dict[str, Any] = {"list": "stakeholders", "item": "P6"}
        story.add(date(2026, 3, 11), type="item_added", **who, fields=person, evidence=proofs)
        story.add(date(2026, 6, 2), lag=17, type="item_removed", **who)
    if name == "D-08":
        again = {
            "list": "activities",
            "item": "T12",
            "fields": {"type": "visit", "on": "2026-04-15", "completed": True},
        }
        slip = story.add(date(2026, 4, 15), lag=2, type="item_added", **again)
        story.add(date(2026, 4, 15), lag=12, type="correction", corrects=slip)


def stories() -> Iterator[Story]:
    deals = {deal["id"]: canonical(deal) for deal in read_deals(FOLDER) if isinstance(deal, dict)}
    for name in DEALS:
        story = Story(deals[name])
        story.facts("deal", story.deal, story.created)
        story.claims()
        story.items()
        slips(story)
        yield story


def in_order(deal: dict[str, Any]) -> dict[str, Any]:
    """A deal with its lists sorted: a fold has elements in the order of their ids, a table in its own."""
    return {
        name: sorted(value, key=lambda one: json.dumps(one, sort_keys=True))
        if isinstance(value, list)
        else value
        for name, value in deal.items()
    }


def check(story: Story) -> None:
    found, wanted = in_order(Timeline.of(story.events).as_of(END) or {}), in_order(story.deal)
    if found != wanted:
        differing = sorted(key for key in {*found, *wanted} if found.get(key) != wanted.get(key))
        sys.exit(f"{story.deal['id']} does not fold to its tables: {differing}")


def main() -> None:
    events: list[Event] = []
    for story in stories():
        check(story)
        events += story.events
    events.sort(key=lambda one: (one.recorded_at, one.deal_id, one.id))
    if "--check" not in sys.argv:
        write_events(PAGE, events)
        print(f"{len(events)} events written")
        return
    from kamrules.timeline import read_events

    if read_events(PAGE) != events:
        sys.exit(f"{PAGE.name} is out of date: python tools/welding_history.py")


if __name__ == "__main__":
    main()
