"""`kamrules gates EVENTS`: which gates to keep, sharpen or retire, and what is worth asking."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

import typer

from kamrules.arguments import day_of, loaded_engine
from kamrules.cli import FINDINGS, Language, PackRef, Params
from kamrules.console import show_text, shown_progress
from kamrules.learning.closed import LEAD_DAYS, SEGMENT, last_day
from kamrules.learning.gate_policy import LEAST_WORTH, LEVEL, GatePolicy
from kamrules.learning.gate_words import gates_text
from kamrules.learning.gate_writing import gates_csv, gates_json
from kamrules.learning.gates import Asked, Show, look_at_gates
from kamrules.timeline import read_events, timelines


def gates(  # noqa: PLR0913 - one argument for each option
    context: typer.Context,  # noqa: ARG001 - the contract of a command
    *,
    path: Annotated[str, typer.Argument(metavar="EVENTS", help="A .jsonl or .csv file of events.")],
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="DATE", help="Last day that counts; that of the last recording."),
    ] = None,
    pack: PackRef = "handbook",
    param: Params = None,
    segment: Annotated[
        str, typer.Option("--segment", metavar="PATH", help="Fact within whose values deals are compared.")
    ] = SEGMENT,
    lead_days: Annotated[
        int,
        typer.Option(
            "--lead-days", metavar="N", min=1, help="Gates passed so shortly before the end are out."
        ),
    ] = LEAD_DAYS,
    level: Annotated[
        float, typer.Option("--level", metavar="SHARE", help="Share of verdicts that may be false.")
    ] = LEVEL,
    worth: Annotated[
        float, typer.Option("--worth", metavar="SHARE", help="Difference in the share won worth asking for.")
    ] = LEAST_WORTH,
    shuffles: Annotated[
        int,
        typer.Option("--shuffles", metavar="N", min=0, help="Shuffles to show what chance keeps."),
    ] = 100,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Of the shuffles.")] = 0,
    show: Annotated[Show, typer.Option("--show", help="What to show; CSV holds one of the two.")] = "all",
    form: Annotated[
        Literal["text", "json", "csv"], typer.Option("--format", help="How to write it.")
    ] = "text",
    lang: Language = "en",
) -> None:
    """Tell by closed deals which gates to keep, sharpen or retire, and how gates were passed unusually.

    Exit code 1 says that there is a gate to sharpen or retire, something worth asking, or too little history.
    """
    policy = GatePolicy(level=level, least_worth=worth)
    engine = loaded_engine(pack, param)
    histories = timelines(read_events(path), model=engine.model)
    asked = Asked(show, segment, lead_days, policy, shuffles=shuffles, seed=seed)
    with shown_progress() as progress:
        found = look_at_gates(
            engine,
            histories,
            asked,
            as_of=day_of("--as-of", as_of) or last_day(histories.values()),
            progress=progress,
        )
    if form == "text":
        show_text(gates_text(found, lang))
    else:
        sys.stdout.write(gates_json(found, lang) if form == "json" else gates_csv(found, lang))
    if found.has_findings:
        raise typer.Exit(FINDINGS)
