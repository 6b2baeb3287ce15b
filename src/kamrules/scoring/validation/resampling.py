"""What deals would have shown had others of them been drawn: bootstrap intervals, all samples at once.

A sample of deals is how often each of them is in it, so scores of all samples are sums weighted by these
counts (Efron, Annals of Statistics 7, 1979). Ends are percentiles. The same seed gives the same samples.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from kamrules.errors import ArgumentError, Fault, MissingExtraError
from kamrules.scoring.validation.skill import (
    Measured,
    Skill,
    auc,
    brier,
    calibration_slope,
    log_loss,
    wilson,
)

if find_spec("numpy") is None:
    raise MissingExtraError(Fault("X-LEARN", "intervals need numpy", hint="install `kamrules[learn]`"))

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

_TINY = 1e-15
_CELLS = 2_000_000  # counts held at once: speed and memory only


def measure_skill(  # noqa: PLR0913 - what is measured, and how
    won: Sequence[bool],
    probabilities: Sequence[float],
    *,
    base_rate: float | None = None,
    confidence: float = 0.9,
    resamples: int = 500,
    seed: int = 0,
) -> Skill:
    """Return how good probabilities were.

    Parameters
    ----------
    won : outcomes of deals that were not learned from
    probabilities : of winning, each between 0 and 1
    base_rate : the share won among the deals learned from; of these very deals by default, which flatters it
    resamples : bootstrap samples of deals behind each interval; those without a win or a loss are left out

    Raises
    ------
    ArgumentError
        Lengths differ, an outcome never occurs, or a probability is none (A-VALUE).

    Examples
    --------
    >>> won = [number % 3 == 0 for number in range(300)]
    >>> measure_skill(won, [0.6 if one else 0.2 for one in won]).has_skill
    True
    """
    if len(won) != len(probabilities) or len(set(won)) < 2:  # noqa: PLR2004 - won and lost
        raise ArgumentError(
            Fault("A-VALUE", "as many probabilities as outcomes, some won, some lost, expected")
        )
    if not all(0 <= one <= 1 for one in probabilities):
        raise ArgumentError(Fault("A-VALUE", "a probability lies between 0 and 1"))
    usual = sum(won) / len(won) if base_rate is None else base_rate
    base_brier = brier(won, [usual] * len(won))
    outcomes, given = np.asarray(won, dtype=float), np.asarray(probabilities, dtype=float)
    blocks = [
        scores_of(counts, outcomes, given, usual) for counts in samples_of(len(outcomes), resamples, seed)
    ]
    values = {
        "auc": auc(won, probabilities),
        "brier": brier(won, probabilities),
        "log_loss": log_loss(won, probabilities),
        "slope": calibration_slope(won, probabilities),
        "gain": base_brier - brier(won, probabilities),
    }
    measured = {
        name: _measured(value, np.concatenate([block[name] for block in blocks]), confidence)
        for name, value in values.items()
    }
    return Skill(len(won), wilson(sum(won), len(won), confidence), base_brier=base_brier, **measured)


def measure_mean(
    values: Sequence[float], *, confidence: float = 0.9, resamples: int = 500, seed: int = 0
) -> Measured:
    """Return a mean with its bootstrap interval.

    Examples
    --------
    >>> found = measure_mean([0.0, 1.0] * 50)
    >>> found.value, 0.4 < found.low < 0.5 < found.high < 0.6
    (0.5, True)
    """
    given = np.asarray(values, dtype=float)
    means = np.concatenate([counts @ given for counts in samples_of(len(given), resamples, seed)]) / len(
        given
    )
    return _measured(float(given.mean()), means, confidence)


def samples_of(many: int, resamples: int, seed: int) -> Iterator[Array]:
    """Yield counts, shape (some samples, n_deals): how often each deal is in a sample of as many."""
    rng = np.random.default_rng(seed)
    some = max(1, _CELLS // many)
    for start in range(0, resamples, some):
        yield rng.multinomial(many, np.full(many, 1 / many), size=min(some, resamples - start)).astype(float)


def _measured(value: float, found: Array, confidence: float) -> Measured:
    edge = (1 - confidence) / 2
    low, high = np.quantile(found, [edge, 1 - edge]).tolist()
    return Measured(value, low, high)


def scores_of(counts: Array, won: Array, given: Array, usual: float) -> dict[str, Array]:
    """Return the scores of the samples with a win and a loss; the same as those of `skill`, one by one."""
    wins = counts @ won
    counts = counts[(wins > 0) & (wins < len(won))]
    squared = (given - won) ** 2
    happened = np.where(won > 0, given, 1 - given)
    found = {
        "auc": _auc(counts, won, given),
        "brier": counts @ squared / len(won),
        "log_loss": counts @ -np.log(np.maximum(happened, _TINY)) / len(won),
        "gain": counts @ ((usual - won) ** 2 - squared) / len(won),
    }
    return {**found, "slope": _slope(counts, won, given)}


def _auc(counts: Array, won: Array, given: Array) -> Array:
    order = np.argsort(given, kind="stable")
    ties = np.unique(given[order], return_index=True)[1]
    wins, losses = (np.add.reduceat((counts * part)[:, order], ties, axis=1) for part in (won, 1 - won))
    below = np.cumsum(losses, axis=1) - losses / 2
    found: Array = (wins * below).sum(axis=1) / (wins.sum(axis=1) * losses.sum(axis=1))
    return found


def _slope(counts: Array, won: Array, given: Array) -> Array:
    """Return the slopes of `calibration_slope`, step by step as there."""
    cut = np.clip(given, 1e-6, 1 - 1e-6)
    scores = np.log(cut / (1 - cut))
    level, slope = np.zeros(len(counts)), np.zeros(len(counts))
    for _ in range(50):
        fitted = 1 / (1 + np.exp(-np.clip(level[:, None] + slope[:, None] * scores, -500, 500)))
        weights, errors = counts * fitted * (1 - fitted), counts * (fitted - won)
        down, side = errors.sum(axis=1) + 1e-3 * level, errors @ scores + 1e-3 * slope
        a, b, c = weights.sum(axis=1) + 1e-3, weights @ scores, weights @ scores**2 + 1e-3
        area = a * c - b * b
        step = np.stack([c * down - b * side, a * side - b * down]) / area
        size = np.maximum(1.0, np.abs(step).max(axis=0))
        level, slope = level - step[0] / size, slope - step[1] / size
        if np.abs(step).max(initial=0.0) < 1e-9:  # noqa: PLR2004 - converged
            break
    return slope
