"""A decision table as a grid of inputs and rules: what DMN and a workbook have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

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


def renamed(grid: Grid, name: str) -> Grid:
    """Return the grid under another id."""
    return replace(grid, id=name)
