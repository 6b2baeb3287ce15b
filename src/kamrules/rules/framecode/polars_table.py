"""Frames of Polars, eager and lazy, in its own expressions and with its own shortcuts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import polars as pl

from kamrules.rules.framecode.border import Source, SourceKind
from kamrules.rules.framecode.columns import Expr, Total, columns_of
from kamrules.rules.framecode.emit import Emitter
from kamrules.rules.framecode.stages import staged
from kamrules.rules.framecode.table import How
from kamrules.rules.framecode.translate import KEY


@dataclass(frozen=True, slots=True)
class PolarsTable:
    """A lazy frame; `is_eager` says that the caller's frames are not lazy, so that it may be computed."""

    frame: pl.LazyFrame
    is_eager: bool

    def _with(self, frame: pl.LazyFrame) -> Self:
        return type(self)(frame, self.is_eager)

    def sources(self) -> Mapping[str, Source]:
        """Return what each column holds."""
        found: dict[str, Source] = {}
        for name, dtype in self.frame.collect_schema().items():
            _add(found, (name,), dtype)
        return found

    def names(self) -> tuple[str, ...]:
        """Return the names of the columns."""
        return tuple(self.frame.collect_schema().names())

    def select(self, columns: Mapping[str, Expr]) -> Self:
        """Return a table of these columns."""
        return self._computed(columns, ())

    def extend(self, columns: Mapping[str, Expr]) -> Self:
        """Return the table with more columns."""
        return self._computed(columns, self.names())

    def _computed(self, columns: Mapping[str, Expr], kept: tuple[str, ...]) -> Self:
        plan = staged(columns.values())
        emitter = Emitter(pl, plan.names, is_polars=True)
        frame = self.frame
        for step in plan.steps:
            frame = frame.with_columns(
                **{name: emitter.emit(expr, is_definition=True) for name, expr in step.columns.items()}
            )
        found = {name: emitter.emit(expr) for name, expr in columns.items()}
        if columns and not columns_of(columns.values()) and not kept:
            return self._with(frame.with_columns(**found).select(*columns))
        return self._with(frame.select(*kept, **found))

    def filter(self, test: Expr) -> Self:
        """Return the rows for which the test is true."""
        names = self.names()
        return self._with(self.extend({"kept": test}).frame.filter(pl.col("kept")).select(*names))

    def totals(self, totals: Mapping[str, Total]) -> Self:
        """Return one row for each key, with these totals over its rows."""
        columns = {name: one.expr for name, one in totals.items()}
        rows = self._computed(columns, (KEY,))
        made = {name: _total(name, one) for name, one in totals.items()}
        return self._with(rows.frame.group_by(KEY).agg(**made))

    def join(self, other: Self, how: How) -> Self:
        """Return the rows joined by key; a left join keeps their order."""
        order = "left" if how == "left" else "none"
        return self._with(self.frame.join(other.frame, on=KEY, how=how, maintain_order=order))

    def stacked(self, others: list[Self]) -> Self:
        """Return the rows of this table, then those of others with the same columns."""
        return self._with(pl.concat([self.frame, *(one.frame.select(*self.names()) for one in others)]))

    def exploded(self, column: str) -> Self:
        """Return key and fields of the elements of a list column, one row an element."""
        kind = self.frame.collect_schema()[column]
        rows = self.frame.select(KEY, column).filter(pl.col(column).list.len() > 0).explode(column)
        assert isinstance(kind, pl.List)
        if isinstance(kind.inner, pl.Struct):
            return self._with(rows.unnest(column))
        return self._with(rows.rename({column: "value"}))

    def unpivoted(self, names: list[str], variable: str, value: str) -> Self:
        """Return a row for each key and each of these columns of one kind: its name and its value."""
        rows = self.frame.unpivot(on=names, index=KEY, variable_name=variable, value_name=value)
        return self._with(rows.with_columns(pl.col(variable).cast(pl.Enum(names))))

    def is_empty(self) -> bool | None:
        """Return whether there is no row; of a computed frame only."""
        return self.frame.limit(1).collect().height == 0 if self.is_eager else None

    def settled(self) -> Self:
        """Return the table computed, unless the caller's frames are lazy."""
        return self._with(self.frame.collect().lazy()) if self.is_eager else self

    def nullable(self) -> Mapping[str, bool] | None:
        """Return which columns hold a null; of a computed frame only."""
        if not self.is_eager:
            return None
        return {one.name: one.null_count() > 0 for one in self.frame.collect().get_columns()}

    def first_key(self) -> Any:
        """Return the key of some row, None where there is no row."""
        keys = self.frame.select(KEY).head(1).collect()[KEY].to_list()
        return keys[0] if keys else None

    def native(self) -> Any:
        """Return the frame of the library."""
        return self.frame.collect() if self.is_eager else self.frame


def _add(found: dict[str, Source], place: tuple[str, ...], dtype: pl.DataType) -> None:
    """Add a column, and the fields of a struct under joined names."""
    found["__".join(place)] = Source(_kind(dtype), str(dtype), place=place)
    if isinstance(dtype, pl.Struct):
        for one in dtype.fields:
            _add(found, (*place, one.name), one.dtype)  # type: ignore[arg-type]  # of an instance they are too


def _total(name: str, total: Total) -> pl.Expr:
    match total.form:
        case "any":
            return pl.col(name).any()
        case "count":
            return pl.col(name).sum().cast(pl.Int64)
        case "sum":
            return pl.col(name).sum()
        case "rows":
            return pl.len().cast(pl.Int64)


def _kind(dtype: pl.DataType) -> SourceKind:  # noqa: C901, PLR0912 - one branch for each family of dtypes
    if dtype == pl.Boolean:
        return "bool"
    if dtype.is_integer():
        return "int"
    if dtype.is_float():
        return "float"
    if dtype == pl.Decimal:
        return "decimal"
    if dtype == pl.String:
        return "text"
    if dtype in (pl.Categorical, pl.Enum):
        return "category"
    if dtype == pl.Date:
        return "date"
    if isinstance(dtype, pl.Datetime):
        return "moment" if dtype.time_zone else "naive"
    if dtype == pl.Duration:
        return "span"
    if dtype == pl.List:
        return "list"
    if dtype == pl.Struct:
        return "struct"
    return "null" if dtype == pl.Null else "other"
