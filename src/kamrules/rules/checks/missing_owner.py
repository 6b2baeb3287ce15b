"""A hard criterion, work rule, cadence or deadline without an owner.

When it is unmet or breached nobody is named to act on it. Name a desk as `owner`.
"""

from __future__ import annotations

from collections.abc import Iterator

from kamrules.rules.checks import Remark, Severity, Subject

SEVERITY: Severity = "warning"


def check(subject: Subject) -> Iterator[Remark]:
    """Yield hard criteria, work rules, cadences and deadlines that nobody owns."""
    for name, spec in subject.pack.criteria.items():
        if spec.owner is None and spec.kind == "hard":
            yield subject.remark(("criteria", name), "nobody owns it", "name a desk as `owner`")
    for section in ("findings", "cadences", "deadlines"):
        for name, part in getattr(subject.pack, section).items():
            if part.owner is None:
                yield subject.remark((section, name), "nobody owns it", "name a desk as `owner`")
