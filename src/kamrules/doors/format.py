"""What kamrules knows of one CRM, as a YAML file: its files, columns, picklist values, import columns."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from kamrules.errors import ArgumentError, Fault, InputError, nearest
from kamrules.validation import faults_of
from kamrules.yamltext import read_yaml

Text = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Status = Literal["open", "shelved", "won", "lost", "cancelled"]
Verdict = Literal[
    "claimed", "supported", "possible", "claim", "blockers", "unknowns", "tier", "health_low", "health_score",
    "health_high", "grade", "red_lines", "breaches", "ask_first", "as_of", "pack",
]  # fmt: skip


def _as_column(value: Any) -> Any:
    return value if isinstance(value, dict) else {"from": value}


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Source(_Part):
    """The columns that may fill one field, best first, and what their picklist values mean.

    `when` limits a date to deals that are over, or to those that are not.
    """

    names: list[Text] = Field(alias="from")
    values: dict[str, str | None] = Field(default_factory=dict)
    when: Literal["open", "closed"] | None = None


class Stage(_Part):
    """The column of the stage, the columns that say it is over, and the stages every new account has."""

    names: list[Text] = Field(alias="from")
    closed: list[Text] = Field(default_factory=list)
    won: list[Text] = Field(default_factory=list)
    known: dict[str, Status] = Field(default_factory=dict)


class SheetShape(_Part):
    """One kind of file: usual names, and sets of columns of which one set, all of it, tells the kind."""

    files: list[Text]
    marks: list[list[Text]]
    columns: dict[str, Annotated[Source, BeforeValidator(_as_column)]] = Field(default_factory=dict)
    constants: dict[str, str] = Field(default_factory=dict)
    only: dict[str, list[str]] = Field(default_factory=dict)


class DealShape(SheetShape):
    """The file of the deals."""

    stage: Stage | None = None
    currency: list[Text] = Field(default_factory=list)


class JoinShape(SheetShape):
    """A file with one row for many: which columns of the naming file hold which column of this one."""

    on: list[Text]
    key: list[Text]


class ListShape(JoinShape):
    """A file with many rows for a deal; `on` are columns of the deals. See `ListMap` for the rest."""

    split: Literal[";", ",", "|"] | None = None
    joins: dict[str, JoinShape] = Field(default_factory=dict)


class HistoryShape(_Part):
    """A file of former values; `columns` and `fields` lead from its names to columns of the deals."""

    files: list[Text]
    marks: list[list[Text]]
    deal: list[Text]
    at: list[Text]
    id: list[Text] = Field(default_factory=list)
    field: list[Text] = Field(default_factory=list)
    value: list[Text] = Field(default_factory=list)
    columns: list[Text] = Field(default_factory=list)


class Back(_Part):
    """The columns of an import file: that of the record's id, and those of the verdicts."""

    id: Text
    columns: dict[Verdict, Text]


class Door(_Part):
    """One system."""

    kamrules_door: Literal[1]
    id: Text
    title: Text
    sources: list[Text] = Field(default_factory=list)
    deals: DealShape
    joins: dict[str, JoinShape] = Field(default_factory=dict)
    lists: dict[str, list[ListShape]] = Field(default_factory=dict)
    history: list[HistoryShape] = Field(default_factory=list)
    back: Back


def shipped_doors() -> tuple[str, ...]:
    """Return the ids of the systems kamrules knows."""
    folder = files("kamrules.doors").joinpath("systems")
    return tuple(sorted(item.name.removesuffix(".yaml") for item in folder.iterdir()))


def load_door(name: str | Path) -> Door:
    """Return a shipped door by its id, or one of a YAML file.

    Raises
    ------
    ArgumentError
        A-VALUE when there is neither.
    InputError
        With every fault of the file.

    Examples
    --------
    >>> load_door("salesforce").back.id
    'Id'
    """
    known = shipped_doors()
    path = Path(str(files("kamrules.doors").joinpath("systems", f"{name}.yaml")))
    if name not in known:
        path = Path(name)
        if not path.is_file():
            hint = nearest(str(name), known) or "a YAML file of a door may be given, too"
            raise ArgumentError(
                Fault("A-VALUE", f"`{name}` is no system, {', '.join(known)} expected", hint=hint)
            )
    node = read_yaml(path, error=InputError)
    try:
        return Door.model_validate(node.data())
    except ValidationError as problem:
        raise InputError(faults_of(problem, Door, node=node, prefix="I")) from None
