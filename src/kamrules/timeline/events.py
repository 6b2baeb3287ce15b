"""What happened to a deal, as typed events: when it became true, and when it was recorded.

`effective_on` is the day a fact became true in the world, `recorded_at` the moment the system learnt of it
(UTC; a bare date is its midnight). Values are plain JSON: a day is a text such as `2026-05-31`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    model_validator,
)
from pydantic_core import PydanticCustomError

from kamrules.records.base import Day, Evidence, Moment
from kamrules.timeline.paths import EVIDENCE, place_of

# A key such as `#2` is a place in a list, for elements without an id of their own.
PLACE = "#"
_MAX_DEPTH = 20


def plain(value: Any, depth: int = 0) -> Any:
    """Return a value as plain JSON; raise for what JSON does not have."""
    if depth > _MAX_DEPTH:
        raise PydanticCustomError("deep", "the value is nested too deeply")
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise PydanticCustomError("moment", "a time needs its zone, such as 2026-03-31T09:30:00+08:00")
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping) and all(isinstance(name, str) for name in value):
        return {name: plain(inner, depth + 1) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner, depth + 1) for inner in value]
    if (
        value is None
        or isinstance(value, bool | int | str)
        or (isinstance(value, float) and math.isfinite(value))
    ):
        return value
    raise PydanticCustomError("plain", "a JSON value is expected")


def _recorded(value: Any) -> Any:
    """Read a bare date as its midnight in UTC."""
    if isinstance(value, str) and len(value.strip()) == len("2026-03-31"):
        try:
            value = date.fromisoformat(value.strip())
        except ValueError:
            return value
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return value


def _path(value: Any) -> Any:
    if isinstance(value, str):
        place = place_of(value)
        if place is None:
            message = "a path such as deal.account.rank_sales or deal.stakeholders[P1].stance is expected"
            raise PydanticCustomError("path", message)
        if place.steps == ("id",):
            raise PydanticCustomError("path", "an id never changes")
        if EVIDENCE in place.steps[:-2] or place.steps[-1] == EVIDENCE:
            raise PydanticCustomError("path", "evidence of one field is expected: deal.evidence.milestone")
    return value


def _fields(value: dict[str, Any]) -> dict[str, Any]:
    if EVIDENCE in value:
        raise PydanticCustomError("fields", "evidence stands beside the fields, not among them")
    return value


KEY, MAX_KEY = r"^[^\[\]\s](?:[^\[\]\n]*[^\[\]\s])?$", 200
Key = Annotated[str, StringConstraints(min_length=1, max_length=MAX_KEY, pattern=KEY)]
Name = Annotated[str, StringConstraints(pattern=r"^\w+$", max_length=200)]
Path = Annotated[str, BeforeValidator(_path)]
Value = Annotated[Any, BeforeValidator(plain)]
Fields = Annotated[
    dict[Name, Value], BeforeValidator(lambda value: _fields(value) if isinstance(value, dict) else value)
]
Recorded = Annotated[Moment, BeforeValidator(_recorded)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class SetFact(_Part):
    """A fact has a value. Evidence of its former value goes; an object is replaced as a whole."""

    type: Literal["fact_set"] = "fact_set"
    path: Path
    value: Value
    evidence: Evidence | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.value is None:
            raise PydanticCustomError(
                "value", "null is no value: give fact_cleared for a fact that became unknown"
            )
        steps = _steps(self.path)
        if EVIDENCE in steps:
            Evidence.model_validate(self.value)
        is_list = isinstance(self.value, list) and any(isinstance(one, dict) for one in self.value)
        if is_list and len(steps) == 1 and "[" not in self.path:
            raise PydanticCustomError("value", "give an item_added for each element of a list")
        return self


class ClearFact(_Part):
    """A fact, an object or a whole list became unknown."""

    type: Literal["fact_cleared"] = "fact_cleared"
    path: Path


class _OfItem(_Part):
    list: Name
    item: Key


class _WithFields(_OfItem):
    fields: Fields = Field(default_factory=dict)
    evidence: dict[Name, Evidence] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _has_its_id(self) -> Self:
        if "id" in self.fields and self.fields["id"] != self.item and not self.item.startswith(PLACE):
            raise PydanticCustomError("item", "the id among the fields is not the item's")
        return self


class AddItem(_WithFields):
    """A list has one more item. Its list is known from then on."""

    type: Literal["item_added"] = "item_added"


class ChangeItem(_WithFields):
    """Fields of an item have new values; null makes one unknown."""

    type: Literal["item_changed"] = "item_changed"


class RemoveItem(_OfItem):
    """An item is gone with all its fields."""

    type: Literal["item_removed"] = "item_removed"


class KnowList(_Part):
    """A list is known; without items it is known to be empty."""

    type: Literal["list_known"] = "list_known"
    list: Name


class _Dated(_Part):
    """An item of one list that happened on the effective day: its `on` unless the fields say another."""

    item: Key
    fields: Fields = Field(default_factory=dict)
    evidence: dict[Name, Evidence] = Field(default_factory=dict)


class Approve(_Dated):
    """A desk decided: an item of `approvals`."""

    type: Literal["approval"] = "approval"


class Meet(_Dated):
    """An internal meeting was held: an item of `meetings`."""

    type: Literal["meeting"] = "meeting"


class File(_Dated):
    """A form was filed: an item of `documents` whose type is `form`."""

    type: Literal["form"] = "form"
    form: str


Change = Annotated[
    SetFact | ClearFact | AddItem | ChangeItem | RemoveItem | KnowList | Approve | Meet | File,
    Field(discriminator="type"),
]


class _Recorded(_Part):
    """`id` is unique among the events of a deal: the same one twice counts once. `by` is who recorded it."""

    id: Key
    deal_id: Key
    recorded_at: Recorded
    by: str | None = None

    @cached_property
    def content(self) -> str:
        """The event as JSON text with sorted keys: equal for equal events."""
        return json.dumps(to_dict(self), ensure_ascii=False, sort_keys=True)


class _Happened(_Recorded):
    effective_on: Day


class FactSet(_Happened, SetFact):
    """Event: see `SetFact`."""


class FactCleared(_Happened, ClearFact):
    """Event: see `ClearFact`."""


class ItemAdded(_Happened, AddItem):
    """Event: see `AddItem`."""


class ItemChanged(_Happened, ChangeItem):
    """Event: see `ChangeItem`."""


class ItemRemoved(_Happened, RemoveItem):
    """Event: see `RemoveItem`."""


class ListKnown(_Happened, KnowList):
    """Event: see `KnowList`."""


class Approval(_Happened, Approve):
    """Event: see `Approve`."""


class Meeting(_Happened, Meet):
    """Event: see `Meet`."""


class Form(_Happened, File):
    """Event: see `File`."""


class Correction(_Recorded):
    """An earlier event was wrong: `replacement` is what it should have said; without one it is void.

    `effective_on` moves the corrected event to another day. The event keeps its own place in the order of
    recording.
    """

    type: Literal["correction"] = "correction"
    corrects: Key
    replacement: Change | None = None
    effective_on: Day | None = None


Event = Annotated[
    FactSet
    | FactCleared
    | ItemAdded
    | ItemChanged
    | ItemRemoved
    | ListKnown
    | Approval
    | Meeting
    | Form
    | Correction,
    Field(discriminator="type"),
]
EVENT: TypeAdapter[Event] = TypeAdapter(Event)
TYPES = ("fact_set", "fact_cleared", "item_added", "item_changed", "item_removed", "list_known", "approval",
         "meeting", "form", "correction")  # fmt: skip


def _steps(path: str) -> tuple[str, ...]:
    place = place_of(path)
    return place.steps if place is not None else ()


def to_dict(event: BaseModel) -> dict[str, Any]:
    """Return an event as plain JSON, without what is left at its default.

    Examples
    --------
    >>> event = FactSet(id="E1", deal_id="D1", path="deal.milestone", value="M2",
    ...     effective_on="2026-05-04", recorded_at="2026-05-06")
    >>> to_dict(event)["recorded_at"]
    '2026-05-06T00:00:00Z'
    """
    found = event.model_dump(mode="json", exclude_defaults=True)
    if isinstance(event, Correction) and event.replacement is not None:
        found["replacement"] = to_dict(event.replacement)
    kind: Any = getattr(event, "type", None)
    return {"type": kind, **found}
