"""Work that comes again, resolved: what counts as doing it, how often it is due, and from which day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import available_timezones

from kamrules.errors import nearest
from kamrules.rules import packformat as f
from kamrules.rules.lang import core
from kamrules.rules.lang import types as t
from kamrules.rules.scoreplan import in_list, list_at
from kamrules.rules.vocabulary import Vocabulary

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Done:
    """The day `on` of every element `var` of a list for which `when` holds; without a list, of the record."""

    on: core.Node
    when: core.Node
    range: core.Field | None = None
    var: core.Var | None = None


@dataclass(frozen=True, slots=True)
class Cadence:
    """One cadence with its conditions resolved; `every` counts working days or calendar days."""

    id: str
    done: tuple[Done, ...]
    every: int
    working_days: bool
    applies: core.Node | None
    starts: core.Node | None


def plan_cadences(words: Vocabulary) -> tuple[Cadence, ...]:
    """Plan the cadences of a pack; faulty ones are left out and reported in `words.faults`."""
    found = [_plan(words, name, spec) for name, spec in words.pack.cadences.items()]
    return tuple(one for one in found if one is not None)


def _plan(words: Vocabulary, name: str, spec: f.Cadence) -> Cadence | None:
    path = ("cadences", name)
    if spec.rule is not None and spec.rule not in words.ids("findings"):
        hint = nearest(spec.rule, words.ids("findings"))
        words.fault("P-REF", f"no work rule `{spec.rule}`", hint, *path, "rule")
    done = [_done(words, (*path, "done", index), part) for index, part in enumerate(spec.done)]
    every = days_at(words, (*path, "every"))
    applies = starts = None
    if spec.applies_when is not None:
        applies = words.condition((*path, "applies_when"))
    if spec.starts is not None:
        starts = words.condition((*path, "starts"), expected=t.Date())
    is_faulty = (spec.applies_when is not None and applies is None) or (
        spec.starts is not None and starts is None
    )
    sound = tuple(part for part in done if part is not None)
    if is_faulty or every is None or len(sound) != len(done):
        return None
    return Cadence(name, sound, every, spec.working_days, applies, starts)


def _done(words: Vocabulary, path: tuple[str | int, ...], spec: f.Done) -> Done | None:
    always = core.Const(True, t.Bool())
    if spec.of is None:
        if spec.when is not None or spec.var is not None:
            words.fault(
                "P-FORM", "`as` and `when` are about the elements of a list", "name it as `of`", *path
            )
            return None
        on = words.condition((*path, "on"), expected=t.Date())
        return None if on is None else Done(on, always)
    range_ = list_at(words, (*path, "of"))
    if range_ is None or not isinstance(range_.type, t.ListOf):
        return None
    if spec.var is None:
        words.fault("P-MISSING", "`as` is missing", "it names one element of the list", *path)
        return None
    var = core.Var(spec.var, range_.type.element)
    when = (
        always if spec.when is None else in_list(words, (*path, "when"), var, t.Bool(), core.path_of(range_))
    )
    on = in_list(words, (*path, "on"), var, t.Date(), core.path_of(range_))
    return None if when is None or on is None else Done(on, when, range_, var)


def days_at(words: Vocabulary, path: tuple[str, ...]) -> int | None:
    """Return the number of whole days that a parameter or literal at `path` of the pack is; else a fault."""
    node = words.condition(path, expected=t.Duration())
    if node is None:
        return None
    length = node.value if isinstance(node, core.Const) else None
    if not isinstance(length, timedelta) or length < _DAY or length % _DAY:
        message = "a parameter or a duration of one or more whole days is expected"
        words.fault("P-VALUE", message, 'such as `duration("14d")`', *path)
        return None
    return length // _DAY


def check_calendar(words: Vocabulary) -> None:
    """Report what is wrong with the calendar of a pack; its country is looked up when first needed."""
    spec = words.pack.calendar
    if spec.time_zone not in available_timezones():
        hint = nearest(spec.time_zone, available_timezones()) or "an IANA name such as Asia/Shanghai"
        words.fault("P-VALUE", f"no time zone `{spec.time_zone}`", hint, "calendar", "time_zone")
    if set(spec.weekend) >= set(f.WEEKDAYS):
        words.fault("P-VALUE", "the weekend is the whole week", "", "calendar", "weekend")
    for index, day in enumerate(spec.workdays):
        if day in spec.holidays:
            words.fault("P-VALUE", f"{day} is a holiday too", "", "calendar", "workdays", index)
