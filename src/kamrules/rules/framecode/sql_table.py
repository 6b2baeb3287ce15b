"""Frames of databases, DuckDB's and Spark's: lazy tables that take expressions as SQL."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from kamrules.rules.framecode.border import Source, SourceKind, wrong
from kamrules.rules.framecode.columns import Expr, Total
from kamrules.rules.framecode.sql import Dialect, SqlWriter, aggregate, quoted, text_literal
from kamrules.rules.framecode.stages import read_names, staged
from kamrules.rules.framecode.table import How
from kamrules.rules.framecode.translate import KEY


@dataclass(frozen=True, slots=True)
class SqlTable:
    """What both have in common; each says how a frame is selected from, filtered, grouped and joined."""

    frame: Any
    dialect: ClassVar[Dialect]

    def selected(self, texts: Iterable[str]) -> Any:
        """Return the frame of these columns, each a text of SQL."""
        raise NotImplementedError

    def grouped(self, texts: Iterable[str]) -> Any:
        """Return the frame of the keys, with these aggregates over the rows of each."""
        raise NotImplementedError

    def names(self) -> tuple[str, ...]:
        """Return the names of the columns."""
        return tuple(self.frame.columns)

    def select(self, columns: Mapping[str, Expr]) -> Self:
        """Return a table of these columns."""
        return self._computed(columns, ())

    def extend(self, columns: Mapping[str, Expr]) -> Self:
        """Return the table with more columns."""
        return self._computed(columns, self.names())

    def _computed(self, columns: Mapping[str, Expr], kept: tuple[str, ...]) -> Self:
        plan = staged(columns.values())
        writer = SqlWriter(self.dialect, plan.names)
        made = [
            {name: writer.write(expr, is_definition=True) for name, expr in step.columns.items()}
            for step in plan.steps
        ]
        made.append({name: writer.write(expr) for name, expr in columns.items()})
        # Each step carries along only what a later one reads: a database plans what it is told to carry.
        later = [{*kept, *read_names(columns.values(), plan.names)}]
        for step in reversed(plan.steps[1:]):
            read = read_names(step.columns.values(), plan.names, are_definitions=True)
            later.append(later[-1] | read)
        frame, there = self, set(self.names())
        for texts, needed in zip(made[:-1], reversed(later), strict=False):
            carried = sorted(there & needed)
            frame, there = type(self)(frame.selected(self._texts(carried, texts))), {*carried, *texts}
        return type(self)(frame.selected(self._texts(kept, made[-1])))

    def _texts(self, kept: Iterable[str], made: Mapping[str, str]) -> list[str]:
        return [
            *(quoted(name, self.dialect) for name in kept),
            *(f"{text} AS {quoted(name, self.dialect)}" for name, text in made.items()),
        ]

    def filter(self, test: Expr) -> Self:
        """Return the rows for which the test is true."""
        names = self.names()
        kept = self.extend({"kept": test})
        return type(self)(
            type(self)(kept.frame.filter(quoted("kept", self.dialect))).selected(
                quoted(name, self.dialect) for name in names
            )
        )

    def totals(self, totals: Mapping[str, Total]) -> Self:
        """Return one row for each key, with these totals over its rows."""
        rows = self._computed({name: one.expr for name, one in totals.items()}, (KEY,))
        return type(self)(rows.grouped(aggregate(name, one, self.dialect) for name, one in totals.items()))

    def attach(self, rows: Self, totals: Mapping[str, Total]) -> Self:
        """Return the table with these totals over the rows of each key."""
        joined = self.join(rows.totals(totals), "left")
        writer = SqlWriter(self.dialect, {})
        names = [quoted(name, self.dialect) for name in self.names()]
        for name, one in totals.items():
            column = quoted(name, self.dialect)
            names.append(f"coalesce({column}, {writer.write(one.empty)}) AS {column}")
        return type(self)(joined.selected(names))

    def join(self, other: Self, how: How) -> Self:
        """Return the rows joined by key."""
        raise NotImplementedError

    def is_empty(self) -> bool | None:
        """Return None: it would have to be computed."""
        return None

    def settled(self) -> Self:
        """Return the table itself, which is lazy."""
        return self

    def pinned(self) -> Self:
        """Return the table computed, unless the caller's frames are lazy."""
        return self.settled()

    def nullable(self) -> Mapping[str, bool] | None:
        """Return None: it would have to be computed."""
        return None

    def first_key(self) -> Any:
        """Return the key of some row, None where there is no row."""
        raise NotImplementedError

    def native(self) -> Any:
        """Return the frame of the library."""
        return self.frame


class DuckTable(SqlTable):
    """A relation of DuckDB."""

    dialect: ClassVar[Dialect] = "duckdb"

    def selected(self, texts: Iterable[str]) -> Any:
        """Return the frame of these columns, each a text of SQL."""
        return self.frame.project(", ".join(texts))

    def grouped(self, texts: Iterable[str]) -> Any:
        """Return the frame of the keys, with these aggregates over the rows of each."""
        key = quoted(KEY, "duckdb")
        return self.frame.aggregate(", ".join([key, *texts]), key)

    def sources(self, needed: Collection[str] = ()) -> Mapping[str, Source]:
        """Return what each column holds; of a stored table also which have no null: a count tells."""
        found: dict[str, Source] = {}
        for name, dtype in zip(self.frame.columns, self.frame.dtypes, strict=True):
            _add_duckdb(found, (name,), dtype)
        counted = [name for name in needed if name in found and len(found[name].place) == 1]
        if self.frame.type != "TABLE_RELATION" or not counted:
            return found
        texts = [f"count(*) = count({quoted(name, 'duckdb')})" for name in counted]
        texts += [
            f"coalesce(bool_and(isfinite({quoted(name, 'duckdb')})), TRUE)"
            for name in counted
            if found[name].kind == "float"
        ]
        answers = iter(self.frame.aggregate(", ".join(texts)).fetchall()[0])
        for name in counted:
            found[name] = replace(found[name], nullable=not next(answers))
        for name in counted:
            if found[name].kind == "float":
                found[name] = replace(found[name], is_finite=next(answers))
        return found

    def first_key(self) -> Any:
        """Return the key of some row, None where there is no row."""
        rows = self.frame.limit(1).project(quoted(KEY, "duckdb")).fetchall()
        return rows[0][0] if rows else None

    def join(self, other: Self, how: How) -> Self:
        """Return the rows joined by key."""
        left, right = self.frame.set_alias("lhs"), other.frame.set_alias("rhs")
        key = quoted(KEY, "duckdb")
        try:
            joined = left.join(right, f"lhs.{key} = rhs.{key}", how=how)
        except Exception as error:
            if "different connections" not in str(error):
                raise
            message = "the frames belong to different connections of DuckDB"
            raise wrong(message, "make them from one connection") from None
        names = [f"lhs.{quoted(name, 'duckdb')}" for name in self.names()]
        if how in {"left", "inner"}:
            names += [f"rhs.{quoted(name, 'duckdb')}" for name in other.names() if name != KEY]
        return type(self)(joined.project(", ".join(names)))

    def stacked(self, others: list[Self]) -> Self:
        """Return the rows of this table, then those of others with the same columns."""
        found = self.frame
        for other in others:
            found = found.union(other.selected(quoted(name, "duckdb") for name in self.names()))
        return type(self)(found)

    def exploded(self, column: str) -> Self:
        """Return key and fields of the elements of a list column, one row an element."""
        name, key = quoted(column, "duckdb"), quoted(KEY, "duckdb")
        kind = dict(zip(self.frame.columns, map(str, self.frame.dtypes), strict=True))[column]
        rows = self.frame.project(f"{key}, unnest({name}) AS value")
        if kind.startswith("STRUCT"):
            return type(self)(rows.project(f"{key}, unnest(value)"))
        return type(self)(rows)

    def unpivoted(self, names: list[str], variable: str, value: str) -> Self:
        """Return a row for each key and each of these columns of one kind: its name and its value."""
        pairs = ", ".join(
            f"{{'name': {text_literal(name, 'duckdb')}, 'value': {quoted(name, 'duckdb')}}}" for name in names
        )
        key = quoted(KEY, "duckdb")
        rows = self.frame.project(f"{key}, unnest([{pairs}]) AS pair")
        named = [f"pair.name AS {quoted(variable, 'duckdb')}", f"pair.value AS {quoted(value, 'duckdb')}"]
        return type(self)(rows.project(", ".join([key, *named])))

    def is_empty(self) -> bool | None:
        """Return whether there is no row."""
        return not self.frame.limit(1).fetchall()

    def pinned(self) -> Self:
        """Return the table computed and kept in memory, or behind a step DuckDB does not look through.

        A filter that DuckDB moves before the steps that share parts would spell those parts out again.
        """
        if hasattr(self.frame, "materialize"):
            return type(self)(self.frame.materialize())
        query = "WITH pinned AS MATERIALIZED (SELECT * FROM kamrules) SELECT * FROM pinned"
        return type(self)(self.frame.query("kamrules", query))


class SparkTable(SqlTable):
    """A DataFrame of Spark."""

    dialect: ClassVar[Dialect] = "spark"

    def selected(self, texts: Iterable[str]) -> Any:
        """Return the frame of these columns, each a text of SQL."""
        return self.frame.selectExpr(*texts)

    def grouped(self, texts: Iterable[str]) -> Any:
        """Return the frame of the keys, with these aggregates over the rows of each."""
        from pyspark.sql.functions import expr  # noqa: PLC0415 - whoever has such a frame has the library

        return self.frame.groupBy(quoted(KEY, "spark")).agg(*(expr(text) for text in texts))

    def sources(self, needed: Collection[str] = ()) -> Mapping[str, Source]:  # noqa: ARG002 - see `Table`
        """Return what each column holds."""
        found: dict[str, Source] = {}
        for one in self.frame.schema.fields:
            _add_spark(found, (one.name,), one.dataType)
        return found

    def first_key(self) -> Any:
        """Return the key of some row, None where there is no row."""
        row = self.frame.select(quoted(KEY, "spark")).first()
        return None if row is None else row[0]

    def join(self, other: Self, how: How) -> Self:
        """Return the rows joined by key."""
        return type(self)(self.frame.join(other.frame, on=KEY, how=how))

    def stacked(self, others: list[Self]) -> Self:
        """Return the rows of this table, then those of others with the same columns."""
        found = self.frame
        for other in others:
            found = found.unionByName(other.frame)
        return type(self)(found)

    def exploded(self, column: str) -> Self:
        """Return key and fields of the elements of a list column, one row an element."""
        kind = self.frame.schema[column].dataType.elementType.typeName()
        rows = self.frame.selectExpr(quoted(KEY, "spark"), f"explode({quoted(column, 'spark')}) AS value")
        if kind == "struct":
            return type(self)(rows.selectExpr(quoted(KEY, "spark"), "value.*"))
        return type(self)(rows)

    def unpivoted(self, names: list[str], variable: str, value: str) -> Self:
        """Return a row for each key and each of these columns of one kind: its name and its value."""
        values = [quoted(name, "spark") for name in names]
        return type(self)(self.frame.unpivot(quoted(KEY, "spark"), values, variable, value))


def _add_duckdb(found: dict[str, Source], place: tuple[str, ...], dtype: Any) -> None:
    """Add a column, and the fields of a struct under joined names."""
    kind = _duckdb_kind(str(dtype))
    values = tuple(dtype.children[0][1]) if kind == "category" else None
    found["__".join(place)] = Source(kind, str(dtype), place=place, values=values)
    if kind == "struct":
        for name, inner in dtype.children:
            _add_duckdb(found, (*place, name), inner)


def _add_spark(found: dict[str, Source], place: tuple[str, ...], dtype: Any) -> None:
    """Add a column, and the fields of a struct under joined names."""
    kind = _spark_kind(dtype.simpleString())
    found["__".join(place)] = Source(kind, dtype.simpleString(), place=place)
    if kind == "struct":
        for one in dtype.fields:
            _add_spark(found, (*place, one.name), one.dataType)


_DUCKDB: dict[str, SourceKind] = {
    "BOOLEAN": "bool", "FLOAT": "float", "DOUBLE": "float", "VARCHAR": "text", "DATE": "date",
    "INTERVAL": "span", "TIMESTAMP WITH TIME ZONE": "moment", '"NULL"': "null", "NULL": "null",
}  # fmt: skip


def _duckdb_kind(dtype: str) -> SourceKind:
    if dtype in _DUCKDB:
        return _DUCKDB[dtype]
    if dtype.endswith("]"):
        return "list"
    if re.fullmatch(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?", dtype):
        return "int"
    for start, kind in _DUCKDB_STARTS.items():
        if dtype.startswith(start):
            return kind
    return "other"


_DUCKDB_STARTS: dict[str, SourceKind] = {
    "DECIMAL": "decimal", "ENUM": "category", "TIMESTAMP": "naive", "STRUCT": "struct",
}  # fmt: skip


def _spark_kind(dtype: str) -> SourceKind:
    for start, kind in _SPARK_STARTS.items():
        if dtype.startswith(start):
            return kind
    return "other"


# The longer before the shorter it starts with: `timestamp_ntz`, `interval`.
_SPARK_STARTS: dict[str, SourceKind] = {
    "interval day": "span", "interval": "other", "boolean": "bool", "tinyint": "int", "smallint": "int",
    "int": "int", "bigint": "int", "float": "float", "double": "float", "decimal": "decimal",
    "string": "text", "varchar": "text", "char": "text", "date": "date", "timestamp_ntz": "naive",
    "timestamp": "moment", "array": "list", "struct": "struct", "void": "null",
}  # fmt: skip
