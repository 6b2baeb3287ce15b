"""The rows of conformance.yaml as data, for every engine's tests: `ROWS`, and `core_of(row)`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from kamrules.rules.lang.core import Node
from kamrules.rules.lang.literals import duration_from, timestamp_from
from kamrules.rules.lang.parse import parse
from kamrules.rules.lang.typecheck import check
from kamrules.rules.lang.types import Date, Duration, ListOf, Object, Timestamp, Type
from kamrules.source import Text
from tests.strategies import SCOPE, TEST_SCHEMA


@dataclass(frozen=True)
class Row:
    """One condition on one record; `expected` is True, False or None for unknown."""

    section: str
    expr: str
    record: dict[str, Any]
    expected: bool | None
    id: str


def core_of(row: Row) -> Node:
    """Return the core tree of the row's condition."""
    text = Text(row.expr)
    return check(parse(text), text, SCOPE)


def _typed(value: Any, kind: Type) -> Any:
    """Return a value of the YAML file as the Python value of its type."""
    match kind:
        case Object():
            members = {member.name: member.type for member in kind.members}
            fits = isinstance(value, dict)
            return (
                {k: _typed(v, members[k]) if k in members else v for k, v in value.items()} if fits else value
            )
        case ListOf(element):
            return [_typed(one, element) for one in value] if isinstance(value, list) else value
        case Date() if isinstance(value, str):
            return date.fromisoformat(value)
        case Timestamp() if isinstance(value, str):
            return timestamp_from(value)
        case Duration() if isinstance(value, str):
            return duration_from(value)
        case _:
            assert not isinstance(value, datetime), "write moments as quoted texts"
            return value


def _rows() -> tuple[Row, ...]:
    sections = YAML(typ="safe").load(Path(__file__).with_name("conformance.yaml").read_text(encoding="utf-8"))
    found: list[Row] = []
    for section in sections:
        for number, (expr, record, expected) in enumerate(section["rows"], start=1):
            truth = None if expected == "unknown" else expected
            name = f"{section['section']}-{number}"
            found.append(Row(section["section"], expr, _typed(record, TEST_SCHEMA), truth, name))
    return tuple(found)


ROWS = _rows()
