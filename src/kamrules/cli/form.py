"""`kamrules form PATH --deal ID --form JTF-002`: a form of the handbook filled from a deal, as Markdown."""

from __future__ import annotations

from typing import Annotated

import typer

from kamrules.arguments import chosen_deal, day_or_today, loaded_engine
from kamrules.cli import FINDINGS, AsOf, BadValues, IgnoreColumns, Language, MapFile, PackRef, Params
from kamrules.console import notes, show_text
from kamrules.forms import fill_form, form_markdown


def form(  # noqa: PLR0913 - one argument for each option
    context: typer.Context,  # noqa: ARG001 - the contract of a command
    *,
    path: Annotated[str, typer.Argument(metavar="PATH", help="A source of deals, see `kamrules assess`.")],
    deal: Annotated[str, typer.Option("--deal", metavar="ID", help="Id of the deal.")],
    form_id: Annotated[str, typer.Option("--form", metavar="FORM", help="Id of the form, such as JTF-002.")],
    as_of: AsOf = None,
    pack: PackRef = "handbook",
    param: Params = None,
    map_file: MapFile = None,
    bad_values: BadValues = "reject",
    ignore_column: IgnoreColumns = None,
    lang: Language = "en",
) -> None:
    """Print a form filled from one deal; exit code 1 when required fields are blank."""
    day = day_or_today(as_of)
    engine = loaded_engine(pack, param, map_file)
    chosen = chosen_deal(
        engine, path, deal, map_file=map_file, bad_values=bad_values, ignore_column=ignore_column, as_of=day
    )
    filled = fill_form(engine, form_id, chosen, as_of=day, language=lang)
    show_text(form_markdown(engine, filled, lang))
    if filled.blank:
        notes().print(f"{len(filled.blank)} required fields are blank")
        raise typer.Exit(FINDINGS)
