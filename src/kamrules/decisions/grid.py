"""A decision table as a grid of inputs and rules: what DMN and a workbook have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from pydantic import BaseModel

from kamrules.rules.lang import types as t
from kamrules.rules.schema import object_of

Hit = Literal["UNIQUE", "ANY", "PRIORITY", "FIRST", "COLLECT"]
HITS: tuple[str, ...] = get_args(Hit)


@dataclass(frozen=True, slots=True)
class Column:
    """An input; `is_feel` is false for one in the pack's own language."""

    expression: str
    is_feel: bool = True
    type: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A row: a cell for each input, as FEEL, and the output as a text; `notes` are annotations by name."""

    id: str
    cells: tuple[str, ...]
    output: str
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Grid:
    """A whole table; `outputs` are all values in order of priority, `default` the one if no rule holds."""

    id: str
    title: str
    hit: Hit
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...]
    outputs: tuple[str, ...] = ()
    default: str | None = None
    notes: tuple[str, ...] = ()


# Gives the type of a path such as `deal.account.tier`; None where it is not known.
KindOf = Callable[[str], t.Type | None]


def kinds_of(model: type[BaseModel]) -> KindOf:
    """Return what gives the types of paths of a deal."""
    root = object_of(model)

    def kind_of(path: str) -> t.Type | None:
        first, *steps = path.split(".")
        kind: t.Type | None = root if first == "deal" else None
        for step in steps:
            member = kind.member(step) if isinstance(kind, t.Object) else None
            kind = member.type if member is not None else None
        return kind

    return kind_of


def renamed(grid: Grid, name: str) -> Grid:
    """Return the grid under another id."""
    return replace(grid, id=name)
