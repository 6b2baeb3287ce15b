"""Splits of closed deals into those learned from and those tried on: by group, and forward in time.

A split is a pair of lists of positions (train, test), as scikit-learn's `cv` takes them.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from kamrules.errors import ArgumentError, Fault

Split = tuple[list[int], list[int]]


@dataclass(frozen=True, slots=True)
class Twins:
    """Deals with the same columns: `groups` numbers each deal's group.

    `repeated` counts deals beyond the first of their group, `torn` counts groups that were both won and lost:
    no model can tell their deals apart.
    """

    groups: tuple[int, ...]
    repeated: int
    torn: int


def find_twins(rows: Iterable[Sequence[Hashable]], outcomes: Iterable[Any] = ()) -> Twins:
    """Return which deals are twins. Twins on both sides of a split make a model look better than it is.

    Examples
    --------
    >>> find_twins([("a", 1), ("b", 1), ("a", 1)], [True, True, False])
    Twins(groups=(0, 1, 0), repeated=1, torn=1)
    """
    numbers: dict[tuple[Hashable, ...], int] = {}
    groups = [numbers.setdefault(tuple(row), len(numbers)) for row in rows]
    seen: dict[int, set[Any]] = defaultdict(set)
    for group, outcome in zip(groups, outcomes, strict=False):
        seen[group].add(outcome)
    return Twins(tuple(groups), len(groups) - len(numbers), sum(len(found) > 1 for found in seen.values()))


def grouped_folds(
    groups: Sequence[Hashable], outcomes: Sequence[Any], *, folds: int = 5, seed: int = 0
) -> list[Split]:
    """Return folds that keep each group whole and each outcome's share about even.

    Parameters
    ----------
    groups : what must stay together: twins, or an account, or a seller
    outcomes : won or lost

    Raises
    ------
    ArgumentError
        Fewer groups than folds, or lengths differ (A-VALUE).
    """
    members: dict[Hashable, list[int]] = defaultdict(list)
    for index, group in enumerate(groups):
        members[group].append(index)
    if len(groups) != len(outcomes) or not 2 <= folds <= len(members):  # noqa: PLR2004 - one fold tries nothing
        raise _unusable(f"{folds} folds of {len(members)} groups asked, from 2 to that many are possible")
    gain = max(outcomes)
    won = [outcome == gain for outcome in outcomes]
    order = list(members.values())
    random.Random(seed).shuffle(order)  # noqa: S311 - a split, not a secret
    order.sort(key=len, reverse=True)
    held = [[0, 0] for _ in range(folds)]
    tests: list[list[int]] = [[] for _ in range(folds)]
    for group_members in order:
        gained = sum(won[index] for index in group_members)
        best = min(
            range(folds), key=lambda fold: (_crowd(held[fold], gained, len(group_members)), sum(held[fold]))
        )
        held[best][0] += gained
        held[best][1] += len(group_members) - gained
        tests[best] += group_members
    fold_of = {index: fold for fold, test in enumerate(tests) for index in test}
    return [
        ([index for index in range(len(groups)) if fold_of[index] != fold], sorted(test))
        for fold, test in enumerate(tests)
    ]


def _crowd(held: Sequence[int], gained: int, size: int) -> int:
    """Return how crowded a fold is already with the outcomes a group brings."""
    return gained * held[0] + (size - gained) * held[1]


def forward_folds(predicted_on: Sequence[date], closed_on: Sequence[date], *, folds: int = 5) -> list[Split]:
    """Return folds forward in time: each is learned only from deals closed before its first prediction.

    Parameters
    ----------
    predicted_on : the day each deal is seen on, as in `DealFeatures.as_of`
    closed_on : the day its outcome was known

    Raises
    ------
    ArgumentError
        Lengths differ or a deal is predicted after it was closed (A-VALUE); a fold would learn from nobody.
    """
    if len(predicted_on) != len(closed_on):
        raise _unusable(f"{len(predicted_on)} days of prediction and {len(closed_on)} of closing given")
    late = sum(seen >= closed for seen, closed in zip(predicted_on, closed_on, strict=True))
    if late:
        raise _unusable(f"{late} deals are predicted on or after the day they were closed")
    order = sorted(range(len(closed_on)), key=lambda index: (predicted_on[index], index))
    size = len(order) / (folds + 1)
    found = []
    for fold in range(1, folds + 1):
        test = order[round(fold * size) : round((fold + 1) * size)]
        start = min((predicted_on[index] for index in test), default=None)
        train = [i for i in range(len(closed_on)) if start is not None and closed_on[i] < start]
        if not train or not test:
            raise _unusable(f"fold {fold} of {folds} has no deal to learn from or to try; ask for fewer")
        found.append((train, sorted(test)))
    return found


def _unusable(message: str) -> ArgumentError:
    return ArgumentError(Fault("A-VALUE", message))
