"""When the steps of a path can be done, what each serves, and plain values for them; each change replayed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

from kamrules.rules.lang import types as t
from kamrules.rules.paths.problem import Problem, Step, applied
from kamrules.rules.places import type_at, value_at
from kamrules.rules.settling import settle

ANY_TEXT = "…"  # stands for a text that anybody may fill in
_Steps = tuple[Step, ...]


def scheduled(problem: Problem, steps: _Steps, day: date) -> tuple[_Steps, date]:
    """Return the steps with what they serve and the first day of each, and the day on which all are done.

    A step waits for all whose actions its own comes after.
    """
    told = tuple(
        replace(step, serves=_serves(problem, steps, place, day)) for place, step in enumerate(steps)
    )
    days: dict[int, date] = {}

    def first_day(place: int) -> date:
        if place not in days:
            step = told[place]
            action = problem.action_of(step)
            before = [first_day(other) for other, one in enumerate(told) if one.action in action.after]
            days[place] = action.earliest(max(before, default=problem.as_of))
        return days[place]

    dated = tuple(replace(step, on=first_day(place)) for place, step in enumerate(told))
    return dated, max([day, *days.values()])


def _serves(problem: Problem, steps: _Steps, place: int, day: date) -> tuple[str, ...]:
    step = steps[place]
    if step.kind == "add":
        without = applied(problem.record, steps)
        elements = value_at(without, step.path.rpartition("[")[0])
        del elements[int(step.path.rpartition("[")[2][:-1])]
    else:
        without = applied(problem.record, (*steps[:place], *steps[place + 1 :]))
    return tuple(problem.unmet(without, day))


def on_their_days(problem: Problem, steps: _Steps) -> _Steps:
    """Return the steps with the days that acts bring about set to the first day of each."""
    found = []
    for step in steps:
        if step.on is None or not problem.action_of(step).is_act:
            found.append(step)
        elif step.kind == "add":
            found.append(
                replace(step, value={name: _on(value, step.on) for name, value in step.value.items()})
            )
        else:
            found.append(replace(step, value=_on(step.value, step.on)))
    return tuple(found)


def _on(value: Any, day: date) -> Any:
    if isinstance(value, datetime):
        return datetime.combine(day, time(), UTC)
    return day if isinstance(value, date) else value


def plainer(problem: Problem, steps: _Steps, day: date) -> _Steps:
    """Return the steps without facts of new elements that nothing asks for, and with plain values."""
    found = list(_needed(problem, steps, day))

    def fits(place: int, step: Step) -> bool:
        tried = (*found[:place], step, *found[place + 1 :])
        if not problem.replays(tried, day):
            return False
        found[place] = step
        return True

    for place, step in enumerate(list(found)):
        if step.kind == "add":
            for name in list(step.value):
                now = found[place]
                fits(place, replace(now, value={key: one for key, one in now.value.items() if key != name}))
            for name in list(found[place].value):
                kind = type_at(problem.schema, f"{step.path}.{name}")
                for option in _plainer_values(found[place].value[name], kind):
                    if fits(place, replace(found[place], value={**found[place].value, name: option})):
                        break
        elif step.level is None:
            kind = type_at(problem.schema, step.path)
            for option in _plainer_values(step.value, kind):
                if fits(place, replace(step, value=option)):
                    break
            _settle_number(found, place, kind, fits)
            _note_choices(problem, found, place, kind, day)
    return tuple(found)


def _needed(problem: Problem, steps: _Steps, day: date) -> _Steps:
    """Return the steps without those that an act for several facts took along for nothing."""
    for step in steps:
        fewer = tuple(one for one in steps if one is not step)
        if problem.action_of(step).together and step.kind != "add" and problem.replays(fewer, day):
            return _needed(problem, fewer, day)
    return steps


def _plainer_values(value: Any, kind: t.Type | None) -> Iterator[Any]:
    match kind:
        case t.String() if value != ANY_TEXT:
            yield ANY_TEXT
        case t.Enum(values):
            yield from values[: values.index(value)]


def _settle_number(found: list[Step], place: int, kind: t.Type | None, fits: Any) -> None:
    step = found[place]
    if isinstance(kind, t.Int | t.Money) and isinstance(step.value, int):
        least = kind.low if isinstance(kind, t.Int) else 0
        settle(step.value, max(least, 0), lambda number: fits(place, replace(found[place], value=number)))


def _note_choices(problem: Problem, found: list[Step], place: int, kind: t.Type | None, day: date) -> None:
    """Note every value of a closed list that does as well."""
    step = found[place]
    action = problem.action_of(step)
    options: tuple[Any, ...] = kind.values if isinstance(kind, t.Enum) else ()
    able = [one for one in options if not action.to or one in action.to]
    good = tuple(
        one
        for one in able
        if one == step.value
        or problem.replays((*found[:place], replace(step, value=one), *found[place + 1 :]), day)
    )
    found[place] = replace(step, accepts=good)
