"""A milestone that a deal can pass while a red line of severity BLOCK trips and nobody has waived it.

Whoever writes `none_of` into a gate means that from there on no deal gets ahead by a forbidden act. So from
the first milestone whose hard criteria ask `none_of` on, the prover looks for a deal that meets all hard
criteria of the milestone, entry and exit, and surely trips a blocking red line. It finds lines that `none_of`
forgot, gates that `applies_when` opens, and late entries, which pass by the milestones before.

After a milestone that is safe, one without a late entry is safe, too: the same deal has passed both. After
one that is not, those that ask nothing themselves are not reported again. A red line that is unknown does not
count here: it leaves the gate unknown.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from kamrules.rules.checks import Remark, Severity, Subject
from kamrules.rules.planning import late_entry_id, satisfied, waiver_id
from kamrules.rules.smtcode.claims import Question, both, either, is_not, never

SEVERITY: Severity = "error"
PROVES = True
_LIMIT_MS = 20_000
_SHRINK_MS = 2000


def check(subject: Subject) -> Iterator[Remark]:
    """Yield milestones that a deal with a tripped red line can pass, or for which that is not decided."""
    is_asked, is_safe = False, True
    for milestone in subject.pack.milestones:
        names = _hard_criteria(subject, milestone)
        joining = [name for name in names if subject.pack.criteria[name].met_when is None]
        is_first = not is_asked
        is_asked = is_asked or any(subject.pack.criteria[name].none_of for name in names)
        late = [late_entry_id(milestone)] if late_entry_id(milestone) in subject.rules else []
        if not is_asked or (is_safe and not is_first and not late) or not (is_safe or joining):
            continue
        entered_by = late if is_safe and not is_first else []
        remarks = list(_passing(subject, milestone, names, entered_by))
        is_safe = not remarks
        yield from remarks


def _hard_criteria(subject: Subject, milestone: str) -> list[str]:
    criteria = subject.pack.criteria
    return [
        name
        for name in criteria
        if subject.pack.milestone_of(name) == milestone
        and criteria[name].kind == "hard"
        and name in subject.rules
    ]


def _passing(subject: Subject, milestone: str, names: list[str], entered_by: list[str]) -> Iterator[Remark]:
    """Yield a remark on the blocking red lines under which a deal passes these criteria, and on open ones."""
    # Those that join others mostly decide it, and with few criteria z3 is quick.
    joining = [name for name in names if subject.pack.criteria[name].met_when is None]
    blocking = [
        line
        for line, spec in subject.pack.red_lines.items()
        if spec.severity == "BLOCK" and line in subject.rules
    ]
    together = subject.prover(shrink_ms=None).prove(
        never(either(*(_trips_beside(subject, line, joining + entered_by) for line in blocking)))
    )
    if together.status == "proved":
        subject.counted(together)
        return
    path, deal = ("milestones", milestone), ""
    lines: list[str] = []
    for line in blocking:
        claim = never(_trips_beside(subject, line, names + entered_by))
        proof = subject.prove(claim, timeout_ms=_LIMIT_MS, shrink_ms=None if lines else _SHRINK_MS)
        if proof.status == "refuted":
            deal = deal or json.dumps(proof.witness, ensure_ascii=False, default=str)
            lines.append(line)
        elif proof.status == "undecided":
            message = f"whether a deal under `{line}` passes it is not decided: {proof.reason}"
            yield subject.remark(path, message, "simplify the conditions")
    if lines:
        message = f"a deal passes it under {', '.join(lines)}, such as {deal}"
        yield subject.remark(path, message, "let its gate ask `none_of` of them")


def _trips_beside(subject: Subject, line: str, names: list[str]) -> Question:
    """Return whether a red line trips, is not waived, and the rules hold."""
    rules = subject.rules
    waiver = rules.get(waiver_id(line))
    parts = [rules[line].when, *(satisfied(rules[name]) for name in names)]
    return both(*parts) if waiver is None else both(*parts, is_not(waiver.when))
