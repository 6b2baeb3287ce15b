"""Mutation of a pack: whether its cases would notice a small mistake in a rule.

Each mutant is the plan with one change: an operator turned, a constant moved by one unit, a value dropped. It
is killed when some expectation of some case no longer holds. A survivor shows what no case pins down.

The change is made in the text that holds the condition and goes wherever that text is read: a definition into
every rule that names it, a criterion into the gates over it. A condition over the elements of a scorecard's
list (`share`, `mean`) is changed with its definitions written out. What no case can expect is not mutated:
plays, forms, due days, scorecards other than the health.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from kamrules.casefile import Case
from kamrules.engine import Engine
from kamrules.errors import ArgumentError, Fault, nearest
from kamrules.mutation.judging import Judge
from kamrules.mutation.mutants import Mutant, mutants_of
from kamrules.mutation.sources import Sources

__all__ = ["Mutant", "MutationReport", "Survivor", "mutate"]


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant that every case lets pass.

    `never_differed` says that what was changed had the same value on the record of every case: the mutant may
    be equivalent, or no record comes near the change. Otherwise a record does, and no case expects it.
    """

    mutant: Mutant
    never_differed: bool

    def __str__(self) -> str:
        hint = (
            "same on every case, perhaps equivalent"
            if self.never_differed
            else "differs, but none expects it"
        )
        return f"{self.mutant} ({hint})"


@dataclass(frozen=True, slots=True)
class MutationReport:
    """How many mutants were judged, and those that survived, in the order of the pack."""

    mutants: int
    survivors: tuple[Survivor, ...]

    @property
    def killed(self) -> int:
        """How many mutants some case saw."""
        return self.mutants - len(self.survivors)

    @property
    def survived_pct(self) -> float:
        """The percentage that survived; 0 for no mutants."""
        return 100 * len(self.survivors) / self.mutants if self.mutants else 0.0

    def __str__(self) -> str:
        lived = len(self.survivors)
        return f"mutants {self.mutants}, killed {self.killed}, survived {lived} ({self.survived_pct:.1f} %)"


def mutate(  # noqa: PLR0913 - the pack, its cases, and which mutants of it
    engine: Engine,
    cases: Sequence[Case],
    *,
    only: Collection[str] = (),
    limit: int | None = None,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> MutationReport:
    """Judge the mutants of a pack by its cases, which are taken to hold.

    Parameters
    ----------
    engine : the pack, compiled
    cases : its cases
    only : ids of rules, tables, their rows, the health scorecard, its entries, definitions (`def.NAME`)
        to mutate; everything if empty
    limit : judge at most so many mutants, a random sample drawn with `seed`
    progress : called with the number of mutants judged so far and of all

    Raises
    ------
    ArgumentError
        KR500 for an id in `only` that nothing has (A-VALUE).
    """
    sources = Sources(engine.pack, engine.plan)
    mutants = list(mutants_of(sources))
    mutants = _chosen(mutants, only) if only else mutants
    if limit is not None and limit < len(mutants):
        picked = sorted(random.Random(seed).sample(range(len(mutants)), limit))  # noqa: S311 - a sample, no secret
        mutants = [mutants[index] for index in picked]
    judge = Judge(engine, cases, sources.all())
    survivors = []
    for count, mutant in enumerate(mutants, 1):
        parts = sources.made(mutant.edit)
        if judge.killer(parts) is None:
            survivors.append(Survivor(mutant, not judge.is_noticed(parts, sources.compared(mutant.edit))))
        if progress is not None:
            progress(count, len(mutants))
    return MutationReport(len(mutants), tuple(survivors))


def _chosen(mutants: list[Mutant], only: Collection[str]) -> list[Mutant]:
    faults = [
        Fault("A-VALUE", f"nothing to mutate has the id `{name}`", hint=nearest(name, _ids(mutants)))
        for name in only
        if name not in _ids(mutants)
    ]
    if faults:
        raise ArgumentError(faults)
    return [mutant for mutant in mutants if not set(only).isdisjoint(_ids([mutant]))]


def _ids(mutants: Iterable[Mutant]) -> set[str]:
    """Return what the rules of mutants may be called: rows and entries with or without what holds them."""
    return {
        name
        for mutant in mutants
        for name in (mutant.rule, mutant.holder, mutant.rule.removeprefix(f"{mutant.holder}."))
    }
