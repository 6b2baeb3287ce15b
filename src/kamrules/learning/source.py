"""The histories of a source: the events of its deals, or its bare records, which nothing is learned from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kamrules.adapters import Request, read_deals
from kamrules.engine import Engine
from kamrules.timeline import holds_events, read_events, timelines
from kamrules.timeline.timeline import Timeline


def read_histories(path: str | Path, engine: Engine) -> list[Timeline | Mapping[str, Any]]:
    """Return the timelines of a file of events, or the deals of another source as bare records.

    Raises
    ------
    InputError
        The source cannot be read; with every fault of every line of a file of events.
    """
    if holds_events(path):
        return list(timelines(read_events(path), model=engine.model).values())
    reading = read_deals(path, Request(engine.model, "reject", None, frozenset(), engine.refused))
    return [item.deal for item in reading.items() if isinstance(item.deal, Mapping)]
