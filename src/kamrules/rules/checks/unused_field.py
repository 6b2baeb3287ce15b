"""A field that the pack adds to a record and no condition reads.

Whoever keeps the CRM is asked for a fact that changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from kamrules.rules.checks import Remark, Severity, Subject
from kamrules.rules.lang.names import words_of

SEVERITY: Severity = "warning"


def check(subject: Subject) -> Iterator[Remark]:
    """Yield custom fields whose name stands in no condition."""
    read = {word for _, text in subject.conditions() for word in words_of(text)}
    for record, fields in subject.pack.fields.items():
        for name in fields:
            if name not in read:
                yield subject.remark(
                    ("fields", record, name),
                    f"no condition reads `{name}` of `{record}`",
                    "remove it, or read it",
                )
