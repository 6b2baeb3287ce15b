"""`kamrules check PACK`: every fault of a pack, at line and column."""

from __future__ import annotations

import json
from typing import Annotated, Literal

import typer

from kamrules.cli import FINDINGS, results, show_faults
from kamrules.engine import check_pack


def check(
    context: typer.Context,  # noqa: ARG001 - the contract of a command
    *,
    pack: Annotated[str, typer.Argument(metavar="PACK", help="A shipped pack, a pack file or its folder.")],
    form: Annotated[
        Literal["text", "json"], typer.Option("--format", help="How to show the faults.")
    ] = "text",
) -> None:
    """Check a pack and show every fault, each with its place and a hint."""
    found, faults = check_pack(pack)
    console = results()
    if form == "json":
        pack_data = {"id": found.id, "version": found.version, "hash": found.hash}
        data = {"pack": pack_data, "faults": [fault.to_dict() for fault in faults]}
        console.out(json.dumps(data, ensure_ascii=False, indent=2), highlight=False)
    else:
        show_faults(faults, console=console)
        name = f"{found.id} {found.version}"
        count = f"{len(faults)} fault{'' if len(faults) == 1 else 's'}"
        rules = len(found.criteria) + len(found.red_lines) + len(found.findings)
        console.print(f"{name}: {count}" if faults else f"{name}: no faults in {rules} rules")
    if faults:
        raise typer.Exit(FINDINGS)
