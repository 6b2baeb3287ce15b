"""A table over one field that leaves some of its values without a row.

A deal that lands there gets no answer. Only tables whose rows all compare one field with constants are
read; of numbers without limits only gaps between rows count.
"""

from __future__ import annotations

from collections.abc import Iterator

from kamrules.rules.checks import Remark, Severity, Subject
from kamrules.rules.lang.core import Field, Node, path_of, walk
from kamrules.rules.lang.types import Type
from kamrules.rules.plan import Table
from kamrules.rules.ranges import box_of, left_out, values_of

SEVERITY: Severity = "warning"


def check(subject: Subject) -> Iterator[Remark]:
    """Yield tables with a value that no row holds."""
    for table in subject.planned.plan.tables:
        value = None if table.hit == "collect" else _uncovered(table)
        if value is not None:
            name, seen = value
            message = f"no row holds where {name} = {seen}"
            yield subject.remark(("tables", table.id), message, "add a row, or let one reach further")


def _uncovered(table: Table) -> tuple[str, str] | None:
    boxes = [box_of(row.when) for row in table.rows]
    names = {name for box in boxes if box is not None for name in (*box.ranges, *box.choices)}
    if not boxes or None in boxes or len(names) != 1:
        return None
    (name,) = names
    kind = _type_of(name, table.rows[0].when)
    ranges = [box.ranges[name] for box in boxes if box is not None and name in box.ranges]
    if len(ranges) == len(boxes):
        number = left_out(ranges, kind)
        return None if number is None else (name, f"{number:g}")
    choices = [box.choices[name] for box in boxes if box is not None and name in box.choices]
    values = values_of(kind)
    if values is None or len(choices) < len(boxes):
        return None
    missing = sorted(values.difference(*choices))
    return (name, missing[0]) if missing else None


def _type_of(name: str, node: Node) -> Type:
    return next(part.type for part in walk(node) if isinstance(part, Field) and path_of(part) == name)
