"""Deals as data frames, a million of them in seconds: workload W, and the handbook's welding example.

Values are distributed as those of `workload.make_deals`; the same seed does not give the same records.
A deal's facts are columns named `deal__value`, an account's `account__industry`. Stakeholders are rows of
a second frame that name their deal, or a list inside the deal. The deals of examples/welding are repeated
under ids of their own, with the columns that hold anything.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from benchmarks.workload import INDUSTRIES, NULLABLE, REGIONS, ROLES, SOURCES, STAGES, STANCES, Deal
from kamrules.adapters import read_deals

WELDING = Path(__file__).resolve().parent.parent / "examples" / "welding"

PERSON = ("role", "stance", "influence", "contacted", "is_coach")
ROLE_WEIGHTS = (1, 2, 4, 1)
STANCE_WEIGHTS = (1, 3, 4, 2, 1)
# How often a fact is missing; 0.2 where it is not named here and may be missing at all.
MISSING = {"annual_sales_rank": 0.3, "profit_rank": 0.35, "margin_pct": 0.15, "budget_amount": 0.25}


def make_frames(  # noqa: PLR0913 - each option is one property of the data
    count: int,
    seed: int = 11,
    *,
    string_ids: bool = False,
    shuffled: bool = False,
    categories: bool = False,
    lists: bool = False,
) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """Return the deals and the stakeholders, whose rows stand in the deals' order unless `shuffled`.

    With `string_ids` keys look like those of a CRM (18 characters); with `categories` words are Polars
    enums; with `lists` the deals have a column `stakeholders` and there is no second frame.
    """
    rng = np.random.default_rng(seed)
    ids = pl.Series("id", np.arange(count))
    if string_ids:
        ids = ("006Kam" + ids.cast(pl.String).str.zfill(12)).alias("id")
    deals = pl.DataFrame([ids, *_facts(rng, count, categories=categories)])
    sizes = rng.integers(3, 13, count)
    people = _people(rng, int(sizes.sum()), categories=categories)
    if lists:
        return deals.with_columns(stakeholders=_nested(people, sizes)), None
    owner = ids.gather(np.repeat(np.arange(count), sizes)).alias("deal_id")
    stakeholders = people.insert_column(0, owner)
    if shuffled:
        stakeholders = stakeholders[rng.permutation(stakeholders.height)]
    return deals, stakeholders


def records_of(deals: pl.DataFrame, stakeholders: pl.DataFrame | None, count: int) -> list[Deal]:
    """Return the first deals as records of the shape `workload.make_deals` gives."""
    head = deals.head(count)
    people: dict[Any, list[Deal]] = {key: [] for key in head["id"]}
    if stakeholders is not None:
        for row in stakeholders.filter(pl.col("deal_id").is_in(head["id"].implode())).to_dicts():
            people[row.pop("deal_id")].append(row)
    records = []
    for row in head.to_dicts():
        record: Deal = {"account": {}, "deal": {}, "stakeholders": row.pop("stakeholders", None)}
        if record["stakeholders"] is None:
            record["stakeholders"] = people[row["id"]]
        del row["id"]
        for column, value in row.items():
            holder, _, name = column.partition("__")
            record[holder][name] = value
        records.append(record)
    return records


def make_pipeline(count: int) -> tuple[pl.DataFrame, dict[str, pl.DataFrame]]:
    """Return deals like those of examples/welding and the frames of their lists, by deal."""
    deals, lists = _welding_frames()
    copies = pl.DataFrame({"copy": pl.int_range(-(-count // deals.height), eager=True)})

    def repeated(frame: pl.DataFrame, key: str) -> pl.DataFrame:
        found = copies.join(frame, how="cross", maintain_order="left_right")
        return found.with_columns(pl.concat_str(key, "copy", separator="-").alias(key)).drop("copy")

    whole, part = divmod(count, deals.height)
    last = deals["id"].tail(deals.height - part) + f"-{whole}" if part else pl.Series(dtype=pl.String)
    rows = {path: repeated(frame, "deal_id") for path, frame in lists.items()}
    kept = {path: one.filter(~pl.col("deal_id").is_in(last.implode())) for path, one in rows.items()}
    return repeated(deals, "id").head(count), kept


def pipeline_records(count: int) -> list[Deal]:
    """Return the deals of `make_pipeline` as records."""
    found = _welding()
    return [
        {**found[index % len(found)], "id": f"{found[index % len(found)]['id']}-{index // len(found)}"}
        for index in range(count)
    ]


@cache
def _welding() -> list[Deal]:
    return [dict(deal) for deal in read_deals(WELDING)]


@cache
def _welding_frames() -> tuple[pl.DataFrame, dict[str, pl.DataFrame]]:
    deals: list[Deal] = []
    lists: dict[str, list[Deal]] = {}
    for record in _welding():
        row = _flat(record)
        for path in [name for name, value in row.items() if isinstance(value, list)]:
            elements = row.pop(path)
            row[f"{path}__known"] = True
            lists.setdefault(path, []).extend({"deal_id": record["id"], **_flat(one)} for one in elements)
        deals.append(row)
    return _frame(deals), {path: _frame(rows) for path, rows in lists.items() if rows}


def _flat(record: Deal, prefix: str = "") -> Deal:
    """Return a record's facts under joined names, and of their evidence the level."""
    found: Deal = {}
    for name, value in record.items():
        if name == "evidence":
            found |= {f"{prefix}{fact}__evidence": one.get("level") for fact, one in value.items()}
        elif isinstance(value, dict):
            found |= _flat(value, f"{prefix}{name}__")
        else:
            found[prefix + name] = value
    return found


def _frame(rows: list[Deal]) -> pl.DataFrame:
    """Return rows as a frame, with the columns that hold anything, as an export has them."""
    found = pl.DataFrame(rows, infer_schema_length=None)
    return found.select(one.name for one in found if one.null_count() < found.height)


def _facts(rng: np.random.Generator, count: int, *, categories: bool) -> list[pl.Series]:
    def yes(chance: float = 0.5) -> pl.Series:
        return pl.Series(rng.random(count) < chance)

    def whole(low: int, high: int) -> pl.Series:
        return pl.Series(rng.integers(low, high + 1, count))

    def part(scale: float, digits: int) -> pl.Series:
        return pl.Series(np.round(scale * rng.random(count), digits))

    def word(words: tuple[str, ...]) -> pl.Series:
        return _words(rng.integers(0, len(words), count), words, categories=categories)

    value = np.round(10 ** rng.uniform(4.0, 5.7, count), 2)
    account = {
        "industry": word(INDUSTRIES),
        "annual_sales_rank": whole(1, 500),
        "profit_rank": whole(1, 500),
        "employees": pl.Series((10 ** rng.uniform(1, 5, count)).astype(np.int64)),
    }
    deal = {
        "value": pl.Series(value),
        "visits": whole(0, 8),
        "budget_confirmed": yes(),
        "need_documented": yes(),
        "initiated_approved": yes(0.7),
        "days_in_stage": whole(0, 180),
        "plan_approved": yes(),
        "bid_deposit_paid": yes(),
        "stage": word(STAGES),
        "probability": part(1, 3),
        "margin_pct": part(40, 2),
        "competitor_count": whole(0, 6),
        "discount_pct": part(45, 2),
        "tech_fit": whole(0, 10),
        "demo_done": yes(),
        "contract_reviewed": yes(),
        "legal_ok": yes(),
        "budget_amount": pl.Series(np.round(value * rng.uniform(0.5, 1.5, count), 2)),
        "decision_date_days": whole(-20, 200),
        "last_contact_days": whole(0, 60),
        "rfp_received": yes(),
        "proposal_sent": yes(),
        "region": word(REGIONS),
        "source": word(SOURCES),
    }
    facts = []
    for holder, columns in (("account", account), ("deal", deal)):
        for name, column in columns.items():
            if name in NULLABLE:
                column = column.set(pl.Series(rng.random(count) < MISSING.get(name, 0.2)), None)  # noqa: PLW2901
            facts.append(column.alias(f"{holder}__{name}"))
    return facts


def _people(rng: np.random.Generator, count: int, *, categories: bool) -> pl.DataFrame:
    def word(words: tuple[str, ...], weights: tuple[int, ...]) -> pl.Series:
        codes = np.repeat(np.arange(len(words)), weights)[rng.integers(0, sum(weights), count)]
        return _words(codes, words, categories=categories)

    return pl.DataFrame(
        {
            "role": word(ROLES, ROLE_WEIGHTS),
            "stance": word(STANCES, STANCE_WEIGHTS),
            "influence": np.round(rng.random(count), 4),
            "contacted": rng.random(count) < 0.55,
            "is_coach": rng.random(count) < 0.12,
        }
    )


def _words(codes: np.ndarray, words: tuple[str, ...], *, categories: bool) -> pl.Series:
    column = pl.Series(words, dtype=pl.Enum(words)).gather(codes)
    return column if categories else column.cast(pl.String)


def _nested(people: pl.DataFrame, sizes: np.ndarray) -> pl.Series:
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    structs = people.select(pl.struct(PERSON)).to_series()
    column = pl.Series(pa.LargeListArray.from_arrays(pa.array(offsets), structs.to_arrow()))
    return column.cast(pl.List(structs.dtype))
