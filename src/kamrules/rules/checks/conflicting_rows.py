"""Two rows of a `unique` table that one deal can satisfy, shown by the smallest such deal.

`overlapping-rows` sees bands; the prover sees any condition, lists and all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from kamrules.rules.checks import Remark, Severity, Subject
from kamrules.rules.ranges import box_of
from kamrules.rules.smtcode.claims import both, never

SEVERITY: Severity = "error"
PROVES = True


def check(subject: Subject) -> Iterator[Remark]:
    """Yield rows that hold together with an earlier one, as far as bands do not tell."""
    for table in subject.planned.plan.tables:
        for index, row in enumerate(table.rows if table.hit == "unique" else ()):
            for earlier in table.rows[:index]:
                if box_of(row.when) is not None and box_of(earlier.when) is not None:
                    continue
                proof = subject.prove(never(both(row.when, earlier.when)))
                path = ("tables", table.id, "rows", row.id, "when")
                if proof.status == "refuted":
                    deal = json.dumps(proof.witness, ensure_ascii=False, default=str)
                    message = f"it holds together with `{earlier.id}` for the deal {deal}"
                    yield subject.remark(path, message, "let the two exclude each other")
                elif proof.status == "undecided":
                    message = f"whether it holds together with `{earlier.id}` is not decided: {proof.reason}"
                    yield subject.remark(path, message, "simplify the conditions")
