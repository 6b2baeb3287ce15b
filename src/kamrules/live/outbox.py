"""The reactions that wait to be carried out, for who carries them out; any process may."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from kamrules.live import tables as db


@dataclass(frozen=True, slots=True)
class Pending:
    """A reaction that waits to be carried out; `cause` is `event:ID`, or `day:DATE` when time passed."""

    id: int
    deal_id: str
    reaction: str
    cause: str
    day: date

    @property
    def key(self) -> tuple[str, str, str]:
        """The deal, the cause and the reaction: there is never a second one of the three."""
        return self.deal_id, self.cause, self.reaction


class Outbox:
    """The reactions of a journal, each written once, in the transaction of what set it off.

    Delivery is at least once: `pending` gives a reaction again until `done` has said that it was carried out.
    A consumer that keeps `Pending.key` of what it carried out, together with what it did, does each once.
    """

    def __init__(self, database: db.Database) -> None:
        self._database = database

    @classmethod
    def open(cls, url: str) -> Outbox:
        """Open the outbox of a journal that is there, without taking the journal over."""
        return cls(db.Database(url))

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def pending(self, limit: int | None = None) -> list[Pending]:
        """Return the reactions not yet done, the oldest first."""
        with self._database.reading() as connection:
            found = db.not_done(connection, limit)
        return [
            Pending(row["id"], row["deal_id"], row["reaction"], row["cause"], row["day"]) for row in found
        ]

    def done(self, *ids: int) -> None:
        """Say that reactions were carried out; saying it twice does nothing."""
        with self._database.marking() as connection:
            db.set_done(connection, ids)
