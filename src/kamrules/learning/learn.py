"""From a history of deals to a model, what it would have achieved, and whether today's deals are alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from kamrules.engine import Engine
from kamrules.errors import ArgumentError, Fault, RecordError
from kamrules.learning.backtest import LeadResult, Trials
from kamrules.learning.closed import LEAD_DAYS, ClosedDeals, closed_deals, last_day, open_deals
from kamrules.learning.drift import Drift, drift_from
from kamrules.learning.matrix import Progress, matrix_of, prior_of, readable, rows_of, unknown_share
from kamrules.learning.model import Model, Settings, fit_model, too_few
from kamrules.scoring.estimators.win_probability import Forecast
from kamrules.timeline.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Learned:
    """A model, its trials on deals held back, and the drift to the deals open on `as_of`."""

    closed: ClosedDeals
    model: Model
    trials: LeadResult
    drift: Drift
    as_of: date


@dataclass(frozen=True, slots=True)
class Refused:
    """The closed deals there are, and why nothing was learned of them."""

    closed: ClosedDeals
    reason: str


def learn(  # noqa: PLR0913 - what is learned, from what and how
    engine: Engine,
    histories: Iterable[Timeline | Mapping[str, Any]],
    settings: Settings | None = None,
    *,
    lead_days: int = LEAD_DAYS,
    as_of: date | None = None,
    resamples: int = 200,
    progress: Progress | None = None,
) -> Learned | Refused:
    """Return what a history teaches, or why it teaches nothing.

    Parameters
    ----------
    engine : a compiled pack with a health scorecard
    histories : timelines, such as `timelines(read_events(path)).values()`; bare records are left out
    settings : how to learn
    lead_days : how many days before its outcome each closed deal is seen
    as_of : the day of which deals are open, and by whose end outcomes count; the last recording by default
    resamples : bootstrap samples behind each interval of the trials
    progress : called with what is done, how much of it and how much there is

    Raises
    ------
    LeakageError
        Facts of later days or columns that tell the outcome (L-*): every one.
    """
    chosen = settings or Settings()
    given = list(histories)
    day = last_day(given) if as_of is None else as_of
    closed = readable(engine, closed_deals(given, lead_days=lead_days, as_of=day))
    reason = too_few(closed)
    if reason is not None:
        return Refused(closed, reason)
    prior = prior_of(engine, parts=chosen.parts, until=chosen.until, odds=chosen.odds)
    matrix = matrix_of(engine, closed, prior.columns, until=chosen.until, progress=progress)
    model = fit_model(engine, closed, chosen, matrix=matrix)
    trials = Trials(prior, chosen, resamples=resamples, progress=progress).on(closed, matrix)
    drift = drift_now(engine, model, given, as_of=day, progress=progress)
    return Learned(closed, model, trials, drift, day)


def forecast_deals(
    engine: Engine, model: Model, deals: Sequence[tuple[Any, date]], *, progress: Progress | None = None
) -> list[Forecast]:
    """Return what a model says of open deals, each a record and the day it is seen on.

    An estimate with its interval and the closed deals behind it, or a refusal with what the pack believes.

    Raises
    ------
    ArgumentError
        The model was learned under another pack (A-PACK).
    RecordError
        A record does not fit the pack.
    """
    if engine.pack.hash != model.pack.hash:
        seen = f"`{model.pack.id}` {model.pack.version} ({model.pack.hash[:12]})"
        message = f"the model was learned under {seen}, not under this pack ({engine.pack.hash[:12]})"
        raise ArgumentError(Fault("A-PACK", message, hint="learn it anew"))
    rows = rows_of(engine, deals, model.columns, until=model.settings.until, progress=progress)
    return model.win.forecast(rows) if rows else []


def drift_now(
    engine: Engine,
    model: Model,
    histories: Iterable[Timeline | Mapping[str, Any]],
    *,
    as_of: date,
    progress: Progress | None = None,
) -> Drift:
    """Return how the deals open on a day differ from those learned from.

    The share of deals won is that of the deals closed after those learned from; where there are none, that of
    the half of them closed last against the other half.
    """
    given = list(histories)
    seen = [one for one in open_deals(given, as_of) if _fits(engine, one[0])]
    rows = rows_of(engine, seen, model.columns, until=model.settings.until, progress=progress)
    sample = model.sample
    closed = closed_deals(given, lead_days=sample.lead_days, as_of=as_of)
    since = [deal.won for deal in closed.deals if deal.closed_on > sample.last]
    before, after = sample.earlier, sample.later
    if since:
        before, after = (sample.wins, sample.wins + sample.losses), (sum(since), len(since))
    return drift_from(
        model.spreads,
        rows,
        unknown=(sample.unknown, unknown_share(engine, model.columns, rows)),
        wins=(before, after),
        confidence=model.settings.confidence,
    )


def _fits(engine: Engine, record: Any) -> bool:
    try:
        engine.read(record)
    except RecordError:
        return False
    return True
