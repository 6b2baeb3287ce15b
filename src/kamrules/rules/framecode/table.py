"""What a program needs a library to do with a frame: a handful of verbs, the same for every library.

Members of the family: `narwhals_table` (whatever narwhals wraps), `polars_table` and `sql_table` (DuckDB,
Spark), which know faster ways. A table is immutable; every verb returns a new one, lazy where the library is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Literal, Protocol, Self

from kamrules.rules.framecode.border import Source
from kamrules.rules.framecode.columns import Expr, Total

How = Literal["left", "inner", "semi", "anti"]


class Table(Protocol):
    """A frame of some library; the column `translate.KEY` names the record."""

    def sources(self, needed: Collection[str] = ()) -> Mapping[str, Source]:
        """Return what each column holds; of needed ones all that is cheaply known."""
        ...

    def names(self) -> tuple[str, ...]:
        """Return the names of the columns."""
        ...

    def select(self, columns: Mapping[str, Expr]) -> Self:
        """Return a table of these columns."""
        ...

    def extend(self, columns: Mapping[str, Expr]) -> Self:
        """Return the table with more columns."""
        ...

    def filter(self, test: Expr) -> Self:
        """Return the rows for which the test is true."""
        ...

    def totals(self, totals: Mapping[str, Total]) -> Self:
        """Return one row for each key, with these totals over its rows."""
        ...

    def attach(self, rows: Self, totals: Mapping[str, Total]) -> Self:
        """Return the table with these totals over the rows of each key, in its order where there is one."""
        ...

    def join(self, other: Self, how: How) -> Self:
        """Return the rows joined by key; a left join keeps the order of the rows where there is one.

        The other table's columns are new ones, and in a left join it has at most one row for each key.
        """
        ...

    def stacked(self, others: list[Self]) -> Self:
        """Return the rows of this table, then those of others with the same columns."""
        ...

    def exploded(self, column: str) -> Self:
        """Return key and fields of the elements of a list column, one row an element."""
        ...

    def unpivoted(self, names: list[str], variable: str, value: str) -> Self:
        """Return a row for each key and each of these columns of one kind: its name and its value."""
        ...

    def is_empty(self) -> bool | None:
        """Return whether there is no row, None where that would have to be computed."""
        ...

    def settled(self) -> Self:
        """Return the table computed, where the library is not lazy, so that nothing is computed twice."""
        ...

    def pinned(self) -> Self:
        """Return the table computed, for what is used more than once and costs more than its rows take up.

        Where the library runs on other machines it stays lazy.
        """
        ...

    def nullable(self) -> Mapping[str, bool] | None:
        """Return which columns hold a null, or None where that would have to be computed."""
        ...

    def first_key(self) -> Any:
        """Return the key of some row, None where there is no row."""
        ...

    def native(self) -> Any:
        """Return the frame of the library."""
        ...
