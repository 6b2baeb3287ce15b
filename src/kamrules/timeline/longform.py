"""What a table of events writes, in long form: each content is read once, all else is columns.

Most events differ from others in their id and days only, and stand alone: nothing corrects them. Those are
never made: their content is checked and written out once for all events that have it. Corrections, what they
correct, ids that are there twice and everything that does not fit go the way of single events.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from kamrules.errors import ArgumentError, Fault, MissingExtraError, RecordError
from kamrules.records.base import Day
from kamrules.timeline.events import KEY, MAX_KEY, Event, Recorded
from kamrules.timeline.reading import COLUMNS, DATED, data_of_row, event_of
from kamrules.timeline.settled import Happened
from kamrules.timeline.writes import FOREVER, Write, Writer, versions

try:
    import polars as pl
except ImportError as error:
    raise MissingExtraError(
        Fault("X-FRAME", "a panel needs Polars", hint="install `kamrules[frame]`")
    ) from error

SCHEMA: dict[str, Any] = {
    "deal": pl.String,
    "list": pl.String,
    "item": pl.String,
    "path": pl.String,
    "op": pl.Enum(["value", "proof", "item", "list", "inside", "seen"]),
    "text": pl.String,
    "is_bad": pl.Boolean,
    "level": pl.String,
    "rank": pl.Int32,
    "since": pl.Int32,
    "until": pl.Int32,
}
_CONTENT = ("type", "path", "item", "value", "evidence")
_TEXTS = ("id", "deal_id", *_CONTENT, "by", "corrects")
_SAID = {name: SCHEMA[name] for name in Write._fields}
_ANY = {"id": "E", "deal_id": "D", "recorded_at": "2000-01-01"}
_SHOWN_FAULTS = 100
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_NUMBERS = {"effective": pl.Int64, "recorded": pl.Int64, "since": pl.Int32, "until": pl.Int32}


class _Stay(NamedTuple):
    """From when to when something is said, by ordinals of days; the order of what is said of a deal."""

    deal: str
    effective: int
    recorded: int
    id: str
    since: int
    until: int
    content: int


def writes_of(rows: pl.DataFrame, writer: Writer) -> pl.DataFrame:
    """Return what the events of some deals write, a row for each write, with the columns of `SCHEMA`.

    Raises
    ------
    ArgumentError
        R-* for every event that is none.
    """
    rows = rows.with_columns(
        pl.lit(None, pl.String).alias(name) for name in COLUMNS if name not in rows.columns
    )
    rows = rows.with_columns(alone=_stands_alone(rows))
    rows = _dated(rows, "effective_on", "effective", TypeAdapter(Day), date.toordinal)
    rows = _dated(rows, "recorded_at", "recorded", TypeAdapter(Recorded), _micros)
    rows = rows.with_columns(
        alone=pl.col("alone") & pl.col("effective").is_not_null() & pl.col("recorded").is_not_null()
    )
    said: list[tuple[int, Write]] = []
    rows, contents = _contents(rows, writer, said)
    together = rows.filter("alone")
    recorded_on = pl.from_epoch("recorded", time_unit="us").dt.date().dt.epoch("d") + _EPOCH.toordinal()
    stays = together.select(
        pl.col("deal_id").alias("deal"),
        "effective",
        "recorded",
        "id",
        since=pl.max_horizontal("effective", recorded_on).cast(pl.Int32),
        until=pl.lit(FOREVER, pl.Int32),
        content=pl.col("content").cast(pl.Int64),
    )
    single = _singly(rows.filter(~pl.col("alone")), writer, contents, said)
    schema = {**dict.fromkeys(_Stay._fields, pl.String), **_NUMBERS, "content": pl.Int64}
    stays = pl.concat([stays, pl.DataFrame(list(single), schema=schema, orient="row")])
    cells = _frame([(number, *one) for number, one in said], {"content": pl.Int64, **_SAID})
    # Of one event the writes keep their order.
    cells = cells.with_columns(place=pl.int_range(pl.len()).over("content"))
    stays = stays.filter(pl.col("since") < pl.col("until")).sort("deal", "effective", "recorded", "id")
    found = stays.with_columns(rank=pl.int_range(pl.len(), dtype=pl.Int32)).join(cells, on="content")
    return found.sort("rank", "place").select(*SCHEMA)


def _frame(rows: list[tuple[Any, ...]], schema: dict[str, Any]) -> pl.DataFrame:
    """Return rows as a frame, column by column, which is faster than row by row."""
    columns = zip(*rows, strict=True) if rows else ((),) * len(schema)
    return pl.DataFrame(
        [pl.Series(name, list(one), kind) for (name, kind), one in zip(schema.items(), columns, strict=True)]
    )


def _stands_alone(rows: pl.DataFrame) -> pl.Expr:
    """Return which events may be read together with others: by all that is seen before a day is read."""
    if any(rows.schema[name] not in {pl.String, pl.Null} for name in _TEXTS):
        return pl.lit(value=False)
    names = rows.select(pl.col(*_TEXTS).cast(pl.String))
    corrected = names.filter(pl.col("type") == "correction").select("deal_id", id="corrects").unique()
    is_corrected = names.join(
        corrected.with_columns(hit=True), on=["deal_id", "id"], how="left", maintain_order="left"
    )["hit"].fill_null(value=False)
    is_key = [
        pl.col(name).str.contains(KEY) & (pl.col(name).str.len_chars() <= MAX_KEY)
        for name in ("id", "deal_id")
    ]
    return (
        pl.all_horizontal(*is_key).fill_null(value=False)
        & (pl.col("corrects").is_null() | (pl.col("corrects") == ""))
        & (pl.col("type") != "correction").fill_null(value=False)
        & ~pl.struct("deal_id", "id").is_duplicated()
        & ~pl.lit(is_corrected)
    )


def _dated(
    rows: pl.DataFrame, name: str, number: str, kind: TypeAdapter[Any], number_of: Callable[[Any], int]
) -> pl.DataFrame:
    """Return the rows with the number of a day or moment; null for what is none, and for what has none."""
    seen = rows[name].unique()
    numbers = [_number(value, kind, number_of) for value in seen.to_list()]
    known = pl.DataFrame([seen, pl.Series(number, numbers, pl.Int64)])
    return rows.join(known, on=name, how="left", nulls_equal=True, maintain_order="left")


def _number(value: Any, kind: TypeAdapter[Any], number_of: Callable[[Any], int]) -> int | None:
    try:
        return number_of(kind.validate_python(value, strict=True))
    except ValidationError:
        return None


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _contents(rows: pl.DataFrame, writer: Writer, said: list[tuple[int, Write]]) -> tuple[pl.DataFrame, int]:
    """Return the rows with the number of their content, and how many there are; add what each writes.

    A content that is none is left to its single events, each of which tells.
    """
    # What happens on a day of its own says that day, too.
    dated = pl.when(pl.col("type").is_in(DATED)).then("effective")
    rows = rows.with_columns(said_on=dated)
    keys = [*_CONTENT, "said_on"]
    contents = rows.filter("alone").select(keys).unique(maintain_order=True)
    is_one = []
    for number, row in enumerate(contents.iter_rows(named=True)):
        day = date.fromordinal(row.pop("said_on") or 1)
        try:
            change = event_of(data_of_row(_ANY | row | {"effective_on": day.isoformat()}))
        except RecordError:
            is_one.append(False)
            continue
        is_one.append(True)
        said += [(number, one) for one in writer.cells(change, day)]
    numbered = contents.with_row_index("content").with_columns(is_one=pl.Series(is_one, dtype=pl.Boolean))
    found = rows.join(numbered, on=keys, how="left", nulls_equal=True, maintain_order="left")
    return found.with_columns(alone=pl.col("alone") & pl.col("is_one")), contents.height


def _singly(
    rows: pl.DataFrame, writer: Writer, number: int, said: list[tuple[int, Write]]
) -> Iterator[_Stay]:
    """Yield what single events say, each with a content of its own, numbered on from `number`."""
    by_deal: defaultdict[str, list[Event]] = defaultdict(list)
    for event in _events(rows.select(COLUMNS).iter_rows(named=True)):
        by_deal[event.deal_id].append(event)
    for deal, events in by_deal.items():
        for one in versions(events):
            happened = one.happened
            since = max(one.since, happened.effective_on.toordinal())
            said += [(number, cell) for cell in writer.cells(happened.change, happened.effective_on)]
            yield _Stay(deal, *_order(happened), since, one.until, number)
            number += 1


def _order(one: Happened) -> tuple[int, int, str]:
    return one.effective_on.toordinal(), _micros(one.recorded_at), one.id


def _events(rows: Iterable[dict[str, Any]]) -> list[Event]:
    """Return rows as events; ArgumentError with every fault of those that are none."""
    events: list[Event] = []
    faults: list[Fault] = []
    for row in rows:
        try:
            events.append(event_of(data_of_row(row)))
        except RecordError as problem:
            place = f"event `{row['id']}`"
            faults += [
                Fault(one.code, one.message, where=f"{place}, {one.where}", hint=one.hint)
                for one in problem.faults
            ]
    if faults:
        raise ArgumentError(faults[:_SHOWN_FAULTS])
    return events
