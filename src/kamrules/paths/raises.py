"""What would raise the deal health most: for each entry that gives less than it could, the cheapest steps.

Each is found as a path to its entry alone, applied, and the score taken again; what crosses a red line, or
gains nothing, is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from kamrules.assessment import Assessment
from kamrules.engine import Engine
from kamrules.errors import MissingExtraError
from kamrules.rules.actions import Kind
from kamrules.rules.lang import core
from kamrules.rules.paths import Path, Problem, Step, applied, plain_path
from kamrules.rules.places import value_at
from kamrules.rules.plan import Entry, Flag, Mean, Share

_SHOWN = 5
_TIMEOUT_MS = 2000  # for one entry (our choice)


@dataclass(frozen=True, slots=True)
class Raise:
    """Steps that raise the score: by `points` of its lower end, at `cost`; `entry` is what they are for."""

    entry: str
    points: float
    cost: int
    facts: tuple[str, ...]
    actions: tuple[str, ...]


def best_raises(engine: Engine, found: Assessment, problem: Problem, as_of: date) -> tuple[Raise, ...]:
    """Return what raises the health most for its cost, best first; nothing where z3 is missing."""
    health, name = found.health, engine.pack.health
    if health is None or name is None:
        return ()
    open_entries = {line.id for line in health.ledger if line.low < line.best}
    card = next(one for one in engine.plan.scorecards if one.id == name)
    raises = []
    for entry in card.entries:
        if entry.id not in open_entries:
            continue
        for path in _ways(problem, entry):
            changed = applied(problem.record, path.steps)
            if any(problem.crossed(changed, path.opens_on)):
                continue
            after = engine.assess(changed, as_of=as_of, detail="brief").health
            points = 0.0 if after is None else round(after.low - health.low, 6)
            if points > 0:
                facts = tuple(dict.fromkeys(step.path for step in path.steps))
                actions = tuple(dict.fromkeys(step.action for step in path.steps))
                raises.append(Raise(entry.id, points, path.cost, facts, actions))
    return tuple(sorted(raises, key=lambda one: (-one.points / one.cost, -one.points, one.entry))[:_SHOWN])


def _ways(problem: Problem, entry: Entry) -> Iterator[Path]:
    """Yield steps that bring an entry what it could give."""
    match entry:
        case Flag(when=when):
            yield from _path(problem, entry.id, when)
        case Share(range=range_, var=var, when=when):
            yield from _path(problem, entry.id, core.Not(core.Exists(range_, var, core.Not(when))))
        case Mean():
            yield from _better_elements(problem, entry)


def _path(problem: Problem, name: str, when: core.Node) -> Iterator[Path]:
    alone = replace(problem, goal={name: when}, guards={})
    path = plain_path(alone)
    if path is not None:
        yield path
        return
    try:
        from kamrules.rules.paths.exact import Exact, UndecidedError  # noqa: PLC0415 - needs an extra
    except MissingExtraError:
        return
    try:
        path = Exact(alone, _TIMEOUT_MS).cheapest()
    except UndecidedError:
        return
    if path is not None and path.steps:
        yield path


def _better_elements(problem: Problem, entry: Mean) -> Iterator[Path]:
    """Yield for each element the step that gives its text the greatest number it can get."""
    value = entry.value.field if isinstance(entry.value, core.Attested) else entry.value
    if not isinstance(value, core.Field) or value.base != entry.var:
        return
    numbers = dict(entry.mapping)
    list_path = core.path_of(entry.range)
    for index, element in enumerate(value_at(problem.record, list_path) or []):
        path = f"{list_path}[{index}].{value.name}"
        now = (element or {}).get(value.name)
        kind: Kind = "find_out" if now is None else "change"
        action = problem.actions.on(kind, f"{list_path}.{value.name}")
        if action is None or element is None:
            continue
        able = [text for text in numbers if not action.to or text in action.to]
        best = max(able, key=lambda text: numbers[text], default=None)
        if best is not None and (now is None or numbers[best] > numbers.get(now, 0.0)):
            day = action.earliest(problem.as_of)
            yield Path((Step(kind, action.id, path, action.cost, best, on=day),), day, action.cost)
