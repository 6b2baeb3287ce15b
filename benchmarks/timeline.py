"""Time and memory of a month-end panel: deals with up to 30 events each, as of 24 month ends, assessed.

    python benchmarks/timeline.py [--write] [--deals N ...]

Events are made by chance from those that load the example pipeline, spread over two years; the last is a
correction. Each run is in a process of its own, so that memory is its own.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl

import kamrules as kr
from kamrules.adapters import read_deals
from kamrules.timeline import event_of, events_of, to_row
from kamrules.timeline.panel import panel

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "generated" / "bench-timeline.md"
HEAD = """\
# Months of a whole pipeline

Deals with up to {events} events each, one of them a correction, cut as of {months} month ends by
`timeline.panel` and assessed by `engine.assess_frame` with the handbook. A content that events share is read
once: most do here, for they are made from those of few deals; the row with none says what it costs where no
two are alike. Assessing a cut costs about half a second whatever is in it, so few deals are dear. Seconds are
of the processor, all threads together. Made by `benchmarks/timeline.py --write`; speed depends on the
machine.
"""
COLUMNS = (
    "| deals | contents shared | deal-months | cut, s | assess, s | µs to cut | µs in all | elapsed, s "
    "| peak, MB |"
)
EVENTS = 30  # at most
FIRST = date(2024, 7, 1)
DAYS = [date(2024 + month // 12, month % 12 + 1, 1) - timedelta(days=1) for month in range(7, 31)]


def write_events(path: Path, count: int, *, apart: bool) -> None:
    """Write a Parquet file of events, sorted by deal; with `apart` no two have one content as text."""
    chance = random.Random(7)
    deals = [deal for deal in read_deals(ROOT / "examples" / "welding") if isinstance(deal, dict)]
    loads = [[to_row(event) for event in events_of(deal, effective_on=FIRST)] for deal in deals]
    parts = []
    for start in range(0, count, 2000):
        rows = []
        for number in range(start, min(count, start + 2000)):
            name, load = f"D-{number:07d}", chance.choice(loads)
            chosen = chance.sample(load, min(len(load), EVENTS - 1))
            for place, row in enumerate(chosen):
                day = FIRST + timedelta(days=chance.randrange(730))
                late = day + timedelta(days=chance.choice([0, 0, 0, 1, 3, 40]))
                rows.append(
                    {**row, "id": f"E{place}", "deal_id": name, "effective_on": day, "recorded_at": str(late)}
                )
            last = datetime(2026, 6, chance.randrange(1, 28), tzinfo=UTC)
            void = {"id": "C", "deal_id": name, "type": "correction", "corrects": "E0", "recorded_at": last}
            rows.append(to_row(event_of(void)))
        texts = [{key: None if value is None else str(value) for key, value in row.items()} for row in rows]
        parts.append(pl.DataFrame(texts, schema=dict.fromkeys(texts[0], pl.String)))
    events = pl.concat(parts)
    if apart:
        blanks = pl.Series([" " * (row % 101) + "\n" * (row // 101 % 997) for row in range(events.height)])
        events = events.with_columns(value=pl.col("value") + blanks)
    events.write_parquet(path)


def measure(path: Path) -> dict[str, float]:
    """Return what cutting and assessing all months took, in seconds of the processor."""
    engine = kr.compile(kr.load_pack("handbook"))
    engine.frame_columns()
    start, clock = time.process_time(), time.perf_counter()
    months = assessing = 0.0
    for cut in panel(engine, pl.scan_parquet(path), DAYS):
        months += cut.deals.height
        before = time.process_time()
        found = engine.assess_frame(cut.deals, as_of=cut.day, **cut.lists)
        assert found.deals.height == cut.deals.height
        assessing += time.process_time() - before
    return {
        "months": months,
        "cutting": time.process_time() - start - assessing,
        "assessing": assessing,
        "elapsed": time.perf_counter() - clock,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def row_of(count: int, *, apart: bool) -> str:
    """Return the row of one size, measured in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.parquet"
        write_events(path, count, apart=apart)
        command = [sys.executable, __file__, "--measure", str(path)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    cells = [
        f"{count:,}",
        "none" if apart else "most",
        f"{found['months']:,.0f}",
        f"{found['cutting']:.1f}",
        f"{found['assessing']:.1f}",
        f"{1e6 * found['cutting'] / found['months']:.0f}",
        f"{1e6 * (found['cutting'] + found['assessing']) / found['months']:.0f}",
        f"{found['elapsed']:.0f}",
        f"{found['peak_mb']:,.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="write the page into docs/generated")
    parser.add_argument("--deals", nargs="+", type=int, default=[1_000, 10_000], metavar="N")
    parser.add_argument("--measure", type=Path, metavar="FILE", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure is not None:
        print(json.dumps(measure(options.measure)))
        return
    page = [HEAD.format(events=EVENTS, months=len(DAYS)), COLUMNS, "|---" * 9 + "|"]
    for count in options.deals:
        page.append(row_of(count, apart=False))
        print(page[-1], flush=True)
    page.append(row_of(min(options.deals), apart=True))
    text = "\n".join([*page, "", f"Python {platform.python_version()}, {platform.machine()}."]) + "\n"
    print(text)
    if options.write:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
