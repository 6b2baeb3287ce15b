"""`kamrules diff OLD NEW`: which verdicts two versions of a pack give differently, with a deal for each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from kamrules.arguments import day_or_today, loaded_engine
from kamrules.cli import FINDINGS, AsOf, MapFile
from kamrules.console import show_text
from kamrules.packdiff import compare_on, compare_packs, to_dict, to_markdown
from kamrules.pipeline import open_source
from kamrules.wholefile import text_file


def diff(  # noqa: PLR0913 - one argument for each option
    context: typer.Context,  # noqa: ARG001 - the contract of a command
    *,
    old: Annotated[str, typer.Argument(metavar="OLD", help="A shipped pack, a pack file or its folder.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The pack to compare it with.")],
    source: Annotated[
        str | None, typer.Option("--on", metavar="PATH", help="Show which deals of a source change.")
    ] = None,
    as_of: AsOf = None,
    map_file: MapFile = None,
    form: Annotated[
        Literal["markdown", "json"], typer.Option("--format", help="How to show it.")
    ] = "markdown",
    proofs: Annotated[
        bool,
        typer.Option("--proofs/--no-proofs", help="Ask which verdicts can turn (needs kamrules\\[verify])."),
    ] = True,
    fail_on: Annotated[
        Literal["difference", "never"],
        typer.Option("--fail-on", help="Exit with 1 on a difference, or never: to inform a review."),
    ] = "difference",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write to a file.")
    ] = None,
) -> None:
    """Compare two packs by their verdicts: which can turn, with a smallest deal, and which deals change.

    Exits with 1 when they differ, so that a script can tell; --fail-on never leaves it at 0.
    """
    one, other = loaded_engine(old, None, map_file), loaded_engine(new, None, map_file)
    found = compare_packs(one, other, proofs=proofs)
    if source is not None:
        day = day_or_today(as_of)
        reading = open_source(source, other, map_path=map_file, as_of=day)
        found = compare_on(found, one, other, reading, as_of=day)
    text = (
        to_markdown(found) if form == "markdown" else json.dumps(to_dict(found), ensure_ascii=False, indent=1)
    )
    if output is None:
        show_text(text)
    else:
        with text_file(output) as stream:
            stream.write(text)
    if fail_on == "difference" and not found.is_empty:
        raise typer.Exit(FINDINGS)
