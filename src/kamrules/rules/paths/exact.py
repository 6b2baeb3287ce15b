"""The cheapest steps to a goal, exactly: which facts to let go, so that the rest may stay, is asked of z3.

What cannot all stay as it is are the blocking sets: facts which, as they stand, keep the gate shut.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from time import perf_counter
from typing import Any

from kamrules.rules.lang import types as t
from kamrules.rules.paths.holds import Hold, Holds, constraint_terms
from kamrules.rules.paths.problem import Path, Problem
from kamrules.rules.paths.schedule import on_their_days, plainer, scheduled
from kamrules.rules.places import value_at
from kamrules.rules.smtcode.claims import AllOf, Is, asked, conditions
from kamrules.rules.smtcode.door import z3
from kamrules.rules.smtcode.encode import Encoder
from kamrules.rules.smtcode.facts import Domain, Facts, Spot
from kamrules.rules.smtcode.logic import NotSaidError
from kamrules.rules.smtcode.needs import OPEN, Needs
from kamrules.rules.smtcode.search import formula_of
from kamrules.rules.smtcode.texts import Texts, asks_for_signs


class UndecidedError(Exception):
    """No answer; the message says why."""


@dataclass(slots=True)
class Exact:
    """Looks for the cheapest steps of one problem."""

    problem: Problem
    timeout_ms: int = 10_000
    holds: Holds = field(init=False)
    solver: Any = field(init=False)
    today: Any = field(init=False)
    fixed: list[Any] = field(init=False)
    why_not: tuple[Hold, ...] = ()  # after a no: facts nobody may touch, which together rule the goal out
    deadline: float = field(init=False)
    bounded: tuple[str, ...] = ()  # lists that might need more elements than were considered

    def __post_init__(self) -> None:
        self.allow(self.timeout_ms)
        try:
            self._encode()
        except NotSaidError as problem:
            raise UndecidedError(f"z3 has no word for {problem}") from None

    def _encode(self) -> None:
        problem = self.problem
        goal = AllOf(tuple(asked(node) for node in problem.goal.values()))
        guards = AllOf(
            tuple(
                Is(node, frozenset({False} if stays else {False, None}))
                for node, stays in problem.guards.values()
            )
        )
        needs = Needs()
        sizes = needs.sizes(AllOf((goal, guards)))
        self.bounded = tuple(path for path in needs.open if problem.actions.additions(path))
        lists = {
            f"{problem.root}.{one.name}": one
            for one in problem.schema.members
            if isinstance(one.type, t.ListOf)
        }
        filled = {path: len(value_at(problem.record, path) or []) for path in lists}
        room = {
            path: filled[path] + (sizes.get(path, 0) if problem.actions.additions(path) else 0)
            for path in lists
        }
        texts = Texts(any(asks_for_signs(node) for node in (*conditions(goal), *conditions(guards))))
        facts = Facts(Domain(), texts, room)
        encoder = Encoder(facts, Spot(problem.root, problem.schema, True))
        wanted = formula_of(AllOf((goal, guards)), encoder)
        self.today = encoder.day().value
        self.holds = Holds(problem, encoder, filled)
        self.holds.make()
        self.solver = z3.Solver()
        self.solver.add(*constraint_terms(facts, wanted))
        self.fixed = [hold.literal for hold in self.holds.fixed]
        self.solver.add(self.today >= problem.as_of.toordinal())
        self.solver.add(self.today <= (problem.as_of + problem.horizon).toordinal())

    @property
    def limit(self) -> str:
        """What an answer is limited to, if it is."""
        lists = ", ".join(self.bounded)
        return f"at most {OPEN} more elements of {lists} were considered" if lists else ""

    def allow(self, time_ms: int) -> None:
        """Let what follows take so long."""
        self.deadline = perf_counter() + time_ms / 1000

    # --- asking z3

    def _check(self, *assumed: Any) -> bool:
        self.solver.set("timeout", self._left_ms())
        answer = self.solver.check(*assumed)
        if answer == z3.unknown:
            raise UndecidedError(self._late())
        return bool(answer == z3.sat)

    def _core(self) -> list[Any]:
        """Return a minimal part of the last assumptions that cannot all hold, after a no."""
        core = list(self.solver.unsat_core())
        kept: list[Any] = []
        while core:
            one = core.pop()
            if self._check(*kept, *core):
                kept.append(one)
            else:
                still = {literal.get_id() for literal in self.solver.unsat_core()}
                core = [literal for literal in core if literal.get_id() in still]
                kept = [literal for literal in kept if literal.get_id() in still]
        return kept

    # --- the cheapest steps

    def cheapest(self) -> Path | None:
        """Return the cheapest path to the goal, or None when there is none.

        Raises
        ------
        UndecidedError
            There was no answer in time, or none that replays.
        """
        if not self._check(*self.fixed):
            if self.holds.facts.rounds:
                raise UndecidedError(
                    "no path with exact numbers, but doubles that are computed with are rounded"
                )
            named = {hold.literal.get_id(): hold for hold in self.holds.fixed}
            self.why_not = tuple(named[literal.get_id()] for literal in self._core())
            return None
        self.solver.add(*self.fixed)
        while True:
            dropped = self._least()
            kept = [hold.literal for hold in self.holds.found if hold not in dropped]
            path = self._steps(dropped, kept)
            if path is not None:
                return path
            # Doubles are rounded and did not replay: something else has to be dropped, too.
            self.solver.add(z3.Or([z3.Not(literal) for literal in kept]))

    def _least(self) -> list[Hold]:
        """Return the holds that cost least to drop; of equal ones always the same."""
        optimizer = z3.Optimize()
        optimizer.set("timeout", self._left_ms())
        optimizer.add(*self.solver.assertions())
        count = len(self.holds.found)
        for place, hold in enumerate(self.holds.found):
            rank = place + 1  # too small to outweigh a cost, all together
            optimizer.add_soft(hold.literal, hold.action.cost * count * (count + 1) + rank)
        answer = optimizer.check()
        if answer == z3.unsat:
            raise UndecidedError("what z3 finds does not replay: it computes with exact numbers")
        if answer == z3.unknown:
            raise UndecidedError(self._late())
        model = optimizer.model()
        return [hold for hold in self.holds.found if z3.is_false(model.eval(hold.literal))]

    def _left_ms(self) -> int:
        left = int((self.deadline - perf_counter()) * 1000)
        if left <= 0:
            raise UndecidedError(self._late())
        return left

    def _late(self) -> str:
        return f"no answer within {self.timeout_ms} ms"

    def _steps(self, dropped: list[Hold], kept: list[Any]) -> Path | None:
        """Return the path that drops just these holds, on the earliest day, or None when none replays."""
        path = self._earliest(dropped, kept)
        if path is None:
            return None
        steps, day = scheduled(self.problem, path.steps, path.opens_on)
        moved = on_their_days(self.problem, steps)
        if self.problem.replays(moved, day):
            steps = moved
        cost = sum(hold.action.cost for hold in dropped)
        return Path(plainer(self.problem, steps, day), day, cost)

    def _earliest(self, dropped: list[Hold], assumed: list[Any]) -> Path | None:
        """Return what a model does on the first day on which it does it, if it replays."""
        if not self._check(*assumed):
            return None
        found = None
        low, high = self.problem.as_of.toordinal(), self._day()
        while True:
            steps = self.holds.read(dropped, self.solver.model())
            day = date.fromordinal(self._day())
            if self.problem.replays(steps, day):
                found = Path(steps, day, 0)
            high = day.toordinal()
            while low < high and not self._check(*assumed, self.today <= (low + high) // 2):
                low = (low + high) // 2 + 1
            if low >= high:
                return found

    def _day(self) -> int:
        return int(self.solver.model().eval(self.today, model_completion=True).as_long())

    # --- what blocks

    def blocking_sets(self, limit: int) -> tuple[list[tuple[Hold, ...]], bool]:
        """Return minimal sets of facts that keep the gate shut as they stand, and whether these are all.

        To be asked after `cheapest` found a path. Enumerated by the method of Liffiton, Previti, Malik and
        Marques-Silva 2016 (MARCO).
        """
        touchable = [hold for hold in self.holds.single if hold.count <= 1]
        named = {hold.literal.get_id(): hold for hold in touchable}
        picks = {key: z3.Bool(f"pick {key}") for key in named}
        chart = z3.Solver()
        found: list[tuple[Hold, ...]] = []
        try:
            while len(found) < limit:
                if chart.check() != z3.sat:
                    return found, True
                model = chart.model()
                chosen = [key for key in named if not z3.is_false(model.eval(picks[key]))]
                if self._check(*(named[key].literal for key in chosen)):
                    grown = self._grown(chosen, named)
                    chart.add(z3.Or([picks[key] for key in named if key not in grown]))
                else:
                    core = [literal.get_id() for literal in self._core()]
                    chart.add(z3.Or([z3.Not(picks[key]) for key in core]))
                    found.append(tuple(named[key] for key in core))
        except UndecidedError:
            pass
        return found, False

    def _grown(self, chosen: list[int], named: dict[int, Hold]) -> set[int]:
        """Return a largest set around the chosen that can stay."""
        kept = set(chosen)
        for key in named:
            if key not in kept and self._check(*(named[one].literal for one in (*kept, key))):
                kept.add(key)
        return kept
