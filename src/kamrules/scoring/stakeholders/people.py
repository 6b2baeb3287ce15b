"""The people as the measures see them: facts as answers, each with the path that would settle it.

Promises: known members of a statutory evaluation panel are left out of every measure (RL-04, RL-06), and the
personality (DISC) is read nowhere but to see whether it is recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError

from kamrules.errors import ArgumentError, Fault, RecordError
from kamrules.records.people import Stakeholder
from kamrules.scoring.stakeholders.interval import (
    Answer,
    Ends,
    Interval,
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


@dataclass(frozen=True, slots=True)
class Who:
    """Which person a result speaks of: the path in the record, the id and the name."""

    path: str
    id: str | None
    name: str | None


@dataclass(frozen=True, slots=True)
class Person:
    """One listed person at `path`, seen on the day `as_of` (None: every recorded date counts)."""

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
        return Answer(value) if value is not None else Answer(None, (self.at(field),))

    def among(self, field: str, values: Collection[str]) -> Answer:
        """Return whether a field has one of `values`."""
        value = getattr(self.record, field)
        return Answer(value in values) if value is not None else Answer(None, (self.at(field),))

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

    def contacted(self) -> Answer:
        """Return whether we have met or spoken: as recorded, or shown by a dated contact or an exchange."""
        record = self.record
        shown = self.is_past(record.met_executive_on) or self.is_past(record.last_contact_on)
        if shown or record.attended_exchange:
            return Answer(truth=True)
        return self.says("is_contacted")

    def met_executive(self) -> Answer:
        """Return whether the person has met an executive of ours; a person not contacted has not."""
        met = self.record.met_executive_on
        if met is not None:
            return Answer(self.is_past(met))
        if self.contacted().truth is False:
            return Answer(truth=False)
        return Answer(None, (self.at("met_executive_on"),))

    def deed(self) -> Answer:
        """Return whether the stance is shown by an act: marked so, or a buyer-initiated lawful act."""
        act = self.record.lawful_act
        acted = Answer(act != "none") if act is not None else Answer(None, (self.at("lawful_act"),))
        return any_of((self.says("stance_by_deed"), acted))

    def supports(self) -> Answer:
        """Return whether the person is in the decision group and mentor or supporter."""
        return all_of((self.says("is_key_player"), self.among("stance", SUPPORT)))

    def opposes(self) -> Answer:
        """Return whether the person is in the decision group and opponent or mortal enemy."""
        return all_of((self.says("is_key_player"), self.among("stance", OPPOSITION)))

    def weight(self) -> Ends:
        """Return the ends of the person's influence in the decision group; 0 outside it."""
        member = self.record.is_key_player
        if member is False:
            return 0.0, 0.0
        influence = self.record.influence
        low, high = (0.0, 1.0) if influence is None else (influence, influence)
        return (low if member else 0.0), high

    def value(self, policy: MapPolicy) -> Ends:
        """Return the ends of the stance on the scale -1 to 1."""
        stance = self.record.stance
        if stance is None:
            return policy.value("mortal_enemy"), policy.value("mentor")
        known = policy.value(stance)
        return known, known

    def support_mass(self, policy: MapPolicy) -> Ends:
        """Return the ends of influence x stance for a supporter in the decision group; 0 for others."""
        (least, most), (low, high) = self.weight(), self.value(policy)
        return least * max(low, 0.0), most * max(high, 0.0)

    def open_support(self) -> Iterator[str]:
        """Yield the unknown facts that `weight` and `value` wait for."""
        record = self.record
        if record.is_key_player is False or record.influence == 0:
            return
        for field in ("is_key_player", "stance", "influence"):
            if getattr(record, field) is None:
                yield self.at(field)


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

    def masses(self) -> list[Ends]:
        """Return the support mass of each person."""
        return [person.support_mass(self.policy) for person in self.people]

    def open_support(self) -> Iterator[str]:
        """Yield the unknown facts the support masses wait for."""
        for person in self.people:
            yield from person.open_support()


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
        person = Person(record, f"{LIST}[{place}]", as_of, policy.assumed_evidence)
        if place in left_out or record.is_panel_member:
            out.append(person.who)
        else:
            kept.append(person)
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
