"""Records to language types: what a condition may name, and with which type.

Also builds the record models of a pack that declares custom fields or another currency.
"""

from __future__ import annotations

import types as python_types
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from enum import Enum as PythonEnum
from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

from pydantic import BaseModel, create_model
from pydantic.fields import FieldInfo

from kamrules.records import base as records_base
from kamrules.records.base import Money
from kamrules.rules.lang import types as t

EVIDENCE = "evidence"


def object_of(model: type[BaseModel]) -> t.Object:
    """Return the language type of a pydantic model: one member per field but the evidence map.

    Raises `TypeError` for a field whose type the language does not have; that is a defect of the model.
    """
    members = tuple(_member(name, info) for name, info in model.model_fields.items() if name != EVIDENCE)
    return t.Object(model.__name__, members)


def _member(name: str, info: FieldInfo) -> t.Member:
    kind, nullable = _type_of(info.annotation, tuple(info.metadata))
    extra = info.json_schema_extra
    claim = bool(extra.get("claim")) if isinstance(extra, Mapping) else False
    return t.Member(name, kind, nullable or not info.is_required(), claim)


_PLAIN: dict[Any, t.Type] = {
    bool: t.Bool(),
    float: t.Double(),
    str: t.String(),
    date: t.Date(),
    datetime: t.Timestamp(),
    timedelta: t.Duration(),
}


def _type_of(annotation: Any, metadata: tuple[Any, ...] = ()) -> tuple[t.Type, bool]:
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type_of(args[0], (*metadata, *args[1:]))
    if origin is Union or origin is python_types.UnionType:
        inner = [arg for arg in args if arg is not type(None)]
        if len(inner) == 1:
            return _type_of(inner[0], metadata)[0], len(inner) < len(args)
    if origin is list:
        element, nullable = _type_of(args[0])
        return t.ListOf(element, nullable), False
    if origin is Literal:
        return t.Enum(tuple(str(arg) for arg in args)), False
    if annotation is int:
        return _int_type(metadata), False
    if annotation in _PLAIN:
        return _PLAIN[annotation], False
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return object_of(annotation), False
    if isinstance(annotation, type) and issubclass(annotation, PythonEnum):
        return t.Enum(tuple(str(item.value) for item in annotation)), False
    message = f"no language type for {annotation!r}"
    raise TypeError(message)


def _int_type(metadata: tuple[Any, ...]) -> t.Type:
    low, high = t.INT_MIN, t.INT_MAX
    for mark in metadata:
        if isinstance(mark, Money):
            return t.Money(mark.currency)
        for limit in getattr(mark, "metadata", [mark]):
            if (ge := getattr(limit, "ge", None)) is not None:
                low = ge
            if (le := getattr(limit, "le", None)) is not None:
                high = le
    return t.Int(low, high)


def record_models(root: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """Return every record model reachable from `root`, by snake-case name (`deal`, `buying_step` …)."""
    found: dict[str, type[BaseModel]] = {}

    def visit(model: type[BaseModel]) -> None:
        name = _snake(model.__name__)
        if name in found or model.__name__ == "Evidence":
            return
        found[name] = model
        for info in model.model_fields.values():
            for inner in _models_in(info.annotation):
                visit(inner)

    visit(root)
    return found


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for arg in get_args(annotation) for model in _models_in(arg)]


def extend_models(
    root: type[BaseModel], extra: Mapping[str, Mapping[str, tuple[Any, FieldInfo]]], currency: str
) -> type[BaseModel]:
    """Return `root` rebuilt with custom fields (`extra[record][field]`) and money in `currency`."""
    if not any(extra.values()) and currency == records_base.Money().currency:
        return root
    built: dict[type[BaseModel], type[BaseModel]] = {}

    def build(model: type[BaseModel]) -> type[BaseModel]:
        if model.__name__ == "Evidence":
            return model
        if model not in built:
            changed: dict[str, Any] = {}
            for name, info in model.model_fields.items():
                annotation = _replace(info.annotation, build, currency)
                if annotation != info.annotation:
                    changed[name] = (annotation, info)
            for name, (annotation, info) in extra.get(_snake(model.__name__), {}).items():
                changed[name] = (_replace(annotation, build, currency), info)
            new = (
                create_model(model.__name__, __base__=model, __doc__=model.__doc__, **changed)
                if changed
                else model
            )
            built[model] = new
        return built[model]

    return build(root)


def _replace(annotation: Any, build: Callable[[type[BaseModel]], type[BaseModel]], currency: str) -> Any:
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        marks = tuple(Money(currency) if isinstance(mark, Money) else mark for mark in args[1:])
        return cast("Any", Annotated)[(_replace(args[0], build, currency), *marks)]
    if origin is Union or origin is python_types.UnionType:
        return reduce(or_, [_replace(arg, build, currency) for arg in args])
    if origin is list:
        return list[_replace(args[0], build, currency)]  # type: ignore[misc]  # built at run time
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return build(annotation)
    return annotation
