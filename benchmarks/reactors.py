"""What reactions cost when a deal's facts turn: durable-rules against plain Python.

    python benchmarks/reactors.py [--write] [--rounds N]

Facts are those of the deals of examples/welding; an event turns some of them to those of another deal. Both
reactors must say the same of every event. Ratios come from alternating blocks in one process.
"""

from __future__ import annotations

import argparse
import platform
import random
import statistics
import time
from datetime import date
from pathlib import Path

import kamrules as kr
from kamrules.flatfacts import facts_of
from kamrules.pipeline import open_source
from kamrules.rules.reactors import Reactor, choose_reactor

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "generated" / "bench-reactors.md"
DAY = date(2026, 6, 30)
EVENTS = 1000
KINDS = {"nothing turns": 0, "one fact turns": 1, "ten facts turn": 10, "every fact turns": 1000}

Facts = dict[str, str]


def turns(deals: list[Facts], count: int) -> list[tuple[Facts, Facts]]:
    """Return events: the facts of a deal, and the same with `count` of those that differ in another deal."""
    found = []
    for _ in range(EVENTS):
        before, other = random.sample(deals, 2)
        differing = [name for name in other if other[name] != before[name]]
        chosen = random.sample(differing, min(count, len(differing)))
        found.append((before, before | {name: other[name] for name in chosen}))
    return found


def timed(reactor: Reactor, events: list[tuple[Facts, Facts]]) -> float:
    """Return the processor microseconds an event that one pass takes."""
    start = time.process_time_ns()
    for before, now in events:
        reactor.react(before, now)
    return (time.process_time_ns() - start) / len(events) / 1000


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write the page into docs/generated")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    random.seed(20260630)

    engine = kr.compile(kr.load_pack("handbook"))
    deals = [getattr(item, "deal", item) for item in open_source(str(ROOT / "examples" / "welding"), engine)]
    facts = [facts_of(engine.assess(deal, as_of=DAY, detail="brief")) for deal in deals]
    reactors = {name: choose_reactor(name)(engine.reactions) for name in ("plain", "durable")}
    page = [
        "# Reactions: durable-rules against plain Python",
        "",
        f"{len(engine.reactions)} reactions of the handbook on the {len(facts[0])} facts of a deal,",
        f"{EVENTS} events a row on deals of examples/welding; processor time, medians of {options.rounds}",
        "rounds taken in turns. Made by `benchmarks/reactors.py --write`; speed depends on the machine.",
        "",
        "| event | reactions run | plain, events/s | durable-rules, events/s | plain is faster by |",
        "|---|---|---|---|---|",
    ]
    for kind, count in KINDS.items():
        events = turns(facts, count)
        answers = {name: [reactor.react(*event) for event in events] for name, reactor in reactors.items()}
        assert answers["plain"] == answers["durable"]
        times: dict[str, list[float]] = {name: [] for name in reactors}
        for _ in range(options.rounds):
            for name, reactor in reactors.items():
                times[name].append(timed(reactor, events))
        plain, durable = (statistics.median(times[name]) for name in ("plain", "durable"))
        run = sum(map(len, answers["plain"])) / EVENTS
        page.append(
            f"| {kind} | {run:.2f} | {1e6 / plain:,.0f} | {1e6 / durable:,.0f} | {durable / plain:.1f} × |"
        )
    page += ["", f"Python {platform.python_version()}, {platform.machine()}."]
    text = "\n".join(page) + "\n"
    print(text)
    if options.write:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
