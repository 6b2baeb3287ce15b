"""What may be a sign that a gate was fed rather than passed, measured at every move of every deal.

Measures only: whether one is unusual is judged against the whole book (`gaming`). Each has innocent reasons.
What was recorded on the first day of a deal is left out, as that is how a deal is opened or taken over.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Literal

from kamrules.learning.moves import CLAIM, Move, gates_between, moves_of
from kamrules.learning.recordings import Recording, by_path, recordings_of
from kamrules.live.reads import ELEMENT, Reads, part_reads
from kamrules.rules.pack import Pack
from kamrules.rules.plan import Plan
from kamrules.timeline.paths import place_of
from kamrules.timeline.timeline import Timeline

Kind = Literal["bulk", "one day", "back-dated", "round trip", "after approval", "copied", "one source"]
# Deals in one trade say the same of their accounts.
_ACCOUNT = "deal.account."


@dataclass(frozen=True, slots=True)
class Sight:
    """A measure of one kind, at one move or of one deal: 0 where there is nothing to see.

    `gates` are those a move goes past, such as `M3.exit`; none where the measure is of no move. `fields` and
    `events` are what it was measured on, `others` the other deals it was seen in.
    """

    kind: Kind
    deal_id: str
    day: date
    measure: int
    gates: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Windows:
    """Where signs are looked for; all our choice.

    Parameters
    ----------
    before_hours : hours
        What was recorded so shortly before a move was recorded for it: a working day and its evening.
    after_days : days
        What is recorded or taken back within two weekly sales meetings after a move still belongs to it.
    min_characters : length of a text
        Shorter ones are categories (`visit report`), and the same in many deals.
    most_deals : share of the deals
        A text in more of them is a form's own wording.
    """

    before_hours: int = 24
    after_days: int = 14
    min_characters: int = 20
    most_deals: float = 0.1


@dataclass(frozen=True)
class GateReads:
    """Which criteria read a fact, by the criterion's id and gate."""

    reads: Mapping[str, Reads]
    gates: Mapping[str, str]

    @classmethod
    def of(cls, pack: Pack, plan: Plan) -> GateReads:
        """Return what the criteria of a pack read."""
        reads = {rule.id: part_reads(rule) for rule in plan.rules if rule.id in pack.criteria}
        return cls(reads, {name: pack.criteria[name].gate for name in reads})

    def criteria(self, gates: Iterable[str], paths: Iterable[str]) -> tuple[str, ...]:
        """Return the criteria of gates that read one of the facts."""
        shapes = {shape_of(path) for path in paths}
        asked = set(gates)
        return tuple(
            name
            for name, reads in self.reads.items()
            if self.gates[name] in asked and any(reads.meet(shape) for shape in shapes)
        )

    def reader(self, gates: Iterable[str]) -> Callable[[str], bool]:
        """Return what says of a path whether some criterion of the gates reads it."""
        asked = tuple(gates)
        return lru_cache(maxsize=None)(lambda path: bool(self.criteria(asked, [path])))


def shape_of(path: str) -> tuple[str, ...]:
    """Return the names of a path, `*` for any item of a list.

    Examples
    --------
    >>> shape_of("deal.stakeholders[P1].stance")
    ('stakeholders', '*', 'stance')
    """
    place = place_of(path)
    assert place is not None  # an event has been checked for it
    return (*((place.list, ELEMENT) if place.list else ()), *place.steps)


@dataclass(frozen=True)
class _Passed:
    """A move forward, with what was recorded of the facts that its gates read."""

    deal_id: str
    move: Move
    gates: tuple[str, ...]
    told: Sequence[Recording]
    facts: Sequence[Recording]  # without those of the first day
    windows: Windows

    def sight(self, kind: Kind, measure: int, some: Sequence[Recording]) -> Sight:
        fields = tuple(dict.fromkeys(one.path for one in some)) if measure else ()
        events = tuple(dict.fromkeys(one.event for one in some)) if measure else ()
        return Sight(kind, self.deal_id, self.move.day, measure, self.gates, fields, events)

    def just_before(self) -> list[Recording]:
        near = timedelta(hours=self.windows.before_hours)
        return [one for one in self.facts if timedelta(0) <= self.move.at - one.at < near]

    def bulk(self) -> Sight:
        """The most facts of the gate that one recorder gave just before the move."""
        groups: defaultdict[str | None, list[Recording]] = defaultdict(list)
        for one in self.just_before():
            groups[one.by].append(one)
        most = max(groups.values(), key=lambda some: len({one.path for one in some}), default=[])
        return self.sight("bulk", len({one.path for one in most}), most)

    def one_day(self) -> Sight:
        """How many facts of the gate became true on one day, where nearly all of them did."""
        last = {one.path: one for one in self.facts if one.at <= self.move.at and one.value is not None}
        days = Counter(one.effective_on for one in last.values())
        day, most = max(days.items(), key=lambda pair: pair[1], default=(self.move.day, 0))
        if most < 0.9 * len(last):  # a single fact of another day does not hide it
            most = 0
        return self.sight("one day", most, [one for one in last.values() if one.effective_on == day])

    def back_dated(self) -> Sight:
        """The most days by which a fact of the gate, recorded around the move, is dated back before it."""
        near = timedelta(days=self.windows.after_days)
        after = [one for one in self.facts if timedelta(0) < one.at - self.move.at <= near]
        some = [one for one in (*self.just_before(), *after) if one.effective_on <= self.move.day]
        most = max((one.lag_days for one in some), default=0)
        return self.sight("back-dated", max(0, most), [one for one in some if one.lag_days == most])

    def round_trip(self) -> Sight:
        """How many facts of the gate were changed before the move, and after it changed back."""
        near = timedelta(days=self.windows.after_days)
        found: list[Recording] = []
        for some in by_path(self.told).values():
            before = [one for one in some if one.at <= self.move.at]
            after = next((one for one in some if one.at > self.move.at), None)
            if (
                not before
                or after is None
                or max(self.move.at - before[-1].at, after.at - self.move.at) > near
            ):
                continue
            was = before[-2].value if len(before) > 1 else None
            if after.value == was != before[-1].value:
                found += [before[-1], after]
        return self.sight("round trip", len(found) // 2, found)


def sights_of(
    histories: Mapping[str, Timeline], pack: Pack, plan: Plan, *, as_of: date, windows: Windows | None = None
) -> Iterator[Sight]:
    """Yield every measure of every kind: at each move forward, at each approval, and of each deal.

    Parameters
    ----------
    histories : the events of each deal, by its id
    pack, plan : for the facts that each gate reads
    as_of : only what was recorded by the end of this day counts
    windows : where signs are looked for
    """
    near = windows or Windows()
    reads = GateReads.of(pack, plan)
    readers: dict[tuple[str, ...], Callable[[str], bool]] = {}
    milestones = list(pack.milestones)
    texts: list[tuple[str, str, Recording]] = []
    for deal_id, history in histories.items():
        told = [one for one in recordings_of(history) if one.at.date() <= as_of]
        later = [one for one in told if one.at.date() > told[0].at.date()]
        for move in moves_of(history, until=as_of):
            gates = gates_between(move, milestones)
            if gates:
                is_read = readers.setdefault(gates, reads.reader(gates))
                told_of, facts = (
                    [one for one in some if one.path != CLAIM and is_read(one.path)] for some in (told, later)
                )
                passed = _Passed(deal_id, move, gates, told_of, facts, near)
                yield from (passed.bulk(), passed.one_day(), passed.back_dated(), passed.round_trip())
        yield from _after_approval(deal_id, told)
        yield _one_source(deal_id, later, as_of)
        account = _account(history, as_of)
        texts += [(account, deal_id, one) for one in told]
    yield from _copied(texts, near, list(histories), as_of)


def _after_approval(deal_id: str, told: Sequence[Recording]) -> Iterator[Sight]:
    """By how many days the form that was approved was first recorded after its approval was."""
    first: dict[str, Recording] = {}
    for one in told:
        if one.path.startswith("deal.documents[") and one.name == "type" and isinstance(one.value, str):
            first.setdefault(one.value, one)
    items: dict[str, dict[str, Recording]] = {}
    for one in told:
        if one.path.startswith("deal.approvals["):
            items.setdefault(one.path.rpartition(".")[0], {})[one.name] = one
    for fields in items.values():
        subject, decision = fields.get("subject"), fields.get("decision")
        form = first.get(subject.value) if subject is not None and isinstance(subject.value, str) else None
        if decision is not None and decision.value == "approved" and form is not None:
            late = max(0, (form.at.date() - decision.at.date()).days)
            pair = (decision, form) if late else ()
            yield Sight("after approval", deal_id, form.at.date(), late, (), tuple(one.path for one in pair),
                        tuple(one.event for one in pair))  # fmt: skip


def _one_source(deal_id: str, told: Sequence[Recording], as_of: date) -> Sight:
    """How many facts of a deal rest on the evidence of one text."""
    groups: defaultdict[str, list[Recording]] = defaultdict(list)
    for one in told:
        if one.source:
            groups[one.source.strip()].append(one)
    most = max(groups.values(), key=lambda some: len({one.path for one in some}), default=[])
    paths = tuple(dict.fromkeys(one.path for one in most))
    day = most[-1].at.date() if most else as_of
    return Sight("one source", deal_id, day, len(paths), (), paths, tuple(one.event for one in most))


def _copied(
    texts: Sequence[tuple[str, str, Recording]], windows: Windows, deals: Sequence[str], as_of: date
) -> Iterator[Sight]:
    """How many long texts of a deal stood before, word for word, in a deal with another account."""
    groups: defaultdict[str, list[tuple[str, str, Recording]]] = defaultdict(list)
    for account, deal_id, one in texts:
        for text in (one.source, one.value):
            if isinstance(text, str) and _is_own_words(text, windows) and not one.path.startswith(_ACCOUNT):
                groups[text.strip()].append((account, deal_id, one))
    found: defaultdict[str, list[tuple[Recording, str]]] = defaultdict(list)
    for some in groups.values():
        if len({deal_id for _, deal_id, _ in some}) > max(2, windows.most_deals * len(deals)):
            continue
        account, first, _ = min(some, key=lambda entry: (entry[2].at, entry[1]))
        seen: set[str] = set()
        for other, deal_id, one in some:
            if other != account and deal_id not in seen:
                seen.add(deal_id)
                found[deal_id].append((one, first))
    for deal_id in deals:
        copies = found.get(deal_id, [])
        day = max((one.at.date() for one, _ in copies), default=as_of)
        yield Sight("copied", deal_id, day, len(copies), (), tuple(one.path for one, _ in copies),
                    tuple(dict.fromkeys(one.event for one, _ in copies)),
                    tuple(dict.fromkeys(first for _, first in copies)))  # fmt: skip


def _is_own_words(text: str, windows: Windows) -> bool:
    """Whether a text was written by somebody, and is no word of a fixed list such as `award_notice`."""
    return len(text.strip()) >= windows.min_characters and not (
        text.isascii() and text.strip().isidentifier()
    )


def _account(history: Timeline, as_of: date) -> str:
    """Return what tells the account of a deal; a deal without one is an account of its own."""
    account: Any = (history.as_of(as_of) or {}).get("account")
    known = account if isinstance(account, dict) else {}
    return str(known.get("id") or known.get("name") or f"deal {history.deal_id}")
