"""Where a desk finds the events of a deal again: in memory here, in a database for a journal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from kamrules.timeline import Event, event_of
from kamrules.timeline import events as e
from kamrules.jsontext import parse_json

import json


class Events(Protocol):
    """The events let in so far; a desk adds each of them once."""

    def find(self, deal_id: str, event_id: str) -> Event | None:
        """Return one event of a deal."""
        ...

    def of(self, deal_id: str) -> list[Event]:
        """Return the events of a deal, in any order."""
        ...

    def add(self, event: Event) -> None:
        """Keep an event."""
        ...

    def deals(self) -> Iterator[str]:
        """Return the deals with events."""
        ...


# Between two events, and before the text of one. No id holds a line end, and no text of JSON has one.
_NEXT, _TEXT = b"\n\n", b"\n"


class InMemory:
    """Events as text, those of a deal one after another: little more memory than the text itself."""

    def __init__(self) -> None:
        self._texts: dict[str, bytearray] = {}

    def find(self, deal_id: str, event_id: str) -> Event | None:
        """Return one event of a deal."""
        text = self._texts.get(deal_id, b"")
        mark = _NEXT + event_id.encode("utf-8", "surrogatepass") + _TEXT
        start = text.find(mark)
        if start < 0:
            return None
        start += len(mark)
        end = text.find(_NEXT, start)
        return read(bytes(text[start : end if end >= 0 else None]))

    def of(self, deal_id: str) -> list[Event]:
        """Return the events of a deal."""
        parts = bytes(self._texts.get(deal_id, b"")).split(_NEXT)[1:]
        return [read(part.split(_TEXT, 1)[1]) for part in parts]

    def add(self, event: Event) -> None:
        """Keep an event."""
        text = self._texts.setdefault(event.deal_id, bytearray())
        text += _NEXT + event.id.encode("utf-8", "surrogatepass") + _TEXT + written(event)

    def deals(self) -> Iterator[str]:
        """Return the deals with events."""
        return iter(self._texts)


def written(event: Event) -> bytes:
    """Return an event as one line of JSON."""
    if isinstance(event, e.Correction):  # what replaces has its type left out, too
        return json.dumps(e.to_dict(event), ensure_ascii=True, sort_keys=True).encode()
    text = event.__pydantic_serializer__.to_json(event, exclude_defaults=True)
    return b'{"type":"' + event.type.encode() + b'",' + text[1:]


def read(text: bytes) -> Event:
    """Return the event of one line of JSON that was written here."""
    return e.EVENT.validate_json(text)
