"""`kamrules verify CERTIFICATE`: whether a certificate was changed, and whether it still holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kamrules.arguments import chosen_deal, key_in, loaded_engine
from kamrules.certificate import read_certificate
from kamrules.certificate import verify as verify_certificate
from kamrules.cli import FINDINGS, KeyFile, MapFile, Params
from kamrules.console import results, show_faults


def verify(  # noqa: PLR0913 - one argument for each option
    context: typer.Context,  # noqa: ARG001 - the contract of a command
    *,
    certificate: Annotated[Path, typer.Argument(metavar="CERTIFICATE", help="What `certify` wrote.")],
    pack: Annotated[str | None, typer.Option("--pack", help="See that it was made by this pack.")] = None,
    source: Annotated[
        str | None,
        typer.Option("--on", metavar="PATH", help="Make the verdict again on this source of deals."),
    ] = None,
    param: Params = None,
    map_file: MapFile = None,
    key_file: KeyFile = None,
) -> None:
    """Check a certificate: that nothing was changed; with --pack and --on that the verdict still stands."""
    given = read_certificate(certificate)
    engine = loaded_engine(pack or given.pack_id, param, map_file) if pack or source else None
    deal = None
    if source is not None and engine is not None:
        deal = chosen_deal(
            engine,
            source,
            given.deal_id or "",
            map_file=map_file,
            bad_values="reject",
            ignore_column=None,
            as_of=given.as_of,
        )
    faults = verify_certificate(given, key=key_in(key_file), engine=engine, deal=deal)
    show_faults(faults, console=results())
    if faults:
        raise typer.Exit(FINDINGS)
    results().print(f"{given.gate} of {given.deal_id} as of {given.as_of}: the certificate holds")
