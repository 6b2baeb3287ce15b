"""A row of a decision table that no deal can reach, or that always holds together with another.

Under hit policy `first` a row is dead when an earlier one holds whenever it does; under `unique` two such
rows are a conflict. This check sees it where a row has all the conditions of another one, and more.
"""

from __future__ import annotations

from collections.abc import Iterator

from kamrules.rules.checks import Remark, Severity, Subject
from kamrules.rules.lang.core import Const
from kamrules.rules.lang.rewrite import conjuncts, simplify

SEVERITY: Severity = "error"


def check(subject: Subject) -> Iterator[Remark]:
    """Yield rows that are covered by an earlier row."""
    for table in subject.planned.plan.tables:
        if table.hit == "collect":
            continue
        parts = {row.id: frozenset(conjuncts(simplify(row.when))) for row in table.rows}
        for index, row in enumerate(table.rows):
            for earlier in table.rows[:index]:
                message = _message(
                    table.hit, earlier.id, _demands(parts[earlier.id]), _demands(parts[row.id])
                )
                if message:
                    path = ("tables", table.id, "rows", row.id, "when")
                    yield subject.remark(
                        path, message, "change one of the two, or put the narrower one first"
                    )
                    break


def _message(hit: str, earlier: str, its: frozenset[object], own: frozenset[object]) -> str:
    """Return what is wrong with a row after an earlier one, from the conditions of both, if anything."""
    if its <= own:
        word = "is never reached" if hit == "first" else "conflicts"
        return f"it {word}: `{earlier}` holds whenever it does"
    if hit == "unique" and own <= its:
        return f"it conflicts: it holds whenever `{earlier}` does"
    return ""


def _demands(parts: frozenset[object]) -> frozenset[object]:
    """Return the conditions without those that always hold."""
    return frozenset(part for part in parts if not (isinstance(part, Const) and part.value is True))
