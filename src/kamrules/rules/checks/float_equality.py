"""Two numbers with a fraction compared by `==` or `!=`.

`0.1 + 0.2 == 0.3` is false: such numbers carry rounding. Compare with a range, or count in whole units.
"""

from __future__ import annotations

from collections.abc import Iterator

from kamrules.rules.checks import Remark, Severity, Subject
from kamrules.rules.lang.core import Compare, Node, type_of, walk
from kamrules.rules.lang.types import Double

SEVERITY: Severity = "warning"


def check(subject: Subject) -> Iterator[Remark]:
    """Yield conditions that compare doubles for equality."""
    for path, node in subject.nodes():
        if any(_is_equality(part) for part in walk(node)):
            yield subject.remark(path, "it compares numbers with a fraction by `==`", "compare with a range")


def _is_equality(node: Node) -> bool:
    return (
        isinstance(node, Compare)
        and node.op == "=="
        and any(isinstance(type_of(side), Double) for side in (node.left, node.right))
    )
