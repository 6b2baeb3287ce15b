"""Whom we reach: the decision maker, a tested coach, more than one thread, how close we are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from kamrules.scoring.stakeholders.interval import (
    ROUNDING,
    Answer,
    Interval,
    all_of,
    any_of,
    interval,
    largest_share,
)
from kamrules.scoring.stakeholders.people import Chart, Person, Who

COACH_TESTS = ("coach_is_credible", "coach_wants_us_to_win", "coach_confirmed", "coach_entitled")


@dataclass(frozen=True, slots=True)
class DecisionMaker:
    """Whether and how a decision maker was reached; see `decision_maker_of`."""

    listed: Answer
    reached: Answer
    met_executive: Answer
    restated: Answer
    how: Literal["met_executive", "contacted"] | None
    on: date | None
    evidence: int | None
    who: Who | None


@dataclass(frozen=True, slots=True)
class CoachTest:
    """The four tests of one coach: passed, failed, and open (unknown)."""

    who: Who
    passed: tuple[str, ...]
    failed: tuple[str, ...]
    open: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coach:
    """Coach, insider and intermediary; see `coach_of`."""

    present: Answer
    tested: Answer
    insider: Answer
    intermediaries_vetted: Answer
    tests: tuple[CoachTest, ...]


@dataclass(frozen=True, slots=True)
class Threads:
    """How much hangs on one person; see `threads_of`."""

    contacts: Interval
    contact_share: Interval
    support_share: Interval
    single: Answer


@dataclass(frozen=True, slots=True)
class Relations:
    """How many people are at each stage of the emotional model; see `relations_of`."""

    stranger: Interval
    acquaintance: Interval
    friend: Interval
    bosom_friend: Interval


def decision_maker_of(chart: Chart) -> DecisionMaker:
    """Tell whether a decision maker was reached, how, when, and on what evidence.

    Parameters
    ----------
    chart : Chart

    Returns
    -------
    DecisionMaker
        `listed`: somebody has the role. `reached`: one of them was contacted or met an executive of ours.
        `met_executive`: one of them met an executive by `as_of`. `restated`: and restated need and criteria,
        with evidence of `restated_evidence` or better. `how`, `on`, `evidence` (0 to 4), `who`: the best
        sure contact: a meeting with an executive before a contact, then the later, then the better proven;
        None when no contact is sure.

    Notes
    -----
    The answers are exact: per person they read each fact once. Somebody marked as not contacted has met no
    executive; a meeting, a dated contact or an exchange shows that somebody was contacted.

    References
    ----------
    HANDBOOK M6.X1; the evidence levels: HANDBOOK 0.3.
    """

    def decides(person: Person) -> Answer:
        return person.among("role", ("decision_maker",))

    def reached(person: Person) -> Answer:
        return all_of((decides(person), any_of((person.contacted, person.met_executive))))

    def met(person: Person) -> Answer:
        return all_of((decides(person), person.met_executive))

    def restated(person: Person) -> Answer:
        level = chart.policy.restated_evidence
        return all_of(
            (met(person), person.attested("restated_criteria", level, person.says("restated_criteria")))
        )

    best = max(
        (_contact(person) for person in chart.people if reached(person).truth),
        key=lambda found: (found[0], found[1] or date.min, found[2], found[3].id or "", found[3].name or ""),
        default=None,
    )
    return DecisionMaker(
        listed=chart.exists(decides),
        reached=chart.exists(reached),
        met_executive=chart.exists(met),
        restated=chart.exists(restated),
        how=None if best is None else "met_executive" if best[0] else "contacted",
        on=best[1] if best else None,
        evidence=best[2] if best else None,
        who=best[3] if best else None,
    )


def _contact(person: Person) -> tuple[bool, date | None, int, Who]:
    """Return whether an executive was met, the day, the evidence level, and who it was."""
    if person.met_executive.truth:
        return True, person.record.met_executive_on, person.evidence("met_executive_on"), person.who
    day = person.record.last_contact_on
    shown = day if person.is_past(day) else None
    level = max(person.evidence("is_contacted"), person.evidence("last_contact_on"))
    return False, shown, level, person.who


def coach_of(chart: Chart) -> Coach:
    """Tell whether there is a coach, and whether one has passed the coach test.

    Parameters
    ----------
    chart : Chart

    Returns
    -------
    Coach
        `present`: somebody is a coach. `tested`: a coach is credible inside, wants us to win for a legitimate
        reason, is confirmed by a second source and entitled to share. `insider`: somebody is an insider.
        `intermediaries_vetted`: every intermediary is (true without one). `tests`: the four tests of
        everybody surely a coach.

    Notes
    -----
    The answers are exact. Another coach, or one more test passed, never turns `tested` to false.

    References
    ----------
    HANDBOOK RM.4 and M4.X4; intermediaries: HANDBOOK RL-10.
    """

    def is_tested(person: Person) -> Answer:
        return all_of(map(person.says, ("is_coach", *COACH_TESTS)))

    return Coach(
        present=chart.exists(lambda person: person.says("is_coach")),
        tested=chart.exists(is_tested),
        insider=chart.exists(lambda person: person.says("is_insider")),
        intermediaries_vetted=chart.every(
            lambda person: any_of((~person.says("is_intermediary"), person.says("intermediary_vetted")))
        ),
        tests=tuple(_tests(person) for person in chart.people if person.record.is_coach),
    )


def _tests(person: Person) -> CoachTest:
    def having(truth: bool | None) -> tuple[str, ...]:  # noqa: FBT001 - a truth is what it is about
        return tuple(test for test in COACH_TESTS if person.says(test).truth is truth)

    return CoachTest(person.who, passed=having(True), failed=having(False), open=having(None))


def threads_of(chart: Chart) -> Threads:
    """Measure how much of our contact and support rests on one person.

    Parameters
    ----------
    chart : Chart

    Returns
    -------
    Threads
        `contacts`, 0 to n: people contacted, in the decision group or not. `contact_share`, 0 to 1:
        1 / contacts, and 1 for none. `support_share`, 0 to 1: the largest support mass divided by their sum,
        where support mass is influence x stance value of a supporter in the decision group; 1 when nobody
        supports us, which is no safer than one. `single`: fewer than `min_contacts` people contacted, or
        more than `thread_share_pct` of the support on one person while somebody supports us.

    Notes
    -----
    The ends of `contacts` and `contact_share` and the high end of `support_share` are exact; its low end is
    exact where only influence is unknown, else it may be lower than any answer could make it. One more
    contact never raises `contact_share`. A supporter who becomes a mentor may raise `support_share`.

    References
    ----------
    Our choice: the handbook names no measure of it. Limits: see `MapPolicy`.
    """
    contacts = chart.count(lambda person: person.contacted)
    contact_share = interval((_per_person(contacts.high), _per_person(contacts.low)), contacts.missing)
    share = chart.no_list(0, 1)
    if chart.is_listed:
        share = interval(largest_share([], [person.mass for person in chart.people]), chart.open_mass())
    over = chart.policy.thread_share_pct / 100 + ROUNDING
    single = any_of(
        (~contacts.at_least(chart.policy.min_contacts), all_of((chart.has_support(), share.at_least(over))))
    )
    return Threads(contacts, contact_share, share, single)


def _per_person(people: float) -> float:
    return 1 / people if people > 1 else 1.0


def relations_of(chart: Chart) -> Relations:
    """Count the people at each stage of the emotional model.

    Parameters
    ----------
    chart : Chart

    Returns
    -------
    Relations
        Per stage a count, 0 to n; an unknown stage may be any of the four. Each count is exact on its own.

    Notes
    -----
    No stage is worth anything by itself: a closer stage earns no points anywhere, because the handbook's
    ways there touch hospitality and private life (RL-08, RL-15).

    References
    ----------
    HANDBOOK RM.12.
    """

    def at(stage: str) -> Interval:
        return chart.count(lambda person: person.among("relationship_stage", (stage,)))

    return Relations(at("stranger"), at("acquaintance"), at("friend"), at("bosom_friend"))
