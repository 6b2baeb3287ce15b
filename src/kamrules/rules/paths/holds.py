"""What keeps a record as it is, for z3: a literal for each fact that may be touched, by what, at what cost.

Where its literal is true a fact stays as it is; what may not be touched stays in any case. The slots after
the elements of a list are those that may be added.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from kamrules.rules.actions import Action, Kind
from kamrules.rules.lang import types as t
from kamrules.rules.paths.problem import Problem, Step
from kamrules.rules.places import value_at, without_positions
from kamrules.rules.smtcode.door import z3
from kamrules.rules.smtcode.encode import AS_OF, Encoder
from kamrules.rules.smtcode.facts import Facts, Spot
from kamrules.rules.smtcode.logic import Formula, as_term, conj, disj, neg
from kamrules.rules.smtcode.records import Pins, Reader
from kamrules.rules.wholes import DAY

_NOTHING = Action("", frozenset(), (), 0, 0, None, (), (), None, None, (), False, False)


@dataclass(frozen=True, slots=True)
class Hold:
    """A literal that keeps one fact as it is; dropping it costs what the action costs.

    Of an addition, that fewer than `count` elements are added to the list at `path` by the action. Where the
    action is done once for several facts of a record, it keeps all of them (`parts`).
    """

    literal: Any
    kind: Kind
    path: str
    action: Action
    count: int = 0
    parts: tuple[Hold, ...] = ()
    is_new: bool = False  # said of an element that is not on file yet


@dataclass(slots=True)
class Holds:
    """Every hold of one problem, made after its conditions are encoded; what is fixed is in the constraints.

    `ways` say by which action a new slot is filled, by list and action; `uses` when an action is used, and
    `days` on which day.
    """

    problem: Problem
    encoder: Encoder
    added_from: dict[str, int]
    found: list[Hold] = field(default_factory=list)
    single: list[Hold] = field(default_factory=list)
    ways: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    uses: dict[str, list[Any]] = field(default_factory=dict)
    days: dict[str, Any] = field(default_factory=dict)
    fixed: list[Hold] = field(default_factory=list)

    @property
    def facts(self) -> Facts:
        """The facts of the question."""
        return self.encoder.facts

    def make(self) -> None:
        """Make the holds and note what is fixed."""
        new = dict(self._slots())
        self._additions(new)
        is_new = tuple(f"{path}." for path in new) or ("\0",)
        for path in list(self.facts.flags):
            if not path.startswith(is_new) and path not in new:
                self._flag(path)
        pins = Pins(self.facts)
        for path in list(self.facts.variables):
            if path != AS_OF and not path.startswith(is_new) and path not in new:
                self._variable(path, pins)
        for path in list(self.facts.levels):
            self._level(path, is_new=path.startswith(is_new))
        self._acts(new)
        self._calendar()
        self._join()

    def _join(self) -> None:
        """Join the holds of facts that one act is for; `single` keeps them as they are."""
        self.single = [hold for hold in self.found if not hold.is_new]
        groups: dict[tuple[str, str], list[Hold]] = {}
        for hold in self.found:
            if hold.action.together and hold.kind != "add":
                groups.setdefault((hold.action.id, hold.path.rpartition(".")[0]), []).append(hold)
        joined = []
        for (name, holder), parts in groups.items():
            literal = z3.Bool(f"keep {holder} from {name}")
            for part in parts:
                self.facts.require(disj(neg(literal), part.literal))
            joined.append(Hold(literal, parts[0].kind, holder, parts[0].action, parts=tuple(parts)))
        alone = [hold for hold in self.found if hold.kind == "add" or not hold.action.together]
        self.found = [*alone, *joined]

    def _slots(self) -> Iterator[tuple[str, Spot]]:
        """Yield the slots that may be filled, by path; those of elements on file are filled."""
        for path, slots in self.facts.lists.items():
            known = value_at(self.problem.record, path) or []
            for index, (inside, spot) in enumerate(zip(slots.inside, slots.elements, strict=True)):
                if index < len(known):
                    self.facts.require(inside)
                elif index < self.added_from[path]:
                    self.facts.require(neg(inside))
                else:
                    yield spot.path, spot

    def _additions(self, new: dict[str, Spot]) -> None:
        """Let each new slot be filled by an action, and hold how many elements each action adds."""
        before: dict[
            str, list[Any]
        ] = {}  # the ways of the slot before: slots are filled in the order of actions
        for path, spot in new.items():
            list_path = path.rpartition("[")[0]
            slots = self.facts.lists[list_path]
            inside = slots.inside[slots.elements.index(spot)]
            ways = [
                self._way(path, spot, inside, action) for action in self.problem.actions.additions(list_path)
            ]
            self.facts.require(disj(neg(inside), *ways))
            for place, way in enumerate(ways):
                self.facts.require(conj(*(neg(conj(way, other)) for other in ways[:place])))
                self.facts.require(
                    conj(*(neg(conj(way, other)) for other in before.get(list_path, [])[place + 1 :]))
                )
            before[list_path] = ways
        for (list_path, name), slots_used in self.ways.items():
            action = self.problem.actions.by_id[name]
            for count in range(1, len(slots_used) + 1):
                literal = z3.Bool(f"fewer than {count} {list_path} by {name}")
                self.facts.require(disj(neg(literal), z3.AtMost(*slots_used.values(), count - 1)))
                self.found.append(Hold(literal, "add", list_path, action, count))

    def _way(self, path: str, spot: Spot, inside: Any, action: Action) -> Any:
        way = z3.Bool(f"add {path} by {action.id}")
        self.ways.setdefault((path.rpartition("[")[0], action.id), {})[path] = way
        fits: Formula = True
        if action.when is not None and action.var is not None:
            fits = self.encoder.truth_of(action.when, action.var.name, spot).true
        self.facts.require(disj(neg(way), conj(inside, spot.present, fits)))
        self._done(way, action)
        return way

    def _done(self, done: Formula, action: Action) -> None:
        """Note when something is done by an action."""
        self.uses.setdefault(action.id, []).append(done)
        self.days.setdefault(action.id, z3.Int(f"day of {action.id}"))

    def _calendar(self) -> None:
        """Require that actions are done no sooner than they can, and after those they come after."""
        today = self.encoder.day().value
        for name, day in self.days.items():
            action = self.problem.actions.by_id[name]
            used = disj(*self.uses[name])
            self.facts.require(conj(day >= self._earliest(action), disj(neg(used), day <= today)))
            if action.weekday is not None:
                self.facts.require(
                    (day - 1) % 7 == action.weekday
                )  # the first day of the calendar is a Monday
            for other in action.after:
                if other in self.days:
                    both_used = conj(used, disj(*self.uses[other]))
                    self.facts.require(disj(neg(both_used), day >= self.days[other] + action.days))

    def _acts(self, new: dict[str, Spot]) -> None:
        """Require that new elements have only what their action gives, and no day sooner than it is done."""
        for path in new:
            for action in self.problem.actions.additions(path.rpartition("[")[0]):
                way = self.ways[path.rpartition("[")[0], action.id][path]
                for inner in self.days_below(path) if action.is_act else ():
                    self._dated(inner, way, action)
                for inner, flag in self.facts.flags.items() if action.gives else ():
                    if (
                        inner.startswith(f"{path}.")
                        and inner[len(path) + 1 :].split(".")[0] not in action.gives
                    ):
                        self.facts.require(disj(neg(way), neg(flag)))

    def _dated(self, path: str, done: Formula, action: Action) -> None:
        """Require that a day or moment an act brings about lies between its first day and the last one."""
        variable, day, today = self.facts.variables[path], self.days[action.id], self.encoder.day().value
        match self.facts.spots[path].type:
            case t.Date():
                bounds = conj(variable >= day, variable <= today)
            case t.Timestamp():
                bounds = conj(variable >= (day - 1) * DAY, variable < today * DAY)
            case _:
                return
        self.facts.require(disj(neg(done), bounds))

    def days_below(self, path: str) -> list[str]:
        """Return the days and moments asked for at a place or below it."""
        return [
            inner
            for inner in self.facts.variables
            if (inner == path or inner.startswith(f"{path}."))
            and isinstance(self.facts.spots[inner].type, t.Date | t.Timestamp)
        ]

    def _earliest(self, action: Action) -> int:
        return action.earliest(self.problem.as_of).toordinal()

    def _hold(self, stays: Formula, kind: Kind, path: str, action: Action, *, is_new: bool = False) -> None:
        literal = z3.Bool(f"keep {kind} {path}")
        self.facts.require(disj(neg(literal), stays))
        self._done(neg(literal), action)
        self.found.append(Hold(literal, kind, path, action, is_new=is_new))

    def _fix(self, stays: Formula, path: str) -> None:
        """Keep a fact that may not be touched, in a way that can be asked for as a reason."""
        literal = z3.Bool(f"fixed {path}")
        self.facts.require(disj(neg(literal), stays))
        self.fixed.append(Hold(literal, "change", path, _NOTHING))

    def _flag(self, path: str) -> None:
        flag, spot = self.facts.flags[path], self.facts.spots[path]
        if value_at(self.problem.record, path) is not None:
            self.facts.require(flag)
            return
        if isinstance(spot.type, t.Object):
            return  # it is there as soon as one of its facts is
        action = self.problem.actions.on("find_out", without_positions(path))
        if action is None or path.endswith("]"):
            self._fix(neg(flag), path)
            return
        self._hold(neg(flag), "find_out", path, action)
        variable = self.facts.variables.get(path)
        if variable is not None:
            self._bounds(flag, path, variable, action)

    def _variable(self, path: str, pins: Pins) -> None:
        value = value_at(self.problem.record, path)
        if value is None:
            return
        variable = self.facts.variables[path]
        same = variable == pins.term(path, value)
        action = self.problem.actions.on("change", without_positions(path))
        if action is None or path.endswith("]"):
            self._fix(same, path)
            return
        self._hold(same, "change", path, action)
        self._bounds(neg(same), path, variable, action)

    def _bounds(self, done: Formula, path: str, variable: Any, action: Action) -> None:
        """Require that a new value is one that the action can bring about, and no day before the act."""
        pins = Pins(self.facts)
        if action.to:
            able = [variable == pins.term(path, value) for value in action.to if self._is_value(path, value)]
            self.facts.require(disj(neg(done), *able) if able else True)
        if action.is_act:
            self._dated(path, done, action)

    def _is_value(self, path: str, value: Any) -> bool:
        """Whether one of the values an action names is one of this fact; an action may be for several."""
        match self.facts.spots[path].type:
            case t.Bool():
                return isinstance(value, bool)
            case t.Enum(values):
                return value in values
            case t.String():
                return isinstance(value, str)
            case t.Int():
                return isinstance(value, int) and not isinstance(value, bool)
        return False

    def _level(self, path: str, *, is_new: bool) -> None:
        level = self.facts.levels[path]
        holder, _, name = path.rpartition(".")
        found = None if is_new else value_at(self.problem.record, f"{holder}.evidence.{name}.level")
        obtained = None if is_new else value_at(self.problem.record, f"{holder}.evidence.{name}.at")
        if found is None:
            same = neg(level.recorded)
        else:
            undated = (
                neg(level.dated) if obtained is None else conj(level.dated, level.day == obtained.toordinal())
            )
            same = conj(level.recorded, level.number == int(found[1:]), undated)
            self.facts.require(conj(level.recorded, level.number >= int(found[1:])))
        action = self.problem.actions.on("confirm", without_positions(path))
        if action is None:
            self._fix(same, path)
            return
        self._hold(same, "confirm", path, action, is_new=is_new)
        # What is confirmed anew is fresh; the day is written down when the step has one.
        self.facts.require(disj(same, neg(level.dated)))

    def read(self, dropped: list[Hold], model: Any) -> tuple[Step, ...]:
        """Return what a model does about the facts whose holds were dropped, in the order of their paths."""
        reader = Reader(self.facts, model)
        touched = [part for hold in dropped for part in hold.parts or (hold,) if hold.kind != "add"]
        steps = [step for hold in touched if (step := self._step(hold, reader)) is not None]
        steps += self._added(reader)
        order = {"find_out": 0, "change": 0, "add": 1, "confirm": 2}
        return tuple(sorted(steps, key=lambda step: (order[step.kind], _natural(step.path))))

    def _step(self, hold: Hold, reader: Reader) -> Step | None:
        if reader.holds(hold.literal):
            return None
        spot = self.facts.spots.get(hold.path)
        name, cost = hold.action.id, hold.action.cost
        if hold.kind == "confirm":
            level = self.facts.levels[hold.path]
            if not reader.holds(level.recorded):
                return None
            number = reader.model.eval(level.number, model_completion=True).as_long()
            return Step("confirm", name, hold.path, cost, level=f"E{number}")
        assert spot is not None
        if isinstance(spot.type, t.ListOf):
            return Step(hold.kind, name, hold.path, cost, [])
        return Step(hold.kind, name, hold.path, cost, reader.scalar(hold.path, spot.type))

    def _added(self, reader: Reader) -> Iterator[Step]:
        for (_, name), ways in self.ways.items():
            cost = self.problem.actions.by_id[name].cost
            for path, way in ways.items():
                if reader.holds(way):
                    element = reader.element(self.facts.spots[path]) or {}
                    element.pop("evidence", None)  # confirmed by a step of its own
                    yield Step("add", name, path, cost, element)


def _natural(path: str) -> list[Any]:
    return [
        int(part) if part.isdigit() else part for part in path.replace("]", "").replace("[", ".").split(".")
    ]


def constraint_terms(facts: Facts, *formulas: Formula) -> list[Any]:
    """Return the constraints of the facts and formulas as terms for a solver."""
    return [as_term(one) for one in (*facts.constraints, *formulas)]
