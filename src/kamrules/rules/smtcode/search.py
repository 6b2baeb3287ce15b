"""One question put to z3: is there a record that answers yes, and which is the smallest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from time import perf_counter
from typing import Any, Literal, Protocol

from kamrules.rules.lang.core import Node
from kamrules.rules.lang.types import Object
from kamrules.rules.settling import settle
from kamrules.rules.smtcode.claims import AllOf, AnyOf, Is, Question, conditions, holds
from kamrules.rules.smtcode.door import z3
from kamrules.rules.smtcode.encode import AS_OF, Encoder
from kamrules.rules.smtcode.facts import Domain, Facts, Spot
from kamrules.rules.smtcode.logic import Formula, as_term, conj, disj, neg
from kamrules.rules.smtcode.records import Record, day_of, record_of
from kamrules.rules.smtcode.shrink import Weight, dropped, plain, weigh
from kamrules.rules.smtcode.texts import Texts, asks_for_signs

Answer = Literal["yes", "no", "open"]

PLAIN_DAY = date(2026, 1, 1)  # what an open `as_of` is where any day will do (our choice)
_GRAIN = 1024  # second try for doubles: multiples of 1/1024, which a double holds exactly


class Problem(Protocol):
    """Something that can be put to z3 of a record, and asked of a record by the reference evaluator."""

    def conditions(self) -> Iterator[Node]:
        """Yield the conditions it is about."""
        ...

    def formula(self, facts: Facts, place: Spot, as_of: date | None) -> Formula:
        """Return it as a formula; what holds of every record is required of `facts`."""
        ...

    def shows(self, record: Record, day: date, root: str) -> bool:
        """Whether a record answers yes on the reference evaluator."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of claims as a problem."""

    question: Question

    def conditions(self) -> Iterator[Node]:
        """Yield the conditions it is about."""
        return conditions(self.question)

    def formula(self, facts: Facts, place: Spot, as_of: date | None) -> Formula:
        """Return it as a formula."""
        return formula_of(self.question, Encoder(facts, place, as_of))

    def shows(self, record: Record, day: date, root: str) -> bool:
        """Whether a record answers yes on the reference evaluator."""
        return holds(self.question, record, day, root)


@dataclass(frozen=True, slots=True)
class Witness:
    """A record that was replayed, its day, and whether no smaller one is there."""

    record: Record
    as_of: date
    is_smallest: bool


@dataclass(slots=True)
class Search:
    """Looks for a record that answers yes for `timeout_ms`, and then for a smaller one for `shrink_ms`."""

    problem: Problem
    schema: Object
    root: str
    as_of: date | None
    domain: Domain
    timeout_ms: int
    shrink_ms: int | None
    sizes: dict[str, int]
    facts: Facts = field(init=False)
    place: Spot = field(init=False)
    solver: Any = field(init=False)
    deadline: float = field(init=False)
    trouble: str = ""

    def __post_init__(self) -> None:
        self.allow(self.timeout_ms)
        has_signs = any(asks_for_signs(node) for node in self.problem.conditions())
        self.facts = Facts(self.domain, Texts(has_signs), self.sizes)
        self.place = Spot(self.root, self.schema, True)
        formula = self.problem.formula(self.facts, self.place, self.as_of)
        self.solver = z3.Solver()
        self.solver.add(*[as_term(one) for one in (*self.facts.constraints, formula)])

    def allow(self, time_ms: int) -> None:
        """Let what follows take so long."""
        self.deadline = perf_counter() + time_ms / 1000

    def ask(self, *more: Any) -> Answer:
        """Return whether there is such a record, one with `more` besides."""
        left_ms = int((self.deadline - perf_counter()) * 1000)
        if left_ms <= 0:
            return "open"
        self.solver.set("timeout", left_ms)
        try:
            answer = self.solver.check(*more)
        except z3.Z3Exception as error:  # out of memory, mostly
            self.trouble = str(error)
            return "open"
        return "yes" if answer == z3.sat else "no" if answer == z3.unsat else "open"

    def why_open(self) -> str:
        """Return why there was no answer."""
        if perf_counter() >= self.deadline:
            return f"no answer within {self.timeout_ms} ms"
        return f"z3 gave up: {self.trouble or self.solver.reason_unknown()}"

    def shows(self, record: Record, day: date) -> bool:
        """Whether a record answers yes on the reference evaluator."""
        return self.problem.shows(record, day, self.root)

    def found(self) -> tuple[Record, date]:
        """Return the record z3 has in mind, and its day."""
        model = self.solver.model()
        day = self.as_of or day_of(self.facts, model, AS_OF) or PLAIN_DAY
        return record_of(self.facts, model, self.place), day

    def witness(self) -> Witness | None:
        """Return the smallest record after a yes, or None when what z3 has in mind does not replay."""
        record, day = self.found()
        if not self.shows(record, day):
            if self.ask(*self._exact_doubles()) != "yes":
                return None
            record, day = self.found()
            if not self.shows(record, day):
                return None
        if self.shrink_ms is None:  # asked whether there is one, not which is the smallest
            return Witness(record, day, is_smallest=False)
        self.allow(self.shrink_ms)
        record, day, is_smallest = self._smallest(record, day)
        if self.as_of is None:
            day = self._plain_day(record, day)
        return Witness(plain(record, self.schema, day, self.shows, self.domain), day, is_smallest)

    def _smallest(self, record: Record, day: date) -> tuple[Record, date, bool]:
        while True:
            answer = self.ask(*self._lighter_than(weigh(record, self.schema)))
            if answer == "no":
                return record, day, True
            lighter, new_day = self.found() if answer == "yes" else (record, day)
            if answer == "open" or not self.shows(lighter, new_day):
                return dropped(record, self.schema, day, self.shows), day, False
            record, day = dropped(lighter, self.schema, new_day, self.shows), new_day

    def _lighter_than(self, weight: Weight) -> list[Any]:
        slots = [inside for found in self.facts.lists.values() for inside in found.inside]
        each = len(slots) + 1
        known = [
            flag
            for path, flag in self.facts.flags.items()
            if not isinstance(self.facts.spots[path].type, Object)
        ]
        known += [level.recorded for level in self.facts.levels.values()]
        parts = [(flag, each) for flag in known] + [(inside, 1) for inside in slots]
        limit = weight.facts * each + weight.elements - 1
        return [z3.PbLe(parts, limit)] if parts and limit >= 0 else [z3.BoolVal(False)]

    def _plain_day(self, record: Record, day: date) -> date:
        def fits(number: int) -> bool:
            return self.shows(record, date.fromordinal(number))

        return date.fromordinal(settle(day.toordinal(), PLAIN_DAY.toordinal(), fits))

    def _exact_doubles(self) -> list[Any]:
        reals = [one for one in self.facts.variables.values() if z3.is_real(one)]
        return [z3.IsInt(one * _GRAIN) for one in reals]


def formula_of(question: Question, encoder: Encoder) -> Formula:
    """Return a question as a formula."""
    match question:
        case Is(node, truths):
            truth = encoder.truth(node)
            ways = {True: truth.true, False: truth.false, None: neg(truth.known)}
            return disj(*(way for one, way in ways.items() if one in truths))
        case AllOf(parts):
            return conj(*(formula_of(part, encoder) for part in parts))
        case AnyOf(parts):
            return disj(*(formula_of(part, encoder) for part in parts))
