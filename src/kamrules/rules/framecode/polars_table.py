"""Frames of Polars, eager and lazy, in its own expressions and with its own shortcuts.

Where the rows of a list stand together, in the order of their records, no row needs to be grouped or joined:
columns of the rows become columns of lists, without a copy, and each list is summed up where it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from typing import Any, Self

import polars as pl
from polars.exceptions import ComputeError

from kamrules.rules.framecode.border import Source
from kamrules.rules.framecode.columns import Expr, Total, col, columns_of
from kamrules.rules.framecode.dtypes import sources_of
from kamrules.rules.framecode.emit import Emitter
from kamrules.rules.framecode.stages import staged
from kamrules.rules.framecode.table import How
from kamrules.rules.framecode.translate import KEY

_HAS_ARROW = find_spec("pyarrow") is not None
_PROBED = 10_000  # rows looked at before all are: in shuffled rows a key comes back soon


@dataclass(frozen=True, slots=True)
class PolarsTable:
    """A lazy frame; `is_eager` says that the caller's frames are not lazy, so that it may be computed.

    `sizes` is how many rows belong to each record, where the rows stand in the records' order: those of a
    list column do. Their keys are in no column but made by `key_of_each` if somebody asks for them.
    """

    frame: pl.LazyFrame
    is_eager: bool
    columns: tuple[str, ...] = field(default=())
    sizes: pl.Series | None = None
    key_of_each: Callable[[], pl.Series] | None = None

    def __post_init__(self) -> None:
        if not self.columns:
            object.__setattr__(self, "columns", tuple(self.frame.collect_schema().names()))

    def _with(self, frame: pl.LazyFrame, columns: tuple[str, ...]) -> Self:
        return type(self)(frame, self.is_eager, columns)

    def sources(self, needed: Collection[str] = ()) -> Mapping[str, Source]:  # noqa: ARG002 - see `Table`
        """Return what each column holds."""
        return sources_of(self.frame.collect_schema(), pl)

    def names(self) -> tuple[str, ...]:
        """Return the names of the columns."""
        return self.columns

    def select(self, columns: Mapping[str, Expr]) -> Self:
        """Return a table of these columns."""
        if self.key_of_each is not None and KEY in columns:
            others = {name: expr for name, expr in columns.items() if name != KEY}
            found = self.computed(others, ())
            return replace(found, columns=tuple(columns), sizes=self.sizes, key_of_each=self.key_of_each)
        return replace(self.computed(columns, ()), sizes=self.sizes)

    def extend(self, columns: Mapping[str, Expr]) -> Self:
        """Return the table with more columns."""
        return self.select({**{name: col(name, "raw") for name in self.columns}, **columns})

    def computed(self, columns: Mapping[str, Expr], kept: tuple[str, ...]) -> Self:
        """Return a table of columns that are kept and of those that are made."""
        plan = staged(columns.values())
        emitter = Emitter(pl, plan.names, is_polars=True)
        frame = self.frame
        for step in plan.steps:
            frame = frame.with_columns(
                **{name: emitter.emit(expr, is_definition=True) for name, expr in step.columns.items()}
            )
        found = {name: emitter.emit(expr) for name, expr in columns.items()}
        names = (*kept, *columns)
        if columns and not columns_of(columns.values()) and not kept:
            # A select of nothing but constants would have one row.
            return self._with(frame.with_columns(**found).select(*columns), names)
        return self._with(frame.select(*kept, **found), names)

    def _with_keys(self) -> Self:
        """Return the table with its keys in a column."""
        if self.key_of_each is None:
            return self
        frame = self.frame.collect().with_columns(self.key_of_each().alias(KEY)).select(*self.columns)
        return type(self)(frame.lazy(), self.is_eager, self.columns, self.sizes)

    def filter(self, test: Expr) -> Self:
        """Return the rows for which the test is true."""
        if self.key_of_each is not None:
            return self._with_keys().filter(test)
        kept = self.computed({"kept": test}, self.columns).frame.filter(pl.col("kept"))
        return self._with(kept.select(*self.columns), self.columns)

    def totals(self, totals: Mapping[str, Total]) -> Self:
        """Return one row for each key, with these totals over its rows."""
        rows = self._with_keys().computed({name: one.expr for name, one in totals.items()}, (KEY,))
        made = {name: _total(name, one) for name, one in totals.items()}
        return self._with(rows.frame.group_by(KEY).agg(**made), (KEY, *totals))

    def attach(self, rows: Self, totals: Mapping[str, Total]) -> Self:
        """Return the table with these totals over the rows of each key, in its order."""
        names = (*self.columns, *totals)
        if self.is_eager:
            sizes = rows.sizes if rows.sizes is not None else self._sizes(rows)
            if sizes is not None and _HAS_ARROW:
                return self._with(self._in_place(rows, totals, sizes), names)
        empty = {name: pl.col(name).fill_null(one.empty.param) for name, one in totals.items()}
        return self._with(self._joined(rows.totals(totals)).with_columns(**empty), names)

    def _in_place(self, rows: Self, totals: Mapping[str, Total], sizes: pl.Series) -> pl.LazyFrame:
        """Sum up the rows where they stand, each record's as a list."""
        summed = {name: one.expr for name, one in totals.items() if one.form != "rows"}
        flat = rows.computed(summed, ()).frame.collect() if summed else pl.DataFrame()
        ends = pl.concat([pl.Series([0], dtype=pl.Int64), sizes.cum_sum()])
        lists = {name: _as_lists(flat[name], ends) for name in summed}
        made = {name: _list_total(name, one) for name, one in totals.items()}
        lists |= {name: sizes for name, one in totals.items() if one.form == "rows"}
        return self.frame.collect().with_columns(**lists).lazy().with_columns(**made)

    def _sizes(self, rows: Self) -> pl.Series | None:
        """Return how many rows each record has, None unless the rows stand together in the records' order."""
        if not _HAS_ARROW:
            return None
        ids, keys = self.frame.select(KEY).collect()[KEY], rows.frame.select(KEY).collect()[KEY]
        probe = keys.head(_PROBED).rle().struct.field("value")
        if probe.n_unique() != probe.len() or ids.null_count():
            return None
        runs = keys.rle().struct.unnest().select(pl.col("value"), pl.col("len").cast(pl.Int64))
        if runs["value"].equals(ids):
            return runs["len"] if ids.n_unique() == ids.len() else None
        ended = runs.with_columns(end=pl.col("len").cum_sum())
        try:
            found = (
                ids.alias("value")
                .to_frame()
                .lazy()
                .join(ended.lazy(), on="value", how="left", maintain_order="left", validate="1:1")
                .collect()
            )
        except ComputeError:  # a key of several records, or of several runs
            return None
        if found["len"].sum() != keys.len() or not found["end"].drop_nulls().is_sorted():
            return None
        return found["len"].fill_null(0)

    def join(self, other: Self, how: How) -> Self:
        """Return the rows joined by key; a left join keeps their order."""
        if self.key_of_each is not None:
            return self._with_keys().join(other, how)
        names = self.columns
        if how in {"left", "inner"}:
            names = (*names, *(name for name in other.columns if name != KEY))
        if how == "left":
            return self._with(self._joined(other), names)
        # Computed at once: the next time it would be computed, the rows may come in another order.
        return self._with(self.frame.join(other.frame, on=KEY, how=how), names).settled()

    def _joined(self, other: Self) -> pl.LazyFrame:
        # The check holds always; with it Polars takes a join that keeps the order at half the cost.
        return self.frame.join(other.frame, on=KEY, how="left", maintain_order="left", validate="m:1")

    def stacked(self, others: list[Self]) -> Self:
        """Return the rows of this table, then those of others with the same columns."""
        frames = [self.frame, *(one.frame.select(*self.columns) for one in others)]
        return self._with(pl.concat(frames), self.columns)

    def exploded(self, column: str) -> Self:
        """Return key and fields of the elements of a list column, one row an element."""
        kind = self.frame.collect_schema()[column]
        assert isinstance(kind, pl.List)
        fields = [one.name for one in kind.inner.fields] if isinstance(kind.inner, pl.Struct) else ["value"]
        names = (KEY, *fields)
        if not self.is_eager:
            rows = self.frame.select(KEY, column).filter(pl.col(column).list.len() > 0).explode(column)
            plain = (
                rows.unnest(column) if isinstance(kind.inner, pl.Struct) else rows.rename({column: "value"})
            )
            return self._with(plain.select(*names), names)
        whole = self.frame.select(KEY, column).collect()
        sizes = whole[column].list.len().fill_null(0).cast(pl.Int64)
        elements = whole[column].explode(empty_as_null=False, keep_nulls=False)
        flat = (
            elements.struct.unnest()
            if isinstance(kind.inner, pl.Struct)
            else elements.alias("value").to_frame()
        )
        keys, owners = whole[KEY], pl.int_range(whole.height, eager=True)

        def key_of_each() -> pl.Series:
            return keys.gather(owners.repeat_by(sizes).explode(empty_as_null=False, keep_nulls=False))

        return type(self)(flat.lazy(), True, names, sizes, key_of_each)

    def unpivoted(self, names: list[str], variable: str, value: str) -> Self:
        """Return a row for each key and each of these columns of one kind: its name and its value."""
        rows = self.frame.unpivot(on=names, index=KEY, variable_name=variable, value_name=value)
        return self._with(rows.with_columns(pl.col(variable).cast(pl.Enum(names))), (KEY, variable, value))

    def is_empty(self) -> bool | None:
        """Return whether there is no row; of a computed frame only."""
        return self.frame.limit(1).collect().height == 0 if self.is_eager else None

    def settled(self) -> Self:
        """Return the table computed, unless the caller's frames are lazy."""
        if not self.is_eager:
            return self
        return replace(self, frame=self.frame.collect().lazy())

    def pinned(self) -> Self:
        """Return the table computed, unless the caller's frames are lazy."""
        return self.settled()

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


def _as_lists(values: pl.Series, ends: pl.Series) -> pl.Series:
    """Return rows that stand together as lists, each up to its end, without a copy of the values."""
    import pyarrow as pa  # noqa: PLC0415 - a shortcut where it is installed

    offsets = ends.to_arrow()
    return pl.Series(values.name, pa.LargeListArray.from_arrays(offsets, values.rechunk().to_arrow()))


def _list_total(name: str, total: Total) -> pl.Expr:
    match total.form:
        case "any":
            return pl.col(name).list.any()
        case "count":
            return pl.col(name).list.sum().cast(pl.Int64)
        case "sum":
            return pl.col(name).list.sum()
        case "last":
            return pl.col(name).list.max().fill_null(total.empty.param)
        case "rows":
            return pl.col(name)


def _total(name: str, total: Total) -> pl.Expr:
    match total.form:
        case "any":
            return pl.col(name).any()
        case "count":
            return pl.col(name).sum().cast(pl.Int64)
        case "sum":
            return pl.col(name).sum()
        case "last":
            return pl.col(name).max()
        case "rows":
            return pl.len().cast(pl.Int64)
