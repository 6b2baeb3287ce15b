"""The quiet period of a tender, resolved to expressions of the record."""

from __future__ import annotations

from dataclasses import dataclass

from kamrules.rules.lang import core
from kamrules.rules.lang import types as t
from kamrules.rules.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class QuietPlan:
    """Whether there is one, whether it has begun, and its first and last day."""

    begun: core.Node
    starts: core.Node
    ends: core.Node
    applies: core.Node | None


def plan_quiet(words: Vocabulary) -> QuietPlan | None:
    """Plan the quiet period; None where the pack has none, or a faulty one that `words.faults` reports."""
    spec = words.pack.quiet_period
    if spec is None:
        return None
    begun = words.condition(("quiet_period", "begun_when"))
    starts = words.condition(("quiet_period", "starts"), expected=t.Date())
    ends = words.condition(("quiet_period", "ends"), expected=t.Date())
    applies = None
    if spec.applies_when is not None:
        applies = words.condition(("quiet_period", "applies_when"))
        if applies is None:
            return None
    if begun is None or starts is None or ends is None:
        return None
    return QuietPlan(begun, starts, ends, applies)
