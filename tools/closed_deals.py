"""Write examples/closed_deals/events.csv: an invented history of closed deals, and some still open.

    python tools/closed_deals.py            write the file
    python tools/closed_deals.py --check    complain if it is out of date
    python tools/closed_deals.py --deals 2000 --seed 7 --to FILE    another world of the same kind

In this world the decision maker and the technical evaluator decide, budget helps, and forms filed in time
change nothing. Every fact is recorded some days after it is true, a good part of them never. Nothing is drawn
from real deals.
"""

from __future__ import annotations

import argparse
import filecmp
import math
import random
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src")]

from kamrules.timeline import Event, event_of, write_events  # noqa: E402 - the path comes first

FILE = ROOT / "examples" / "closed_deals" / "events.csv"
START = date(2023, 1, 9)
END = date(2026, 6, 30)
INDUSTRIES = ("shipbuilding", "steel structures", "pressure vessels", "rail vehicles")
STANCES = ("opponent", "neutral", "supporter", "mentor")
# What the truth is made of: log-odds for the stances in their order, and for facts that hold.
DECIDES = (-1.8, -0.4, 0.9, 1.8)
ADVISES = (-1.1, -0.2, 0.5, 1.0)
BUDGET, CONTACT, LEVEL = 0.9, 0.7, -0.5


class Story:
    """The events of one deal in the making; ids count up."""

    def __init__(self, number: int, rng: random.Random, start: date) -> None:
        self.id = f"C-{number:03d}"
        self.rng = rng
        self.start = start
        self.events: list[Event] = []

    def add(self, day: date, *, lag: int | None = None, **change: Any) -> None:
        recorded = day + timedelta(self.rng.choice((0, 1, 1, 2, 4, 9)) if lag is None else lag)
        if recorded <= END:
            shared = {"id": f"{self.id}-{len(self.events) + 1:02d}", "deal_id": self.id}
            when = {"effective_on": day, "recorded_at": datetime.combine(recorded, time(8), UTC)}
            self.events.append(event_of({**shared, **when, **change}))

    def fact(self, day: date, path: str, value: Any, *, lag: int | None = None) -> None:
        self.add(day, lag=lag, type="fact_set", path=f"deal.{path}", value=value)

    def item(self, day: date, name: str, key: str, **fields: Any) -> None:
        self.add(day, type="item_added", list=name, item=key, fields=fields)

    def is_said(self, share: float = 0.85) -> bool:
        """Whether somebody writes it down at all."""
        return self.rng.random() < share


def deals(count: int, seed: int) -> Iterator[Event]:
    rng = random.Random(seed)
    for number in range(1, count + 1):
        start = START + timedelta(rng.randrange((END - START).days - 60))
        yield from deal(Story(number, rng, start))


def deal(story: Story) -> list[Event]:
    rng, start = story.rng, story.start
    length = rng.randrange(90, 330)
    close = start + timedelta(length)
    chief, engineer = rng.choices(range(4), (2, 4, 3, 1))[0], rng.choices(range(4), (2, 3, 3, 2))[0]
    has_budget, is_met, is_tidy = rng.random() < 0.5, rng.random() < 0.6, rng.random() < 0.5

    def day(share: float) -> date:
        return start + timedelta(round(length * share))

    account = {"name": f"Account {story.id}", "industry": rng.choice(INDUSTRIES)}
    story.fact(start, "account", account)
    story.fact(start, "status", "open")
    story.fact(start, "milestone", "M2")
    if story.is_said():
        known = {"role": "decision_maker", "stance": STANCES[1], "is_contacted": False, "is_key_player": True}
        story.item(day(0.1), "stakeholders", "P1", **known)
        change = {"stance": STANCES[chief], "is_contacted": is_met}
        story.add(day(0.4), type="item_changed", list="stakeholders", item="P1", fields=change)
    if story.is_said():
        known = {"role": "technical_evaluator", "stance": STANCES[engineer], "is_key_player": True}
        story.item(day(0.2), "stakeholders", "P2", **known, attended_exchange=rng.random() < 0.5)
    if story.is_said(0.7):
        story.fact(day(0.3), "need.budget_state", "approved" if has_budget else "requested")
    if is_tidy:
        story.fact(day(0.2), "initiation_status", "approved")
        story.fact(day(0.2), "initiation_approved_on", day(0.2).isoformat())
        story.item(day(0.3), "meetings", "T1", type="project_analysis", on=day(0.3).isoformat())
    if story.is_said(0.6):
        story.item(day(0.5), "documents", "F1", type="competition_map", author="us")
    visit = {"type": "visit", "on": day(0.45).isoformat(), "completed": True, "initiated_by": "us"}
    story.item(day(0.45), "activities", "V1", **visit)
    story.fact(day(0.55), "milestone", "M5")
    score = LEVEL + DECIDES[chief] + ADVISES[engineer] + BUDGET * has_budget + CONTACT * is_met
    is_won = rng.random() < 1 / (1 + math.exp(-score))
    return ending(story, close, is_won=is_won)


def ending(story: Story, close: date, *, is_won: bool) -> list[Event]:
    """A few deals end as some do in every CRM: cancelled, without a day, or written down afterwards."""
    kind = story.rng.random()
    if kind < 0.03:
        story.fact(close, "status", "cancelled")
    elif kind < 0.05:
        story.fact(close, "status", "won" if is_won else "lost")
    else:
        lag = story.rng.choice((0, 1, 3, 20))
        story.fact(close, "status", "won" if is_won else "lost", lag=lag)
        story.fact(close, "closed_on", close.isoformat(), lag=lag)
    if 0.05 <= kind < 0.07:
        late = datetime.combine(min(close + timedelta(5), END), time(8), UTC)
        return [one.model_copy(update={"recorded_at": max(one.recorded_at, late)}) for one in story.events]
    return story.events


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--deals", type=int, default=130)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--to", type=Path, default=FILE)
    options = parser.parse_args()
    found = list(deals(options.deals, options.seed))
    if not options.check:
        write_events(options.to, found)
        return
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / options.to.name
        write_events(fresh, found)
        if not options.to.exists() or not filecmp.cmp(fresh, options.to, shallow=False):
            sys.exit(f"{options.to} is out of date: run python tools/closed_deals.py")


if __name__ == "__main__":
    main()
