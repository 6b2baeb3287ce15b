"""One cell of text as the value of a field: by the field's type, exactly, with a plain reason if not.

An empty cell is a missing value, which is unknown. Nothing is guessed: `1,000` is no number and
`31/03/2026` no date unless a field map says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any, cast

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from kamrules.errors import nearest
from kamrules.records.base import parse_amount
from kamrules.rules.lang import types as t
from kamrules.rules.schema import object_of
from kamrules.validation import model_in, shown

YES = frozenset({"yes", "true", "1", "是"})
NO = frozenset({"no", "false", "0", "否"})
LIST_SEPARATOR = ";"
EMPTY_LIST = "[]"  # an empty cell is unknown, so a list known to be empty needs a sign of its own

_INT = re.compile(r"[+-]?[0-9]{1,30}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Cells repeat (enums, days, yes/no); more distinct texts than this in a column are not kept.
_MEMORY = 4096


class CellError(ValueError):
    """A cell does not hold a value of its field; `args` are the reason and the hint."""

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason, hint)
        self.reason = reason
        self.hint = hint


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field of a record: its path from the record, its language type, and the limits in its declaration."""

    path: tuple[str, ...]
    type: t.Type
    info: FieldInfo = field(compare=False, repr=False)

    @property
    def name(self) -> str:
        """The path with dots."""
        return ".".join(self.path)


def fields_of(model: type[BaseModel], *, prefix: tuple[str, ...] = ()) -> dict[str, FieldSpec]:
    """Return every field a cell can fill: plain fields and, dotted, those of single sub-records."""
    found: dict[str, FieldSpec] = {}
    for member in object_of(model).members:
        info = model.model_fields[member.name]
        path = (*prefix, member.name)
        inner = model_in(info.annotation)
        if inner is None:
            spec = FieldSpec(path, member.type, info)
            found[spec.name] = spec
        elif isinstance(member.type, t.Object):
            found |= fields_of(inner, prefix=path)
    return found


def lists_of(model: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """Return the fields of a record that hold lists of records, with the record model of each."""
    found: dict[str, type[BaseModel]] = {}
    for member in object_of(model).members:
        inner = model_in(model.model_fields[member.name].annotation)
        if inner is not None and isinstance(member.type, t.ListOf):
            found[member.name] = inner
    return found


def _adapter(info: FieldInfo) -> TypeAdapter[Any]:
    annotation: Any = info.annotation
    if info.metadata:
        annotation = cast("Any", Annotated)[(annotation, *info.metadata)]
    return TypeAdapter(annotation, config=ConfigDict(strict=True, allow_inf_nan=False))


@dataclass(slots=True)
class Reader:
    """Reads the cells of one column; `prepare` rewrites a text before it is read, None drops it."""

    spec: FieldSpec
    prepare: Callable[[str], str | None] | None = None
    _known: dict[str, Any] = field(default_factory=dict)
    _limits: TypeAdapter[Any] = field(init=False)

    def __post_init__(self) -> None:
        self._limits = _adapter(self.spec.info)

    def read(self, cell: str) -> Any:
        """Return the value of a cell, None when it is missing; raise `CellError` when it is neither."""
        if cell in self._known:
            return self._known[cell]
        value = self._read(cell)
        if len(self._known) < _MEMORY and not isinstance(value, list):
            self._known[cell] = value
        return value

    def _read(self, cell: str) -> Any:
        text: str | None = cell.strip()
        if text and self.prepare is not None:
            text = self.prepare(text)
        if not text:
            return None
        try:
            value = read_text(text, self.spec.type)
        except CellError as problem:
            if text == cell.strip():
                raise
            raise CellError(f"{problem.reason} (the cell is {shown(cell)})", problem.hint) from None
        try:
            return self._limits.validate_python(value)
        except ValidationError as problem:
            reason = problem.errors(include_url=False)[0]["msg"].removeprefix("Input should be ")
            raise CellError(f"{shown(cell)} given, {reason[:1].lower()}{reason[1:]} expected") from None


def read_text(text: str, kind: t.Type) -> Any:
    """Return `text` as a value of the language type `kind`; raise `CellError` if it is none."""
    match kind:
        case t.Enum(values):
            return _enum(text, values)
        case t.ListOf(element):
            items = [] if text == EMPTY_LIST else text.split(LIST_SEPARATOR)
            return [read_text(item.strip(), element) for item in items if item.strip()]
        case t.Money(currency):
            try:
                return parse_amount(text, currency)
            except ValueError as problem:
                raise CellError(f"{shown(text)} given, {problem}") from None
    read = _PLAIN.get(type(kind))
    if read is None:
        raise CellError(f"a cell cannot hold a {t.describe(kind)}")
    value = read(text)
    if value is None:
        raise CellError(f"{shown(text)} given, {_EXPECTED[type(kind)]} expected")
    return value


def _enum(text: str, values: Sequence[str]) -> str:
    if text in values:
        return text
    raise CellError(f"{shown(text)} is not one of {', '.join(values)}", nearest(text, values))


def _bool(text: str) -> bool | None:
    folded = text.casefold()
    return True if folded in YES else False if folded in NO else None


def _int(text: str) -> int | None:
    return int(text) if _INT.fullmatch(text) else None


def _double(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


_PLAIN: dict[type, Callable[[str], Any]] = {
    t.Bool: _bool,
    t.Int: _int,
    t.Double: _double,
    t.Date: _date,
    t.Timestamp: _moment,
    t.String: str,
}
_EXPECTED: dict[type, str] = {
    t.Bool: "yes or no",
    t.Int: "a whole number such as 12",
    t.Double: "a number such as 0.75",
    t.Date: "a date such as 2026-03-31",
    t.Timestamp: "a time with its zone such as 2026-03-31T09:30:00+08:00",
    t.String: "a text",
}
