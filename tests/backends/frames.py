"""Records as frames of every installed library, and what a frame program says as outcomes."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pytest

from kamrules.rules.lang.types import (
    Bool,
    Date,
    Double,
    Duration,
    ListOf,
    Object,
    Timestamp,
    Type,
    is_text,
)  # fmt: skip

Columns = dict[str, tuple[Type | str, list[Any]]]
Frames = tuple[Any, dict[str, Any]]


def _fields(kind: Object, prefix: str = "") -> Iterable[tuple[str, tuple[str, ...], Type]]:
    for member in kind.members:
        name = prefix + member.name
        if isinstance(member.type, Object):
            for inner, path, below in _fields(member.type, f"{name}__"):
                yield inner, (member.name, *path), below
        else:
            yield name, (member.name,), member.type


def _get(holder: Any, path: Sequence[str]) -> Any:
    for name in path:
        holder = holder.get(name) if isinstance(holder, Mapping) else None
    return holder


def _columns(kind: Type, records: Sequence[Any]) -> tuple[Columns, dict[str, ListOf]]:
    """Return the columns of records of a type with those of their evidence, and their lists."""
    if not isinstance(kind, Object):
        return {"value": (kind, list(records))}, {}
    found: Columns = {}
    lists: dict[str, ListOf] = {}
    for name, path, below in _fields(kind):
        *parents, last = path
        levels = [_get(one, (*parents, "evidence", last, "level")) for one in records]
        found[f"{name}__evidence"] = ("level", levels)
        days = [_get(one, (*parents, "evidence", last, "at")) for one in records]
        found[f"{name}__evidence_at"] = (Date(), days)
        if isinstance(below, ListOf):
            lists[name] = below
            found[f"{name}__known"] = (Bool(), [_get(one, path) is not None for one in records])
        else:
            found[name] = (below, [_get(one, path) for one in records])
    return found, lists


def _polars(columns: Columns) -> Any:
    import polars as pl

    def dtype(kind: Type | str) -> Any:
        match kind:
            case Bool():
                return pl.Boolean
            case Double():
                return pl.Float64
            case Date():
                return pl.Date
            case Timestamp():
                return pl.Datetime("us", "UTC")
            case Duration():
                return pl.Duration("us")
            case _:
                return pl.String if isinstance(kind, str) or is_text(kind) else pl.Int64

    def series(name: str, kind: Type | str, some: list[Any]) -> Any:
        whole = [float(one) if isinstance(kind, Double) and one is not None else one for one in some]
        return pl.Series(name, whole, dtype=dtype(kind))

    return pl.DataFrame([series(name, kind, some) for name, (kind, some) in columns.items()])


def polars_frames(schema: Object, records: Sequence[Any]) -> Frames:
    """Return records (nested dicts) as a frame of deals, keyed by their number, and a frame of each list."""
    columns, lists = _columns(schema, records)
    columns["row"] = ("text", [str(index) for index in range(len(records))])
    long = {}
    for name, kind in lists.items():
        rows = [
            (str(index), one)
            for index, record in enumerate(records)
            for one in _get(record, name.split("__")) or ()
        ]
        found, _ = _columns(kind.element, [one for _, one in rows])
        long[name] = _polars({**found, "deal_id": ("text", [index for index, _ in rows])})
    return _polars(columns), long


def _pandas(frame: Any) -> Any:
    import pandas as pd

    return frame.to_arrow().to_pandas(types_mapper=pd.ArrowDtype)


def _duckdb(frame: Any) -> Any:
    import duckdb

    return duckdb.from_arrow(frame.to_arrow())


def duckdb_tables(frames: Frames) -> Frames:
    """Return the frames as tables that DuckDB stores, of which it knows more than of a query."""
    import duckdb

    con = duckdb.connect()

    def stored(name: str, frame: Any) -> Any:
        con.register("given", frame.to_arrow())
        con.execute(f"CREATE TABLE {name} AS SELECT * FROM given")
        return con.table(name)

    deals, lists = frames
    return stored("deals", deals), {path: stored(path, one) for path, one in lists.items()}


def _dask(frame: Any) -> Any:
    import dask.dataframe as dd

    return dd.from_pandas(_pandas(frame), npartitions=2)  # type: ignore[no-untyped-call]


def _pyspark(frame: Any) -> Any:
    from tests.spark import session

    return session().createDataFrame(frame.to_arrow())


MAKERS: dict[str, Callable[[Any], Any]] = {
    "polars": lambda frame: frame,
    "polars-lazy": lambda frame: frame.lazy(),
    "pyarrow": lambda frame: frame.to_arrow(),
    "pandas": _pandas,
    "duckdb": _duckdb,
    "dask": _dask,
    "pyspark": _pyspark,
}
# Libraries that also run without their own shortcuts, through narwhals alone.
PORTABLE = ("polars", "polars-lazy", "pyarrow", "pandas")


def is_installed(name: str) -> bool:
    """Whether the library of a back end, polars (which makes the frames) and narwhals are there."""
    needed = {
        "narwhals",
        "polars",
        name.removesuffix("-lazy"),
        *(["pyarrow"] if "polars" not in name else []),
    }
    return all(importlib.util.find_spec(one) for one in needed)


def parameters(*names: str) -> list[Any]:
    """Return libraries as parameters of a test; Spark's are marked, and what is not installed is skipped."""
    found = []
    for name in names or tuple(MAKERS):
        marks = [] if is_installed(name) else [pytest.mark.skip(f"`{name}` is not installed")]
        if name == "pyspark":
            marks.append(pytest.mark.spark)
        found.append(pytest.param(name, marks=marks))
    return found


def converted(frames: Frames, name: str) -> Frames:
    """Return the frames as those of a back end."""
    deals, lists = frames
    return MAKERS[name](deals), {path: MAKERS[name](one) for path, one in lists.items()}


def rows_of(frame: Any) -> list[dict[str, Any]]:
    """Return the rows of a frame of any back end, as dicts of plain values, by key."""
    rows = plain_rows(frame)
    return sorted(rows, key=lambda row: int(row["row"]) if str(row["row"]).isdigit() else -1)


def plain_rows(frame: Any) -> list[dict[str, Any]]:
    """Return the rows of a frame of any back end, as dicts of plain values."""
    import narwhals as nw

    if type(frame).__module__.startswith("dask"):
        frame = frame.compute()
    if hasattr(frame, "toArrow"):  # Spark
        return list(frame.toArrow().to_pylist())
    found = nw.from_native(frame)
    eager = found.collect() if isinstance(found, nw.LazyFrame) else found
    return list(eager.to_arrow().to_pylist())
