"""What the map covers: buying roles, recorded attributes, factions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kamrules.scoring.stakeholders.interval import (
    ROUNDING,
    Answer,
    Ends,
    Interval,
    all_of,
    any_of,
    interval,
    largest_share,
    sum_ends,
    unique,
)
from kamrules.scoring.stakeholders.people import STANCES, Chart, Person

ROLES = ("decision_maker", "technical_evaluator", "commercial_evaluator", "user")
# Attributes every person on the chart needs (M4.T2). Whether the personality is recorded counts for the
# completeness of the chart alone; what it is counts nowhere.
_FACTS = ("role", "stance", "background")
_ATTRIBUTES = (*_FACTS, "personality")


@dataclass(frozen=True, slots=True)
class Roles:
    """Which buying roles are on the map; see `roles_of`."""

    coverage: Interval
    decision_maker: Answer
    technical_evaluator: Answer
    commercial_evaluator: Answer
    user: Answer


@dataclass(frozen=True, slots=True)
class Completeness:
    """How much of the map is filled in: plain numbers, for they are about the map; see `completeness_of`."""

    people: int
    full_people: int
    share: float
    full_share: float
    is_enough: bool
    key_players_confirmed: Answer
    stances: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Faction:
    """One named group: how many people are in it, how many of them support us, and how heavily."""

    name: str
    people: Interval
    supporters: Interval
    support: Interval


@dataclass(frozen=True, slots=True)
class Factions:
    """How support spreads over the factions; see `factions_of`."""

    concentration: Interval
    concentrated: Answer
    groups: tuple[Faction, ...]
    rivals: tuple[tuple[str, str], ...]


def roles_of(chart: Chart) -> Roles:
    """Measure which buying roles somebody on the map has.

    Parameters
    ----------
    chart : Chart

    Returns
    -------
    Roles
        `coverage`, 0 to 1: roles somebody has / 4. Per role, whether somebody has it.

    Notes
    -----
    People without a known role can fill as many open roles as there are such people, and none of them need
    fill one (there are people without a buying role). The ends are exact in that sense.

    References
    ----------
    HANDBOOK RM.1 and M4.X1.
    """

    def has(role: str) -> Answer:
        return chart.exists(lambda person: person.among("role", (role,)))

    found = {person.record.role for person in chart.people} - {None}
    open_people = [person.at("role") for person in chart.people if person.record.role is None]
    most = min(len(found) + len(open_people), len(ROLES))
    coverage = interval((len(found) / len(ROLES), most / len(ROLES)), open_people)
    return Roles(
        coverage if chart.is_listed else chart.no_list(0, 1),
        has("decision_maker"),
        has("technical_evaluator"),
        has("commercial_evaluator"),
        has("user"),
    )


def completeness_of(chart: Chart) -> Completeness:
    """Measure how much of the map is filled in.

    Parameters
    ----------
    chart : Chart

    Returns
    -------
    Completeness
        `share`, 0 to 1: recorded role, stance and background / (3 x people). `full_share`, 0 to 1: people
        with all of these and a recorded personality / people; `is_enough`: at least `attribute_share_pct` of
        at least one person. All are 0 or false for an empty list and without a list.
        `key_players_confirmed`: there is a key player, and role and stance of each have evidence of
        `second_source_evidence` or better. `stances`: how many people have each stance; `unknown` is the
        sixth.

    Notes
    -----
    The numbers measure what we know, so nothing is unknown about them and a blank filled in raises them;
    they are no bounds of anything. `share` leaves the personality out, so that a score may use it: whether
    it is recorded counts for the chart of M4.T2 only, and its value counts nowhere (RM.3). An empty
    background counts as a blank.

    References
    ----------
    HANDBOOK M4.T2 and M4.X2.
    """
    people = len(chart.people)
    share = sum(_is_recorded(person, field) for person in chart.people for field in _FACTS)
    full = sum(all(_is_recorded(person, field) for field in _ATTRIBUTES) for person in chart.people)
    level = chart.policy.second_source_evidence

    def is_confirmed(person: Person) -> Answer:
        known = (
            person.attested(field, level, person.among(field, values))
            for field, values in (("role", ROLES), ("stance", STANCES))
        )
        return any_of((~person.says("is_key_player"), all_of(known)))

    found: list[str] = [person.record.stance or "unknown" for person in chart.people]
    return Completeness(
        people=people,
        full_people=full,
        share=share / (len(_FACTS) * people) if people else 0.0,
        full_share=full / people if people else 0.0,
        is_enough=people > 0 and 100 * full >= chart.policy.attribute_share_pct * people,
        key_players_confirmed=all_of(
            (chart.exists(lambda person: person.says("is_key_player")), chart.every(is_confirmed))
        ),
        stances=tuple((stance, found.count(stance)) for stance in (*STANCES, "unknown")),
    )


def _is_recorded(person: Person, field: str) -> bool:
    return bool(getattr(person.record, field))


def factions_of(chart: Chart) -> Factions:
    """Measure how much of our support sits in one faction.

    Parameters
    ----------
    chart : Chart

    Returns
    -------
    Factions
        `concentration`, 0 to 1: the largest support mass of one faction / all support mass; 1 when nobody
        supports us. Support mass is influence x stance value of a supporter in the decision group.
        `concentrated`: somebody supports us, and one faction holds at least `faction_share_pct` of it.
        `groups`: each named faction with its people, its supporters and its support mass. `rivals`: pairs of
        factions with a known conflict line between them.

    Notes
    -----
    A person whose faction is unknown may belong to any named one or to another; an empty name says that the
    person belongs to none and stands alone. The high end is exact; the low end is exact where only influence
    and faction are unknown, else it may be lower than any answer could make it.

    References
    ----------
    HANDBOOK RM.5: "support concentrated in one faction" is a risk. The share is our choice.
    """
    if not chart.is_listed:
        return Factions(chart.no_list(0, 1), chart.exists(lambda person: person.supports), (), ())
    names = sorted({name for person in chart.people if (name := _group(person))})

    def masses(group: str | None) -> list[Ends]:
        return [person.mass for person in chart.people if _group(person) == group]

    piles = [sum_ends(masses(name)) for name in names]
    concentration = interval(largest_share(piles, masses(""), masses(None)), _missing(chart))
    limit = chart.policy.faction_share_pct / 100 - ROUNDING
    return Factions(
        concentration=concentration,
        concentrated=all_of((chart.has_support(), concentration.at_least(limit))),
        groups=tuple(_faction(chart, name) for name in names),
        rivals=_rivals(chart),
    )


def _group(person: Person) -> str | None:
    return None if person.record.group is None else person.record.group.strip()


def _missing(chart: Chart) -> Iterable[str]:
    yield from chart.open_mass()
    for person in chart.people:
        if person.mass[1] > 0 and person.record.group is None:
            yield person.at("group")


def _faction(chart: Chart, name: str) -> Faction:
    def belongs(person: Person) -> Answer:
        group = _group(person)
        return Answer(group == name) if group is not None else Answer(None, (person.at("group"),))

    ends, missing = [], []
    for person in chart.people:
        inside, (least, most) = belongs(person), person.mass
        if inside.truth is not False and most > 0:
            ends.append((least if inside.truth else 0.0, most))
            missing += [*inside.missing, *person.open_support]
    return Faction(
        name,
        people=chart.count(belongs),
        supporters=chart.count(lambda person: all_of((belongs(person), person.supports))),
        support=interval(sum_ends(ends), unique(missing)),
    )


def _rivals(chart: Chart) -> tuple[tuple[str, str], ...]:
    group_of = {person.record.id: _group(person) for person in chart.people if person.record.id}
    pairs = set()
    for person in chart.people:
        for line in person.record.influences or ():
            one, other = _group(person), group_of.get(line.on or "")
            if line.kind == "conflict" and one and other and one != other:
                pairs.add((min(one, other), max(one, other)))
    return tuple(sorted(pairs))
