"""`kamrules path PATH --deal ID`: the shortest lawful way to the next milestone, and what keeps it shut."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from kamrules.arguments import chosen_deal, day_or_today, loaded_engine
from kamrules.cli import AsOf, BadValues, IgnoreColumns, Language, MapFile, PackRef, Params
from kamrules.console import show_text
from kamrules.paths import shortest_path
from kamrules.paths.words import path_text


def path(  # noqa: PLR0913 - one argument for each option
    context: typer.Context,  # noqa: ARG001 - the contract of a command
    *,
    path: Annotated[str, typer.Argument(metavar="PATH", help="A source of deals, see `kamrules assess`.")],
    deal: Annotated[str, typer.Option("--deal", metavar="ID", help="Id of the deal.")],
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="MILESTONE", help="Milestone to get to; else the next."),
    ] = None,
    as_of: AsOf = None,
    pack: PackRef = "handbook",
    param: Params = None,
    map_file: MapFile = None,
    bad_values: BadValues = "reject",
    ignore_column: IgnoreColumns = None,
    seconds: Annotated[int, typer.Option("--seconds", min=1, help="How long to look for it.")] = 30,
    form: Annotated[
        Literal["text", "markdown", "html", "json"], typer.Option("--format", help="How to show it.")
    ] = "text",
    lang: Language = "en",
) -> None:
    """Find the cheapest lawful steps that open the next gate, with owner, form, approver and first day."""
    day = day_or_today(as_of)
    engine = loaded_engine(pack, param, map_file)
    chosen = chosen_deal(
        engine,
        path,
        deal,
        map_file=map_file,
        bad_values=bad_values,
        ignore_column=ignore_column,
        as_of=day,
    )
    found = shortest_path(engine, chosen, as_of=day, to=to, timeout_ms=seconds * 1000)
    show_text(path_text(engine, found, lang, form))
