"""What the live desk costs an event, and what a deal costs in memory.

    python benchmarks/desk.py [--write]           speed, against the whole plan, and against fold and assess
    python benchmarks/desk.py --memory 100000     memory of so many live deals, events in memory and not
    python benchmarks/desk.py --journal           into SQLite, one event a transaction and in batches

Events are those of examples/welding under new deal ids, in the order of recording. Times are processor time
of one core; ratios come from the same events in the same process. Every way must say the same of every deal.
`--write` puts the table into docs/generated/bench-desk.md.
"""

from __future__ import annotations

import argparse
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import kamrules as kr
from kamrules.engine import Engine
from kamrules.errors import MissingExtraError
from kamrules.flatfacts import facts_of
from kamrules.live.desk import Desk
from kamrules.live.verdicts import judge_of
from kamrules.rules.reactors import choose_reactor
from kamrules.timeline import Event, Timeline, read_events
from kamrules.timeline.events import to_dict

REPO = Path(__file__).resolve().parent.parent
PAGE = REPO / "docs" / "generated" / "bench-desk.md"
DAY = date(2026, 7, 15)
ROUNDS = 15
DESK = "desk, plain reactor"
DURABLE = "desk, durable-rules"
PARSED = "desk, plain reactor, events as mappings"

Note = Callable[[str, Callable[[], Any], int], None]


def example() -> list[Event]:
    """Return the events of the example, in the order of recording."""
    found = read_events(REPO / "examples" / "welding" / "history" / "events.jsonl")
    return sorted(found, key=lambda one: (one.recorded_at, one.id))


def copies(events: list[Event], mark: str) -> list[Event]:
    return [one.model_copy(update={"deal_id": f"{one.deal_id}-{mark}"}) for one in events]


def timed(run: Callable[[], Any], count: int) -> float:
    """Return the processor microseconds of one of `count` that are run."""
    start = time.process_time()
    run()
    return (time.process_time() - start) / count * 1e6


def one_round(engine: Engine, desks: dict[str, Desk], number: int, note: Note) -> None:
    """Give every way the same events, and compare what they say of each deal."""
    judge = judge_of(engine)
    mine = copies(example(), str(number))
    for name, desk in desks.items():
        given: list[Any] = [to_dict(one) for one in mine] if name == PARSED else mine
        note(name, partial(post_all, desk, given), len(mine))
    records = [desks[DESK].record(one.deal_id) for one in mine]
    note("the whole plan on the folded deal", lambda: [judge.whole(one, DAY) for one in records], len(mine))
    seen: dict[str, list[Event]] = {}
    for one in mine:
        seen.setdefault(one.deal_id, []).append(one)

    def told(deal_id: str) -> dict[str, str]:
        deal = Timeline.of(seen[deal_id], model=engine.model).as_of(DAY)
        return facts_of(engine.assess(deal, as_of=DAY, detail="brief"))

    some = [one.deal_id for one in mine[::40]]
    note("fold all events of the deal, assess it", lambda: [told(one) for one in some], len(some))
    assert all(desk.facts(one) == told(one) for one in seen for desk in desks.values())


def post_all(desk: Desk, events: list[Any]) -> None:
    for one in events:
        desk.post(one)


def speed(engine: Engine) -> str:
    """Return the page of what an event costs."""
    events = example()
    desks = {DESK: new_desk(engine, "plain"), PARSED: new_desk(engine, "plain")}
    try:
        desks[DURABLE] = new_desk(engine, "durable")
    except MissingExtraError:
        print("durable-rules is not installed")
    for desk in desks.values():
        post_all(desk, events)  # compiles the slices
    times: dict[str, list[float]] = {}

    def note(name: str, run: Callable[[], Any], count: int) -> None:
        times.setdefault(name, []).append(timed(run, count))

    for number in range(ROUNDS):
        one_round(engine, desks, number, note)
    page = [
        "# A live desk: what an event costs",
        "",
        f"{len(events)} events of the deals of examples/welding, {len(engine.plan.rules)} rules",
        f"of the handbook; processor time of one core, {ROUNDS} rounds of all rows in turns, each under",
        "new deal ids. The last column is the median of the ratios within a round.",
        "Made by `benchmarks/desk.py --write`; speed depends on the machine and on what else it does.",
        "",
        "| | µs an event, median | events/s, median | events/s, best round | time against the desk |",
        "|---|---|---|---|---|",
    ]
    for name, found in times.items():
        middle = statistics.median(found)
        ratio = statistics.median(one / base for one, base in zip(found, times[DESK], strict=True))
        page.append(
            f"| {name} | {middle:.0f} | {1e6 / middle:,.0f} | {1e6 / min(found):,.0f} | {ratio:.2f} × |"
        )
    page += ["", f"Python {platform.python_version()}, {platform.machine()}."]
    return "\n".join(page) + "\n"


def new_desk(engine: Engine, reactor: str) -> Desk:
    return Desk(engine, choose_reactor(reactor)(engine.reactions), as_of=DAY)


class _Nowhere:
    """Keeps no event: what a desk needs where a database keeps them."""

    def find(self, deal_id: str, event_id: str) -> None:  # noqa: ARG002 - as of all stores
        return None

    def of(self, deal_id: str) -> list[Event]:  # noqa: ARG002
        return []

    def add(self, event: Event) -> None:
        pass


def resident() -> float:
    """Return the megabytes this process holds now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def memory(engine: Engine, count: int, each: int, *, keeps: bool) -> None:
    loads: dict[str, list[Event]] = {}
    for one in example():
        loads.setdefault(one.deal_id, []).append(one)
    chosen = [found[:: max(1, len(found) // each)][:each] for found in loads.values()]
    store: Any = None if keeps else _Nowhere()
    desk = Desk(engine, choose_reactor("plain")(engine.reactions), as_of=DAY, events=store)
    for one in _spread(chosen, len(chosen)):
        desk.post(one)
    before, start, done = resident(), time.process_time(), 0
    for one in _spread(chosen, count):
        desk.post(one)
        done += 1
    spent = time.process_time() - start
    grown = resident() - before
    print(
        f"{len(desk)} deals, {done} events {'in memory' if keeps else 'elsewhere'}: {grown:.0f} MB more, "
        f"{grown / len(desk) * 1000:.1f} kB a deal; {done / spent:,.0f} events/s; "
        f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB",
        flush=True,
    )
    start = time.process_time()
    desk.move_to(date(2026, 7, 16))
    print(f"a day passes in {time.process_time() - start:.1f} s", flush=True)


def _spread(loads: list[list[Event]], count: int) -> Iterator[Event]:
    """Yield one event of every deal after another: hardly any deal is at hand when its next event comes."""
    for place in range(max(map(len, loads))):
        for number in range(count):
            load = loads[number % len(loads)]
            if place < len(load):
                yield load[place].model_copy(update={"deal_id": f"M-{number:07d}"})


def journal(engine: Engine) -> None:
    from kamrules.live.journal import Journal

    events = example()
    with tempfile.TemporaryDirectory() as folder:
        with Journal.open(f"sqlite:///{folder}/journal.db", engine, as_of=DAY) as kept:
            kept.post_all(events)
            for size in (1, 10, 100):
                mine = copies(events, str(size))
                start = time.perf_counter()
                for place in range(0, len(mine), size):
                    kept.post_all(mine[place : place + size])
                rate = len(mine) / (time.perf_counter() - start)
                print(f"{size} a transaction: {rate:,.0f} events/s (wall clock)")
        start = time.perf_counter()
        Journal.open(f"sqlite:///{folder}/journal.db", engine).close()
        print(f"opened again in {time.perf_counter() - start:.1f} s for {4 * len(events)} events")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--memory", type=int, metavar="DEALS")
    parser.add_argument("--each", type=int, default=12, help="events a deal, for --memory")
    parser.add_argument("--keeps", choices=("yes", "no"))
    parser.add_argument("--journal", action="store_true")
    parser.add_argument("--write", action="store_true", help="write the page into docs/generated")
    given = parser.parse_args()
    if given.memory and given.keeps is None:
        for keeps in ("yes", "no"):  # each in a process of its own
            subprocess.run([sys.executable, __file__, *sys.argv[1:], "--keeps", keeps], check=True)
        return
    engine = kr.compile(kr.load_pack("handbook"))
    if given.memory:
        memory(engine, given.memory, given.each, keeps=given.keeps == "yes")
    elif given.journal:
        journal(engine)
    else:
        text = speed(engine)
        print(text)
        if given.write:
            PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
