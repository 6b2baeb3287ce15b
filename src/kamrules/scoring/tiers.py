"""The tier of an account as the set of tiers still possible."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from kamrules.rules.plan import Table
from kamrules.rules.verdict import Status, TableRows


@dataclass(frozen=True, slots=True)
class RowDoubt:
    """Why a better row does not hold: the conditions that fail, or that are unknown."""

    row: str
    output: str
    status: Status
    conditions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tier:
    """The outputs still possible, best first: one if decided, several while facts are unknown, none in a gap.

    `is_sure` is true when some row surely holds, so that the gap is ruled out too; `conflict` when two rows
    of a unique table surely hold. `why_not` explains every row that is better than the decided output, or
    every row while none is decided.
    """

    possible: tuple[str, ...]
    is_sure: bool = False
    conflict: bool = False
    why_not: tuple[RowDoubt, ...] = ()

    @property
    def decided(self) -> str | None:
        """The tier when exactly one is possible and its row surely holds, else None."""
        return self.possible[0] if len(self.possible) == 1 and self.is_sure else None


def judge_tier(
    table: Table,
    rows: TableRows,
    order: Sequence[str],
    doubts: Callable[[str], tuple[Status, tuple[str, ...]]] | None = None,
) -> Tier:
    """Read the tier off the rows of its decision table.

    Parameters
    ----------
    table : the tier table
    rows : which of its rows hold surely or maybe
    order : the outputs, best first
    doubts : gives the status of a row and the texts of the conditions that keep it from holding

    Notes
    -----
    For hit policy `unique` a row that surely holds decides; rows that may hold then cannot (LANGUAGE.md 6).

    Examples
    --------
    >>> judge_tier(Table("t", "unique", ()), TableRows(), ["A", "B"]).possible
    ()
    """
    outputs = {row.id: row.output for row in table.rows}
    decided = rows.sure if rows.sure and table.hit == "unique" else (*rows.sure, *rows.maybe)
    found = {outputs[name] for name in decided}
    possible = tuple(output for output in order if output in found)
    rank: Mapping[str, int] = {output: place for place, output in enumerate(order)}
    is_sure = bool(rows.sure)
    best = rank[possible[0]] if len(possible) == 1 and is_sure else len(order)
    why = []
    if doubts is not None:
        for row in table.rows:
            if rank[row.output] < best:
                status, conditions = doubts(row.id)
                why.append(RowDoubt(row.id, row.output, status, conditions))
    return Tier(possible, is_sure, table.hit == "unique" and len(rows.sure) > 1, tuple(why))
