"""A parameter, table or scorecard that says neither where it comes from nor why it is what it is.

A threshold without a source cannot be reviewed. Give a `source`, or for a parameter a `why`.
"""

from __future__ import annotations

from collections.abc import Iterator

from kamrules.rules.checks import Remark, Severity, Subject

SEVERITY: Severity = "warning"


def check(subject: Subject) -> Iterator[Remark]:
    """Yield parts without a source."""
    for name, param in subject.pack.params.items():
        if param.source is None and param.why is None:
            yield subject.remark(("params", name), "it has no source", "give a `source` or say `why`")
    for section in ("tables", "scorecards"):
        for name, part in getattr(subject.pack, section).items():
            if part.source is None:
                yield subject.remark((section, name), "it has no source", "give a `source`")
