"""How well deals would have been predicted: closed ones not learned from, seen some days before they closed.

Two splits. Forward in time: each deal is tried by a model of deals whose outcomes were recorded before the
first of the tried was predicted. Grouped: deals of one account, and twins (deals with the same columns),
never stand on both sides; where these chain more than half of the deals together, twins alone, else accounts.
Beside the learned model stand the pack alone, at the base rate of the deals learned from, and the base rate
of the tried deals themselves, which flatters it. Where a fold has too few deals, the probability is what the
model says then: the pack's.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from kamrules.assessment import PackRef
from kamrules.engine import Engine
from kamrules.errors import ArgumentError
from kamrules.learning.closed import ClosedDeals, Why, closed_deals
from kamrules.learning.matrix import Matrix, Progress, matrix_of, prior_of, readable
from kamrules.learning.model import Settings, learner, too_few
from kamrules.rules.places import value_at
from kamrules.scoring.estimators.boosted_comparator import BoostedComparator
from kamrules.scoring.estimators.scorecard_classifier import ScorecardClassifier
from kamrules.scoring.prior import Prior
from kamrules.scoring.validation.curve import CurvePoint, calibration_curve
from kamrules.scoring.validation.resampling import measure_mean, measure_skill
from kamrules.scoring.validation.skill import Measured, Skill, log_loss
from kamrules.scoring.validation.splits import Split, Twins, find_twins, forward_folds, grouped_folds
from kamrules.timeline.timeline import Timeline

SplitName = Literal["forward", "grouped"]
Tried = Literal["learned", "pack", "boosted"]
Kept = Literal["accounts", "twins"]
# Our choice: a month before the outcome much is known, a quarter before it more can still be done.
LEADS = (30, 90)
_FOLDS = 5


@dataclass(frozen=True, slots=True)
class Trial:
    """What one model achieved on one split; `refused` counts deals that it had only its prior for."""

    model: Tried
    skill: Skill
    curve: tuple[CurvePoint, ...]
    refused: int = 0


@dataclass(frozen=True, slots=True)
class SplitResult:
    """All models on one split; `over_pack`: the pack's Brier score less that of the learned model.

    `kept` says what was kept together in folds.
    """

    split: SplitName
    kept: tuple[Kept, ...]
    folds: int
    deals: int
    base_log_loss: float
    over_pack: Measured
    trials: tuple[Trial, ...]


@dataclass(frozen=True, slots=True)
class LeadResult:
    """The closed deals seen `lead_days` before their outcome; `refusal` says why nothing could be tried."""

    lead_days: int
    wins: int
    losses: int
    left_out: Mapping[Why, int]
    twins: Twins | None = None
    splits: tuple[SplitResult, ...] = ()
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class Backtest:
    """The trials at each lead, and the pack and settings they were made with."""

    pack: PackRef
    settings: Settings
    leads: tuple[LeadResult, ...]

    @property
    def refusal(self) -> str | None:
        """Why nothing at all could be tried, None where something was."""
        reasons = [lead.refusal for lead in self.leads]
        return next(iter(reasons), None) if all(reasons) else None


def backtest(  # noqa: PLR0913 - what is tried, and how often
    engine: Engine,
    histories: Iterable[Timeline | Mapping[str, Any]],
    *,
    settings: Settings | None = None,
    leads: Sequence[int] = LEADS,
    as_of: date | None = None,
    with_boosted: bool = False,
    resamples: int = 200,
    progress: Progress | None = None,
) -> Backtest:
    """Return how well deals would have been predicted.

    Parameters
    ----------
    engine : a compiled pack with a health scorecard
    histories : timelines, see `closed_deals`
    settings : how to learn; its seed is that of every split and sample too
    leads : days before the outcome at which the deals are seen, each on its own
    as_of : outcomes recorded by the end of this day count
    with_boosted : also try boosted trees, to see what a sum of points leaves on the table
    resamples : bootstrap samples behind each interval
    progress : called with what is done, how much of it and how much there is

    Raises
    ------
    LeakageError
        Facts of later days or columns that tell the outcome (L-*): every one.
    """
    chosen = settings or Settings()
    given = list(histories)
    prior = prior_of(engine, parts=chosen.parts, until=chosen.until, odds=chosen.odds)
    trials = Trials(prior, chosen, with_boosted=with_boosted, resamples=resamples, progress=progress)
    found = []
    for lead_days in leads:
        closed = readable(engine, closed_deals(given, lead_days=lead_days, as_of=as_of))
        if (reason := too_few(closed)) is not None:
            found.append(LeadResult(lead_days, closed.wins, closed.losses, closed.reasons(), refusal=reason))
            continue
        matrix = matrix_of(engine, closed, prior.columns, until=chosen.until, progress=progress)
        found.append(trials.on(closed, matrix))
    pack = engine.pack
    return Backtest(PackRef(pack.id, pack.version, pack.hash), chosen, tuple(found))


@dataclass(frozen=True, slots=True)
class Trials:
    """What is tried on closed deals at one lead; see `backtest`."""

    prior: Prior
    settings: Settings
    with_boosted: bool = False
    resamples: int = 200
    progress: Progress | None = None

    def on(self, closed: ClosedDeals, matrix: Matrix) -> LeadResult:
        """Return what the models achieve on some closed deals, of which there are enough."""
        twins = find_twins(matrix.rows, matrix.won)
        result = LeadResult(closed.lead_days, closed.wins, closed.losses, closed.reasons(), twins)
        found = []
        forward = _forward(matrix)
        if forward:
            found.append(self._tried("forward", (), forward, matrix))
        for kept, groups in _groupings(matrix, twins):
            if max(Counter(groups).values()) <= len(groups) / 2:
                folds = grouped_folds(
                    groups, matrix.won, folds=min(_FOLDS, len(set(groups))), seed=self.settings.seed
                )
                found.append(self._tried("grouped", kept, folds, matrix))
                break
        if not found:
            reason = "no deal was closed before another was predicted, and all are alike or of one account"
            return replace(result, refusal=reason)
        return replace(result, splits=tuple(found))

    def _tried(
        self, name: SplitName, kept: tuple[Kept, ...], folds: list[Split], matrix: Matrix
    ) -> SplitResult:
        said: dict[Tried, dict[int, float]] = {"learned": {}, "pack": {}}
        if self.with_boosted:
            said["boosted"] = {}
        refused = 0
        for done, (train, test) in enumerate(folds, start=1):
            rows, won = [matrix.rows[i] for i in train], [matrix.won[i] for i in train]
            tried = [matrix.rows[i] for i in test]
            pack = _pack_at(self.prior, won, self.settings)
            chances: dict[Tried, list[float]] = {"pack": pack.predict_proba(tried)[:, 1].tolist()}
            chances |= dict.fromkeys(said.keys() - {"pack"}, chances["pack"])
            if len(set(won)) > 1:
                model = learner(self.prior, self.settings).fit(rows, won)
                table = model.forecast_table(tried)
                refused += sum(reason is not None for reason in table["refusal"])
                chances["learned"] = table["probability"].tolist()
                if self.with_boosted:
                    boosted = BoostedComparator.from_prior(self.prior).fit(rows, won)
                    chances["boosted"] = boosted.predict_proba(tried)[:, 1].tolist()
            else:
                refused += len(test)
            for model_name, values in chances.items():
                said[model_name].update(zip(test, values, strict=True))
            if self.progress is not None:
                self.progress(f"{name} folds", done, len(folds))
        found = self._measured(name, len(folds), matrix, said, refused)
        return replace(found, kept=kept)

    def _measured(
        self,
        name: SplitName,
        folds: int,
        matrix: Matrix,
        said: Mapping[Tried, Mapping[int, float]],
        refused: int,
    ) -> SplitResult:
        order = sorted(said["pack"])
        won = [matrix.won[place] for place in order]
        chances = {model: [one[place] for place in order] for model, one in said.items()}
        confidence, seed = self.settings.confidence, self.settings.seed
        trials = tuple(
            Trial(
                model,
                measure_skill(won, values, confidence=confidence, resamples=self.resamples, seed=seed),
                calibration_curve(won, values, confidence),
                refused if model == "learned" else 0,
            )
            for model, values in chances.items()
        )
        gains = [
            (old - outcome) ** 2 - (new - outcome) ** 2
            for outcome, old, new in zip(won, chances["pack"], chances["learned"], strict=True)
        ]
        usual = sum(won) / len(won)
        base = log_loss(won, [usual] * len(won))
        over_pack = measure_mean(gains, confidence=confidence, resamples=self.resamples, seed=seed)
        return SplitResult(name, (), folds, len(won), base, over_pack, trials)


def _pack_at(prior: Prior, won: Sequence[bool], chosen: Settings) -> ScorecardClassifier:
    """Return the pack alone, at the base rate of the deals learned from; half a deal each keeps it finite."""
    wins = sum(won)
    level = math.log((wins + 0.5) / (len(won) - wins + 0.5))
    return ScorecardClassifier(
        replace(prior, log_odds=level), prior_deals=chosen.prior_deals, confidence=chosen.confidence
    ).from_prior()


def _forward(matrix: Matrix) -> list[Split]:
    """Return folds forward in time, as many as the days of the deals allow; none where they allow none."""
    predicted = [deal.predicted_on for deal in matrix.deals]
    known = [deal.known_on for deal in matrix.deals]
    for folds in range(_FOLDS, 0, -1):
        try:
            return forward_folds(predicted, known, folds=folds)
        except ArgumentError:
            continue
    return []


def _groupings(matrix: Matrix, twins: Twins) -> Iterator[tuple[tuple[Kept, ...], list[int]]]:
    """Yield what deals can be kept together by, best first, and the number of each deal's group."""
    accounts: list[Any] = []
    for place, deal in enumerate(matrix.deals):
        account = value_at(deal.record, "deal.account.id") or value_at(deal.record, "deal.account.name")
        accounts.append(place if account is None else ("account", account))
    yield ("accounts", "twins"), _together(accounts, twins.groups)
    yield ("twins",), list(twins.groups)
    yield ("accounts",), _together(accounts)


def _together(*keys: Sequence[Any]) -> list[int]:
    """Return a number for each deal: the same for deals with a key in common, and for those these lead to."""
    leader = list(range(len(keys[0])))

    def led(place: int) -> int:
        while leader[place] != place:
            leader[place] = leader[leader[place]]
            place = leader[place]
        return place

    for some in keys:
        first: dict[Any, int] = {}
        for place, key in enumerate(some):
            leader[led(place)] = led(first.setdefault(key, place))
    return [led(place) for place in range(len(leader))]
