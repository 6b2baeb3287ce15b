"""A calibrated probability of winning, with interval, the closed deals behind it, and a refusal where due."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.covariance import ledoit_wolf
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.utils import _safe_indexing
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, validate_data

from kamrules.scoring.validation.skill import wilson
from kamrules.scoring.validation.splits import grouped_folds

Array = NDArray[np.float64]
Refusal = Literal["not enough history", "unlike any deal seen"]
Calibration = Literal["none", "sigmoid", "isotonic", "flat"]
# Two parameters of a sigmoid need some fifty deals of either outcome. One with intervals of its own is
# held back by its prior: in invented worlds a sigmoid learned of fewer than five hundred of either outcome
# makes its intervals cover less and its slopes no better. A step function overfits below about a
# thousand deals in Niculescu-Mizil & Caruana (ICML 2005); in our invented worlds it still does at 2,000, with
# slopes of 0.7, so it waits for ten thousand. The numbers are our choice.
_SIGMOID_FROM, _SIGMOID_FROM_BAYESIAN = 50, 500
_ISOTONIC_FROM = 10_000
_ALIKE = 30
_ESTIMATE = ("probability", "low", "high")
_AT_ONCE = 50_000  # rows measured at once: speed only


@dataclass(frozen=True, slots=True)
class Estimate:
    """A probability of winning between `low` and `high`, and the closed deals behind it (0: belief alone)."""

    probability: float
    low: float
    high: float
    closed_deals: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """What can be said of one open deal.

    `estimate` is None where it is refused, and `refusal` says why; `prior` is what was believed before, to
    be used then instead. Neither is the health of a deal nor its progress.
    """

    estimate: Estimate | None
    prior: Estimate
    refusal: Refusal | None = None


class WinProbability(ClassifierMixin, BaseEstimator):  # type: ignore[misc] # ships no types
    """Wraps a classifier of closed deals.

    Parameters
    ----------
    estimator : classifier
        Learns from closed deals. If it has `predict_prior` (as `ScorecardClassifier`), refusals fall back on
        that, else on the base rate; if it has `predict_interval`, intervals are its own.
    min_wins, min_losses : int
        Fewer closed deals of either outcome are "not enough history". 10 is our choice: a base rate from 10
        and 10 deals is known to about 20 points either way.
    confidence : float
        Probability mass of the intervals.
    folds : int
        Folds that calibration holds deals back in.
    seed : int
        Of the folds.

    Attributes
    ----------
    calibration_ : {"none", "sigmoid", "isotonic", "flat"}
        "none" with fewer than 50 deals of either outcome, or 500 where it has intervals of its own;
        "isotonic" from 10,000 deals on; else "sigmoid" (Platt), or "flat" where the held-back deals show no
        skill at all: then the base rate is all there is to say. Learned on held-back deals, twins together.
    wins_, losses_ : int
    limit_ : float
        How far a deal may lie from the closed ones, see Notes.

    Notes
    -----
    Novelty: the Mahalanobis distance from the mean of the closed deals, by their covariance with the
    shrinkage of Ledoit and Wolf (J. Multivariate Analysis 88, 2004); each kind of deal counts once. A deal is
    unlike any seen if it lies further off than 99 of 100 closed kinds do, each measured by the others, or if
    it differs from all in a column that never varied. The 99 are our choice.

    Interval: the estimator's own, moved as calibration moves its ends; or the Wilson interval of the outcomes
    of the 30 held-back deals that stand around it in the order of probabilities, stretched to hold the
    probability itself.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> points = [[float(number % 10)] for number in range(60)]
    >>> won = [number % 10 > 4 or number % 9 == 0 for number in range(60)]
    >>> model = WinProbability(GaussianNB()).fit(points, won)
    >>> found = model.forecast([[9.0], [300.0]])
    >>> found[0].estimate.closed_deals, found[1].estimate, found[1].refusal
    (60, None, 'unlike any deal seen')
    """

    def __init__(  # noqa: PLR0913 - scikit-learn reads parameters from here
        self,
        estimator: Any,
        *,
        min_wins: int = 10,
        min_losses: int = 10,
        confidence: float = 0.9,
        folds: int = 5,
        seed: int = 0,
    ) -> None:
        self.estimator = estimator
        self.min_wins = min_wins
        self.min_losses = min_losses
        self.confidence = confidence
        self.folds = folds
        self.seed = seed

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def fit(self, X: Any, y: Any, groups: Sequence[Hashable] | None = None) -> Self:  # noqa: N803 - scikit-learn's names
        """Learn from closed deals.

        Parameters
        ----------
        X : array or frame, shape (n_deals, n_columns)
        y : two classes; the second in sorted order counts as won
        groups : what calibration must not tear apart; by default deals with the same columns
        """
        given = X
        X, y = validate_data(self, X, y, dtype=np.float64)  # noqa: N806
        check_classification_targets(y)
        kind = type_of_target(y, input_name="y", raise_unknown=True)
        if kind != "binary":
            raise ValueError(f"Only binary classification is supported. The type of the target is {kind}.")
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:  # noqa: PLR2004 - won and lost
            raise ValueError("Classifier can't train when only one class is present.")
        won = codes.astype(bool)
        self.wins_, self.losses_ = int(won.sum()), int((~won).sum())
        self.estimator_ = clone(self.estimator).fit(_named(given, X), y)
        self._remember(X)
        groups = [row.tobytes() for row in X] if groups is None else groups
        self._calibrate(_named(given, X), won, groups)
        return self

    @property
    def has_history(self) -> bool:
        """Whether there are enough wins and losses."""
        check_is_fitted(self)
        return bool(self.wins_ >= self.min_wins and self.losses_ >= self.min_losses)

    def _remember(self, X: Array) -> None:  # noqa: N803
        self._mean, deviation = X.mean(axis=0), X.std(axis=0)
        self._varied = deviation > 1e-12 * (1 + np.abs(self._mean))
        self._scale = deviation[self._varied]
        kinds = self._scaled(X[sorted({row.tobytes(): place for place, row in enumerate(X)}.values())])
        if kinds.shape[1] == 0:
            self._root, self.limit_ = np.zeros((0, 0)), 0.0
            return
        covariance, shrinkage = ledoit_wolf(kinds, assume_centered=True)
        # A kind that is there alone leaves a ridge of rounding size, so that the rest has an inverse.
        covariance[np.diag_indices_from(covariance)] += 1e-9
        # In the order of rows, as a stored one comes back: products of another order round otherwise.
        self._root = np.ascontiguousarray(np.linalg.inv(np.linalg.cholesky(covariance)).T)
        apart = self._apart(kinds)
        # Without a deal itself the covariance is less by its part of it (Sherman and Morrison, 1950).
        others = apart / np.maximum(1 - (1 - shrinkage) * apart / len(kinds), 1e-9)
        self.limit_ = float(np.sqrt(np.quantile(others, 0.99)))

    def _scaled(self, X: Array) -> Array:  # noqa: N803
        found: Array = (X - self._mean)[:, self._varied] / self._scale
        return found

    def _apart(self, scaled: Array) -> Array:
        """Return the squared distance of each deal from the mean."""
        found = np.empty(len(scaled))
        for start in range(0, len(scaled), _AT_ONCE):
            rows = slice(start, start + _AT_ONCE)
            found[rows] = ((scaled[rows] @ self._root) ** 2).sum(axis=1)
        return found

    def _calibrate(self, given: Any, won: NDArray[np.bool_], groups: Sequence[Hashable]) -> None:
        has_own = hasattr(self.estimator_, "predict_interval")
        self.calibration_: Calibration = "none"
        if min(self.wins_, self.losses_) >= (_SIGMOID_FROM_BAYESIAN if has_own else _SIGMOID_FROM):
            self.calibration_ = "isotonic" if len(won) >= _ISOTONIC_FROM else "sigmoid"
        self._held: tuple[Array, NDArray[np.bool_]] | None = None
        if not self.has_history or (self.calibration_ == "none" and has_own):
            return
        held = np.full(len(won), np.nan)
        folds = min(self.folds, len(set(groups)))
        for train, test in grouped_folds(groups, won.tolist(), folds=folds, seed=self.seed):
            if len(set(won[train].tolist())) > 1:
                model = clone(self.estimator).fit(_safe_indexing(given, train), won[train])
                held[test] = model.predict_proba(_safe_indexing(given, test))[:, 1]
        there = np.isfinite(held)
        scores, outcomes = held[there], won[there]
        if self.calibration_ == "sigmoid":
            self._curve: Any = LogisticRegression(C=1e3).fit(_logit(scores)[:, None], outcomes)
            if self._curve.coef_[0, 0] <= 0:
                self.calibration_ = "flat"
        elif self.calibration_ == "isotonic":
            edge = 1 / (len(outcomes) + 2)  # no finite number of deals proves a deal safe or hopeless
            self._curve = IsotonicRegression(y_min=edge, y_max=1 - edge, out_of_bounds="clip").fit(
                scores, outcomes
            )
        self._held = (self._calibrated(scores), outcomes)

    def _calibrated(self, chances: Array) -> Array:
        if self.calibration_ == "none":
            return chances
        if self.calibration_ == "flat":
            return np.full(len(chances), self.wins_ / self._deals)
        if self.calibration_ == "sigmoid":
            found: Array = self._curve.predict_proba(_logit(chances)[:, None])[:, 1]
            return found
        stepped: Array = self._curve.predict(chances)
        return stepped

    def forecast_table(self, X: Any) -> dict[str, NDArray[Any]]:  # noqa: N803
        """Return what can be said of each deal as columns of a table, for very many deals.

        Parameters
        ----------
        X : array or frame, shape (n_deals, n_columns)

        Returns
        -------
        dict of arrays, shape (n_deals,)
            `probability`, `low`, `high` and the `closed_deals` behind them; where `refusal` is not None they
            are those of the prior. `prior_probability`, `prior_low`, `prior_high`, `prior_deals`.

        Examples
        --------
        >>> from sklearn.naive_bayes import GaussianNB
        >>> points = [[float(number % 10)] for number in range(60)]
        >>> model = WinProbability(GaussianNB()).fit(points, [number % 10 > 4 for number in range(60)])
        >>> table = model.forecast_table([[9.0], [300.0]])
        >>> table["refusal"].tolist(), table["prior_probability"].tolist()
        ([None, 'unlike any deal seen'], [0.5, 0.5])
        """
        X, given = self._read(X)  # noqa: N806
        raw, prior = self._raw(given), self._priors(given)
        said = np.column_stack([self._calibrated(raw), self._ends(raw, given), np.full(len(X), self._deals)])
        refusal = np.full(len(X), None, dtype=object)
        if self.has_history:
            refusal[self._is_new(X)] = "unlike any deal seen"
        else:
            refusal[:] = "not enough history"
        is_refused = refusal != np.asarray(None)
        shown = np.where(is_refused[:, None], prior, said)
        return {
            **dict(zip(_ESTIMATE, shown[:, :3].T, strict=True)),
            "closed_deals": shown[:, 3].astype(int),
            "refusal": refusal,
            **{f"prior_{name}": column for name, column in zip(_ESTIMATE, prior[:, :3].T, strict=True)},
            "prior_deals": prior[:, 3].astype(int),
        }

    def forecast(self, X: Any) -> list[Forecast]:  # noqa: N803
        """Return what can be said of each deal, one by one; see `forecast_table` for very many."""
        table = self.forecast_table(X)

        def estimates(prefix: str, deals: str) -> list[Estimate]:
            columns = [table[f"{prefix}{name}"].tolist() for name in _ESTIMATE]
            return [Estimate(*row) for row in zip(*columns, table[deals].tolist(), strict=True)]

        return [
            Forecast(None if refusal else shown, prior, refusal)
            for shown, prior, refusal in zip(
                estimates("", "closed_deals"),
                estimates("prior_", "prior_deals"),
                table["refusal"],
                strict=True,
            )
        ]

    def predict_proba(self, X: Any) -> Array:  # noqa: N803
        """Return probabilities of loss and win; those of the prior where `forecast` refuses."""
        won = self.forecast_table(X)["probability"]
        return np.column_stack([1 - won, won])

    def predict(self, X: Any) -> NDArray[Any]:  # noqa: N803
        """Return the likelier class of each deal."""
        is_won = self.predict_proba(X)[:, 1] > 0.5  # noqa: PLR2004 - likelier than not
        found: NDArray[Any] = self.classes_[is_won.astype(int)]
        return found

    def _read(self, X: Any) -> tuple[Array, Any]:  # noqa: N803
        check_is_fitted(self)
        read: Array = validate_data(self, X, dtype=np.float64, reset=False)
        return read, _named(X, read)

    def _raw(self, given: Any) -> Array:
        found: Array = self.estimator_.predict_proba(given)[:, 1]
        return found

    @property
    def _deals(self) -> int:
        return self.wins_ + self.losses_

    def _is_new(self, X: Array) -> NDArray[np.bool_]:  # noqa: N803
        fixed = self._mean[~self._varied]
        strange = (np.abs(X[:, ~self._varied] - fixed) > 1e-9 * (1 + np.abs(fixed))).any(axis=1)
        found: NDArray[np.bool_] = strange | (self._apart(self._scaled(X)) > (self.limit_ * (1 + 1e-9)) ** 2)
        return found

    def _priors(self, given: Any) -> Array:
        """Return probability, low and high end, and the deals behind them."""
        if hasattr(self.estimator_, "predict_prior"):
            rows = self.estimator_.predict_prior(given, self.confidence)
            return np.column_stack([rows, np.zeros(len(rows))])
        usual = wilson(self.wins_, self._deals, self.confidence)
        return np.tile([usual.value, usual.low, usual.high, self._deals], (int(np.shape(given)[0]), 1))

    def _ends(self, raw: Array, given: Any) -> Array:
        if self.calibration_ == "flat":
            usual = wilson(self.wins_, self._deals, self.confidence)
            return np.tile([usual.low, usual.high], (len(raw), 1))
        if hasattr(self.estimator_, "predict_interval"):
            ends = self.estimator_.predict_interval(given, self.confidence)
            return np.column_stack([self._calibrated(ends[:, 0]), self._calibrated(ends[:, 1])])
        if self._held is None:
            return np.tile([0.0, 1.0], (len(raw), 1))
        chances, outcomes = self._held
        order = np.argsort(chances, kind="stable")
        alike = min(_ALIKE, len(order))
        wins = np.concatenate([[0], np.cumsum(outcomes[order])])
        said = self._calibrated(raw)
        first = np.clip(np.searchsorted(chances[order], said) - alike // 2, 0, len(order) - alike)
        seen = [wilson(count, alike, self.confidence) for count in range(alike + 1)]
        ends = np.asarray([(one.low, one.high) for one in seen])[wins[first + alike] - wins[first]]
        return np.column_stack([np.minimum(ends[:, 0], said), np.maximum(ends[:, 1], said)])

    def to_state(self) -> dict[str, Any]:
        """Return what was learned as plain numbers, lists and texts; the estimator's state stands apart.

        Only for an estimator with intervals of its own, such as `ScorecardClassifier`, and arrays.
        """
        check_is_fitted(self)
        curve: dict[str, list[float]] = {}
        if self.calibration_ == "sigmoid":
            curve = {"slope": self._curve.coef_[0].tolist(), "level": self._curve.intercept_.tolist()}
        elif self.calibration_ == "isotonic":
            steps = {"at": self._curve.X_thresholds_, "chance": self._curve.y_thresholds_}
            curve = {name: values.tolist() for name, values in steps.items()}
        return {
            "min_wins": int(self.min_wins),
            "min_losses": int(self.min_losses),
            "confidence": float(self.confidence),
            "folds": int(self.folds),
            "seed": int(self.seed),
            "wins": self.wins_,
            "losses": self.losses_,
            "calibration": self.calibration_,
            "curve": curve,
            "limit": self.limit_,
            "mean": self._mean.tolist(),
            "varied": self._varied.tolist(),
            "scale": self._scale.tolist(),
            "root": self._root.tolist(),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any], estimator: Any) -> Self:
        """Return what `to_state` was asked of, around its fitted estimator.

        The state is taken as it is: whoever reads it from a file checks it first.
        """
        names = ("min_wins", "min_losses", "confidence", "folds", "seed")
        found = cls(estimator, **{name: state[name] for name in names})
        found._restore(state)
        found.estimator_ = estimator
        found.n_features_in_ = len(state["mean"])
        found.classes_ = np.asarray([False, True])
        return found

    def _restore(self, state: Mapping[str, Any]) -> None:
        self.wins_, self.losses_, self.limit_ = state["wins"], state["losses"], state["limit"]
        self._mean, self._scale = (np.asarray(state[name], dtype=float) for name in ("mean", "scale"))
        self._varied = np.asarray(state["varied"], dtype=bool)
        self._root = np.asarray(state["root"], dtype=float).reshape(len(self._scale), len(self._scale))
        self._held = None
        self.calibration_, curve = state["calibration"], state["curve"]
        if self.calibration_ == "sigmoid":
            self._curve = LogisticRegression(C=1e3)
            self._curve.classes_ = np.asarray([False, True])
            self._curve.coef_ = np.asarray([curve["slope"]], dtype=float)
            self._curve.intercept_ = np.asarray(curve["level"], dtype=float)
        elif self.calibration_ == "isotonic":
            chances = curve["chance"]
            self._curve = IsotonicRegression(y_min=chances[0], y_max=chances[-1], out_of_bounds="clip")
            self._curve.fit(curve["at"], chances)


def _named(given: Any, read: Array) -> Any:
    """Return what the estimator is given: a frame as it is, for its names, else the checked array."""
    return given if hasattr(given, "columns") else read


def _logit(chances: Array) -> Array:
    cut = np.clip(chances, 1e-6, 1 - 1e-6)
    found: Array = np.log(cut / (1 - cut))
    return found
