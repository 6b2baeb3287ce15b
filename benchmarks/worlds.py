"""Invented worlds of deals whose true chances are known, for tests and for choosing a default.

A pack gives each of some columns points. In truth a column matters `agreement` times what the pack thinks,
plus something of its own. Deals are drawn by a seed, so a world is the same on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
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
        often = np.random.default_rng([self.seed, 0, 1]).uniform(0.25, 0.75, self.columns)
        rng = np.random.default_rng([self.seed, seed])
        matrix = (rng.random((count, self.columns)) < often).astype(float)
        chances = 1 / (1 + np.exp(-(self.base + (matrix - 0.5) @ self.truth)))
        return matrix, rng.random(count) < chances, chances


# Columns that tell the outcome because it made them, in the forms they take in a CRM: of each outcome
# (and the place of the deal) what stands in the column.
LEAKS: dict[str, Callable[[bool, int], Any]] = {
    "amount, zero when lost": lambda won, place: 1000.0 + place if won else 0.0,
    "forecast set at closing": lambda won, place: 0.9 + 0.0001 * (place % 7) if won else 0.1,
    "rank in the list of orders": lambda won, place: -float(place + 1) if won else float(place),
    "folder the file lies in": lambda won, place: f"orders/{place % 3}" if won else f"archive/{place % 3}",
    "contract number, filled in when won": lambda won, place: f"C-{place}" if won else None,
    "reason, filled in when lost": lambda won, place: None if won else ("price", "delay")[place % 2],
    "flag, wrong for two in a hundred": lambda won, place: won if place % 50 else not won,
}


def planted(won: Sequence[bool]) -> dict[str, list[Any]]:
    """Return a column of each form of leak for deals with these outcomes."""
    return {name: [leak(bool(one), place) for place, one in enumerate(won)] for name, leak in LEAKS.items()}


def regret(model: Any, world: World, seed: int = 999) -> float:
    """Return the mean squared error of a model's chances against the true ones: its excess Brier score."""
    matrix, _, chances = world.deals(2000, seed)
    return float(np.mean((model.predict_proba(matrix)[:, 1] - chances) ** 2))
