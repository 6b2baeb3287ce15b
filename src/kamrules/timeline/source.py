"""A file of events as a source of deals: each as of one day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from pydantic import BaseModel

from kamrules.adapters import Reading
from kamrules.records.rejection import Item
from kamrules.timeline.files import read_events
from kamrules.timeline.timeline import timelines


def open_events(path: str | Path, model: type[BaseModel], day: date) -> Reading:
    """Open a file of events as the deals of a day, on what was recorded by its end.

    A deal of which nothing was recorded by then is not there. What is wrong with its events by then is among
    the issues of a deal. Rows are numbered in the order of the deals' ids.

    Raises
    ------
    InputError
        With every fault of every line of the file.
    """
    found = timelines(read_events(path), model=model)
    deals = [(one, deal) for one in found.values() if (deal := one.as_of(day)) is not None]

    def items() -> Iterator[Item]:
        for row, (timeline, deal) in enumerate(deals, start=1):
            yield Item(row, deal, timeline.issues_by(day))

    return Reading(str(path), "events", items, len(deals))
