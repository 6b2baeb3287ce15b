"""`kamrules export PATH --to SYSTEM`: the verdicts as a file that a CRM imports."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from kamrules.arguments import day_or_today, loaded_engine
from kamrules.cli import FINDINGS, AsOf, BadValues, IgnoreColumns, Language, MapFile, PackRef, Params
from kamrules.console import notes
from kamrules.doors.back import write_back
from kamrules.doors.format import load_door
from kamrules.pipeline import assess_source, open_source
from kamrules.source import visible
from kamrules.wholefile import keep_apart, text_file

_SHOWN = 12


def export(  # noqa: PLR0913 - one argument for each option
    context: typer.Context,  # noqa: ARG001 - the contract of a command
    *,
    path: Annotated[str, typer.Argument(metavar="PATH", help="What `kamrules assess` reads.")],
    system: Annotated[
        str,
        typer.Option(
            "--to", metavar="SYSTEM", help="salesforce, hubspot, dynamics, odoo, generic, or a YAML file."
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The CSV file to write.")],
    as_of: AsOf = None,
    pack: PackRef = "handbook",
    param: Params = None,
    map_file: MapFile = None,
    bad_values: BadValues = "reject",
    ignore_column: IgnoreColumns = None,
    lang: Language = "en",
) -> None:
    """Write the verdicts with the record ids of a CRM, for its import of updates.

    UTF-8 with commas; a column for each verdict, named as the system names fields of one's own. Exit code 1
    where a deal is left out.
    """
    day = day_or_today(as_of)
    door = load_door(system)
    source = Path(path).resolve()
    keep_apart({"--output": output}, lambda place: source in {place, place.parent})
    engine = loaded_engine(pack, param, map_file)
    ignored = frozenset(ignore_column or ())
    reading = open_source(
        path, engine, map_path=map_file, bad_values=bad_values, ignored_columns=ignored, as_of=day
    )
    results = assess_source(engine, reading, as_of=day, bad_values=bad_values)
    with text_file(output) as stream:
        written = write_back(stream, results, engine, door, lang)
    console = notes()
    console.print(escape(visible(f"{output}: {written.records} records for {door.title}")), soft_wrap=True)
    for left_out in reading.left_out:
        console.print(escape(visible(str(left_out))), soft_wrap=True)
    for line in written.left_out[:_SHOWN]:
        console.print(escape(visible(f"left out: {line}")), soft_wrap=True)
    if len(written.left_out) > _SHOWN:
        console.print(f"… {len(written.left_out) - _SHOWN} more left out")
    if written.left_out:
        raise typer.Exit(FINDINGS)
