"""What a change of a deal sets off: the facts that turned, and the reactions of its pack that run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from kamrules.engine import Engine
from kamrules.rules.reactors import choose_reactor

ReactionStatus = Literal["runs", "silent"]


@dataclass(frozen=True, slots=True)
class Turn:
    """What one change does to each reaction, by its id.

    `set_off_by` are the facts and flags of its `becomes` that have just turned so. A reaction with any that
    is not in `runs` was held back by its `was` or `while`.
    """

    runs: frozenset[str]
    set_off_by: Mapping[str, tuple[str, ...]]

    def status(self, reaction: str) -> ReactionStatus:
        """Return whether a reaction runs."""
        return "runs" if reaction in self.runs else "silent"

    def held_back(self, reaction: str) -> bool:
        """Whether a reaction was set off and does not run."""
        return bool(self.set_off_by[reaction]) and reaction not in self.runs


def turn_of(engine: Engine, before: Mapping[str, str], now: Mapping[str, str]) -> Turn:
    """Return what a turn of facts, as `flatfacts.facts_of` names them, sets off.

    Examples
    --------
    >>> from kamrules.engine import compile, load_pack
    >>> engine = compile(load_pack("handbook"))
    >>> turn = turn_of(engine, {"claim": "not_proven"}, {"claim": "contradicted"})
    >>> turn.status("claim_contradicted"), turn.set_off_by["claim_contradicted"]
    ('runs', ('claim',))
    """
    ran = choose_reactor("plain")(engine.reactions).react(before, now)
    turned = {fact: value for fact, value in now.items() if before.get(fact) != value}
    turned |= {flag: value for reaction in ran for flag, value in reaction.sets}
    return Turn(
        frozenset(one.id for one in ran),
        {
            one.id: tuple(fact for fact, values in one.becomes if turned.get(fact) in values)
            for one in engine.reactions
        },
    )
