"""What was learned, in points: the health weights of the pack as the closed deals would have them.

Learned are log-odds a point of each dimension; a pack's points are shares of one total. So the total of the
points given stays, as does that of the points taken away, and only how they are shared between dimensions
moves; within a dimension the entries keep their proportions. A dimension moves where its interval leaves out
what the pack believes of it; the others only make room, alike. No weight changes its sign: a dimension that
seems to hurt gets nothing, for people to look into. Points are rounded to tenths (to hundredths where the
pack has some) by largest remainders, so that the total stays to the last point.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from kamrules.engine import Engine
from kamrules.errors import ArgumentError, Fault
from kamrules.learning.model import Model
from kamrules.scoring.estimators.scorecard_classifier import ScorecardClassifier

# Our choice: with coarser steps equal entries would be rounded visibly apart, finer ones say nothing more.
STEPS = (0.1, 0.01)
_EXACT = 1e-9


@dataclass(frozen=True, slots=True)
class Weight:
    """The points of one entry: `before` in the pack, `after` as learned, and the interval they are known to.

    The interval is that of the learned points, with the other weights held fixed. `is_learned` says that it
    leaves out the pack's belief; other weights change only to make room.
    """

    id: str
    dimension: str
    before: float
    after: float
    low: float
    high: float
    is_learned: bool = False

    @property
    def is_changed(self) -> bool:
        """Whether the pack would say something else."""
        return abs(self.after - self.before) > _EXACT


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of the health scorecard `card`, and the closed deals behind them."""

    card: str
    closed_deals: int
    confidence: float
    entries: tuple[Weight, ...]

    @property
    def changed(self) -> tuple[Weight, ...]:
        """The entries that the pack would weigh in another way."""
        return tuple(one for one in self.entries if one.is_changed)


def learned_weights(engine: Engine, model: Model) -> Weights:
    """Return the health weights that a model has learned.

    Raises
    ------
    ArgumentError
        The model was learned with columns besides the health (A-VALUE): what these explain is missing from
        the health, so its weights would be too low.
    """
    if model.settings.parts != "health":
        hint = "learn it with the columns of the health alone"
        message = (
            f"the model was learned of `{model.settings.parts}` columns, weights need those of the health"
        )
        raise ArgumentError(Fault("A-VALUE", message, hint=hint))
    return weights_of(engine, model.columns, model.scorecard)


def weights_of(engine: Engine, columns: Sequence[str], scorecard: ScorecardClassifier) -> Weights:
    """Return the health weights of a scorecard over `columns`; without closed deals those of the pack."""
    card = engine.pack.health or ""
    spec = engine.pack.scorecards[card]
    ratios = _ratios(columns, scorecard)
    dimensions = {name: entry.dimension or name for name, entry in spec.entries.items()}
    # What personality has a part in is no column, and keeps its points.
    free = {name for name in spec.entries if dimensions[name] in ratios}
    entries: dict[str, Weight] = {}
    for sign in (1, -1):
        old = {
            name: abs(float(entry.points))
            for name, entry in spec.entries.items()
            if name in free and entry.points * sign > 0
        }
        raw = {name: points * ratios[dimensions[name]][0] for name, points in old.items()}
        total, whole = sum(raw.values()), sum(old.values())
        is_any = total > _EXACT * whole  # where no dimension seems to help, nothing can be shared by it
        scale = whole / total if is_any else 1.0
        new = _shared({name: one * scale for name, one in raw.items()}, old) if is_any else old
        for name, points in old.items():
            dimension, (ratio, *ends) = dimensions[name], ratios[dimensions[name]]
            low, high = sorted(sign * points * scale * max(0.0, end) for end in ends)
            entries[name] = Weight(
                name, dimension, sign * points, sign * new[name], low, high, is_learned=ratio != 1
            )
    return Weights(
        card,
        scorecard.n_deals_,
        float(scorecard.confidence),
        tuple(entries[name] for name in spec.entries if name in entries),
    )


def _ratios(columns: Sequence[str], scorecard: ScorecardClassifier) -> dict[str, tuple[float, float, float]]:
    """Return how much more a point of each dimension tells than the pack believes, with its interval.

    It is 1 where the interval holds 1.
    """
    coefficients, covariance = scorecard.coef_[0].tolist(), scorecard.covariance_.tolist()
    prior = scorecard.prior
    assert prior is not None  # it is that of the pack
    believed = dict(zip(prior.columns, prior.mean, strict=True))
    reach = NormalDist().inv_cdf((1 + scorecard.confidence) / 2)
    places: dict[str, list[int]] = {}
    for place, column in enumerate(columns):
        kind, _, rest = column.partition(".")
        if kind == "health":
            places.setdefault(rest.rpartition(".")[0], []).append(place)
    found = {}
    for name, ends in places.items():
        belief = sum(believed[columns[place]] for place in ends)
        slope = sum(coefficients[place] for place in ends)
        # The first row and column of the covariance are those of the level.
        spread = math.sqrt(sum(covariance[one + 1][other + 1] for one in ends for other in ends))
        low, high = (slope - reach * spread) / belief, (slope + reach * spread) / belief
        found[name] = (1.0 if low <= 1 <= high else max(0.0, slope) / belief, low, high)
    return found


def _shared(wanted: Mapping[str, float], old: Mapping[str, float]) -> dict[str, float]:
    """Return whole steps next to what is wanted with the total of the old, the rest to largest remainders."""
    step = next(
        (
            one
            for one in STEPS
            if all(abs(points / one - round(points / one)) < _EXACT for points in old.values())
        ),
        STEPS[-1],
    )
    quotas = {name: points / step for name, points in wanted.items()}
    whole = {name: math.floor(quota + _EXACT) for name, quota in quotas.items()}
    rest = round(sum(old.values()) / step) - sum(whole.values())
    by_remainder = sorted(quotas, key=lambda name: (whole[name] - quotas[name], name))
    for name in by_remainder[:rest]:
        whole[name] += 1
    return {name: round(count * step, 2) for name, count in whole.items()}
