"""A hard criterion all of which earlier gates have asked.

A deal that comes this far meets it: it stops nobody, and two gates claim to be where the thing is settled,
such as where a leader is assigned. Compared are the parts joined by `&&` with those of hard criteria of
earlier gates that apply to every deal. Within one gate see `redundant-criterion`; criteria that join others
repeat them on purpose.
"""

from __future__ import annotations

from collections.abc import Iterator

from kamrules.rules.checks import Remark, Severity, Subject
from kamrules.rules.lang.core import Const, Node
from kamrules.rules.lang.rewrite import conjuncts, simplify

SEVERITY: Severity = "warning"


def check(subject: Subject) -> Iterator[Remark]:
    """Yield criteria of which each part stands in an earlier gate."""
    asked: dict[Node, str] = {}
    for gate in [
        f"{milestone}.{side}" for milestone in subject.pack.milestones for side in ("entry", "exit")
    ]:
        new: dict[Node, str] = {}
        for name, spec in subject.pack.criteria.items():
            rule = subject.rules.get(name)
            if spec.gate != gate or spec.kind != "hard" or spec.met_when is None or rule is None:
                continue
            parts = [part for part in conjuncts(simplify(rule.when)) if not isinstance(part, Const)]
            if parts and all(part in asked for part in parts):
                others = ", ".join(dict.fromkeys(asked[part] for part in parts))
                message = f"every deal that comes here meets it: {others} asked for it before"
                yield subject.remark(("criteria", name), message, "ask for it in one place, or for more here")
            if rule.applies is None:
                new.update((part, name) for part in parts if part not in asked)
        asked.update(new)
