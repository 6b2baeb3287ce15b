"""A definition that no condition reads.

It is either left over, or a condition spells out by hand what the definition was made for.
"""

from __future__ import annotations

from collections.abc import Iterator

from kamrules.rules.checks import Remark, Severity, Subject
from kamrules.rules.lang.names import members_read

SEVERITY: Severity = "warning"


def check(subject: Subject) -> Iterator[Remark]:
    """Yield definitions that are never read."""
    read = {
        name
        for path, text in subject.conditions()
        for name in members_read(text, "def")
        if path[:2] != ("defs", name)
    }
    for name in subject.pack.defs:
        if name not in read:
            yield subject.remark(
                ("defs", name), "no condition reads it", "remove it, or read `def." + name + "`"
            )
