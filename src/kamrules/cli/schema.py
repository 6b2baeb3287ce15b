"""`kamrules schema NAME`: the JSON Schema of what kamrules reads and writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any, Literal

import typer

from kamrules.casefile import CasesSpec
from kamrules.cli import PackRef, loaded_engine, results
from kamrules.engine import json_schema
from kamrules.rules.packformat import pack_json_schema
from kamrules.sheets.mapfile import FieldMap

Name = Literal["assessment", "deal", "pack", "cases", "map"]


def schema(
    context: typer.Context,  # noqa: ARG001 - the contract of a command
    *,
    name: Annotated[Name, typer.Argument(help="What to describe.")] = "assessment",
    pack: PackRef = "handbook",
) -> None:
    """Print the JSON Schema of an assessment, a deal (with the pack's fields), a pack, cases or a map."""

    def of_deal() -> dict[str, Any]:
        return loaded_engine(pack, None).model.model_json_schema()

    makers: dict[Name, Callable[[], dict[str, Any]]] = {
        "assessment": json_schema,
        "deal": of_deal,
        "pack": pack_json_schema,
        "cases": CasesSpec.model_json_schema,
        "map": FieldMap.model_json_schema,
    }
    results().out(json.dumps(makers[name](), ensure_ascii=False, indent=2), highlight=False)
