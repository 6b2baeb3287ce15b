"""A hard criterion that every deal meets which meets the others of its gate.

It blocks nobody the others let pass, and yet somebody is asked for it; often one of the two was meant to ask
more. Found by the prover: no deal meets all other hard criteria of the gate and not this one. The others are
those of the same gate. A criterion that only joins the status of others (`all_of`) repeats them on purpose:
it is neither judged nor counted among the others. Two that ask the very same are `duplicate-criterion`, and
others that no deal can meet together are `gate-never-opens`.
"""

from __future__ import annotations

from collections.abc import Iterator

from kamrules.rules.checks import Remark, Severity, Subject
from kamrules.rules.lang.core import Const
from kamrules.rules.lang.rewrite import simplify
from kamrules.rules.plan import Rule
from kamrules.rules.planning import satisfied
from kamrules.rules.smtcode.claims import both, is_not, never

SEVERITY: Severity = "warning"
PROVES = True


def check(subject: Subject) -> Iterator[Remark]:
    """Yield criteria that the others of their gate imply, or for which that is not decided."""
    gates: dict[str, list[Rule]] = {}
    for name, spec in subject.pack.criteria.items():
        rule = subject.rules.get(name)
        if spec.kind == "hard" and spec.all_of is None and rule is not None:
            gates.setdefault(spec.gate, []).append(rule)
    for rules in gates.values():
        for rule in rules:
            if not isinstance(simplify(rule.when), Const):
                yield from _redundant(subject, rule, rules)


def _redundant(subject: Subject, rule: Rule, rules: list[Rule]) -> Iterator[Remark]:
    others = [one for one in rules if (one.when, one.applies) != (rule.when, rule.applies)]
    if not others:
        return
    premise = both(*(satisfied(one) for one in others))
    proof = subject.can_be(both(premise, is_not(satisfied(rule))))
    path = ("criteria", rule.id)
    if proof.status == "undecided":
        yield subject.remark(path, f"not decided: {proof.reason}", "simplify the conditions")
    elif (
        proof.status == "proved" and subject.prover(shrink_ms=None).prove(never(premise)).status == "refuted"
    ):
        names = ", ".join(one.id for one in others)
        yield subject.remark(path, f"{names} imply it", "remove it, or let it ask for more")
