"""Draw the pictures of docs/pictures.md from the example pipeline into docs/generated/pictures.

    python tools/pictures.py           write what changed
    python tools/pictures.py --check   write nothing; exit 1 if a picture is missing, stale or too large

Pictures of ours are compared sign by sign. Where Vega puts a letter depends on the fonts of the machine, so
of its pictures only what they say is compared (their `aria-label`).
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import kamrules as kr
from kamrules.pipeline import Summary, assess_source, find_deal, open_source
from kamrules.report import pictures
from kamrules.report.picture import Picture
from kamrules.scoring.validation.skill import Measured
from kamrules.timeline import read_events, timelines
from kamrules.timeline.history import history_of
from kamrules.wording import Language

ROOT = Path(__file__).resolve().parent.parent
WELDING = ROOT / "examples" / "welding"
PLACE = ROOT / "docs" / "generated" / "pictures"
DAY = date(2026, 6, 30)
MOST_BYTES = 60_000
BY_VEGA = frozenset({"history", "calibration", "worth"})
_LABEL = re.compile(r'aria-label="([^"]*)"')
# Made up: a model that says too much where it is sure.
SAID = [0.05 + 0.9 * place / 59 for place in range(60)]
WON = [(place * 7919) % 100 < 100 * (0.2 + 0.6 * one) for place, one in enumerate(SAID)]


@dataclass(frozen=True)
class Worth:
    """A made-up row of gate values."""

    id: str
    difference: Measured | None
    verdict: str


WORTHS = (
    Worth("M4.X2", Measured(0.31, 0.12, 0.49), "keep"),
    Worth("M4.X4", Measured(0.12, -0.06, 0.29), "sharpen"),
    Worth("M5.X1", Measured(0.01, -0.08, 0.09), "retire"),
    Worth("M6.X1", None, "not enough deals"),
)
UNKNOWN = {
    "id": "D-99",
    "name": "Nothing known yet",
    "stakeholders": [{"id": "P1"}, {"id": "P2"}, {"id": "P3"}],
}


def drawn() -> Iterator[tuple[str, Picture]]:
    """Yield each picture with the name of its file."""
    engine = kr.compile(kr.load_pack("handbook"))
    deals = {name: find_deal(open_source(WELDING, engine), name).deal for name in ("D-04", "D-05")}
    found = {name: engine.assess(deal, as_of=DAY) for name, deal in deals.items()}
    summary = Summary()
    brief = []
    for result in assess_source(engine, open_source(WELDING, engine), as_of=DAY):
        summary.add(result)
        brief.append(result.outcome)
    languages: tuple[Language, ...] = ("en", "zh")
    for language in languages:
        yield (
            f"map.{language}",
            pictures.stakeholder_map(engine, deals["D-04"], found["D-04"], language=language),
        )
    nothing = engine.assess(UNKNOWN, as_of=DAY)
    yield "map-unknown.en", pictures.stakeholder_map(engine, UNKNOWN, nothing)
    yield "health.en", pictures.health_waterfall(engine, found["D-05"])
    yield "health.zh", pictures.health_waterfall(engine, found["D-05"], by_dimension=True, language="zh")
    shown = [one for one in brief[:8] if isinstance(one, kr.Assessment)]
    yield "gates.en", pictures.gate_matrix(engine, shown)
    yield "stages.en", pictures.pipeline_stages(engine, summary)
    yield "ask.en", pictures.ask_next(engine, summary)
    yield "ask-deal.zh", pictures.ask_next(engine, found["D-05"], language="zh")
    events = timelines(read_events(WELDING / "history" / "events.jsonl"), model=engine.model)
    yield "history.en", pictures.health_over_time(engine, history_of(engine, events["D-16"]))
    yield "calibration.en", pictures.calibration(WON, SAID)
    yield "worth.en", pictures.gate_worth(engine, WORTHS)


def is_same(picture: Picture, old: str) -> bool:
    new = picture.svg() + "\n"
    if picture.kind not in BY_VEGA:
        return new == old
    labels = [_LABEL.search(text) for text in (new, old)]
    return all(labels) and len({label[1] for label in labels if label}) == 1


def main() -> int:
    """Write or check all pictures; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, fail on a stale picture")
    check = parser.parse_args().check
    wrong = []
    for name, picture in drawn():
        path = PLACE / f"{name}.svg"
        size = len(picture.svg().encode())
        if size > MOST_BYTES:
            print(f"{path.name} has {size} bytes, more than {MOST_BYTES}")
            wrong.append(path)
        if is_same(picture, path.read_text(encoding="utf-8") if path.exists() else ""):
            continue
        if check:
            print(f"{path.name} is stale")
            wrong.append(path)
        else:
            PLACE.mkdir(parents=True, exist_ok=True)
            picture.save(path)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
