"""`kamrules history PATH --deal ID`: how the verdicts on one deal came about, day by day."""

from __future__ import annotations

import json
from typing import Annotated, Literal

import typer

from kamrules.arguments import day_of, loaded_engine
from kamrules.cli import Language, PackRef, Params
from kamrules.console import show_text
from kamrules.timeline.dwell import stall_of
from kamrules.timeline.history import history_of, to_dict
from kamrules.timeline.source import find_timeline
from kamrules.timeline.telling import tell


def history(  # noqa: PLR0913 - one argument for each option
    context: typer.Context,  # noqa: ARG001 - the contract of a command
    *,
    path: Annotated[str, typer.Argument(metavar="PATH", help="A .jsonl or .csv file of events.")],
    deal: Annotated[str, typer.Option("--deal", metavar="ID", help="Id of the deal.")],
    start: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="Show what changed after this day.")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", metavar="DATE", help="Last day; that of the last event if left out.")
    ] = None,
    pack: PackRef = "handbook",
    param: Params = None,
    form: Annotated[
        Literal["text", "markdown", "json"], typer.Option("--format", help="How to show it.")
    ] = "text",
    lang: Language = "en",
) -> None:
    """Show how one deal moved: stages and regressions, health with its reasons, verdicts that turned."""
    engine = loaded_engine(pack, param)
    found = find_timeline(path, engine.model, deal)
    first, last = day_of("--from", start), day_of("--to", end)
    told = history_of(engine, found, start=first, end=last)
    stall = stall_of(engine, found, as_of=told.end.day)
    if form == "json":
        show_text(json.dumps(to_dict(told, stall), ensure_ascii=False, indent=1))
    else:
        show_text(tell(engine, told, stall=stall, language=lang, is_markdown=form == "markdown"))
