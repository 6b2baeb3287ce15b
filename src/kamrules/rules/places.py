"""Paths of facts, such as `deal.stakeholders[2].stance`: what stands there, and of which type."""

from __future__ import annotations

import re
from typing import Any

from kamrules.rules.lang.reference import read
from kamrules.rules.lang.types import ListOf, Object, Type

_POSITION = re.compile(r"\[\d+\]")


def without_positions(path: str, mark: str = "") -> str:
    """Return a path with `mark` in place of each list position."""
    return _POSITION.sub(mark, path)


def value_at(record: Any, path: str) -> Any:
    """Return what stands at a path of a record (mappings or objects), or None."""
    found = record
    for step in path.split(".")[1:]:
        name, *positions = step.split("[")
        found = read(found, name)
        for position in positions:
            index = int(position[:-1])
            found = found[index] if found is not None and index < len(found) else None
    return found


def type_at(schema: Object, path: str) -> Type | None:
    """Return the type of what stands at a path, or None where nothing can; a list's path names the list."""
    kind: Type | None = schema
    for step in path.split(".")[1:]:
        name, *positions = step.split("[")
        member = kind.member(name) if isinstance(kind, Object) else None
        kind = member.type if member is not None else None
        for _ in positions:
            kind = kind.element if isinstance(kind, ListOf) else None
    return kind
