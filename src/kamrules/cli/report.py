"""`kamrules report PATH -o FILE`: a whole pipeline as one HTML file to read, filter, print and pass on."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from kamrules.arguments import day_or_today, loaded_engine
from kamrules.cli import FINDINGS, AsOf, BadValues, IgnoreColumns, Language, MapFile, PackRef, Params
from kamrules.console import notes
from kamrules.errors import ArgumentError, Fault
from kamrules.pipeline import open_source
from kamrules.report.document import build_report
from kamrules.wholefile import keep_apart


def report(  # noqa: PLR0913 - one argument for each option
    context: typer.Context,  # noqa: ARG001 - the contract of a command
    *,
    path: Annotated[str, typer.Argument(metavar="PATH", help="A source of deals, see `kamrules assess`.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="File to write, .html.")],
    as_of: AsOf = None,
    pack: PackRef = "handbook",
    param: Params = None,
    map_file: MapFile = None,
    bad_values: BadValues = "reject",
    ignore_column: IgnoreColumns = None,
    paths: Annotated[
        int,
        typer.Option(
            "--paths",
            metavar="N",
            min=0,
            help="Find the shortest lawful path of the first N open deals; takes a second or more each.",
        ),
    ] = 0,
    lang: Language = "en",
) -> None:
    """Write a report on a pipeline: one HTML file with a page a deal, which works offline."""
    if output.suffix.lower() not in {".html", ".htm"}:
        raise ArgumentError(Fault("A-OUTPUT", f"`{output}` given for --output, a name with .html expected"))
    read = Path(path).resolve()
    keep_apart(
        {"--output": output},
        lambda place: place == read or (place.parent == read and place.suffix.lower() == ".csv"),
    )
    day = day_or_today(as_of)
    engine = loaded_engine(pack, param, map_file)
    ignored = frozenset(ignore_column or ())
    reading = open_source(
        path, engine, map_path=map_file, bad_values=bad_values, ignored_columns=ignored, as_of=day
    )
    # What is loaded by now stays; without this the collector walks over all of it again and again.
    gc.freeze()
    console = notes()
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("deals", total=reading.total)
        built = build_report(
            engine,
            reading,
            as_of=day,
            bad_values=bad_values,
            language=lang,
            paths=paths,
            progress=lambda done: progress.update(task, completed=done),
        )
    built.save(output)
    summary = built.summary
    console.print(f"{summary.deals_in} deals in: {summary.assessed} assessed, {summary.rejected} rejected")
    if summary.has_findings:
        raise typer.Exit(FINDINGS)
