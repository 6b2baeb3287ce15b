"""Who is for us and against us in the decision group, how heavily, and whether by deed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain

from kamrules.scoring.stakeholders.interval import (
    NO,
    YES,
    Answer,
    Ends,
    Interval,
    Weighed,
    all_of,
    count_of,
    interval,
    sum_ends,
    unique,
    weighted_mean,
)
from kamrules.scoring.stakeholders.people import OPPOSITION, SUPPORT, Chart, Person, Who

_NEED_DEED = ("mentor", "mortal_enemy")


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the decision group: how many people, and the sum of their influence."""

    people: Interval
    influence: Interval


@dataclass(frozen=True, slots=True)
class Support:
    """Support in the decision group; see `support_of`."""

    index: Interval
    supporters: Side
    enemies: Side
    balance: Interval
    majority: Answer
    mentor_by_deed: Answer


@dataclass(frozen=True, slots=True)
class Doubt:
    """A person for whom something holds (`answer` true) or may hold (unknown)."""

    who: Who
    answer: Answer


@dataclass(frozen=True, slots=True)
class Deeds:
    """Supporters who have acted and who have only spoken; see `deeds_of`."""

    by_deed: Interval
    by_word: Interval
    share: Interval
    unproven: tuple[Doubt, ...]


@dataclass(frozen=True, slots=True)
class PowerfulEnemies:
    """Enemies who can decide or veto and for whom no plan exists; see `powerful_enemies_of`."""

    known: Answer
    unaddressed: Interval
    people: tuple[Doubt, ...]


def support_of(chart: Chart) -> Support:
    """Measure support in the decision group (people with `is_key_player`).

    Parameters
    ----------
    chart : Chart

    Returns
    -------
    Support
        `index`, -1 to 1: sum(influence x stance value) / sum(influence); 0 when the influence sums to 0.
        Stance values are the points of the policy divided by their largest magnitude.
        `supporters`, `enemies`: mentors and supporters, opponents and mortal enemies; `people` 0 to n,
        `influence` 0 to n, the sum of their influence. `balance`, -n to n: influence of the supporters less
        that of the enemies. `majority`: more than half of the group supports us; false for an empty group.
        `mentor_by_deed`: somebody in or outside the group is mentor and has acted.

    Notes
    -----
    Unknown membership, stance and influence (0 to 1) are each filled in freely and separately for each
    person, so all ends here are exact. Without a list the index is -1 to 1 and counts have no upper end.

    A better stance never lowers the index. A mortal enemy gaining influence never raises it; an opponent
    gaining influence may, where the index lies below the value of an opponent (a mean is drawn towards
    whoever gains weight). `balance` has no such corner: it never rises when any enemy gains influence.

    References
    ----------
    Ordinals and the decision group: HANDBOOK RM.2. Majority and mentor: HANDBOOK M6.X2. The mean, its value
    for an empty group and `balance` are our choice.
    """
    mentor = chart.exists(lambda person: all_of((person.among("stance", ("mentor",)), person.deed)))
    if not chart.is_listed:
        side = Side(chart.no_list(0, math.inf), chart.no_list(0, math.inf))
        return Support(
            index=chart.no_list(-1, 1),
            supporters=side,
            enemies=side,
            balance=chart.no_list(-math.inf, math.inf),
            majority=chart.exists(lambda person: person.supports),
            mentor_by_deed=mentor,
        )
    parts = [Weighed(*person.value, *person.weight) for person in chart.people]
    return Support(
        index=interval(weighted_mean(parts), chart.open_support()),
        supporters=_side(chart, [person.supports for person in chart.people]),
        enemies=_side(chart, [person.opposes for person in chart.people]),
        balance=_balance(chart),
        majority=_majority(chart),
        mentor_by_deed=mentor,
    )


def _side(chart: Chart, answers: list[Answer]) -> Side:
    ends = [_if(answer, person.weight) for person, answer in zip(chart.people, answers, strict=True)]
    influences = (
        person.at("influence")
        for person, answer in zip(chart.people, answers, strict=True)
        if answer.truth is not False and person.record.influence is None
    )
    missing = chain(chain.from_iterable(answer.missing for answer in answers), influences)
    return Side(count_of(answers), interval(sum_ends(ends), missing))


def _if(answer: Answer, ends: Ends) -> Ends:
    """Return what the weight counts for a side: all of it, nothing, or anything between."""
    low, high = ends
    return (low if answer.truth else 0.0), (0.0 if answer.truth is False else high)


def _balance(chart: Chart) -> Interval:
    """Each person adds the influence, takes it away, or stands aside; unknown facts leave the choice open."""
    ends = []
    for person in chart.people:
        least_for, most_for = _if(person.supports, person.weight)
        least_against, most_against = _if(person.opposes, person.weight)
        low = least_for if person.supports.truth else -most_against
        high = -least_against if person.opposes.truth else most_for
        ends.append((low + 0.0, high + 0.0))
    return interval(sum_ends(ends), chart.open_support())


def _majority(chart: Chart) -> Answer:
    """Return whether (supporters) - (others in the group) is positive; each person moves it on its own."""
    low = high = 0
    missing: list[str] = []
    for person in chart.people:
        member, supports = person.says("is_key_player"), person.supports
        stands_off = all_of((member, ~person.among("stance", SUPPORT)))
        low += 1 if supports.truth else 0 if stands_off.truth is False else -1
        high += 1 if supports.truth is not False else -1 if member.truth else 0
        missing += member.missing
        missing += supports.missing
    if low > 0:
        return YES
    return NO if high <= 0 else Answer(None, unique(missing))


def deeds_of(chart: Chart) -> Deeds:
    """Tell supporters by deed from supporters by word.

    Parameters
    ----------
    chart : Chart

    Returns
    -------
    Deeds
        `by_deed`, `by_word`, 0 to n: supporters in the decision group who have and have not acted. An act is
        `stance_by_deed`, or a buyer-initiated lawful act other than `none`. `share`, 0 to 1:
        by_deed / (by_deed + by_word); 0 when nobody supports us. `unproven`: everybody called mentor or
        mortal enemy for whom no deed is on record.

    Notes
    -----
    All ends are exact. `share` is no measure of support: a new supporter by word lowers it.

    References
    ----------
    HANDBOOK RM.2: mentor and enemy "need a deed as evidence"; lawful acts: HANDBOOK M6.X3.
    """
    pairs = [(person.supports, person.deed) for person in chart.people]
    by_deed = chart.count(lambda person: all_of((person.supports, person.deed)))
    by_word = chart.count(lambda person: all_of((person.supports, ~person.deed)))
    missing = unique(chain(by_deed.missing, by_word.missing))
    share = interval(_deed_share(pairs), missing) if chart.is_listed else chart.no_list(0, 1)
    return Deeds(by_deed, by_word, share, _doubts(chart.people, _is_unproven))


def _deed_share(pairs: Iterable[tuple[Answer, Answer]]) -> Ends:
    """Return the ends of the share.

    Least: whoever can have only spoken has, and who else need not support us does not. Most: the mirror.
    """
    least_deeds = least_words = most_deeds = most_words = 0
    for supports, deed in pairs:
        if supports.truth is False:
            continue
        sure = supports.truth is True
        if deed.truth is not True:
            least_words += 1
        elif sure:
            least_deeds += 1
        if deed.truth is not False:
            most_deeds += 1
        elif sure:
            most_words += 1
    low = least_deeds / (least_deeds + least_words) if least_deeds else 0.0
    return low, (most_deeds / (most_deeds + most_words) if most_deeds else 0.0)


def _is_unproven(person: Person) -> Answer:
    if person.record.stance not in _NEED_DEED:
        return NO
    return ~(person.deed if person.record.stance == "mentor" else person.says("stance_by_deed"))


def powerful_enemies_of(chart: Chart) -> PowerfulEnemies:
    """Find opponents and mortal enemies with decision power that no plan addresses.

    Parameters
    ----------
    chart : Chart

    Returns
    -------
    PowerfulEnemies
        `known`: an opponent or mortal enemy can decide or veto. `unaddressed`, 0 to n: how many of them
        have no counter-plan. `people`: who they are or may be.

    Notes
    -----
    All ends are exact. A stance that gets better, power that is lost and a plan that is made never raise
    the count. Everybody on the map counts, in the decision group or not.

    References
    ----------
    HANDBOOK M6.X2 (mortal enemies block that gate) and M5.X4 (opponents too).
    """

    def has_power(person: Person) -> Answer:
        return all_of((person.among("stance", OPPOSITION), person.says("has_decision_power")))

    def is_unaddressed(person: Person) -> Answer:
        return all_of((has_power(person), ~person.says("counter_plan")))

    return PowerfulEnemies(
        known=chart.exists(has_power),
        unaddressed=chart.count(is_unaddressed),
        people=_doubts(chart.people, is_unaddressed),
    )


def _doubts(people: Iterable[Person], test: Callable[[Person], Answer]) -> tuple[Doubt, ...]:
    found = ((person.who, test(person)) for person in people)
    return tuple(Doubt(who, answer) for who, answer in found if answer.truth is not False)
