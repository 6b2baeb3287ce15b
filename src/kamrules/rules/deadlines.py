"""Deadlines that a law or a contract sets, resolved: the day each counts from, and how many days."""

from __future__ import annotations

from dataclasses import dataclass

from kamrules.rules import packformat as f
from kamrules.rules.cadences import days_at
from kamrules.rules.lang import core
from kamrules.rules.lang import types as t
from kamrules.rules.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Deadline:
    """One deadline with its conditions resolved; `days` are less than 0 where it lies before its day.

    The days between the two of `paused` are added. One that `lapses` takes a right with it; any other leaves
    work overdue.
    """

    id: str
    counts_from: core.Node
    days: int
    working_days: bool
    lapses: bool
    done: core.Node
    applies: core.Node | None
    paused: tuple[core.Node, core.Node] | None = None


def plan_deadlines(words: Vocabulary) -> tuple[Deadline, ...]:
    """Plan the deadlines of a pack; faulty ones are left out and reported in `words.faults`."""
    found = [_plan(words, name, spec) for name, spec in words.pack.deadlines.items()]
    return tuple(one for one in found if one is not None)


def _plan(words: Vocabulary, name: str, spec: f.Deadline) -> Deadline | None:
    path = ("deadlines", name)
    days = _days(words, path, spec)
    counts_from = words.condition((*path, "from"), expected=None)
    if counts_from is not None and not isinstance(core.type_of(counts_from), t.Date | t.Timestamp):
        message = f"a date or a timestamp is expected, not {core.type_of(counts_from)}"
        words.fault("E-TYPE", message, "", *path, "from")
        counts_from = None
    done = words.condition((*path, "done_when"))
    applies = None if spec.applies_when is None else words.condition((*path, "applies_when"))
    paused = () if spec.paused is None else _pause(words, path)
    is_faulty = (spec.applies_when is not None and applies is None) or paused is None
    if days is None or counts_from is None or done is None or is_faulty:
        return None
    return Deadline(name, counts_from, days, spec.working_days, spec.lapses, done, applies, paused or None)


def _pause(words: Vocabulary, path: tuple[str, ...]) -> tuple[core.Node, core.Node] | None:
    starts, until = (words.condition((*path, "paused", key), expected=t.Date()) for key in ("from", "until"))
    return None if starts is None or until is None else (starts, until)


def _days(words: Vocabulary, path: tuple[str, ...], spec: f.Deadline) -> int | None:
    """Return how many days after its day it is; a fault where two such numbers are given."""
    if spec.after is not None and spec.before is not None:
        words.fault("P-FORM", "at most one of `after`, `before` is expected", "", *path, "before")
        return None
    for key, sign in (("after", 1), ("before", -1)):
        if getattr(spec, key) is not None:
            days = days_at(words, (*path, key))
            return None if days is None else sign * days
    return 0
