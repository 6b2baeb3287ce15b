"""How long the shortest lawful path takes, for every unfinished deal of the example pipeline.

    python benchmarks/paths.py [--write]

`--write` puts the table into docs/generated/bench-paths.md.
"""

from __future__ import annotations

import statistics
import sys
import time
from datetime import date
from pathlib import Path

import kamrules as kr
from kamrules.adapters import read_deals

REPO = Path(__file__).resolve().parent.parent
PAGE = REPO / "docs" / "generated" / "bench-paths.md"
DAY = date(2026, 6, 30)


def main() -> None:
    engine = kr.compile(kr.load_pack("handbook"))
    rows: dict[str, list[tuple[str, int, int, float]]] = {}
    for deal in read_deals(REPO / "examples" / "welding"):
        assert isinstance(deal, dict)
        stage = engine.assess(deal, as_of=DAY, detail="brief").stage
        if stage.is_complete:
            continue
        start = time.perf_counter()
        path = kr.shortest_path(engine, deal, as_of=DAY, timeout_ms=120_000)
        took = time.perf_counter() - start
        rows.setdefault(stage.supported or "none", []).append(
            (path.outcome, len(path.steps), len(path.blocking), took)
        )
    lines = [
        "# Shortest lawful paths, timed",
        "",
        f"One core, Python {sys.version_info.major}.{sys.version_info.minor}; steps and sets of the longest.",
        "",
        "| supported | deals | path | red line | no path | undecided | steps | sets | median | most |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for milestone in sorted(rows):
        found = rows[milestone]
        outcomes = [
            sum(one[0] == name for one in found) for name in ("path", "red_line", "no_path", "undecided")
        ]
        times = [one[3] for one in found]
        cells = [milestone, len(found), *outcomes, max(one[1] for one in found), max(one[2] for one in found)]
        shown = [f"{statistics.median(times):.2f} s", f"{max(times):.2f} s"]
        lines.append("| " + " | ".join(map(str, [*cells, *shown])) + " |")
    text = "\n".join(lines) + "\n"
    print(text)
    if "--write" in sys.argv:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
