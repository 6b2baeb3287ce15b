"""`kamrules draw PATH --what PICTURE -o FILE`: a deal or a pipeline as a picture, SVG or PNG."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from kamrules.arguments import chosen_deal, day_or_today, loaded_engine
from kamrules.assessment import Assessment, Rejection
from kamrules.cli import FINDINGS, AsOf, BadValues, IgnoreColumns, Language, MapFile, PackRef, Params
from kamrules.console import notes, show_faults
from kamrules.engine import Engine
from kamrules.errors import ArgumentError, Fault
from kamrules.pipeline import Summary, assess_source, open_source
from kamrules.report import pictures
from kamrules.report.picture import Picture, ending_of
from kamrules.timeline.history import history_of
from kamrules.timeline.source import find_timeline
from kamrules.wholefile import keep_apart

What = Literal["map", "health", "gates", "stages", "ask", "history"]
_NEED_DEAL = ("map", "health", "history")


def draw(  # noqa: PLR0913 - one argument for each option
    context: typer.Context,  # noqa: ARG001 - the contract of a command
    *,
    path: Annotated[str, typer.Argument(metavar="PATH", help="A source of deals, see `kamrules assess`.")],
    what: Annotated[
        What,
        typer.Option(
            "--what",
            help="map: the people of a deal. health: where its points come from. history: its health over "
            "time, from a file of events. gates: deals and criteria. stages: claimed and supported. ask: "
            "what to ask first, of a deal or the pipeline.",
        ),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="File to write, .svg or .png.")
    ],
    deal: Annotated[
        str | None,
        typer.Option("--deal", metavar="ID", help="Id of the deal; map, health and history need one."),
    ] = None,
    as_of: AsOf = None,
    pack: PackRef = "handbook",
    param: Params = None,
    map_file: MapFile = None,
    bad_values: BadValues = "reject",
    ignore_column: IgnoreColumns = None,
    limit: Annotated[
        int, typer.Option("--limit", min=1, metavar="N", help="How many deals to show in gates.")
    ] = 60,
    scale: Annotated[float, typer.Option("--scale", help="Pixels of a PNG for each px of the SVG.")] = 2.0,
    lang: Language = "en",
) -> None:
    """Draw a picture of a deal or of a pipeline. PNG and history need the extra `plot`."""
    ending_of(output)
    if what == "stages" and deal is not None:
        raise ArgumentError(Fault("A-DEAL", "`stages` is drawn of a pipeline", hint="leave --deal out"))
    if what in _NEED_DEAL and deal is None:
        raise ArgumentError(Fault("A-DEAL", f"`{what}` is drawn of one deal", hint="give --deal ID"))
    read = Path(path).resolve()
    keep_apart(
        {"--output": output},
        lambda place: place == read or (place.parent == read and place.suffix.lower() == ".csv"),
    )
    engine = loaded_engine(pack, param, map_file)
    if what == "history":
        last = None if as_of is None else day_or_today(as_of)
        told = history_of(engine, find_timeline(path, engine.model, deal or ""), end=last)
        pictures.health_over_time(engine, told, language=lang).save(output, scale=scale)
        return
    day = day_or_today(as_of)
    if deal is not None:
        chosen = chosen_deal(
            engine,
            path,
            deal,
            map_file=map_file,
            bad_values=bad_values,
            ignore_column=ignore_column,
            as_of=day,
        )
        _of_deal(engine, chosen, what, day, lang).save(output, scale=scale)
        return
    ignored = frozenset(ignore_column or ())
    reading = open_source(
        path, engine, map_path=map_file, bad_values=bad_values, ignored_columns=ignored, as_of=day
    )
    summary = Summary()
    shown: list[Assessment] = []
    for result in assess_source(engine, reading, as_of=day, bad_values=bad_values):
        summary.add(result)
        if isinstance(result.outcome, Rejection):
            show_faults(result.outcome.faults)
        elif len(shown) < limit:
            shown.append(result.outcome)
    if what == "gates" and summary.assessed > limit:
        notes().print(f"the first {limit} of {summary.assessed} deals are drawn; --limit N draws more")
    _of_pipeline(engine, summary, shown, what, lang).save(output, scale=scale)
    if summary.rejected:
        raise typer.Exit(FINDINGS)


def _of_deal(engine: Engine, deal: Any, what: What, day: date, lang: Language) -> Picture:
    assessment = engine.assess(deal, as_of=day)
    if what == "map":
        return pictures.stakeholder_map(engine, deal, assessment, language=lang)
    if what == "health":
        return pictures.health_waterfall(engine, assessment, language=lang)
    if what == "gates":
        return pictures.gate_matrix(engine, [assessment], language=lang)
    return pictures.ask_next(engine, assessment, language=lang)


def _of_pipeline(
    engine: Engine, summary: Summary, shown: Sequence[Assessment], what: What, lang: Language
) -> Picture:
    if what == "gates":
        return pictures.gate_matrix(engine, shown, language=lang)
    if what == "stages":
        return pictures.pipeline_stages(engine, summary, language=lang)
    return pictures.ask_next(engine, summary, language=lang)
