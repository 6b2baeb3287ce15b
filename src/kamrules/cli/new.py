"""`kamrules new`: a pack, a criterion of a pack, or a check of packs, ready to be changed."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from kamrules.cli import guarded
from kamrules.console import notes, results
from kamrules.scaffold import new_check, new_criterion, new_pack
from kamrules.source import visible

new = typer.Typer(
    no_args_is_help=True, help="Start a pack, a criterion or a check; nothing is ever written over."
)


@new.command("pack")
@guarded
def pack(
    context: typer.Context,  # noqa: ARG001 - the contract of a command
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Id of the pack, such as acme-rules.")],
    extends: Annotated[
        str | None,
        typer.Option("--extends", metavar="PACK", help="Start from this pack: handbook, or a path."),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="DIR", help="Folder to write; NAME if left out."),
    ] = None,
) -> None:
    """Write a pack with cases, schemas for editors, a workflow of GitHub and hooks of pre-commit.

    It loads, is clean, and its cases hold; change it from there.
    """
    files = new_pack(name, folder, extends=extends)
    for path in files:
        _say(path)
    place = shlex.quote(str(files[0].parent))
    notes().print(escape(visible(f"next: kamrules check {place} && kamrules test {place}")), soft_wrap=True)


@new.command("criterion")
@guarded
def criterion(
    context: typer.Context,  # noqa: ARG001 - the contract of a command
    *,
    name: Annotated[str, typer.Argument(metavar="ID", help="Id of the criterion, such as M3.X9.")],
    place: Annotated[str, typer.Option("--pack", metavar="PACK", help="A pack file or its folder.")],
    gate: Annotated[
        str | None,
        typer.Option("--gate", metavar="GATE", help="Such as M3.exit; ids like M3.X9 and M3.E2 tell it."),
    ] = None,
) -> None:
    """Add a criterion and its cases to a pack; every other line stays as it is."""
    found = new_criterion(name, place, gate=gate)
    _say(found.criterion)
    _say(found.cases)


@new.command("check")
@guarded
def check(
    context: typer.Context,  # noqa: ARG001 - the contract of a command
    *,
    code: Annotated[str, typer.Argument(metavar="CODE", help="Code of the check, such as name-in-capitals.")],
    folder: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="Folder of your package to write to.")
    ] = Path(),
) -> None:
    """Write a check of packs, its cases and their test, to a package of your own.

    `kamrules check` finds it once the package is installed with the entry point that is shown.
    """
    made = new_check(code, folder)
    for path in made.files:
        _say(path)
    notes().print("next: add this to pyproject.toml, and install the package")
    notes().print(escape(visible(made.entry_point)), soft_wrap=True)


def _say(text: object) -> None:
    results().print(escape(visible(str(text))), soft_wrap=True)
