"""Whether one step of one fact, such as a better stance of one person, can lower the points of a score entry.

Two deals are put to z3 at once, alike in all but that fact: one value before, the next better one after.
Which element of the list it is does not matter, so it is the first one. Steps of one value each are enough:
what no small step lowers, no larger one does.

First in outline (`outline.py`): what no outline lowers, no deal does, with lists of any length. Otherwise the
deals themselves are searched, for a pair that the reference evaluator confirms.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any

from kamrules.rules.lang import core
from kamrules.rules.lang.core import path_of
from kamrules.rules.plan import Entry, Flag, Ladder, Mean, Scale, Share
from kamrules.rules.smtcode.claims import AllOf, AnyOf, Is, Question, is_not
from kamrules.rules.smtcode.door import z3
from kamrules.rules.smtcode.encode import Encoder, as_truth
from kamrules.rules.smtcode.facts import Facts, Spot, real
from kamrules.rules.smtcode.logic import Formula, NotSaidError, Scalar, Truth, conj, disj, ite, neg
from kamrules.rules.smtcode.numbers import as_counted, as_real
from kamrules.rules.smtcode.outline import Others, Outline
from kamrules.rules.smtcode.records import Record
from kamrules.rules.verdict import Points

Earned = Callable[[Record, date], Points]


@dataclass(frozen=True, slots=True)
class Move:
    """One step in a record: the record after it, where it was made, and the values before and after."""

    after: Record
    place: str
    worse: str
    better: str


def moves(ladder: Ladder, record: Record) -> Iterator[Move]:
    """Yield every record that is one step better."""
    steps = path_of(ladder.field).split(".")[1:]
    if ladder.range is None:
        places: list[list[Any]] = [list(steps)]
    else:
        to_list = path_of(ladder.range).split(".")[1:]
        found = _at(record, to_list)
        places = [[*to_list, index, *steps] for index in range(len(found or ()))]
    for place in places:
        value = _at(record, place)
        for worse, better in pairwise(ladder.values):
            if value == worse:
                after = copy.deepcopy(record)
                _at(after, place[:-1])[place[-1]] = better
                yield Move(after, _named(place), worse, better)


def _at(record: Any, place: list[Any]) -> Any:
    found = record
    for step in place:
        if isinstance(found, Mapping):
            found = found.get(step)
        elif isinstance(found, list) and isinstance(step, int):
            found = found[step]
        else:
            return None
    return found


def _named(place: list[Any]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place).lstrip(".")


def parts_of(entry: Entry) -> tuple[core.Node, ...]:
    """Return the conditions and values an entry is made of."""
    match entry:
        case Flag():
            return (entry.when,)
        case Scale():
            return (entry.value,)
        case Share():
            return (entry.when,)
        case Mean():
            return (entry.value,) if entry.weight is None else (entry.value, entry.weight)


def reads(entry: Entry, ladder: Ladder) -> bool:
    """Whether an entry reads the fact."""
    name, holder = ladder.field.name, ladder.field.base.type
    return any(
        isinstance(part, core.Field) and part.name == name and part.base.type == holder
        for node in parts_of(entry)
        for part in core.walk(node)
    )


@dataclass(frozen=True, slots=True)
class Lowered:
    """The problem of a deal and a step that lowers an end of the points of an entry.

    `earned` gives the points of a deal by the reference evaluator; `others` asks of outlines only.
    """

    entry: Entry
    ladder: Ladder
    earned: Earned
    others: Others | None = None

    def conditions(self) -> Iterator[core.Node]:
        """Yield the conditions it is about."""
        yield from parts_of(self.entry)

    def looked_at(self) -> str | None:
        """Return the list of which one element is looked at, if there is one."""
        if isinstance(self.entry, Share | Mean):
            return path_of(self.entry.range)
        return None if self.ladder.range is None else path_of(self.ladder.range)

    def as_question(self) -> Question:
        """Return the question whose need of elements this has, for each of the two deals."""
        if not isinstance(self.entry, Flag):
            return AnyOf(())
        true, false = Is(self.entry.when), Is(self.entry.when, frozenset({False}))
        return AnyOf((AllOf((true, is_not(true))), AllOf((false, is_not(false)))))

    def shows(self, record: Record, day: date, root: str) -> bool:  # noqa: ARG002 - one signature
        """Whether some step lowers an end of the points."""
        return self.move(record, day) is not None

    def move(self, record: Record, day: date) -> Move | None:
        """Return a step that lowers an end of the points."""
        before = self.earned(record, day)
        for move in moves(self.ladder, record):
            after = self.earned(move.after, day)
            if after.low < before.low or after.high < before.high:
                return move
        return None

    def formula(self, facts: Facts, place: Spot, as_of: date | None) -> Formula:
        """Return whether the first element's step lowers the points."""
        spot = self._spot(facts, place)
        first = self._encoder(facts, place, as_of)
        stepped = Facts(facts.domain, facts.texts, facts.sizes)
        # Variables are told apart by name: but for this fact, both deals have the same ones.
        changed = z3.Int(f"{spot.path} after")
        value = facts.value(spot)
        assert isinstance(value, Scalar)
        stepped.values[spot.path] = Scalar(spot.present, changed, value.sort)
        second = self._encoder(stepped, place, as_of)
        codes = [facts.texts.code(one) for one in self.ladder.values]
        ways = [conj(value.value == worse, changed == better) for worse, better in pairwise(codes)]
        fell = self._fell(first, second, facts, place)
        facts.rounds = facts.rounds or stepped.rounds
        for one in (*stepped.constraints, *(self.others.constraints if self.others else ())):
            facts.require(one)
        return conj(spot.present, disj(*ways), fell)

    def _encoder(self, facts: Facts, place: Spot, as_of: date | None) -> Encoder:
        if self.others is None:
            return Encoder(facts, place, as_of)
        return Outline(facts, place, as_of, others=self.others)

    def _spot(self, facts: Facts, place: Spot) -> Spot:
        """Return where the fact is that takes the step."""
        if self.ladder.range is None:
            return _member(facts, place, self.ladder.field)
        around = _member(facts, place, self.ladder.range)
        first = facts.slots(around)
        if not first.elements:
            raise NotSaidError("a list without elements")
        facts.require(first.inside[0])
        return _member(facts, first.elements[0], self.ladder.field)

    def _fell(self, first: Encoder, second: Encoder, facts: Facts, place: Spot) -> Formula:
        entry = self.entry
        better, worse = (second, first) if entry.points >= 0 else (first, second)
        match entry:
            case Flag():
                return _less_true(better.truth(entry.when), worse.truth(entry.when))
            case Scale():
                if entry.high < entry.low:
                    better, worse = worse, better
                return _less(better.of_record(entry.value), worse.of_record(entry.value))
        slots = facts.slots(_member(facts, place, entry.range))
        if not slots.elements:
            raise NotSaidError("a list without elements")
        spot = slots.elements[0]

        def value(encoder: Encoder, node: core.Node) -> Any:
            return encoder.of_element(node, entry.var, spot)

        facts.require(slots.inside[0])
        if isinstance(entry, Share):
            truths = [as_truth(value(one, entry.when), entry.when) for one in (better, worse)]
            return _less_true(truths[0], truths[1])
        numbers = [_number(value(one, entry.value), dict(entry.mapping), one) for one in (better, worse)]
        (low, high), (old_low, old_high) = numbers
        fell = disj(low < old_low, high < old_high)
        if entry.weight is None:
            return fell
        weight, old = value(better, entry.weight), value(worse, entry.weight)
        counts = disj(neg(old.known), as_real(old.value) > 0)
        same = conj(weight.known == old.known, disj(neg(old.known), weight.value == old.value))
        return disj(neg(same), conj(counts, fell))


def _member(facts: Facts, base: Spot, field: core.Field) -> Spot:
    around = base if isinstance(field.base, core.Var) else _member(facts, base, field.base)
    return facts.member(around, field.name, field.type, nullable=field.nullable)


def _less_true(now: Truth, before: Truth) -> Formula:
    """Return whether a truth fell, where false is less than unknown and unknown less than true."""
    return disj(conj(before.true, neg(now.true)), conj(neg(before.false), now.false))


def _less(now: Any, before: Any) -> Formula:
    """Return whether an end of a number fell, or what is known of it changed."""
    if isinstance(now, Scalar) and isinstance(before, Scalar):
        fell = as_real(now.value) < as_real(before.value)
        return disj(now.known != before.known, conj(before.known, fell))
    one, other = as_counted(now), as_counted(before)
    return disj(one.known != other.known, conj(other.known, disj(one.low < other.low, one.high < other.high)))


def _number(value: Any, mapping: dict[str, float], encoder: Encoder) -> tuple[Any, Any]:
    """Return the least and the greatest number a text may stand for."""
    if not isinstance(value, Scalar) or value.sort == "sequence":
        raise NotSaidError("a text that a condition looks into")
    low: Any = real(Fraction(min(mapping.values())))
    high: Any = real(Fraction(max(mapping.values())))
    for text, number in mapping.items():
        is_it = conj(value.known, encoder.facts.texts.equal(value, Scalar(True, text, "literal")))
        low, high = (ite(is_it, real(Fraction(number)), end) for end in (low, high))
    return low, high
