"""Reporting lines and influence lines (`stakeholders/lines.py`) as arrays: walks of all deals at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np

from kamrules.errors import ArgumentError, Fault
from kamrules.records.people import InfluenceLine
from kamrules.scoring.arrays.people import NO, UNKNOWN, YES, Array, Crowd, Ends, at_least, share_of, whole
from kamrules.scoring.arrays.texts import coded
from kamrules.scoring.stakeholders.people import SUPPORT

_KINDS = get_args(get_args(InfluenceLine.model_fields["kind"].annotation)[0])


def lines_of(crowd: Crowd) -> tuple[dict[str, Array | Ends], Array]:
    """Return the measures of lines, and by itself whether enough levels are covered."""
    influence = _read_lines(crowd)
    (names, superiors, targets), many = coded(
        crowd, "id", "reports_to", others=((influence.on, len(influence.of)),)
    )
    rows = _Rows(crowd.at, names, many)
    covered = crowd.within(_levels(crowd, rows, superiors), 0.0, math.inf)
    enough = at_least(covered, crowd.policy.required_levels)
    found: dict[str, Array | Ends] = {
        "levels.covered": covered,
        "levels.enough": enough,
        "reach": crowd.within(_reach(crowd, influence, rows, targets), 0.0, 1.0),
    }
    return found, enough


class _Rows:
    """Finds the row of the one person of a deal who has an id."""

    def __init__(self, at: Array, names: Array, many: int) -> None:
        self._width = many + 1
        named = np.flatnonzero(names > 0)
        keys, first, copies = np.unique(
            at[named] * self._width + names[named], return_index=True, return_counts=True
        )
        self._keys, self._found = keys[copies == 1], named[first[copies == 1]]

    def of(self, at: Array, names: Array) -> Array:
        """Return the rows of the people so named, -1 where nobody or more than one is."""
        if not len(self._keys):
            return np.full(len(at), -1)
        keys = at * self._width + names
        place = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return np.where((names > 0) & (self._keys[place] == keys), self._found[place], -1)


# --- levels


def _levels(crowd: Crowd, rows: _Rows, superiors: Array) -> Ends:
    top, depth = _tops(rows.of(crowd.at, superiors))
    # A line hangs under one top; all tops whose superior is known hang under one of their deal.
    line = np.where(superiors[top] >= 0, len(top) + crowd.at, top)
    deal = np.concatenate([crowd.at, np.arange(crowd.deals)])
    width = int(depth.max(initial=0)) + 1
    counts = []
    for is_on in (crowd.contacted == YES, crowd.contacted != NO):
        levels = np.zeros(len(deal) * width, dtype=bool)
        levels[line[is_on] * width + depth[is_on]] = True
        counts.append(levels.reshape(len(deal), width).sum(axis=1, dtype=float))
    low = np.zeros(crowd.deals)
    np.maximum.at(low, deal, counts[0])
    return low, np.bincount(deal, weights=counts[1], minlength=crowd.deals)


def _tops(above: Array) -> Ends:
    """Return for each row the last one on its way up, and how many it passes, itself included."""
    top, depth = np.arange(len(above)), np.ones(len(above), int)
    going = np.flatnonzero(above >= 0)
    # Whoever is still going after as many steps as rows can be in one deal walks in a loop.
    steps = 0
    while len(going) and steps < _LONGEST:
        top[going] = above[top[going]]
        depth[going] += 1
        going = going[above[top[going]] >= 0]
        steps += 1
    for start in going:
        passed, at = {start}, start
        while above[at] >= 0 and above[at] not in passed:
            at = above[at]
            passed.add(at)
        top[start], depth[start] = at, len(passed)
    return top, depth


# Reporting lines are shorter; longer ones and loops are walked one by one.
_LONGEST = 50


# --- influence


@dataclass(frozen=True, slots=True)
class _Lines:
    """Influence lines that may count: the row each starts `of`, whether it `counts`, whom it is `on`.

    `is_open` says of a person that the lines are unknown.
    """

    of: Array
    counts: Array
    on: Any
    is_open: Array


def _read_lines(crowd: Crowd) -> _Lines:
    column = crowd.columns.get("influences")
    nobody = np.zeros(0, int)
    if column is None or not len(column):
        return _Lines(nobody, nobody, None, np.ones(len(crowd.at), dtype=bool))
    lists = whole(column)
    is_open = lists.is_null().to_numpy(zero_copy_only=False)
    if not hasattr(lists, "offsets"):  # a column of nulls
        return _Lines(nobody, nobody, None, is_open)
    sizes = np.where(is_open, 0, np.diff(lists.offsets.to_numpy()))
    flat = lists.flatten()
    if not len(flat) or not hasattr(flat, "field"):
        return _Lines(nobody, nobody, None, is_open)
    fields = {flat.type.field(place).name: part for place, part in enumerate(flat.flatten())}
    kind, strength = _kind(fields.get("kind"), len(flat)), _strength(fields.get("strength"), len(flat))
    is_strong = np.where(np.isnan(strength), UNKNOWN, YES * (strength >= crowd.policy.line_strength))
    counts = np.minimum(kind, is_strong)
    may = np.flatnonzero(counts != NO)
    on = fields["on"].take(may) if "on" in fields else None
    return _Lines(np.repeat(np.arange(len(sizes)), sizes)[may], counts[may], on, is_open)


def _kind(column: Any, rows: int) -> Array:
    words = [None] * rows if column is None else column.cast("large_string").to_pylist()
    if not set(words) <= {None, *_KINDS}:
        raise _strange(f"a kind other than {', '.join(_KINDS)}")
    return np.asarray([UNKNOWN if word is None else YES * (word == "influence") for word in words], dtype=int)


def _strength(column: Any, rows: int) -> Array:
    if column is None:
        return np.full(rows, np.nan)
    found: Array = column.cast("float64").fill_null(math.nan).to_numpy(zero_copy_only=False)
    if ((found < 0) | (found > 1)).any():
        raise _strange("a strength outside 0 to 1")
    return found


def _strange(what: str) -> ArgumentError:
    return ArgumentError(Fault("A-FRAME", f"`influences` of `stakeholders` holds {what}"))


def _reach(crowd: Crowd, lines: _Lines, rows: _Rows, named: Array) -> Ends:
    target = rows.of(crowd.at[lines.of], named)
    member, backs = crowd.says("is_key_player"), crowd.among("stance", SUPPORT)
    to_anybody = lines.is_open.copy()
    to_anybody[lines.of[named < 0]] = True
    is_sure = (lines.counts == YES) & (target >= 0)
    sure = _reached(crowd, backs == YES, lines.of[is_sure], target[is_sure], np.zeros_like(to_anybody))
    there = target >= 0
    maybe = _reached(crowd, backs != NO, lines.of[there], target[there], to_anybody)
    inside = crowd.total((member == YES) & sure)
    may_miss = crowd.total((member != NO) & ~sure)
    may_hit = crowd.total((member != NO) & maybe)
    outside = crowd.total((member == YES) & ~maybe)
    return share_of(inside, may_miss), share_of(may_hit, outside)


def _reached(crowd: Crowd, start: Array, source: Array, target: Array, to_anybody: Array) -> Array:
    """Return the rows that the starting rows reach, themselves included."""
    reached = start.copy()
    while True:
        before = int(reached.sum())
        reached[target[reached[source]]] = True
        reached |= (crowd.total(reached & to_anybody) > 0)[crowd.at]
        if int(reached.sum()) == before:
            return reached
