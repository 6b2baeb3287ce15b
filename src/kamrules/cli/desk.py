"""`kamrules desk EVENTS --journal FILE`: take events into a journal, and show what came of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from kamrules.arguments import day_of, loaded_engine
from kamrules.cli import Language, PackRef, Params
from kamrules.console import show_text
from kamrules.engine import Engine
from kamrules.headings import heading
from kamrules.live.desk import Transition
from kamrules.timeline import read_events

if TYPE_CHECKING:
    from kamrules.live.outbox import Pending  # needs an extra


def desk(  # noqa: PLR0913 - one argument for each option
    context: typer.Context,  # noqa: ARG001 - the contract of a command
    *,
    path: Annotated[str, typer.Argument(metavar="EVENTS", help="A .jsonl or .csv file of events.")],
    journal: Annotated[
        str, typer.Option("--journal", metavar="FILE", help="A SQLite file, or the URL of a database.")
    ],
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of", metavar="DATE", help="Day to end on; the last on which anything was recorded."
        ),
    ] = None,
    pack: PackRef = "handbook",
    param: Params = None,
    form: Annotated[Literal["text", "json"], typer.Option("--format", help="How to show it.")] = "text",
    lang: Language = "en",
) -> None:
    """Take events into a journal day by day; show the verdicts that turned, and what is to be done."""
    from kamrules.live.journal import Journal  # noqa: PLC0415 - needs an extra

    engine = loaded_engine(pack, param)
    events = sorted(read_events(path), key=lambda one: (one.recorded_at, one.deal_id, one.id))
    end = day_of("--as-of", as_of) or max((one.recorded_at.date() for one in events), default=None)
    url = journal if "://" in journal else f"sqlite:///{journal}"
    start = events[0].recorded_at.date() if events else end
    turned: list[Transition] = []
    with Journal.open(url, engine, as_of=start) as kept:
        for event in events:
            if kept.as_of < event.recorded_at.date() <= (end or kept.as_of):
                turned += kept.move_to(event.recorded_at.date())
            turned += kept.post(event)
        if end is not None and end > kept.as_of:
            turned += kept.move_to(end)
        waiting = kept.pending()
    if form == "json":
        found = {
            "transitions": [_turn_data(one) for one in turned],
            "pending": [_data(one) for one in waiting],
        }
        show_text(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        show_text(
            "\n".join([*map(_turn_line, turned), *_lines(engine, waiting, lang)])
            or heading("desk.nothing", lang)
        )


def _turn_line(one: Transition) -> str:
    return f"{one.day}  {one.deal_id}  {one.fact}: {one.before} → {one.after}  ({one.cause})"


def _lines(engine: Engine, waiting: list[Pending], lang: Language) -> Iterator[str]:
    if waiting:
        yield f"{heading('desk.waiting', lang)}: {len(waiting)}"
    for one in waiting:
        spec = engine.pack.reactions.get(one.reaction)
        told = (
            ""
            if spec is None or spec.message is None
            else f" {spec.do} {spec.to}: {getattr(spec.message, lang)}"
        )
        yield f"{one.id}  {one.day}  {one.deal_id}  {one.reaction} ({one.cause}){told}"


def _turn_data(one: Transition) -> dict[str, Any]:
    return {
        "deal_id": one.deal_id,
        "fact": one.fact,
        "before": one.before,
        "after": one.after,
        "day": one.day.isoformat(),
        "cause": one.cause,
    }


def _data(one: Pending) -> dict[str, Any]:
    shown = {"id": one.id, "deal_id": one.deal_id, "reaction": one.reaction}
    return {**shown, "cause": one.cause, "day": one.day.isoformat()}
