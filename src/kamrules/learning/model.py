"""What closed deals teach under one pack: a scorecard, calibrated, and what it was learned from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from kamrules.assessment import PackRef
from kamrules.engine import Engine
from kamrules.errors import ArgumentError, Fault
from kamrules.learning.closed import LEAD_DAYS, ClosedDeals, Why
from kamrules.learning.drift import Spread, spreads_of
from kamrules.learning.matrix import Matrix, Parts, Progress, matrix_of, prior_of, readable, unknown_share
from kamrules.scoring.estimators.scorecard_classifier import ScorecardClassifier
from kamrules.scoring.estimators.win_probability import WinProbability
from kamrules.scoring.prior import ODDS, Prior

# As in `WinProbability`, and our choice: a base rate from 10 and 10 deals is known to about 20 points.
MIN_WINS = 10
MIN_LOSSES = 10


@dataclass(frozen=True, slots=True)
class Settings:
    """How to learn; all of it is kept in the model file.

    `parts` and `until` choose the columns (see `kamrules.learning.matrix`), `odds` and `prior_deals` are what
    is believed of the pack (see `kamrules.scoring.prior` and `ScorecardClassifier`).
    """

    parts: Parts = "health"
    until: str | None = None
    odds: float = ODDS
    prior_deals: float = 16.0
    confidence: float = 0.9
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """The closed deals behind a model: how many, closed from when to when, and how many were left out, why.

    `earlier` and `later` are wins and deals of the half closed first and of the other half. `unknown` is the
    share of health points that was unknown on the day of prediction.
    """

    wins: int
    losses: int
    first: date
    last: date
    lead_days: int = LEAD_DAYS
    left_out: dict[Why, int] = field(default_factory=dict)
    earlier: tuple[int, int] = (0, 0)
    later: tuple[int, int] = (0, 0)
    unknown: float = 0.0


@dataclass(frozen=True, slots=True)
class Model:
    """A fitted `WinProbability` around a `ScorecardClassifier`, with all that is needed to judge it later."""

    pack: PackRef
    settings: Settings
    columns: tuple[str, ...]
    sample: Sample
    win: WinProbability
    spreads: tuple[Spread, ...]

    @property
    def scorecard(self) -> ScorecardClassifier:
        """The fitted scorecard, before calibration."""
        found: ScorecardClassifier = self.win.estimator_
        return found


def too_few(closed: ClosedDeals) -> str | None:
    """Return why there is too little history to learn from, None where there is enough."""
    if closed.wins >= MIN_WINS and closed.losses >= MIN_LOSSES:
        return None
    seen = f"{closed.wins} won and {closed.losses} lost deals can be learned from"
    return f"{seen}, at least {MIN_WINS} won and {MIN_LOSSES} lost ones are needed"


def fit_model(
    engine: Engine,
    closed: ClosedDeals,
    settings: Settings | None = None,
    *,
    matrix: Matrix | None = None,
    progress: Progress | None = None,
) -> Model:
    """Return what closed deals teach.

    Parameters
    ----------
    engine : a compiled pack with a health scorecard
    closed : see `kamrules.learning.closed`; deals whose record does not fit the pack are left out
    settings : how to learn
    matrix : that of the closed deals, where it is at hand
    progress : called with "assess", deals done and deals in all

    Raises
    ------
    ArgumentError
        Too few deals were won or lost (A-HISTORY), or a setting is out of its range (A-VALUE).
    LeakageError
        A column tells the outcome (L-PERFECT).
    """
    chosen = settings or Settings()
    usable = readable(engine, closed)
    reason = too_few(usable)
    if reason is not None:
        raise ArgumentError(Fault("A-HISTORY", reason))
    prior = prior_of(engine, parts=chosen.parts, until=chosen.until, odds=chosen.odds)
    found = matrix or matrix_of(engine, usable, prior.columns, until=chosen.until, progress=progress)
    win = learner(prior, chosen).fit(found.rows, found.won)
    pack = engine.pack
    return Model(
        PackRef(pack.id, pack.version, pack.hash),
        chosen,
        found.columns,
        _sample(usable, unknown_share(engine, found.columns, found.rows)),
        win,
        spreads_of(found.columns, found.rows),
    )


def learner(prior: Prior, settings: Settings) -> WinProbability:
    """Return what learns, before it has seen a deal."""
    card = ScorecardClassifier(prior, prior_deals=settings.prior_deals, confidence=settings.confidence)
    return WinProbability(
        card,
        min_wins=MIN_WINS,
        min_losses=MIN_LOSSES,
        confidence=settings.confidence,
        seed=settings.seed,
    )


def _sample(closed: ClosedDeals, unknown: float) -> Sample:
    order = sorted(closed.deals, key=lambda deal: (deal.closed_on, deal.deal_id))
    half = len(order) // 2
    return Sample(
        closed.wins,
        closed.losses,
        order[0].closed_on,
        order[-1].closed_on,
        closed.lead_days,
        closed.reasons(),
        (sum(deal.won for deal in order[:half]), half),
        (sum(deal.won for deal in order[half:]), len(order) - half),
        unknown,
    )
