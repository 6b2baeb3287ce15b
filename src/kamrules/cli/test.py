"""`kamrules test PACK`: the cases beside a pack, run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from kamrules.casefile import case_files, read_cases, run_case
from kamrules.cli import FINDINGS, results
from kamrules.engine import Engine, compile, load_pack  # noqa: A004 - the library's word
from kamrules.errors import Fault, InputError
from kamrules.page import visible
from kamrules.rules.pack import locate_pack


def test(
    context: typer.Context,  # noqa: ARG001 - the contract of a command
    *,
    pack: Annotated[str, typer.Argument(metavar="PACK", help="A shipped pack, a pack file or its folder.")],
) -> None:
    """Run every *.cases.yaml beside a pack and show each expectation that does not hold."""
    folder = locate_pack(pack)[0].parent
    paths = case_files(folder)
    if not paths:
        raise InputError(Fault("I-FILE", f"no *.cases.yaml beside the pack in `{folder}`"))
    engines: dict[Path, Engine] = {}
    console = results()
    total = failed = 0
    for path in paths:
        cases = read_cases(path)
        place = cases.pack.resolve()
        engine = engines.setdefault(place, engines.get(place) or compile(load_pack(cases.pack)))
        for case in cases.cases:
            total += 1
            differences = run_case(engine, case)
            failed += bool(differences)
            for difference in differences:
                console.print(escape(visible(f"{difference} ({case.name})")), soft_wrap=True)
    console.print(f"{total} cases: {total - failed} hold, {failed} do not")
    if failed:
        raise typer.Exit(FINDINGS)
