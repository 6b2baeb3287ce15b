"""What the value of gates, the signs of gaming and the outlook are worth where the truth is known.

    python benchmarks/gates.py [--write] [--worlds N]

`--write` puts the page into docs/generated.
"""

from __future__ import annotations

import argparse
import platform
import random
import time
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from books import PLANTED, Plant, book

import kamrules as kr
from kamrules.learning.conversion import Ending, Spell, conversions
from kamrules.learning.futures import Chance, OpenDeal
from kamrules.learning.gaming import KINDS, gaming_signals
from kamrules.learning.gate_value import GateValue, gate_values
from kamrules.learning.outlook import OutlookPolicy, outlooks
from kamrules.learning.stood import Stood
from kamrules.rules.verdict import Status

PAGE = Path(__file__).resolve().parent.parent / "docs" / "generated" / "bench-gates.md"
PACK = kr.load_pack("handbook")
NAMES = list(PACK.criteria)[:30]
# Of three segments: how often deals are won, and how often a criterion is met.
SEGMENTS = {"a": (0.25, 0.35), "b": (0.4, 0.5), "c": (0.5, 0.75)}
END = date(2026, 12, 31)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--worlds", type=int, default=300, help="invented worlds a line")
    options = parser.parse_args()
    lines = [
        "# Gates, gaming and outlook where the truth is known",
        "",
        f"Python {platform.python_version()}; `python benchmarks/gates.py --write`.",
        f"{options.worlds} invented worlds a line, seeds 0 to {options.worlds - 1}.",
        "",
        *nothing_matters(options.worlds),
        *one_matters(options.worlds),
        *survivors(options.worlds),
        *gaming(options.worlds // 10),
        *shares(options.worlds),
        *futures(options.worlds),
        *speed(),
    ]
    text = "\n".join(lines)
    print(text)
    if options.write:
        PAGE.write_text(text, encoding="utf-8")


def world(seed: int, deals: int, worth: float = 0.0) -> list[Stood]:
    """Closed deals; those that meet the first criterion win more often by `worth`, the others do nothing."""
    rng = random.Random(seed)
    found = []
    for number in range(deals):
        segment = rng.choice(list(SEGMENTS))
        rate, often = SEGMENTS[segment]
        is_met = [rng.random() < often for _ in NAMES]
        statuses: dict[str, Status] = {
            name: "unknown" if rng.random() < 0.15 else "met" if met else "unmet"
            for name, met in zip(NAMES, is_met, strict=True)
        }
        chance = rate + worth * (is_met[0] - often)
        found.append(Stood(str(number), rng.random() < chance, segment, statuses))
    return found


def values(deals: Sequence[Stood]) -> list[GateValue]:
    return [one for one in gate_values(PACK, deals, shuffles=0).gates if one.id in NAMES]


def nothing_matters(worlds: int) -> list[str]:
    lines = [
        "## No criterion matters",
        "",
        "30 criteria, three segments; one that is won more often also meets more. A world is fooled where",
        "any gate is kept. At the level of 0.1 at most one world in ten may be.",
        "",
        "| closed deals | worlds fooled | not adjusted, p < 0.1 | without segments | intervals that cover |",
        "|---|---|---|---|---|",
    ]
    for deals in (60, 150, 400):
        fooled = bare = pooled = hits = total = 0
        for seed in range(worlds):
            some = world(seed, deals)
            gates = values(some)
            fooled += any(one.verdict == "keep" for one in gates)
            bare += any(one.p is not None and one.p < 0.1 and one.difference.value > 0 for one in gates)
            together = [Stood(one.deal_id, one.won, None, one.statuses) for one in some]
            pooled += any(one.verdict == "keep" for one in values(together))
            known = [one.difference for one in gates if one.difference is not None]
            hits += sum(one.low <= 0 <= one.high for one in known)
            total += len(known)
        cells = (fooled, bare, pooled)
        lines.append(
            f"| {deals} | {' | '.join(percent(one, worlds) for one in cells)} | {percent(hits, total)} |"
        )
    return [*lines, ""]


def one_matters(worlds: int) -> list[str]:
    lines = [
        "## One criterion matters",
        "",
        "Deals that meet it win 30 points more often, or just 10, the least worth asking for. The other 29",
        "do nothing.",
        "",
        "| closed deals | 30: kept | 30: retired | 10: retired | others kept | others retired | 30 covered |",
        "|---|---|---|---|---|---|---|",
    ]
    for deals in (60, 150, 400, 1000):
        counts: Counter[str] = Counter()
        runs = worlds if deals < 1000 else worlds // 3
        for seed in range(runs):
            first, *others = values(world(seed, deals, 0.3))
            counts["kept"] += first.verdict == "keep"
            counts["lost"] += first.verdict == "retire"
            counts["edge"] += values(world(seed, deals, 0.1))[0].verdict == "retire"
            counts["other kept"] += sum(one.verdict == "keep" for one in others)
            counts["other retired"] += sum(one.verdict == "retire" for one in others)
            counts["cover"] += (
                first.difference is not None and first.difference.low <= 0.3 <= first.difference.high
            )
        others_of = runs * (len(NAMES) - 1)
        lines.append(
            f"| {deals} | {percent(counts['kept'], runs)} | {percent(counts['lost'], runs)} "
            f"| {percent(counts['edge'], runs)} "
            f"| {percent(counts['other kept'], others_of)} | {percent(counts['other retired'], others_of)} "
            f"| {percent(counts['cover'], runs)} |"
        )
    return [*lines, ""]


def survivors(worlds: int) -> list[str]:
    """Half of the deals die before the gate, and have met nothing; what is met has no influence."""
    naive = fair = 0
    for seed in range(worlds):
        rng = random.Random(seed)
        over_all, at_gate = [], []
        for number in range(150):
            died = rng.random() < 0.5
            status: Status = "met" if not died and rng.random() < 0.6 else "unmet"
            won = not died and rng.random() < 0.5
            over_all.append(Stood(str(number), won, None, {NAMES[0]: status}))
            at_gate.append(Stood(str(number), won, None, {} if died else {NAMES[0]: status}))
        naive += values(over_all)[0].verdict == "keep"
        fair += values(at_gate)[0].verdict == "keep"
    return [
        "## Deals that die early",
        "",
        "Half of 150 deals die before a gate whose criterion does nothing. Compared over all closed deals",
        f"it is kept in {percent(naive, worlds)} of the worlds, among deals that passed the gate in",
        percent(fair, worlds) + ".",
        "",
    ]


def gaming(books: int) -> list[str]:
    engine = kr.compile(PACK)

    def is_seen(kind: str, planted: dict[int, Plant], seed: int) -> bool:
        report = gaming_signals(book(seed, planted), engine.pack, engine.plan, as_of=END)
        return any(one.sight.kind == kind and int(one.sight.deal_id[1:]) in planted for one in report.signals)

    counts: Counter[str] = Counter()
    measured: Counter[str] = Counter()
    for seed in range(books):
        report = gaming_signals(book(seed), engine.pack, engine.plan, as_of=END)
        counts.update(one.sight.kind for one in report.signals)
        measured.update({habit.kind: habit.measured for habit in report.habits})
    lines = [
        "## Signs of gaming",
        "",
        f"{books} honest books of 60 deals, a third of them written up on Fridays only, and as many with the",
        "habit planted in one deal. A book of fewer than 20 moves, approvals or deals says nothing of them.",
        "",
        "| sign | measured in honest books | signals among them | planted and seen |",
        "|---|---|---|---|",
    ]
    for kind in KINDS:
        plants = [plant for name, plant in PLANTED if name == kind]
        deals = (7, 9) if kind == "copied" else (7,)
        seen = sum(
            is_seen(kind, dict.fromkeys(deals, plant), seed) for plant in plants for seed in range(books)
        )
        lines.append(
            f"| {kind} | {measured[kind]:,} | {percent(counts[kind], measured[kind], 2)} "
            f"| {percent(seen, books * len(plants))} |"
        )
    return [*lines, ""]


def shares(worlds: int) -> list[str]:
    lines = [
        "## Stage conversion",
        "",
        "Six of ten deals go on, days to either end are exponential with a mean of 30, watched for 10 to 90",
        "days. How often do 90 % intervals cover the share that goes on within 60 days, and what does the",
        "share of ended deals say instead?",
        "",
        "| deals | intervals that cover | mean error | mean error of counting ended deals only |",
        "|---|---|---|---|",
    ]
    truth = 0.6 * (1 - 2.718281828 ** (-61 / 30))
    for deals in (20, 60, 200):
        hits, error, counted = 0, 0.0, 0.0
        for seed in range(worlds):
            rng = random.Random(seed)
            spells = []
            for number in range(deals):
                days, watched = int(rng.expovariate(1 / 30)), rng.randint(10, 90)
                ending: Ending = "onward" if rng.random() < 0.6 else "lost"
                spells.append(
                    Spell(str(number), "M1", min(days, watched), ending if days <= watched else "open")
                )
            found = conversions(spells, ["M1"], days=60)[0]
            share = found.onward_share
            assert share is not None
            hits += share.low <= truth <= share.high
            error += share.value - truth
            counted += found.onward / max(1, found.onward + found.lost) - truth
        lines.append(
            f"| {deals} | {percent(hits, worlds)} | {100 * error / worlds:+.1f} points "
            f"| {100 * counted / worlds:+.1f} points |"
        )
    return [*lines, ""]


def futures(worlds: int) -> list[str]:
    """Worlds whose deals do rise and fall together by 0.3, told by outlooks that assume less or as much."""
    lines = [
        "## Outlook",
        "",
        "40 deals in four segments whose luck is truly shared by 0.3. How often does the range of 90 of 100",
        "futures hold what came?",
        "",
        "| correlation assumed | ranges that hold it | width, all deals alone = 1 |",
        "|---|---|---|",
    ]
    rng = random.Random(1)
    deals = []
    for number in range(40):
        chance = rng.uniform(0.1, 0.7)
        amount = rng.randint(100, 1000)
        deals.append(
            OpenDeal(
                f"D{number}", Chance(chance, chance, chance), amount, amount, "CNY", None, str(number % 4)
            )
        )
    policy = OutlookPolicy(correlation=0.3, draws=1)
    came = [
        outlooks(deals, as_of=END, policy=policy, seed=-1 - seed)[0].total.median
        for seed in range(worlds * 3)
    ]
    alone = 0
    for correlation in (0.0, 0.15, 0.3, 0.5):
        policy = OutlookPolicy(correlation=correlation)
        total = outlooks(deals, as_of=END, policy=policy, seed=1)[0].total
        alone = alone or total.high - total.low
        held = sum(total.low <= one <= total.high for one in came)
        lines.append(
            f"| {correlation:g} | {percent(held, len(came))} | {(total.high - total.low) / alone:.2f} |"
        )
    return [*lines, ""]


def speed() -> list[str]:
    small, large = (taken(world(1, deals)) for deals in (1_000, 100_000))
    return [
        "## Speed",
        "",
        f"Judging 100,000 closed deals by 30 criteria takes {large / small:.0f} times as long as 1,000",
        "(processor time, without shuffles).",
        "",
    ]


def taken(deals: Sequence[Stood]) -> float:
    start = time.process_time()
    values(deals)
    return time.process_time() - start


def percent(some: int, of: int, digits: int = 0) -> str:
    return f"{100 * some / of:.{digits}f} %"


if __name__ == "__main__":
    main()
