"""The smallest record that still shows it: facts dropped, then values made plain, each step replayed.

The measure is the number of known facts first (a known list and a recorded evidence level are facts; what the
schema requires is none), then the number of list elements.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from kamrules.rules.lang import types as t
from kamrules.rules.settling import settle
from kamrules.rules.smtcode.facts import Domain, stored
from kamrules.rules.wholes import MICRO
from kamrules.rules.wholes import START as FIRST_MOMENT

Record = dict[str, Any]
Shows = Callable[[Record, date], bool]
Step = str | int
Path = tuple[Step, ...]

_TEXTS = ("a", "b")


@dataclass(frozen=True, slots=True, order=True)
class Weight:
    """How large a record is."""

    facts: int
    elements: int


@dataclass(frozen=True, slots=True)
class Part:
    """Something of a record that may be dropped: its path, its type (None: an evidence level), its weight."""

    path: Path
    type: t.Type | None
    facts: int
    elements: int = 0


def weigh(record: Record, schema: t.Object) -> Weight:
    """Return how large a record is."""
    parts = list(parts_of(record, schema))
    return Weight(sum(part.facts for part in parts), sum(part.elements for part in parts))


def parts_of(record: Record, kind: t.Object, at: Path = ()) -> Iterator[Part]:
    """Yield what may be dropped, what is around something before what is in it."""
    for member in kind.members:
        value = record.get(member.name)
        if value is None:
            continue
        yield from _below(value, member.type, (*at, member.name), weight=int(member.nullable))
    for name in record.get("evidence") or {}:
        yield Part((*at, "evidence", name), None, 1)


def _below(value: Any, kind: t.Type, at: Path, *, weight: int) -> Iterator[Part]:
    match kind:
        case t.Object():
            yield Part(at, kind, 0)
            yield from parts_of(value, kind, at)
        case t.ListOf(element, nullable):
            yield Part(at, kind, weight)
            for index, one in enumerate(value):
                yield Part((*at, index), kind, 0, 1)
                if one is not None and isinstance(element, t.Object):
                    yield from parts_of(one, element, (*at, index))
                elif one is not None:
                    yield Part((*at, index), element, int(nullable))
        case _:
            yield Part(at, kind, weight)


def dropped(record: Record, schema: t.Object, as_of: date, shows: Shows) -> Record:
    """Return the record without whatever it can do without."""
    is_smaller = True
    while is_smaller:
        is_smaller = False
        # From the back, so that the places of list elements before stay what they are.
        for part in reversed(list(parts_of(record, schema))):
            smaller = _without(record, part, schema)
            if (
                smaller is not None
                and weigh(smaller, schema) < weigh(record, schema)
                and shows(smaller, as_of)
            ):
                record, is_smaller = smaller, True
    return record


def _without(record: Record, part: Part, schema: t.Object) -> Record | None:
    """Return a record without a part, or None when the schema requires it or it went with another."""
    smaller = copy.deepcopy(record)
    holder = _holder(smaller, part.path)
    last = part.path[-1]
    if isinstance(holder, list):
        assert isinstance(last, int)
        if last >= len(holder):
            return None
        if part.elements:
            del holder[last]
        else:
            holder[last] = None
        return smaller
    if not isinstance(holder, dict) or last not in holder:
        return None
    del holder[last]
    if part.type is not None and not _may_miss(part.path, schema):
        return None
    _tidy(smaller)
    return smaller


def _tidy(value: Any) -> bool:
    """Remove objects without members, as far as dicts hold them; return whether something is left."""
    if isinstance(value, list):
        for one in value:
            _tidy(one)
        return True
    if not isinstance(value, dict):
        return value is not None
    for name in list(value):
        if not _tidy(value[name]):
            del value[name]
    return bool(value)


def _may_miss(path: Path, schema: t.Object) -> bool:
    kind: t.Type = schema
    nullable = True
    for step in path:
        if isinstance(step, int):
            assert isinstance(kind, t.ListOf)
            kind = kind.element
        else:
            assert isinstance(kind, t.Object)
            member = kind.member(step)
            assert member is not None
            kind, nullable = member.type, member.nullable
    return nullable


def _holder(record: Any, path: Path) -> Any:
    """Return what holds the last step of a path, or None."""
    found = record
    for step in path[:-1]:
        if isinstance(found, Mapping):
            found = found.get(step)
        elif isinstance(found, list) and isinstance(step, int) and step < len(found):
            found = found[step]
        else:
            return None
    return found


def plain(record: Record, schema: t.Object, as_of: date, shows: Shows, domain: Domain) -> Record:
    """Return the record with values as plain as they may be: near 0, near `as_of`, early in their list."""
    for part in parts_of(record, schema):
        holder, last = _holder(record, part.path), part.path[-1]
        if part.type is None or isinstance(part.type, t.Object | t.ListOf):
            continue
        kind = part.type

        def fits(value: Any, holder: Any = holder, last: Any = last) -> bool:
            before = holder[last]
            holder[last] = value
            if shows(record, as_of):
                return True
            holder[last] = before
            return False

        _plainer(holder[last], kind, as_of, fits, domain)
    return record


def _plainer(value: Any, kind: t.Type, as_of: date, fits: Callable[[Any], bool], domain: Domain) -> None:
    match kind:
        case t.Enum(values):
            next((one for one in values[: values.index(value)] if fits(one)), None)
        case t.String():
            options = _TEXTS[: _TEXTS.index(value)] if value in _TEXTS else _TEXTS
            next((one for one in options if fits(one)), None)
        case t.Double():
            doubles = (0.0, 1.0, -1.0, float(round(value)), round(value, 1), round(value, 3))
            next((one for one in doubles if fits(one)), None)
        case t.Bool():
            pass
        case _:
            low, high = domain.limits(kind)
            goal = {t.Date: as_of.toordinal(), t.Timestamp: stored(_midnight(as_of))}.get(type(kind), 0)
            settle(stored(value), min(max(goal, low), high), lambda number: fits(_of_number(number, kind)))


def _of_number(number: int, kind: t.Type) -> Any:
    match kind:
        case t.Date():
            return date.fromordinal(number)
        case t.Timestamp():
            return FIRST_MOMENT + number * MICRO
        case t.Duration():
            return timedelta(microseconds=number)
    return number


def _midnight(day: date) -> datetime:
    return FIRST_MOMENT + timedelta(days=day.toordinal() - 1)
