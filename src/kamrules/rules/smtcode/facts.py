"""What a record may be: one z3 variable for each fact a condition reads, within what the schema allows.

A fact that may be missing has a flag; a flag holds only where what is around the fact is there. A list has as
many slots as `sizes` says, filled from the front.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from kamrules.rules.lang import types as t
from kamrules.rules.lang.literals import DURATION_MAX
from kamrules.rules.smtcode.door import z3
from kamrules.rules.smtcode.logic import Formula, NotSaidError, Scalar, Truth, conj, disj, neg
from kamrules.rules.smtcode.texts import Texts
from kamrules.rules.wholes import DAY, MICRO, whole

DOUBLE_MAX = Fraction(sys.float_info.max)
LEVELS = (0, 4)
_LONGEST = DURATION_MAX // MICRO


@dataclass(frozen=True, slots=True)
class Domain:
    """The days that facts and `as_of` may be; moments lie within them (LANGUAGE: the years 2000 to 2099)."""

    first: date = date(2000, 1, 1)
    last: date = date(2099, 12, 31)

    def limits(self, kind: t.Type) -> tuple[int, int]:
        """Return the least and the greatest whole number of a type."""
        match kind:
            case t.Int(low, high):
                return low, high
            case t.Money():
                return t.INT_MIN, t.INT_MAX
            case t.Date():
                return self.first.toordinal(), self.last.toordinal()
            case t.Timestamp():
                return (self.first.toordinal() - 1) * DAY, self.last.toordinal() * DAY - 1
            case t.Duration():
                return -_LONGEST, _LONGEST
        raise NotSaidError(f"a field of type {t.describe(kind)}")


@dataclass(frozen=True, slots=True)
class Spot:
    """A place of the record: its path, its type and whether something is there."""

    path: str
    type: t.Type
    present: Formula


@dataclass(frozen=True, slots=True)
class Slots:
    """A list: whether it is known and which slots are filled; `elements` are their places."""

    known: Formula
    inside: tuple[Any, ...]
    elements: tuple[Spot, ...]


@dataclass(frozen=True, slots=True)
class Level:
    """The evidence of a fact: whether a level is recorded, which, and from which day if it has one."""

    recorded: Any
    number: Any
    dated: Any
    day: Any


@dataclass(slots=True)
class Facts:
    """The facts of one question, made as they are asked for."""

    domain: Domain
    texts: Texts
    sizes: Mapping[str, int]
    spots: dict[str, Spot] = field(default_factory=dict)
    flags: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Scalar | Truth] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    levels: dict[str, Level] = field(default_factory=dict)
    lists: dict[str, Slots] = field(default_factory=dict)
    constraints: list[Any] = field(default_factory=list)
    rounds: bool = False  # whether doubles were computed with, which reals do exactly

    def require(self, formula: Formula) -> None:
        """Note what holds of every record."""
        if formula is not True:
            self.constraints.append(formula)

    def member(self, base: Spot, name: str, kind: t.Type, *, nullable: bool) -> Spot:
        """Return the place of a member of an object."""
        path = f"{base.path}.{name}"
        if path not in self.spots:
            declared = base.type.member(name) if isinstance(base.type, t.Object) else None
            if declared is not None:
                kind, nullable = declared.type, declared.nullable
            present = self._flag(path, base.present) if nullable else base.present
            self.spots[path] = Spot(path, kind, present)
        return self.spots[path]

    def _flag(self, path: str, around: Formula) -> Any:
        flag = self.flags[path] = z3.Bool(f"known {path}")
        self.require(disj(neg(flag), around))
        return flag

    def value(self, spot: Spot) -> Scalar | Truth:
        """Return the value at a place."""
        if spot.path not in self.values:
            self.values[spot.path] = self._value(spot)
        return self.values[spot.path]

    def _value(self, spot: Spot) -> Scalar | Truth:
        name, kind = spot.path, spot.type
        match kind:
            case t.Bool():
                variable = self.variables[name] = z3.Bool(name)
                return Truth(conj(spot.present, variable), conj(spot.present, neg(variable)))
            case t.Double():
                variable = self.variables[name] = z3.Real(name)
                self.require(conj(variable <= real(DOUBLE_MAX), variable >= real(-DOUBLE_MAX)))
                return Scalar(spot.present, variable, "real")
            case t.String() if self.texts.has_signs:
                variable = self.variables[name] = z3.String(name)
                return Scalar(spot.present, variable, "sequence")
            case t.String():
                variable = self.variables[name] = z3.Int(name)
                return Scalar(spot.present, variable, "code")
            case t.Enum(values):
                variable = self.variables[name] = z3.Int(name)
                codes = sorted(self.texts.code(text) for text in values)
                self.require(_one_of(variable, codes))
                return Scalar(spot.present, variable, "code")
        low, high = self.domain.limits(kind)
        variable = self.variables[name] = z3.Int(name)
        self.require(conj(variable >= low, variable <= high))
        return Scalar(spot.present, variable, "int", low, high)

    def level(self, base: Spot, name: str) -> Level:
        """Return the evidence of a member of an object."""
        path = f"{base.path}.{name}"
        if path not in self.levels:
            recorded, number = z3.Bool(f"recorded {path}"), z3.Int(f"level {path}")
            self.require(disj(neg(recorded), base.present))
            self.require(conj(number >= LEVELS[0], number <= LEVELS[1]))
            dated, day = z3.Bool(f"dated {path}"), z3.Int(f"obtained {path}")
            first, last = self.domain.limits(t.Date())
            self.require(disj(neg(dated), recorded))
            self.require(conj(day >= first, day <= last))
            self.levels[path] = Level(recorded, number, dated, day)
        return self.levels[path]

    def slots(self, spot: Spot) -> Slots:
        """Return the list at a place."""
        if spot.path not in self.lists:
            self.lists[spot.path] = self._slots(spot)
        return self.lists[spot.path]

    def _slots(self, spot: Spot) -> Slots:
        if not isinstance(spot.type, t.ListOf):
            raise NotSaidError(f"`{spot.path}` as a list")
        inside: list[Any] = []
        elements = []
        around = spot.present
        for index in range(self.sizes.get(spot.path, 0)):
            path = f"{spot.path}[{index}]"
            is_in = z3.Bool(f"in {path}")
            self.require(disj(neg(is_in), around))
            around = is_in
            inside.append(is_in)
            present = self._flag(path, is_in) if spot.type.nullable else is_in
            elements.append(Spot(path, spot.type.element, present))
            self.spots[path] = elements[-1]
        return Slots(spot.present, tuple(inside), tuple(elements))


def _one_of(variable: Any, codes: list[int]) -> Formula:
    if codes == list(range(codes[0], codes[-1] + 1)):
        return conj(variable >= codes[0], variable <= codes[-1])
    return disj(*(variable == code for code in codes))


def real(number: Fraction) -> Any:
    """Return an exact number as a term of z3."""
    return z3.RealVal(f"{number.numerator}/{number.denominator}")


def stored(value: Any) -> Any:
    """Return a known value as the number z3 gets for it; a text or truth as it is."""
    match value:
        case bool() | str():
            return value
        case float():
            return Fraction(value)
    return whole(value)
