"""`kamrules handbook TOPIC`: what the pack holds, by topic or id."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, Literal

import typer

from kamrules.cli import Language, PackRef
from kamrules.console import results
from kamrules.engine import load_pack
from kamrules.handbook import TOPICS, browse


def handbook(
    context: typer.Context,  # noqa: ARG001 - the contract of a command
    *,
    topic: Annotated[
        str,
        typer.Argument(metavar="TOPIC", help=f"An id such as M4.X4 or RL-01, or one of {', '.join(TOPICS)}."),
    ] = "milestones",
    pack: PackRef = "handbook",
    form: Annotated[Literal["text", "json"], typer.Option("--format", help="How to show it.")] = "text",
    lang: Language = "en",
) -> None:
    """Browse criteria, red lines (not legal advice), work rules, plays, forms and words of a pack."""
    entries = browse(load_pack(pack), topic, lang)
    console = results()
    if form == "json":
        console.out(
            json.dumps([asdict(entry) for entry in entries], ensure_ascii=False, indent=2), highlight=False
        )
        return
    in_full = topic not in TOPICS
    for entry in entries:
        slides = f" ({', '.join(f'p{slide}' for slide in entry.slides)})" if entry.slides else ""
        console.out(f"{entry.id}  {entry.name}{slides}", highlight=False)
        for key, text in entry.lines if in_full else ():
            console.out(f"    {key}: {text}", highlight=False)
