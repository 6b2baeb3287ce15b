"""The static types of the condition language.

Promises: every type is a frozen, hashable value; `describe` names it in a user's words. Nothing here
knows pydantic or YAML. Nullability belongs to a field, not to a type: there is no null type.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

INT_MIN = -(2**63)
INT_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Bool:
    """True or false."""


@dataclass(frozen=True, slots=True)
class Int:
    """A 64-bit integer, with the range the schema allows (inclusive)."""

    low: int = INT_MIN
    high: int = INT_MAX


@dataclass(frozen=True, slots=True)
class Double:
    """A finite IEEE double."""


@dataclass(frozen=True, slots=True)
class String:
    """A text of Unicode code points."""


@dataclass(frozen=True, slots=True)
class Enum:
    """A text out of a closed list of `values`, in their declared order."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Date:
    """A calendar day."""


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A moment in UTC, to the microsecond."""


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time, to the microsecond."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units of `currency` (ISO 4217)."""

    currency: str


@dataclass(frozen=True, slots=True)
class Count:
    """A number of list elements, known as an interval while some elements are unknown."""


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of `element`; `nullable` says that an element itself may be null."""

    element: Type
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """One field of an object: `nullable` when it may be missing, `claim` when evidence applies to it."""

    name: str
    type: Type
    nullable: bool = True
    claim: bool = False


@dataclass(frozen=True, slots=True)
class Object:
    """A record with named members."""

    name: str
    members: tuple[Member, ...]
    _by_name: Mapping[str, Member] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {member.name: member for member in self.members})

    def member(self, name: str) -> Member | None:
        """Return the member called `name`, or None."""
        return self._by_name.get(name)

    def names(self) -> tuple[str, ...]:
        """Return the member names in declared order."""
        return tuple(self._by_name)


Type = Bool | Int | Double | String | Enum | Date | Timestamp | Duration | Money | Count | ListOf | Object


def is_numeric(kind: Type) -> bool:
    """Whether arithmetic applies: int, double or a count."""
    return isinstance(kind, Int | Double | Count)


def is_text(kind: Type) -> bool:
    """Whether the values are strings at run time."""
    return isinstance(kind, String | Enum)


def describe(kind: Type) -> str:
    """Name the type in a user's words."""
    match kind:
        case Bool():
            return "yes/no"
        case Int():
            return "whole number"
        case Double():
            return "number"
        case String():
            return "text"
        case Enum(values):
            return "one of " + ", ".join(values)
        case Date():
            return "date"
        case Timestamp():
            return "timestamp"
        case Duration():
            return "duration"
        case Money(currency):
            return f"money in {currency}"
        case Count():
            return "count"
        case ListOf(element):
            return f"list of {describe(element)}"
        case Object(name):
            return name
