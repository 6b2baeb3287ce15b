"""`kamrules forecast EVENTS`: what the open deals may bring, by quarter, and what becomes of deals by stage."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import typer

from kamrules.cli import (
    Language,
    PackRef,
    Params,
    loaded_engine,
    notes,
    progress_bar,
    show_faults,
    show_text,
)  # fmt: skip
from kamrules.errors import ArgumentError, Fault
from kamrules.learning.closed import SEGMENT, closed_deals
from kamrules.learning.conversion import conversions, spells_of
from kamrules.learning.outlook import OutlookPolicy, order_slips, outlooks
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
        typer.Option("--slip-days", metavar="N", min=1, help="Slips of dates are those seen so long before."),
    ] = 90,
    draws: Annotated[int, typer.Option("--draws", metavar="N", min=1, help="How many futures.")] = 4000,
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
    events = read_events(path)
    histories = timelines(events, model=engine.model)
    last = _day(as_of) or max((event.recorded_at.date() for event in events), default=date.min)
    closed = closed_deals(histories.values(), lead_days=slip_days, as_of=last, segment=segment)
    with progress_bar() as progress:
        assessing = progress.add_task("assessing", total=None)
        drawing = progress.add_task("drawing futures", total=None)
        found = open_pipeline(
            engine,
            histories,
            as_of=last,
            model=learned,
            segment=segment,
            progress=lambda _, done, total: progress.update(assessing, completed=done, total=total),
        )
        drawn = outlooks(
            found.deals,
            as_of=last,
            slips=order_slips(closed),
            policy=policy,
            seed=seed,
            progress=lambda done, total: progress.update(drawing, completed=done, total=total),
        )
    for one in found.left_out:
        show_faults(one.faults)
    milestones = list(engine.pack.milestones)
    spells = spells_of(histories.values(), milestones, as_of=last)
    told = Told(last, drawn, conversions(spells, milestones), found.shelved)
    if form == "json":
        sys.stdout.write(outlook_json(told))
    else:
        show_text(outlook_text(told, lang))


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = f"`{text}` given for --as-of, a date such as 2026-06-30 expected"
        raise ArgumentError(Fault("A-DATE", message)) from None
