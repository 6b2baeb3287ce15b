"""Frames through narwhals: one set of expressions for every library it wraps."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Self

import narwhals as nw

from kamrules.rules.framecode.border import Source
from kamrules.rules.framecode.columns import Expr, Total, columns_of
from kamrules.rules.framecode.dtypes import sources_of
from kamrules.rules.framecode.emit import Emitter
from kamrules.rules.framecode.stages import staged
from kamrules.rules.framecode.table import How
from kamrules.rules.framecode.translate import KEY

Frame = nw.DataFrame[Any] | nw.LazyFrame[Any]


@dataclass(frozen=True, slots=True)
class NarwhalsTable:
    """A frame that narwhals wraps."""

    frame: Any

    def sources(self, needed: Collection[str] = ()) -> Mapping[str, Source]:  # noqa: ARG002 - see `Table`
        """Return what each column holds."""
        return sources_of(self.frame.collect_schema(), nw)

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
        emitter = Emitter(nw, plan.names, is_polars=False)
        frame = self.frame
        for step in plan.steps:
            frame = frame.with_columns(
                *(emitter.emit(expr, is_definition=True).alias(name) for name, expr in step.columns.items())
            )
        found = [emitter.emit(expr).alias(name) for name, expr in columns.items()]
        if columns and not columns_of(columns.values()) and not kept:
            # A select of nothing but constants would have one row.
            frame = frame.with_columns(*found).select(*columns)
            return type(self)(frame)
        return type(self)(frame.select(*kept, *found))

    def filter(self, test: Expr) -> Self:
        """Return the rows for which the test is true."""
        names = self.names()
        kept = self.extend({"kept": test})
        return type(self)(kept.frame.filter(nw.col("kept")).select(*names))

    def totals(self, totals: Mapping[str, Total]) -> Self:
        """Return one row for each key, with these totals over its rows."""
        summed = self._computed({name: summand(one) for name, one in totals.items()}, (KEY,))
        found = summed.frame.group_by(KEY).agg(
            *(
                nw.col(name).max() if one.form == "last" else nw.col(name).sum()
                for name, one in totals.items()
            )
        )
        kinds: dict[str, Any] = {
            "any": nw.Boolean, "count": nw.Int64, "rows": nw.Int64, "sum": nw.Float64, "last": nw.Int64,
        }  # fmt: skip
        made = [
            (nw.col(name) > 0 if one.form == "any" else nw.col(name).cast(kinds[one.form])).alias(name)
            for name, one in totals.items()
        ]
        return type(self)(found.select(KEY, *made))

    def attach(self, rows: Self, totals: Mapping[str, Total]) -> Self:
        """Return the table with these totals over the rows of each key."""
        joined = self.join(rows.totals(totals), "left")
        empty = [nw.col(name).fill_null(one.empty.param).alias(name) for name, one in totals.items()]
        return type(self)(joined.frame.with_columns(*empty))

    def join(self, other: Self, how: How) -> Self:
        """Return the rows joined by key."""
        if how != "left" or isinstance(self.frame, nw.LazyFrame):
            return type(self)(self.frame.join(other.frame, on=KEY, how=how))
        names = [*self.names(), *(name for name in other.names() if name != KEY)]
        numbered = self.frame.with_row_index("row number")
        found = numbered.join(other.frame, on=KEY, how=how).sort("row number")
        return type(self)(found.select(*names))

    def stacked(self, others: list[Self]) -> Self:
        """Return the rows of this table, then those of others with the same columns."""
        names = self.names()
        return type(self)(nw.concat([self.frame, *(one.frame.select(*names) for one in others)]))

    def exploded(self, column: str) -> Self:
        """Return key and fields of the elements of a list column, one row an element."""
        kind = self.frame.collect_schema()[column]
        rows = self.frame.select(KEY, column).filter(nw.col(column).list.len() > 0).explode(column)
        if kind.inner == nw.Struct:
            fields = [nw.col(column).struct.field(one.name).alias(one.name) for one in kind.inner.fields]
            return type(self)(rows.select(KEY, *fields))
        return type(self)(rows.select(KEY, nw.col(column).alias("value")))

    def unpivoted(self, names: list[str], variable: str, value: str) -> Self:
        """Return a row for each key and each of these columns of one kind: its name and its value."""
        return type(self)(self.frame.unpivot(on=names, index=KEY, variable_name=variable, value_name=value))

    def is_empty(self) -> bool | None:
        """Return whether there is no row."""
        return None if isinstance(self.frame, nw.LazyFrame) else len(self.frame) == 0

    def settled(self) -> Self:
        """Return the table itself: eager frames are computed, lazy ones stay so."""
        return self

    def pinned(self) -> Self:
        """Return the table computed, unless the caller's frames are lazy."""
        return self.settled()

    def nullable(self) -> Mapping[str, bool] | None:
        """Return which columns hold a null."""
        if isinstance(self.frame, nw.LazyFrame):
            return None
        counts = self.frame.select(nw.all().null_count()) if len(self.names()) else None
        return {} if counts is None else {name: counts[name][0] > 0 for name in self.names()}

    def first_key(self) -> Any:
        """Return the key of some row, None where there is no row."""
        found = self.frame.select(KEY).head(1)
        keys = (found.collect() if isinstance(found, nw.LazyFrame) else found)[KEY].to_list()
        return keys[0] if keys else None

    def native(self) -> Any:
        """Return the frame of the library."""
        return self.frame.to_native()


def summand(total: Total) -> Expr:
    """Return what is to be added up for a total: truths as 0 or 1."""
    return total.expr if total.form == "sum" else total.expr.to("int")
