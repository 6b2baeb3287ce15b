"""`kamrules table`: decision tables of a pack as DMN or as a workbook, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from kamrules.cli import PackRef, guarded
from kamrules.console import notes, results
from kamrules.decisions.dmn import read_dmn, to_dmn
from kamrules.decisions.grid import Grid, renamed
from kamrules.decisions.inward import pack_section, section_text
from kamrules.decisions.outward import of_pack
from kamrules.engine import load_pack
from kamrules.errors import ArgumentError, Fault
from kamrules.source import visible
from kamrules.wholefile import text_file

table = typer.Typer(no_args_is_help=True, help="Decision tables as DMN 1.3 or as a workbook, and back.")
_DMN = frozenset({".dmn", ".xml"})
_WORKBOOK = ".xlsx"


@table.command("export")
@guarded
def export(
    context: typer.Context,  # noqa: ARG001 - the contract of a command
    *,
    pack: Annotated[str, typer.Argument(metavar="PACK", help="A shipped pack, a pack file or its folder.")],
    name: Annotated[str, typer.Option("--id", metavar="TABLE", help="Id of the table.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="A .dmn or .xlsx file.")],
) -> None:
    """Write a table of a pack as DMN 1.3 or as a workbook, and name what neither can carry."""
    _known(output)
    grid = of_pack(load_pack(pack), name)
    if output.suffix.lower() == _WORKBOOK:
        from kamrules.decisions.workbook import write_workbook  # noqa: PLC0415 - needs an extra

        write_workbook(output, grid)
    else:
        with text_file(output) as stream:
            stream.write(to_dmn(grid))
    _say(f"{output}: {len(grid.columns)} inputs, {len(grid.rules)} rules, hit policy {grid.hit}")
    _name_losses(grid.notes)


@table.command("import")
@guarded
def import_(  # noqa: PLR0913 - one argument for each option
    context: typer.Context,  # noqa: ARG001 - the contract of a command
    *,
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A .dmn, .xml or .xlsx file.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The YAML to write.")],
    name: Annotated[
        str | None, typer.Option("--id", metavar="TABLE", help="The decision to read, by id or name.")
    ] = None,
    rename: Annotated[str | None, typer.Option("--as", metavar="ID", help="Id of the table to make.")] = None,
    inputs: Annotated[
        list[str] | None,
        typer.Option("--input", metavar="NAME=PATH", help="The path an input stands for; may be repeated."),
    ] = None,
    pack: PackRef = "handbook",
) -> None:
    """Write a decision table as a part of a pack, to be named under its `include`.

    A missing input makes a row unknown, where DMN takes it for one that does not fire.
    """
    _known(path)
    if output.exists():
        raise ArgumentError(Fault("A-OUTPUT", f"`{output}` is there already", hint="name another file"))
    grid = _read(path, name)
    grid = renamed(grid, rename) if rename is not None else grid
    section = pack_section(grid, load_pack(pack), dict(map(_pair, inputs or [])))
    with text_file(output) as stream:
        stream.write(section_text(section))
    _say(f"{output}: table {grid.id}, {len(grid.rules)} rows")
    _name_losses(section.notes)
    notes().print(
        escape(visible(f"next: name {output.name} under `include` of a pack, then kamrules check it")),
        soft_wrap=True,
    )


def _read(path: Path, name: str | None) -> Grid:
    if path.suffix.lower() == _WORKBOOK:
        if name is not None:
            raise ArgumentError(Fault("A-VALUE", "--id given, a workbook holds one table"))
        from kamrules.decisions.workbook import read_workbook  # noqa: PLC0415 - needs an extra

        return read_workbook(path)
    return read_dmn(path, name)


def _known(path: Path) -> None:
    if path.suffix.lower() not in {*_DMN, _WORKBOOK}:
        raise ArgumentError(Fault("A-VALUE", f"`{path}` given, a .dmn, .xml or .xlsx file is expected"))


def _pair(text: str) -> tuple[str, str]:
    name, sign, path = text.rpartition("=")
    if not sign or not name.strip() or not path.strip():
        raise ArgumentError(Fault("A-VALUE", f"`{text}` given for --input, NAME=PATH expected"))
    return name.strip(), path.strip()


def _name_losses(found: tuple[str, ...]) -> None:
    for note in found:
        _say(f"not carried: {note}")


def _say(text: str) -> None:
    results().print(escape(visible(text)), soft_wrap=True)
