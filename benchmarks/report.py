"""How long a report takes and how large it is, against assessing the same deals.

    python benchmarks/report.py [--write] [deals ...]

The deals are mixed from those of examples/welding: each field from one of two deals, names made up, so that
no two are alike and packing them is no easier than it would be. `--write` puts the table into
docs/generated/bench-report.md.
"""

from __future__ import annotations

import argparse
import copy
import platform
import random
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import kamrules as kr
from kamrules.adapters import Item, Reading, read_deals
from kamrules.report.document import build_report

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "generated" / "bench-report.md"
DAY = date(2026, 6, 30)
_SYLLABLES = ("lin", "gang", "hai", "shan", "feng", "yun", "mei", "tao", "wen", "bo", "jia", "qing", "rui")
_STRAY = 0.2  # share of fields that come from another deal than the rest


def mixed_deals(count: int) -> Iterator[dict[str, Any]]:
    """Yield deals like those of examples/welding, each of its own."""
    found = [deal for deal in read_deals(ROOT / "examples" / "welding") if isinstance(deal, dict)]
    names = sorted({name for deal in found for name in deal})
    chance = random.Random(0)

    def word() -> str:
        return "".join(chance.choices(_SYLLABLES, k=chance.randint(2, 3))).title()

    for number in range(count):
        base, deal = chance.choice(found), dict[str, Any]()
        for name in names:
            source = chance.choice(found) if chance.random() < _STRAY else base
            if name in source:
                deal[name] = copy.deepcopy(source[name])
        deal |= {"id": f"D-{number:05}", "name": f"{word()} {word()}"}
        if "account" in deal:
            deal["account"]["name"] = word()
        for person in deal.get("stakeholders") or []:
            person["name"] = word()
        yield deal


def measured(count: int) -> str:
    """Return the row of the table for a number of deals."""
    deals = list(mixed_deals(count))
    people = sum(len(deal.get("stakeholders") or []) for deal in deals) / count
    engine = kr.compile(kr.load_pack("handbook"))
    start = time.process_time()
    for _ in engine.assess_many(deals, as_of=DAY):
        pass
    brief = time.process_time() - start
    engine = kr.compile(kr.load_pack("handbook"))  # one that remembers nothing
    reading = Reading("deals", "json", lambda: iter([Item(row, deal) for row, deal in enumerate(deals, 1)]))
    start = time.process_time()
    size = len(build_report(engine, reading, as_of=DAY).html.encode())
    took = time.process_time() - start
    cells = [
        f"{count:,}", f"{people:.1f}", f"{took:.1f} s", f"{took / brief:.1f}", f"{size / 1e6:.1f} MB",
        f"{size / count / 1000:.1f} KB",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write the page into docs/generated")
    parser.add_argument("deals", type=int, nargs="*", default=[100, 500, 5000])
    options = parser.parse_args()
    lines = [
        "# A report on a pipeline: time and size",
        "",
        "Deals mixed from those of examples/welding, no two alike. Processor time without reading the file;",
        "`×` is against `assess_many` with brief results. Up to 100 deals are assessed in full, not packed.",
        "Made by `benchmarks/report.py --write`; seconds depend on the machine and its load.",
        "",
        "| deals | people a deal | time | × | size | a deal |",
        "|---|---|---|---|---|---|",
        *map(measured, options.deals),
        "",
        f"Python {platform.python_version()}, {platform.machine()}.",
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    if options.write:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
