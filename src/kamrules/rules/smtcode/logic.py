"""What a condition is for z3: values with a formula for `known`, truths as pairs, counts as intervals.

A Formula is a Python bool where nothing is open and a z3 term otherwise, a number likewise; constants fold on
the way, so that z3 sees only what depends on the record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from kamrules.rules.smtcode.door import z3

Formula = Any  # bool | z3.BoolRef
Number = Any  # int | Fraction | z3.ArithRef
Sort = Literal["int", "real", "literal", "code", "sequence"]


class NotSaidError(Exception):
    """The formulas have no word for something; the message names it."""


@dataclass(frozen=True, slots=True)
class Truth:
    """A condition: surely true, surely false, unknown where neither holds."""

    true: Formula
    false: Formula

    @property
    def known(self) -> Formula:
        """Whether it is decided."""
        return disj(self.true, self.false)


@dataclass(frozen=True, slots=True)
class Scalar:
    """A value and whether it is known; whole numbers lie between `low` and `high`.

    Days, moments and lengths of time are whole numbers. A text is a `literal`, an int `code` that stands for
    a text, or a `sequence` of signs.
    """

    known: Formula
    value: Any
    sort: Sort = "int"
    low: int = 0
    high: int = 0


@dataclass(frozen=True, slots=True)
class Counted:
    """A count of elements: at least `low`, at most `high`."""

    known: Formula
    low: Number
    high: Number


Value = Truth | Scalar | Counted

TRUE = Truth(True, False)
FALSE = Truth(False, True)


def conj(*parts: Formula) -> Formula:
    """Return whether all hold."""
    return _join(parts, decisive=False)


def disj(*parts: Formula) -> Formula:
    """Return whether some hold."""
    return _join(parts, decisive=True)


def _join(parts: tuple[Formula, ...], *, decisive: bool) -> Formula:
    kept = []
    for part in parts:
        if part is decisive:
            return decisive
        if part is not (not decisive):
            kept.append(part)
    if not kept:
        return not decisive
    if len(kept) == 1:
        return kept[0]
    return z3.Or(kept) if decisive else z3.And(kept)


def neg(part: Formula) -> Formula:
    """Return whether it does not hold."""
    if isinstance(part, bool):
        return not part
    return part.arg(0) if z3.is_not(part) else z3.Not(part)


def ite(test: Formula, then: Any, other: Any) -> Any:
    """Return one of two formulas or numbers."""
    if isinstance(test, bool):
        return then if test else other
    return then if then is other else z3.If(test, then, other)


def as_term(part: Formula) -> Any:
    """Return a formula as a term of z3."""
    return z3.BoolVal(part) if isinstance(part, bool) else part


def decided(known: Formula, holds: Formula) -> Truth:
    """Return a two-valued answer that is known or not."""
    return Truth(conj(known, holds), conj(known, neg(holds)))


def branch(test: Truth, then: Truth, other: Truth) -> Truth:
    """Return `test ? then : other` of conditions."""
    return Truth(
        disj(conj(test.true, then.true), conj(test.false, other.true)),
        disj(conj(test.true, then.false), conj(test.false, other.false)),
    )
