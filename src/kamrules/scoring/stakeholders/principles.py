"""Principles for finding the key decision maker, by who owns the buyer (HANDBOOK RM.6)."""

from __future__ import annotations

from dataclasses import dataclass

from kamrules.rules.verdict import Status
from kamrules.scoring.stakeholders.interval import Answer, all_of
from kamrules.scoring.stakeholders.lines import Levels
from kamrules.scoring.stakeholders.people import Chart, Person

OWNERSHIP = "deal.account.ownership"
_STATE = ("soe", "government")


@dataclass(frozen=True, slots=True)
class Principle:
    """One principle: whether it applies to this buyer, whether it holds, whether it is breached."""

    applies: Answer
    holds: Answer
    breach: Answer

    @property
    def status(self) -> Status:
        """The verdict in one word; met as soon as it holds, even if it may not apply."""
        if self.applies.truth is False:
            return "not_applicable"
        if self.breach.truth is None:
            return "unknown"
        return "unmet" if self.breach.truth else "met"


@dataclass(frozen=True, slots=True)
class Principles:
    """The principles of RM.6; see `principles_of`."""

    state_decider: Principle
    state_levels: Principle
    private_owner: Principle


def principles_of(chart: Chart, levels: Levels, ownership: str | None) -> Principles:
    """Check the principles that fit the buyer's ownership.

    Parameters
    ----------
    chart : Chart
    levels : Levels
    ownership : {"soe", "government", "private", "foreign"} or None
        Who owns the buyer; None when unknown.

    Returns
    -------
    Principles
        `state_decider`: at a state-owned or government buyer, evidence of `second_source_evidence` or better
        says of somebody that he or she can decide or veto. `state_levels`: there, `required_levels` of the
        reporting line are covered. `private_owner`: at a private firm the owner or chairman is on the map.

    Notes
    -----
    `breach` is `applies and not holds` by Kleene's rules. A foreign buyer falls under neither. Rank proves
    nothing about who decides ("decision power is not rank"), so a job title is never read.

    References
    ----------
    HANDBOOK RM.6 (slide 27). The manual says "state-owned or large firm"; size is left out, since it gives
    no measure of large.
    """

    def owned(*kinds: str) -> Answer:
        return Answer(ownership in kinds) if ownership is not None else Answer(None, (OWNERSHIP,))

    def decides(person: Person) -> Answer:
        level = chart.policy.second_source_evidence
        return person.attested("has_decision_power", level, person.says("has_decision_power"))

    return Principles(
        state_decider=_principle(owned(*_STATE), chart.exists(decides)),
        state_levels=_principle(owned(*_STATE), levels.enough),
        private_owner=_principle(owned("private"), chart.exists(lambda person: person.says("is_owner"))),
    )


def _principle(applies: Answer, holds: Answer) -> Principle:
    return Principle(applies, holds, breach=all_of((applies, ~holds)))
