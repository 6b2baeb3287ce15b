"""Two rows of a table with hit policy `unique` that one deal can satisfy.

The table then has no answer, or two: `11 to 1000` and `1000 and more` both hold at 1000. Rows are
compared where they are made of comparisons of fields with constants; the remark names values at which
both hold.
"""

from __future__ import annotations

from collections.abc import Iterator

from kamrules.rules.checks import Remark, Severity, Subject
from kamrules.rules.ranges import box_of

SEVERITY: Severity = "error"


def check(subject: Subject) -> Iterator[Remark]:
    """Yield rows that hold together with an earlier one."""
    for table in subject.planned.plan.tables:
        if table.hit != "unique":
            continue
        boxes = [(row, box_of(row.when)) for row in table.rows]
        for index, (row, box) in enumerate(boxes):
            for earlier, other in boxes[:index]:
                shared = None if box is None or other is None else box.shared(other)
                if shared is None:
                    continue
                facts = ", ".join(f"{name} = {_shown(value)}" for name, value in sorted(shared.items()))
                message = f"it holds together with `{earlier.id}`, as where {facts}"
                path = ("tables", table.id, "rows", row.id, "when")
                yield subject.remark(path, message, "let one row end where the other begins")
                break


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
