"""A pack made ready to run: every name resolved, every condition typed and reduced to the core tree.

A Plan is plain frozen data. Engines compile it, `explain` reads it, and its `hash` says which rules gave a
verdict.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from kamrules.rules.lang.core import Field, Node, Var
from kamrules.rules.lang.types import Object

HitPolicy = Literal["first", "unique", "collect"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One named condition. Its truth is NA where `applies` is false, else Kleene `!applies || when`."""

    id: str
    when: Node
    applies: Node | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a decision table: `output` where `when` holds."""

    id: str
    when: Node
    output: str


@dataclass(frozen=True, slots=True)
class Table:
    """A decision table; see `verdict.TableRows` for what the hit policies mean under unknowns."""

    id: str
    hit: HitPolicy
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Flag:
    """`points` if `when` is true, 0 if false, the interval between if unknown."""

    id: str
    points: float
    when: Node


@dataclass(frozen=True, slots=True)
class Scale:
    """`points` x clamp((value - low) / (high - low), 0, 1); unknown value: the interval from 0 to points."""

    id: str
    points: float
    value: Node
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Share:
    """`points` x (elements with `when` true / all elements); 0 for an empty list.

    Unknown elements widen the interval; a missing list gives the interval from 0 to points.
    """

    id: str
    points: float
    range: Field
    var: Var
    when: Node


@dataclass(frozen=True, slots=True)
class Mean:
    """`points` x weighted mean of a text value mapped to numbers; 0 for an empty list or zero weight.

    `mapping` gives each text its number, `weight` is a field >= 0 (None: every element weighs 1), at most
    `weight_max`. An unknown value is any of the mapped numbers, an unknown weight anything from 0 to
    `weight_max`; a missing list gives points x [smallest, largest number, 0 included].
    """

    id: str
    points: float
    range: Field
    var: Var
    value: Node
    mapping: tuple[tuple[str, float], ...]
    weight: Node | None
    weight_max: float


Entry = Flag | Scale | Share | Mean


@dataclass(frozen=True, slots=True)
class Scorecard:
    """`base` plus the points of its entries; Points(low, high) are the sums of their ends."""

    id: str
    entries: tuple[Entry, ...]
    base: float = 0.0


@dataclass(frozen=True, slots=True)
class Ladder:
    """A fact whose `values` have an order, worst first: a field of the record, or of elements of `range`."""

    field: Field
    values: tuple[str, ...]
    range: Field | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What an engine compiles: the record's type and the rules, tables and scorecards over it.

    `root` is the name of the record in conditions; `hash` is the content hash of the pack it came from.
    """

    schema: Object
    rules: tuple[Rule, ...]
    tables: tuple[Table, ...] = ()
    scorecards: tuple[Scorecard, ...] = ()
    root: str = "deal"
    hash: str = field(default="", compare=False)
