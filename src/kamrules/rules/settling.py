"""The plainest number that will do."""

from __future__ import annotations

from collections.abc import Callable


def settle(value: int, goal: int, fits: Callable[[int], bool]) -> int:
    """Return a number that fits as near to the goal as halving the way finds."""
    if value == goal or fits(goal):
        return goal
    misses = goal
    while abs(value - misses) > 1:
        middle = (value + misses) // 2
        if fits(middle):
            value = middle
        else:
            misses = middle
    return value
