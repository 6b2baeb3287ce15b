"""`kamrules agenda PATH`: what is due for whom over a pipeline, and what is overdue."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from kamrules.agenda import DealAgenda, agendas
from kamrules.agenda.writing import Format, write_agenda
from kamrules.arguments import day_or_today, loaded_engine
from kamrules.assessment import Rejection
from kamrules.cli import FINDINGS, AsOf, BadValues, IgnoreColumns, Language, MapFile, PackRef, Params
from kamrules.console import notes, show_faults, show_text
from kamrules.errors import MissingExtraError
from kamrules.pipeline import open_source
from kamrules.wholefile import keep_apart, text_file


def agenda(  # noqa: PLR0913 - one argument for each option
    context: typer.Context,  # noqa: ARG001 - the contract of a command
    *,
    path: Annotated[str, typer.Argument(metavar="PATH", help="A source of deals, see `kamrules assess`.")],
    as_of: AsOf = None,
    days: Annotated[int, typer.Option("--days", metavar="N", help="How many days to look ahead.")] = 14,
    pack: PackRef = "handbook",
    param: Params = None,
    map_file: MapFile = None,
    bad_values: BadValues = "reject",
    ignore_column: IgnoreColumns = None,
    form: Annotated[Format, typer.Option("--format", help="How to write it; ics is for calendars.")] = "text",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write to a file.")
    ] = None,
    lang: Language = "en",
) -> None:
    """List by owner what is overdue and due: recurring work, rules with a day, plans, bids, next steps."""
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
    found: list[DealAgenda] = []
    refused: list[Rejection] = list(reading.strays)
    deals = (item.deal for item in reading.items())
    for one in agendas(engine, deals, as_of=day, days=days, language=lang, bad_values=bad_values):
        if isinstance(one, Rejection):
            refused.append(one)
        else:
            found.append(one)
    text = write_agenda(engine, found, form, as_of=day, days=days, language=lang)
    if output is not None:
        with text_file(output) as stream:
            stream.write(text)
    elif form == "text":
        show_text(text)
    else:
        sys.stdout.write(text)
    try:
        engine.calendar  # noqa: B018 - asked whether it is there
    except MissingExtraError as problem:
        notes().print("no working day by which to act is shown:")
        show_faults(problem.faults)
    for rejection in refused:
        show_faults(rejection.faults)
    if refused or any(entry.status == "overdue" for one in found for entry in one.entries):
        raise typer.Exit(FINDINGS)
