"""`kamrules test PACK`: the cases beside a pack, run; what they cover, and whether they notice mistakes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import Progress

from kamrules.casefile import Case, CaseFile, case_files, read_cases, run_case
from kamrules.cli import FINDINGS
from kamrules.console import notes, results
from kamrules.coverage import coverage_of
from kamrules.engine import Engine, compile, load_pack  # noqa: A004 - the library's word
from kamrules.errors import ArgumentError, Fault, InputError
from kamrules.junit import CaseResult, write_junit
from kamrules.mutation import mutate as mutate_pack
from kamrules.rules.pack import locate_pack
from kamrules.source import visible


def test(  # noqa: PLR0913 - one option each
    context: typer.Context,  # noqa: ARG001 - the contract of a command
    *,
    pack: Annotated[str, typer.Argument(metavar="PACK", help="A shipped pack, a pack file or its folder.")],
    coverage: Annotated[
        bool, typer.Option("--coverage", help="List the statuses of rules, rows and entries no case has.")
    ] = False,
    min_coverage: Annotated[
        float | None,
        typer.Option("--min-coverage", metavar="PERCENT", min=0, max=100, help="Fail below this coverage."),
    ] = None,
    mutate: Annotated[
        bool, typer.Option("--mutate", help="List the small mistakes in rules that no case would notice.")
    ] = False,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="ID", help="Mutate only this rule, row or entry.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Seed of the sample of --max.")] = 0,
    max_mutants: Annotated[
        int | None, typer.Option("--max", metavar="N", min=1, help="Try a random sample of N mutants.")
    ] = None,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Write the cases as JUnit XML.")
    ] = None,
) -> None:
    """Run every *.cases.yaml beside a pack and show each expectation that does not hold.

    Exits with 1 when an expectation does not hold. A status no case has and a mutant no case notices are
    shown and fail nothing, but for --min-coverage.
    Mutants are tried once every case holds.
    """
    if not mutate and (only or max_mutants is not None):
        raise ArgumentError(Fault("A-VALUE", "`--only` and `--max` need `--mutate`"))
    engines = _engines(pack)
    outcomes = [outcome for engine, files in engines for file in files for outcome in _outcomes(engine, file)]
    if junit is not None:
        write_junit(junit, outcomes)
    is_bad = _show_cases(outcomes)
    for engine, files in engines:
        cases = [case for file in files for case in file.cases]
        if coverage or min_coverage is not None:
            is_bad |= _show_coverage(engine, cases, min_coverage or 0, is_listed=coverage)
        if mutate and not any(outcome.differences for outcome in outcomes):
            _show_mutants(engine, cases, only or [], max_mutants, seed)
    if is_bad:
        raise typer.Exit(FINDINGS)


def _engines(pack: str) -> list[tuple[Engine, list[CaseFile]]]:
    """Return each pack that the case files beside `pack` name, compiled, with those files."""
    folder = locate_pack(pack)[0].parent
    files: dict[Path, list[CaseFile]] = {}
    for path in case_files(folder):
        file = read_cases(path)
        files.setdefault(file.pack.resolve(), []).append(file)
    if not files:
        raise InputError(Fault("I-FILE", f"no *.cases.yaml beside the pack in `{folder}`"))
    return [(compile(load_pack(found[0].pack)), found) for found in files.values()]


def _outcomes(engine: Engine, file: CaseFile) -> Iterator[CaseResult]:
    for case in file.cases:
        start = time.perf_counter()
        differences = run_case(engine, case)
        yield CaseResult(file.path, case, differences, time.perf_counter() - start)


def _show(text: object) -> None:
    results().print(escape(visible(str(text))), soft_wrap=True)


def _show_cases(outcomes: list[CaseResult]) -> bool:
    """Show what does not hold; return whether anything does not."""
    for outcome in outcomes:
        for difference in outcome.differences:
            _show(f"{difference} ({outcome.case.name})")
    failed = sum(bool(outcome.differences) for outcome in outcomes)
    _show(f"{len(outcomes)} cases: {len(outcomes) - failed} hold, {failed} do not")
    return failed > 0


def _show_coverage(engine: Engine, cases: list[Case], least: float, *, is_listed: bool) -> bool:
    """Show the coverage of a pack; return whether it is below the least one."""
    found = coverage_of(engine, cases)
    for item in found.missing if is_listed else ():
        _show(item)
    _show(found)
    return found.pct < least


def _show_mutants(engine: Engine, cases: list[Case], only: list[str], limit: int | None, seed: int) -> None:
    with _progress() as show:
        report = mutate_pack(engine, cases, only=only, limit=limit, seed=seed, progress=show)
    for survivor in report.survivors:
        _show(survivor)
    _show(report)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Yield what shows how many mutants are done, on a terminal only."""
    console = notes()
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("mutants")
        yield lambda done, total: bar.update(task, completed=done, total=total)
