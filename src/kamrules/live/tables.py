"""The tables of a journal, in any database SQLAlchemy reaches: the one place that knows SQLAlchemy.

Rows are written in batches, and read by the calls below; nothing here decides anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from kamrules.errors import ArgumentError, Fault, InputError, MissingExtraError

try:
    import sqlalchemy as sa
except ImportError as error:
    raise MissingExtraError(
        Fault("X-LIVE", "a journal needs SQLAlchemy", hint="install `kamrules[live]`")
    ) from error

Row = dict[str, Any]
Connection = sa.Connection
Table = sa.Table

_METADATA = sa.MetaData()
_SCHEMA = 1
_CHUNK = 500


def _table(name: str, *parts: Any) -> sa.Table:
    return sa.Table(f"kamrules_{name}", _METADATA, *parts)


# The day the journal stands on, and which opening of it may write: the last.
CLOCK = _table(
    "clock",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("opened", sa.Integer, nullable=False),
    sa.Column("day", sa.Date, nullable=False),
)
# What the bytes of a verdict stand for under each pack.
PACKS = _table(
    "packs",
    sa.Column("hash", sa.Text, primary_key=True),
    sa.Column("pack", sa.Text, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
    sa.Column("words", sa.JSON, nullable=False),
)
DEALS = _table(
    "deals",
    sa.Column("deal_id", sa.Text, primary_key=True),
    sa.Column("pack", sa.Text, nullable=False),
)
EVENTS = _table(
    "events",
    sa.Column("deal_id", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("turn", sa.BigInteger, nullable=False),
    sa.Column("recorded_at", sa.DateTime, nullable=False),  # UTC
    sa.Column("payload", sa.Text, nullable=False),
)
# The log of decisions: one row for each event, and for each deal that time or a migration turned.
DECISIONS = _table(
    "decisions",
    sa.Column("turn", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("deal_id", sa.Text, nullable=False, index=True),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("pack", sa.Text, nullable=False),
    sa.Column("facts", sa.LargeBinary, nullable=False),
    sa.Column("low", sa.Double),
    sa.Column("high", sa.Double),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("read", sa.JSON, nullable=False),
)
TRANSITIONS = _table(
    "transitions",
    sa.Column("turn", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("fact", sa.Text, primary_key=True),
    sa.Column("deal_id", sa.Text, nullable=False, index=True),
    sa.Column("before", sa.Text, nullable=False),
    sa.Column("after", sa.Text, nullable=False),
)
OUTBOX = _table(
    "outbox",
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("deal_id", sa.Text, nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("reaction", sa.Text, nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("is_done", sa.Boolean, nullable=False, index=True),
    sa.UniqueConstraint("deal_id", "cause", "reaction"),
)

_EVENT = sa.select(EVENTS.c.payload).where(
    EVENTS.c.deal_id == sa.bindparam("deal_id"), EVENTS.c.id == sa.bindparam("id")
)
_OF_DEAL = sa.select(EVENTS.c.payload).where(EVENTS.c.deal_id == sa.bindparam("deal_id"))
_FENCE = sa.update(CLOCK).where(CLOCK.c.opened == sa.bindparam("mine")).values(opened=CLOCK.c.opened)


class Database:
    """One opening of a journal's database; an earlier opening can write no more."""

    def __init__(self, url: str) -> None:
        try:
            self._engine = sa.create_engine(url)
        except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ImportError) as problem:
            message = f"`{url}` is no URL of a database: {problem}"
            raise ArgumentError(Fault("A-URL", message, hint="a file is sqlite:///journal.db")) from None
        if self._engine.dialect.name == "sqlite":
            sa.event.listen(self._engine, "connect", _durable)
        self._opened = 0

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()

    def open(self, day: Any) -> Any:
        """Make the tables where there are none, take the journal over, and return the day it stands on.

        `day` is the one a new journal starts on.
        """
        try:
            with self._engine.begin() as connection:
                _METADATA.create_all(connection)
                # The update comes before any look, so that two openings wait for each other.
                connection.execute(sa.update(CLOCK).values(opened=CLOCK.c.opened + 1))
                rows = connection.execute(sa.select(CLOCK)).mappings().all()
                found: Row = dict(rows[0]) if rows else {}
                if not found:
                    if day is None:
                        message = "a new journal needs the day it starts on"
                        raise ArgumentError(Fault("A-DATE", message, hint="give as_of"))
                    found = {"id": 1, "version": _SCHEMA, "opened": 1, "day": day}
                    connection.execute(sa.insert(CLOCK), found)
                if found["version"] != _SCHEMA:
                    message = f"the journal is of version {found['version']}, this program writes {_SCHEMA}"
                    raise InputError(Fault("I-VERSION", message))
        except sa.exc.DatabaseError as problem:
            message = f"the database cannot be used as a journal: {problem.orig}"
            raise InputError(Fault("I-DATABASE", message)) from None
        self._opened = found["opened"]
        return found["day"]

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Return a connection to read by."""
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Return a connection whose writes all count, or none if anything is raised."""
        with self._engine.begin() as connection:
            if connection.execute(_FENCE, {"mine": self._opened}).rowcount != 1:
                message = "the journal was opened anew by somebody else, who writes it now"
                raise InputError(Fault("I-WRITER", message, hint="open it again to take it over"))
            yield connection

    @contextmanager
    def marking(self) -> Iterator[Connection]:
        """Return a connection to mark what was done by, whoever writes the journal."""
        with self._engine.begin() as connection:
            yield connection


def _durable(connection: Any, _: Any) -> None:
    """Let SQLite write ahead, and have what is committed on the disk before it says so."""
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000"):
        connection.execute(f"PRAGMA {pragma}")


def add(connection: Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Write rows."""
    if rows:
        connection.execute(sa.insert(table), rows)


def event_text(connection: Connection, deal_id: str, event_id: str) -> str | None:
    """Return the text of an event."""
    found: str | None = connection.execute(_EVENT, {"deal_id": deal_id, "id": event_id}).scalar()
    return found


def texts_of(connection: Connection, deal_id: str) -> list[str]:
    """Return the texts of the events of a deal."""
    return list(connection.execute(_OF_DEAL, {"deal_id": deal_id}).scalars())


def rows_of(connection: Connection, table: sa.Table, *order: str, **equal: Any) -> Iterator[Any]:
    """Yield rows of a table whose columns are equal to what is given, in an order, a few at a time."""
    query = sa.select(table).where(*(table.c[name] == value for name, value in equal.items()))
    query = query.order_by(*(table.c[name] for name in order))
    with connection.execute(query, execution_options={"yield_per": _CHUNK}) as result:
        yield from result.mappings()


def last(connection: Connection, column: Any) -> int:
    """Return the greatest number in a column, 0 for none."""
    return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(column), 0))).scalar_one())


def set_day(connection: Connection, day: Any) -> None:
    """Write the day the journal stands on."""
    connection.execute(sa.update(CLOCK).values(day=day))


def set_pack(connection: Connection, deal_id: str, pack: str) -> None:
    """Pin a deal to a pack."""
    connection.execute(sa.update(DEALS).where(DEALS.c.deal_id == deal_id).values(pack=pack))


def set_done(connection: Connection, ids: Sequence[int]) -> None:
    """Mark reactions as done."""
    for start in range(0, len(ids), _CHUNK):
        chosen = OUTBOX.c.id.in_(ids[start : start + _CHUNK])
        connection.execute(sa.update(OUTBOX).where(chosen).values(is_done=True))


def not_done(connection: Connection, limit: int | None) -> list[Any]:
    """Return the reactions not done, the oldest first."""
    query = sa.select(OUTBOX).where(OUTBOX.c.is_done.is_(False)).order_by(OUTBOX.c.id).limit(limit)
    return list(connection.execute(query).mappings())
