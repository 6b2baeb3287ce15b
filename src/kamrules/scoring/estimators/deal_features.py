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

from kamrules.errors import ArgumentError, Fault, RecordError
from kamrules.rules.backends.python import compile_plan
from kamrules.rules.plan import Plan
from kamrules.rules.verdict import Status
from kamrules.scoring.arrays import measures_of
from kamrules.scoring.clean import clean
from kamrules.scoring.columns import Assesses, Column, columns_of, health_cards
from kamrules.scoring.stakeholders import Answer, StakeholderMap, map_stakeholders, policy_of
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
        pack, plan = self.engine.pack, self.engine.plan
        self.columns_ = columns_of(pack, plan, self.until)
        self._policy = policy_of(pack)
        self._health = compile_plan(
            Plan(plan.schema, (), (), health_cards(pack, plan), plan.root), access="attr"
        )
        return self

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:  # noqa: ARG002 - as in scikit-learn
        """Return the names of the columns."""
        check_is_fitted(self)
        return np.asarray([column.name for column in self.columns_], dtype=object)

    def transform(self, X: Any) -> NDArray[np.float64]:  # noqa: N803 - scikit-learn's name
        """Return the matrix.

        Parameters
        ----------
        X : iterable of mapping, record or Assessment, or FrameAssessment
            Assessments have detail "full". What `engine.assess_frame` returns gives a row for each deal of
            the frame, in its order, some fifty times faster than records do.

        Returns
        -------
        array, shape (n_deals, n_columns), no missing values

        Raises
        ------
        ArgumentError
            No day is given, or another one than that of the assessed frame (A-DATE); an assessment is brief,
            or a frame was assessed by another pack (A-VALUE); an assessed deal trips a red line, so that only
            the deal itself can be judged without those facts (A-TAINT); the frame is one of Spark or Dask
            (A-FRAME).
        RecordError
            A deal does not fit the pack's record, or a deal of a frame was rejected (R-VALUE).
        """
        check_is_fitted(self)
        if hasattr(type(X), "clean"):
            return self._of_frame(X)
        rows = [self._row(deal, index) for index, deal in enumerate(X)]
        return np.asarray(rows, dtype=float).reshape(len(rows), len(self.columns_))

    # --- frames

    def _of_frame(self, found: Any) -> NDArray[np.float64]:
        if found.pack.hash != self.engine.pack.hash:
            fault = f"the frame was assessed by pack `{found.pack.id}` {found.pack.version}"
            raise ArgumentError(Fault("A-VALUE", fault, hint="assess it by the engine of these features"))
        if self.as_of is not None and self.as_of != found.as_of:
            fault = f"the frame was assessed as of {found.as_of}, as_of is {shown(self.as_of)}"
            raise ArgumentError(Fault("A-DATE", fault))
        clean = found.clean
        _refuse_rejected(clean.rejected)
        measures = measures_of(clean.deals, clean.people, found.as_of, self._policy)
        by_column = np.empty((len(self.columns_), clean.deals.num_rows))
        for place, column in enumerate(self.columns_):
            by_column[place] = _of_tables(column, clean.deals, measures)
        return by_column.T

    # --- records

    def _row(self, deal: Any, index: int) -> list[float]:
        if hasattr(deal, "criteria"):
            usable = _usable(deal, index)
            points = _points_of(usable.health.ledger if usable.health is not None else ())
            return _row(self.columns_, {one.id: one.status for one in usable.criteria}, usable.people, points)
        day, deal = self._day(deal, index)
        found = clean(self.engine, deal, as_of=day)
        ends = self._health.run(found.record, day).scores
        points = {
            card.id: (one.low, one.high) for card, one in zip(self._health.plan.scorecards, ends, strict=True)
        }
        people = map_stakeholders(
            getattr(found.record, "stakeholders", None),
            ownership=getattr(getattr(found.record, "account", None), "ownership", None),
            as_of=day,
            policy=self._policy,
        )
        return _row(self.columns_, found.statuses, people, points)

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


def _points_of(ledger: Sequence[Any]) -> dict[str, tuple[float, float]]:
    points: dict[str, tuple[float, float]] = {}
    for line in ledger:
        name = line.dimension or line.id
        low, high = points.get(name, (0.0, 0.0))
        points[name] = (low + line.low, high + line.high)
    return points


def _row(
    columns: Sequence[Column],
    statuses: Mapping[str, Status],
    people: StakeholderMap,
    points: Mapping[str, tuple[float, float]],
) -> list[float]:
    measures = people.measures()

    def value(column: Column) -> float:
        if column.kind == "criterion":
            return float(statuses[column.source] in _COUNTS_AS[column.part])
        if column.kind == "health":
            return points[column.source][column.part == "high"]
        if column.part == "listed":
            return float(people.is_listed)
        measure = measures[column.source]
        if isinstance(measure, Answer):
            return float(measure.truth is (True if column.part == "yes" else None))
        ends = (measure.low, measure.high) if column.part == "low" else (measure.high, measure.low)
        return float(next((end for end in ends if math.isfinite(end)), 0.0))

    return [value(column) for column in columns]


_COUNTS_AS = {"met": ("met", "not_applicable"), "unknown": ("unknown",)}
# As `frames/wide.py` writes them.
_STATUSES = ("unmet", "met", "unknown", "not_applicable")
_TRUTHS = {"yes": 2, "unknown": 1}


def _of_tables(column: Column, deals: Any, measures: Mapping[str, Any]) -> NDArray[Any]:
    """Return a column of all deals; the same as `_row`, column for column."""
    found: NDArray[Any]
    if column.kind == "criterion":
        code = deals.column(f"status {column.source}").to_numpy()
        tests = [code == _STATUSES.index(status) for status in _COUNTS_AS[column.part]]
        found = np.logical_or.reduce(tests)
        return found
    if column.kind == "health":
        found = deals.column(f"{column.part} {column.source}").to_numpy()
        return found
    if column.part == "listed":
        found = deals.column("is_listed").to_numpy()
        return found
    measure = measures[column.source]
    if column.part in _TRUTHS:
        found = measure == _TRUTHS[column.part]
        return found
    end, other = measure if column.part == "low" else measure[::-1]
    return np.where(np.isfinite(end), end, np.where(np.isfinite(other), other, 0.0))


def _refuse_rejected(rejected: Any) -> None:
    """Refuse a matrix with fewer rows than the frame: outcomes would stand beside other deals."""
    faults = [
        Fault("R-VALUE", f"deal `{row['deal_id']}` was rejected: {row['faults']}")
        for row in rejected.to_pylist()
    ]
    if faults:
        raise RecordError(faults)
