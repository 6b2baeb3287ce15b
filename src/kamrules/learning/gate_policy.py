"""When a gate is kept, sharpened or retired: thresholds, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass

from kamrules.errors import ArgumentError, Fault

LEVEL = 0.1
LEAST_WORTH = 0.1


@dataclass(frozen=True, slots=True)
class GatePolicy:
    """The thresholds of the verdicts, all of them our choice.

    Parameters
    ----------
    level : between 0 and 1
        At most this share of the gates called `keep` may be there by chance (and of those called `retire`).
        0.1: a gate kept in vain costs a form, so one in ten is borne.
    least_worth : share, between 0 and 1
        A difference of less than 10 points in the share won is not worth asking for.
    min_deals : deals
        With fewer on either side nothing is said of the difference. 10, as in `WinProbability`: a share of
        ten deals is known to about 25 points either way.
    min_outcomes : deals
        With fewer closed deals won, or lost, nothing is said at all. 10, for the same reason.
    most_unknown, most_met : shares
        A criterion unknown for surely more than a third when deals pass is not being asked; one that surely
        more than 19 of 20 meet keeps nobody back.
    min_segment : deals
        Segments of fewer deals are put together: within them hardly any pair could be compared.
    confidence : probability mass of the intervals
    """

    level: float = LEVEL
    least_worth: float = LEAST_WORTH
    min_deals: int = 10
    min_outcomes: int = 10
    most_unknown: float = 1 / 3
    most_met: float = 0.95
    min_segment: int = 10
    confidence: float = 0.9

    def __post_init__(self) -> None:
        shares = ("level", "least_worth", "most_unknown", "most_met", "confidence")
        counts = ("min_deals", "min_outcomes", "min_segment")
        wrong = [(name, "between 0 and 1") for name in shares if not 0 < getattr(self, name) < 1]
        wrong += [(name, "1 or more") for name in counts if getattr(self, name) < 1]
        if wrong:
            raise ArgumentError(
                Fault("A-VALUE", f"`{getattr(self, name)}` given for {name}, {what} expected")
                for name, what in wrong
            )
