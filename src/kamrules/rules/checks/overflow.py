"""A term that can leave what its type holds, for facts within the limits of the schema.

Whole numbers and money have 64 bits, days end with the year 9999. Beyond, the term is unknown and so is the
verdict, however well all facts are known. Give the fact limits (`min`, `max`), divide instead of multiplying,
or suppress this where nobody will ever see such an amount.
"""

from __future__ import annotations

from collections.abc import Iterator

from kamrules.rules.bounds import leaving
from kamrules.rules.checks import Remark, Severity, Subject
from kamrules.rules.lang.core import Node
from kamrules.rules.lang.printer import core_text
from kamrules.rules.plan import Mean, Scale, Share

SEVERITY: Severity = "warning"


def check(subject: Subject) -> Iterator[Remark]:
    """Yield conditions with a term that can be too large or too small."""
    for path, node in (*subject.nodes(), *_values(subject)):
        for found in leaving(node):
            facts = ", ".join(f"`{name}` from {low} to {high}" for name, (low, high) in found.fields)
            given = f" with {facts}" if facts else ""
            message = f"`{core_text(found.node)}` can be from {found.ends[0]} to {found.ends[1]}{given}"
            yield subject.remark(path, message, "beyond its type it is unknown: limit the facts")


def _values(subject: Subject) -> Iterator[tuple[tuple[str, ...], Node]]:
    """Yield what is computed beside conditions: days due, years, and what scores are made of."""
    for name, node in subject.planned.due.items():
        yield ("findings", name, "due_on"), node
    if subject.planned.valid_for is not None and subject.pack.tier_table is not None:
        yield ("tables", subject.pack.tier_table, "valid_for"), subject.planned.valid_for
    for card in subject.planned.plan.scorecards:
        for entry in card.entries:
            path = ("scorecards", card.id, "entries", entry.id)
            match entry:
                case Scale():
                    yield (*path, "value"), entry.value
                case Share():
                    yield (*path, "share", "when"), entry.when
                case Mean(weight=weight) if weight is not None:
                    yield (*path, "mean", "weight"), weight
