"""The live desk: deals as of one day, kept up to date event by event.

An event that follows all others of its deal is folded into it, and only what it can turn is evaluated; for
any other (late, a correction, announced for a later day) the deal is folded again from its events. Either way
the deal is that of `Timeline.as_of(day)`, and the verdict that of `engine.assess`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from kamrules.engine import Engine
from kamrules.errors import ArgumentError, Fault, RecordError
from kamrules.live.deals import Deals, Order, Record, Standing
from kamrules.live.door import Change, Door
from kamrules.live.slices import Slice
from kamrules.live.store import Events, InMemory
from kamrules.live.verdicts import Verdict, judge_of
from kamrules.rules.reactions import Reaction, is_flag
from kamrules.rules.reactors import Reactor
from kamrules.timeline import Event
from kamrules.timeline import events as e
from kamrules.timeline.fold import Folded
from kamrules.timeline.settled import known_by, settled
from kamrules.timeline.timeline import as_day

AT_HAND = 4096


class Transition(NamedTuple):
    """A fact of a deal turned: a criterion, red line or work rule, a gate, the stage, claim, tier or grade.

    `cause` is `event:ID`, or `day:DATE` when time passed.
    """

    deal_id: str
    fact: str
    before: str
    after: str
    day: date
    cause: str


@dataclass(frozen=True, slots=True)
class Fired:
    """A reaction of the pack to a turn of one deal."""

    deal_id: str
    reaction: Reaction
    day: date
    cause: str


class Turn(NamedTuple):
    """What one cause did to one deal. `event` is None when time passed."""

    deal_id: str
    cause: str
    day: date
    event: Event | None
    before: Verdict
    after: Verdict
    transitions: tuple[Transition, ...]
    fired: tuple[Fired, ...]


class Desk:
    """Deals under one pack as of one day.

    Parameters
    ----------
    engine : a compiled pack
    reactor : says which reactions run, such as `choose_reactor("plain")(engine.reactions)`
    as_of : the day it stands on until `move_to`; nothing reads the wall clock
    on_reaction : is called with every reaction that runs, after the deal has moved on
    events : where events are kept; in memory when left out
    at_hand : how many deals are kept unpacked

    Notes
    -----
    A deal nobody has recorded anything of has the verdict of an empty record; what its first event turns is
    told against that. Not safe to share between threads.

    Examples
    --------
    >>> import kamrules as kr
    >>> from kamrules.rules.reactors import choose_reactor
    >>> engine = kr.compile(kr.load_pack("handbook"))
    >>> desk = Desk(engine, choose_reactor("plain")(engine.reactions), as_of=date(2026, 6, 30))
    >>> claim = {"type": "fact_set", "id": "E1", "deal_id": "D1", "path": "deal.milestone", "value": "M2",
    ...     "effective_on": "2026-06-29", "recorded_at": "2026-06-30"}
    >>> turned = desk.post(claim)
    >>> [(one.fact, one.before, one.after) for one in turned if one.before != "unknown"]
    [('claim', 'none', 'not_proven')]
    >>> desk.post(claim)  # seen before
    []
    """

    def __init__(  # noqa: PLR0913 - what a desk is made of
        self,
        engine: Engine,
        reactor: Reactor,
        *,
        as_of: date,
        on_reaction: Callable[[Fired], None] | None = None,
        events: Events | None = None,
        at_hand: int = AT_HAND,
    ) -> None:
        self.engine = engine
        self.as_of = as_day(as_of)
        self.judge = judge_of(engine)
        self.door = Door(engine, self.judge.slices.reads)
        self._reactor = reactor
        self._on_reaction = on_reaction
        self._events: Events = InMemory() if events is None else events
        self._dropped: set[str] = set()
        self._deals = Deals(at_hand, self.door.without_id)
        pairs = [pair for one in engine.reactions for pair in one.becomes + one.was + one.holds]
        asked = dict.fromkeys(fact for fact, _ in pairs if not is_flag(fact))
        self._asked = tuple((fact, self.judge.place[fact]) for fact in asked)
        # What no reaction waits for sets none off: flags come only from reactions that run.
        self._starts = frozenset(
            (fact, value) for one in engine.reactions for fact, values in one.becomes for value in values
        )

    def __len__(self) -> int:
        return len(self._deals)

    def __iter__(self) -> Iterator[str]:
        return iter(self._deals)

    def facts(self, deal_id: str) -> dict[str, str]:
        """Return the facts of a deal by name, as `flatfacts.facts_of` of its assessment."""
        return self.judge.facts(self.verdict(deal_id))

    def verdict(self, deal_id: str) -> Verdict:
        """Return the verdict on a deal; the one on an empty record where nothing of it is known."""
        return self._standing(deal_id).verdict

    def record(self, deal_id: str) -> Mapping[str, Any]:
        """Return what rules read of a deal; it is not to be changed."""
        return dict(self._deals.unpacked(deal_id, self._standing(deal_id)).facts)

    def post(self, event: Any) -> list[Transition]:
        """Take an event (typed, or a mapping as of JSON) and return what turned.

        An event whose id its deal has seen does nothing.

        Raises
        ------
        RecordError
            R-*: it is no event, or says a value that is none of the record's; T-CONFLICT: its id was seen
            with another content. Nothing has changed then.
        """
        turn = self.take(self.door.let_in(event))
        return [] if turn is None else self._told([turn])

    def move_to(self, day: date) -> list[Transition]:
        """Let time pass up to a later day and return what turned; deals in the order they came in.

        Raises
        ------
        ArgumentError
            A-DATE: the day is before the one the desk stands on.
        """
        return self._told([turn for turn in self.pass_to(day) if turn.transitions])

    def _told(self, turns: list[Turn]) -> list[Transition]:
        if self._on_reaction is not None:
            for turn in turns:
                for fired in turn.fired:
                    self._on_reaction(fired)
        return [transition for turn in turns for transition in turn.transitions]

    def take(self, event: Event) -> Turn | None:
        """Take an event that was let in by the door; None when it was seen before."""
        deal_id = event.deal_id
        seen = self._events.find(deal_id, event.id)
        if seen is not None:
            if seen.content == event.content:
                return None
            message = f"event `{event.id}` was seen with another content"
            hint = "give it another id, or send a correction"
            raise RecordError(Fault("T-CONFLICT", message, where=f"{deal_id} {event.id}", hint=hint))
        before = self._standing(deal_id)
        try:
            after = self._after(before, event)
            turn = self._turn(deal_id, f"event:{event.id}", event, before.verdict, after.verdict)
        except BaseException:
            self.forget(deal_id)
            raise
        self._events.add(event)
        self._deals.put(deal_id, after)
        return turn

    def forget(self, deal_id: str) -> None:
        """Drop what is in memory of a deal, to be folded again from its events."""
        self._deals.drop(deal_id)
        self._dropped.add(deal_id)

    def let_go(self, deal_id: str) -> None:
        """Drop a deal that another desk has taken over."""
        self._deals.drop(deal_id)

    def load(self, deal_id: str, events: list[Event]) -> None:
        """Fold a deal from its events, which are kept already."""
        self._deals.put(deal_id, self._folded(deal_id, events, self.as_of))

    def verdict_on(self, deal_id: str, events: list[Event], day: date) -> Verdict:
        """Return the verdict on a deal by some events as of any day; nothing is kept of it."""
        return self._folded(deal_id, events, day).verdict

    def pass_to(self, day: date) -> Iterator[Turn]:
        """Let time pass up to a day; yield the turn of each deal whose verdict changed."""
        if as_day(day) < self.as_of:
            raise ArgumentError(Fault("A-DATE", f"the desk stands on {self.as_of}, `{day}` is before that"))
        if day == self.as_of:
            return
        for deal_id in list(self._dropped):
            self._standing(deal_id)
        self.as_of = day
        for deal_id in self._deals:
            standing = self._deals.get(deal_id)
            assert standing is not None
            before = standing.verdict
            if standing.wakes is not None and standing.wakes <= day:
                standing = self._folded(deal_id, self._events.of(deal_id), day)
                self._deals.put(deal_id, standing)
            else:
                facts = self._deals.unpacked(deal_id, standing).facts
                standing.verdict = self.judge.update(before, facts, day, self.judge.slices.by_day)
            if standing.verdict != before:
                yield self._turn(deal_id, f"day:{day}", None, before, standing.verdict)

    # --- one deal

    def _standing(self, deal_id: str) -> Standing:
        found = self._deals.get(deal_id)
        if found is None:
            events = self._events.of(deal_id)
            found = self._folded(deal_id, events, self.as_of)
            if events:
                self._deals.put(deal_id, found)
            self._dropped.discard(deal_id)
        return found

    def _folded(self, deal_id: str, events: list[Event], day: date) -> Standing:
        """Return where a deal stands by its events, whatever was known before."""
        changes, _ = settled(known_by(events, day))
        record = Record.of(deal_id, Folded(self.door.without_id))
        for one in changes:
            if one.effective_on <= day:
                change = self.door.change(one.change, one.effective_on)
                if change is not None:
                    record.apply(one.order, change)
        later = {event.recorded_at.date() for event in events} | {one.effective_on for one in changes}
        wakes = min((one for one in later if one > day), default=None)
        corrected = {event.corrects for event in events if isinstance(event, e.Correction)}
        awaited = frozenset(corrected - {event.id for event in events})
        return Standing(record, self.judge.whole(record.facts, day), wakes, awaited)

    def _after(self, before: Standing, event: Event) -> Standing:
        """Return where a deal stands after one more event."""
        deal_id, day = event.deal_id, self.as_of
        counts_on = event.recorded_at.date()
        if not isinstance(event, e.Correction):
            counts_on = max(counts_on, event.effective_on)
        if counts_on > day:
            wakes = counts_on if before.wakes is None else min(before.wakes, counts_on)
            return Standing(before.record, before.verdict, wakes, before.awaited | _corrected(event))
        if isinstance(event, e.Correction) or event.id in before.awaited:
            return self._folded(deal_id, [*self._events.of(deal_id), event], day)
        change = self.door.change(event, event.effective_on)
        if change is None:
            return before
        record = self._deals.unpacked(deal_id, before)
        order = (event.effective_on, event.recorded_at, event.id)
        if not record.is_last(order, change):
            return self._folded(deal_id, [*self._events.of(deal_id), event], day)
        part = self._fold(record, order, change)
        verdict = (
            before.verdict if part is None else self.judge.update(before.verdict, record.facts, day, part)
        )
        return Standing(record, verdict, before.wakes, before.awaited)

    def _fold(self, record: Record, order: Order, change: Change) -> Slice | None:
        """Fold a change and return what it can turn."""
        path, slices, day = change.path, self.judge.slices, self.as_of
        name = path[0]
        sieve = slices.sieve(path) if change.item and name in record.folded.known else None
        if sieve is None:
            record.apply(order, change)
            return slices.of(path)
        before = sieve.seen(record.facts, record.item(name, change.item), day)
        record.apply(order, change)
        return sieve.picked(before, sieve.seen(record.facts, record.item(name, change.item), day))

    def _turn(self, deal_id: str, cause: str, event: Event | None, before: Verdict, after: Verdict) -> Turn:
        day, judge = self.as_of, self.judge
        turned = judge.turned(before, after) if before is not after else []
        fired: tuple[Fired, ...] = ()
        if not self._starts.isdisjoint([(fact, value) for fact, _, value in turned]):
            old, new = judge.some_facts(before, self._asked), judge.some_facts(after, self._asked)
            fired = tuple(Fired(deal_id, one, day, cause) for one in self._reactor.react(old, new))
        transitions = tuple([Transition(deal_id, *one, day, cause) for one in turned])
        return Turn(deal_id, cause, day, event, before, after, transitions, fired)


def _corrected(event: Event) -> frozenset[str]:
    return frozenset({event.corrects}) if isinstance(event, e.Correction) else frozenset()
