"""A hard criterion or red line whose verdict can turn when a blank is filled in.

`has` and `orValue` are the only operators that see that a fact is missing. A criterion that is met
because a fact is missing invites leaving it blank; a red line that takes a blank for No is silent until
somebody asks. Sometimes that is meant, as for a mark that only its presence sets: then suppress this, and
say why.
"""

from __future__ import annotations

from collections.abc import Iterator

from kamrules.rules.checks import Remark, Severity, Subject
from kamrules.rules.lang.core import Has, OrValue, walk

SEVERITY: Severity = "info"


def check(subject: Subject) -> Iterator[Remark]:
    """Yield hard criteria and red lines that read `has` or `orValue`."""
    for path, node in subject.nodes():
        section, name, key = path[:3]
        is_hard = section == "red_lines" or (
            section == "criteria" and subject.pack.criteria[name].kind == "hard"
        )
        if is_hard and key != "applies_when" and any(isinstance(part, Has | OrValue) for part in walk(node)):
            message = "its verdict can turn when a blank is filled in (`has` or `orValue`)"
            yield subject.remark(path, message, "read the fact itself, or suppress this with the reason")
