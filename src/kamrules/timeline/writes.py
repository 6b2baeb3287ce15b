"""What an event writes, cell by cell: the long form of a deal's history that a frame library can cut by day.

A cell is a field of the deal or of an item. Of the writes of a cell that are there on a day, the one of the
greatest rank counts, unless something above it (its item, its list, the object it is in) was forgotten by a
greater rank. So each day is a filter and a maximum.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from kamrules.records.base import parse_amount
from kamrules.rules.lang.types import (
    Bool,
    Date,
    Double,
    Enum,
    Int,
    ListOf,
    Money,
    Object,
    String,
    Timestamp,
    Type,
)
from kamrules.timeline import events as e
from kamrules.timeline.fold import added
from kamrules.timeline.paths import EVIDENCE, place_of
from kamrules.timeline.settled import Happened, first_recorded, known_by, settled

Op = Literal["value", "proof", "item", "list", "inside", "seen"]
FOREVER = date.max.toordinal()
JOIN = "__"
PRESENT = ""
KNOWN = "__known"


class Write(NamedTuple):
    """One write of a cell.

    `op` says what it writes: a value, evidence alone (`proof`), or that an item, a list or what is `inside`
    of an object is forgotten; `seen` only says that the deal is there. `text` is the value as text, None for
    unknown; `is_bad` that it is none of its field, `level` its evidence (`E3` or `E3 2026-05-04`).
    """

    list: str
    item: str
    path: str
    op: Op
    text: str | None
    is_bad: bool
    level: str | None


@dataclass(frozen=True, slots=True)
class Version:
    """What an event says from one recording to another."""

    happened: Happened
    since: int
    until: int


@dataclass(frozen=True)
class Writer:
    """Writes the cells of a schema; `read` are the columns wanted of each list, of the deals under ``."""

    kinds: Mapping[tuple[str, str], Type]
    read: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, schema: Object, columns: Mapping[str, Sequence[str]]) -> Writer:
        """Return the writer for the columns a pack reads, as `Engine.frame_columns` names them."""
        read = {"" if name == "deals" else name: frozenset(some) for name, some in columns.items()}
        return cls(dict(_kinds(schema)), read)

    def cells(self, change: Any, effective_on: date) -> Iterator[Write]:
        """Yield what a change that is true from a day on writes, in its order."""
        yield _write("", "", "", "seen")
        match change:
            case e.SetFact(path=path, value=value, evidence=evidence):
                place = place_of(path)
                assert place is not None
                if EVIDENCE in place.steps:
                    name = JOIN.join((*place.steps[:-2], place.steps[-1]))
                    yield from self._proof(place.list, place.item, name, proven(value))
                    return
                if not place.list and self._is_record_list(place.steps):
                    yield from _forgotten(place.steps[0], is_known=True)
                    yield _write("", "", place.steps[0] + KNOWN, "value", "true", is_bad=value != [])
                    return
                level = proven(evidence)
                yield from self._value(place.list, place.item, JOIN.join(place.steps), value, level)
            case e.ClearFact(path=path):
                place = place_of(path)
                assert place is not None
                if EVIDENCE in place.steps:
                    name = JOIN.join((*place.steps[:-2], place.steps[-1]))
                    yield from self._proof(place.list, place.item, name, None)
                    return
                if not place.list and self._is_record_list(place.steps):
                    yield from _forgotten(place.steps[0], is_known=False)
                    return
                yield from self._value(place.list, place.item, JOIN.join(place.steps), None, None)
            case e.AddItem() | e.Approve() | e.Meet() | e.File():
                name, fields = added(change, effective_on)
                yield _write("", "", name + KNOWN, "value", "true")
                yield _write(name, change.item, PRESENT, "value", "true")
                yield from self._fields(name, change.item, fields, change.evidence)
            case e.ChangeItem(list=name, item=key, fields=fields, evidence=proofs):
                yield from self._fields(name, key, fields, proofs)
            case e.RemoveItem(list=name, item=key):
                yield _write(name, key, PRESENT, "value", "false")
                yield _write(name, key, "", "item")
            case e.KnowList(list=name):
                yield _write("", "", name + KNOWN, "value", "true")

    def _is_record_list(self, steps: tuple[str, ...]) -> bool:
        kind = self.kinds.get(("", JOIN.join(steps)))
        return isinstance(kind, ListOf) and isinstance(kind.element, Object)

    def _fields(
        self, of: str, key: str, fields: Mapping[str, Any], proofs: Mapping[str, Any]
    ) -> Iterator[Write]:
        for name, value in fields.items():
            level = proven(proofs.get(name))
            yield from self._value(of, key, name, value, level)
        for name, proof in proofs.items():
            if name not in fields:
                yield from self._proof(of, key, name, proven(proof))

    def _proof(self, of: str, key: str, name: str, level: str | None) -> Iterator[Write]:
        if f"{name}__evidence" in self.read.get(of, ()):
            yield _write(of, key, name, "proof", level=level)

    def _value(self, of: str, key: str, path: str, value: Any, level: str | None) -> Iterator[Write]:
        """Yield the writes of a value, of an object all that is in it."""
        kind = self.kinds.get((of, path))
        if isinstance(kind, Object) or isinstance(value, dict):
            yield _write(of, key, path, "inside")
        read = self.read.get(of, frozenset())
        is_strange = (kind is None and path != "id") or (isinstance(kind, Object) and value is not None)
        if isinstance(kind, Object) and isinstance(value, dict):
            yield from self._proof(of, key, path, level)
            yield from self._inside(of, key, path, value)
        elif is_strange or path in read or f"{path}__evidence" in read:
            text = None if value is None or is_strange else text_of(value, kind)
            is_bad = value is not None and text is None and not _is_empty_list(value, kind)
            yield _write(of, key, path, "value", text, is_bad=is_bad, level=level)

    def _inside(self, of: str, key: str, path: str, value: Mapping[str, Any]) -> Iterator[Write]:
        for name, inner in value.items():
            if name == EVIDENCE and isinstance(inner, dict):
                for field, proof in inner.items():
                    level = proven(proof)
                    if field not in value:
                        yield from self._proof(of, key, path + JOIN + field, level)
            elif inner is not None:
                proofs = value.get(EVIDENCE)
                proof = proofs.get(name) if isinstance(proofs, dict) else None
                level = proven(proof)
                yield from self._value(of, key, path + JOIN + name, inner, level)


def proven(proof: Any) -> str | None:
    """Return the level of evidence, with a space and the day it was obtained where there is one."""
    if isinstance(proof, dict):
        level, at = proof.get("level"), proof.get("at")
    else:
        level, at = getattr(proof, "level", None), getattr(proof, "at", None)
    return level if level is None or at is None else f"{level} {at}"


def _write(  # noqa: PLR0913 - a cell and what is written to it
    of: str,
    key: str,
    path: str,
    op: Op,
    text: str | None = None,
    *,
    is_bad: bool = False,
    level: str | None = None,
) -> Write:
    return Write(of, key, path, op, text, is_bad, level)


def _forgotten(name: str, *, is_known: bool) -> Iterator[Write]:
    yield _write(name, "", "", "list")
    yield _write("", "", name + KNOWN, "value", "true" if is_known else "false")


def versions(events: Sequence[e.Event]) -> list[Version]:
    """Return what each event of a deal says, from when to when: a correction ends what was said before it."""
    given = first_recorded(events)[0]
    touched = {event.corrects for event in given.values() if isinstance(event, e.Correction)}
    corrected: list[e.Event] = []
    found: list[Version] = []
    for event in given.values():
        if isinstance(event, e.Correction) or event.id in touched:
            corrected.append(event)
        else:
            happened = Happened(event.effective_on, event.recorded_at, event.id, event)
            found.append(Version(happened, event.recorded_at.date().toordinal(), FOREVER))
    return [*found, *_corrected(corrected)]


def _corrected(events: Sequence[e.Event]) -> Iterator[Version]:
    now: dict[str, tuple[Happened, int]] = {}
    for cut in sorted({event.recorded_at.date() for event in events}):
        said = {one.id: one for one in settled(known_by(events, cut))[0]}
        for name, (before, since) in list(now.items()):
            if said.get(name) != before:
                yield Version(before, since, cut.toordinal())
                del now[name]
        for name, one in said.items():
            now.setdefault(name, (one, cut.toordinal()))
    for one, since in now.values():
        yield Version(one, since, FOREVER)


def _kinds(kind: Object, of: str = "", prefix: str = "") -> Iterator[tuple[tuple[str, str], Type]]:
    for member in kind.members:
        path = prefix + member.name
        yield (of, path), member.type
        if isinstance(member.type, Object):
            yield from _kinds(member.type, of, path + JOIN)
        elif isinstance(member.type, ListOf) and isinstance(member.type.element, Object) and not of:
            yield from _kinds(member.type.element, path)


def _is_empty_list(value: Any, kind: Type | None) -> bool:
    return isinstance(kind, ListOf) and value == []


def text_of(value: Any, kind: Type | None) -> str | None:
    """Return a JSON value as the text of a cell, None for one of another kind than its field's."""
    match kind:
        case Bool() if isinstance(value, bool):
            return "true" if value else "false"
        case String() | Enum() if isinstance(value, str):
            return value
        case Money(currency) if isinstance(value, str):
            return _amount(value, currency)
        case Int() | Money() if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        case Double() if isinstance(value, int | float) and not isinstance(value, bool):
            return repr(float(value))
        case Date() if isinstance(value, str):
            return _day(value)
        case Timestamp() if isinstance(value, str):
            return _moment(value)
    return None


def _amount(text: str, currency: str) -> str | None:
    try:
        return str(parse_amount(text, currency))
    except ValueError:
        return None


@lru_cache(maxsize=10_000)
def _day(text: str) -> str | None:
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        return None


@lru_cache(maxsize=10_000)
def _moment(text: str) -> str | None:
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return None if found.tzinfo is None else found.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
