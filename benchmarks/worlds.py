"""Invented worlds of deals whose true chances are known, for tests and for choosing a default.

A pack gives each of some columns points. In truth a column matters `agreement` times what the pack thinks,
plus something of its own. Deals are drawn by a seed, so a world is the same on every machine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kamrules.scoring.prior import ODDS, Prior

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class World:
    """`agreement` 1: the pack is right but for noise; 0: it knows nothing; below 0: it is wrong."""

    agreement: float = 1.0
    columns: int = 20
    noise: float = 0.3
    base: float = -0.3
    seed: int = 0

    @property
    def prior(self) -> Prior:
        """What the pack believes: each column is met or not, and worth the same."""
        slope = 2 * math.log(ODDS) / self.columns
        many = self.columns
        return Prior(
            tuple(f"c{number}" for number in range(many)),
            (slope,) * many,
            (0.5,) * many,
            (0.5,) * many,
            (1,) * many if self.agreement > 0 else (0,) * many,
        )

    @property
    def truth(self) -> Matrix:
        """The true log-odds of each column; never against the pack's sign where it has one."""
        rng = np.random.default_rng(self.seed)
        found: Matrix = self.agreement * np.asarray(self.prior.mean) + self.noise * rng.normal(
            size=self.columns
        )
        return np.maximum(found, 0) if self.agreement > 0 else found

    def deals(self, count: int, seed: int = 0) -> tuple[Matrix, NDArray[np.bool_], Matrix]:
        """Return so many deals: the matrix, whether each was won, and its true chance."""
        rng = np.random.default_rng([self.seed, seed])
        often = rng.uniform(0.25, 0.75, self.columns)
        matrix = (rng.random((count, self.columns)) < often).astype(float)
        chances = 1 / (1 + np.exp(-(self.base + (matrix - 0.5) @ self.truth)))
        return matrix, rng.random(count) < chances, chances


def regret(model: Any, world: World, seed: int = 999) -> float:
    """Return the mean squared error of a model's chances against the true ones: its excess Brier score."""
    matrix, _, chances = world.deals(2000, seed)
    return float(np.mean((model.predict_proba(matrix)[:, 1] - chances) ** 2))
