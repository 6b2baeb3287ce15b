"""One paper that two criteria want approved by different desks.

A seller does not know whose signature opens the gate, and either desk can say it was the other's. Name
the same desks in both, the higher one last.
"""

from __future__ import annotations

from collections.abc import Iterator

from kamrules.rules.checks import Remark, Severity, Subject

SEVERITY: Severity = "warning"


def check(subject: Subject) -> Iterator[Remark]:
    """Yield criteria whose form another criterion wants approved by others."""
    seen: dict[str, tuple[str, frozenset[str]]] = {}
    for name, spec in subject.pack.criteria.items():
        if spec.form is None or spec.approver is None:
            continue
        given = spec.approver if isinstance(spec.approver, list) else [spec.approver]
        desks = frozenset(map(str, given))
        first, others = seen.setdefault(spec.form, (name, desks))
        if desks != others:
            message = f"it has `{spec.form}` approved by {_listed(desks)}, `{first}` by {_listed(others)}"
            yield subject.remark(("criteria", name, "approver"), message, "name the same desks in both")


def _listed(desks: frozenset[str]) -> str:
    return " and ".join(sorted(desks))
