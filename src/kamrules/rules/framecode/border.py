"""The caller's frames with the columns the plan reads, under canonical names and in canonical dtypes.

Nothing else of the library asks what engine a frame belongs to. A value that is not of its type is unknown:
a NaN, an infinity, a fraction where a whole number belongs, a number or text outside its limits. A column of
a wrong kind is an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Literal

import narwhals as nw

from kamrules.errors import ArgumentError, Fault, nearest
from kamrules.rules.framecode.translate import Needed
from kamrules.rules.framecode.values import DAY, dtype_of, limits_of
from kamrules.rules.lang.types import (
    INT_MAX,
    INT_MIN,
    Bool,
    Date,
    Double,
    Duration,
    Enum,
    Int,
    Money,
    String,
    Timestamp,
    Type,
    describe,
)  # fmt: skip

Frame = nw.DataFrame[Any] | nw.LazyFrame[Any]
KEY = "key"
_YEAR = " year"
_LEVELS = ("E0", "E1", "E2", "E3", "E4")


def wrapped(native: Any, name: str) -> Frame:
    """Return a caller's frame as one that narwhals reads; pandas goes through Arrow."""
    try:
        frame = _wrap(native)
    except TypeError as error:
        kind = type(native).__name__
        raise _wrong(f"`{name}` is a `{kind}`, expected a data frame") from error
    if frame.implementation.is_pandas_like():
        assert isinstance(frame, nw.DataFrame)
        try:
            return _wrap(frame.to_arrow())
        except (TypeError, ValueError) as error:
            raise _wrong(f"`{name}` does not go into Arrow columns: {error}") from error
    return frame


def _wrap(native: Any) -> Frame:
    found: Frame = nw.from_native(native)
    return found


def joined(left: Frame, right: Frame, how: Literal["left", "inner"]) -> Frame:
    """Return two frames of one engine joined by their key."""
    if isinstance(left, nw.LazyFrame):
        assert isinstance(right, nw.LazyFrame)
        return left.join(right, on=KEY, how=how)
    assert isinstance(right, nw.DataFrame)
    return left.join(right, on=KEY, how=how)


def alike(frame: Frame, deals: Frame, name: str) -> Frame:
    """Return a list's frame in the engine of the record's frame."""
    if frame.implementation is not deals.implementation:
        seen, expected = frame.implementation.value, deals.implementation.value
        raise _wrong(f"`{name}` is a {seen} frame, expected {expected} like the records")
    if isinstance(deals, nw.LazyFrame):
        return frame.lazy()
    if isinstance(frame, nw.LazyFrame):
        raise _wrong(f"`{name}` is lazy and the records are not")
    return frame


def canonical(frame: Frame, columns: Mapping[str, Needed], key: str, name: str) -> Frame:
    """Return the key and the needed columns of a frame; a column that is not there is unknown."""
    frame = _moments_as_numbers(frame, columns.values())
    schema = frame.collect_schema()
    if key not in schema:
        raise _wrong(f"`{name}` has no column `{key}`", nearest(key, schema.names()))
    is_duckdb = frame.implementation.is_duckdb()
    found = [_key(key, schema[key], name).alias(KEY)]
    for target, need in columns.items():
        if need.source not in schema:
            kind = nw.Int64 if need.type is None or need.is_year else dtype_of(need.type)
            expr = nw.lit(None, dtype=kind)
        else:
            try:
                expr = _cast(need, schema[need.source], is_duckdb=is_duckdb)
            except TypeError:
                kind_text = "an evidence level E0 to E4" if need.type is None else describe(need.type)
                seen = str(schema[need.source])
                raise _wrong(f"column `{need.source}` of `{name}` is {seen}, expected {kind_text}") from None
        found.append(expr.alias(target))
    return frame.select(*found)


def _moments_as_numbers(frame: Frame, needs: Iterable[Needed]) -> Frame:
    """Return a DuckDB frame whose moments are microseconds since 1970: narwhals has no word for it.

    The year of a moment, which DuckDB would take in the session's time zone, stands in a column of its own.
    """
    if not frame.implementation.is_duckdb():
        return frame
    schema = frame.collect_schema()
    moments = {one for one in needs if schema.get(one.source) == nw.Datetime}
    if not moments:
        return frame
    swaps = ", ".join(
        f"epoch_us({name}) AS {name}" for name in sorted({_quoted(one.source) for one in moments})
    )
    years = "".join(
        f", year(make_timestamp(epoch_us({_quoted(name)}))) AS {_quoted(name + _YEAR)}"
        for name in sorted({one.source for one in moments if one.is_year})
    )
    return _wrap(frame.to_native().project(f"* REPLACE ({swaps}){years}"))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _key(name: str, dtype: Any, frame: str) -> nw.Expr:
    if dtype.is_integer():
        return nw.col(name).cast(nw.Int64)
    if dtype in (nw.String, nw.Categorical, nw.Enum):
        return nw.col(name).cast(nw.String)
    raise _wrong(f"key column `{name}` of `{frame}` is {dtype}, expected texts or whole numbers")


def _cast(need: Needed, dtype: Any, *, is_duckdb: bool) -> nw.Expr:
    """Return the canonical form of a column; TypeError where its dtype does not fit."""
    column, kind = nw.col(need.source), need.type
    if need.is_year and dtype in (nw.Date, nw.Datetime, nw.Int64):
        return _year(column, need, dtype, is_duckdb=is_duckdb)
    if dtype == nw.Unknown:  # a column of nothing but nulls
        return column.cast(nw.Int64 if kind is None else dtype_of(kind))
    match kind:
        case None:
            return _level(column, dtype)
        case Bool() if dtype == nw.Boolean:
            return column
        case Double() if dtype.is_numeric():
            number = column.cast(nw.Float64)
            return nw.when(number.is_finite()).then(number) if dtype.is_float() else number
        case String() | Enum() if dtype in (nw.String, nw.Categorical, nw.Enum):
            text = column if dtype == nw.String else column.cast(nw.String)
            return nw.when(text.is_in(list(kind.values))).then(text) if isinstance(kind, Enum) else text
        case Int() | Money() if dtype.is_numeric():
            return _limited(_whole(column, dtype), kind)
        case Date() if dtype in (nw.Date, nw.Datetime):
            return _limited(_days(column, dtype, is_duckdb=is_duckdb), kind)
        case Timestamp() if dtype == nw.Datetime:
            return _limited(column.dt.timestamp("us"), kind)
        case Timestamp() if is_duckdb and dtype == nw.Int64:
            return _limited(column, kind)
        case Date() if is_duckdb and dtype == nw.Int64:
            return _limited(_midnights(column), kind)
        case Duration() if dtype == nw.Duration:
            return column.dt.total_microseconds().cast(nw.Int64)
    raise TypeError


def _whole(column: nw.Expr, dtype: Any) -> nw.Expr:
    if dtype.is_integer():
        return column if dtype == nw.Int64 else column.cast(nw.Int64)
    number = column.cast(nw.Float64)
    # 2.0 ** 63 is the first double that does not fit; a NaN is in no range.
    fits = (number >= float(INT_MIN)) & (number < float(INT_MAX)) & (number.is_finite())
    inside = nw.when(fits).then(number)
    return nw.when(inside % 1.0 == 0.0).then(inside).cast(nw.Int64)


def _limited(number: nw.Expr, kind: Type) -> nw.Expr:
    low, high = limits_of(kind)
    if (low, high) == (INT_MIN, INT_MAX):
        return number
    return nw.when((number >= low) & (number <= high)).then(number)


def _days(column: nw.Expr, dtype: Any, *, is_duckdb: bool) -> nw.Expr:
    if dtype == nw.Datetime:
        return _midnights(column.dt.timestamp("us"))
    if is_duckdb:
        return (column - nw.lit(date(1970, 1, 1))).cast(nw.Int64)
    return column.cast(nw.Int32).cast(nw.Int64)


def _year(column: nw.Expr, need: Needed, dtype: Any, *, is_duckdb: bool) -> nw.Expr:
    known = ~_cast(Needed(need.source, need.type), dtype, is_duckdb=is_duckdb).is_null()
    if is_duckdb and dtype == nw.Int64:
        year = nw.col(need.source + _YEAR)
    elif dtype == nw.Datetime and getattr(dtype, "time_zone", None):
        year = column.dt.convert_time_zone("UTC").dt.year()
    else:
        year = column.dt.year()
    return nw.when(known).then(year.cast(nw.Int64))


def _midnights(moments: nw.Expr) -> nw.Expr:
    """Return the days of moments at midnight; another moment is no day."""
    return nw.when(moments % DAY == 0).then(moments // DAY)


def _level(column: nw.Expr, dtype: Any) -> nw.Expr:
    if dtype.is_integer():
        return nw.when((column >= 0) & (column < len(_LEVELS))).then(column.cast(nw.Int64))
    if dtype not in (nw.String, nw.Categorical, nw.Enum):
        raise TypeError
    found: nw.Expr = nw.lit(None, dtype=nw.Int64)
    text = column.cast(nw.String)
    for level, name in enumerate(_LEVELS):
        found = nw.when(text == name).then(nw.lit(level, dtype=nw.Int64)).otherwise(found)
    return found


def _wrong(message: str, hint: str = "") -> ArgumentError:
    return ArgumentError(Fault("A-FRAME", message, hint=hint))
