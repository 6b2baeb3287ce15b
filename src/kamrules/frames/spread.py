"""Deals of a Spark cluster: each list gathered beside its deal, then assessed batch by batch where it lies.

Spark would take minutes to plan the few thousand shared expressions of a whole pack. So Spark does what it is
best at, one shuffle by the deals' key, and every worker assesses the deals it holds as Arrow batches, in
Polars, by the same code as on one machine. Nothing is collected to the driver.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

from kamrules.frames.clean_tables import CleanTables, out_of_reach
from kamrules.frames.wide import Rules
from kamrules.rules.framecode.run import Inputs

# Deals that a worker assesses at once: fewer cost more planning, more cost more memory (our choice).
_BATCH_DEALS = 20_000
_COPIES, _DEAL = "copies of key", "deal of row"


@dataclass(frozen=True)
class Spread:
    """The tables of an assessment as DataFrames of Spark; a `frames.Tables`."""

    rules: Rules
    inputs: Inputs
    needed: Mapping[str | None, frozenset[str]]
    as_of: date
    reading: Any

    @cached_property
    def _counted(self) -> Any:
        """The deals with the columns that are read, and how many share each key."""
        deals, key = self.inputs.records.native(), self.inputs.key
        names = [name for name in deals.columns if name in self.needed[None] or name == key]
        copies = deals.groupBy(key).count().withColumnRenamed(key, _DEAL).withColumnRenamed("count", _COPIES)
        return deals.select(*names).join(copies, deals[key] == copies[_DEAL], "left").drop(_DEAL)

    @cached_property
    def _nested(self) -> Any:
        """One row a deal, with its lists as columns of structs."""
        key, link = self.inputs.key, self.inputs.link
        found = self._counted.where(f"`{_COPIES}` = 1").drop(_COPIES)
        for path, table in self.inputs.lists.items():
            rows = table.native()
            names = [name for name in rows.columns if name in self.needed[path] and name != link]
            fields = ", ".join(f"`{name}`" for name in names) or "1 AS nothing"
            gathered = rows.selectExpr(f"`{link}` AS `{_DEAL}`", f"struct({fields}) AS `{path}`")
            gathered = _collected(gathered, path)
            found = found.join(gathered, found[key] == gathered[_DEAL], "left").drop(_DEAL)
            names = [f"`{name}`" for name in found.columns if name != path]
            found = found.selectExpr(*names, f"coalesce(`{path}`, array()) AS `{path}`")
        return found

    def clean(self) -> CleanTables:
        """Refuse: Spark holds the deals elsewhere."""
        raise out_of_reach("Spark")

    def _assessed(self, part: str, columns: Mapping[str, str]) -> Any:
        work = _InArrow(batch(self.rules, part, self.as_of, self.reading))
        schema = ", ".join(f"`{name}` {kind}" for name, kind in columns.items())
        return self._nested.mapInArrow(work, schema)

    @property
    def _key_type(self) -> str:
        kind: str = self.inputs.records.native().schema[self.inputs.key].dataType.simpleString()
        return "string" if kind == "string" or kind.startswith(("varchar", "char")) else "bigint"

    def deals(self) -> Any:
        """Return one row a deal."""
        texts = ("claimed", "supported", "possible", "claim")
        columns = {"deal_id": self._key_type, **dict.fromkeys(texts, "string"), "is_complete": "boolean"}
        columns |= {"blockers": "string", "unknowns": "string"}
        if self.rules.pack.tier_table is not None:
            columns |= {"tier": "string", "tier_decided": "string", "recorded_tier": "string"}
            columns["tier_valid_for"] = "bigint"
        if self.rules.pack.health is not None:
            columns |= dict.fromkeys(("health_low", "health_score", "health_high"), "double")
            columns["grade"] = "string"
        columns |= dict.fromkeys(("red_lines", "waived", "breaches", "ask_next"), "string")
        if self.reading.bad_values == "unknown":
            columns["issues"] = "string"
        return self._assessed("deals", columns)

    def criteria(self) -> Any:
        """Return one row a deal and criterion."""
        return self._assessed(
            "criteria", {"deal_id": self._key_type, "criterion": "string", "status": "string"}
        )

    def rejected(self) -> Any:
        """Return one row a deal that could not be assessed."""
        found = self._assessed("rejected", {"deal_id": self._key_type, "faults": "string"})
        key = f"CAST(`{self.inputs.key}` AS {self._key_type}) AS deal_id"
        fault = f"CASE WHEN `{self.inputs.key}` IS NULL THEN 'no key' ELSE 'several deals have this key' END"
        repeated = self._counted.where(f"coalesce(`{_COPIES}` <> 1, TRUE)")
        return repeated.selectExpr(key, f"{fault} AS faults").unionByName(found)

    def strays(self) -> Any:
        """Return one row for each list and key that belong to no deal."""
        keys = (
            self.inputs.records.native()
            .selectExpr(f"`{self.inputs.key}` AS `{_DEAL}`")
            .where(f"`{_DEAL}` IS NOT NULL")
        )
        parts = []
        for path, table in self.inputs.lists.items():
            rows = table.native()
            lost = rows.join(keys, rows[self.inputs.link] == keys[_DEAL], "left_anti")
            counted = lost.groupBy(self.inputs.link).count()
            texts = (f"'{path}' AS list", f"CAST(`{self.inputs.link}` AS {self._key_type}) AS deal_id")
            parts.append(counted.selectExpr(*texts, "`count` AS rows"))
        if not parts:
            nothing = (f"CAST(`{_DEAL}` AS {self._key_type}) AS deal_id", "CAST(0 AS BIGINT) AS rows")
            return keys.where("FALSE").selectExpr("'' AS list", *nothing)
        found = parts[0]
        for other in parts[1:]:
            found = found.unionByName(other)
        return found


def _collected(rows: Any, path: str) -> Any:
    from pyspark.sql.functions import expr  # noqa: PLC0415 - whoever has such frames has the library

    return rows.groupBy(_DEAL).agg(expr(f"collect_list(`{path}`)").alias(path))


@dataclass(frozen=True, slots=True)
class Batch:
    """One part of an assessment as plain data, for the machines that hold the deals."""

    rules: bytes
    part: str
    as_of: date
    reading: Any

    def __call__(self, deals: Any, lists: Mapping[str, Any]) -> Any:
        """Return that part of what is said of some deals; their columns have been checked before."""
        found = _assessor(self.rules).assess(
            deals, lists, self.as_of, self.reading, lambda _where, _name: None
        )
        return getattr(found, self.part)


def batch(rules: Rules, part: str, as_of: date, reading: Any) -> Batch:
    """Return a part of an assessment as plain data; unknown columns are none of its business."""
    return Batch(pickle.dumps(rules), part, as_of, replace(reading, ignored=frozenset("*")))


@dataclass(frozen=True, slots=True)
class _InArrow:
    """A part of an assessment over Arrow batches of nested deals."""

    batch: Batch

    def __call__(self, batches: Iterable[Any]) -> Iterator[Any]:
        import pyarrow as pa  # noqa: PLC0415 - Spark hands in its batches

        for table in _gathered(batches, pa.Table.from_batches):
            found = self.batch(table, {})
            for name in found.column_names:
                column = found[name]
                if pa.types.is_dictionary(column.type):  # Spark has no such column
                    found = found.set_column(found.column_names.index(name), name, column.cast(pa.string()))
            yield from found.to_batches()


def _gathered(batches: Iterable[Any], join: Callable[[list[Any]], Any]) -> Iterator[Any]:
    waiting: list[Any] = []
    for one in batches:
        waiting.append(one)
        if sum(part.num_rows for part in waiting) >= _BATCH_DEALS:
            yield join(waiting)
            waiting = []
    if any(part.num_rows for part in waiting):
        yield join(waiting)


@lru_cache(maxsize=2)
def _assessor(rules: bytes) -> Any:
    """Return what assesses a batch; a worker makes it once."""
    from kamrules.frames import FrameAssessor  # noqa: PLC0415 - that module imports this one

    return FrameAssessor(pickle.loads(rules))  # noqa: S301 - our own bytes, from the driver
