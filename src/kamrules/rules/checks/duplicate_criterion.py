"""Two criteria of one gate that ask the same.

They are always met, unmet or unknown together: a deal is asked twice for one thing, and a change to one
leaves the other behind.
"""

from __future__ import annotations

from collections.abc import Iterator

from kamrules.rules.checks import Remark, Severity, Subject
from kamrules.rules.lang.core import Node

SEVERITY: Severity = "warning"


def check(subject: Subject) -> Iterator[Remark]:
    """Yield criteria whose condition is that of an earlier one of their gate."""
    rules = {rule.id: rule for rule in subject.planned.plan.rules}
    seen: dict[tuple[str, Node, Node | None], str] = {}
    for name, spec in subject.pack.criteria.items():
        rule = rules.get(name)
        if rule is None:
            continue
        first = seen.setdefault((spec.gate, rule.when, rule.applies), name)
        if first != name:
            message = f"it asks what `{first}` asks"
            yield subject.remark(("criteria", name), message, "remove one of them")
