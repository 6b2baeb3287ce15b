"""Roles, confirmation and factions (`stakeholders/shape.py`) as arrays, and the largest of several shares."""

from __future__ import annotations

import numpy as np

from kamrules.scoring.arrays.people import (
    UNKNOWN,
    YES,
    Array,
    Crowd,
    Ends,
    all_of,
    any_of,
    at_least,
    negated,
    share_of,
)
from kamrules.scoring.arrays.texts import coded
from kamrules.scoring.stakeholders.interval import ROUNDING
from kamrules.scoring.stakeholders.shape import ROLES


def shape_of(crowd: Crowd) -> dict[str, Array | Ends]:
    """Return roles, whether key players are confirmed, and how support spreads over factions."""
    concentration = crowd.within(_concentration(crowd), 0.0, 1.0)
    limit = crowd.policy.faction_share_pct / 100 - ROUNDING
    return {
        "roles.coverage": crowd.within(_coverage(crowd), 0.0, 1.0),
        **{f"roles.{role}": crowd.exists(crowd.among("role", (role,))) for role in ROLES},
        "completeness.key_players_confirmed": _confirmed(crowd),
        "factions.concentration": concentration,
        "factions.concentrated": all_of(crowd.has_support(), at_least(concentration, limit)),
    }


def _coverage(crowd: Crowd) -> Ends:
    role = crowd.code("role")
    found = np.sum([crowd.total(role == place) > 0 for place in range(len(ROLES))], axis=0)
    most = np.minimum(found + crowd.total(role < 0), len(ROLES))
    return found / len(ROLES), most / len(ROLES)


def _confirmed(crowd: Crowd) -> Array:
    level, member = crowd.policy.second_source_evidence, crowd.says("is_key_player")

    def known(name: str) -> Array:
        return crowd.attested(name, level, np.where(crowd.code(name) < 0, UNKNOWN, YES))

    each = any_of(negated(member), all_of(known("role"), known("stance")))
    return all_of(crowd.exists(member), crowd.every(each))


def _concentration(crowd: Crowd) -> Ends:
    """Return the ends of the largest share of the support mass that one faction holds."""
    (group,), names = coded(crowd, "group")
    least, most = crowd.mass
    # People of one named faction of one deal are one pile.
    named = group > 0
    key, member = np.unique(crowd.at[named] * (names + 1) + group[named], return_inverse=True)
    at = np.concatenate([key // (names + 1), crowd.at[~named]])
    kind = np.concatenate([np.ones(len(key), int), group[~named]])
    piles = [
        np.concatenate([np.bincount(member, weights=mass[named], minlength=len(key)), mass[~named]])
        for mass in (least, most)
    ]
    return largest_share(at, piles[0], piles[1], kind, crowd.deals)


def largest_share(at: Array, least: Array, most: Array, kind: Array, deals: int) -> Ends:
    """Return the ends of (largest pile) / (sum of all piles) of each deal; 1 where the sum is 0.

    Parameters
    ----------
    at : the deal of each pile
    least, most : the ends of its mass, >= 0
    kind : 1 for a pile, 0 for one nobody may join, -1 for a mass that belongs to an unknown pile
    deals : how many deals there are

    Notes
    -----
    As `stakeholders.interval.largest_share`, where the reasons are.
    """

    def total(number: Array) -> Array:
        return np.bincount(at, weights=number, minlength=deals)

    bar = np.zeros(deals)
    np.maximum.at(bar, at, least)
    open_piles = total(most > 0)
    spread = total(np.minimum(most, bar[at]))
    low = np.where(bar > 0, bar / np.where(bar > 0, spread, 1.0), 1 / np.maximum(open_piles, 1))
    joined = total(np.where(kind < 0, most, 0.0))
    alone, piled, loose = (total(np.where(kind == one, least, 0.0)) for one in (0, 1, -1))
    own = most + np.where(kind == 1, joined[at], 0.0)
    others = alone[at] + piled[at] - least + np.where(kind == 0, loose[at], 0.0)
    high = share_of(joined, alone + piled)
    is_pile = kind >= 0
    np.maximum.at(high, at[is_pile], share_of(own, np.maximum(others, 0.0))[is_pile])
    return low, np.where(bar > 0, high, 1.0)
