"""Support and deeds (`stakeholders/support.py`) as arrays."""

from __future__ import annotations

import math

import numpy as np

from kamrules.scoring.arrays.people import (
    NO,
    UNKNOWN,
    YES,
    Array,
    Crowd,
    Ends,
    all_of,
    any_of,
    negated,
    share_of,
)
from kamrules.scoring.stakeholders.people import ACTS, OPPOSITION, SUPPORT


def support_of(crowd: Crowd) -> dict[str, Array | Ends]:
    """Return support, deeds and powerful enemies."""
    deed = any_of(crowd.says("stance_by_deed"), crowd.among("lawful_act", ACTS))
    has_power = all_of(crowd.among("stance", OPPOSITION), crowd.says("has_decision_power"))
    return {
        "support.index": crowd.within(_mean(crowd), -1.0, 1.0),
        "support.supporters.people": crowd.count(crowd.supports),
        "support.supporters.influence": _influence(crowd, crowd.supports),
        "support.enemies.people": crowd.count(crowd.opposes),
        "support.enemies.influence": _influence(crowd, crowd.opposes),
        "support.balance": _balance(crowd),
        "support.majority": _majority(crowd),
        "support.mentor_by_deed": crowd.exists(all_of(crowd.among("stance", ("mentor",)), deed)),
        "deeds.by_deed": crowd.count(all_of(crowd.supports, deed)),
        "deeds.by_word": crowd.count(all_of(crowd.supports, negated(deed))),
        "deeds.share": _deed_share(crowd, deed),
        "powerful_enemies.known": crowd.exists(has_power),
        "powerful_enemies.unaddressed": crowd.count(all_of(has_power, negated(crowd.says("counter_plan")))),
    }


def _mean(crowd: Crowd) -> Ends:
    """Return the exact ends of the weighted mean of the stances."""
    low, high = crowd.value
    return _least_mean(crowd, low), -_least_mean(crowd, -high)


def _least_mean(crowd: Crowd, numbers: Array) -> Array:
    """Return the least mean: the lowest numbers get their most, the others their least weight.

    Numbers are few, so those that are equal are taken together, lowest first.
    """
    least, most = crowd.weight
    total, mass = crowd.total(least), crowd.total(least * numbers)
    nobody_counts = total == 0
    lowest = np.zeros(crowd.deals)
    is_open = np.ones(crowd.deals, dtype=bool)
    for number in np.unique(numbers):
        is_one = numbers == number
        spare = crowd.total(np.where(is_one, most - least, 0.0))
        lowest = np.where(crowd.total(is_one & (most > 0)) > 0, np.minimum(lowest, number), lowest)
        is_open &= number * total < mass
        mass = mass + np.where(is_open, spare * number, 0.0)
        total = total + np.where(is_open, spare, 0.0)
    return np.where(nobody_counts, lowest, mass / np.where(nobody_counts, 1.0, total)) + 0.0


def _if(truth: Array, ends: Ends) -> Ends:
    """Return what a weight counts where something holds: all of it, nothing, or anything between."""
    return np.where(truth == YES, ends[0], 0.0), np.where(truth == NO, 0.0, ends[1])


def _influence(crowd: Crowd, truth: Array) -> Ends:
    low, high = _if(truth, crowd.weight)
    return crowd.within((crowd.total(low), crowd.total(high)), 0.0, math.inf)


def _balance(crowd: Crowd) -> Ends:
    least_for, most_for = _if(crowd.supports, crowd.weight)
    least_against, most_against = _if(crowd.opposes, crowd.weight)
    low = crowd.total(np.where(crowd.supports == YES, least_for, -most_against))
    high = crowd.total(np.where(crowd.opposes == YES, -least_against, most_for))
    return crowd.within((low, high), -math.inf, math.inf)


def _majority(crowd: Crowd) -> Array:
    member, supports = crowd.says("is_key_player"), crowd.supports
    stands_off = all_of(member, negated(crowd.among("stance", SUPPORT)))
    low = crowd.total(np.where(supports == YES, 1, np.where(stands_off == NO, 0, -1)))
    high = crowd.total(np.where(supports != NO, 1, np.where(member == YES, -1, 0)))
    found = np.where(low > 0, YES, np.where(high <= 0, NO, UNKNOWN))
    return np.where(crowd.listed, found, UNKNOWN)


def _deed_share(crowd: Crowd, deed: Array) -> Ends:
    may, sure = crowd.supports != NO, crowd.supports == YES
    least_deeds, least_words = crowd.total(sure & (deed == YES)), crowd.total(may & (deed != YES))
    most_deeds, most_words = crowd.total(may & (deed != NO)), crowd.total(sure & (deed == NO))
    low = share_of(least_deeds, least_words)
    return crowd.within((low, share_of(most_deeds, most_words)), 0.0, 1.0)
