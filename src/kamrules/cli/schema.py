"""`kamrules schema NAME`: the JSON Schema of what kamrules reads and writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from kamrules.arguments import loaded_engine
from kamrules.console import results
from kamrules.engine import json_schema, load_pack
from kamrules.schemas import cases_schema, pack_schema
from kamrules.sheets.mapfile import FieldMap
from kamrules.wholefile import text_file

Name = Literal["assessment", "deal", "pack", "cases", "map"]


def schema(
    context: typer.Context,  # noqa: ARG001 - the contract of a command
    *,
    name: Annotated[Name, typer.Argument(help="What to describe.")] = "assessment",
    pack: Annotated[
        str | None,
        typer.Option("--pack", help="A pack whose ids and fields a pack, cases or a deal may name."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write to a file.")
    ] = None,
) -> None:
    """Print the JSON Schema of an assessment, a deal, a pack, cases or a field map.

    An editor completes, explains and underlines by it. With --pack it completes the ids of that pack, too.
    """

    def of_deal() -> dict[str, Any]:
        return loaded_engine(pack or "handbook", None).model.model_json_schema()

    makers: dict[Name, Callable[[], dict[str, Any]]] = {
        "assessment": json_schema,
        "deal": of_deal,
        "pack": lambda: pack_schema(load_pack(pack) if pack is not None else None),
        "cases": lambda: cases_schema(loaded_engine(pack, None) if pack is not None else None),
        "map": FieldMap.model_json_schema,
    }
    text = json.dumps(makers[name](), ensure_ascii=False, indent=2)
    if output is None:
        results().out(text, highlight=False)
    else:
        with text_file(output) as stream:
            stream.write(text + "\n")
