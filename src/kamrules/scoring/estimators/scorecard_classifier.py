"""A Bayesian logistic regression that starts from a pack's weights and moves as far as closed deals allow."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from statistics import NormalDist
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, validate_data

from kamrules.errors import ArgumentError, Fault
from kamrules.scoring.columns import Assesses
from kamrules.scoring.prior import ODDS, Prior, prior_from

Array = NDArray[Any]
_SHORTEST = 1e-9
# Factors on the prior variance that are tried: from a quarter, in steps of two.
_LOOSENESS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
# For speed: above so many deals a part of them tells the looseness; rows measured at once.
_MANY, _EVERY = 20_000, 10
_AT_ONCE = 50_000


class ScorecardClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc] # ships no types
    """Win or loss by log-odds that are linear in the columns, with a stated belief about each coefficient.

    Parameters
    ----------
    prior : Prior, optional
        What is believed before the first deal. Without one every coefficient is believed to be 0, and centre
        and spread are those of the deals fitted.
    prior_deals : float, > 0
        The strength of that belief in equivalent deals. A log-odds known from n deals has the variance
        1 / (n p (1 - p)), n times the Fisher information of one deal; that is the prior variance of the
        log-odds at the centre, and of how far a typical deal lies from it. So a pack with more columns is no
        vaguer. 16 is our choice, see Notes.
    scale_doubt : float, 0 to below 1
        The part of the latter variance that is doubt about the scale of the pack: whether all its points at
        once are worth more or less than it says, or nothing. The columns share the rest alike, in units of
        their spread. 0.5 is our choice. Without effect where every prior mean is 0.
    strength_doubt : float, >= 0
        How far deals may loosen or tighten the belief in the points: the standard deviation of the logarithm
        of the factor on their variance. 1, a factor of 2.7 either way, is our choice; with 0 the belief
        stays as strong as `prior_deals` says.
    monotonic_cst : mapping of names to -1, 0, 1, or array of shape (n_columns,), optional
        Signs of coefficients, in place of those of the prior.
    confidence : float, between 0 and 1
        Probability mass of the intervals.
    max_iter : int
        Most Newton steps; it takes fewer than ten as a rule.

    Attributes
    ----------
    coef_ : array, shape (1, n_columns), log-odds a unit
    intercept_ : array, shape (1,), log-odds where every column is 0
    coef_interval_ : array, shape (n_columns, 2)
    covariance_ : array, shape (n_columns + 1, n_columns + 1)
        Of the log-odds at the centre, then of the coefficients: the Laplace approximation at the maximum.
    n_deals_ : int
        Closed deals behind it; 0 for a pack alone.
    prior_deals_ : float
        The strength the belief in the points was left with, in equivalent deals.

    Notes
    -----
    The maximum a posteriori is found by projected Newton steps (Bertsekas, SIAM J. Control Optim. 20, 1982).
    At a sign constraint the Gaussian is cut off at zero, and the interval with it: a little too wide.
    The prior is a unit-information prior scaled by a number of deals (Kass & Wasserman, JASA 90, 1995),
    taken column by column, plus one direction: coefficients are s x (what the pack says) + something of their
    own, where s is near 1. A few deals tell s, long before they tell one column from another.
    How strong a belief the deals bear out is told by their marginal likelihood (empirical Bayes), by
    Laplace's approximation at seven strengths; `prior_deals_` is their geometric mean, weighted by it and by
    `strength_doubt`. A few deals leave the belief as it is.
    Of the strengths and doubts tried in invented worlds where the pack is right, useless or wrong, the
    defaults are those whose worst is least bad (`benchmarks/learning.py`).

    Examples
    --------
    >>> prior = Prior(("points",), (0.04,), (50.0,), (29.0,), (1,))
    >>> model = ScorecardClassifier(prior).from_prior()
    >>> round(float(model.predict_proba([[100.0]])[0, 1]), 2), model.n_deals_
    (0.88, 0)
    """

    def __init__(  # noqa: PLR0913 - scikit-learn reads parameters from here
        self,
        prior: Prior | None = None,
        *,
        prior_deals: float = 16.0,
        scale_doubt: float = 0.5,
        strength_doubt: float = 1.0,
        monotonic_cst: Mapping[str, int] | Sequence[int] | None = None,
        confidence: float = 0.9,
        max_iter: int = 100,
    ) -> None:
        self.prior = prior
        self.prior_deals = prior_deals
        self.scale_doubt = scale_doubt
        self.strength_doubt = strength_doubt
        self.monotonic_cst = monotonic_cst
        self.confidence = confidence
        self.max_iter = max_iter

    @classmethod
    def from_pack(
        cls,
        engine: Assesses,
        *,
        until: str | None = None,
        odds: float = ODDS,
        base_rate: float = 0.5,
        **options: Any,
    ) -> Self:
        """Return the classifier that a pack is before the first deal: usable at once, and ready to `fit`.

        `until` is that of `DealFeatures`, whose matrix it reads; for `odds` and `base_rate` see
        `kamrules.scoring.prior`.
        """
        prior = prior_from(engine.pack, engine.plan, until=until, odds=odds, base_rate=base_rate)
        return cls(prior, **options).from_prior()

    def from_prior(self) -> Self:
        """Make the prior itself the model, with no deal behind it; classes are False and True (won)."""
        if self.prior is None:
            raise _unusable("there is no prior to start from")
        self.n_features_in_ = len(self.prior.columns)
        self.classes_ = np.asarray([False, True])
        self._learn(np.empty((0, self.n_features_in_)), np.empty(0))
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def fit(self, X: Any, y: Any) -> Self:  # noqa: N803 - scikit-learn's names
        """Learn from closed deals.

        Parameters
        ----------
        X : array or frame, shape (n_deals, n_columns)
        y : array of two classes; the second in sorted order counts as won

        Raises
        ------
        ArgumentError
            A parameter is out of its range, or columns and prior do not fit (A-VALUE, A-COLUMN).
        """
        X, y = validate_data(self, X, y, dtype=np.float64)  # noqa: N806
        check_classification_targets(y)
        kind = type_of_target(y, input_name="y", raise_unknown=True)
        if kind != "binary":
            raise ValueError(f"Only binary classification is supported. The type of the target is {kind}.")
        self.classes_, won = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:  # noqa: PLR2004 - won and lost
            raise ValueError("Classifier can't train when only one class is present.")
        self._learn(X, won.astype(float))
        return self

    def _learn(self, X: Array, won: Array) -> None:  # noqa: N803
        self._check_parameters()
        mean, self._centre, spread, signs, log_odds = self._belief(X)
        posterior = _Posterior(
            np.column_stack([np.ones(len(X)), X - self._centre]),
            won,
            np.concatenate([[log_odds], mean]),
            self._doubt(mean, spread, log_odds),
            np.concatenate([[0], signs]),
            self.max_iter,
        )
        self._prior_coef, self._prior_at_centre = mean, log_odds
        self._prior_covariance = posterior.covariance
        # Of very many deals every tenth tells how strong a belief they bear out, and where to start.
        part = posterior.of(slice(None, None, _EVERY)) if len(won) > _MANY else posterior
        looseness, start = part.looseness(self.strength_doubt)
        found, hessian, self.n_iter_ = posterior.loosened(looseness).maximum(start)
        self.n_deals_, self.prior_deals_ = len(won), self.prior_deals / looseness
        self.covariance_ = np.linalg.inv(hessian)
        self._at_centre = float(found[0])
        self.coef_ = found[None, 1:]
        self.intercept_ = np.asarray([found[0] - found[1:] @ self._centre])
        reach = self._reach() * np.sqrt(np.diag(self.covariance_))[1:]
        low, high = found[1:] - reach, found[1:] + reach
        self.coef_interval_ = np.column_stack(
            [np.where(signs > 0, np.maximum(low, 0), low), np.where(signs < 0, np.minimum(high, 0), high)]
        )

    def _check_parameters(self) -> None:
        told = (
            ("prior_deals", self.prior_deals, 0 < self.prior_deals < math.inf, "a finite number above 0"),
            ("scale_doubt", self.scale_doubt, 0 <= self.scale_doubt < 1, "from 0 to below 1"),
            (
                "strength_doubt",
                self.strength_doubt,
                0 <= self.strength_doubt < math.inf,
                "a finite number from 0",
            ),
            ("confidence", self.confidence, 0 < self.confidence < 1, "between 0 and 1"),
        )
        faults = [
            Fault("A-VALUE", f"{name} {value:g} given, {expected} expected")
            for name, value, is_fine, expected in told
            if not is_fine
        ]
        if faults:
            raise ArgumentError(faults)

    def _doubt(self, mean: Array, spread: Array, log_odds: float) -> Array:
        """Return the prior covariance of the log-odds at the centre and of the coefficients."""
        chance = 1 / (1 + math.exp(-log_odds))
        variance = 1 / (self.prior_deals * chance * (1 - chance))
        of_scale = float(((mean * spread) ** 2).sum())
        shared = self.scale_doubt if of_scale > 0 else 0.0
        found = np.diag(np.concatenate([[variance], (1 - shared) * variance / (len(mean) * spread**2)]))
        if shared:
            found[1:, 1:] += shared * variance / of_scale * np.outer(mean, mean)
        return found

    def _belief(self, X: Array) -> tuple[Array, Array, Array, Array, float]:  # noqa: N803
        count = X.shape[1]
        if self.prior is None:
            spread = X.std(axis=0)
            mean, centre, log_odds = np.zeros(count), X.mean(axis=0), 0.0
            spread = np.where(spread > 1e-12 * (1 + np.abs(centre)), spread, 1.0)  # a constant says nothing
            signs = np.zeros(count)
        else:
            names = getattr(self, "feature_names_in_", None)
            prior = self.prior if names is None else self.prior.ordered(list(names))
            if len(prior.columns) != count:
                raise _unusable(f"the prior has {len(prior.columns)} columns, the deals {count}")
            mean, centre, spread, signs = (
                np.asarray(part, dtype=float)
                for part in (prior.mean, prior.centre, prior.spread, prior.signs)
            )
            log_odds = prior.log_odds
        if self.monotonic_cst is not None:
            signs = self._signs(count)
        if (mean * signs < 0).any():
            raise _unusable("a prior mean goes against its sign constraint")
        return mean, centre, spread, signs, log_odds

    def _signs(self, count: int) -> Array:
        given = self.monotonic_cst
        if isinstance(given, Mapping):
            names = list(getattr(self, "feature_names_in_", ()))
            strange = [name for name in given if name not in names]
            if strange:
                raise ArgumentError(
                    [Fault("A-COLUMN", f"monotonic_cst names no column `{name}`") for name in strange]
                )
            return np.asarray([given.get(name, 0) for name in names], dtype=float)
        signs = np.asarray(given, dtype=float)
        if signs.shape != (count,) or not np.isin(signs, (-1, 0, 1)).all():
            raise _unusable(f"monotonic_cst holds -1, 0 or 1 for each of {count} columns")
        return signs

    def _reach(self, confidence: float | None = None) -> float:
        return NormalDist().inv_cdf((1 + (self.confidence if confidence is None else confidence)) / 2)

    def _read(self, X: Any) -> Array:  # noqa: N803
        check_is_fitted(self)
        if self.n_deals_ == 0 and self.prior is not None and hasattr(X, "columns"):
            # scikit-learn would warn of every frame or of every array, as no fit has seen either.
            self.prior.ordered(list(X.columns))
            X = np.asarray(X[list(self.prior.columns)])  # noqa: N806
        found: Array = validate_data(self, X, dtype=np.float64, reset=False)
        return found

    def decision_function(self, X: Any) -> Array:  # noqa: N803
        """Return the log-odds of winning, shape (n_deals,)."""
        strayed = self._read(X) - self._centre
        found: Array = self._at_centre + strayed @ self.coef_[0]
        return found

    def predict_proba(self, X: Any) -> Array:  # noqa: N803
        """Return the probabilities of loss and win at the most likely coefficients, shape (n_deals, 2)."""
        won = _sigmoid(self.decision_function(X))
        return np.column_stack([1 - won, won])

    def predict(self, X: Any) -> NDArray[Any]:  # noqa: N803
        """Return the likelier class of each deal."""
        is_won = self.decision_function(X) > 0
        found: NDArray[Any] = self.classes_[is_won.astype(int)]
        return found

    def predict_interval(self, X: Any, confidence: float | None = None) -> Array:  # noqa: N803
        """Return the interval of each probability of winning, shape (n_deals, 2).

        It says how well the probability is known, not whether the deal will be won.
        """
        strayed = self._read(X) - self._centre
        return self._interval(
            self._at_centre + strayed @ self.coef_[0], strayed, self.covariance_, confidence
        )

    def predict_prior(self, X: Any, confidence: float | None = None) -> Array:  # noqa: N803
        """Return what was believed of each deal before any was closed: probability, low and high end."""
        strayed = self._read(X) - self._centre
        scores = self._prior_at_centre + strayed @ self._prior_coef
        return np.column_stack(
            [
                _sigmoid(scores),
                self._interval(scores, strayed, self._prior_covariance, confidence),
            ]
        )

    def _interval(self, scores: Array, strayed: Array, covariance: Array, confidence: float | None) -> Array:
        root: Array = np.linalg.cholesky(covariance)
        deviation = np.empty(len(scores))
        for start in range(0, len(scores), _AT_ONCE):
            rows = slice(start, start + _AT_ONCE)
            deviation[rows] = np.linalg.norm(root[0] + strayed[rows] @ root[1:], axis=1)
        reach = self._reach(confidence) * deviation
        return np.column_stack([_sigmoid(scores - reach), _sigmoid(scores + reach)])

    def to_state(self) -> dict[str, Any]:
        """Return what was learned as plain numbers, lists and texts: with `from_state` it predicts the same.

        It must have a prior, and must have been fitted on arrays, not frames.
        """
        check_is_fitted(self)
        arrays = {name: getattr(self, place).tolist() for name, place in _STATE.items()}
        return {
            "prior": None if self.prior is None else asdict(self.prior),
            **{name: float(getattr(self, name)) for name in _OPTIONS},
            "deals": self.n_deals_,
            "prior_deals_left": self.prior_deals_,
            "prior_log_odds": float(self._prior_at_centre),
            "log_odds": self._at_centre,
            **arrays,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Return the classifier that `to_state` was asked of; its classes are False and True (won).

        The sizes are taken as they are: whoever reads a state from a file checks them first.

        Raises
        ------
        ArgumentError
            The prior is none, or a covariance is not that of any distribution (A-VALUE).
        """
        prior = state["prior"]
        if prior is not None:
            parts: dict[str, Any] = {
                name: tuple(one) if isinstance(one, list) else one for name, one in prior.items()
            }
            prior = Prior(**parts)
        found = cls(prior, **{name: state[name] for name in _OPTIONS})
        for name, place in _STATE.items():
            setattr(found, place, np.asarray(state[name], dtype=float))
        for covariance in (found.covariance_, found._prior_covariance):
            if not np.allclose(covariance, covariance.T) or np.linalg.eigvalsh(covariance).min() <= 0:
                raise _unusable("the covariance is not that of any distribution")
        found.n_deals_, found.prior_deals_ = state["deals"], state["prior_deals_left"]
        found._prior_at_centre, found._at_centre = state["prior_log_odds"], state["log_odds"]
        found.n_features_in_ = len(state["centre"])
        found.classes_ = np.asarray([False, True])
        found.n_iter_ = 0
        return found


_OPTIONS = ("prior_deals", "scale_doubt", "strength_doubt", "confidence")
# What is stored of a fitted classifier, and where it stands.
_STATE = {
    "centre": "_centre",
    "prior_coefficients": "_prior_coef",
    "prior_covariance": "_prior_covariance",
    "coefficients": "coef_",
    "intercept": "intercept_",
    "covariance": "covariance_",
    "coefficient_intervals": "coef_interval_",
}


@dataclass(frozen=True)
class _Posterior:
    """Of deals with their outcomes, under a Gaussian prior and signs; the first column of `design` is 1."""

    design: Array
    won: Array
    prior: Array
    covariance: Array
    signs: Array
    max_iter: int

    @cached_property
    def precision(self) -> Array:
        """The inverse of the prior's covariance."""
        found: Array = np.linalg.inv(self.covariance)
        return found

    def of(self, rows: slice) -> _Posterior:
        """Return the posterior of a part of the deals."""
        return replace(self, design=self.design[rows], won=self.won[rows])

    def loosened(self, factor: float) -> _Posterior:
        """Return the posterior under a prior whose coefficients, but not the first, vary so much more."""
        covariance = self.covariance.copy()
        covariance[1:, 1:] *= factor
        return replace(self, covariance=covariance)

    def looseness(self, doubt: float) -> tuple[float, Array]:
        """Return the factor on the variance that the deals bear out, and a maximum under one near it."""
        start = self._within(self.prior)
        if not len(self.won) or doubt == 0:
            return 1.0, start
        logs, evidence = np.log(_LOOSENESS), np.empty(len(_LOOSENESS))
        for place, factor in enumerate(_LOOSENESS):
            one = self.loosened(factor)
            start, hessian, _ = one.maximum(start)
            volume = np.linalg.slogdet(one.precision)[1] - np.linalg.slogdet(hessian)[1]
            evidence[place] = volume / 2 - one.loss(start) - (logs[place] / doubt) ** 2 / 2
        weights = np.exp(evidence - evidence.max())
        return float(np.exp(weights @ logs / weights.sum())), start

    def maximum(self, start: Array) -> tuple[Array, Array, int]:
        """Return the maximum under the signs, the Hessian there, and the steps taken."""
        point, step = start, 0
        while True:
            chance = _sigmoid(self.design @ point)
            gradient = self.design.T @ (chance - self.won) + self.precision @ (point - self.prior)
            rooted = self.design * np.sqrt(chance * (1 - chance))[:, None]
            hessian = rooted.T @ rooted + self.precision
            free = ~((self.signs != 0) & (point == 0) & (self.signs * gradient >= 0))
            direction = np.zeros_like(point)
            direction[free] = -np.linalg.solve(hessian[np.ix_(free, free)], gradient[free])
            before, decrement = self.loss(point), float(-gradient @ direction)
            if decrement < 1e-12 * (1 + abs(before)) or step == self.max_iter:
                return point, hessian, step
            length = 1.0
            while length > _SHORTEST:
                if self.loss(self._within(point + length * direction)) <= before - 1e-4 * length * decrement:
                    break
                length /= 2
            point, step = self._within(point + length * direction), step + 1

    def loss(self, point: Array) -> float:
        """Return minus the logarithm of the posterior, up to a constant."""
        scores, strayed = self.design @ point, point - self.prior
        return float(
            np.logaddexp(0, scores).sum() - self.won @ scores + strayed @ self.precision @ strayed / 2
        )

    def _within(self, point: Array) -> Array:
        signs = self.signs
        return np.where(signs > 0, np.maximum(point, 0), np.where(signs < 0, np.minimum(point, 0), point))


def _sigmoid(scores: Any) -> Array:
    found: Array = np.exp(-np.logaddexp(0, -np.asarray(scores, dtype=float)))
    return found


def _unusable(message: str) -> ArgumentError:
    return ArgumentError(Fault("A-VALUE", message))
