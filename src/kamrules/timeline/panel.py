"""Frames of many deals on many days, by what was recorded on each: ready for `Engine.assess_frame`.

The deals are taken some thousands at a time, so memory does not grow with their number; what their events
write is put in long form once (`longform`), and each day is cut out of it by Polars. The record way,
`Timeline.as_of`, gives the same verdicts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from kamrules.engine import Engine
from kamrules.errors import ArgumentError, Fault, MissingExtraError
from kamrules.rules.lang.types import Bool, Date, Double, Int, ListOf, Money, Object, Timestamp, Type
from kamrules.timeline.events import PLACE, Event
from kamrules.timeline.fold import names_without_id
from kamrules.timeline.longform import writes_of
from kamrules.timeline.reading import COLUMNS, NEEDED, to_row
from kamrules.timeline.timeline import as_day
from kamrules.timeline.writes import JOIN, KNOWN, PRESENT, Writer

try:
    import polars as pl
except ImportError as error:
    raise MissingExtraError(
        Fault("X-FRAME", "a panel needs Polars", hint="install `kamrules[frame]`")
    ) from error

DEAL = "deal_id"
_CELL = ["deal", "list", "item", "path"]
_IS_ITEM = pl.col("list") != ""
_LEVEL, _LEVEL_DAY = "__evidence", "__evidence_at"


@dataclass(frozen=True, slots=True)
class Cut:
    """Some deals on one day, as `Engine.assess_frame` takes them.

    `deals` has one row a deal (`id`), `lists` one frame a list (`deal_id`). `rejected` are the deals with a
    value of no field or of another kind than its field's, and the names of these fields. As in other frames,
    values of fields that the pack does not read are not looked at.
    """

    day: date
    deals: pl.DataFrame
    lists: Mapping[str, pl.DataFrame]
    rejected: pl.DataFrame


def event_frame(events: Iterable[Event]) -> pl.DataFrame:
    """Return events as a table with the columns of a CSV file of events, all of them texts."""
    rows = [
        {name: None if one is None else str(one) for name, one in to_row(event).items()} for event in events
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, pl.String))


def panel(engine: Engine, events: Any, days: Iterable[date], *, deals_at_once: int = 10_000) -> Iterator[Cut]:
    """Yield deals on days, each as of its end: for every group of deals one cut a day.

    Parameters
    ----------
    engine : what the frames are for: only the columns its pack reads are made
    events : a frame of Polars (eager or lazy), pandas or PyArrow with the columns of a file of events
        `value` and `evidence` are JSON texts; days are dates or texts, moments have a time zone or are texts.
        A lazy frame is read once for each group of deals.
    days : such as the ends of months
    deals_at_once : how many deals are held in memory; our choice: assessing a cut costs about half a second
        of its own, whatever is in it, and 10,000 deals take about 1 GB

    Raises
    ------
    ArgumentError
        A-COLUMN for a column that is missing, R-* for every event that is none.

    Examples
    --------
    >>> import kamrules as kr
    >>> from kamrules.timeline import FactSet
    >>> engine = kr.compile(kr.load_pack("handbook"))
    >>> claim = FactSet(id="E1", deal_id="D1", path="deal.milestone", value="M2",
    ...     effective_on="2026-05-04", recorded_at="2026-05-06")
    >>> for cut in panel(engine, event_frame([claim]), [date(2026, 4, 30), date(2026, 5, 31)]):
    ...     found = engine.assess_frame(cut.deals, as_of=cut.day, **cut.lists).deals
    ...     print(cut.day, found.select("deal_id", "claimed").rows())
    2026-04-30 []
    2026-05-31 [('D1', 'M2')]
    """
    table = _opened(events)
    types = table.collect_schema()
    names = types.names()
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise ArgumentError([Fault("A-COLUMN", f"no column `{name}`", where="events") for name in missing])
    wanted = sorted({as_day(day) for day in days})
    if deals_at_once < 1:
        raise ArgumentError(
            Fault("A-VALUE", f"`{deals_at_once}` given for deals_at_once, 1 or more expected")
        )
    kept = table.select(name for name in COLUMNS if name in names)
    kind = types["effective_on"]
    if isinstance(kind, pl.Datetime) and kind.time_zone is None:
        # pandas has no days: midnight is one, and what is none is told as a fault of its event.
        moment = pl.col("effective_on")
        shown = pl.when(moment == moment.dt.truncate("1d")).then(moment.dt.date().cast(pl.String))
        kept = kept.with_columns(effective_on=shown.otherwise(moment.cast(pl.String)))
    columns = engine.frame_columns()
    sheet = _Sheet(engine.plan.schema, columns, names_without_id(engine.model))
    writer = Writer.of(engine.plan.schema, columns)
    deals = kept.select(pl.col(DEAL).cast(pl.String)).unique().sort(DEAL).collect()[DEAL]
    if deals.null_count():
        raise ArgumentError(Fault("R-MISSING", "events without a deal", where=f"events.{DEAL}"))
    for start in range(0, len(deals), deals_at_once):
        some = deals.slice(start, deals_at_once)
        rows = kept.filter(
            pl.col(DEAL).cast(pl.String).is_between(pl.lit(some[0]), pl.lit(some[-1]))
        ).collect()
        writes = _Writes.of(writes_of(rows, writer))
        for day in wanted:
            yield sheet.cut(writes, day)


def stacked(cuts: Iterable[Cut]) -> tuple[pl.DataFrame, dict[str, pl.DataFrame]]:
    """Return cuts as one frame of deals and one of each list, each with a column `day`."""
    deals: list[pl.DataFrame] = []
    lists: dict[str, list[pl.DataFrame]] = {}
    for cut in cuts:
        deals.append(cut.deals.with_columns(day=pl.lit(cut.day)))
        for name, rows in cut.lists.items():
            lists.setdefault(name, []).append(rows.with_columns(day=pl.lit(cut.day)))
    return pl.concat(deals), {name: pl.concat(rows) for name, rows in lists.items()}


def _opened(events: Any) -> pl.LazyFrame:
    if isinstance(events, pl.LazyFrame):
        return events
    if isinstance(events, pl.DataFrame):
        return events.lazy()
    if hasattr(events, "__arrow_c_stream__"):
        return pl.DataFrame(events).lazy()
    message = f"a frame of {type(events).__module__} given, one of Polars, pandas or PyArrow expected"
    raise ArgumentError(Fault("A-FRAME", message))


@dataclass(frozen=True)
class _Writes:
    """Writes by the number of their cell and in the order of their rank, and what each cell is.

    Cells have the numbers of what they are in, and with which they are forgotten: `of_list`, `of_item`, and
    the objects in `above`, outermost first. Their lists and paths are enums, which are joined and grouped as
    numbers; `level_path` and `day_path` are the columns of the evidence. `holders` are the deals and items.
    """

    rows: pl.DataFrame
    cells: pl.DataFrame
    holders: pl.DataFrame
    above: tuple[str, ...]
    ops: frozenset[str]
    columns: frozenset[str]

    @classmethod
    def of(cls, writes: pl.DataFrame) -> _Writes:
        cells = writes.select(_CELL).unique().sort(_CELL).with_row_index("cell")
        cells = cells.with_columns(
            of_list=pl.struct("deal", "list").rle_id(), of_item=pl.struct("deal", "list", "item").rle_id()
        )
        steps = pl.col("path").str.split(JOIN)
        objects = writes.filter(pl.col("op") == "inside").select(_CELL).unique()
        objects = objects.join(cells, on=_CELL, how="left").select("of_item", above="path", number="cell")
        deepest = cells["path"].str.count_matches(JOIN).max() if not objects.is_empty() else 0
        names = [f"above {depth}" for depth in range(1, 1 + (deepest if isinstance(deepest, int) else 0))]
        for depth, name in enumerate(names, start=1):
            above = pl.when(steps.list.len() > depth).then(steps.list.head(depth).list.join(JOIN))
            cells = cells.with_columns(above=above).join(
                objects.rename({"number": name}), on=["of_item", "above"], how="left"
            ).drop("above")  # fmt: skip
        rows = writes.join(cells.select(*_CELL, "cell", "of_list", "of_item"), on=_CELL, how="left")
        # The sort is stable: of one event the writes keep their order.
        rows = rows.drop(_CELL).sort("cell", "rank", maintain_order=True)
        paths = cells["path"].unique()
        columns = pl.concat([paths, paths + _LEVEL, paths + _LEVEL_DAY]).unique().sort()
        lists, column = pl.Enum(cells["list"].unique().sort()), pl.Enum(columns)
        cells = cells.with_columns(
            list=pl.col("list").cast(lists),
            path=pl.col("path").cast(column),
            level_path=(pl.col("path") + _LEVEL).cast(column),
            day_path=(pl.col("path") + _LEVEL_DAY).cast(column),
        )
        holders = cells.select("of_item", "deal", "item").unique()
        cells = cells.drop("deal", "item")
        return cls(rows, cells, holders, tuple(names), frozenset(rows["op"].unique()), frozenset(columns))

    def on(self, day: date) -> pl.DataFrame:
        """Return the writes that are there on a day."""
        now = day.toordinal()
        return self.rows.filter((pl.col("since") <= now) & (pl.col("until") > now))

    def last(self, live: pl.DataFrame, ops: Sequence[str], *kept: str) -> pl.DataFrame:
        """Return the last write of each cell, but for those in something that was forgotten after it."""
        found = live.filter(pl.col("op").is_in(ops)).select("cell", "rank", *kept)
        found = found.filter(pl.col("cell").ne_missing(pl.col("cell").shift(-1)))
        found = found.hstack(self.cells.drop("cell")[found["cell"]])  # cells are numbered from 0
        for op, name, number in (
            ("list", "of_list", "of_list"),
            ("item", "of_item", "of_item"),
            *(("inside", name, "cell") for name in self.above),
        ):
            if op in self.ops:
                gone = live.filter(pl.col("op") == op).group_by(number).agg(gone=pl.col("rank").max())
                inside = found.select("cell", "rank", name).filter(pl.col(name).is_not_null())
                # What forgets an object or an item may write it anew in one go: its own rank stays.
                hidden = inside.join(gone, left_on=name, right_on=number).filter(
                    pl.col("rank") < pl.col("gone")
                )
                found = found.join(hidden, on="cell", how="anti", maintain_order="left")
        return found


@dataclass(frozen=True)
class _Sheet:
    """The columns that are wanted."""

    schema: Object
    columns: Mapping[str, Sequence[str]]
    without_id: frozenset[str]

    def cut(self, writes: _Writes, day: date) -> Cut:
        """Return the deals on a day."""
        values, proofs, seen = self._found(writes, day)
        names = pl.col("list").cast(pl.String) + "[]."
        place = pl.when(_IS_ITEM).then(names).otherwise(pl.lit("")) + pl.col("path").cast(pl.String)
        bad = values.filter("is_bad").join(writes.holders, on="of_item").select("deal", path=place)
        rejected = (
            bad.group_by("deal").agg(pl.col("path").unique().sort().str.join(";")).sort("deal")
        ).rename({"deal": DEAL, "path": "faults"})
        kept = seen.join(bad, on="deal", how="anti")
        items = values.filter(_IS_ITEM & (pl.col("path") == PRESENT)).select("list", "of_item")
        held = items.join(writes.holders, on="of_item").join(kept, on="deal", how="semi").sort("deal", "item")
        rows, cells = _by_list(held), _by_list(self._cells(values, proofs))
        rows[""] = kept.sort("deal")
        lists = {}
        for name in self.columns:
            of = "" if name == "deals" else name
            wanted = [one for one in self.columns[name] if one in writes.columns]
            some = cells.get(of, values.clear()).filter(pl.col("path").is_in(wanted))
            lists[name] = self._wide(rows.get(of, held.clear()), some, name, of)
        return Cut(day, lists.pop("deals").rename({DEAL: "id"}), lists, rejected)

    @staticmethod
    def _found(writes: _Writes, day: date) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        """Return values that count (of items that are there), evidence, and the deals that are there."""
        live = writes.on(day)
        values = writes.last(live, ["value"], "text", "is_bad", "level")
        # Evidence of its own is rare; else that of the value stands.
        proofs = writes.last(live, ["value", "proof"], "level") if "proof" in writes.ops else values
        proofs = proofs.filter(pl.col("level").is_not_null())
        seen = live.filter(pl.col("op") == "seen").select("of_item").unique()
        is_there = (pl.col("path") == PRESENT) & _IS_ITEM & (pl.col("text") == "true")
        items = values.filter(is_there).select("of_item")
        inside = values.filter(_IS_ITEM).join(items, on="of_item", how="semi")
        return pl.concat([values.filter(~_IS_ITEM), inside]), proofs, seen.join(writes.holders, on="of_item")

    @staticmethod
    def _cells(values: pl.DataFrame, proofs: pl.DataFrame) -> pl.DataFrame:
        """Return the cells of all frames: what stands in which column."""
        proof = pl.col("level").str.split_exact(" ", 1)
        parts = [values.select("list", "of_item", "path", "text")]
        for path, part in (("level_path", "field_0"), ("day_path", "field_1")):
            text = proof.struct.field(part).alias("text")
            parts.append(proofs.select("list", "of_item", pl.col(path).alias("path"), text))
        return pl.concat(parts)

    def _wide(self, rows: pl.DataFrame, cells: pl.DataFrame, name: str, of: str) -> pl.DataFrame:
        """Return one row for each deal or item, with a column for each that is read."""
        wanted = [column for column in self.columns[name] if column != "id"]
        found = rows
        if not cells.is_empty():
            wide = cells.pivot(on="path", index="of_item", values="text")
            found = rows.join(wide, on="of_item", how="left", maintain_order="left")
        made = [pl.col("deal").alias(DEAL)]
        if "id" in self.columns[name] and of:
            is_own = ~pl.col("item").str.starts_with(PLACE) & pl.lit(of not in self.without_id)
            made.append(pl.when(is_own).then("item").alias("id"))
        for column in wanted:
            text = pl.col(column) if column in found.columns else pl.lit(None, pl.String)
            value = _typed(text, _kind_at(self.schema, of, column))
            is_known = not of and column.endswith(KNOWN)
            made.append((value.fill_null(False) if is_known else value).alias(column))
        return found.select(made)


def _by_list(frame: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return the rows by their list, in their order."""
    parts = frame.partition_by("list", as_dict=True, maintain_order=True)
    return {str(name): part for (name,), part in parts.items()}


def _kind_at(schema: Object, of: str, column: str) -> Type | None:
    """Return the type of a column, None for an evidence level; `LIST__known` is true or false."""
    kind: Any = schema
    if of:
        member = schema.member(of)
        kind = member.type.element if member is not None and isinstance(member.type, ListOf) else None
    if column.endswith(KNOWN) and not of:
        return Bool()
    if column.endswith("__evidence_at"):
        return Date()
    for name in column.split("__"):
        member = kind.member(name) if isinstance(kind, Object) else None
        kind = member.type if member is not None else None
    return kind if not column.endswith("__evidence") else None


def _typed(text: pl.Expr, kind: Type | None) -> pl.Expr:
    match kind:
        case Bool():
            return text == "true"
        case Int() | Money():
            return text.cast(pl.Int64, strict=False)
        case Double():
            return text.cast(pl.Float64)
        case Date():
            return text.str.to_date("%Y-%m-%d")
        case Timestamp():
            return text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.6f", time_unit="us").dt.replace_time_zone("UTC")
    return text
