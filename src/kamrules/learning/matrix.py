"""Closed or open deals as the matrix a scorecard learns from, once nothing in it tells the outcome."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from kamrules.engine import Engine
from kamrules.errors import RecordError
from kamrules.learning.closed import ClosedDeal, ClosedDeals, LeftOut
from kamrules.scoring.columns import health_spans
from kamrules.scoring.estimators.deal_features import DealFeatures
from kamrules.scoring.prior import Prior, prior_from
from kamrules.scoring.validation.leakage import refuse_leakage

Parts = Literal["health", "all"]
Progress = Callable[[str, int, int], None]
Rows = list[list[float]]
_DAY = "day of prediction"
_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows of columns: `rows` has shape (n_deals, n_columns); `won` is the outcome of each deal."""

    columns: tuple[str, ...]
    rows: Rows
    won: list[bool]
    deals: tuple[ClosedDeal, ...]


def prior_of(engine: Engine, *, parts: Parts = "health", until: str | None = None, odds: float) -> Prior:
    """Return what the pack believes, over the columns that are learned.

    Parameters
    ----------
    parts : "health" for the dimensions of the health alone, which a new pack can be written with; "all" with
        the criteria and the stakeholder map
    until : the last milestone whose criteria are columns
    odds : see `kamrules.scoring.prior`
    """
    prior = prior_from(engine.pack, engine.plan, until=until, odds=odds)
    kept = [place for place, name in enumerate(prior.columns) if parts == "all" or name.startswith("health.")]

    def some(values: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(values[place] for place in kept)

    return Prior(
        some(prior.columns),
        some(prior.mean),
        some(prior.centre),
        some(prior.spread),
        some(prior.signs),
        prior.log_odds,
    )


def readable(engine: Engine, closed: ClosedDeals) -> ClosedDeals:
    """Return the closed deals without those whose record does not fit the pack; they are left out by name."""
    kept: list[ClosedDeal] = []
    bad: list[LeftOut] = []
    for deal in closed.deals:
        try:
            engine.read(deal.record)
        except RecordError as problem:
            bad.append(LeftOut(deal.deal_id, "bad record", problem.faults))
        else:
            kept.append(deal)
    return replace(closed, deals=tuple(kept), left_out=(*closed.left_out, *bad))


def matrix_of(
    engine: Engine,
    closed: ClosedDeals,
    columns: Sequence[str],
    *,
    until: str | None = None,
    progress: Progress | None = None,
) -> Matrix:
    """Return the matrix of closed deals.

    Raises
    ------
    LeakageError
        A column tells the outcome alone (L-PERFECT): every such column.
    RecordError
        A record does not fit the pack; see `readable`.
    """
    seen = [(deal.record, deal.predicted_on) for deal in closed.deals]
    rows = rows_of(engine, seen, columns, until=until, progress=progress)
    won = [deal.won for deal in closed.deals]
    values = {name: [row[place] for row in rows] for place, name in enumerate(columns)}
    refuse_leakage(values, won)
    return Matrix(tuple(columns), rows, won, closed.deals)


def rows_of(
    engine: Engine,
    deals: Sequence[tuple[Any, date]],
    columns: Sequence[str],
    *,
    until: str | None = None,
    progress: Progress | None = None,
) -> Rows:
    """Return the rows of records, each seen on its day."""
    features = DealFeatures(engine, as_of=_DAY, until=until).fit([])
    places = {name: place for place, name in enumerate(features.get_feature_names_out())}
    kept = [places[name] for name in columns]
    rows: Rows = []
    for start in range(0, len(deals), _AT_ONCE):
        some = [{**record, _DAY: day} for record, day in deals[start : start + _AT_ONCE]]
        rows += features.transform(some)[:, kept].tolist()
        if progress is not None:
            progress("assess", len(rows), len(deals))
    return rows


def unknown_share(engine: Engine, columns: Sequence[str], rows: Rows) -> float:
    """Return the share of health points, between 0 and 1, that is unknown on average."""
    width = sum(most - least for least, most in health_spans(engine.pack, engine.plan).values())
    lows = [
        place for place, name in enumerate(columns) if name.startswith("health.") and name.endswith(".low")
    ]
    highs = [
        place for place, name in enumerate(columns) if name.startswith("health.") and name.endswith(".high")
    ]
    open_points = sum(sum(row[i] for i in highs) - sum(row[i] for i in lows) for row in rows)
    return open_points / (width * len(rows)) if rows and width else 0.0
