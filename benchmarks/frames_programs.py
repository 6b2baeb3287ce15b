"""What `benchmarks/frames.py` times: workload W and the handbook pack, on the frames of each library.

`CASES` are W on frames of one kind, by hand and by kamrules; `check_case` and `check_pack` assert that each
says what the record engines say.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cache, partial
from typing import Any
from unittest.mock import patch

import duckdb
import narwhals as nw
import polars as pl
import polars.selectors as cs

import kamrules as kr
from benchmarks.frames_data import make_frames, make_pipeline, pipeline_records, records_of
from benchmarks.frames_hand import SQL, duckdb_sql, polars_kleene, polars_two_valued
from benchmarks.handwritten import idiomatic
from benchmarks.workload import Deal, make_plan
from kamrules.assessment import Assessment
from kamrules.rules.backends import frame, reference
from kamrules.rules.framecode import door
from tests.backends.outcomes import outcome_of

Frames = tuple[pl.DataFrame, pl.DataFrame | None]
Run = Callable[[], Any]
DAY = date(2026, 6, 30)
CHECKED = 1000
TOLERANCE = 1e-6
PLAN = make_plan()
PROGRAM = frame.compile_plan(PLAN)


@dataclass(frozen=True)
class Pair:
    """One run of W by hand and one by kamrules, on the same frames.

    `settle` makes a frame that can be looked at of what they give.
    """

    hand: Run
    ours: Run
    settle: Callable[[Any], Any] = field(default=lambda found: found)


@dataclass(frozen=True)
class Case:
    """W on frames of one kind: options of `make_frames`, how to open them, and the ratios to reach."""

    open: Callable[[Frames], Pair]
    options: Mapping[str, bool] = field(default_factory=dict)
    to_plain: float | None = None
    to_same: float | None = None
    needs: str = "polars"

    @property
    def is_there(self) -> bool:
        return importlib.util.find_spec(self.needs) is not None

    def make(self, count: int) -> Frames:
        return make_frames(count, **self.options)


# --- workload W


def ours(frames: tuple[Any, Any], *, portable: bool = False) -> Any:
    deals, people = frames
    lists = {} if people is None else {"stakeholders": people}
    return PROGRAM.run(deals, lists, DAY, portable=portable)


def by_hand(frames: Frames) -> pl.DataFrame:
    deals, people = frames
    if people is None:
        rows = deals.lazy().select("stakeholders", deal_id="id").explode("stakeholders")
        people = rows.unnest("stakeholders")  # type: ignore[assignment]  # lazy is as good
    return polars_kleene(deals, people)  # type: ignore[arg-type]


def two_valued(frames: Frames) -> pl.DataFrame:
    deals, people = frames
    assert people is not None
    return polars_two_valued(deals, people)


def without_nulls(frames: Frames) -> Frames:
    """Return the frames with every missing fact taken for zero or false."""
    deals, people = frames
    return deals.with_columns(cs.numeric().fill_null(0), cs.boolean().fill_null(value=False)), people


def open_polars(frames: Frames, *, portable: bool = False) -> Pair:
    return Pair(partial(by_hand, frames), partial(ours, frames, portable=portable))


def open_other(library: str, frames: Frames, *, portable: bool = False) -> Pair:
    """Return our run on frames of another library in memory; the one by hand stays with Polars."""
    deals, people = (in_memory(library, one) for one in frames if one is not None)
    return Pair(partial(by_hand, frames), partial(ours, (deals, people), portable=portable))


def in_memory(library: str, given: pl.DataFrame) -> Any:
    """Return a frame as one of PyArrow or pandas."""
    arrow = given.to_arrow()
    if library == "pyarrow":
        return arrow
    import pandas as pd

    return arrow.to_pandas(types_mapper=pd.ArrowDtype)


def open_duckdb(frames: Frames) -> Pair:
    con = duckdb.connect()
    tables = {"deals": frames[0], "stakeholders": frames[1]}
    store_in_duckdb(con, tables)
    deals, people = (con.table(name) for name in tables)
    return Pair(
        lambda: duckdb_sql(con, "deals", "stakeholders"), lambda: ours((deals, people)).to_arrow_table()
    )


def store_in_duckdb(con: duckdb.DuckDBPyConnection, tables: Mapping[str, Any]) -> None:
    """Store frames as tables of the same names, categories as ENUM."""
    for name, given in tables.items():
        columns = []
        for column, dtype in given.schema.items():
            text = f'"{column}"'
            if isinstance(dtype, pl.Enum):
                kind = f'"{name} {column}"'
                words = ", ".join(f"'{one}'" for one in dtype.categories)
                con.execute(f"CREATE TYPE {kind} AS ENUM ({words})")
                text = f"{text}::{kind} AS {text}"
            columns.append(text)
        con.register("given", given.to_arrow())
        con.execute(f'CREATE TABLE "{name}" AS SELECT {", ".join(columns)} FROM given')
        con.unregister("given")


def open_spark(frames: Frames) -> Pair:
    session = spark_session()
    deals, people = (spark_frame(one) for one in frames if one is not None)
    deals.createOrReplaceTempView("deals")
    people.createOrReplaceTempView("stakeholders")
    text = SQL.format(deals="deals", stakeholders="stakeholders")
    return Pair(
        lambda: done_in_spark(session.sql(text)),
        lambda: done_in_spark(ours((deals, people))),
        lambda found: found.toArrow(),
    )


@cache
def spark_session() -> Any:
    os.environ["PYSPARK_PYTHON"] = sys.executable
    from pyspark.sql import SparkSession

    settings = {
        "spark.driver.memory": "4g",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
    }
    return SparkSession.builder.master("local[2]").config(map=settings).getOrCreate()


def spark_frame(given: pl.DataFrame) -> Any:
    """Return a frame of Spark, cached."""
    made = spark_session().createDataFrame(given.to_arrow()).repartition(2).cache()
    made.count()
    return made


def done_in_spark(found: Any) -> Any:
    found.write.format("noop").mode("overwrite").save()
    return found


CASES: dict[str, Case] = {
    "plain, sorted": Case(open_polars, {}, 1.1),
    "plain, shuffled": Case(open_polars, {"shuffled": True}, None, 1.1),
    "keys of 18 letters, sorted": Case(open_polars, {"string_ids": True}, None, 1.1),
    "keys of 18 letters, shuffled": Case(open_polars, {"string_ids": True, "shuffled": True}, None, 1.1),
    "categories (Enum), sorted": Case(open_polars, {"categories": True}, 0.55),
    "list column": Case(open_polars, {"lists": True}, 0.55),
    "list column, categories (Enum)": Case(open_polars, {"lists": True, "categories": True}, 0.55),
    "Polars, portable plan": Case(partial(open_polars, portable=True)),
    "PyArrow": Case(partial(open_other, "pyarrow"), needs="pyarrow"),
    "PyArrow, portable plan": Case(partial(open_other, "pyarrow", portable=True), needs="pyarrow"),
    "pandas (Arrow dtypes)": Case(partial(open_other, "pandas"), needs="pandas"),
    "DuckDB, VARCHAR": Case(open_duckdb, {}, None, 1.15, needs="duckdb"),
    "DuckDB, ENUM": Case(open_duckdb, {"categories": True}, None, 1.15, needs="duckdb"),
    "Spark, local[2], warm": Case(open_spark, needs="pyspark"),
}


def check_case(case: Case) -> None:
    """Assert on 1,000 deals that both programs of a case say what the reference and the plain code say."""
    frames = case.make(CHECKED)
    pair = case.open(frames)
    records = records_of(*frames, CHECKED)
    keys = frames[0]["id"].to_list()
    check_by_hand(_by_key(pair.settle(pair.hand()), "id"), dict(zip(keys, records, strict=True)))
    meaning = reference.compile_plan(PLAN)
    found = _by_key(pair.settle(pair.ours()), "id")
    assert len(found) == len(records)
    for key, record in zip(keys, records, strict=True):
        outcome, wanted = outcome_of(PLAN, found[key]), meaning.run(record, DAY)
        assert (outcome.truths, outcome.tables) == (wanted.truths, wanted.tables)
        for one, other in zip(outcome.scores, wanted.scores, strict=True):
            assert abs(one.low - other.low) <= TOLERANCE
            assert abs(one.high - other.high) <= TOLERANCE


def check_by_hand(found: Mapping[Any, Deal], records: Mapping[Any, Deal], *, is_kleene: bool = True) -> None:
    """Assert that rows have what plain Python gives; in Kleene logic wherever nothing is unknown."""
    assert len(found) == len(records)
    for key, record in records.items():
        row, (rules, tier, score) = found[key], idiomatic(record)
        for name, wanted in rules.items():
            assert row[name] is wanted or (is_kleene and row[name] is None), name
        assert row["tier"] == tier
        assert abs(row["score"] - score) <= TOLERANCE


def _by_key(found: Any, key: str) -> dict[Any, Deal]:
    read = nw.from_native(found, eager_only=True)
    return {row[key]: row for row in read.to_arrow().to_pylist()}


# --- the handbook pack

ENGINE = cache(lambda: kr.compile(kr.load_pack("handbook")))  # made when asked for: W needs none
PackRun = Callable[[], Any]


def assess(deals: Any, lists: Mapping[str, Any]) -> Any:
    return ENGINE().assess_frame(deals, as_of=DAY, **lists)


def pack_on_polars(deals: pl.DataFrame, lists: Mapping[str, pl.DataFrame]) -> PackRun:
    return lambda: assess(deals, lists).deals


def pack_on_pyarrow(deals: pl.DataFrame, lists: Mapping[str, pl.DataFrame]) -> PackRun:
    found, others = deals.to_arrow(), {path: one.to_arrow() for path, one in lists.items()}
    return lambda: assess(found, others).deals


def pack_without_polars(deals: pl.DataFrame, lists: Mapping[str, pl.DataFrame]) -> PackRun:
    """Return the run on PyArrow as it is where Polars is not installed."""
    run = pack_on_pyarrow(deals, lists)

    def portable() -> Any:
        with patch.object(door, "HAS_POLARS", new=False):
            return run()

    return portable


def pack_on_duckdb(deals: pl.DataFrame, lists: Mapping[str, pl.DataFrame]) -> PackRun:
    con = duckdb.connect()
    store_in_duckdb(con, {"deals": deals, **lists})
    found, others = con.table("deals"), {path: con.table(path) for path in lists}

    def run() -> Any:
        assert con
        return assess(found, others).deals.to_arrow_table()

    return run


def pack_on_spark(deals: pl.DataFrame, lists: Mapping[str, pl.DataFrame]) -> PackRun:
    found, others = spark_frame(deals), {path: spark_frame(one) for path, one in lists.items()}
    return lambda: done_in_spark(assess(found, others).deals)


PACK_ENGINES: dict[str, tuple[str, Callable[[pl.DataFrame, Mapping[str, pl.DataFrame]], PackRun]]] = {
    "Polars": ("polars", pack_on_polars),
    "PyArrow": ("pyarrow", pack_on_pyarrow),
    "PyArrow, where Polars is not installed": ("pyarrow", pack_without_polars),
    "DuckDB": ("duckdb", pack_on_duckdb),
    "Spark, local[2], warm": ("pyspark", pack_on_spark),
}


def check_pack(name: str) -> None:
    """Assert on 1,000 deals that the pack says of a frame what the record engine says of each deal."""
    found = PACK_ENGINES[name][1](*make_pipeline(CHECKED))()
    rows = _by_key(found.toArrow() if name.startswith("Spark") else found, "deal_id")
    assert len(rows) == CHECKED
    for one in verdicts():
        wanted, row = verdict_row(one), rows[one.deal_id]
        for column, value in wanted.items():
            same = abs(row[column] - value) <= TOLERANCE if isinstance(value, float) else row[column] == value
            assert same, (name, one.deal_id, column, row[column], value)


@cache
def verdicts() -> Sequence[Assessment]:
    found = list(ENGINE().assess_many(pipeline_records(CHECKED), as_of=DAY))
    assert all(isinstance(one, Assessment) for one in found)
    return found  # type: ignore[return-value]


def verdict_row(found: Assessment) -> Deal:
    """Return what a row of the wide table has to say."""
    stage, tier, health = found.stage, found.tier, found.health
    assert tier is not None
    assert health is not None
    return {
        "claimed": stage.claimed,
        "supported": stage.supported,
        "possible": stage.possible,
        "claim": stage.claim,
        "is_complete": stage.is_complete,
        "blockers": ";".join(stage.blockers),
        "unknowns": ";".join(stage.unknowns),
        "tier": "/".join(tier.tier.possible) or "none",
        "health_low": health.low,
        "health_score": health.score,
        "health_high": health.high,
        "grade": "veto" if health.vetoed_by else "/".join(health.grades),
        "red_lines": ";".join(found.tripped),
        "waived": ";".join(line.id for line in found.red_lines if line.status == "waived"),
        "breaches": ";".join(found.breaches),
        "ask_next": _ask_next(found),
    }


def _ask_next(found: Assessment) -> str | None:
    """Return the field that most unknowns wait for, where the facts of a list are one field."""
    fields: dict[str, set[str]] = defaultdict(set)
    for question in found.ask_first:
        for criterion in question.criteria:
            fields[criterion].add(question.field)
    weights: dict[str, int] = defaultdict(int)
    for some in fields.values():
        for one in some:
            weights[one] += 720_720 // len(some)
    return min(weights, key=lambda name: (-weights[name], name), default=None)


@contextmanager
def no_question() -> Iterator[None]:
    """Leave out what to ask next; an engine's own memory of expressions must be left out too."""
    from kamrules.frames import layout
    from kamrules.rules.framecode.columns import lit

    with patch.object(layout, "ask_next", lambda *_: lit(None, "text")):
        yield
