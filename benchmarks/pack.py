"""What the whole handbook pack costs against its gates alone, one deal at a time.

    python benchmarks/pack.py [--write] [--rounds N]

The deals are those of examples/welding. The gates are the criteria and the tier table; the whole pack adds
red lines, work rules, waivers, plays and the health scorecard. Ratios come from alternating blocks in one
process.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import kamrules as kr
from kamrules.pipeline import open_source
from kamrules.rules.backends import python

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "generated" / "bench-pack.md"
DAY = date(2026, 6, 30)


def timed(run: Callable[[Any], object], records: list[Any]) -> float:
    """Return the processor microseconds a record that one pass takes."""
    start = time.process_time_ns()
    for record in records:
        run(record)
    return (time.process_time_ns() - start) / len(records) / 1000


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write the page into docs/generated")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()

    engine = kr.compile(kr.load_pack("handbook"))
    deals = [getattr(item, "deal", item) for item in open_source(str(ROOT / "examples" / "welding"), engine)]
    records = [engine.read(deal) for deal in deals]
    pack, plan = engine.pack, engine.plan
    gates = replace(plan, rules=tuple(rule for rule in plan.rules if rule.id in pack.criteria), scorecards=())
    only_gates = python.compile_plan(gates, access="attr")
    whole = python.compile_plan(plan, access="attr")
    lines: dict[str, tuple[Callable[[Any], object], list[Any]]] = {
        f"gates: {len(gates.rules)} criteria and the tier table": (lambda r: only_gates.run(r, DAY), records),
        f"whole pack: {len(plan.rules)} rules, tier table, health": (lambda r: whole.run(r, DAY), records),
        "reading a deal (validation, personal-data guard)": (engine.read, deals),
        "assess, brief": (lambda r: engine.assess(r, as_of=DAY, detail="brief"), records),
        "assess, full: facts, ledger, map, what-if, checked": (
            lambda r: engine.assess(r, as_of=DAY),
            records,
        ),
    }
    times: dict[str, list[float]] = {name: [] for name in lines}
    for round_ in range(options.rounds):
        for name, (run, given) in lines.items():
            if "full" not in name or round_ < 3:
                times[name].append(timed(run, given))
    base = statistics.median(times[next(iter(lines))])
    page = [
        "# One deal: the whole handbook pack against its gates",
        "",
        f"{len(deals)} deals of examples/welding, processor time, medians of {options.rounds} rounds.",
        "Made by `benchmarks/pack.py --write`; microseconds depend on the machine and its load.",
        "",
        "| what | µs a deal | × gates |",
        "|---|---|---|",
    ]
    for name, found in times.items():
        median = statistics.median(found)
        page.append(f"| {name} | {median:,.0f} | {median / base:.1f} |")
    page += ["", f"Python {platform.python_version()}, {platform.machine()}."]
    text = "\n".join(page) + "\n"
    print(text)
    if options.write:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
