"""Steps of one loop arranged so that a test many of them share is made once.

`if a and b: x`, `if a and not c: y`, `if not a: z` become `if a: (if b: x; if not c: y) else: z`, and
tests that exclude each other become `if … elif …`.
"""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from kamrules.rules.pycode import code
from kamrules.rules.pycode.formula import (
    FALSE,
    TRUE,
    Atom,
    Formula,
    Junction,
    both,
    excludes,
    implies,
    negate,
    tree_of,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """A statement to run where all `parts` hold; each part may be tested on its own, in any order."""

    parts: tuple[Formula, ...]
    statement: ast.stmt


@dataclass(frozen=True, slots=True)
class _Fork:
    test: Formula
    then: list[ast.stmt]
    other: list[ast.stmt]


def branch(steps: Iterable[Step]) -> list[ast.stmt]:
    """Return statements that run the steps, sharing tests."""
    left = [Step(_without_truth(step.parts), step.statement) for step in steps]
    left = [step for step in left if FALSE not in step.parts]
    always = [step.statement for step in left if not step.parts]
    left = [step for step in left if step.parts]
    forks: list[_Fork] = []
    while left:
        test = _most_shared(left)
        if test is None:
            forks.extend(_Fork(both(*step.parts), [step.statement], []) for step in left)
            break
        denied = negate(test)
        then = [_without(step, test) for step in left if _has(step, test)]
        other = [_without(step, denied) for step in left if denied in step.parts and not _has(step, test)]
        left = [step for step in left if not _has(step, test) and denied not in step.parts]
        forks.append(_Fork(test, branch(then), branch(other)))
    return [*always, *_chained(forks)]


def _without_truth(parts: Iterable[Formula]) -> tuple[Formula, ...]:
    return tuple(dict.fromkeys(part for part in parts if part != TRUE))


def _has(step: Step, test: Formula) -> bool:
    return any(implies(part, test) for part in step.parts)


def _without(step: Step, test: Formula) -> Step:
    return Step(tuple(part for part in step.parts if part != test), step.statement)


def _most_shared(steps: list[Step]) -> Formula | None:
    """Return the part that, asked first, serves most steps; None if none serves two."""
    counts = Counter(part for step in steps for part in step.parts)
    alike: defaultdict[str, list[Atom]] = defaultdict(list)
    for part in counts:
        if isinstance(part, Atom) and part.subject:
            alike[part.subject].append(part)

    def served(part: Formula) -> int:
        kin = alike.get(part.subject, ()) if isinstance(part, Atom) else ()
        narrower = sum(counts[one] for one in kin if one != part and implies(one, part))
        return counts[part] + counts.get(negate(part), 0) + narrower

    best = max(counts, key=served)
    return best if served(best) > 1 else None


def _chained(forks: list[_Fork]) -> list[ast.stmt]:
    """Return the forks as statements, as one `if … elif …` where their tests exclude each other."""
    found: list[ast.stmt] = []
    while forks:
        chain = [forks.pop(0)]
        if not chain[0].other:
            for fork in list(forks):
                if not fork.other and all(excludes(_first(fork.test), _first(one.test)) for one in chain):
                    chain.append(fork)
                    forks.remove(fork)
        tail: list[ast.stmt] = chain[0].other
        for fork in reversed(chain):
            tail = [code.when(tree_of(fork.test), fork.then, tail)]
        found.extend(tail)
    return found


def _first(test: Formula) -> Formula:
    return test.parts[0] if isinstance(test, Junction) and test.every else test
