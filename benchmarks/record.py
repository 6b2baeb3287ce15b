"""One record at a time: kamrules, hand-written Python and other rule engines on workload W.

Every engine is checked on 1,000 records first and not timed if it differs. Then it is timed in one process
in turns with the hand-written code of the same part of W, and the medians of the ratios are printed: they
hold on a busy machine, the microseconds do not. Engines that are not installed are named as skipped.

    python benchmarks/record.py [--quick] [--json] [--write] [--only NAME]
"""

from __future__ import annotations

import argparse
import ast
import gc
import importlib.util
import inspect
import json
import os
import platform
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from benchmarks import handwritten  # noqa: E402 - the path comes first
from benchmarks.handwritten import fused, idiomatic  # noqa: E402
from benchmarks.peers import PEERS, Peer  # noqa: E402
from benchmarks.workload import CONDITIONS, Deal, make_deals, make_plan  # noqa: E402
from kamrules.rules.backends import python, reference  # noqa: E402
from kamrules.rules.plan import Plan  # noqa: E402

PAGE = ROOT / "docs" / "generated" / "bench-record.md"
AS_OF = date(2026, 6, 30)
CHECKED = 1000
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Line:
    """One line of the table; times are medians, ratios medians of ratios of neighbouring blocks."""

    engine: str
    share: float
    microseconds: float
    times_idiomatic: float
    times_fused: float
    import_ms: float | None = None
    load_ms: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Effort:
    """How long to look: rounds, and nanoseconds one block should take."""

    rounds: int
    block_ns: float
    imports: int


FULL, QUICK = Effort(60, 4e6, 5), Effort(12, 2e6, 1)


# --- the hand-written code of a part of W


def part_of(program: Callable[[Deal], Any], rules: Sequence[str], *, score: bool) -> Callable[[Deal], Any]:
    """Return the program without the conditions, and perhaps the score, that a peer does not express."""
    if score and len(rules) == len(CONDITIONS):
        return program
    tree = ast.parse(inspect.getsource(program))
    tree = ast.fix_missing_locations(_Cut(rules, score=score).visit(tree))
    namespace = dict(vars(handwritten))
    exec(compile(tree, "<part of W>", "exec"), namespace)
    found: Callable[[Deal], Any] = namespace[program.__name__]
    return found


class _Cut(ast.NodeTransformer):
    def __init__(self, rules: Sequence[str], *, score: bool) -> None:
        self._rules = set(rules)
        self._score = score
        self._lists = any(name.startswith("q") for name in rules)

    def visit_Dict(self, node: ast.Dict) -> ast.Dict:
        kept = [
            (key, value)
            for key, value in zip(node.keys, node.values, strict=True)
            if isinstance(key, ast.Constant) and key.value in self._rules
        ]
        return ast.Dict([key for key, _ in kept], [value for _, value in kept])

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        target = node.targets[0]
        if isinstance(target, ast.Name) and target.id == "score" and not self._score:
            return ast.parse("score = None").body[0]
        if isinstance(target, ast.Name) and target.id in {"influence", "mass"} and not self._score:
            return None
        return self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST | None:
        target = node.target
        is_sum = isinstance(target, ast.Name) and target.id in {"influence", "mass"}
        return None if is_sum and not self._score else node

    def visit_For(self, node: ast.For) -> ast.AST | None:
        return self.generic_visit(node) if self._lists or self._score else None


# --- timing


def measure(  # noqa: PLR0913 - what is run, against what, on what
    run: Callable[[Deal], Any], base: Callable[[Deal], Any], best: Callable[[Deal], Any],
    deals: Sequence[Any], effort: Effort, *, inputs: Sequence[Any] | None = None, batch: int = 0,
) -> tuple[float, float, float]:  # fmt: skip
    """Return microseconds a record, and the ratios to the idiomatic and the fused program."""
    given = deals if inputs is None else inputs
    one = (_clock(run, [given[: batch or 20]] if batch else given[:20])) / (batch or 20)
    size = batch or max(5, min(400, int(effort.block_ns / one)))
    rounds = effort.rounds if one * size < 5e7 else max(5, effort.rounds // 10)
    times: dict[str, list[float]] = {"run": [], "base": [], "best": []}
    programs: list[tuple[str, Callable[[Any], Any], Sequence[Any]]] = [
        ("run", run, given), ("base", base, deals), ("best", best, deals),
    ]  # fmt: skip
    gc.collect()
    for index in range(rounds):
        start = index * size % (len(deals) - size)
        for name, program, source in programs[index % 3 :] + programs[: index % 3]:
            block = source[start : start + size]
            used = [block] if batch and name == "run" else block
            times[name].append(_clock(program, used) / size)
    ratio = [statistics.median(map(_ratio, times["run"], times[name])) for name in ("base", "best")]
    return statistics.median(times["run"]) / 1e3, ratio[0], ratio[1]


def _ratio(one: float, other: float) -> float:
    return one / other


def _clock(program: Callable[[Any], Any], block: Sequence[Any]) -> float:
    started = time.perf_counter_ns()
    for record in block:
        program(record)
    return time.perf_counter_ns() - started


def import_ms(module: str, times: int) -> float:
    """Return the milliseconds a fresh process takes to import a module."""
    code = f"import time; t = time.perf_counter(); import {module}; print((time.perf_counter() - t) * 1e3)"
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    found = [
        float(
            subprocess.run(
                [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
            ).stdout
        )
        for _ in range(times)
    ]
    return statistics.median(found)


# --- peers


def same_as_hand(found: Any, expected: Any) -> bool:
    """Whether a peer gives what the hand-written code gives, in the part it expresses."""
    rules, tier, score = found
    wanted, wanted_tier, wanted_score = expected
    return (
        all(rules[name] == wanted[name] for name in rules)
        and tier in {None, wanted_tier}
        and (score is None or abs(score - wanted_score) <= TOLERANCE)
    )


def peer_line(kind: type[Peer], deals: list[Deal], effort: Effort) -> Line | str:
    """Return the line of a peer, or why there is none."""
    if importlib.util.find_spec(kind.module.split(".")[0]) is None:
        return f"{kind.name}: skipped, `{kind.module}` is not installed"
    peer = kind()
    __import__(kind.module)
    started = time.perf_counter()
    peer.load()
    load_ms = (time.perf_counter() - started) * 1e3
    wrong = sum(not same_as_hand(peer.judge(deal), idiomatic(deal)) for deal in deals[:CHECKED])
    if wrong:
        return f"{kind.name}: not timed, wrong on {wrong} of {CHECKED} records"
    base, best = (part_of(program, peer.rules, score=peer.score) for program in (idiomatic, fused))
    run = peer.judge_many if peer.batch else peer.judge
    micro, slow, fast = measure(run, base, best, deals, effort, batch=peer.batch)  # type: ignore[arg-type]
    return Line(
        peer.name, peer.share, micro, slow, fast, import_ms(kind.module, effort.imports), load_ms, peer.note
    )


# --- kamrules


def check_ours(plan: Plan, program: python.PythonProgram, deals: list[Any], records: list[Deal]) -> None:
    """Assert that the program equals the reference, and hand-written code wherever nothing is unknown."""
    meaning = reference.compile_plan(plan)
    for given, record in zip(deals[:CHECKED], records[:CHECKED], strict=True):
        outcome = program.run(given, AS_OF)
        assert outcome == meaning.run(record, AS_OF)
        rules, tier, score = idiomatic(record)
        for truth, (name, wanted) in zip(outcome.truths, rules.items(), strict=True):
            assert truth is None or truth is wanted, name
        rows = outcome.tables[0]
        assert any(row[0] == tier for row in rows.sure or rows.maybe)
        assert all(abs(end - score) <= TOLERANCE for end in (outcome.scores[0].low, outcome.scores[0].high))


def pydantic_deals(deals: list[Deal]) -> list[Any]:
    """Return the records as validated pydantic objects."""
    from pydantic import BaseModel, create_model

    def model(name: str, sample: Deal) -> type[BaseModel]:
        fields: dict[str, Any] = {}
        for key, value in sample.items():
            if isinstance(value, dict):
                fields[key] = (model(key, value), ...)
            elif isinstance(value, list):
                fields[key] = (list[model(key, value[0])], ...)  # type: ignore[misc]  # a type made here
            else:
                fields[key] = (Any, None)
        made: type[BaseModel] = create_model(name, **fields)
        return made

    kind = model("Workload", deals[0])
    return [kind.model_validate(deal) for deal in deals]


def our_lines(deals: list[Deal], effort: Effort) -> Iterator[Line]:
    """Yield the lines of kamrules."""
    plan, open_plan = make_plan(), make_plan(all_nullable=True)
    objects = pydantic_deals(deals)
    variants: list[tuple[str, Plan, python.Access, bool, Any]] = [
        ("kamrules", plan, "get", False, deals),
        ("kamrules, full input validation", plan, "get", True, deals),
        ("kamrules, all fields nullable", open_plan, "get", False, deals),
        ("kamrules, all nullable, validated", open_plan, "get", True, deals),
        ("kamrules, pydantic records", plan, "attr", False, objects),
    ]
    import_time = import_ms("kamrules.rules.backends.python", effort.imports)
    for name, chosen, access, checked, inputs in variants:
        load = statistics.median(
            _compile_ms(chosen, access, checked=checked) for _ in range(effort.rounds // 4)
        )
        program = python.compile_plan(chosen, access=access, checked=checked)
        check_ours(chosen, program, inputs, deals)
        runs: list[tuple[str, Callable[[Any, date], Any]]] = [(name, program.run_raw)]
        if name == "kamrules":
            runs.append(("kamrules, as an Outcome", program.run))
        for shown, run in runs:
            found = measure(_on_day(run), _plain(idiomatic), _plain(fused), deals, effort, inputs=inputs)
            yield Line(shown, 1.0, *found, import_time, load)


def _on_day(run: Callable[[Any, date], Any]) -> Callable[[Any], Any]:
    return lambda record: run(record, AS_OF)


def _plain(program: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return the program called the way ours is, so that the call costs both the same."""
    return lambda record: program(record)  # noqa: PLW0108 - the call is the point


def _compile_ms(plan: Plan, access: python.Access, *, checked: bool) -> float:
    started = time.perf_counter()
    python.compile_plan(plan, access=access, checked=checked)
    return (time.perf_counter() - started) * 1e3


def compiled_mb(plan: Plan) -> float:
    """Return the megabytes that compiling the plan keeps."""
    gc.collect()
    tracemalloc.start()
    program = python.compile_plan(plan)
    gc.collect()
    kept = tracemalloc.get_traced_memory()[0] / 2**20
    tracemalloc.stop()
    del program
    return kept


# --- the page


def table(lines: Sequence[Line]) -> str:
    """Return the lines as a Markdown table."""
    head = ("engine", "share of W", "µs a record", "× idiomatic", "× fused", "import ms", "load ms", "note")
    rows = [
        (
            line.engine, f"{line.share:.0%}", f"{line.microseconds:.1f}", f"{line.times_idiomatic:.2f}",
            f"{line.times_fused:.2f}", _number(line.import_ms), _number(line.load_ms), line.note,
        )
        for line in lines
    ]  # fmt: skip
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


_ABOUT = """\
30 conditions (8 of them over all stakeholders), a first-hit table and an additive score, on a nested record
with about 20 facts and 3 to 12 stakeholders. Made by `benchmarks/record.py`; every engine gave the expected
results on {checked:,} records before it was timed. Ratios are against the same part of the hand-written code,
timed in turns; microseconds depend on the machine and its load.

*idiomatic*: one plain expression a rule. *fused*: one pass over the stakeholders, every fact read once. Peers
are two-valued: a missing fact fails the test. kamrules is three-valued, and returns the bare tuple where the
line does not say Outcome."""


def page(lines: Sequence[Line], notes: Sequence[str], kept: float) -> str:
    """Return the whole page."""
    where = f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores"
    parts = [
        "# One record at a time: workload W",
        _ABOUT.format(checked=CHECKED),
        table(lines),
        *(f"- {note}" for note in notes),
        f"Compiling W keeps {kept:.2f} MB. {where}.",
    ]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--json", action="store_true", help="print JSON instead of Markdown")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    parser.add_argument("--only", default="", help="only engines whose name contains this")
    args = parser.parse_args()
    effort = QUICK if args.quick else FULL
    deals = make_deals(2000)
    for deal in deals[:CHECKED]:
        assert same_as_hand(fused(deal), idiomatic(deal))
    kept = compiled_mb(make_plan())
    lines: list[Line] = []
    notes: list[str] = []
    for name, program in (("hand-written, idiomatic", idiomatic), ("hand-written, fused", fused)):
        lines.append(
            Line(name, 1.0, *measure(_plain(program), _plain(idiomatic), _plain(fused), deals, effort))
        )
    if args.only in "kamrules":
        lines.extend(our_lines(deals, effort))
    for kind in PEERS:
        if args.only not in kind.name:
            continue
        found = peer_line(kind, deals, effort)
        if isinstance(found, Line):
            lines.append(found)
        else:
            notes.append(found)
        print(f"{kind.name} done", file=sys.stderr)
    lines.sort(key=lambda line: line.times_idiomatic)
    text = page(lines, notes, kept)
    if args.json:
        print(
            json.dumps(
                {"lines": [asdict(line) for line in lines], "notes": notes, "compiled_mb": kept}, indent=1
            )
        )
    else:
        print(text)
    if args.write:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(text, encoding="utf-8")
    sys.stdout.flush()
    os._exit(0)  # some peers leave threads behind


if __name__ == "__main__":
    main()
