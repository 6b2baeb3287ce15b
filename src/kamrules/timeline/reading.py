"""One event out of plain data, and as a row of a table; what does not fit is told field by field."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ValidationError

from kamrules.errors import Fault, RecordError, nearest
from kamrules.jsontext import JsonTextError, parse_json
from kamrules.timeline import events as e
from kamrules.timeline.paths import ROOT
from kamrules.validation import faults_of, shown

# A table of events has these columns. `path` is that of the fact, or `deal.LIST` for an item; `value` and
# `evidence` are JSON: the value of the fact, the fields of the item, the replacement of a correction.
COLUMNS = (
    "id",
    "deal_id",
    "type",
    "path",
    "item",
    "value",
    "evidence",
    "effective_on",
    "recorded_at",
    "by",
    "corrects",
)
NEEDED = ("id", "deal_id", "type", "path", "item", "value", "effective_on", "recorded_at")
_MODELS: dict[str, type[BaseModel]] = {
    "fact_set": e.FactSet,
    "fact_cleared": e.FactCleared,
    "item_added": e.ItemAdded,
    "item_changed": e.ItemChanged,
    "item_removed": e.ItemRemoved,
    "list_known": e.ListKnown,
    "approval": e.Approval,
    "meeting": e.Meeting,
    "form": e.Form,
    "correction": e.Correction,
}
_JSON = ("value", "evidence")
_FACTS = ("fact_set", "fact_cleared")
DATED = ("approval", "meeting", "form")


def event_of(data: Any) -> e.Event:
    """Return the event that plain data says, as of a line of JSON.

    Raises
    ------
    RecordError
        R-*: with every field that does not fit.
    """
    if not isinstance(data, Mapping):
        raise RecordError(Fault("R-JSON", "an event is an object in braces, another value is given"))
    kind = data.get("type")
    model = _MODELS.get(kind) if isinstance(kind, str) else None
    if model is None:
        expected = f"one of {', '.join(_MODELS)} expected"
        seen = f"{shown(kind)} given" if kind is not None else "`type` is missing"
        fault = Fault("R-VALUE", f"{seen}, {expected}", where="type", hint=nearest(str(kind), _MODELS))
        raise RecordError(fault)
    try:
        found: e.Event = e.EVENT.validate_python(dict(data))
    except ValidationError as problem:
        faults = faults_of(problem, model)
        raise RecordError([_without_tags(fault, kind) for fault in faults]) from None
    return found


def _without_tags(fault: Fault, kind: Any) -> Fault:
    """Return the fault with its place in the event: pydantic names the member of the union first."""
    steps = [step for step in fault.where.removeprefix(kind).lstrip(".").split(".") if step]
    if steps[:1] == ["replacement"] and len(steps) > 1 and steps[1] in _MODELS:
        del steps[1]
    return replace(fault, where=".".join(steps))


def to_row(event: e.Event) -> dict[str, Any]:
    """Return an event as a row of a table, with the columns of `COLUMNS`; None where it has nothing."""
    data = e.to_dict(event)
    kind = data["type"]
    row = {name: data.get(name) for name in COLUMNS}
    if kind == "correction":
        row["value"] = data.get("replacement")
    elif kind not in _FACTS:
        if kind not in DATED:
            row["path"] = f"{ROOT}.{data['list']}"
        row["value"] = data.get("fields")
        if kind == "form":
            row["value"] = {"type": data["form"], **data.get("fields", {})}
    for name in _JSON:
        if row[name] is not None:
            row[name] = json.dumps(row[name], ensure_ascii=False, sort_keys=True)
    return row


def data_of_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of a table as the plain data of an event; None and the empty text are nothing.

    Raises
    ------
    RecordError
        R-JSON for a cell that is not the JSON it should be.
    """
    data = {name: value for name, value in row.items() if value is not None and value != ""}
    faults = []
    for name in _JSON:
        if name in data and isinstance(data[name], str):
            try:
                data[name] = parse_json(data[name].encode("utf-8", "surrogatepass"))
            except JsonTextError as problem:
                faults.append(Fault(f"R-{problem.code}", problem.reason, where=name))
    if faults:
        raise RecordError(faults)
    kind = data.get("type")
    if kind == "correction" and "value" in data:
        data["replacement"] = data.pop("value")
    elif kind in _MODELS and kind not in _FACTS:
        if kind not in DATED and "path" in data:
            data["list"] = str(data.pop("path")).removeprefix(f"{ROOT}.")
        if "value" in data:
            data["fields"] = data.pop("value")
        if kind == "form" and isinstance(data.get("fields"), dict) and "type" in data["fields"]:
            data["form"] = data["fields"].pop("type")
    return data
