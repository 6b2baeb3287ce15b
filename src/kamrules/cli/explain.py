"""`kamrules explain PATH --deal ID`: why one deal stands where it stands."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from kamrules.arguments import chosen_deal, day_or_today, loaded_engine
from kamrules.cli import AsOf, BadValues, IgnoreColumns, Language, MapFile, PackRef, Params
from kamrules.console import show_text
from kamrules.explanation import explain as explain_deal

Form = Literal["text", "markdown", "html", "json"]


def explain(  # noqa: PLR0913 - one argument for each option
    context: typer.Context,  # noqa: ARG001 - the contract of a command
    *,
    path: Annotated[str, typer.Argument(metavar="PATH", help="A source of deals, see `kamrules assess`.")],
    deal: Annotated[str, typer.Option("--deal", metavar="ID", help="Id of the deal.")],
    as_of: AsOf = None,
    pack: PackRef = "handbook",
    param: Params = None,
    map_file: MapFile = None,
    bad_values: BadValues = "reject",
    ignore_column: IgnoreColumns = None,
    form: Annotated[Form, typer.Option("--format", help="How to show it.")] = "text",
    lang: Language = "en",
) -> None:
    """Explain one deal: stage, blockers, unknowns, tier, red lines, with facts read and what to do next."""
    day = day_or_today(as_of)
    engine = loaded_engine(pack, param, map_file)
    chosen = chosen_deal(
        engine, path, deal, map_file=map_file, bad_values=bad_values, ignore_column=ignore_column, as_of=day
    )
    text = explain_deal(engine, chosen, as_of=day, language=lang, format=form)
    show_text(text)
