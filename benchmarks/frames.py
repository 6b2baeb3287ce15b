"""A million deals: kamrules on whole frames against hand-written Polars and SQL, and the whole handbook pack.

Every program is checked on 1,000 deals first. Then it is timed in turns with the hand-written one, and the
medians of the ratios of neighbouring runs are printed: they hold on a busy machine, the seconds do not.
Memory is measured in a process of its own for each program. Libraries that are not installed are left out.

    python benchmarks/frames.py [--write | [--quick] [--only PART]]
"""

from __future__ import annotations

import argparse
import gc
import importlib.metadata
import importlib.util
import json
import math
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

import polars as pl  # noqa: E402 - the path comes first

import kamrules as kr  # noqa: E402
from benchmarks import frames_programs as programs  # noqa: E402
from benchmarks.frames_data import make_frames, make_pipeline, pipeline_records, records_of  # noqa: E402
from benchmarks.handwritten import idiomatic  # noqa: E402
from benchmarks.peers import Datalogic, Peer, ZenExpression  # noqa: E402
from kamrules.rules.backends import python  # noqa: E402

PAGE = ROOT / "docs" / "generated" / "bench-frames.md"
LOOPED = (ZenExpression, Datalogic)
MAIN = "plain, sorted"


@dataclass(frozen=True)
class Effort:
    """How much to do: deals of W and of the pack, rounds, and the deals of other libraries and of loops."""

    deals: int
    growth: tuple[int, ...]
    rounds: int
    pack_rounds: int
    pack_elsewhere: int
    looped: int
    recorded: int
    seconds: int


FULL = Effort(1_000_000, (10_000, 100_000, 1_000_000), 5, 3, 100_000, 20_000, 500, 900)
QUICK = Effort(20_000, (1_000, 10_000, 20_000), 3, 1, 2_000, 2_000, 100, 300)


# --- measuring


Seconds = dict[str, list[float]]


def in_turns(runs: Mapping[str, Callable[[], object]], rounds: int) -> Seconds:
    """Return the seconds of each run, one after the other in every round; a first one is not counted."""
    found: Seconds = {name: [] for name in runs}
    names = list(runs)
    for name in names:
        runs[name]()
    for index in range(rounds):
        turn = index % len(names)
        for name in names[turn:] + names[:turn]:
            gc.collect()
            found[name].append(clocked(runs[name]))
    return found


def clocked(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    kept = run()
    took = time.perf_counter() - started
    del kept
    return took


def ratio(times: Seconds, name: str, base: str) -> float:
    return statistics.median(a / b for a, b in zip(times[name], times[base], strict=True))


def exponent(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """Return the power of the number of deals that the time grows by, between the two greatest sizes."""
    return math.log(seconds[-1] / seconds[-2]) / math.log(sizes[-1] / sizes[-2])


def extra_mb(run: Callable[[], object]) -> tuple[float, float]:
    """Return the megabytes of this process, and how many more a run takes at its peak."""
    gc.collect()
    marks = Path("/proc/self/clear_refs")  # on Linux the peak so far can be forgotten
    if marks.exists():
        marks.write_text("5", encoding="ascii")
    before = peak_mb()
    kept = run()
    after = peak_mb()
    del kept
    return before, after - before


def peak_mb() -> float:
    status = Path("/proc/self/status")
    if status.exists():  # on Linux `getrusage` starts from the peak of the process that started this one
        lines = dict(line.split(":", 1) for line in status.read_text(encoding="ascii").splitlines())
        return int(lines["VmHWM"].split()[0]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def saved(folder: Path, frames: Mapping[str, pl.DataFrame | None]) -> None:
    for name, one in frames.items():
        if one is not None:
            one.write_parquet(folder / f"{name}.parquet")


def loaded(folder: Path) -> dict[str, pl.DataFrame]:
    return {one.stem: pl.read_parquet(one) for one in sorted(folder.glob("*.parquet"))}


def in_process(job: str, *given: str, seconds: int) -> Any:
    """Return what a job gives in a process of its own, None where it took longer than this."""
    # Memory that is free goes back at once, so that the peak is what is used.
    env = {**os.environ, "_RJEM_MALLOC_CONF": "dirty_decay_ms:0,muzzy_decay_ms:0", "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, __file__, "--job", job, *given]
    try:
        done = subprocess.run(command, env=env, stdout=subprocess.PIPE, timeout=seconds, check=True)
    except subprocess.TimeoutExpired:
        return None
    return json.loads(done.stdout.decode().splitlines()[-1])


# --- W against hand-written programs


@dataclass(frozen=True)
class CaseTimes:
    """Seconds of W by hand on plain sorted frames, by hand on the same frames, and by kamrules."""

    name: str
    times: Seconds

    def seconds(self, name: str) -> float:
        return statistics.median(self.times[name])


def time_case(name: str, plain: programs.Frames, effort: Effort) -> CaseTimes:
    case = programs.CASES[name]
    programs.check_case(case)
    frames = case.make(effort.deals) if case.options else plain
    pair = case.open(frames)
    runs = {"plain": partial(programs.by_hand, plain), "same": pair.hand, "ours": pair.ours}
    return CaseTimes(name, in_turns(runs, effort.rounds))


def time_kleene(plain: programs.Frames, effort: Effort) -> Seconds:
    known = programs.without_nulls(plain)
    return in_turns(
        {
            "two-valued": partial(programs.two_valued, plain),
            "Kleene": partial(programs.by_hand, plain),
            "no nulls": partial(programs.ours, known),
            "nulls": partial(programs.ours, plain),
        },
        effort.rounds,
    )


def time_loops(plain: programs.Frames, effort: Effort) -> Seconds:
    """Return the seconds of loops over records, as if there were as many as the frames have."""
    deals, people = make_frames(effort.looped)
    records = records_of(deals, people, effort.looped)
    program = python.compile_plan(programs.PLAN).run_raw
    loops: dict[str, Callable[[Any], Any]] = {
        "kamrules, the generated Python function": lambda record: program(record, programs.DAY),
        "hand-written Python": idiomatic,
    }
    for kind in LOOPED:
        if importlib.util.find_spec(kind.module) is not None:
            loops[kind.name] = checked_peer(kind).judge

    def over(judge: Callable[[Any], Any]) -> Callable[[], object]:
        return lambda: [judge(record) for record in records]

    runs: dict[str, Callable[[], object]] = {name: over(judge) for name, judge in loops.items()}
    runs["rows to dicts"] = lambda: records_of(deals, people, effort.looped)
    runs["frames"] = partial(programs.ours, plain)
    found = in_turns(runs, max(3, effort.rounds // 2))
    scale = effort.deals / effort.looped
    return {
        name: [one if name == "frames" else one * scale for one in times] for name, times in found.items()
    }


def checked_peer(kind: type[Peer]) -> Peer:
    peer = kind()
    peer.load()
    frames = make_frames(programs.CHECKED)
    for record in records_of(*frames, programs.CHECKED):
        (rules, tier, score), wanted = peer.judge(record), idiomatic(record)
        assert (rules, tier) == wanted[:2]
        assert score is not None
        assert abs(score - wanted[2]) <= programs.TOLERANCE
    return peer


# --- growth, memory


def time_growth(effort: Effort) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {"hand-written Polars": [], "kamrules": []}
    for count in effort.growth:
        frames = make_frames(count)
        runs = (partial(programs.by_hand, frames), partial(programs.ours, frames))
        times = in_turns(dict(zip(found, runs, strict=True)), effort.rounds)
        for name, one in times.items():
            found[name].append(statistics.median(one))
    return found


@dataclass(frozen=True)
class Memory:
    """Megabytes of a process with its data, and more at the peak of a run, by hand and by kamrules."""

    name: str
    hand: tuple[float, float] | None
    ours: tuple[float, float] | None


def measure_memory(effort: Effort) -> Iterator[Memory]:
    plain: tuple[float, float] | None = None
    for name, case in programs.CASES.items():
        if not case.is_there or case.needs == "pyspark":
            continue
        with tempfile.TemporaryDirectory() as folder:
            deals, people = case.make(effort.deals)
            saved(Path(folder), {"deals": deals, "stakeholders": people})
            del deals, people
            measured = partial(in_process, "memory", name, seconds=effort.seconds)
            is_same = plain is not None and not case.options and case.needs != "duckdb"
            hand = plain if is_same else measured("hand", folder)
            plain = plain or hand
            yield Memory(name, hand, measured("ours", folder))


def memory_job(name: str, which: str, folder: str) -> tuple[float, float]:
    case = programs.CASES[name]
    run: Callable[[], object] = getattr(case.open(case.make(programs.CHECKED)), which)
    run()
    frames = loaded(Path(folder))
    run = getattr(case.open((frames.pop("deals"), frames.pop("stakeholders", None))), which)
    return extra_mb(run)


# --- the whole pack


@dataclass
class Stopwatch:
    """Seconds of the parts of a run; what is called inside a part is of that part."""

    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    _is_running: bool = False

    def around(self, part: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            if self._is_running:
                return call(*args, **kwargs)
            self._is_running = True
            started = time.perf_counter()
            try:
                return call(*args, **kwargs)
            finally:
                self.seconds[part] += time.perf_counter() - started
                self._is_running = False

        return timed


ALL, REST, CRITERIA = "all", "the wide table, with what to ask next", "besides: criteria, the long table"
ASKING = "of all these, for what to ask next (by leaving it out)"


@contextmanager
def parts_timed() -> Iterator[Stopwatch]:
    """Time the parts of an assessment while it runs."""
    from kamrules import frames
    from kamrules.frames.layout import Layouts
    from kamrules.rules.framecode.run import Bound

    def joined_now(tied: Bound, needed: Any) -> Any:
        return join(tied, needed).pinned()

    watch, join, whole = Stopwatch(), Bound.joined, frames._Whole  # noqa: SLF001 - its parts are asked for
    places: list[tuple[Any, str, str, Callable[..., Any]]] = [
        (frames, "check_columns", "names of the columns", frames.check_columns),
        (frames, "bound", "columns in canonical form", frames.bound),
        (frames, "with_own_keys", "keys of their own", frames.with_own_keys),
        (Layouts, "whole", "expressions", Layouts.whole),
        (Bound, "joined", "totals of the lists", joined_now),
        (whole, "_cleaned", "deals with red lines once more", whole._cleaned),  # noqa: SLF001
    ]
    with ExitStack() as stack:
        for owner, name, part, call in places:
            stack.enter_context(patch.object(owner, name, watch.around(part, call)))
        yield watch


def pack_job(folder: str, rounds: str) -> dict[str, Any]:
    """Return seconds, megabytes and parts of the pack on frames of Polars."""
    quiet = kr.compile(kr.load_pack("handbook"))
    few, few_lists = make_pipeline(programs.CHECKED)
    with programs.no_question():
        assert quiet.assess_frame(few, as_of=programs.DAY, **few_lists).deals["ask_next"].null_count()
    assert programs.assess(few, few_lists).criteria.height
    lists = loaded(Path(folder))
    deals = lists.pop("deals")
    memory = extra_mb(lambda: programs.assess(deals, lists).deals)
    seconds, asking, parts = [], [], defaultdict(list)
    for _ in range(int(rounds)):
        gc.collect()
        seconds.append(clocked(lambda: programs.assess(deals, lists).deals))
        gc.collect()
        with programs.no_question():
            less = clocked(lambda: quiet.assess_frame(deals, as_of=programs.DAY, **lists).deals)
        asking.append(seconds[-1] - less)
        gc.collect()
        with parts_timed() as watch:
            started = time.perf_counter()
            found = programs.assess(deals, lists)
            height = found.deals.height
            watch.seconds[ALL] = time.perf_counter() - started
        assert height == deals.height
        watch.seconds[REST] = 2 * watch.seconds[ALL] - sum(watch.seconds.values())
        watch.seconds[CRITERIA] = clocked(lambda found=found: found.criteria)
        for part, took in watch.seconds.items():
            parts[part].append(took)
        del found
    medians = {part: statistics.median(took) for part, took in parts.items()}
    medians[ASKING] = statistics.median(asking)
    size = sum(one.estimated_size() for one in (deals, *lists.values())) / 2**20
    return {"seconds": statistics.median(seconds), "mb": size, "extra": memory[1], "parts": medians}


def elsewhere_job(count: str, rounds: str, *names: str) -> Seconds:
    """Return the seconds of the pack on frames of each library, in turns."""
    deals, lists = make_pipeline(int(count))
    for name in names:
        programs.check_pack(name)
    return in_turns({name: programs.PACK_ENGINES[name][1](deals, lists) for name in names}, int(rounds))


def time_pack(count: int, effort: Effort) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        deals, lists = make_pipeline(count)
        saved(Path(folder), {"deals": deals, **lists})
        del deals, lists
        return in_process("pack", folder, str(effort.pack_rounds), seconds=effort.seconds)


def time_pack_elsewhere(effort: Effort) -> Seconds:
    """Return the seconds of each library next to those of Polars in the same process."""
    found: Seconds = {}
    for name, (module, _) in programs.PACK_ENGINES.items():
        if name == "Polars" or importlib.util.find_spec(module) is None:
            continue
        given = (str(effort.pack_elsewhere), "3", "Polars", name)
        times = in_process("elsewhere", *given, seconds=effort.seconds)
        if times is not None:
            found[name], found[f"Polars beside {name}"] = times[name], times["Polars"]
            told(f"pack, {name}: {ratio(times, name, 'Polars'):.1f} × Polars")
    return found


def time_records(effort: Effort) -> float:
    """Return the seconds of the record engine, as if there were as many deals as in the other libraries."""
    engine = programs.ENGINE()
    records = pipeline_records(effort.recorded)
    took = statistics.median(
        clocked(lambda: list(engine.assess_many(records, as_of=programs.DAY))) for _ in range(3)
    )
    return took * effort.pack_elsewhere / effort.recorded


JOBS: dict[str, Callable[..., Any]] = {"memory": memory_job, "pack": pack_job, "elsewhere": elsewhere_job}


# --- the page


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows))


def shown(value: float | None, target: float | None = None) -> str:
    """Return a ratio, and beside it the one to reach."""
    if value is None:
        return ""
    return f"{value:.2f}" if target is None else f"{value:.2f} (≤ {target:g})"


def cases_table(found: Sequence[CaseTimes]) -> str:
    head = ("frames", "by hand, s", "kamrules, s", "× by hand, plain", "× by hand, same frames")
    rows = []
    for one in found:
        case, is_main = programs.CASES[one.name], one.name == MAIN
        times = one.times
        to_same = "" if is_main else shown(ratio(times, "ours", "same"), case.to_same)
        rows.append(
            (
                one.name, f"{one.seconds('same'):.2f}", f"{one.seconds('ours'):.2f}",
                shown(ratio(times, "ours", "plain"), case.to_plain), to_same,
            )
        )  # fmt: skip
    return table(head, rows)


def kleene_table(times: Seconds) -> str:
    rows = []
    for name, base, run, aim in (
        ("by hand: a missing fact fails its test; Kleene", "two-valued", "Kleene", None),
        ("kamrules: frames without nulls; W's nulls", "no nulls", "nulls", 1.05),
    ):
        seconds = (f"{statistics.median(times[one]):.2f}" for one in (base, run))
        rows.append((name, *seconds, shown(ratio(times, run, base), aim)))
    return table(("what", "first, s", "second, s", "second ÷ first"), rows)


def loops_table(times: Seconds) -> str:
    frames, dicts = times["frames"], times["rows to dicts"]
    rows = []
    for name, took in times.items():
        if name in {"frames", "rows to dicts"}:
            continue
        alone = statistics.median(a / b for a, b in zip(took, frames, strict=True))
        whole = statistics.median((a + d) / b for a, d, b in zip(took, dicts, frames, strict=True))
        rows.append((name, f"{statistics.median(took):.1f}", f"{alone:.0f}", f"{whole:.0f}"))
    rows.sort(key=lambda row: float(row[1]))
    rows.append(("rows to dicts", f"{statistics.median(dicts):.1f}", "", ""))
    head = ("loop over records", "s", "× kamrules on frames", "the same, with rows made dicts first")
    return table(head, rows)


def growth_table(sizes: Sequence[int], found: Mapping[str, Sequence[float]]) -> str:
    head = ("what", *(f"{size:,} deals, s" for size in sizes), "exponent")
    rows = [
        (name, *(f"{one:.2f}" for one in took), f"{exponent(sizes, took):.2f}")
        for name, took in found.items()
    ]
    return table(head, rows)


def pack_table(sizes: Sequence[int], found: Sequence[Any]) -> str:
    head = ("", *(f"{size:,} deals" for size in sizes))
    rows = [
        ("seconds", *(f"{one['seconds']:.2f}" for one in found)),
        ("MB of the frames", *(f"{one['mb']:,.0f}" for one in found)),
        ("MB more at the peak", *(f"{one['extra']:,.0f}" for one in found)),
    ]
    names = [name for name in found[-1]["parts"] if name not in {ALL, REST, CRITERIA, ASKING}]
    shares = (
        (name, *(_part(one["parts"], name) for one in found)) for name in (*names, REST, ASKING, CRITERIA)
    )
    rows.extend(shares)
    return table(head, rows)


def _part(parts: Mapping[str, float], name: str) -> str:
    took = parts.get(name, 0.0)
    return f"{took:.2f} s, {took / parts[ALL]:.0%}"


def elsewhere_table(times: Seconds, recorded: float, effort: Effort) -> str:
    rows = []
    for name in programs.PACK_ENGINES:
        if name not in times:
            continue
        base = f"Polars beside {name}"
        both = (f"{statistics.median(times[one]):.2f}" for one in (name, base))
        rows.append((name, *both, f"{ratio(times, name, base):.1f}"))
    polars = statistics.median(one for name, took in times.items() if "beside" in name for one in took)
    rows.append(
        (
            f"record engine, from {effort.recorded} deals", f"{recorded:.0f}", f"{polars:.2f}",
            f"{recorded / polars:.0f}",
        )
    )  # fmt: skip
    return table(("frames of", "s", "Polars beside it, s", "× Polars"), rows)


def memory_table(found: Sequence[Memory]) -> str:
    plain = next(one.hand for one in found if one.name == MAIN)
    assert plain is not None
    rows = []
    for one in found:
        if one.hand is None or one.ours is None:
            continue
        case = programs.CASES[one.name]
        to_plain, to_same = one.ours[1] / plain[1], one.ours[1] / max(one.hand[1], 1.0)
        whole = sum(one.ours) / sum(one.hand)
        cells = (one.hand[0], one.hand[1], one.ours[0], one.ours[1])
        aim = 1.2 if case.needs == "polars" and "portable" not in one.name else None
        rows.append(
            (
                one.name,
                *(f"{cell:,.0f}" for cell in cells),
                shown(to_plain),
                shown(to_same, aim),
                shown(whole),
            )
        )
    head = (
        "frames", "by hand: process with data, MB", "more at the peak", "kamrules: process with data, MB",
        "more at the peak", "× by hand, plain", "× by hand, same frames", "whole peak, × by hand",
    )  # fmt: skip
    return table(head, rows)


ABOUT = """\
Made by `benchmarks/frames.py`. Each program gave the expected results on 1,000 deals before it was timed.
Ratios are medians of the ratios of neighbouring runs, in turns in one process; seconds depend on the machine
and its load. In brackets: what we aim at."""

W_ABOUT = """\
{deals:,} deals with 3 to 12 stakeholders each, 30 conditions, a table and a score. *By hand* is one grouping,
one join and one select in Polars with unknown kept as null, or one SQL statement in the library's own engine
where the library has one (DuckDB, Spark); *plain* frames have whole numbers as keys, words as strings, and
rows in the order of the deals. kamrules besides gives both ends of each score, every row of the table and
what does not apply. Under *by hand, same frames* PyArrow and pandas are compared with Polars on Polars' own
frames. Results of DuckDB are fetched as Arrow, those of Spark go nowhere."""

LOOPS_ABOUT = """\
Loops over nested dicts, timed on {looped:,} records and **extrapolated** to {deals:,}; kamrules on frames
takes {deals:,} deals as plain sorted frames of Polars. We aim at 20 times the speed of the fastest rule
engine that loops."""

PACK_ABOUT = """\
160 rules, the tier table, red lines and health over the deals of examples/welding, repeated, and their ten
lists. Measured in a process of its own, medians of {rounds} rounds. Parts are timed in runs other than those
of the first line; a part found by leaving it out can be lost in the noise of a busy machine."""

MEMORY_ABOUT = """\
{deals:,} deals, each program in a process of its own that holds the data already. *More at the peak* is what
the run adds. For DuckDB the data are its tables. We aim at 1.2 times what the hand-written program takes."""


def command(part: str) -> str:
    return f"    python benchmarks/frames.py --only {part}"


def w_part(effort: Effort) -> Iterator[str]:
    plain = make_frames(effort.deals)
    cases = []
    for name, case in programs.CASES.items():
        if case.is_there and case.needs != "pyspark":
            cases.append(time_case(name, plain, effort))
            told(f"{name}: {ratio(cases[-1].times, 'ours', 'plain'):.2f}")
    kleene, loops = time_kleene(plain, effort), time_loops(plain, effort)
    for name, case in programs.CASES.items():  # last: its other process takes memory and stays
        if case.is_there and case.needs == "pyspark":
            cases.append(time_case(name, plain, effort))
    yield "## Workload W"
    yield command("w")
    yield W_ABOUT.format(deals=effort.deals)
    yield cases_table(cases)
    yield "What unknown costs:"
    yield kleene_table(kleene)
    yield LOOPS_ABOUT.format(looped=effort.looped, deals=effort.deals)
    yield loops_table(loops)


def growth_part(effort: Effort) -> Iterator[str]:
    yield "## Growth: workload W"
    yield command("growth")
    yield "The exponent is the slope of log time over log deals between the last two sizes."
    yield growth_table(effort.growth, time_growth(effort))


def pack_part(effort: Effort) -> Iterator[str]:
    programs.check_pack("Polars")
    found = []
    for count in effort.growth:
        found.append(time_pack(count, effort))
        told(f"pack, {count:,} deals: {found[-1]}")
    yield "## The whole handbook pack, on Polars"
    yield command("pack")
    yield PACK_ABOUT.format(rounds=effort.pack_rounds)
    yield pack_table(effort.growth, found)
    seconds = [one["seconds"] for one in found]
    yield f"Exponent of growth between the last two sizes: {exponent(effort.growth, seconds):.2f}."
    times = time_pack_elsewhere(effort)
    yield f"The same pack on {effort.pack_elsewhere:,} deals of other libraries, each in turns with Polars:"
    yield elsewhere_table(times, time_records(effort), effort)


def memory_part(effort: Effort) -> Iterator[str]:
    found = []
    for one in measure_memory(effort):
        found.append(one)
        told(str(one))
    yield "## Peak memory of W"
    yield command("memory")
    yield MEMORY_ABOUT.format(deals=effort.deals)
    yield memory_table(found)


PARTS: dict[str, Callable[[Effort], Iterator[str]]] = {
    "w": w_part,
    "growth": growth_part,
    "pack": pack_part,
    "memory": memory_part,
}


def page(effort: Effort, parts: Iterable[str]) -> Iterator[str]:
    yield "# A million deals: whole frames"
    yield ABOUT
    for name in parts:
        yield from PARTS[name](effort)
    yield footer()


def told(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def footer() -> str:
    libraries = ("polars", "narwhals", "pyarrow", "pandas", "duckdb", "pyspark")
    there = [name for name in libraries if importlib.util.find_spec(name) is not None]
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in there)
    return f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores; {versions}."


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few deals, few rounds")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    parser.add_argument("--only", choices=[*PARTS], help="only this part")
    parser.add_argument("--job", nargs="+", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.write and (args.quick or args.only):
        parser.error("the page is written whole: --write goes with neither --quick nor --only")
    if args.job:
        name, *given = args.job
        print(json.dumps(JOBS[name](*given)))
        return
    effort = QUICK if args.quick else FULL
    texts = []
    for one in page(effort, [name for name in PARTS if args.only in {None, name}]):
        print(one, end="\n\n", flush=True)
        texts.append(one)
    if args.write:
        PAGE.write_text("\n\n".join(texts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
