"""Results shared by all engines: truth of a rule, rows of a table, points of a scorecard.

Inside engines a rule's truth is True, False, None (unknown) or `NA` (not applicable); `status_of` names it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Status = Literal["met", "unmet", "unknown", "not_applicable"]
RedLineStatus = Literal["tripped", "waived", "clear", "unknown", "not_applicable"]
BreachStatus = Literal["breach", "ok", "unknown", "not_applicable"]
GateStatus = Literal["open", "shut", "unknown"]
Claim = Literal["supported", "not_proven", "contradicted", "behind", "none"]


class NotApplicable:
    """The type of `NA`, the fourth truth of a rule: its `applies_when` is false."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "NA"


NA: Final = NotApplicable()
Truth = bool | NotApplicable | None


def status_of(truth: Truth) -> Status:
    """Return the name of a truth."""
    if truth is None:
        return "unknown"
    if isinstance(truth, NotApplicable):
        return "not_applicable"
    return "met" if truth else "unmet"


@dataclass(frozen=True, slots=True)
class TableRows:
    """Which rows of a decision table hold: surely, and maybe (because of unknown facts).

    For hit policy `first` the rows stop at the first one that surely holds, and that row is in `maybe`
    when an earlier row may hold. For `unique` and `collect` all true rows are sure, all unknown ones maybe.
    """

    sure: tuple[str, ...] = ()
    maybe: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Points:
    """Points as an interval: between `low` and `high`, equal when nothing is unknown."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one pack says of one record; every tuple is in the order of the plan."""

    truths: tuple[Truth, ...]
    tables: tuple[TableRows, ...] = ()
    scores: tuple[Points, ...] = ()
