"""From a model of z3 to a record, and from a record to constraints."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from kamrules.rules.lang import types as t
from kamrules.rules.places import value_at
from kamrules.rules.smtcode.door import z3
from kamrules.rules.smtcode.facts import Facts, Spot, real, stored
from kamrules.rules.smtcode.logic import Formula, NotSaidError, Scalar, conj, neg
from kamrules.rules.smtcode.texts import unescaped
from kamrules.rules.wholes import START

Record = dict[str, Any]
_DAY = date(2026, 1, 1)  # for required days that no condition reads


def record_of(facts: Facts, model: Any, root: Spot) -> Record:
    """Return the record a model describes: known facts, and what the schema requires beside them."""
    assert isinstance(root.type, t.Object)
    return Reader(facts, model).members(root.path, root.type)


def day_of(facts: Facts, model: Any, path: str) -> date | None:
    """Return the day a model gives a fact, or None when no condition reads it."""
    variable = facts.variables.get(path)
    return None if variable is None else date.fromordinal(_whole(model, variable))


class Reader:
    """Reads the facts of one model."""

    def __init__(self, facts: Facts, model: Any) -> None:
        self.facts = facts
        self.model = model

    def holds(self, formula: Formula) -> bool:
        """Return whether a formula is true."""
        if isinstance(formula, bool):
            return formula
        return bool(z3.is_true(self.model.eval(formula, model_completion=True)))

    def members(self, path: str, kind: t.Object) -> Record:
        """Return the facts of an object."""
        found: Record = {}
        evidence: Record = {}
        for member in kind.members:
            inner = f"{path}.{member.name}"
            value = self.value(inner, member.type, is_required=not member.nullable)
            if value is not None:
                found[member.name] = value
            level = self.facts.levels.get(inner)
            if level is not None and self.holds(level.recorded):
                proof: Record = {"level": f"E{_whole(self.model, level.number)}"}
                if self.holds(level.dated):
                    proof["at"] = date.fromordinal(_whole(self.model, level.day))
                evidence[member.name] = proof
        if evidence:
            found["evidence"] = evidence
        return found

    def value(self, path: str, kind: t.Type, *, is_required: bool) -> Any:
        """Return what stands at a path, None for nothing."""
        spot = self.facts.spots.get(path)
        if spot is None or not self.holds(spot.present):
            return plainest(kind) if is_required else None
        match kind:
            case t.Object():
                return self.members(path, kind) or ({} if is_required else None)
            case t.ListOf():
                slots = self.facts.lists.get(path)
                if slots is None:
                    return []
                filled = [
                    one
                    for one, inside in zip(slots.elements, slots.inside, strict=True)
                    if self.holds(inside)
                ]
                return [self.element(spot) for spot in filled]
        return self.scalar(path, kind)

    def element(self, spot: Spot) -> Any:
        """Return an element of a list."""
        if not self.holds(spot.present):
            return None
        if isinstance(spot.type, t.Object):
            return self.members(spot.path, spot.type)
        return self.scalar(spot.path, spot.type)

    def scalar(self, path: str, kind: t.Type) -> Any:
        """Return one value, the plainest where no condition reads it."""
        variable = self.facts.variables.get(path)
        if variable is None:
            return plainest(kind)
        match kind:
            case t.Bool():
                return self.holds(variable)
            case t.Double():
                return float(_fraction(self.model.eval(variable, model_completion=True)))
            case t.String() | t.Enum():
                found = self.model.eval(variable, model_completion=True)
                if z3.is_string_value(found):
                    return unescaped(found.as_string())
                return self.facts.texts.text(found.as_long())
            case t.Date():
                return date.fromordinal(_whole(self.model, variable))
            case t.Timestamp():
                return START + timedelta(microseconds=_whole(self.model, variable))
            case t.Duration():
                return timedelta(microseconds=_whole(self.model, variable))
        return _whole(self.model, variable)


def _whole(model: Any, variable: Any) -> int:
    return int(model.eval(variable, model_completion=True).as_long())


def _fraction(number: Any) -> Fraction:
    exact = number.approx(20) if z3.is_algebraic_value(number) else number
    return Fraction(exact.numerator_as_long(), exact.denominator_as_long())


def plainest(kind: t.Type) -> Any:
    """Return the plainest value of a type, for what must be there and no condition reads."""
    match kind:
        case t.Bool():
            return False
        case t.Int(low, high):
            return min(max(0, low), high)
        case t.Double():
            return 0.0
        case t.String():
            return "a"
        case t.Enum(values):
            return values[0]
        case t.Date():
            return _DAY
        case t.Timestamp():
            return START + timedelta(days=_DAY.toordinal() - 1)
        case t.Duration():
            return timedelta()
        case t.ListOf():
            return []
        case t.Object(members=members):
            return {one.name: plainest(one.type) for one in members if not one.nullable}
    return 0


def pinned(facts: Facts, record: Any) -> Formula:
    """Return that the facts asked for are those of a record, whose lists must fit the slots."""
    return Pins(facts).pins(record)


class Pins:
    """Says of each fact asked for what one record says."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def pins(self, record: Any) -> Formula:
        """Return that every fact asked for is that of a record."""
        facts, parts = self.facts, []
        for path, flag in facts.flags.items():
            parts.append(flag if value_at(record, path) is not None else neg(flag))
        for path, slots in facts.lists.items():
            found = value_at(record, path) or []
            if len(found) > len(slots.inside):
                raise NotSaidError(f"`{path}` longer than {len(slots.inside)}")
            parts += [
                inside if index < len(found) else neg(inside) for index, inside in enumerate(slots.inside)
            ]
        for path, variable in facts.variables.items():
            value = value_at(record, path)
            if value is not None:
                parts.append(variable == self.term(path, value))
        for path, level in facts.levels.items():
            holder, _, name = path.rpartition(".")
            found = value_at(record, f"{holder}.evidence.{name}.level")
            parts.append(level.recorded == (found is not None))
            if found is not None:
                parts.append(level.number == int(found[1:]))
            obtained = value_at(record, f"{holder}.evidence.{name}.at")
            parts.append(level.dated == (obtained is not None))
            if obtained is not None:
                parts.append(level.day == obtained.toordinal())
        return conj(*parts)

    def term(self, path: str, value: Any) -> Any:
        """Return a value as a term comparable with the variable at a path."""
        number = stored(value)
        if isinstance(number, str):
            literal = Scalar(True, number, "literal")
            texts = self.facts.texts
            is_sequence = z3.is_string(self.facts.variables[path])
            return texts.sequence(literal) if is_sequence else texts.coded(literal)
        if isinstance(number, bool):
            return z3.BoolVal(number)
        return real(Fraction(number)) if z3.is_real(self.facts.variables[path]) else number
