"""A gate that no deal can ever pass, whatever its facts.

All hard criteria of a step (the exit of a milestone and the entry of the next one) are asked of one deal
together; where they exclude each other nobody gets further. The prover looks for a deal that passes; when
it proves that there is none, this is an error.
"""

from __future__ import annotations

from collections.abc import Iterator

from kamrules.rules.checks import Remark, Severity, Subject
from kamrules.rules.planning import satisfied
from kamrules.rules.smtcode.claims import both

SEVERITY: Severity = "error"
PROVES = True
_LIMIT_MS = 20_000


def check(subject: Subject) -> Iterator[Remark]:
    """Yield milestones whose step cannot be passed, or for which that is not decided."""
    rules = subject.rules
    milestones = list(subject.pack.milestones)
    for index, milestone in enumerate(milestones):
        gates = {f"{milestone}.exit"} | {f"{after}.entry" for after in milestones[index + 1 : index + 2]}
        if index == 0:
            gates.add(f"{milestone}.entry")
        names = [
            name
            for name, spec in subject.pack.criteria.items()
            if spec.gate in gates and spec.kind == "hard" and name in rules
        ]
        if not names:
            continue
        proof = subject.can_be(both(*(satisfied(rules[name]) for name in names)), timeout_ms=_LIMIT_MS)
        path = ("milestones", milestone)
        if proof.status == "proved":
            message = f"no deal can pass {', '.join(names)} together"
            yield subject.remark(path, message, "change one of them")
        elif proof.status == "undecided":
            yield subject.remark(path, f"not decided: {proof.reason}", "simplify the conditions")
