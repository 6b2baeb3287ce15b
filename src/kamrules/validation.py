"""pydantic's complaints as our faults: code, place, what was seen, what was expected, nearest name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from kamrules.errors import Fault, nearest
from kamrules.yamltext import Node

_SHOWN = 60
_UNKNOWN_NAME = "extra_forbidden"


def faults_of(
    error: ValidationError,
    model: type[BaseModel],
    *,
    node: Node | None = None,
    prefix: str = "R",
    where: str = "",
) -> list[Fault]:
    """Return one fault per complaint of `error` against `model`.

    With `node` (the YAML node that was validated) a fault has line and column, otherwise `where` is the
    path inside the record such as `stakeholders[2].influence`.
    """
    faults = []
    for item in error.errors(include_url=False):
        loc = item["loc"]
        path = path_text(loc)
        place = ".".join(part for part in (where, path) if part)
        kind, message, hint = _wording(item, model)
        found = node.find(loc) if node is not None else None
        span = None
        if found is not None:
            span = found.key_span if kind == "FIELD" and found.key_span else found.span
        faults.append(Fault(f"{prefix}-{kind}", message, span, place, hint))
    return faults


def path_text(loc: Sequence[int | str]) -> str:
    """Return a record path such as `stakeholders[2].influence` for a pydantic location."""
    text = ""
    for step in loc:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.lstrip(".")


def _wording(item: Any, model: type[BaseModel]) -> tuple[str, str, str]:
    loc, kind, seen = item["loc"], item["type"], item.get("input")
    if kind == _UNKNOWN_NAME:
        names = field_names(model, loc[:-1])
        return "FIELD", f"no field `{loc[-1]}`", nearest(str(loc[-1]), names)
    if kind == "missing":
        return "MISSING", f"`{loc[-1]}` is missing", f"add `{loc[-1]}: …`"
    if kind == "literal_error":
        allowed = _allowed(item["ctx"]["expected"])
        hint = nearest(str(seen), allowed)
        return "VALUE", f"{shown(seen)} is not one of {', '.join(allowed)}", hint
    message = str(item["msg"])
    message = message.removeprefix("Input should be ").removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    if item["msg"].startswith("Input should be "):
        return "VALUE", f"{shown(seen)} given, {message} expected", ""
    return "VALUE", f"{shown(seen)} given, {message}", ""


def shown(value: Any) -> str:
    """Return a short quoted form of what the user gave."""
    return f"`{cut(value if isinstance(value, str) else quoted(value))}`"


def cut(text: str) -> str:
    """Return a text as one part of a message: whole or its start; what cannot be written is escaped."""
    whole = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return whole if len(whole) <= _SHOWN else whole[: _SHOWN - 1] + "…"


def quoted(value: Any) -> str:
    """Return a value as Python writes it; an ellipsis where it is too long or too deep for that."""
    try:
        return repr(value)
    except (ValueError, RecursionError):  # Python writes no int of more than 4,300 digits
        return "…"


def _allowed(expected: str) -> list[str]:
    return [part.strip().strip("'") for part in expected.replace(" or ", ", ").split(",")]


def field_names(model: type[BaseModel], loc: Sequence[int | str]) -> list[str]:
    """Return the names a record may have at a location, following lists and nested models."""
    current: type[BaseModel] | None = model
    for step in loc:
        if isinstance(step, int) or current is None:
            continue
        info = next((i for name, i in current.model_fields.items() if step in (name, i.alias)), None)
        current = model_in(info.annotation) if info is not None else current
    if current is None:
        return []
    return [info.alias or name for name, info in current.model_fields.items()]


def model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the record model inside an annotation, or None."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for arg in get_args(annotation):
        found = model_in(arg)
        if found is not None:
            return found
    return None
