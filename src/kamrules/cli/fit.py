"""`kamrules fit PATH -o FILE`: what closed deals teach, as a model, its card and a new pack for review."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from kamrules.arguments import day_of, loaded_engine
from kamrules.cli import FINDINGS, Columns, Language, LastDay, PackRef, Params, PriorDeals, Until
from kamrules.console import notes, show_text, shown_progress
from kamrules.wholefile import ask_for, keep_apart, text_file


def fit(  # noqa: PLR0913 - one argument for each option
    context: typer.Context,  # noqa: ARG001 - the contract of a command
    *,
    path: Annotated[str, typer.Argument(metavar="PATH", help="A .jsonl or .csv file of events.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="Write the model to this JSON file.")
    ],
    card: Annotated[
        Path | None, typer.Option("--card", metavar="FILE", help="Write the model card to a file.")
    ] = None,
    pack_out: Annotated[
        Path | None,
        typer.Option("--pack-out", metavar="FOLDER", help="Write a new pack with the learned weights."),
    ] = None,
    lead_days: Annotated[
        int, typer.Option("--lead-days", min=1, help="Days before its outcome that each deal is seen.")
    ] = 30,
    as_of: LastDay = None,
    columns: Columns = "health",
    until: Until = None,
    prior_deals: PriorDeals = 16.0,
    seed: Annotated[int, typer.Option("--seed", help="Of folds and samples.")] = 0,
    pack: PackRef = "handbook",
    param: Params = None,
    form: Annotated[
        Literal["markdown", "json"], typer.Option("--format", help="How to show what was learned.")
    ] = "markdown",
    lang: Language = "en",
) -> None:
    """Learn from closed deals what their record said of them before they were decided.

    Writes the model, and shows its card: how good it is, and what it must not be used for. Exits with 1, and
    writes nothing, when too few deals were won or lost. Parameters are not written to a new pack.
    """
    from kamrules.learning.card import learned_dict, model_card  # noqa: PLC0415 - needs an extra
    from kamrules.learning.closed import told  # noqa: PLC0415 - with the others
    from kamrules.learning.learn import Refused, learn  # noqa: PLC0415 - needs an extra
    from kamrules.learning.model import Settings  # noqa: PLC0415 - needs an extra
    from kamrules.learning.model_file import save_model  # noqa: PLC0415 - needs an extra
    from kamrules.learning.source import read_histories  # noqa: PLC0415 - with the others
    from kamrules.learning.to_pack import refuse_taken, to_pack  # noqa: PLC0415 - needs an extra
    from kamrules.learning.weights import learned_weights  # noqa: PLC0415 - needs an extra

    given = Path(path).resolve()
    keep_apart({"--output": output, "--card": card, "--pack-out": pack_out}, lambda place: place == given)
    ask_for(output, card)
    if pack_out is not None:
        refuse_taken(pack_out)
    engine = loaded_engine(pack, param)
    settings = Settings(columns, until, prior_deals=prior_deals, seed=seed)
    histories = read_histories(path, engine)
    with shown_progress() as progress:
        found = learn(
            engine,
            histories,
            settings,
            lead_days=lead_days,
            as_of=day_of("--as-of", as_of),
            progress=progress,
        )
    closed = found.closed
    for line in told(closed, lang):
        notes().print(line, markup=False, soft_wrap=True)
    if isinstance(found, Refused):
        notes().print(f"nothing was learned: {found.reason}", markup=False, soft_wrap=True)
        raise typer.Exit(FINDINGS)
    if pack_out is not None:
        weights = learned_weights(engine, found.model)
        new = to_pack(pack, weights, pack_out, last=found.model.sample.last)
        told_of = f"{new.manifest}: version {new.version}, {len(new.changed)} weights changed"
        notes().print(told_of, markup=False, soft_wrap=True)
    save_model(found.model, output)
    text = model_card(engine, found, lang)
    if card is not None:
        with text_file(card) as stream:
            stream.write(text)
    if form == "json":
        show_text(json.dumps(learned_dict(engine, found), ensure_ascii=False, indent=1))
    elif card is None:
        show_text(text)
