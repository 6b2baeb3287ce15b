"""`kamrules certify PATH --deal ID --gate M3.exit`: the certificate of a gate that a deal passes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kamrules.arguments import chosen_deal, day_or_today, key_in, loaded_engine
from kamrules.certificate import certify as certify_gate
from kamrules.cli import AsOf, IgnoreColumns, KeyFile, MapFile, PackRef, Params
from kamrules.console import show_text
from kamrules.wholefile import text_file


def certify(  # noqa: PLR0913 - one argument for each option
    context: typer.Context,  # noqa: ARG001 - the contract of a command
    *,
    path: Annotated[str, typer.Argument(metavar="PATH", help="A source of deals, see `kamrules assess`.")],
    deal: Annotated[str, typer.Option("--deal", metavar="ID", help="Id of the deal.")],
    gate: Annotated[str, typer.Option("--gate", metavar="GATE", help="Milestone and side: M3.exit.")],
    as_of: AsOf = None,
    pack: PackRef = "handbook",
    param: Params = None,
    map_file: MapFile = None,
    ignore_column: IgnoreColumns = None,
    key_file: KeyFile = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write to a file.")
    ] = None,
) -> None:
    """Write the certificate of a passed gate: what it asked, the facts, the pack, the record, the day."""
    day = day_or_today(as_of)
    engine = loaded_engine(pack, param, map_file)
    chosen = chosen_deal(
        engine, path, deal, map_file=map_file, bad_values="reject", ignore_column=ignore_column, as_of=day
    )
    text = certify_gate(engine, chosen, gate=gate, as_of=day, key=key_in(key_file)).to_json()
    if output is None:
        show_text(text)
    else:
        with text_file(output) as stream:
            stream.write(text)
