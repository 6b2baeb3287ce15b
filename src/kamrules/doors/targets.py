"""One column as the filling of one field: how its values are written, and which of them mean what.

A form of dates or numbers is taken only if it reads every value seen. A value of a picklist that nobody has
given a meaning stands in the map as null: it is unknown until its owner says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kamrules.doors.seen import plain
from kamrules.rules.lang import types as t
from kamrules.sheets.cells import CellError, FieldSpec, Reader
from kamrules.sheets.mapfile import Target
from kamrules.sheets.rewrite import rewriter

# Our choice: a longer list of values is no picklist but a text.
MAX_PICKLIST = 60
_SHOWN = 3
_MONTHS = 12
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/\d{4}\b")
_DATE_FORMS = (
    "iso", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y年%m月%d日", "epoch_ms",
    "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M", "%m/%d/%Y %I:%M %p", "%d/%m/%Y %I:%M %p", "%Y/%m/%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
)  # fmt: skip
_NUMBER_FORMS: tuple[dict[str, str], ...] = (
    {}, {"thousands": ","}, {"decimal": ",", "thousands": "."}, {"decimal": ","},
    {"thousands": " ", "decimal": ","}, {"thousands": "'"},
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filling:
    """A target of a map as plain data; `note` says what to check, `problem` why the column cannot fill."""

    target: dict[str, Any] = field(default_factory=dict)
    note: str = ""
    problem: str = ""


def filling(
    spec: FieldSpec,
    values: tuple[str, ...],
    meanings: Mapping[str, str | None] | None,
    zone: str | None,
    order: str | None,
) -> Filling:
    """Return how a column with these values fills a field.

    `meanings` are those a door knows; `order` tells days first from months first, as in `day_order`.
    """
    kind = spec.type
    if isinstance(kind, t.Enum) or (isinstance(kind, t.Bool) and meanings is not None):
        return picklist(spec, values, meanings or {})
    if isinstance(kind, t.Date | t.Timestamp):
        return _dated(spec, values, zone, order)
    if isinstance(kind, t.Int | t.Double | t.Money):
        return _numbered(spec, values)
    return Filling({"to": spec.name}, problem=_unreadable(spec, {}, values))


def picklist(spec: FieldSpec, values: tuple[str, ...], meanings: Mapping[str, str | None]) -> Filling:
    """Return a filling with a meaning, or null, for every value seen and every one the door knows."""
    if len(values) > MAX_PICKLIST:
        return Filling(problem=f"{len(values)} values are no picklist")
    allowed = spec.type.values if isinstance(spec.type, t.Enum) else ()
    by_plain = {plain(text): meaning for text, meaning in meanings.items()}
    own = {plain(text): text for text in allowed}
    table: dict[str, str | None] = {}
    for text in values:
        known = meanings.get(text, by_plain.get(plain(text)))
        table[text] = known if known is not None else own.get(plain(text))
    unknown = [text for text, meaning in table.items() if meaning is None]
    # What this export happens not to hold, the next one may.
    table |= {text: meaning for text, meaning in meanings.items() if text not in table}
    shown = ", ".join(unknown[:_SHOWN]) + (", …" if len(unknown) > _SHOWN else "")
    note = f"unknown until you say what is meant: {shown}" if unknown else ""
    return Filling({"to": spec.name, "values": table}, note=note)


def _dated(spec: FieldSpec, values: tuple[str, ...], zone: str | None, order: str | None) -> Filling:
    fits = [form for form in _DATE_FORMS if not _unreadable(spec, _with_zone({"date": form}, zone), values)]
    if not fits:
        return Filling(problem=f"{_first_bad(spec, {'date': 'iso'}, values)} is in no known form of a date")
    if len(fits) > 1 and fits[0] != "iso":
        ordered = [form for form in fits if order is not None and form.startswith(order)]
        if len(ordered) != 1:
            return Filling(problem=f"it reads as {' and as '.join(fits)}; say which in the map")
        fits = ordered
    date = {"date": fits[0]} if fits[0] != "iso" else {}
    return Filling({"to": spec.name, **_with_zone(date, zone)})


def day_order(columns: Iterable[Iterable[str]]) -> str | None:
    """Return whether days or months come first in the dates of a file; None if no date tells, or both."""
    found = set()
    for text in (text for column in columns for text in column):
        match = _SLASHED.match(text)
        if match is not None and int(match[1]) > _MONTHS >= int(match[2]):
            found.add("%d/%m")
        if match is not None and int(match[2]) > _MONTHS >= int(match[1]):
            found.add("%m/%d")
    return found.pop() if len(found) == 1 else None


def _with_zone(target: dict[str, Any], zone: str | None) -> dict[str, Any]:
    return {**target, "zone": zone} if zone is not None else target


def _numbered(spec: FieldSpec, values: tuple[str, ...]) -> Filling:
    for form in _NUMBER_FORMS:
        if not _unreadable(spec, form, values):
            return Filling({"to": spec.name, **form})
    return Filling(problem=_unreadable(spec, {}, values))


def _unreadable(spec: FieldSpec, form: Mapping[str, Any], values: Iterable[str]) -> str:
    """Return why the first of the values that cannot be read is none; empty if all can."""
    target = Target.model_validate({"to": spec.name, **form})
    reader = Reader(spec, rewriter(target, spec.type, "iso"))
    for text in values:
        try:
            reader.read(text)
        except CellError as problem:
            return problem.reason
    return ""


def _first_bad(spec: FieldSpec, form: Mapping[str, Any], values: tuple[str, ...]) -> str:
    return next((f"`{text}`" for text in values if _unreadable(spec, form, (text,))), "")
