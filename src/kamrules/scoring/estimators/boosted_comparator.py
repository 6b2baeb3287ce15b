"""Boosted trees that keep to the pack's signs: something to compare with, not to explain deals by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

from sklearn.ensemble import HistGradientBoostingClassifier

from kamrules.scoring.prior import Prior


class BoostedComparator(HistGradientBoostingClassifier):  # type: ignore[misc] # ships no types
    """scikit-learn's histogram gradient boosting, held back for a few hundred deals, with signs.

    If it clearly beats `ScorecardClassifier` on deals neither has seen, the columns act together in a way
    that a sum of points does not catch. Its numbers carry no interval; `WinProbability` adds one.

    Parameters
    ----------
    monotonic_cst : mapping of names to -1, 0, 1, or array of shape (n_columns,), optional
        Where more of a column may never raise or lower the probability.
    max_iter, learning_rate, max_leaf_nodes, min_samples_leaf, l2_regularization : as in scikit-learn
        The defaults are our choice: small trees with large leaves, since closed deals are few.
    random_state : int

    Examples
    --------
    >>> points = [[float(number)] for number in range(60)]
    >>> won = [number % 7 > 2 or number > 40 for number in range(60)]
    >>> chances = BoostedComparator(monotonic_cst=[1]).fit(points, won).predict_proba(points)[:, 1]
    >>> bool((chances[1:] >= chances[:-1]).all())
    True
    """

    def __init__(  # noqa: PLR0913 - scikit-learn reads parameters from here
        self,
        *,
        monotonic_cst: Mapping[str, int] | Sequence[int] | None = None,
        max_iter: int = 80,
        learning_rate: float = 0.05,
        max_leaf_nodes: int = 6,
        min_samples_leaf: int = 8,
        l2_regularization: float = 1.0,
        random_state: int = 0,
    ) -> None:
        super().__init__(
            monotonic_cst=monotonic_cst,
            max_iter=max_iter,
            learning_rate=learning_rate,
            max_leaf_nodes=max_leaf_nodes,
            min_samples_leaf=min_samples_leaf,
            l2_regularization=l2_regularization,
            random_state=random_state,
        )

    @classmethod
    def from_prior(cls, prior: Prior) -> Self:
        """Return a comparator with the signs of a prior, for the columns in its order."""
        return cls(monotonic_cst=list(prior.signs))
