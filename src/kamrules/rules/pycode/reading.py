"""How members of a record are read, and what is checked of them on the way.

`get` and `item` are for mappings, `attr` for objects; `any` takes both, slowly, and reads a whole number
where the language expects a double. The others leave what they do not expect to their caller: a member
missing from where it must be raises KeyError or AttributeError.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Literal

from kamrules.rules.lang.reference import read
from kamrules.rules.lang.types import (
    INT_MAX,
    INT_MIN,
    Bool,
    Date,
    Double,
    Duration,
    Enum,
    Int,
    ListOf,
    Money,
    String,
    Timestamp,
    Type,
)  # fmt: skip
from kamrules.rules.pycode import code
from kamrules.rules.pycode.blocks import Read, Style
from kamrules.rules.pycode.world import World

Access = Literal["get", "item", "attr", "any"]

# `holder.keys` of a mapping is not a member of the record.
_MAPPING_NAMES = frozenset(dir(dict))
_CLASSES: dict[type[Type], type] = {
    Bool: bool, Int: int, Money: int, String: str, Date: date, Timestamp: datetime, Duration: timedelta,
}  # fmt: skip


def read_double(holder: Any, name: str) -> Any:
    """Return member `name`, a whole number as a double, None when missing."""
    return as_double(read(holder, name))


def as_double(value: Any) -> Any:
    """Return a whole number as a double and anything else as it is."""
    return float(value) if type(value) is int and INT_MIN <= value <= INT_MAX else value


def style_of(world: World, access: Access, misfit: ast.stmt | None) -> Style:
    """Return how the function reads its record; `misfit`, if any, is run where a check of it fails."""
    check = _Checks(world, misfit) if misfit else None

    def read_member(holder: str, one: Read) -> ast.expr:
        return _member(code.name(holder), one, access)

    return Style(read_member, check.statements if check else lambda _: [])


def _member(holder: ast.expr, one: Read, access: Access) -> ast.expr:
    if access == "any":
        reader = "read_double" if isinstance(one.type, Double) else "read"
        return code.call(reader, holder, code.const(one.member))
    if access == "attr":
        # Evidence is no field of the schema, so an object need not have it.
        if one.type is None or one.member in _MAPPING_NAMES or not one.member.isidentifier():
            return code.call("read", holder, code.const(one.member))
        return code.attribute(holder, one.member)
    if one.type is None or (access == "get" and one.nullable):
        return code.method(holder, "get", code.const(one.member))
    return code.item(holder, one.member)


class _Checks:
    """Writes tests of the types of what was read; what fails one goes to the careful program."""

    def __init__(self, world: World, misfit: ast.stmt) -> None:
        self._world = world
        self._misfit = misfit

    def statements(self, reads: list[Read]) -> list[ast.stmt]:
        """Return the statements that check some reads."""
        found = [self._widened(one) for one in reads if isinstance(one.type, Double)]
        tests = [test for one in reads for test in self._tests(one)]
        if tests:
            found.append(code.when(code.any_of(tests), [self._misfit]))
        return found

    def _widened(self, one: Read) -> ast.stmt:
        local = code.name(one.local)
        test = self._is_not(local, float)
        if one.nullable:
            test = code.all_of([code.compare(local, "is not", code.const(None)), test])
        return code.when(test, [code.assign(one.local, code.call("as_double", local))])

    def _tests(self, one: Read) -> list[ast.expr]:
        """Return tests of which one is true when the value does not fit."""
        local = code.name(one.local)
        wrong = self._wrong(local, one.type)
        if wrong is None:
            return []
        return (
            [code.all_of([code.compare(local, "is not", code.const(None)), wrong])]
            if one.nullable
            else [wrong]
        )

    def _wrong(self, local: ast.expr, kind: Type | None) -> ast.expr | None:
        match kind:
            case Bool():
                true, false = code.const(True), code.const(False)
                return code.all_of(
                    [code.compare(local, "is not", true), code.compare(local, "is not", false)]
                )
            case Double():
                return code.invert(code.compare(code.name("LEAST"), "<", local, "<", code.name("MOST")))
            case Enum(values):
                return code.compare(local, "not in", self._world.refer(frozenset(values)))
            case Int(low, high):
                inside = code.compare(code.const(low), "<=", local, "<=", code.const(high))
                return code.any_of([self._is_not(local, int), code.invert(inside)])
            case Money():
                inside = code.compare(code.const(INT_MIN), "<=", local, "<=", code.const(INT_MAX))
                return code.any_of([self._is_not(local, int), code.invert(inside)])
            case Timestamp():
                zoned = code.compare(code.attribute(local, "tzinfo"), "is", code.const(None))
                return code.any_of([self._is_not(local, datetime), zoned])
            case ListOf():
                return self._is_not(local, list)
        found = _CLASSES.get(type(kind)) if kind is not None else None
        return None if found is None else self._is_not(local, found)

    def _is_not(self, local: ast.expr, kind: type) -> ast.expr:
        return code.compare(code.call("type", local), "is not", self._world.refer(kind, kind.__name__))


def is_object(value: Any) -> bool:
    """Whether a value can have members: a mapping or an object that is no plain value."""
    plain = (bool, int, float, str, bytes, date, timedelta, list, tuple)
    return isinstance(value, Mapping) or not isinstance(value, plain)
