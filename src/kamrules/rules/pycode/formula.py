"""Two-valued formulas over the locals of a generated function, simplified as they are built.

Promises: `negate` of a formula is its exact complement; a part of a junction is only evaluated where the
parts before it allow it, so a guard (`x is not None`) keeps protecting what follows it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Final

from kamrules.rules.pycode import code


@dataclass(frozen=True, slots=True)
class Atom:
    """One test: `key` names it, `holds` says whether the test or its opposite is meant.

    `write(holds)` gives the code of either. The test is `exact` unless its outcome may be None instead of
    False; its opposite always is. `cases` are the constants that `subject` must equal one of, for tests
    that ask (`holds`) or deny just that.
    """

    key: str
    write: Callable[[bool], ast.expr] = field(compare=False, repr=False)
    holds: bool = True
    exact: bool = field(default=True, compare=False)
    subject: str = field(default="", compare=False)
    cases: frozenset[object] = field(default=frozenset(), compare=False)


@dataclass(frozen=True, slots=True)
class Truth:
    """The formula that is always true, or always false."""

    value: bool


@dataclass(frozen=True, slots=True)
class Junction:
    """All of the parts (`every`), or any of them."""

    every: bool
    parts: tuple[Formula, ...]


Formula = Atom | Truth | Junction
TRUE: Final = Truth(True)
FALSE: Final = Truth(False)


def negate(formula: Formula) -> Formula:
    """Return the complement."""
    match formula:
        case Truth(value):
            return FALSE if value else TRUE
        case Atom():
            return Atom(
                formula.key, formula.write, not formula.holds, formula.exact, formula.subject, formula.cases
            )
        case Junction(every, parts):
            return Junction(not every, tuple(negate(part) for part in parts))


def both(*parts: Formula) -> Formula:
    """Return the conjunction, evaluated left to right."""
    return _junction(parts, every=True)


def either(*parts: Formula) -> Formula:
    """Return the disjunction, evaluated left to right."""
    return _junction(parts, every=False)


def _junction(parts: Collection[Formula], *, every: bool) -> Formula:
    # A part is reached only when the atoms before it came out `every`; what it repeats of them is dropped.
    settled: dict[str, bool] = {}
    kept: list[Formula] = []
    for part in _flat(parts, every=every):
        reduced = assume(part, settled) if settled else part
        for one in _flat([reduced], every=every):
            if isinstance(one, Truth):
                if one.value is not every:
                    return one
                continue
            kept.append(one)
            if isinstance(one, Atom):
                settled[one.key] = one.holds is every
    if not kept:
        return TRUE if every else FALSE
    return kept[0] if len(kept) == 1 else _common_guard(Junction(every, tuple(kept)))


def _flat(parts: Collection[Formula], *, every: bool) -> list[Formula]:
    found: list[Formula] = []
    for part in parts:
        if isinstance(part, Junction) and part.every is every:
            found.extend(part.parts)
        else:
            found.append(part)
    return found


def _common_guard(formula: Junction) -> Formula:
    """Take a first atom that all parts share out: `(g and a) or (g and b)` is `g and (a or b)`."""
    firsts = {part.parts[0] if isinstance(part, Junction) else None for part in formula.parts}
    guard = firsts.pop()
    if firsts or not isinstance(guard, Atom):
        return formula
    rest = [
        _junction(part.parts[1:], every=part.every) for part in formula.parts if isinstance(part, Junction)
    ]
    inner = _junction(rest, every=formula.every)
    return _junction([guard, inner], every=not formula.every)


def assume(formula: Formula, settled: dict[str, bool]) -> Formula:
    """Return the formula where the outcomes of some tests are known."""
    match formula:
        case Truth():
            return formula
        case Atom(key=key, holds=holds):
            if key not in settled:
                return formula
            return TRUE if settled[key] is holds else FALSE
        case Junction(every, parts):
            reduced = [assume(part, settled) for part in parts]
            if all(new is old for new, old in zip(reduced, parts, strict=True)):
                return formula
            return _junction(reduced, every=every)


def tree_of(formula: Formula) -> ast.expr:
    """Return the formula as Python, for places that only ask whether it is truthy."""
    match formula:
        case Truth(value):
            return code.const(value)
        case Atom(write=write, holds=holds):
            return write(holds)
        case Junction(every, parts):
            trees = [tree_of(part) for part in parts]
            return code.all_of(trees) if every else code.any_of(trees)


def bool_of(formula: Formula) -> ast.expr:
    """Return the formula as Python that gives True or False, never None."""
    tree = tree_of(formula)
    return tree if _is_exact(formula) else code.choose(tree, code.const(True), code.const(False))


def _is_exact(formula: Formula) -> bool:
    match formula:
        case Truth():
            return True
        case Atom(exact=exact, holds=holds):
            return exact or not holds
        case Junction(True, parts):
            return all(_is_exact(part) for part in parts)
        case Junction(parts=parts):
            return _is_exact(parts[-1])


def implies(one: Formula, other: Formula) -> bool:
    """Whether `one` being true is seen to make `other` true."""
    if one == other:
        return True
    cases = _cases(one, other)
    return cases is not None and cases[0] <= cases[1]


def excludes(one: Formula, other: Formula) -> bool:
    """Whether `one` being true is seen to make `other` false."""
    cases = _cases(one, other)
    return cases is not None and not cases[0] & cases[1]


def _cases(one: Formula, other: Formula) -> tuple[frozenset[object], frozenset[object]] | None:
    """Return the cases of two atoms that ask about one subject."""
    if not isinstance(one, Atom) or not isinstance(other, Atom):
        return None
    if not one.subject or one.subject != other.subject or not (one.holds and other.holds):
        return None
    return one.cases, other.cases
