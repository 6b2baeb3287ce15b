"""The journal: events, what they turned and the reactions to it, written together or not at all.

Each event is one transaction with its decision, its transitions and the reactions it set off; the desk in
memory moves on only when the database has said yes. What the desk holds can be thrown away at any time: it is
folded again from the events. One process writes at a time, the one that opened the journal last.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date
from itertools import groupby
from types import TracebackType
from typing import Any, Self

from kamrules.engine import Engine
from kamrules.errors import ArgumentError, Fault, RecordError, nearest
from kamrules.live import tables as db
from kamrules.live.desk import Desk, Transition, Turn
from kamrules.live.door import typed
from kamrules.live.outbox import Outbox, Pending
from kamrules.live.reads import values_at
from kamrules.live.store import read, written
from kamrules.live.verdicts import Verdict
from kamrules.rules.reactions import Reaction
from kamrules.rules.reactors import Name, choose_reactor
from kamrules.timeline import Event

Rows = dict[db.Table, list[db.Row]]
_CHUNK = 1000  # turns that are written at once
ABSENT = "absent"  # of a fact one of two packs does not have


@dataclass(frozen=True, slots=True)
class Impact:
    """What another pack would change of a deal: facts that turn, or why it cannot be read under that pack."""

    deal_id: str
    transitions: tuple[Transition, ...]
    faults: tuple[Fault, ...] = ()


class _Stored:
    """The events of a journal, those included that are being written."""

    def __init__(self, database: db.Database) -> None:
        self._database = database
        self.connection: db.Connection | None = None
        self.new: dict[str, dict[str, Event]] = {}
        self.pinned: dict[str, str] = {}

    @contextmanager
    def _reading(self) -> Iterator[db.Connection]:
        if self.connection is not None:
            yield self.connection
        else:
            with self._database.reading() as connection:
                yield connection

    def find(self, deal_id: str, event_id: str) -> Event | None:
        """Return one event of a deal."""
        new = self.new.get(deal_id, {}).get(event_id)
        if new is not None or deal_id not in self.pinned:
            return new
        with self._reading() as connection:
            found = db.event_text(connection, deal_id, event_id)
        return None if found is None else read(found.encode())

    def of(self, deal_id: str) -> list[Event]:
        """Return the events of a deal."""
        new = list(self.new.get(deal_id, {}).values())
        if deal_id not in self.pinned:
            return new
        with self._reading() as connection:
            return [read(text.encode()) for text in db.texts_of(connection, deal_id)] + new

    def add(self, event: Event) -> None:
        """Keep an event until it is written."""
        self.new.setdefault(event.deal_id, {})[event.id] = event


class Journal:
    """A desk that remembers, in a database.

    `Journal.open` makes one. Not safe to share between threads.
    """

    def __init__(
        self, database: db.Database, engines: Mapping[str, Engine], day: date, reactor: Name
    ) -> None:
        self._database = database
        self._engines = dict(engines)
        self._current = next(iter(self._engines))
        self._reactor = reactor
        self._day = day
        self._stored = _Stored(database)
        self._outbox = Outbox(database)
        self._desks: dict[str, Desk] = {}
        self._fresh: dict[str, str] = {}
        self._turns = self._fired = 0

    @classmethod
    def open(
        cls, url: str, engine: Engine, *older: Engine, as_of: date | None = None, reactor: Name = "plain"
    ) -> Journal:
        """Open a journal, or start one, and fold its deals.

        Parameters
        ----------
        url : where it is, as SQLAlchemy says it: `sqlite:///journal.db`
        engine : the pack of deals that are new
        older : the packs to which deals in the journal are still pinned
        as_of : the day a new journal starts on; one that is there stands on its own day

        Raises
        ------
        ArgumentError
            A-URL: the URL is none; A-DATE: a new journal needs a day; A-PACK: deals are pinned to a pack that
            is not given.
        InputError
            I-DATABASE: the database cannot be used.

        Examples
        --------
        >>> import kamrules as kr
        >>> engine = kr.compile(kr.load_pack("handbook"))
        >>> claim = {"type": "fact_set", "id": "E1", "deal_id": "D1", "path": "deal.milestone", "value": "M2",
        ...     "effective_on": "2026-06-29", "recorded_at": "2026-06-30"}
        >>> with Journal.open("sqlite://", engine, as_of=date(2026, 6, 30)) as journal:
        ...     journal.post(claim)[-1].fact
        'claim'
        """
        database = db.Database(url)
        engines = {one.pack.hash: one for one in (engine, *older)}
        journal = cls(database, engines, database.open(as_of), reactor)
        try:
            journal._load()
        except BaseException:
            database.close()
            raise
        return journal

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def as_of(self) -> date:
        """The day the journal stands on."""
        return self._day

    def __iter__(self) -> Iterator[str]:
        return iter(self._stored.pinned)

    def pack_of(self, deal_id: str) -> str:
        """Return the hash of the pack a deal is pinned to, or would be."""
        return self._stored.pinned.get(deal_id, self._current)

    def facts(self, deal_id: str) -> dict[str, str]:
        """Return the facts of a deal by name."""
        return self._desk_of(deal_id).facts(deal_id)

    def verdict(self, deal_id: str) -> Verdict:
        """Return the verdict on a deal."""
        return self._desk_of(deal_id).verdict(deal_id)

    # --- writing

    def post(self, event: Any) -> list[Transition]:
        """Take an event and return what turned: `Desk.post`, with all of it in the database.

        When this returns, the event and its reactions are kept; when it raises, nothing has changed.
        """
        return self.post_all([event])

    def post_all(self, events: Iterable[Any]) -> list[Transition]:
        """Take events in one transaction: all of them, or none when anything is raised.

        The result is that of posting them one by one: a fact that turns and turns back is told, and logged,
        both times, and sets off what either turn sets off.
        """
        given = [self._let_in(event) for event in events]
        with self._writing() as connection:
            rows = _no_rows()
            found: list[Transition] = []
            for event in given:
                turn = self._desk_of(event.deal_id).take(event)
                if turn is not None:
                    self._note(rows, turn)
                    found += turn.transitions
            _write(connection, rows)
        return found

    def move_to(self, day: date) -> list[Transition]:
        """Let time pass up to a later day, in one transaction, and return what turned."""
        found: list[Transition] = []
        with self._writing() as connection:
            for desk in self._all_desks():
                rows = _no_rows()
                for turn in desk.pass_to(day):
                    self._note(rows, turn)
                    found += turn.transitions
                    if len(rows[db.DECISIONS]) >= _CHUNK:
                        _write(connection, rows)
                        rows = _no_rows()
                _write(connection, rows)
            db.set_day(connection, day)
        self._day = day
        return found

    def _let_in(self, given: Any) -> Event:
        event = typed(given)
        return self._desk_of(event.deal_id).door.let_in(event)

    @contextmanager
    def _writing(self) -> Iterator[db.Connection]:
        """Return a connection to write by; if anything is raised, memory is as it was before."""
        stored, numbers = self._stored, (self._turns, self._fired)
        self._fresh = {}
        try:
            with self._database.writing() as connection:
                stored.connection = connection
                yield connection
            stored.pinned |= self._fresh
        except BaseException:
            self._turns, self._fired = numbers
            if any(desk.as_of != self._day for desk in self._desks.values()):
                self._desks.clear()  # time had begun to pass
            for desk in self._desks.values():
                for deal_id in stored.new:
                    desk.forget(deal_id)
            raise
        finally:
            stored.connection = None
            stored.new.clear()

    def _note(self, rows: Rows, turn: Turn) -> None:
        """Add the rows of a turn, while its deal is as the turn has left it."""
        pack = self._stored.pinned.get(turn.deal_id) or self._fresh.get(turn.deal_id)
        if pack is None:
            pack = self._fresh[turn.deal_id] = self._current
            rows[db.DEALS].append({"deal_id": turn.deal_id, "pack": pack})
        self._turns += 1
        if turn.event is not None:
            rows[db.EVENTS].append(_event_row(turn.event, self._turns))
        rows[db.DECISIONS].append(self._decision(turn, self._desks[pack]))
        rows[db.TRANSITIONS] += self._turned(turn.transitions)
        for fired in turn.fired:
            self._fired += 1
            what = {"deal_id": turn.deal_id, "cause": turn.cause, "reaction": fired.reaction.id}
            rows[db.OUTBOX].append({"id": self._fired, **what, "day": turn.day, "is_done": False})

    def _turned(self, transitions: Iterable[Transition]) -> list[db.Row]:
        return [
            {
                "turn": self._turns,
                "deal_id": one.deal_id,
                "fact": one.fact,
                "before": one.before,
                "after": one.after,
            }
            for one in transitions
        ]

    def _decision(self, turn: Turn, desk: Desk) -> db.Row:
        low, high = turn.after.health or (None, None)
        return {
            "turn": self._turns,
            "deal_id": turn.deal_id,
            "cause": turn.cause,
            "as_of": turn.day,
            "pack": desk.engine.pack.hash,
            "facts": turn.after.facts,
            "low": low,
            "high": high,
            "digest": digest_of(turn.after),
            "read": self._read(turn, desk),
        }

    @staticmethod
    def _read(turn: Turn, desk: Desk) -> dict[str, Any]:
        """Return the facts of the deal that were read for what turned."""
        paths = frozenset().union(*(desk.judge.read_by(one.fact) for one in turn.transitions))
        return values_at(desk.record(turn.deal_id), paths) if paths else {}

    # --- reactions

    def pending(self, limit: int | None = None) -> list[Pending]:
        """Return the reactions not yet done, the oldest first; see `Outbox`."""
        return self._outbox.pending(limit)

    def done(self, *ids: int) -> None:
        """Say that reactions were carried out, so that they are pending no more; see `Outbox`."""
        self._outbox.done(*ids)

    def reaction(self, pending: Pending) -> Reaction | None:
        """Return what a reaction is in the pack of its deal; None when that pack has it no more."""
        reactions = self._engines[self.pack_of(pending.deal_id)].reactions
        return next((one for one in reactions if one.id == pending.reaction), None)

    # --- packs

    def impact(self, engine: Engine, deals: Iterable[str] | None = None) -> list[Impact]:
        """Return what a pack would change of the deals that are pinned to another one, deal by deal."""
        desk = self._new_desk(engine)
        chosen = [one for one in self._chosen(deals) if self.pack_of(one) != engine.pack.hash]
        found = [self._impact(desk, deal_id) for deal_id in chosen]
        return [one for one in found if one.transitions or one.faults]

    def migrate(self, engine: Engine, deals: Iterable[str] | None = None) -> list[Impact]:
        """Pin deals (all when left out) to another pack and return what that changed; new deals get it, too.

        No reaction runs: nothing has happened to the deals.

        Raises
        ------
        RecordError
            An event of one of the deals says what is no field or value of that pack; none is migrated then.
        """
        desk = self._desks.get(engine.pack.hash) or self._new_desk(engine)
        pack = engine.pack.hash
        chosen = [one for one in self._chosen(deals) if self.pack_of(one) != pack]
        found = [self._impact(desk, deal_id) for deal_id in chosen]
        faults = [fault for one in found for fault in one.faults]
        if faults:
            raise RecordError(faults)
        with self._writing() as connection:
            self._add_pack(connection, desk)
            for one in found:
                verdicts = self.verdict(one.deal_id), desk.verdict(one.deal_id)
                turn = Turn(one.deal_id, f"pack:{pack}", self._day, None, *verdicts, one.transitions, ())
                self._turns += 1
                db.add(connection, db.DECISIONS, [self._decision(turn, desk)])
                db.add(connection, db.TRANSITIONS, self._turned(one.transitions))
                db.set_pack(connection, one.deal_id, pack)
        self._engines[pack] = engine
        self._current = pack
        self._desks[pack] = desk
        for one in found:
            self._desks[self._stored.pinned[one.deal_id]].let_go(one.deal_id)
            self._stored.pinned[one.deal_id] = pack
        return [one for one in found if one.transitions]

    def _chosen(self, deals: Iterable[str] | None) -> list[str]:
        if deals is None:
            return list(self._stored.pinned)
        chosen = list(dict.fromkeys(deals))
        for deal_id in chosen:
            if deal_id not in self._stored.pinned:
                hint = nearest(deal_id, self._stored.pinned)
                raise ArgumentError(Fault("A-DEAL", f"no deal `{deal_id}` in the journal", hint=hint))
        return chosen

    def _impact(self, desk: Desk, deal_id: str) -> Impact:
        """Return what changes of one deal, and have it folded by the new desk."""
        events = self._stored.of(deal_id)
        faults: list[Fault] = []
        for event in events:
            try:
                desk.door.let_in(event)
            except RecordError as error:
                faults += [
                    replace(fault, where=f"{deal_id} {event.id} {fault.where}") for fault in error.faults
                ]
        if faults:
            return Impact(deal_id, (), tuple(faults))
        desk.load(deal_id, events)
        before, after = self.facts(deal_id), desk.facts(deal_id)
        cause = f"pack:{desk.engine.pack.hash}"
        names = [*after, *(name for name in before if name not in after)]
        pairs = [(name, before.get(name, ABSENT), after.get(name, ABSENT)) for name in names]
        turned = tuple(Transition(deal_id, *one, self._day, cause) for one in pairs if one[1] != one[2])
        return Impact(deal_id, turned)

    # --- replay

    def replay(self, deals: Iterable[str] | None = None) -> list[str]:
        """Work every decision out again from the events there were, and return what differs: nothing.

        Each is folded and assessed anew as of its own day, by the pack it was made under; what differs is
        told as `DEAL turn N`. Decisions under a pack that was not given to `open` are left out.
        """
        found = []
        for deal_id in self._chosen(deals):
            with self._database.reading() as connection:
                rows = list(db.rows_of(connection, db.EVENTS, "turn", deal_id=deal_id))
                decisions = list(db.rows_of(connection, db.DECISIONS, "turn", deal_id=deal_id))
            for row in decisions:
                desk = self._all_by_pack().get(row["pack"])
                events = [read(one["payload"].encode()) for one in rows if one["turn"] <= row["turn"]]
                if (
                    desk is not None
                    and digest_of(desk.verdict_on(deal_id, events, row["as_of"])) != row["digest"]
                ):
                    found.append(f"{deal_id} turn {row['turn']}")
        return found

    # --- desks

    def _desk_of(self, deal_id: str) -> Desk:
        return self._all_by_pack()[self.pack_of(deal_id)]

    def _all_desks(self) -> list[Desk]:
        return list(self._all_by_pack().values())

    def _all_by_pack(self) -> dict[str, Desk]:
        if not self._desks:
            self._load()
        return self._desks

    def _new_desk(self, engine: Engine) -> Desk:
        react = choose_reactor(self._reactor)(engine.reactions)
        return Desk(engine, react, as_of=self._day, events=self._stored)

    def _load(self) -> None:
        """Fold every deal by the pack it is pinned to, a few at a time."""
        desks = {name: self._new_desk(engine) for name, engine in self._engines.items()}
        with self._database.reading() as connection:
            self._turns = db.last(connection, db.DECISIONS.c.turn)
            self._fired = db.last(connection, db.OUTBOX.c.id)
            self._stored.pinned = {row["deal_id"]: row["pack"] for row in db.rows_of(connection, db.DEALS)}
            missing = sorted(set(self._stored.pinned.values()) - desks.keys())
            if missing:
                message = f"deals are pinned to pack {', '.join(missing)}, which is not given"
                raise ArgumentError(Fault("A-PACK", message, hint="give the older engine, too, and migrate"))
            rows = db.rows_of(connection, db.EVENTS, "deal_id", "turn")
            for deal_id, found in groupby(rows, key=lambda row: row["deal_id"]):
                events = [read(row["payload"].encode()) for row in found]
                desks[self._stored.pinned[deal_id]].load(deal_id, events)
        with self._database.writing() as connection:
            for desk in desks.values():
                self._add_pack(connection, desk)
        self._desks = desks

    @staticmethod
    def _add_pack(connection: db.Connection, desk: Desk) -> None:
        """Keep what the bytes of a verdict stand for under a pack."""
        pack, judge = desk.engine.pack, desk.judge
        if next(db.rows_of(connection, db.PACKS, hash=pack.hash), None) is None:
            book = {"facts": list(judge.names), "words": list(judge.values)}
            row = {"hash": pack.hash, "pack": pack.id, "version": pack.version, **book}
            db.add(connection, db.PACKS, [row])


def _no_rows() -> Rows:
    return {table: [] for table in (db.DEALS, db.EVENTS, db.DECISIONS, db.TRANSITIONS, db.OUTBOX)}


def _write(connection: db.Connection, rows: Rows) -> None:
    for table, found in rows.items():
        db.add(connection, table, found)


def digest_of(verdict: Verdict) -> str:
    """Return what only equal verdicts share, bit for bit."""
    rows = verdict.rows
    parts = [
        verdict.truths,
        repr(None if rows is None else (rows.sure, rows.maybe)).encode(),
        verdict.points,
        b"" if verdict.health is None else struct.pack("<2d", *verdict.health),
        verdict.facts,
    ]
    return hashlib.sha256(b"".join(struct.pack("<q", len(part)) + part for part in parts)).hexdigest()


def _event_row(event: Event, turn: int) -> db.Row:
    return {
        "deal_id": event.deal_id,
        "id": event.id,
        "turn": turn,
        "recorded_at": event.recorded_at.astimezone(UTC).replace(tzinfo=None),
        "payload": written(event).decode(),
    }
