"""`kamrules assess PATH`: every deal of a pipeline, as a table for people or as data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from kamrules.adapters import Reading
from kamrules.assessment import Rejection
from kamrules.cli import (
    FINDINGS,
    AsOf,
    BadValues,
    IgnoreColumns,
    Language,
    MapFile,
    PackRef,
    Params,
    day_or_today,
    file_console,
    loaded_engine,
    notes,
    results,
    show_faults,
)  # fmt: skip
from kamrules.errors import ArgumentError, Fault
from kamrules.output import output_file, write_rejects, writer_for
from kamrules.page import DealTable, show_summary, visible
from kamrules.pipeline import Result, Summary, assess_source, open_source

Form = Literal["table", "json", "jsonl", "csv"]
_SHOWN_REJECTIONS = 5
_SHOWN_FAULTS = 3


def assess(  # noqa: PLR0913 - one argument for each option
    context: typer.Context,  # noqa: ARG001 - the contract of a command
    *,
    path: Annotated[
        str,
        typer.Argument(
            metavar="PATH", help="A folder with deals.csv, a JSON or JSON Lines file, or - for stdin."
        ),
    ],
    as_of: AsOf = None,
    pack: PackRef = "handbook",
    param: Params = None,
    map_file: MapFile = None,
    form: Annotated[Form, typer.Option("--format", help="How to write the result.")] = "table",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write to a file.")
    ] = None,
    rejects: Annotated[
        Path | None, typer.Option("--rejects", metavar="FILE", help="Write rejected rows as JSON Lines.")
    ] = None,
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
    _keep_apart(path, output, rejects)
    engine = loaded_engine(pack, param, map_file)
    ignored = frozenset(ignore_column or ())
    reading = open_source(path, engine, map_path=map_file, bad_values=bad_values, ignored_columns=ignored)
    depth = detail or ("full" if form in {"json", "jsonl"} else "brief")
    summary = Summary(stray_rows=len(reading.strays))
    rejections: list[Rejection] = []
    found = assess_source(engine, reading, as_of=day, detail=depth, bad_values=bad_values)
    counted = _counted(_with_progress(found, reading), summary, rejections)
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


def _keep_apart(source: str, output: Path | None, rejects: Path | None) -> None:
    """Refuse to write over what is read, or one result over the other; devices and pipes may be shared."""
    read = Path(source).resolve()
    taken: set[Path] = set()
    for target in (output, rejects):
        if target is None or (target.exists() and not target.is_file()):
            continue
        place = target.resolve()
        if place == read or (place.parent == read and place.suffix == ".csv"):
            raise ArgumentError(
                Fault("A-OUTPUT", f"`{target}` belongs to the input", hint="name another file")
            )
        if place in taken:
            message = f"`{target}` given for both --output and --rejects, two files expected"
            raise ArgumentError(Fault("A-OUTPUT", message))
        taken.add(place)


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


def _with_progress(found: Iterator[Result], reading: Reading) -> Iterator[Result]:
    console = notes()
    columns = (TextColumn("assessing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=reading.total)
        for result in found:
            progress.advance(task)
            yield result
