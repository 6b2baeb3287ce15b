"""`kamrules backtest PATH`: how well closed deals would have been predicted before their outcome."""

from __future__ import annotations

import json
from typing import Annotated, Literal

import typer

from kamrules.arguments import day_of, loaded_engine
from kamrules.cli import FINDINGS, Columns, Language, LastDay, PackRef, Params, PriorDeals, Until
from kamrules.console import notes, show_text, shown_progress


def backtest(  # noqa: PLR0913 - one argument for each option
    context: typer.Context,  # noqa: ARG001 - the contract of a command
    *,
    path: Annotated[str, typer.Argument(metavar="PATH", help="A .jsonl or .csv file of events.")],
    lead_days: Annotated[
        list[int] | None,
        typer.Option(
            "--lead-days", min=1, help="Days before the outcome; give it again for more. 30 and 90."
        ),
    ] = None,
    as_of: LastDay = None,
    columns: Columns = "health",
    until: Until = None,
    prior_deals: PriorDeals = 16.0,
    boosted: Annotated[
        bool, typer.Option("--boosted", help="Also try boosted trees, which no points can follow.")
    ] = False,
    resamples: Annotated[
        int, typer.Option("--resamples", min=20, help="Bootstrap samples behind each interval.")
    ] = 200,
    seed: Annotated[int, typer.Option("--seed", help="Of folds and samples.")] = 0,
    pack: PackRef = "handbook",
    param: Params = None,
    form: Annotated[
        Literal["text", "markdown", "json"], typer.Option("--format", help="How to show it.")
    ] = "text",
    lang: Language = "en",
) -> None:
    """Try what would be learned on closed deals it has not seen: forward in time, and by account.

    Against the pack alone and the base rate, with intervals. Facts that tell the outcome are refused. Exits
    with 1 when too few deals were won or lost at every lead.
    """
    from kamrules.learning.backtest import LEADS  # noqa: PLC0415 - needs an extra
    from kamrules.learning.backtest import backtest as tried  # noqa: PLC0415 - needs an extra
    from kamrules.learning.model import Settings  # noqa: PLC0415 - needs an extra
    from kamrules.learning.source import read_histories  # noqa: PLC0415 - with the others
    from kamrules.learning.words import backtest_text, to_dict  # noqa: PLC0415 - needs an extra

    engine = loaded_engine(pack, param)
    histories = read_histories(path, engine)
    with shown_progress() as progress:
        found = tried(
            engine,
            histories,
            settings=Settings(columns, until, prior_deals=prior_deals, seed=seed),
            leads=tuple(lead_days or LEADS),
            as_of=day_of("--as-of", as_of),
            with_boosted=boosted,
            resamples=resamples,
            progress=progress,
        )
    if form == "json":
        show_text(json.dumps(to_dict(found), ensure_ascii=False, indent=1))
    else:
        show_text(backtest_text(found, lang, form))
    if found.refusal is not None:
        notes().print(f"nothing was tried: {found.refusal}", markup=False, soft_wrap=True)
        raise typer.Exit(FINDINGS)
