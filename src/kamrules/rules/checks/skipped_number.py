"""Numbered milestones that leave a number out.

Between M2 and M5 a reader looks for two more, and so does a report that counts stages. Number them
through, or name them without numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kamrules.rules.checks import Remark, Severity, Subject

SEVERITY: Severity = "warning"
_NUMBERED = re.compile(r"([A-Za-z_]*)([0-9]+)")


def check(subject: Subject) -> Iterator[Remark]:
    """Yield milestones whose number does not follow that of the one before."""
    before: tuple[str, int] | None = None
    for name in subject.pack.milestones:
        match = _NUMBERED.fullmatch(name)
        if match is None:
            before = None
            continue
        word, number = match[1], int(match[2])
        if before is not None and word == before[0] and number != before[1] + 1:
            message = f"it follows `{before[0]}{before[1]}`"
            yield subject.remark(("milestones", name), message, "number milestones through")
        before = (word, number)
