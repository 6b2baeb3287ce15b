"""Reactions in plain Python: what they mean, read off their definition.

Only reactions that read a fact that turned, or a flag that was just set, are looked at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from kamrules.rules.reactions import Asked, Reaction, is_flag
from kamrules.rules.reactors import facts_read


def compile_reactions(reactions: Sequence[Reaction]) -> PlainReactor:
    """Return the reactor of some reactions."""
    return PlainReactor(tuple(reactions))


class PlainReactor:
    """Reactions by the facts and flags that may set them off."""

    def __init__(self, reactions: tuple[Reaction, ...]) -> None:
        self._reactions = reactions
        self._by_turn: dict[str, list[int]] = defaultdict(list)
        self._by_flag: dict[str, list[int]] = defaultdict(list)
        for index, reaction in enumerate(reactions):
            for fact, _ in reaction.becomes + reaction.holds:
                if is_flag(fact):
                    self._by_flag[fact].append(index)
            for fact, _ in reaction.becomes:
                if not is_flag(fact):
                    self._by_turn[fact].append(index)
        pairs = [pair for one in reactions for pair in one.becomes + one.was + one.holds]
        self._facts = tuple(dict.fromkeys(fact for fact, _ in pairs if not is_flag(fact)))

    def react(self, before: Mapping[str, str], now: Mapping[str, str]) -> tuple[Reaction, ...]:
        """Return the reactions that run, in the order of the pack; see `Reactor`."""
        old = facts_read(before, self._facts, "before")
        new = facts_read(now, self._facts, "now")
        turned = {fact: value for fact, value in new.items() if old.get(fact) != value}
        flags: set[tuple[str, str]] = set()
        run: set[int] = set()
        waiting = {index for fact in turned for index in self._by_turn.get(fact, ())}
        while waiting:
            fresh = {
                index
                for index in waiting - run
                if any(_holds(one, turned, flags) for one in self._reactions[index].becomes)
                and all(_holds(one, old, set()) for one in self._reactions[index].was)
                and all(_holds(one, new, flags) for one in self._reactions[index].holds)
            }
            run |= fresh
            more = {pair for index in fresh for pair in self._reactions[index].sets} - flags
            flags |= more
            waiting = {index for flag, _ in more for index in self._by_flag.get(flag, ())}
        return tuple(self._reactions[index] for index in sorted(run))


def _holds(asked: Asked, facts: Mapping[str, str], flags: set[tuple[str, str]]) -> bool:
    fact, values = asked
    if is_flag(fact):
        return any((fact, value) in flags for value in values)
    return facts.get(fact) in values
