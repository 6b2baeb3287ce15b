"""The people of all deals as arrays, one row a person, and what is summed up over those of a deal.

Truths are Kleene's as whole numbers: 0 no, 1 unknown, 2 yes. So "and" is the least of some, "or" the
greatest, and "not" is two minus it.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from kamrules.records.people import Stakeholder
from kamrules.scoring.stakeholders.people import OPPOSITION, STANCES, SUPPORT
from kamrules.scoring.stakeholders.policy import MapPolicy

Array = NDArray[Any]
Ends = tuple[Array, Array]
NO, UNKNOWN, YES = 0, 1, 2
_EPOCH = date(1970, 1, 1).toordinal()


def read_crowd(deals: Any, people: Any, as_of: date, policy: MapPolicy) -> Crowd:
    """Return the people to measure: members of an evaluation panel and people of no deal are left out."""
    listed = deals.column("is_listed").to_numpy().astype(bool)
    day = as_of.toordinal() - _EPOCH
    if people is None:
        return Crowd(np.zeros(0, int), listed, {}, day, policy)
    at = _places(people.column("key"), deals.column("key"))
    is_out = _small(people, "is_panel_member") == 1
    kept = np.flatnonzero((at >= 0) & listed[at] & ~is_out)
    kept = kept[np.argsort(at[kept], kind="stable")]
    columns = {name: people.column(name).take(kept) for name in people.column_names}
    return Crowd(at[kept], listed, columns, day, policy)


def _places(keys: Any, known: Any) -> Array:
    """Return where each key stands among the known ones, -1 for nowhere."""
    place_of = {key: place for place, key in enumerate(known.to_pylist())}
    coded = whole(keys).dictionary_encode()
    found = np.asarray([place_of.get(key, -1) for key in coded.dictionary.to_pylist()] or [-1])
    places: Array = found[coded.indices.fill_null(0).to_numpy(zero_copy_only=False)]
    return places


def _small(table: Any, name: str) -> Array:
    if name not in table.column_names:
        return np.full(table.num_rows, -1)
    found: Array = table.column(name).cast("int8").fill_null(-1).to_numpy()
    return found


def negated(truth: Array) -> Array:
    """Return the opposite; the opposite of unknown is unknown."""
    return YES - truth


def at_least(ends: Ends, limit: float) -> Array:
    """Return whether numbers between these ends reach a limit."""
    low, high = ends
    return np.where(low >= limit, YES, np.where(high < limit, NO, UNKNOWN))


def all_of(*truths: Array) -> Array:
    """Return Kleene's and."""
    found: Array = np.minimum.reduce(truths)
    return found


def any_of(*truths: Array) -> Array:
    """Return Kleene's or."""
    found: Array = np.maximum.reduce(truths)
    return found


def share_of(one: Array, other: Array) -> Array:
    """Return one / (one + other), 0 where one is 0."""
    return np.where(one > 0, one / np.where(one > 0, one + other, 1.0), 0.0)


def whole(column: Any) -> Any:
    """Return an Arrow column as one array."""
    found = column.combine_chunks() if hasattr(column, "combine_chunks") else column
    return found.chunk(0) if hasattr(found, "num_chunks") else found


@dataclass(frozen=True)
class Crowd:
    """People in the order of their deals: `at` is the deal of each, `columns` their facts as Arrow has them.

    `listed` says of each deal whether it has a list at all; `day` counts from 1970.
    """

    at: Array
    listed: Array
    columns: Mapping[str, Any]
    day: int
    policy: MapPolicy

    # --- facts of a person

    def code(self, name: str) -> Array:
        """Return a yes or no (1, 0), a word of a few by its place, or an evidence level; -1 for unknown."""
        if name not in self.columns:
            return np.full(len(self.at), -1)
        found: Array = self.columns[name].cast("int8").fill_null(-1).to_numpy()
        return found

    def number(self, name: str) -> Array:
        """Return a number or a day, NaN for unknown."""
        if name not in self.columns:
            return np.full(len(self.at), np.nan)
        found: Array = self.columns[name].cast("float64").fill_null(math.nan).to_numpy()
        return found

    def says(self, name: str) -> Array:
        """Return a yes-or-no field."""
        code = self.code(name)
        return np.where(code < 0, UNKNOWN, YES * code)

    def among(self, name: str, values: Collection[str]) -> Array:
        """Return whether a field has one of `values`."""
        words = get_args(get_args(Stakeholder.model_fields[name].annotation)[0])
        places = [place for place, word in enumerate(words) if word in values]
        code = self.code(name)
        return np.where(code < 0, UNKNOWN, YES * np.isin(code, places))

    def attested(self, name: str, level: int, answer: Array) -> Array:
        """Return `answer` where the evidence of a field has the level, else unknown."""
        found = self.code(f"level {name}")
        return np.where(np.where(found < 0, self.policy.assumed_evidence, found) >= level, answer, UNKNOWN)

    @cached_property
    def contacted(self) -> Array:
        """Whether we have met or spoken: as recorded, or shown by a dated contact or an exchange."""
        dated = (self.number("met_executive_on") <= self.day) | (self.number("last_contact_on") <= self.day)
        return np.where(dated | (self.code("attended_exchange") == 1), YES, self.says("is_contacted"))

    @cached_property
    def met_executive(self) -> Array:
        """Whether the person has met an executive of ours."""
        day = self.number("met_executive_on")
        without = np.where(self.contacted == NO, NO, UNKNOWN)
        return np.where(np.isnan(day), without, np.where(day <= self.day, YES, NO))

    @cached_property
    def supports(self) -> Array:
        """In the decision group, and mentor or supporter."""
        return all_of(self.says("is_key_player"), self.among("stance", SUPPORT))

    @cached_property
    def opposes(self) -> Array:
        """In the decision group, and opponent or mortal enemy."""
        return all_of(self.says("is_key_player"), self.among("stance", OPPOSITION))

    @cached_property
    def weight(self) -> Ends:
        """Ends of the influence in the decision group."""
        influence, member = self.number("influence"), self.says("is_key_player")
        low = np.where(np.isnan(influence), 0.0, influence)
        high = np.where(np.isnan(influence), 1.0, influence)
        return np.where(member == YES, low, 0.0), np.where(member == NO, 0.0, high)

    @cached_property
    def value(self) -> Ends:
        """Ends of the value of the stance."""
        values = np.asarray([self.policy.value(stance) for stance in STANCES])
        code = self.code("stance")
        return np.where(code < 0, values[-1], values[code]), np.where(code < 0, values[0], values[code])

    @cached_property
    def mass(self) -> Ends:
        """Ends of influence x value of a supporter in the decision group."""
        (least, most), (low, high) = self.weight, self.value
        return least * np.maximum(low, 0.0), most * np.maximum(high, 0.0)

    # --- what holds of a deal

    @property
    def deals(self) -> int:
        """How many deals there are."""
        return len(self.listed)

    @cached_property
    def _starts(self) -> tuple[Array, Array]:
        """The deals with anybody, and the row each of them starts at."""
        deals, starts = np.unique(self.at, return_index=True)
        return deals, starts

    def exists(self, truth: Array) -> Array:
        """Return whether something holds for somebody; unknown without a list."""
        return self._over(np.maximum, truth, NO)

    def every(self, truth: Array) -> Array:
        """Return whether something holds for everybody; unknown without a list."""
        return self._over(np.minimum, truth, YES)

    def _over(self, fold: np.ufunc, truth: Array, nobody: int) -> Array:
        found = np.where(self.listed, nobody, UNKNOWN)
        deals, starts = self._starts
        if len(deals):
            found[deals] = fold.reduceat(truth, starts)
        return found

    def total(self, number: Array) -> Array:
        """Return the sum over the people of each deal, 0 for nobody."""
        return np.bincount(self.at, weights=number, minlength=self.deals)

    def most(self, number: Array) -> Array:
        """Return the greatest number >= 0 among the people of each deal, 0 for nobody."""
        found = np.zeros(self.deals)
        deals, starts = self._starts
        if len(deals):
            found[deals] = np.maximum.reduceat(number, starts)
        return found

    def count(self, truth: Array) -> Ends:
        """Return for how many something holds; 0 to infinity without a list."""
        return self.within((self.total(truth == YES), self.total(truth != NO)), 0.0, math.inf)

    def within(self, ends: Ends, low: float, high: float) -> Ends:
        """Return the ends where there is a list, else the whole range."""
        return np.where(self.listed, ends[0], low), np.where(self.listed, ends[1], high)

    def has_support(self) -> Array:
        """Return whether anybody's support has mass."""
        least, most = self.mass
        return self.exists(np.where(least > 0, YES, np.where(most > 0, UNKNOWN, NO)))
