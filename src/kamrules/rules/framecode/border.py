"""The caller's columns in canonical form: one physical type for each kind of value, whatever it came in.

A value that is not of its type is unknown: a NaN, an infinity, a fraction where a whole number belongs, a
number or text outside its limits. A column of a wrong kind is an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from kamrules.errors import ArgumentError, Fault
from kamrules.rules.framecode.columns import Expr, lit, read, when
from kamrules.rules.framecode.translate import Needed
from kamrules.rules.framecode.values import limits_of
from kamrules.rules.lang.types import (
    INT_MAX,
    INT_MIN,
    Bool,
    Date,
    Double,
    Duration,
    Enum,
    Int,
    ListOf,
    Money,
    String,
    Timestamp,
    Type,
    describe,
)  # fmt: skip

SourceKind = Literal[
    "bool", "int", "float", "decimal", "text", "category", "date", "moment", "naive", "span", "null", "list",
    "struct", "other",
]  # fmt: skip
Limits = tuple[float | None, float | None]

LEVELS = ("E0", "E1", "E2", "E3", "E4")


@dataclass(frozen=True, slots=True)
class Source:
    """A column of a caller's frame: what it holds, the library's name for that, whether it may be null.

    `place` says where a field of a struct stands; it is empty for a column. `is_finite` says that each
    double is a number, `values` are the only texts there can be, where that is known.
    """

    kind: SourceKind
    shown: str
    nullable: bool = True
    place: tuple[str, ...] = ()
    is_finite: bool = False
    values: tuple[str, ...] | None = None


def wrong(message: str, hint: str = "") -> ArgumentError:
    """Return the error of a frame that does not fit."""
    return ArgumentError(Fault("A-FRAME", message, hint=hint))


def canonical(  # noqa: PLR0913, PLR0917 - a column and where it stands
    need: Needed, raw: Expr, name: str, source: Source, frame: str, limits: Limits = (None, None)
) -> Expr:
    """Return a column in canonical form.

    Parameters
    ----------
    need : what is read
    raw : the column as it is
    name : its name in the frame
    source : what the column holds
    frame : what messages call the frame
    limits : the least and the greatest value its field allows, beyond those of its type

    Raises
    ------
    ArgumentError
        The column holds another kind of value (A-FRAME).
    """
    if source.kind == "null":
        return lit(None, need.kind)
    if need.type is None:
        found = _level(raw, source)
    elif need.form == "year":
        found = _year(raw, source, need.type)
    elif need.form == "code":
        found = _code(raw, source, need.type)
    else:
        found = _value(raw, source, need.type, limits)
    if found is None:
        kind = "an evidence level E0 to E4" if need.type is None else describe(need.type)
        hint = _HINTS.get((type(need.type), source.kind), "")
        raise wrong(f"column `{name}` of `{frame}` is {source.shown}, expected {kind}", hint)
    return found


_HINTS = {
    (Timestamp, "naive"): "give its moments a time zone",
    (Date, "moment"): "take the date in the right time zone first",
    (Date, "text"): "turn the texts into dates first",
    (Timestamp, "text"): "turn the texts into moments first",
    (Money, "decimal"): "an amount is a whole number of minor units: cents, not euros",
}


def _value(raw: Expr, source: Source, kind: Type, limits: Limits) -> Expr | None:
    nullable = source.nullable
    match kind, source.kind:
        case Bool(), "bool":
            return read("plain", raw, "bool", nullable=nullable)
        case Double(), "int" | "decimal":
            return _limited(read("float", raw, "float", nullable=nullable), limits)
        case Double(), "float":
            number = read("float", raw, "float", nullable=nullable)
            return _limited(number if source.is_finite else when(number.is_finite(), number), limits)
        case String(), "text" | "category":
            return _text(raw, source)
        case Enum(values), "text" | "category":
            text = _text(raw, source)
            return when(text.is_in(values), text)
        case Int() | Money(), "int":
            return _whole_limited(read("int", raw, "int", nullable=nullable), kind, limits)
        case Int(), "decimal":
            return _whole_limited(read("whole", raw, "int"), kind, limits)
        case Int() | Money(), "float":
            return _whole_limited(read("whole", raw, "int"), kind, limits)
        case Date(), "date":
            return _whole_limited(read("days", raw, "int", nullable=nullable), kind, limits)
        case Date(), "naive":
            return _whole_limited(read("naive_days", raw, "int"), kind, limits)
        case Timestamp(), "moment":
            return _whole_limited(read("micros", raw, "int", nullable=nullable), kind, limits)
        case Duration(), "span":
            return read("span", raw, "int", nullable=nullable)
        case ListOf(), "list":
            return raw
    return None


def _text(raw: Expr, source: Source) -> Expr:
    return read("plain" if source.kind == "text" else "text", raw, "text", nullable=source.nullable)


def _limited(number: Expr, limits: Limits) -> Expr:
    low, high = limits
    if low is not None:
        number = when(number >= float(low), number)
    return number if high is None else when(number <= float(high), number)


def _whole_limited(number: Expr, kind: Type, limits: Limits) -> Expr:
    low, high = limits_of(kind)
    low = low if limits[0] is None else max(low, int(limits[0]))
    high = high if limits[1] is None else min(high, int(limits[1]))
    if low > INT_MIN:
        number = when(number >= low, number)
    return number if high == INT_MAX else when(number <= high, number)


def _level(raw: Expr, source: Source) -> Expr | None:
    if source.kind == "int":
        level = read("int", raw, "int", nullable=source.nullable)
        return read("small", when((level >= 0) & (level < len(LEVELS)), level), "code")
    if source.kind in {"text", "category"}:
        return read("code", raw, "code", LEVELS)
    return None


def _year(raw: Expr, source: Source, kind: Type) -> Expr | None:
    value = _value(raw, source, kind, (None, None))
    if value is None:
        return None
    year = read("year", raw, "int", "zoned" if source.kind == "moment" else "plain", nullable=source.nullable)
    return when(~value.is_null(), year)


def _code(raw: Expr, source: Source, kind: Type) -> Expr | None:
    assert isinstance(kind, Enum)
    if source.kind not in {"text", "category"}:
        return None
    is_sure = source.values is not None and set(source.values) <= set(kind.values)
    return read("code", raw, "code", kind.values, nullable=source.nullable or not is_sure)


def limits_at(limits: Mapping[str, Limits], path: str | None, source: str) -> Limits:
    """Return the limits of a field, named by its list's path (if any) and its own."""
    return limits.get(source if path is None else f"{path}[].{source}", (None, None))
