"""`kamrules map`: a field map guessed from an export, and what a map reads and drops."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape

from kamrules.adapters import Request
from kamrules.arguments import loaded_engine
from kamrules.cli import FINDINGS, PackRef, guarded
from kamrules.console import notes, results, show_text
from kamrules.doors.draft import Wish
from kamrules.doors.events import events_of_history
from kamrules.doors.guess import guess_map
from kamrules.doors.reads import Reads, reads_of
from kamrules.errors import ArgumentError, Fault
from kamrules.sheets.rewrite import zone_of
from kamrules.source import visible
from kamrules.timeline import write_events
from kamrules.wholefile import keep_apart, text_file

map = typer.Typer(no_args_is_help=True, help="Field maps of other systems' exports.")  # noqa: A001 - the command
_SHOWN = 12

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="The exported CSV and JSON files.")]
Map = Annotated[Path, typer.Option("--map", metavar="FILE", help="The field map.")]


@map.command("init")
@guarded
def init(  # noqa: PLR0913 - one argument for each option
    context: typer.Context,  # noqa: ARG001 - the contract of a command
    *,
    folder: Folder,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The map to write.")],
    system: Annotated[
        str | None,
        typer.Option("--system", help="salesforce, hubspot, dynamics, odoo, generic, or a door of your own."),
    ] = None,
    zone: Annotated[
        str | None, typer.Option("--zone", help="Zone the days of times are counted in: Asia/Shanghai.")
    ] = None,
    currency: Annotated[
        str | None, typer.Option("--currency", help="Currency of the amounts, such as USD.")
    ] = None,
    pack: PackRef = "handbook",
) -> None:
    """Guess a field map from exported files, and say what could not be placed.

    What a stage of the system means is never guessed: write the milestone behind each stage in the map.
    """
    if zone is not None and zone_of(zone) is None:
        raise ArgumentError(Fault("A-VALUE", f"no time zone `{zone}`", hint="such as Asia/Shanghai or UTC"))
    if output.exists():
        raise ArgumentError(Fault("A-OUTPUT", f"`{output}` is there already", hint="name another file"))
    engine = loaded_engine(pack, None)
    found = guess_map(folder, Wish(engine.model, engine.refused, system, zone, currency))
    with text_file(output) as stream:
        stream.write(found.text)
    _say(f"{output}: {found.door.title}, {found.notes.placed} fields filled")
    _listed("for you to decide:", found.notes.to_decide)
    _listed("without a place:", found.notes.unplaced)
    command = shlex.join(["kamrules", "assess", str(folder), "--map", str(output)])
    notes().print(escape(visible(f"next: {command}")), soft_wrap=True)


@map.command("check")
@guarded
def check(
    context: typer.Context,  # noqa: ARG001 - the contract of a command
    *,
    folder: Folder,
    map_file: Map,
    form: Annotated[Literal["text", "json"], typer.Option("--format", help="How to show it.")] = "text",
    pack: PackRef = "handbook",
) -> None:
    """Show what a map reads of an export, what it leaves out, and every cell it cannot read.

    Exit code 1 where a deal is rejected or a row belongs to no deal.
    """
    engine = loaded_engine(pack, None, map_file)
    found = reads_of(folder, Request(engine.model, "reject", map_file, refused=engine.refused))
    if form == "json":
        show_text(json.dumps(found.to_dict(), ensure_ascii=False, indent=1))
    else:
        _show(found)
    if found.rejected or found.strays:
        raise typer.Exit(FINDINGS)


@map.command("events")
@guarded
def events(
    context: typer.Context,  # noqa: ARG001 - the contract of a command
    *,
    folder: Folder,
    map_file: Map,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="A .jsonl or .csv file of events.")
    ],
    pack: PackRef = "handbook",
) -> None:
    """Turn the former values of a system into events, for `kamrules history`."""
    source = folder.resolve()
    keep_apart({"--output": output}, lambda place: source in {place, place.parent})
    engine = loaded_engine(pack, None, map_file)
    found = events_of_history(folder, Request(engine.model, "reject", map_file, refused=engine.refused))
    write_events(output, found.events)
    _say(f"{output}: {len(found.events)} events of {found.deals} deals")
    _listed("rows left out:", found.left_out)


def _show(found: Reads) -> None:
    _say(f"{found.deals} deals, {found.rejected} rejected, {len(found.strays)} rows of no deal")
    for one in found.files:
        _say(f"{one.file}: {one.rows} rows, fills {', '.join(one.fields) or 'nothing'}")
    _listed("left out by the map:", [str(one) for one in found.left_out])
    _listed("columns not read:", found.ignored)
    _listed("values that mean unknown:", found.unknown)
    _listed("cannot be read:", [str(fault) for fault in found.faults])


def _listed(title: str, lines: Sequence[str]) -> None:
    if not lines:
        return
    _say(title)
    for line in lines[:_SHOWN]:
        _say(f"  {line}")
    if len(lines) > _SHOWN:
        _say(f"  … {len(lines) - _SHOWN} more")


def _say(text: str) -> None:
    results().print(escape(visible(text)), soft_wrap=True)
