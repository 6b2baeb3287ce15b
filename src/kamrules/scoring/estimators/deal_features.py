"""Deals as a matrix: what the pack says of each on a day, unknown kept apart from unmet."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from kamrules.errors import ArgumentError, Fault
from kamrules.scoring.clean import assess_clean
from kamrules.scoring.columns import Assesses, Column, columns_of
from kamrules.validation import shown


class DealFeatures(TransformerMixin, BaseEstimator):  # type: ignore[misc] # ships no types
    """Turns deals, or assessments of deals, into a matrix of numbers.

    Parameters
    ----------
    engine : Engine
        The compiled pack; it is shared by copies of this transformer, never copied.
    as_of : date or str, optional
        The day each deal is seen on; or the name of a key of each mapping that holds it. Not needed for
        assessments, which carry their day. For a closed deal it is a day *before* the outcome was known, and
        the record is the one of that day.
    until : str, optional
        The last milestone whose criteria become columns; all by default.

    Notes
    -----
    Columns, in the order of `get_feature_names_out`:

    - `criterion.ID.met` and `criterion.ID.unknown`: 0 and 0 when unmet. One that is not applicable counts as
      met, as at its gate: nothing stands against the deal there.
    - `people.listed` and `people.MEASURE.yes` with `.unknown`, or `.low` with `.high`: the stakeholder map. A
      number without an end on one side has the other end in both, and 0 without any, where nobody is listed.
    - `health.DIMENSION.low` and `.high`, in points.

    Facts that trip a red line are taken out of the record first, and the rest is judged without them: nothing
    got that way moves a column. Personality (DISC) is read by no column, names and ids of people neither.

    Examples
    --------
    >>> import kamrules as kr
    >>> engine = kr.compile(kr.load_pack("handbook"))
    >>> features = DealFeatures(engine, as_of=date(2026, 6, 30))
    >>> matrix = features.fit_transform([{"account": {"name": "Lingang", "industry": "ships"}}, {}])
    >>> matrix[:, list(features.get_feature_names_out()).index("criterion.M1.E1.unknown")].tolist()
    [0.0, 1.0]
    """

    def __init__(
        self, engine: Assesses, *, as_of: date | str | None = None, until: str | None = None
    ) -> None:
        self.engine = engine
        self.as_of = as_of
        self.until = until

    def __sklearn_clone__(self) -> Self:
        return type(self)(**self.get_params(deep=False))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.dict = True
        tags.requires_fit = True
        tags.no_validation = True
        return tags

    def fit(self, X: Iterable[Any], y: Any = None) -> Self:  # noqa: ARG002, N803 - scikit-learn's names
        """Learn the columns, which depend on the pack only."""
        self.columns_ = columns_of(self.engine.pack, self.engine.plan, self.until)
        return self

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:  # noqa: ARG002 - as in scikit-learn
        """Return the names of the columns."""
        check_is_fitted(self)
        return np.asarray([column.name for column in self.columns_], dtype=object)

    def transform(self, X: Iterable[Any]) -> NDArray[np.float64]:  # noqa: N803 - scikit-learn's name
        """Return the matrix.

        Parameters
        ----------
        X : iterable of mapping, record or Assessment
            Assessments have detail "full".

        Returns
        -------
        array, shape (n_deals, n_columns), no missing values

        Raises
        ------
        ArgumentError
            No day is given (A-DATE); an assessment is brief (A-VALUE), or its deal trips a red line, so that
            only the deal itself can be judged without those facts (A-TAINT).
        RecordError
            A deal does not fit the pack's record.
        """
        check_is_fitted(self)
        deals = list(X)
        rows = [_row(self.columns_, self._assessed(deal, index)) for index, deal in enumerate(deals)]
        return np.asarray(rows, dtype=float).reshape(len(rows), len(self.columns_))

    def _assessed(self, deal: Any, index: int) -> Any:
        if hasattr(deal, "criteria"):
            return _usable(deal, index)
        day, deal = self._day(deal, index)
        return assess_clean(self.engine, deal, as_of=day)

    def _day(self, deal: Any, index: int) -> tuple[date, Any]:
        day = self.as_of
        if isinstance(day, str):
            name = day
            if isinstance(deal, Mapping):
                day = deal.get(name)
                deal = {key: value for key, value in deal.items() if key != name}
            day = date.fromisoformat(day) if isinstance(day, str) and day != name else day
        if isinstance(day, datetime) or not isinstance(day, date):
            fault = f"as_of is a date, or the key of each deal that holds one, seen: {shown(day)}"
            raise ArgumentError(Fault("A-DATE", fault, where=f"deal {index}"))
        return day, deal


def _usable(assessment: Any, index: int) -> Any:
    where = f"deal {index}"
    if assessment.people is None:
        fault = 'a brief assessment has no people and no ledger, detail "full" expected'
        raise ArgumentError(Fault("A-VALUE", fault, where=where))
    if assessment.tripped:
        fault = f"the deal trips {', '.join(assessment.tripped)}: its facts cannot be taken out afterwards"
        raise ArgumentError(Fault("A-TAINT", fault, where=where, hint="give the deal itself"))
    return assessment


def _row(columns: Sequence[Column], assessment: Any) -> list[float]:
    statuses = {result.id: result.status for result in assessment.criteria}
    measures = assessment.people.measures()
    points: dict[str, tuple[float, float]] = {}
    for line in assessment.health.ledger if assessment.health is not None else ():
        name = line.dimension or line.id
        low, high = points.get(name, (0.0, 0.0))
        points[name] = (low + line.low, high + line.high)

    def value(column: Column) -> float:
        if column.kind == "criterion":
            return float(statuses[column.source] in _COUNTS_AS[column.part])
        if column.kind == "health":
            return points[column.source][column.part == "high"]
        if column.part == "listed":
            return float(assessment.people.is_listed)
        measure = measures[column.source]
        if column.part in {"yes", "unknown"}:
            return float(measure.truth is (True if column.part == "yes" else None))
        ends = (measure.low, measure.high) if column.part == "low" else (measure.high, measure.low)
        return float(next((end for end in ends if math.isfinite(end)), 0.0))

    return [value(column) for column in columns]


_COUNTS_AS = {"met": ("met", "not_applicable"), "unknown": ("unknown",)}
