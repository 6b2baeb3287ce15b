"""A parameter that no condition reads.

Somebody who changes it believes that verdicts follow. Remove it, or read it as `param.NAME`.
"""

from __future__ import annotations

from collections.abc import Iterator

from kamrules.rules.checks import Remark, Severity, Subject
from kamrules.rules.lang.names import members_read

SEVERITY: Severity = "warning"


def check(subject: Subject) -> Iterator[Remark]:
    """Yield parameters that are never read."""
    read = {name for _, text in subject.conditions() for name in members_read(text, "param")}
    for name in subject.pack.params:
        if name not in read:
            yield subject.remark(("params", name), "no condition reads it", "remove it, or read it")
