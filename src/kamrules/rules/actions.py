"""The actions of a pack: what can be done about which fact, at what cost, and when at the earliest.

A fact is named by its path without list positions (`deal.stakeholders.stance`); an action for a path is one
for everything below it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal

from kamrules.errors import nearest
from kamrules.rules import packformat as f
from kamrules.rules.lang import core
from kamrules.rules.lang import types as t
from kamrules.rules.scoreplan import in_list
from kamrules.rules.vocabulary import Vocabulary

Kind = Literal["find_out", "confirm", "change", "add"]


@dataclass(frozen=True, slots=True)
class Action:
    """An action with its paths and condition resolved; `when` is said of `var`, an element of the list."""

    id: str
    does: frozenset[Kind]
    facts: tuple[str, ...]
    cost: int
    days: int
    weekday: int | None
    after: tuple[str, ...]
    to: tuple[Any, ...]
    var: core.Var | None
    when: core.Node | None
    gives: tuple[str, ...]
    together: bool
    is_act: bool

    def earliest(self, start: date) -> date:
        """Return the first day on which it can be done when work on it starts on `start`."""
        day = start + timedelta(days=self.days)
        return day if self.weekday is None else day + timedelta(days=(self.weekday - day.weekday()) % 7)


@dataclass(frozen=True, slots=True)
class Actions:
    """Every action of a pack, and the facts that none may touch."""

    by_id: Mapping[str, Action] = field(default_factory=dict)
    off_limits: tuple[str, ...] = ()

    def touches(self, path: str) -> bool:
        """Whether a fact may be touched at all."""
        return not any(_covers(limit, path) for limit in self.off_limits)

    def on(self, kind: Kind, path: str) -> Action | None:
        """Return the action that does something to a fact, or None when nothing may be done about it."""
        if not self.touches(path):
            return None
        found = [
            (-len(fact), action.cost, action.id)
            for action in self.by_id.values()
            if kind in action.does
            for fact in action.facts
            if _covers(fact, path)
        ]
        return self.by_id[min(found)[2]] if found else None

    def additions(self, path: str) -> tuple[Action, ...]:
        """Return the actions that add an element to a list."""
        return tuple(
            action
            for action in self.by_id.values()
            if "add" in action.does and path in action.facts and self.touches(path)
        )


def _covers(fact: str, path: str) -> bool:
    return path == fact or path.startswith(f"{fact}.")


def plan_actions(words: Vocabulary) -> Actions:
    """Plan the actions of a pack; faulty ones are left out and reported in `words.faults`."""
    pack = words.pack
    found = [_plan(words, name, spec) for name, spec in pack.actions.items()]
    for index, path in enumerate(pack.off_limits):
        words.type_at(path, "off_limits", index)
    _check_order(words)
    never = () if pack.privacy is None else tuple(pack.privacy.never_asked)
    return Actions({action.id: action for action in found if action is not None}, (*pack.off_limits, *never))


def _plan(words: Vocabulary, name: str, spec: f.Action) -> Action | None:
    place = ("actions", name)
    kinds = [words.type_at(path, *place, "facts", index) for index, path in enumerate(spec.facts)]
    if None in kinds:
        return None
    var = when = None
    if "add" in spec.does:
        elements = {kind.element for kind in kinds if isinstance(kind, t.ListOf)}
        if len(elements) != 1 or not all(isinstance(kind, t.ListOf) for kind in kinds):
            words.fault("P-TYPE", "`add` needs lists of one kind", "", *place, "facts")
            return None
        element = next(iter(elements))
        known = [one.name for one in element.members] if isinstance(element, t.Object) else []
        for index, given in enumerate(spec.gives):
            if given not in known:
                words.fault(
                    "P-REF", f"no fact `{given}` in it", nearest(given, known), *place, "gives", index
                )
        if spec.when is not None:
            var = core.Var(spec.var or "e", element)
            when = in_list(words, (*place, "when"), var, t.Bool())
            if when is None:
                return None
    elif spec.when is not None:
        words.fault("P-FORM", "`when` is said of an element that is added", "", *place, "when")
        return None
    return Action(
        id=name,
        does=frozenset(spec.does),
        facts=tuple(spec.facts),
        cost=spec.cost,
        days=spec.days,
        weekday=None if spec.weekday is None else f.WEEKDAYS.index(spec.weekday),
        after=tuple(spec.after),
        to=tuple(spec.to),
        var=var,
        when=when,
        gives=tuple(spec.gives),
        together=spec.together,
        is_act=spec.is_act,
    )


def _check_order(words: Vocabulary) -> None:
    """Report actions that wait for what is no action, or for themselves."""
    actions = words.pack.actions
    for name, spec in actions.items():
        for index, other in enumerate(spec.after):
            if other not in actions:
                hint = nearest(other, actions)
                words.fault("P-REF", f"no action `{other}`", hint, "actions", name, "after", index)
            elif name in _before(other, actions):
                message = f"`{name}` and `{other}` wait for each other"
                words.fault("P-CYCLE", message, "", "actions", name, "after", index)


def _before(name: str, actions: Mapping[str, f.Action]) -> set[str]:
    """Return an action and all that come before it."""
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        one = waiting.pop()
        if one not in seen and one in actions:
            seen.add(one)
            waiting += actions[one].after
    return seen
