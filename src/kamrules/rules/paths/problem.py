"""What a path is asked for: a goal, guards, the record as it is, and what may be done about it."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from kamrules.rules.actions import Action, Actions, Kind
from kamrules.rules.lang import types as t
from kamrules.rules.lang.core import Node
from kamrules.rules.lang.reference import Unknown, evaluate
from kamrules.rules.places import without_positions

Record = dict[str, Any]
HORIZON = timedelta(days=730)  # how far ahead a gate may open (our choice)


@dataclass(frozen=True, slots=True)
class Step:
    """One fact brought about: found out, confirmed by evidence `level`, changed, or an element added.

    `path` names the fact by its place in the record; of an addition, the place the element will have.
    `value` is a value that reaches the goal, or the facts of the element, `accepts` every value of a closed
    list that does; `on` is the first day it can be done; `serves` are the parts of the goal that fail
    without it.
    """

    kind: Kind
    action: str
    path: str
    cost: int
    value: Any = None
    level: str | None = None
    accepts: tuple[Any, ...] = ()
    on: date | None = None
    serves: tuple[str, ...] = ()

    @property
    def fact(self) -> str:
        """The path without list positions."""
        return without_positions(self.path)


@dataclass(frozen=True, slots=True)
class Path:
    """Steps to a goal, the first day on which all are done and the goal holds, and their cost together."""

    steps: tuple[Step, ...]
    opens_on: date
    cost: int


@dataclass(frozen=True, slots=True)
class Problem:
    """A question for a path.

    `goal` are conditions that must become true, by name; `guards` are conditions that must not become true,
    each with whether it is surely false today and must stay so.
    """

    goal: Mapping[str, Node]
    guards: Mapping[str, tuple[Node, bool]]
    record: Record
    schema: t.Object
    root: str
    actions: Actions
    as_of: date
    horizon: timedelta = field(default=HORIZON)

    def opens(self, record: Record, day: date) -> bool:
        """Whether the goal is reached and no guard crossed, by the reference."""
        return not any(self.unmet(record, day)) and not any(self.crossed(record, day))

    def unmet(self, record: Record, day: date) -> Iterator[str]:
        """Yield the parts of the goal that are not surely true."""
        for name, node in self.goal.items():
            if evaluate(node, record, day, root=self.root) is not True:
                yield name

    def crossed(self, record: Record, day: date) -> Iterator[str]:
        """Yield the guards that are crossed."""
        for name, (node, stays_false) in self.guards.items():
            value = evaluate(node, record, day, root=self.root)
            if value is True or (stays_false and isinstance(value, Unknown)):
                yield name

    def fits(self, step: Step) -> bool:
        """Whether the element a step adds is one that its action adds."""
        action = self.actions.by_id[step.action]
        if step.kind != "add":
            return True
        if action.gives and not set(step.value) <= {*action.gives, "evidence"}:
            return False
        if action.when is None or action.var is None:
            return True
        value = evaluate(action.when, step.value, self.as_of, root=action.var.name)
        return value is True

    def replays(self, steps: tuple[Step, ...], day: date) -> bool:
        """Whether the steps lead to the goal, by the reference."""
        changed = applied(self.record, steps)
        return all(self.fits(step) for step in steps) and self.opens(changed, day)

    def action_of(self, step: Step) -> Action:
        """Return the action of a step."""
        return self.actions.by_id[step.action]


def applied(record: Record, steps: tuple[Step, ...]) -> Record:
    """Return the record after the steps; the record itself is not changed."""
    changed = copy.deepcopy(record)
    for step in steps:
        if step.kind == "add":
            holder, name = _holder(changed, step.path.rpartition("[")[0])
            holder[name] = [*(holder.get(name) or []), copy.deepcopy(step.value)]
            continue
        holder, name = _holder(changed, step.path)
        if step.level is not None:
            fresh = {"level": step.level} if step.on is None else {"level": step.level, "at": step.on}
            holder["evidence"] = {**(holder.get("evidence") or {}), name: fresh}
        else:
            holder[name] = copy.deepcopy(step.value)
    return changed


def _holder(record: Record, path: str) -> tuple[Record, str]:
    """Return what holds the fact at a path, made where it is missing, and the fact's name."""
    found: Any = record
    steps = path.split(".")[1:]
    for step in steps[:-1]:
        name, bracket, index = step.partition("[")
        inner = found.get(name)
        if inner is None:
            inner = found[name] = {}
        found = inner[int(index.rstrip("]"))] if bracket else inner
    return found, steps[-1]
