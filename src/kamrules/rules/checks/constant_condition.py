"""A condition that is the same for every deal.

A criterion that is always met is no gate; one that is never met can never be passed; a red line that
never trips protects nobody. Usually a parameter or a literal took the deal's fact out of it. The last row
of a table with hit policy `first` may be `true`: it catches what is left.
"""

from __future__ import annotations

from collections.abc import Iterator

from kamrules.rules.checks import Remark, Severity, Subject
from kamrules.rules.lang.core import Const
from kamrules.rules.lang.rewrite import simplify

SEVERITY: Severity = "error"


def check(subject: Subject) -> Iterator[Remark]:
    """Yield conditions that fold to a constant."""
    catching = {
        ("tables", table.id, "rows", table.rows[-1].id, "when")
        for table in subject.planned.plan.tables
        if table.hit == "first" and table.rows
    }
    for path, node in subject.nodes():
        found = simplify(node)
        if isinstance(found, Const) and not (path in catching and found.value is True):
            word = "true" if found.value else "false"
            yield subject.remark(path, f"it is {word} for every deal", "let it read a fact of the deal")
