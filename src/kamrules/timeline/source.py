"""A file of events as a source of deals, each as of one day, or of the events of one deal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from pydantic import BaseModel

from kamrules.adapters import Reading
from kamrules.errors import Fault, InputError, nearest
from kamrules.records.rejection import Item
from kamrules.timeline.files import read_events
from kamrules.timeline.timeline import Timeline, timelines


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


def find_timeline(path: str | Path, model: type[BaseModel], deal_id: str) -> Timeline:
    """Return the events of one deal in a file of events.

    Raises
    ------
    InputError
        I-DEAL when no event is of the deal, with the nearest id; or every fault of every line of the file.
    """
    found = timelines(read_events(path), model=model)
    if deal_id not in found:
        hint = nearest(deal_id, found) or f"{len(found)} deals were read"
        raise InputError(Fault("I-DEAL", f"no deal `{deal_id}` in `{path}`", hint=hint))
    return found[deal_id]
