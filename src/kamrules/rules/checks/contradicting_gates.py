"""A gate that can never open: it asks for a condition and for its opposite.

Either two criteria of one gate exclude each other, or the exit of a milestone excludes the entry of the
next one, which the same deal must pass at the same time. This check sees it where one condition is the
plain negation of another.
"""

from __future__ import annotations

from collections.abc import Iterator

from kamrules.rules.checks import Remark, Severity, Subject
from kamrules.rules.lang.core import Const, Node, Not
from kamrules.rules.lang.rewrite import conjuncts, simplify
from kamrules.rules.lang.types import Bool

SEVERITY: Severity = "error"


def check(subject: Subject) -> Iterator[Remark]:
    """Yield hard criteria that exclude an earlier one of the same step."""
    rules = {rule.id: rule for rule in subject.planned.plan.rules}
    milestones = list(subject.pack.milestones)
    steps = [({f"{milestones[0]}.entry"} if milestones else set())]
    for index, milestone in enumerate(milestones):
        after = {f"{milestones[index + 1]}.entry"} if index + 1 < len(milestones) else set()
        steps.append({f"{milestone}.exit", *after})
    for gates in steps:
        asked: dict[Node, str] = {}
        for name, spec in subject.pack.criteria.items():
            rule = rules.get(name)
            if spec.gate not in gates or spec.kind != "hard" or rule is None or rule.applies is not None:
                continue
            for part in conjuncts(simplify(rule.when)):
                other = asked.get(_opposite(part))
                if other is not None:
                    message = f"it excludes `{other}`, which the same step asks for"
                    yield subject.remark(("criteria", name), message, "no deal can pass both: change one")
                    break
                asked.setdefault(part, name)


def _opposite(node: Node) -> Node:
    if isinstance(node, Not):
        return node.operand
    return Not(node) if not isinstance(node, Const) else Const(not node.value, Bool())
