"""`kamrules assess PATH`: every deal of a pipeline, as a table for people or as data."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from kamrules.adapters import Reading
from kamrules.arguments import day_or_today, loaded_engine
from kamrules.assessment import Assessment, Rejection
from kamrules.cli import FINDINGS, AsOf, BadValues, IgnoreColumns, Language, MapFile, PackRef, Params
from kamrules.console import file_console, notes, results, show_faults
from kamrules.engine import Engine
from kamrules.errors import ArgumentError, Fault, InputError
from kamrules.output import output_file, write_rejects, writer_for
from kamrules.page import DealTable, show_summary
from kamrules.pipeline import Result, Summary, assess_source, open_source
from kamrules.source import visible
from kamrules.wholefile import keep_apart

Form = Literal["table", "json", "jsonl", "csv", "parquet"]
_PARQUET = ".parquet"
_SHOWN_REJECTIONS = 5
_SHOWN_FAULTS = 3


def assess(  # noqa: PLR0913 - one argument for each option
    context: typer.Context,  # noqa: ARG001 - the contract of a command
    *,
    path: Annotated[
        str,
        typer.Argument(
            metavar="PATH",
            help="A folder with deals.csv or deals.parquet, a JSON, JSON Lines or Parquet file, "
            "a file of events, or - for stdin.",
        ),
    ],
    as_of: AsOf = None,
    pack: PackRef = "handbook",
    param: Params = None,
    map_file: MapFile = None,
    form: Annotated[
        Form | None,
        typer.Option("--format", help="How to write the result: table, or parquet for FILE.parquet."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write to a file.")
    ] = None,
    rejects: Annotated[
        Path | None, typer.Option("--rejects", metavar="FILE", help="Write rejected rows as JSON Lines.")
    ] = None,
    criteria: Annotated[
        Path | None,
        typer.Option("--criteria", metavar="FILE", help="Write the status of every criterion as Parquet."),
    ] = None,
    memory: Annotated[
        int, typer.Option("--memory", metavar="MB", min=1, help="Memory to stay below with Parquet input.")
    ] = 1024,
    detail: Annotated[
        Literal["brief", "full"] | None, typer.Option("--detail", help="Facts of every rule; full for JSON.")
    ] = None,
    bad_values: BadValues = "reject",
    ignore_column: IgnoreColumns = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="Rows of the table; 0 shows all.")] = 50,
    lang: Language = "en",
) -> None:
    """Assess every deal of a pipeline: stage claimed and supported, tier, blockers, unknowns, red lines."""
    day = day_or_today(as_of)
    is_parquet = output is not None and output.suffix.lower() == _PARQUET
    form = form or ("parquet" if is_parquet else "table")
    places = {"--output": output, "--rejects": rejects, "--criteria": criteria}
    _keep_apart(path, places)
    if form == "parquet" and output is None:
        raise ArgumentError(Fault("A-OUTPUT", "Parquet goes to a file", hint="add -o FILE.parquet"))
    if _holds_parquet(Path(path)):
        if form != "parquet":
            message = f"`{path}` is Parquet, and so is its result"
            raise ArgumentError(Fault("A-OUTPUT", message, hint="give -o FILE.parquet and no other --format"))
        if map_file is not None:
            raise ArgumentError(Fault("A-VALUE", f"a field map reads CSV files, `{path}` is Parquet"))
        engine = loaded_engine(pack, param)
        _assess_parquet(engine, path, places, day, bad_values, ignore_column or [], memory)
        return
    engine = loaded_engine(pack, param, map_file)
    ignored = frozenset(ignore_column or ())
    reading = open_source(
        path, engine, map_path=map_file, bad_values=bad_values, ignored_columns=ignored, as_of=day
    )
    depth = detail or ("full" if form in {"json", "jsonl"} else "brief")
    summary = Summary(stray_rows=len(reading.strays))
    rejections: list[Rejection] = []
    found = assess_source(engine, reading, as_of=day, detail=depth, bad_values=bad_values)
    counted = _counted(_with_progress(found, reading), summary, rejections)
    with ExitStack() as stack:
        if form == "parquet" or criteria is not None:
            from kamrules.frames.record_sheets import record_sheets  # noqa: PLC0415 - needs an extra

            wide = output if form == "parquet" else None
            sheets = stack.enter_context(
                record_sheets(engine.pack, day, bad_values, deals=wide, criteria=criteria)
            )
            counted = _passed_to(sheets.add, counted)
        if form == "parquet":
            deque(counted, maxlen=0)
        else:
            _write(form, output, counted, summary, reading, engine, day, lang, limit)
    for left_out in reading.left_out:
        notes().print(escape(visible(str(left_out))), soft_wrap=True)
    refused = [*rejections, *reading.strays]
    if rejects is not None:
        write_rejects(rejects, refused)
    elif refused:
        _show_refused(refused)
    if form != "table" or output is not None:
        notes().print(
            f"{summary.deals_in} deals in: {summary.assessed} assessed, {summary.rejected} rejected"
        )
    if summary.has_findings:
        raise typer.Exit(FINDINGS)


def _write(  # noqa: PLR0913, PLR0917 - what a result is written from
    form: Literal["table", "json", "jsonl", "csv"],
    output: Path | None,
    counted: Iterator[Result],
    summary: Summary,
    reading: Reading,
    engine: Engine,
    day: date,
    lang: Literal["en", "zh"],
    limit: int,
) -> None:
    with output_file(output) as stream:
        if form == "table":
            console = results() if output is None else file_console(stream)
            deals = DealTable(lang, limit)
            for result in counted:
                deals.add(result)
            deals.show(console)
            show_summary(console, engine, summary, lang)
        else:
            writer = writer_for(form, stream, engine, day, lang)
            for result in counted:
                writer.add(result)
            writer.close(summary, reading.strays)


def _holds_parquet(path: Path) -> bool:
    """Whether a source is a Parquet file or a folder of such; raise for one that holds CSV files too."""
    if not path.is_dir():
        return path.suffix.lower() == _PARQUET
    if not any(place.suffix.lower() == _PARQUET for place in path.iterdir()):
        return False
    if any(place.suffix.lower() == ".csv" for place in path.iterdir()):
        hint = "keep them in two folders"
        raise InputError(Fault("I-FORMAT", f"`{path}` holds both CSV and Parquet files", hint=hint))
    return True


def _assess_parquet(  # noqa: PLR0913, PLR0917 - what the library takes
    engine: Engine,
    path: str,
    places: Mapping[str, Path | None],
    day: date,
    bad_values: Literal["reject", "unknown"],
    ignored: list[str],
    memory: int,
) -> None:
    from kamrules.frames.bulk import Step, assess_parquet  # noqa: PLC0415 - needs an extra

    output, rejects = places["--output"], places["--rejects"]
    assert output is not None
    with _progress_bar() as progress:
        tasks: dict[Step, TaskID] = {}

        def show(step: Step, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = progress.add_task(step, total=total)
            progress.update(tasks[step], completed=done)

        summary = assess_parquet(
            engine,
            path,
            output,
            as_of=day,
            rejects=rejects,
            criteria=places["--criteria"],
            bad_values=bad_values,
            ignored_columns=ignored,
            memory_mb=memory,
            progress=show,
        )
    console = notes()
    console.print(f"{summary.deals_in} deals in: {summary.assessed} assessed, {summary.rejected} rejected")
    for title, counts in (
        ("claims", summary.claims),
        ("red lines", summary.red_lines),
        ("breaches", summary.breaches),
    ):
        if counts:
            console.print(f"{title}: {_listed(counts)}", soft_wrap=True)
    if summary.stray_rows:
        console.print(f"{summary.stray_rows} list rows belong to no deal")
    if rejects is None and (summary.rejected or summary.stray_rows):
        console.print("--rejects FILE writes all rejected deals and rows")
    if summary.has_findings:
        raise typer.Exit(FINDINGS)


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.most_common())


def _keep_apart(source: str, places: Mapping[str, Path | None]) -> None:
    read = Path(source).resolve()

    def is_input(place: Path) -> bool:
        return place == read or (place.parent == read and place.suffix.lower() in {".csv", _PARQUET})

    keep_apart(places, is_input)


def _show_refused(refused: list[Rejection]) -> None:
    for rejection in refused[:_SHOWN_REJECTIONS]:
        title = f"row {rejection.row}, deal {rejection.id}" if rejection.id else f"row {rejection.row}"
        notes().print(escape(visible(title)), soft_wrap=True)
        show_faults(rejection.faults[:_SHOWN_FAULTS], indent="  ")
    more = len(refused) - _SHOWN_REJECTIONS
    if more > 0:
        notes().print(f"… {more} more rejected rows; --rejects FILE writes all of them")


def _counted(found: Iterator[Result], summary: Summary, rejections: list[Rejection]) -> Iterator[Result]:
    for result in found:
        summary.add(result)
        if isinstance(result.outcome, Rejection):
            rejections.append(result.outcome)
        yield result


def _passed_to(take: Callable[[Assessment], None], found: Iterator[Result]) -> Iterator[Result]:
    for result in found:
        if isinstance(result.outcome, Assessment):
            take(result.outcome)
        yield result


def _with_progress(found: Iterator[Result], reading: Reading) -> Iterator[Result]:
    with _progress_bar() as progress:
        task = progress.add_task("assessing", total=reading.total)
        for result in found:
            progress.advance(task)
            yield result


def _progress_bar() -> Progress:
    console = notes()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
