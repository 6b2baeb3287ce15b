"""Which stages of a pipeline mean that a deal is open, won or lost: by the system's flags, else by name."""

from __future__ import annotations

import re

from kamrules.doors.format import Stage
from kamrules.doors.seen import Seen, plain
from kamrules.sheets.cells import NO, YES

# HubSpot writes the pipeline behind the stage: `Closed Won (Sales Pipeline)`.
_PIPELINE = re.compile(r"\s*\([^()]*\)$")


def status_of_stages(seen: Seen, column: str, stage: Stage) -> dict[str, str | None]:
    """Return the status of every stage seen; None where the flags differ from deal to deal, or say nothing.

    The flags of a system belong to its stages, so they are read from the rows: a stage is won if all its
    deals are. Without flags the stages that every new account has are known by their names.
    """
    flags = (seen.find(stage.closed), seen.find(stage.won))
    if all(flag is not None for flag in flags):
        return _by_flags(seen, column, [str(flag) for flag in flags])
    known = {plain(name): status for name, status in stage.known.items()}
    found: dict[str, str | None] = {}
    for name in seen.values[column]:
        found[name] = known.get(plain(name), known.get(plain(_PIPELINE.sub("", name))))
    return found


def _by_flags(seen: Seen, column: str, flags: list[str]) -> dict[str, str | None]:
    at = [seen.file.header.index(name) for name in (column, *flags)]
    told: dict[str, set[str | None]] = {name: set() for name in seen.values[column]}
    for line in seen.file.lines():
        if line.fault is not None:
            continue
        name, is_closed, is_won = (line.cells[index].strip() for index in at)
        if name in told:
            told[name].add(_status(is_closed.casefold(), is_won.casefold()))
    return {name: next(iter(found)) if len(found) == 1 else None for name, found in told.items()}


def _status(is_closed: str, is_won: str) -> str | None:
    if is_won in YES:
        return "won"
    if is_closed in NO:
        return "open"
    return "lost" if is_closed in YES and is_won in NO else None
