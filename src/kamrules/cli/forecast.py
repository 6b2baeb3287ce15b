"""`kamrules forecast EVENTS`: what open deals may bring by quarter, and what becomes of deals by stage."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from kamrules.arguments import day_of, loaded_engine
from kamrules.cli import Language, PackRef, Params
from kamrules.console import notes, show_faults, show_text, shown_progress
from kamrules.learning.closed import SEGMENT, last_day
from kamrules.learning.conversion import conversions, spells_of
from kamrules.learning.outlook import DAYS_AHEAD, OutlookPolicy, order_slips, outlooks
from kamrules.learning.outlook_words import Told, outlook_json, outlook_text
from kamrules.learning.stood import refuse_no_fact
from kamrules.timeline import read_events, timelines


def forecast(  # noqa: PLR0913 - one argument for each option
    context: typer.Context,  # noqa: ARG001 - the contract of a command
    *,
    path: Annotated[str, typer.Argument(metavar="EVENTS", help="A .jsonl or .csv file of events.")],
    model: Annotated[
        Path | None,
        typer.Option("--model", metavar="FILE", help="What `kamrules fit` learned; else the pack's belief."),
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="DATE", help="Last day that counts; that of the last recording."),
    ] = None,
    pack: PackRef = "handbook",
    param: Params = None,
    segment: Annotated[
        str, typer.Option("--segment", metavar="PATH", help="Deals of one value rise and fall together.")
    ] = SEGMENT,
    correlation: Annotated[
        float, typer.Option("--correlation", metavar="SHARE", help="How much they do, from 0 to 1.")
    ] = 0.15,
    slip_days: Annotated[
        int,
        typer.Option("--slip-days", metavar="N", min=1, help="Dates slip as past ones did so long before."),
    ] = DAYS_AHEAD,
    draws: Annotated[
        int, typer.Option("--draws", metavar="N", min=1, max=1_000_000, help="How many futures.")
    ] = 4000,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Of the futures.")] = 0,
    form: Annotated[Literal["text", "json"], typer.Option("--format", help="How to write it.")] = "text",
    lang: Language = "en",
) -> None:
    """Tell what the open deals may bring, and what becomes of deals in each milestone, with intervals."""
    from kamrules.learning.model_file import load_model  # noqa: PLC0415 - needs an extra
    from kamrules.learning.open_pipeline import open_pipeline  # noqa: PLC0415 - needs an extra

    policy = OutlookPolicy(correlation=correlation, draws=draws)
    engine = loaded_engine(pack, param)
    refuse_no_fact(engine, segment)
    learned = load_model(model, engine) if model is not None else None
    if learned is None:
        notes().print("no --model given: every chance is what the pack believes", soft_wrap=True)
    histories = timelines(read_events(path), model=engine.model)
    last = day_of("--as-of", as_of) or last_day(histories.values())
    slips = order_slips(histories.values(), as_of=last, days_ahead=slip_days)
    with shown_progress() as progress:
        found = open_pipeline(
            engine, histories, as_of=last, model=learned, segment=segment, progress=progress
        )
        drawn = outlooks(found.deals, as_of=last, slips=slips, policy=policy, seed=seed, progress=progress)
    for one in found.left_out:
        show_faults(one.faults)
    milestones = list(engine.pack.milestones)
    spells = spells_of(histories.values(), milestones, as_of=last)
    told = Told(last, drawn, conversions(spells, milestones), found.shelved)
    if form == "json":
        sys.stdout.write(outlook_json(told))
    else:
        show_text(outlook_text(told, lang))
