"""A record without what trips a red line: facts got or done that way never move a score.

List elements that make a red line's condition true are left out; fields the line names as tainted become
unknown. The record itself is not changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from pydantic import BaseModel

from kamrules.rules.lang.core import Node, path_of
from kamrules.rules.lang.reference import Place, locate, read
from kamrules.rules.trace import witnesses


def without_tainted(
    record: BaseModel, lines: Iterable[tuple[Node, Iterable[str]]], as_of: date, *, root: str = "deal"
) -> BaseModel:
    """Return a copy of the record without the facts that trip red lines.

    Parameters
    ----------
    record : the record as assessed
    lines : for each red line that trips its condition and the paths (`deal.bid.price`) it taints
    as_of : the day of the assessment
    """
    env = {root: Place(record, root), "as_of": Place(as_of, "as_of")}
    dropped: dict[str, set[int]] = {}
    blanked: set[str] = set()
    for node, taints in lines:
        blanked.update(taints)
        for range_, index in witnesses(node, env):
            dropped.setdefault(path_of(range_), set()).add(index)
    clean = record
    for path, positions in dropped.items():
        kept = [one for i, one in enumerate(_value_at(clean, path) or []) if i not in positions]
        clean = with_value(clean, path, kept)
    for path in sorted(blanked):
        clean = with_value(clean, path, None)
    return clean


def first_act(node: Node, record: BaseModel, as_of: date, *, root: str = "deal") -> date | None:
    """Return the day of the earliest list element that makes a red line's condition true, if any is dated."""
    env = {root: Place(record, root), "as_of": Place(as_of, "as_of")}
    days = []
    for range_, index in witnesses(node, env):
        element = locate(range_, env).value[index]
        days += [day for name in ("on", "at") if isinstance(day := read(element, name), date)]
    return min(days, default=None)


def with_value(record: BaseModel, path: str, value: Any) -> BaseModel:
    """Return a copy of the record with `value` at a path such as `deal.stakeholders[2].role`.

    Missing parents stay missing: then the record itself is returned.
    """
    found: BaseModel = _with(record, path.split(".")[1:], value)
    return found


def _with(holder: Any, steps: list[str], value: Any) -> Any:
    if holder is None:
        return None
    name, _, index = steps[0].partition("[")
    old = read(holder, name)
    if index:
        position = int(index.rstrip("]"))
        if old is None or position >= len(old):
            return holder
        inner = value if len(steps) == 1 else _with(old[position], steps[1:], value)
        new: Any = [*old[:position], inner, *old[position + 1 :]]
    else:
        new = value if len(steps) == 1 else _with(old, steps[1:], value)
    if isinstance(holder, Mapping):
        return {**holder, name: new}
    return holder.model_copy(update={name: new})


def _value_at(record: Any, path: str) -> Any:
    value = record
    for step in path.split(".")[1:]:
        value = read(value, step)
    return value
