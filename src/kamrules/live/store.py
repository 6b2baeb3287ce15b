"""Where a desk finds the events of a deal again: in memory here, in a database for a journal."""

from __future__ import annotations

import json
from typing import Protocol

from kamrules.timeline import Event
from kamrules.timeline import events as e


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


class InMemory:
    """Events as text, those of a deal one after another: little more memory than the text itself.

    INVARIANT: no id holds a line end, and neither does a text of JSON; ids stand in the order of the texts.
    """

    def __init__(self) -> None:
        self._texts: dict[str, tuple[bytearray, bytearray]] = {}

    def find(self, deal_id: str, event_id: str) -> Event | None:
        """Return one event of a deal."""
        found = self._texts.get(deal_id)
        if found is None:
            return None
        ids, texts = found
        start = ids.find(_line(event_id))
        return None if start < 0 else read(bytes(texts).split(b"\n")[ids.count(b"\n", 0, start)])

    def of(self, deal_id: str) -> list[Event]:
        """Return the events of a deal."""
        found = self._texts.get(deal_id)
        return [] if found is None else [read(text) for text in bytes(found[1]).split(b"\n")[:-1]]

    def add(self, event: Event) -> None:
        """Keep an event."""
        ids, texts = self._texts.setdefault(event.deal_id, (bytearray(b"\n"), bytearray()))
        ids += _line(event.id)[1:]
        texts += written(event) + b"\n"


def _line(event_id: str) -> bytes:
    return b"\n" + event_id.encode("utf-8", "surrogatepass") + b"\n"


def written(event: Event) -> bytes:
    """Return an event as one line of JSON."""
    if isinstance(event, e.Correction):  # what replaces has its type left out, too
        return json.dumps(e.to_dict(event), ensure_ascii=True, sort_keys=True).encode()
    text = event.__pydantic_serializer__.to_json(event, exclude_defaults=True)
    return b'{"type":"' + event.type.encode() + b'",' + text[1:]


def read(text: bytes) -> Event:
    """Return the event of one line of JSON that was written here."""
    return e.EVENT.validate_json(text)
