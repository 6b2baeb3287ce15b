"""An entry that joins the exit of the milestone before, but forgot one of its hard criteria.

Such an entry (`all_of`) says that whoever gets in has passed the milestone before. A criterion that was added
there later is easily left out here: the status of the entry then tells people too much. The prover looks for
a deal that meets the entry, not by a late entry, without that criterion. An entry that joins nothing of the
milestone before says nothing of it: the order of the milestones sees to that.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from kamrules.rules.checks import Remark, Severity, Subject
from kamrules.rules.planning import late_entry_id, satisfied
from kamrules.rules.smtcode.claims import asked, both, implies, is_not

SEVERITY: Severity = "warning"
PROVES = True


def check(subject: Subject) -> Iterator[Remark]:
    """Yield entries that a deal meets without a hard exit criterion, or for which that is not decided."""
    for before, milestone in pairwise(subject.pack.milestones):
        exits = _hard(subject, f"{before}.exit")
        entries = _hard(subject, f"{milestone}.entry")
        joining = [name for name in entries if set(subject.pack.criteria[name].all_of or ()) & set(exits)]
        if not joining:
            continue
        rules = subject.rules
        late = rules.get(late_entry_id(milestone))
        in_time = [] if late is None else [is_not(asked(late.when))]
        premise = both(*(satisfied(rules[name]) for name in joining), *in_time)
        # One question for all of them mostly does.
        together = subject.prover(shrink_ms=None).prove(
            implies(premise, both(*(satisfied(rules[name]) for name in exits)))
        )
        if together.status == "proved":
            subject.counted(together)
            continue
        for name in exits:
            proof = subject.prove(implies(premise, satisfied(rules[name])), shrink_ms=None)
            path = ("criteria", joining[0], "all_of")
            if proof.status == "refuted":
                message = f"it can be met without `{name}` of `{before}.exit`"
                yield subject.remark(path, message, _hint(subject, joining[0], exits, name))
            elif proof.status == "undecided":
                message = f"whether it can be met without `{name}` is not decided: {proof.reason}"
                yield subject.remark(path, message, "simplify the conditions")


def _hint(subject: Subject, entry: str, exits: list[str], name: str) -> str:
    """Say what to add, and the line by which a pack that inherits the entry does so for every exit."""
    joined = subject.pack.criteria[entry].all_of or ()
    whole = ", ".join(dict.fromkeys([*joined, *exits]))
    return f"add `{name}`; a pack that extends this one writes `{entry}: {{all_of: [{whole}]}}`"


def _hard(subject: Subject, gate: str) -> list[str]:
    return [
        name
        for name, spec in subject.pack.criteria.items()
        if spec.gate == gate and spec.kind == "hard" and name in subject.rules
    ]
