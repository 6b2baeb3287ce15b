"""A scorecard whose points do not add up to the total it declares.

`total` is what a deal with everything in place gets, and what readers take a score as a share of. Weights
that add up to 140 or to 60 of 100 make every such share wrong.
"""

from __future__ import annotations

from collections.abc import Iterator

from kamrules.rules.checks import Remark, Severity, Subject

SEVERITY: Severity = "error"
_EXACT = 1e-9


def check(subject: Subject) -> Iterator[Remark]:
    """Yield scorecards whose most points are not their declared total."""
    for name, spec in subject.pack.scorecards.items():
        if spec.total is None:
            continue
        most = spec.base + sum(max(entry.points, 0) for entry in spec.entries.values())
        if abs(most - spec.total) > _EXACT:
            message = f"its points add up to {most:g}, its total is {spec.total:g}"
            yield subject.remark(("scorecards", name, "total"), message, "change the points, or the total")
