"""Time and memory of a month-end panel: deals with up to 30 events each, as of 24 month ends, assessed.

    python benchmarks/timeline.py 1000 10000      cut, and assess each cut
    python benchmarks/timeline.py --cut 100000    cut only

Events are made by chance from those that load the example pipeline, spread over two years; the last is a
correction. Each size runs in a process of its own, so that memory is its own.
"""

from __future__ import annotations

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

REPO = Path(__file__).resolve().parent.parent
EVENTS = 30  # at most
FIRST = date(2024, 7, 1)
DAYS = [date(2024 + month // 12, month % 12 + 1, 1) - timedelta(days=1) for month in range(7, 31)]


def write_events(path: Path, count: int) -> None:
    """Write a Parquet file of events, sorted by deal."""
    chance = random.Random(7)
    deals = [deal for deal in read_deals(REPO / "examples" / "welding") if isinstance(deal, dict)]
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
    pl.concat(parts).write_parquet(path)


def measure(path: Path, *, assessed: bool) -> None:
    engine = kr.compile(kr.load_pack("handbook"))
    start = time.perf_counter()
    rows = spent = 0
    for cut in panel(engine, pl.scan_parquet(path), DAYS):
        rows += cut.deals.height
        if assessed:
            before = time.perf_counter()
            engine.assess_frame(cut.deals, as_of=cut.day, **cut.lists).deals.height  # noqa: B018 - made when asked for
            spent += time.perf_counter() - before
    total = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{rows} rows: {total - spent:.1f} s to cut, {spent:.1f} s to assess, peak {peak:.0f} MB", flush=True
    )


def main(arguments: list[str]) -> None:
    if arguments[0] == "--measure":
        measure(Path(arguments[1]), assessed=arguments[2] == "assess")
        return
    is_cut = arguments[0] == "--cut"
    for size in map(int, arguments[is_cut:]):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "events.parquet"
            write_events(path, size)
            print(f"{size} deals, {path.stat().st_size / 1e6:.0f} MB:", end=" ", flush=True)
            mode = "cut" if is_cut else "assess"
            subprocess.run([sys.executable, __file__, "--measure", str(path), mode], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
