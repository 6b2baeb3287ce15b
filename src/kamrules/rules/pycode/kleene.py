"""Three-valued truths as two formulas: when it is surely true, and when it is surely false.

Unknown is neither. Both formulas are ordinary short-circuit Python, so an unknown costs nothing where
nothing is unknown; `three_of` turns the pair into True, False or None.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace

from kamrules.rules.pycode import code
from kamrules.rules.pycode.formula import (
    FALSE,
    TRUE,
    Atom,
    Formula,
    Junction,
    Truth,
    assume,
    bool_of,
    both,
    either,
    negate,
    tree_of,
)  # fmt: skip

# Above this size a branch is not written out a second time to save a test.
_SMALL = 12


@dataclass(frozen=True, slots=True)
class Kleene:
    """A truth that may be unknown.

    `guards` are locals such that it is unknown exactly where one of them is None, and then `known` is its
    outcome where none is; `guards` is None when its being unknown is not that simple. `local` holds the
    truth as True, False or None. `parts` and `every` remember what it is the junction of.
    """

    true: Formula
    false: Formula
    guards: frozenset[str] | None
    known: Formula = FALSE
    local: str = ""
    parts: tuple[Kleene, ...] = ()
    every: bool = False


def guard(local: str) -> Atom:
    """Return the test that a local is not None."""
    return Atom(f"{local} known", code.test(code.name(local), "is not", code.const(None)))


def certain(formula: Formula) -> Kleene:
    """Return a truth that is never unknown."""
    return Kleene(formula, negate(formula), frozenset(), formula)


def guarded(guards: Sequence[str], known: Formula, true: Formula | None = None) -> Kleene:
    """Return the truth `known`, unknown where a guard is None; `true` may be a cheaper test for true."""
    if not guards:
        return certain(known)
    asked = [guard(local) for local in guards]
    surely = both(*asked, known) if true is None else true
    return Kleene(surely, both(*asked, negate(known)), frozenset(guards), known)


def truth_in(local: str, *, nullable: bool) -> Kleene:
    """Return the truth that a local holds as True, False or None."""
    tree = code.name(local)
    known = Atom(f"{local} true", code.plain(tree), exact=not nullable)
    if not nullable:
        return replace(certain(known), local=local)
    is_false = Atom(f"{local} false", code.test(tree, "is", code.const(False)))
    # Where the local is not None it is exactly a bool.
    sure = replace(known, exact=True)
    return Kleene(known, is_false, frozenset({local}), sure, local=local)


def negation(truth: Kleene) -> Kleene:
    """Return the Kleene negation."""
    parts = tuple(negation(part) for part in truth.parts)
    known = negate(truth.known)
    # Twice negated, a truth in a local is that local again.
    local = next((one for one in truth.guards or () if known == truth_in(one, nullable=True).known), "")
    return Kleene(truth.false, truth.true, truth.guards, known, local, parts, not truth.every)


def junction(truths: Sequence[Kleene], *, every: bool) -> Kleene:
    """Return the Kleene conjunction (`every`) or disjunction of the truths."""
    if len(truths) == 1:
        return truths[0]
    flat: list[Kleene] = []
    for truth in truths:
        flat.extend(truth.parts if truth.parts and truth.every is every else (truth,))
    neutral = certain(TRUE if every else FALSE)
    parts = [part for part in dict.fromkeys(flat) if part != neutral]
    if len(parts) <= 1:
        return parts[0] if parts else neutral
    join, dual = (both, either) if every else (either, both)
    true = join(*(part.true for part in parts))
    false = dual(*(part.false for part in parts))
    if isinstance(true, Truth) and isinstance(false, Truth) and true != false:
        return certain(true)
    guards = parts[0].guards
    if guards is None or any(part.guards != guards for part in parts):
        return Kleene(true, false, None, FALSE, "", tuple(parts), every)
    known = join(*(part.known for part in parts))
    return Kleene(true, false, guards, known, "", tuple(parts), every)


def conjuncts(truth: Kleene) -> tuple[Kleene, ...]:
    """Return truths whose conjunction this one is."""
    return truth.parts if truth.parts and truth.every else (truth,)


def is_certain(truth: Kleene) -> bool:
    """Whether the truth is never unknown."""
    return truth.guards == frozenset()


def three_of(truth: Kleene) -> ast.expr:
    """Return the truth as a Python value: True, False or None."""
    if truth.local:
        return code.name(truth.local)
    if TRUE in {truth.true, truth.false}:
        return code.const(truth.true == TRUE)
    if truth.guards is not None:
        unknown = [tree_of(negate(guard(local))) for local in sorted(truth.guards)]
        known = bool_of(assume(truth.known, {guard(local).key: True for local in truth.guards}))
        return code.choose(code.any_of(unknown), code.const(None), known) if unknown else known
    if truth.parts:
        return _three_of_parts(truth)
    return _three_of_pair(truth)


def _three_of_pair(truth: Kleene) -> ast.expr:
    false = code.choose(tree_of(truth.false), code.const(False), code.const(None))
    return code.choose(tree_of(truth.true), code.const(True), false)


def _three_of_parts(truth: Kleene) -> ast.expr:
    """Ask what cannot be unknown first: only where that leaves it open does the rest matter."""
    certain_parts = [part.known for part in truth.parts if is_certain(part)]
    rest = [part for part in truth.parts if not is_certain(part)]
    if certain_parts:
        trees = [bool_of(part) for part in certain_parts] + [three_of(junction(rest, every=truth.every))]
        return code.all_of(trees) if truth.every else code.any_of(trees)
    if len(rest) == 2 and _size(rest[1].true) + _size(rest[1].false) <= _SMALL:  # noqa: PLR2004
        return _three_of_two(rest[0], rest[1], every=truth.every)
    return _three_of_pair(truth)


def _three_of_two(one: Kleene, other: Kleene, *, every: bool) -> ast.expr:
    neutral, decisive = (
        (one.true, either(one.false, other.false)) if every else (one.false, either(one.true, other.true))
    )
    decided = code.choose(tree_of(decisive), code.const(not every), code.const(None))
    return code.choose(tree_of(neutral), three_of(other), decided)


def _size(formula: Formula) -> int:
    return sum(map(_size, formula.parts)) if isinstance(formula, Junction) else 1
