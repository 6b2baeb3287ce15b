"""A decision table in which some deal, all its facts known, falls into no row.

Shown by the smallest such deal. `uncovered-values` sees tables over one field; the prover sees all
others. Where a gap is meant, as for accounts that belong to no tier, suppress this and say why.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from kamrules.rules.checks import Remark, Severity, Subject
from kamrules.rules.smtcode.claims import covers

SEVERITY: Severity = "warning"
PROVES = True


def check(subject: Subject) -> Iterator[Remark]:
    """Yield tables with a gap, or for which that is not decided."""
    for table in subject.planned.plan.tables:
        if table.hit == "collect":
            continue
        proof = subject.prove(covers([row.when for row in table.rows]))
        path = ("tables", table.id)
        if proof.status == "refuted":
            deal = json.dumps(proof.witness, ensure_ascii=False, default=str)
            yield subject.remark(path, f"no row holds for the deal {deal}", "add a row for it")
        elif proof.status == "undecided":
            yield subject.remark(path, f"not decided: {proof.reason}", "simplify the conditions")
