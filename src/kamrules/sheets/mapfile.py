"""The field map: which files and columns of another system fill which fields of a deal, as a YAML file.

Everything that changes a value is written in the map, so that it can be reviewed: which values mean what,
which texts mean "missing", which misspelt keys are corrected, which columns and files are left out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from kamrules.errors import Fault, InputError
from kamrules.validation import faults_of
from kamrules.yamltext import Node, read_yaml

FORMAT_VERSION = 1
Text = Annotated[str, StringConstraints(min_length=1, max_length=500)]


def _file_name(value: str) -> str:
    if not value.lower().endswith((".csv", ".json")) or "/" in value or "\\" in value:
        message = "the name of a CSV or JSON file in the folder expected, such as `deals.csv`"
        raise ValueError(message)
    return value


def _as_text(value: Any) -> Any:
    """Read what YAML took for a number or a truth as the text it stands for."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _as_targets(value: Any) -> Any:
    items = value if isinstance(value, list) else [value]
    return [{"to": item} if isinstance(item, str) else item for item in items]


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


CellText = Annotated[str, BeforeValidator(_as_text)]
# Column names, each with the texts of its cells that count; upper and lower case are the same.
Only = dict[str, Annotated[list[CellText], BeforeValidator(_as_list)]]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Target(_Part):
    """The field a column fills, and how its cells are read.

    `values` is closed: a cell it does not list is a fault; null means missing. `date` is a format of
    `strptime`, `iso` for ISO 8601 with or without a time, or `epoch_ms`; `zone` is the time zone of times
    without one, and the one in which the day of a time is counted. `times` turns thousands into units.
    With `only` the cell fills its field in the rows alone whose other cells are among the texts given.
    """

    to: Text
    values: dict[str, CellText | None] | None = None
    missing: list[CellText] = Field(default_factory=list)
    date: Text | None = None
    zone: Text | None = None
    decimal: Literal[".", ","] = "."
    thousands: Literal[",", ".", " ", "'"] | None = None
    times: Annotated[int, Field(ge=1, le=1_000_000_000)] = 1
    only: Only = Field(default_factory=dict)


class SheetMap(_Part):
    """One file: the fields its columns fill, fixed values, corrections of dirty texts, columns left out.

    With `only` the rows alone count whose cells are among the texts given; the others are reported.
    """

    file: Annotated[str, AfterValidator(_file_name)]
    columns: dict[str, Annotated[list[Target], BeforeValidator(_as_targets)]] = Field(default_factory=dict)
    constants: dict[str, CellText] = Field(default_factory=dict)
    fixes: dict[str, dict[str, CellText]] = Field(default_factory=dict)
    ignore: list[Text] = Field(default_factory=list)
    only: Only = Field(default_factory=dict)
    separator: Literal[",", ";", "\t", "|"] = ","


class JoinMap(SheetMap):
    """A file with one row for many deals: column `on` of the deals names its row by column `key`.

    An empty cell joins nothing. A text without a row is a fault of the deal, unless `required` is false.
    """

    on: Text
    key: Text | None = None
    required: bool = True


class ListMap(SheetMap):
    """A file with many rows for a deal; each becomes an element of the list it is named after.

    With `split` the cells of `on` and `key` hold several ids, so that one row may belong to many deals.
    `joins` add to a row what another file says of the id in one of its columns. Where `required` is false,
    rows of no deal are counted instead of reported one by one, as in a list of all contacts. `empty` says
    whether a deal without a row is known to have none.
    """

    on: Text
    key: Text | None = None
    split: Literal[";", ",", "|"] | None = None
    required: bool = True
    empty: Literal["known", "unknown"] = "known"
    joins: dict[str, JoinMap] = Field(default_factory=dict)


class HistoryMap(_Part):
    """A file of former values, one row for each change of a deal: read by `kamrules map events`.

    `deal` and `at` are the columns of the deal's id and of the moment, `id` the one of the row's own id;
    `date` and `zone` say how the moment is written, as in a target. Either `columns` hold the values of then,
    or `field` and `value` are the columns that name a changed field and its new value, by `fields`. Both
    lead to a column of the deals, and a value means what it means there.
    """

    file: Annotated[str, AfterValidator(_file_name)]
    deal: Text
    at: Text
    id: Text | None = None
    columns: dict[str, Text] = Field(default_factory=dict)
    date: Text | None = None
    zone: Text | None = None
    field: Text | None = None
    value: Text | None = None
    fields: dict[str, Text] = Field(default_factory=dict)
    only: Only = Field(default_factory=dict)
    ignore: list[Text] = Field(default_factory=list)
    separator: Literal[",", ";", "\t", "|"] = ","


class FieldMap(_Part):
    """A whole field map; joins and lists have names of their own."""

    kamrules_map: Literal[1]
    about: Text | None = None
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None
    dates: Text | None = Field(default=None, description="format of every date without one of its own")
    deals: SheetMap
    joins: dict[str, JoinMap] = Field(default_factory=dict)
    lists: dict[str, Annotated[list[ListMap], BeforeValidator(_as_list)]] = Field(default_factory=dict)
    history: list[HistoryMap] = Field(default_factory=list)
    ignore_files: list[Text] = Field(default_factory=list)


def read_map(path: Path) -> tuple[FieldMap, Node]:
    """Return a field map and the places of its keys.

    Raises
    ------
    InputError
        With every structural fault of the map, each at line and column.
    """
    node = read_yaml(path, error=InputError)
    if not isinstance(node.value, dict):
        raise InputError(Fault("I-VALUE", "a field map is a mapping", node.span))
    try:
        return FieldMap.model_validate(node.data()), node
    except ValidationError as problem:
        raise InputError(faults_of(problem, FieldMap, node=node, prefix="I")) from None
