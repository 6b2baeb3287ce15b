"""What to ask first: the unknown facts that keep the next gate shut, ranked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kamrules.rules.places import without_positions


@dataclass(frozen=True, slots=True)
class Question:
    """One unknown fact: its `path`, the criteria of the next gate that wait for it, and its weight.

    `weight` is the sum over those criteria of 1 / (number of facts the criterion waits for): a criterion that
    needs one answer counts 1 for it (our choice: no source gives a formula). `narrows` is by how many points
    one answer could narrow the deal health (with detail "full"; see `whatif.narrowing`).
    """

    path: str
    criteria: tuple[str, ...]
    weight: float
    narrows: float = 0.0

    @property
    def field(self) -> str:
        """The path without list positions, to count questions over many deals."""
        return without_positions(self.path, "[]")


def rank_questions(missing: Mapping[str, tuple[str, ...]]) -> tuple[Question, ...]:
    """Return the facts the criteria wait for, heaviest first.

    Examples
    --------
    >>> [q.path for q in rank_questions({"M1.X2": ("deal.a", "deal.b"), "M1.X3": ("deal.a",)})]
    ['deal.a', 'deal.b']
    """
    waiting: dict[str, list[str]] = {}
    weights: dict[str, float] = {}
    for criterion, paths in missing.items():
        for path in paths:
            waiting.setdefault(path, []).append(criterion)
            weights[path] = weights.get(path, 0.0) + 1 / len(paths)
    order = sorted(waiting, key=lambda path: (-weights[path], path))
    return tuple(Question(path, tuple(waiting[path]), round(weights[path], 6)) for path in order)
