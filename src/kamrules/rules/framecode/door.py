"""Frames of any library in, tables out; and tables back as frames of that library.

pandas, PyArrow and what else is in memory run in Polars, through Arrow: one engine whose nulls are nulls.
Where Polars is not installed PyArrow itself does the work.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kamrules.errors import ArgumentError, Fault, MissingExtraError

try:
    import narwhals as nw
except ImportError as error:
    raise MissingExtraError(
        Fault("X-FRAME", "frames need narwhals", hint="install `kamrules[frame]`")
    ) from error

from kamrules.rules.framecode.border import wrong
from kamrules.rules.framecode.narwhals_table import NarwhalsTable
from kamrules.rules.framecode.partitions import is_partitioned
from kamrules.rules.framecode.sql_table import DuckTable, SparkTable
from kamrules.rules.framecode.table import Table

try:
    import polars as pl

    from kamrules.rules.framecode.polars_table import PolarsTable
except ImportError:
    HAS_POLARS = False
else:
    HAS_POLARS = True


def opened(native: Any, name: str, *, portable: bool = False) -> Table:
    """Return a caller's frame as a table.

    Parameters
    ----------
    native : a frame of pandas, Polars, PyArrow, DuckDB, Spark or whatever else narwhals wraps
    name : what messages call it
    portable : do without shortcuts for single libraries, as far as narwhals can

    Raises
    ------
    ArgumentError
        It is no data frame (A-FRAME).
    """
    try:
        frame: Any = nw.from_native(native)
    except TypeError as error:
        raise wrong(f"`{name}` is a `{type(native).__name__}`, expected a data frame") from error
    library = frame.implementation
    if library.is_duckdb():
        return DuckTable(native)
    if library.is_pyspark() or library.is_pyspark_connect():
        return SparkTable(native)
    if library.is_polars() and not portable:
        return PolarsTable(native.lazy(), is_eager=isinstance(frame, nw.DataFrame))
    if isinstance(frame, nw.DataFrame) and not library.is_polars():
        try:
            arrow = frame.to_arrow()
        except (TypeError, ValueError) as error:
            raise wrong(f"`{name}` does not go into Arrow columns: {error}") from error
        if portable or not HAS_POLARS:
            return NarwhalsTable(nw.from_native(arrow))
        return PolarsTable(pl.DataFrame(arrow).lazy(), is_eager=True)
    return NarwhalsTable(frame)


def library_of(native: Any) -> str:
    """Return the name of the library a frame belongs to, and whether it is lazy."""
    if is_partitioned(native):
        return "dask lazy"
    try:
        frame: Any = nw.from_native(native)
    except TypeError:
        return type(native).__name__
    lazy = " lazy" if isinstance(frame, nw.LazyFrame) else ""
    return f"{frame.implementation.value}{lazy}"


def given_back(table: Table, like: Any) -> Any:
    """Return a table as a frame of the library of another frame; pandas gets Arrow dtypes."""
    found = table.native()
    library = nw.from_native(like).implementation
    if library.is_polars() or not isinstance(nw.from_native(found), nw.DataFrame):
        return found
    arrow = nw.from_native(found).to_arrow()
    if library.is_pyarrow():
        return arrow
    if library.is_pandas_like():
        return arrow.to_pandas(types_mapper=nw.get_native_namespace(like).ArrowDtype)
    return nw.from_arrow(arrow, backend=library).to_native()


def arrow_of(table: Table) -> Any:
    """Return a table as one of Arrow, computed."""
    found: Any = nw.from_native(table.native())
    return (found.collect() if isinstance(found, nw.LazyFrame) else found).to_arrow()


def refuse_mixed(frame: Any, lists: Mapping[str, Any]) -> None:
    """Raise for every list whose frame is of another library than the records', or lazy and they are not."""
    expected = library_of(frame)
    faults = []
    for name, one in lists.items():
        seen = library_of(one)
        if seen != expected:
            message = f"`{name}` is a {seen} frame, expected {expected} like the records"
            faults.append(Fault("A-FRAME", message))
    if faults:
        raise ArgumentError(faults)
