"""The stakeholder map of all deals of a frame at once, as arrays: `scoring/stakeholders` for a million deals.

Promises: the numbers of `StakeholderMap.measures()`, deal for deal, up to the rounding of a sum, without the
facts that would narrow them. What a measure means is said there; the files here have the names of those they
follow. numpy is imported in this folder, among the estimators and for bootstrap samples only.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from kamrules.scoring.arrays.access import access_of
from kamrules.scoring.arrays.lines import lines_of
from kamrules.scoring.arrays.people import Array, Ends, read_crowd
from kamrules.scoring.arrays.principles import principles_of
from kamrules.scoring.arrays.shape import shape_of
from kamrules.scoring.arrays.support import support_of
from kamrules.scoring.stakeholders.policy import MapPolicy

__all__ = ["measures_of"]


def measures_of(deals: Any, people: Any, as_of: date, policy: MapPolicy) -> dict[str, Array | Ends]:
    """Return every measure of the map by its dotted name.

    Parameters
    ----------
    deals, people : Arrow tables
        As `frames/clean_tables.py` makes them; `people` is None where no list is known.
    as_of : the day contacts are seen on
    policy : weights and limits

    Returns
    -------
    dict
        For a yes or no an array of shape (n_deals,) with 0 no, 1 unknown, 2 yes; for a number its low and its
        high end, infinite where a list nobody has leaves it open.
    """
    crowd = read_crowd(deals, people, as_of, policy)
    lines, has_levels = lines_of(crowd)
    return {
        **shape_of(crowd),
        **support_of(crowd),
        **access_of(crowd),
        **lines,
        **principles_of(crowd, deals, has_levels),
    }
