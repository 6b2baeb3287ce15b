"""Deals of the handbook by chance, and what the record engine says of them as rows of the wide table."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from kamrules.rules.lang.types import (
    Bool,
    Date,
    Double,
    Enum,
    Int,
    ListOf,
    Member,
    Money,
    Object,
    Timestamp,
    Type,
)  # fmt: skip

DAY = date(2026, 6, 30)
_TEXTS = ("", "x", "王伟", "山東\U0001d4b3", "red_line_waiver", "RL-02.V", "a'b\"c\\d", " ", "E1")
# How much of a deal is missing: nearly nothing, some, nearly everything.
_GAPS = (0.02, 0.35, 0.85)


class Chance:
    """Makes deals of a schema; the same seed makes the same ones."""

    def __init__(self, schema: Object, seed: int) -> None:
        self.schema = schema
        self.random = random.Random(seed)

    def deals(self, count: int) -> list[dict[str, Any]]:
        """Return deals with ids of their own, from empty ones to full ones."""
        found = []
        for index in range(count):
            deal = self._object(self.schema, self.random.choice(_GAPS))
            found.append({**deal, "id": f"D-{index}"})
        return found

    def _object(self, kind: Object, gaps: float) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for member in kind.members:
            if self.random.random() < gaps:
                if self.random.random() < 0.2:
                    found[member.name] = None
                continue
            found[member.name] = self._value(member.type, gaps)
        if self.random.random() < 0.4:
            found["evidence"] = self._evidence(kind.members)
        return found

    def _evidence(self, members: tuple[Member, ...]) -> dict[str, Any]:
        some = self.random.sample(members, min(len(members), self.random.randint(0, 6)))
        return {one.name: self._proof() for one in some}

    def _proof(self) -> dict[str, Any]:
        proof: dict[str, Any] = {"level": f"E{self.random.randint(0, 4)}"}
        if self.random.random() < 0.5:
            proof["at"] = self._value(Date(), 0.0)
        return proof

    def _value(self, kind: Type, gaps: float) -> Any:
        chance = self.random
        match kind:
            case Object():
                return self._object(kind, gaps)
            case ListOf(element):
                return [self._value(element, gaps) for _ in range(chance.choice((0, 1, 1, 2, 3, 5)))]
            case Bool():
                return chance.random() < 0.5
            case Enum(names):
                return chance.choice(names)
            case Int(low, high):
                near = chance.choice((0, 1, 2, 3, 5, 30, 50, 55, 2025, 2026, low, high))
                return min(max(near, low), high)
            case Double():
                return chance.choice((0.0, 0.1, 0.25, 0.5, 0.7, 1.0, 1e-300, 0.1 + 0.2))
            case Money():
                return chance.choice((0, 1, 50_000, 10_000_000, 2**63 - 1))
            case Date():
                return DAY + timedelta(days=chance.choice((-400, -91, -31, -30, -14, -2, -1, 0, 1, 20)))
            case Timestamp():
                hours = chance.choice((-5000, -48, -1, 0, 1, 30))
                return datetime(2026, 6, 29, 23, 30, tzinfo=UTC) + timedelta(hours=hours)
        return chance.choice(_TEXTS)

    def changed(self, deal: dict[str, Any], index: int) -> dict[str, Any]:
        """Return a deal with a few facts forgotten or made another, under an id of its own."""
        rate = self.random.choice((0.0, 0.03, 0.12))
        return {**self._changed(deal, self.schema, rate), "id": f"C-{index}"}

    def _changed(self, value: Any, kind: Type, rate: float) -> Any:
        if isinstance(kind, Object) and isinstance(value, dict):
            found = {}
            for name, inner in value.items():
                member = kind.member(name)
                if member is None:
                    found[name] = inner
                elif self.random.random() >= rate:
                    found[name] = self._changed(inner, member.type, rate)
                elif self.random.random() < 0.5:
                    found[name] = self._value(member.type, 0.3)
            return found
        if isinstance(kind, ListOf) and isinstance(value, list):
            kept = [self._changed(one, kind.element, rate) for one in value if self.random.random() >= rate]
            return kept + ([self._value(kind.element, 0.3)] if self.random.random() < rate else [])
        return value

    def spoilt(self, deals: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], dict[str, set[str]]]:
        """Return deals, some with values that are none of their field, and which fields by deal."""
        found, places = [], {}
        for index, deal in enumerate(deals):
            copy = {**copy_of(deal), "id": f"S-{index}"}
            wrong = set()
            for path, value in self.random.sample(_WRONG, 2) if self.random.random() < 0.4 else ():
                *lists, field = path.split("[].")
                holder: Any = copy
                if lists:
                    rows = copy.get(lists[0]) or [{}]
                    copy[lists[0]] = rows
                    holder = self.random.choice(rows)
                *parents, name = field.split("__")
                for parent in parents:
                    holder = holder.setdefault(parent, {})
                holder[name] = value
                wrong.add(path)
            found.append(copy)
            if wrong:
                places[copy["id"]] = wrong
        return found, places


_WRONG = (
    ("milestone", "M99"),
    ("account__rank_sales", 0),
    ("account__potential", "huge"),
    ("est_value", -5),
    ("stakeholders[].stance", "friend"),
    ("stakeholders[].influence", 1.5),
    ("activities[].type", "magic"),
    ("approvals[].decision", ""),
)


def copy_of(value: Any) -> Any:
    """Return a copy of nested dicts and lists."""
    if isinstance(value, dict):
        return {name: copy_of(inner) for name, inner in value.items()}
    return [copy_of(inner) for inner in value] if isinstance(value, list) else value
