"""The people as the measures see them: facts as answers, each with the path that would settle it.

Promises: known members of a statutory evaluation panel are left out of every measure (RL-04, RL-06), and the
personality (DISC) is read nowhere but to see whether it is recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, get_args

from pydantic import ValidationError

from kamrules.errors import ArgumentError, Fault, RecordError
from kamrules.records.people import Stakeholder
from kamrules.scoring.stakeholders.interval import (
    NO,
    YES,
    Answer,
    Ends,
    Interval,
    Paths,
    all_of,
    any_of,
    count_of,
    interval,
)
from kamrules.scoring.stakeholders.policy import MapPolicy
from kamrules.validation import faults_of

LIST = "deal.stakeholders"
STANCES = ("mentor", "supporter", "neutral", "opponent", "mortal_enemy")
SUPPORT = frozenset(STANCES[:2])
OPPOSITION = frozenset(STANCES[3:])
# Buyer-initiated lawful acts (M6.X3): any but `none`.
ACTS = frozenset(get_args(get_args(Stakeholder.model_fields["lawful_act"].annotation)[0])) - {"none"}


@dataclass(frozen=True, slots=True)
class Who:
    """Which person a result speaks of: the path in the record, the id and the name."""

    path: str
    id: str | None
    name: str | None


@dataclass(frozen=True, slots=True)
class Facts:
    """The record of one person at `path`, seen on the day `as_of` (None: every recorded date counts)."""

    record: Stakeholder
    path: str
    as_of: date | None
    assumed: int

    @property
    def who(self) -> Who:
        """Whom a result names."""
        return Who(self.path, self.record.id, self.record.name)

    def at(self, field: str) -> str:
        """Return the path of a field of this person."""
        return f"{self.path}.{field}"

    def says(self, field: str) -> Answer:
        """Return a yes-or-no field."""
        value: bool | None = getattr(self.record, field)
        return Answer(None, (self.at(field),)) if value is None else YES if value else NO

    def among(self, field: str, values: Collection[str]) -> Answer:
        """Return whether a field has one of `values`."""
        value = getattr(self.record, field)
        return Answer(None, (self.at(field),)) if value is None else YES if value in values else NO

    def attested(self, field: str, level: int, answer: Answer) -> Answer:
        """Return `answer`, which reads `field`, if the field's evidence has the level; else unknown."""
        return answer if self.evidence(field) >= level else Answer(None, (self.at(field),))

    def evidence(self, field: str) -> int:
        """Return the evidence level of a field, 0 to 4; the assumed one when none is recorded."""
        found = (self.record.evidence or {}).get(field)
        return self.assumed if found is None else int(found.level[1:])

    def is_past(self, day: date | None) -> bool:
        """Whether a recorded day is not after `as_of`."""
        return day is not None and (self.as_of is None or day <= self.as_of)


@dataclass(frozen=True, slots=True)
class Person(Facts):
    """One person with what most measures read, worked out once.

    Parameters
    ----------
    contacted : Answer
        We have met or spoken: as recorded, or shown by a dated contact or an exchange.
    met_executive : Answer
        The person has met an executive of ours; a person not contacted has not.
    deed : Answer
        The stance is shown by an act: marked so, or a buyer-initiated lawful act.
    supports, opposes : Answer
        The person is in the decision group and mentor or supporter, opponent or mortal enemy.
    weight : (float, float), 0 to 1
        Ends of the influence in the decision group; 0 outside it.
    value : (float, float), -1 to 1
        Ends of the value of the stance.
    mass : (float, float), 0 to 1
        Ends of influence x value for a supporter in the decision group; 0 for others.
    open_support : tuple of str
        The unknown facts that weight and value wait for.
    """

    contacted: Answer
    met_executive: Answer
    deed: Answer
    supports: Answer
    opposes: Answer
    weight: Ends
    value: Ends
    mass: Ends
    open_support: Paths


def _person(facts: Facts, policy: MapPolicy) -> Person:
    member = facts.says("is_key_player")
    contacted = _contacted(facts)
    (least, most), (low, high) = weight, value = _weight(facts.record), _value(facts.record, policy)
    return Person(
        facts.record,
        facts.path,
        facts.as_of,
        facts.assumed,
        contacted=contacted,
        met_executive=_met_executive(facts, contacted),
        deed=any_of((facts.says("stance_by_deed"), facts.among("lawful_act", ACTS))),
        supports=all_of((member, facts.among("stance", SUPPORT))),
        opposes=all_of((member, facts.among("stance", OPPOSITION))),
        weight=weight,
        value=value,
        mass=(least * max(low, 0.0), most * max(high, 0.0)),
        open_support=tuple(_open_support(facts)) if most > 0 else (),
    )


def _contacted(facts: Facts) -> Answer:
    record = facts.record
    is_dated = facts.is_past(record.met_executive_on) or facts.is_past(record.last_contact_on)
    return YES if is_dated or record.attended_exchange else facts.says("is_contacted")


def _met_executive(facts: Facts, contacted: Answer) -> Answer:
    met = facts.record.met_executive_on
    if met is not None:
        return YES if facts.is_past(met) else NO
    return NO if contacted.truth is False else Answer(None, (facts.at("met_executive_on"),))


def _weight(record: Stakeholder) -> Ends:
    if record.is_key_player is False:
        return 0.0, 0.0
    low, high = (0.0, 1.0) if record.influence is None else (record.influence, record.influence)
    return (low if record.is_key_player else 0.0), high


def _value(record: Stakeholder, policy: MapPolicy) -> Ends:
    if record.stance is None:
        return policy.value("mortal_enemy"), policy.value("mentor")
    known = policy.value(record.stance)
    return known, known


def _open_support(facts: Facts) -> Iterator[str]:
    for name in ("is_key_player", "stance", "influence"):
        if getattr(facts.record, name) is None:
            yield facts.at(name)


@dataclass(frozen=True, slots=True)
class Chart:
    """The listed people with the policy; `is_listed` is false when the CRM holds no list at all."""

    is_listed: bool
    people: tuple[Person, ...]
    left_out: tuple[Who, ...]
    policy: MapPolicy
    as_of: date | None

    def exists(self, test: Callable[[Person], Answer]) -> Answer:
        """Return whether the test holds for somebody; unknown without a list."""
        return any_of(map(test, self.people)) if self.is_listed else Answer(None, (LIST,))

    def every(self, test: Callable[[Person], Answer]) -> Answer:
        """Return whether the test holds for everybody; unknown without a list."""
        return all_of(map(test, self.people)) if self.is_listed else Answer(None, (LIST,))

    def count(self, test: Callable[[Person], Answer]) -> Interval:
        """Return for how many the test holds; 0 to infinity without a list."""
        return count_of(map(test, self.people)) if self.is_listed else self.no_list(0, float("inf"))

    def no_list(self, low: float, high: float) -> Interval:
        """Return the whole range of a measure that waits for the list."""
        return interval((low, high), (LIST,))

    def open_support(self) -> Iterator[str]:
        """Yield the unknown facts that weights and values wait for."""
        for person in self.people:
            yield from person.open_support

    def open_mass(self) -> Iterator[str]:
        """Yield the unknown facts that the support masses wait for."""
        for person in self.people:
            if person.mass[1] > 0:
                yield from person.open_support

    def has_support(self) -> Answer:
        """Return whether anybody's support has mass."""

        def has_mass(person: Person) -> Answer:
            least, most = person.mass
            return YES if least > 0 else Answer(None, person.open_support) if most > 0 else NO

        return self.exists(has_mass)


def read_chart(
    people: Sequence[Stakeholder | Mapping[str, Any]] | None,
    policy: MapPolicy,
    as_of: date | None,
    left_out: Collection[int],
) -> Chart:
    """Return the people to measure; `left_out` are positions in the list that must not count.

    Raises
    ------
    RecordError
        A mapping does not fit the record (R-*), all faults at once.
    ArgumentError
        `people` is no list of records and mappings (A-VALUE).
    """
    if people is None:
        return Chart(is_listed=False, people=(), left_out=(), policy=policy, as_of=as_of)
    if isinstance(people, (str, Mapping, Stakeholder)) or not isinstance(people, Sequence):
        raise ArgumentError(Fault("A-VALUE", f"a list of stakeholders is expected, seen: `{people!r:.60}`"))
    kept, out = [], []
    for place, record in enumerate(_records(people)):
        facts = Facts(record, f"{LIST}[{place}]", as_of, policy.assumed_evidence)
        if place in left_out or record.is_panel_member:
            out.append(facts.who)
        else:
            kept.append(_person(facts, policy))
    return Chart(is_listed=True, people=tuple(kept), left_out=tuple(out), policy=policy, as_of=as_of)


def _records(people: Sequence[Stakeholder | Mapping[str, Any]]) -> list[Stakeholder]:
    records: list[Stakeholder] = []
    faults: list[Fault] = []
    for place, given in enumerate(people):
        if isinstance(given, Stakeholder):
            records.append(given)
            continue
        try:
            records.append(Stakeholder.model_validate(given))
        except ValidationError as error:
            faults += faults_of(error, Stakeholder, where=f"stakeholders[{place}]")
    if faults:
        raise RecordError(faults)
    return records
