"""Where the cadences of a whole frame of deals stand: last done, next due, overdue, by `scoring/cadence`.

A time at which it may have been done is a day too, today at the latest, so what is surely known and what may
be are two columns, and the status is the one on which both agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, get_args

from kamrules.errors import ArgumentError, BackendError, Fault
from kamrules.frames.intake import Refused, check_columns
from kamrules.frames.reading import Reading
from kamrules.frames.stage import name_of
from kamrules.rules.cadences import Cadence, Done
from kamrules.rules.framecode.border import Limits
from kamrules.rules.framecode.columns import (
    FALSE,
    NEVER,
    TRUE,
    Expr,
    Total,
    col,
    greatest,
    least,
    lit,
    read,
    when,
)  # fmt: skip
from kamrules.rules.framecode.door import given_back, opened, refuse_mixed
from kamrules.rules.framecode.partitions import is_partitioned
from kamrules.rules.framecode.run import Inputs, bound, check_lists
from kamrules.rules.framecode.sql_table import SparkTable
from kamrules.rules.framecode.table import Table
from kamrules.rules.framecode.translate import KEY, Frames, Given, Translator, anything
from kamrules.rules.framecode.values import expr_of, stored
from kamrules.rules.lang.types import Date, Object
from kamrules.scoring.cadence import CadenceStatus

_STATUSES = get_args(CadenceStatus)
_OK, _DUE, _OVERDUE, _UNKNOWN, _APART = range(len(_STATUSES))
_LAST, _PROBE_DAY = stored(date.max), date(2000, 1, 1)
_COLUMNS = ("status", "last_done", "next_due", "overdue_days")

Exprs = dict[str, Expr]


class DueFrames:
    """Judges the cadences of one pack on frames.

    Raises BackendError (B-OPERATOR) for what cannot be said with columns, a cadence of working days among it.
    """

    def __init__(
        self, cadences: Iterable[Cadence], schema: Object, root: str, limits: Mapping[str, Limits]
    ) -> None:
        self.cadences = tuple(cadences)
        self.schema = schema
        self.root = root
        self.limits = limits
        self.needed = self._laid_out(_PROBE_DAY, anything)[0]

    def table(
        self, deals: Any, lists: Mapping[str, Any], as_of: date, reading: Reading, refused: Refused
    ) -> Any:
        """Return one row a cadence and deal; see `Engine.cadences_frame`."""
        if is_partitioned(deals):
            raise _not_on("Dask")
        records = opened(deals, "deals")
        if isinstance(records, SparkTable):
            raise _not_on("Spark")
        tables = {name: opened(one, name) for name, one in lists.items()}
        check_lists(lists, self.schema)
        refuse_mixed(deals, lists)
        check_columns(records, tables, self.schema, reading.key, reading.link, reading.ignored, refused)
        inputs = Inputs(records, tables, reading.key, reading.link, self.limits, "deals")
        tied = bound(inputs, self.needed)
        frames, found = self._laid_out(as_of, tied.given)
        columns = {
            f"{name} {column}": expr for name, exprs in found.items() for column, expr in exprs.items()
        }
        wide = tied.joined(frames).select({KEY: col(KEY, "raw"), **columns}).pinned()
        return given_back(_long(wide, found), deals)

    def _laid_out(self, as_of: date, given: Given) -> tuple[Frames, dict[str, Exprs]]:
        """Return what is needed of the frames, and the columns of each cadence by its id."""
        frames = Frames(given)
        at = Translator(frames, self.root, as_of)
        found: dict[str, Exprs] = {}
        faults: list[Fault] = []
        for cadence in self.cadences:
            try:
                found[cadence.id] = _judged(cadence, at)
            except BackendError as problem:
                where = f"cadence {cadence.id}"
                faults += [Fault(one.code, one.message, where=where, hint=one.hint) for one in problem.faults]
        if faults:
            raise BackendError(faults)
        return frames, found


def _not_on(library: str) -> ArgumentError:
    hint = "read the columns that are needed into Polars, pandas, PyArrow or DuckDB"
    return ArgumentError(Fault("A-FRAME", f"cadences are not judged on frames of {library}", hint=hint))


def _long(wide: Table, found: Mapping[str, Exprs]) -> Table:
    """Return a row for each cadence and deal."""
    parts = []
    for name, exprs in found.items():
        cells = {
            column: col(f"{name} {column}", expr.kind, nullable=expr.nullable)
            for column, expr in exprs.items()
        }
        cells["status"] = name_of(cells["status"], _STATUSES)
        cells |= {column: read("date", cells[column], "raw") for column in ("last_done", "next_due")}
        parts.append(wide.select({"deal_id": col(KEY, "raw"), "cadence": lit(name, "text"), **cells}))
    if not parts:
        none = {"last_done": read("date", lit(None, "int"), "raw"), "overdue_days": lit(None, "int")}
        cells = {"status": lit("", "text"), "next_due": none["last_done"], **none}
        named = {"deal_id": col(KEY, "raw"), "cadence": lit("", "text")}
        return wide.filter(FALSE).select(named | {column: cells[column] for column in _COLUMNS})
    return parts[0].stacked(parts[1:])


def _judged(cadence: Cadence, at: Translator) -> Exprs:
    """Return the columns of one cadence: its status as a place among all, and days as whole numbers."""
    if cadence.working_days:
        message = "days that are worked cannot be counted with columns"
        raise BackendError(Fault("B-OPERATOR", message, hint="judge it deal by deal with `engine.cadences`"))
    today = lit(stored(at.as_of), "int")
    applies = TRUE if cadence.applies is None else at.truth(cadence.applies)
    times = [_times(done, at, today) for done in cadence.done]
    last, latest = greatest(*(one for one, _ in times)), greatest(*(one for _, one in times))
    start = last
    if cadence.starts is not None:
        starts = expr_of(at.scalar(cadence.starts), Date())
        start, latest = greatest(last, starts), greatest(latest, starts.filled(_LAST))
        start = when(starts.is_null(), last, start)
    due = _due(start, cadence.every)
    surely, maybe = _status(due, today), _status(_due(latest, cadence.every), today)
    known = when(surely.eq(maybe) & ~applies.is_null(), surely, lit(_UNKNOWN, "int"))
    is_apart = (~applies).filled(False)
    status = when(is_apart, lit(_APART, "int"), known)
    is_told = status < _UNKNOWN
    return {
        "status": status,
        "last_done": when(~is_apart, last),
        "next_due": when(is_told, due),
        "overdue_days": when(status.eq(_OVERDUE), today - due),
    }


def _times(done: Done, at: Translator, today: Expr) -> tuple[Expr, Expr]:
    """Return the last day on which it was surely done, and the last on which it may have been."""
    if done.range is None or done.var is None:
        on = expr_of(at.scalar(done.on), Date())
        return when(on <= today, on), when(on.is_null(), today, when(on <= today, on))
    inside, path = at.body(done.range, done.var), at.list_path(done.range)
    truth, on = inside.truth(done.when), expr_of(inside.scalar(done.on), Date())
    is_past, never = (on <= today).filled(False), lit(NEVER, "int")
    surely = when(truth.filled(False) & is_past, on, never)
    maybe = when(
        truth.filled(True) & (is_past | on.is_null()), when(on.is_null(), today, on).filled(NEVER), never
    )
    known = at.list_known(done.range)
    last, latest = (at.frames.total(path, Total("last", one.filled(NEVER))) for one in (surely, maybe))
    return when(known & (last > NEVER), last), when(known, when(latest > NEVER, latest), today)


def _due(start: Expr, every: int) -> Expr:
    return when(~start.is_null(), least(start + every, lit(_LAST, "int")))


def _status(due: Expr, today: Expr) -> Expr:
    """Return the place of a status, by a due day that is null for never."""
    late = when((due < today).filled(True), lit(_OVERDUE, "int"), lit(_OK, "int"))
    return when(due.eq(today).filled(False), lit(_DUE, "int"), late)
