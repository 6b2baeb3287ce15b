"""The journal writes an event with all that came of it, or nothing, and comes back as it was."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import kamrules as kr
from kamrules.engine import Engine
from kamrules.errors import ArgumentError, InputError, RecordError
from kamrules.live import tables as db
from kamrules.live.desk import Desk
from kamrules.live.journal import Journal
from kamrules.live.outbox import Outbox
from kamrules.rules.reactors import choose_reactor
from kamrules.timeline import Event, read_events
from tests.handbook import handbook
from tools import crash_journal

sa = pytest.importorskip("sqlalchemy")

ENGINE = handbook()
WELDING = Path(__file__).parents[2] / "examples" / "welding" / "history" / "events.jsonl"
FIRST, LAST = date(2026, 5, 10), date(2026, 7, 15)
POSTGRES = "KAMRULES_TEST_POSTGRES"


def some_events(*deals: str) -> list[Event]:
    found = [one for one in read_events(WELDING) if one.deal_id in deals]
    return sorted(found, key=lambda one: (one.recorded_at, one.id))


EVENTS = some_events("D-16", "D-25")
CLAIM = {"type": "fact_set", "id": "E1", "deal_id": "D1", "path": "deal.milestone", "value": "M2",
         "effective_on": "2026-05-01", "recorded_at": "2026-05-02"}  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Yield the URL of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'journal.db'}"
        return
    server = os.environ.get(POSTGRES)
    if server is None:
        pytest.skip(f"{POSTGRES} gives no URL of a PostgreSQL server")
    name = f"kamrules_{uuid.uuid4().hex}"
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE SCHEMA {name}"))
    yield str(
        sa.make_url(server).update_query_dict({"options": f"-csearch_path={name}"}).render_as_string(False)
    )
    with admin.connect() as connection:
        connection.execute(sa.text(f"DROP SCHEMA {name} CASCADE"))
    admin.dispose()


def content(url: str) -> dict[str, list[Any]]:
    """Return all that is in a journal."""
    database = db.Database(url)
    with database.reading() as connection:
        found = {
            table.name: [
                tuple(row.values())
                for row in db.rows_of(connection, table, *table.primary_key.columns.keys())
            ]
            for table in (db.DEALS, db.EVENTS, db.DECISIONS, db.TRANSITIONS, db.OUTBOX)
        }
    database.close()
    return found


def changed_pack(**params: Any) -> Engine:
    return kr.compile(kr.load_pack("handbook", params=params))


def test_it_says_what_a_desk_says_and_comes_back_bit_for_bit(url: str) -> None:
    desk = Desk(ENGINE, choose_reactor("plain")(ENGINE.reactions), as_of=FIRST)
    with Journal.open(url, ENGINE, as_of=FIRST) as journal:
        half = len(EVENTS) // 2
        assert [journal.post(one) for one in EVENTS[:half]] == [desk.post(one) for one in EVENTS[:half]]
        assert journal.move_to(date(2026, 6, 1)) == desk.move_to(date(2026, 6, 1))
        assert journal.post_all(EVENTS[half:]) == [turn for one in EVENTS[half:] for turn in desk.post(one)]
        assert journal.move_to(LAST) == desk.move_to(LAST)
        assert journal.post_all(EVENTS) == []
    with Journal.open(url, ENGINE) as again:
        assert again.as_of == LAST
        assert {name: again.verdict(name) for name in again} == {name: desk.verdict(name) for name in desk}
        assert again.replay() == []
        row = content(url)["kamrules_decisions"][-1]
        assert row[4] == ENGINE.pack.hash


def test_a_batch_is_written_as_its_events_one_by_one(tmp_path: Path) -> None:
    urls = [f"sqlite:///{tmp_path / name}.db" for name in ("single", "batch")]
    with (
        Journal.open(urls[0], ENGINE, as_of=LAST) as single,
        Journal.open(urls[1], ENGINE, as_of=LAST) as batch,
    ):
        for one in EVENTS[:60]:
            single.post(one)
        batch.post_all(EVENTS[:60])
    assert content(urls[0]) == content(urls[1])


def test_a_decision_that_was_altered_is_found(url: str) -> None:
    with Journal.open(url, ENGINE, as_of=LAST) as journal:
        journal.post_all(EVENTS[:40])
        database = db.Database(url)
        with database.marking() as connection:
            rows = list(db.rows_of(connection, db.EVENTS, "turn", deal_id="D-16"))
            connection.execute(sa.delete(db.EVENTS).where(db.EVENTS.c.id == rows[3]["id"]))
        database.close()
        assert journal.replay(["D-16"])


def test_a_decision_names_the_facts_it_read(url: str) -> None:
    with Journal.open(url, ENGINE, as_of=LAST) as journal:
        journal.post_all(EVENTS)
        read = [row[9] for row in content(url)["kamrules_decisions"]]
    paths = {path for one in read for path in one}
    assert any(path.startswith("deal.stakeholders[P") and path.endswith(".stance") for path in paths)


@pytest.mark.parametrize("table", ["deals", "events", "decisions", "transitions", "outbox"])
def test_what_cannot_be_written_has_not_happened(
    tmp_path: Path, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    with Journal.open(url, ENGINE, as_of=FIRST) as journal:
        journal.post_all(EVENTS[:40])
        before, verdicts = content(url), {name: journal.verdict(name) for name in journal}
        real = db.add

        def failing(connection: Any, to: Any, rows: Any) -> None:
            real(connection, to, rows)
            if to.name == f"kamrules_{table}":
                raise OSError("the disk is full")

        with monkeypatch.context() as patched:
            patched.setattr(db, "add", failing)
            with pytest.raises(OSError, match="full"):
                journal.post_all([CLAIM, *EVENTS[40:]])
            with pytest.raises(OSError, match="full"):
                journal.move_to(LAST)
        assert journal.as_of == FIRST
        assert content(url) == before
        assert {name: journal.verdict(name) for name in journal} == verdicts
        journal.post_all([CLAIM, *EVENTS[40:]])
        journal.move_to(LAST)
        found = {name: journal.verdict(name) for name in journal}
        assert len(content(url)["kamrules_events"]) == len(EVENTS) + 1
    with Journal.open(url, ENGINE) as again:
        assert {name: again.verdict(name) for name in again} == found
        assert again.replay() == []


def test_a_batch_with_a_faulty_event_is_refused_as_a_whole(url: str) -> None:
    with Journal.open(url, ENGINE, as_of=FIRST) as journal:
        with pytest.raises(RecordError):
            journal.post_all([CLAIM, {**CLAIM, "id": "E2", "value": "M9"}])
        with pytest.raises(RecordError):
            journal.post_all([CLAIM, {**CLAIM, "value": "M3"}])  # the id with another content
        assert list(journal) == []
        assert not any(content(url).values())
        assert journal.post(CLAIM)


def test_a_reaction_is_pending_until_it_is_done(url: str) -> None:
    with Journal.open(url, ENGINE, as_of=LAST) as journal:
        journal.post_all(EVENTS)
        waiting = journal.pending()
        assert len({one.key for one in waiting}) == len(waiting) > 1
        assert all(journal.reaction(one) in ENGINE.reactions for one in waiting)
        outbox = Outbox.open(url)  # another process may carry them out
        outbox.done(waiting[0].id)
        outbox.done(waiting[0].id)
        assert outbox.pending() == journal.pending() == waiting[1:]
        assert journal.pending(1) == waiting[1:2]
        outbox.close()
        journal.post_all(EVENTS)
        assert journal.pending() == waiting[1:]
        journal.post(CLAIM)  # it still writes


def test_who_opened_it_first_writes_no_more(url: str) -> None:
    with Journal.open(url, ENGINE, as_of=FIRST) as first:
        first.post_all(EVENTS[:10])
        with Journal.open(url, ENGINE) as second:
            second.post_all(EVENTS[10:20])
            with pytest.raises(InputError) as caught:
                first.post(CLAIM)
            assert caught.value.faults[0].code == "I-WRITER"
            assert second.post(CLAIM)


def test_deals_stay_with_their_pack_until_they_are_migrated(url: str) -> None:
    old, new = ENGINE, changed_pack(rank_cut=1)
    with Journal.open(url, old, as_of=LAST) as journal:
        journal.post_all(EVENTS)
        verdicts = {name: journal.verdict(name) for name in journal}
    with pytest.raises(ArgumentError) as caught:
        Journal.open(url, new)
    assert caught.value.faults[0].code == "A-PACK"
    with Journal.open(url, new, old) as journal:
        assert {name: journal.verdict(name) for name in journal} == verdicts
        journal.post(CLAIM)
        assert journal.pack_of("D1") == new.pack.hash
        reactions = journal.pending()
        told = journal.impact(new)
        assert told
        before = {one.deal_id: journal.facts(one.deal_id) for one in told}
        assert journal.migrate(new, [told[0].deal_id]) == told[:1]
        for one in told[0].transitions:
            assert before[one.deal_id][one.fact] == one.before
            assert journal.facts(one.deal_id)[one.fact] == one.after
        assert journal.pack_of(told[0].deal_id) == new.pack.hash
        assert journal.impact(new) == told[1:]
        journal.migrate(new)
        assert journal.pending() == reactions  # nothing has happened to the deals
        assert {journal.pack_of(name) for name in journal} == {new.pack.hash}
        assert journal.replay() == []
    with Journal.open(url, new) as journal:
        fresh = Desk(new, choose_reactor("plain")(new.reactions), as_of=LAST)
        for given in EVENTS:
            fresh.post(given)
        assert {name: journal.verdict(name) for name in fresh} == {
            name: fresh.verdict(name) for name in fresh
        }


@pytest.mark.parametrize(
    ("url", "code"),
    [("nothing", "A-URL"), ("nosuch://x", "A-URL"), ("sqlite:////no/such/folder/x.db", "I-DATABASE")],
)
def test_what_is_no_database_is_told(url: str, code: str) -> None:
    with pytest.raises((ArgumentError, InputError)) as caught:
        Journal.open(url, ENGINE, as_of=FIRST)
    assert caught.value.faults[0].code == code


def test_a_new_journal_needs_its_day(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError) as caught:
        Journal.open(f"sqlite:///{tmp_path / 'j.db'}", ENGINE)
    assert caught.value.faults[0].code == "A-DATE"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked")
def test_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    steps = crash_journal.make_steps(160, 6)
    found = crash_journal.run_with_kills(ENGINE, tmp_path, steps, kills=8, seed=1)
    assert found.faults == ()
    assert found.kills > 4
    assert found.carried_out > 0
    shutil.rmtree(tmp_path)
