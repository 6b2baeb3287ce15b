"""Grades whose bands leave a gap, overlap, or can never be reached.

Grades are listed best first, each from its lower end up to the next better one. Two that start at one
number, or in the wrong order, leave one of them without a band; one above the most points a deal can have
is never given; points below the last one have no grade.
"""

from __future__ import annotations

from collections.abc import Iterator

from kamrules.rules.checks import Remark, Severity, Subject
from kamrules.rules.plan import Entry, Mean

SEVERITY: Severity = "error"


def check(subject: Subject) -> Iterator[Remark]:
    """Yield grades that do not follow each other, and points without a grade."""
    cards = {card.id: card for card in subject.planned.plan.scorecards}
    for name, spec in subject.pack.scorecards.items():
        if not spec.grades or name not in cards:
            continue
        spans = [_span(entry) for entry in cards[name].entries]
        least = spec.base + sum(low for low, _ in spans)
        most = spec.base + sum(high for _, high in spans)
        ceiling = float("inf")
        for grade, band in spec.grades.items():
            path = ("scorecards", name, "grades", grade)
            if band.at_least >= ceiling:
                message = f"it starts at {band.at_least:g}, not below the grade before it ({ceiling:g})"
                yield subject.remark(path, message, "list grades best first, each with a lower start")
            elif band.at_least > most:
                message = f"it starts at {band.at_least:g}, and no deal has more than {most:g} points"
                yield subject.remark(path, message, "lower its start")
            ceiling = min(ceiling, float(band.at_least))
        if ceiling > least:
            message = f"points from {least:g} to below {ceiling:g} have no grade"
            yield subject.remark(("scorecards", name, "grades"), message, "let the last grade start lower")


def _span(entry: Entry) -> tuple[float, float]:
    numbers = [0.0, 1.0]
    if isinstance(entry, Mean):
        numbers = [0.0, *dict(entry.mapping).values()]
    points = [entry.points * number for number in numbers]
    return min(points), max(points)
