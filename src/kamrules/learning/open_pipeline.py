"""The open deals of a history with their chances: from a model of closed deals, or from the pack alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from kamrules.engine import Engine
from kamrules.errors import RecordError
from kamrules.learning.closed import SEGMENT, LeftOut
from kamrules.learning.futures import Chance, OpenDeal
from kamrules.learning.matrix import Progress, Rows, prior_of, rows_of
from kamrules.learning.model import Model, Settings
from kamrules.learning.outlook import open_deal
from kamrules.rules.places import value_at
from kamrules.scoring.estimators.scorecard_classifier import ScorecardClassifier
from kamrules.timeline.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Open deals; `shelved` counts those put aside, `left_out` are those whose record fits no pack."""

    deals: tuple[OpenDeal, ...]
    shelved: int = 0
    left_out: tuple[LeftOut, ...] = ()


def open_pipeline(  # noqa: PLR0913 - the deals, their day, and what their chances come from
    engine: Engine,
    histories: Mapping[str, Timeline],
    *,
    as_of: date,
    model: Model | None = None,
    segment: str = SEGMENT,
    progress: Progress | None = None,
) -> Pipeline:
    """Return the deals that are open on a day, by what was recorded by then.

    Parameters
    ----------
    engine : a compiled pack with a health scorecard
    histories : the events of each deal, by its id
    model : what closed deals taught; without it every chance is the pack's belief alone, and marked so
    segment : path of the fact that says which deals rise and fall together
    progress : called with "assess", deals done and deals in all

    Raises
    ------
    ArgumentError
        The pack has no health scorecard (A-VALUE).
    """
    found: list[tuple[dict[str, Any], Any]] = []
    bad: list[LeftOut] = []
    shelved = 0
    for deal_id, history in histories.items():
        record = history.as_of(as_of)
        if record is None or record.get("status") not in {None, "open", "shelved"}:
            continue
        if record.get("status") == "shelved":
            shelved += 1
            continue
        try:
            found.append((record, engine.read(record)))
        except RecordError as problem:
            bad.append(LeftOut(deal_id, "bad record", problem.faults))
    chances = _chances(engine, [record for record, _ in found], as_of, model, progress)
    deals = tuple(
        open_deal(read, chance, currency=engine.pack.currency, segment=_text(value_at(read, segment)))
        for (_, read), chance in zip(found, chances, strict=True)
    )
    return Pipeline(deals, shelved, tuple(bad))


def _text(value: Any) -> str | None:
    """Return a fact that deals can be grouped by, None for any other, as `closed_deals` does."""
    return value if isinstance(value, str) else None


def _chances(
    engine: Engine,
    records: list[dict[str, Any]],
    as_of: date,
    model: Model | None,
    progress: Progress | None,
) -> list[Chance]:
    settings = model.settings if model is not None else Settings()
    prior = prior_of(engine, parts=settings.parts, until=settings.until, odds=settings.odds)
    columns = model.columns if model is not None else prior.columns
    rows: Rows = rows_of(
        engine, [(one, as_of) for one in records], columns, until=settings.until, progress=progress
    )
    if not rows:
        return []
    if model is not None:
        return [Chance.of(one) for one in model.win.forecast(rows)]
    card = ScorecardClassifier(prior, prior_deals=settings.prior_deals).from_prior()
    said = card.predict_prior(rows, settings.confidence).tolist()
    return [Chance(one, low, high, is_prior=True) for one, low, high in said]
