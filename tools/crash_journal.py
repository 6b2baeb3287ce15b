"""Kill a process that posts events to a journal, again and again, and see that nothing is lost or doubled.

    python tools/crash_journal.py --kills 500 --events 5000 --deals 200

A child opens the journal, posts events and carries out reactions; it tells each event that was acknowledged.
The parent kills it (SIGKILL) after a random number of these and a random moment, starts another, and lets
it send again from the last acknowledged event, or from the first. At the end the journal is compared with
that of a run nobody killed: events, decisions with their digests, transitions, and reactions carried
out.
Needs `fork`, so that a child need not compile the pack again.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import kamrules as kr
from kamrules.engine import Engine
from kamrules.live import tables as db
from kamrules.live.journal import Journal
from kamrules.timeline import Event, read_events

EVENTS = Path(__file__).resolve().parent.parent / "examples" / "welding" / "history" / "events.jsonl"
FIRST = date(2026, 5, 10)
DAYS = (date(2026, 5, 31), date(2026, 6, 15), date(2026, 6, 30), date(2026, 7, 15))


@dataclass(frozen=True)
class Outcome:
    """What a run with kills came to; `faults` is empty when nothing was lost or doubled."""

    kills: int
    acknowledged: int
    sent: int
    carried_out: int
    again: int
    faults: tuple[str, ...]


def make_steps(events: int, deals: int) -> list[Any]:
    """Return events of copies of the example's deals, in the order of recording, and days that pass."""
    by_deal: dict[str, list[Event]] = {}
    for one in sorted(read_events(EVENTS), key=lambda one: (one.recorded_at, one.id)):
        by_deal.setdefault(one.deal_id, []).append(one)
    originals = list(by_deal.values())
    chance = random.Random(3)
    steps: list[Any] = []
    for number in range(deals):
        wanted = events // deals + (number < events % deals)
        found = originals[number % len(originals)]
        for one in chance.sample(found * (wanted // len(found) + 1), wanted):
            place = len(steps)
            steps.append(one.model_copy(update={"deal_id": f"K-{number:04d}", "id": f"E{place}"}))
    chance.shuffle(steps)
    for place, day in enumerate(DAYS, 1):
        steps.insert(place * len(steps) // len(DAYS), day)
    return steps


def send(  # noqa: PLR0913, PLR0917 - what a child needs
    engine: Engine, url: str, carried: Path, steps: list[Any], start: int, acknowledge: int
) -> None:
    """Send steps from one on, telling each that is done as a line; carry out the reactions in between."""
    with Journal.open(url, engine, as_of=FIRST) as journal, carried.open("a", encoding="utf-8") as done:
        for place in range(start, len(steps)):
            step = steps[place]
            if not isinstance(step, date):
                journal.post(step)
            elif step > journal.as_of:
                journal.move_to(step)
            os.write(acknowledge, f"{place}\n".encode())
            for one in journal.pending(5):
                done.write(f"{one.key}\n")
                done.flush()
                journal.done(one.id)
        while waiting := journal.pending(100):
            for one in waiting:
                done.write(f"{one.key}\n")
            done.flush()
            journal.done(*(one.id for one in waiting))


def run_with_kills(engine: Engine, folder: Path, steps: list[Any], kills: int, seed: int) -> Outcome:
    """Run the steps to their end with that many kills, and compare with a run without."""
    chance = random.Random(seed)
    url, carried = f"sqlite:///{folder / 'killed.db'}", folder / "carried.txt"
    plain = f"sqlite:///{folder / 'plain.db'}"
    with open(os.devnull, "wb") as nobody:  # noqa: PTH123 - what it takes is a descriptor
        send(
            engine, plain, folder / "plain.txt", steps, 0, nobody.fileno()
        )  # compiles what children need, too
    reached, killed, sent = 0, 0, 0
    faults: list[str] = []
    while reached < len(steps):
        start = 0 if chance.random() < 0.05 else reached
        left = max(1, kills - killed)
        # The kills are spread over what is left to send.
        patience = (
            chance.randrange(2 * max(1, (len(steps) - reached) // left) + 1) if killed < kills else None
        )
        told, was_killed = _one_life(engine, url, carried, steps, start, patience, chance.random() * 0.01)
        killed += was_killed
        sent += told[-1] + 1 - start if told else 0
        reached = max([reached, *(place + 1 for place in told)])
        if was_killed and chance.random() < 0.1:
            faults += _lost(url, steps[:reached])
        if not was_killed and reached < len(steps):
            return Outcome(killed, reached, sent, 0, 0, (*faults, "a child ended by itself"))
    _one_life(engine, url, carried, steps, len(steps), None, 0)  # carries out what is left
    faults += _lost(url, steps) + _differences(plain, url)
    lines = carried.read_text(encoding="utf-8").splitlines()
    if set(lines) != set((folder / "plain.txt").read_text(encoding="utf-8").splitlines()):
        faults.append("other reactions were carried out")
    with Journal.open(url, engine) as journal:
        faults += journal.replay()
    return Outcome(killed, reached, sent, len(set(lines)), len(lines) - len(set(lines)), tuple(faults))


def _one_life(  # noqa: PLR0913, PLR0917 - what a child needs, and when it dies
    engine: Engine, url: str, carried: Path, steps: list[Any], start: int, patience: int | None, delay: float
) -> tuple[list[int], bool]:
    """Return the steps a child has told of, and whether it was killed before it had ended."""
    ear, mouth = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(ear)
            send(engine, url, carried, steps, start, mouth)
            code = 0
        except BaseException as problem:  # noqa: BLE001 - told, and the child ends without its parent's cleaning up
            print(f"child: {problem!r}", file=sys.stderr, flush=True)
        finally:
            os._exit(code)
    os.close(mouth)
    text = b""
    while patience is None or text.count(b"\n") < patience:
        got = os.read(ear, 4096)
        if not got:
            break
        text += got
    if patience is not None:
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)
    while got := os.read(ear, 4096):
        text += got
    os.close(ear)
    _, status = os.waitpid(child, 0)
    return [int(line) for line in text.split(b"\n")[:-1]], os.WIFSIGNALED(status)


def _lost(url: str, steps: list[Any]) -> list[str]:
    """Return the acknowledged events that are not in a journal as they were sent."""
    database = db.Database(url)
    with database.reading() as connection:
        kept = {row["id"] for row in db.rows_of(connection, db.EVENTS)}
    database.close()
    return [f"lost: {step.id}" for step in steps if not isinstance(step, date) and step.id not in kept]


def _differences(one: str, other: str) -> list[str]:
    faults = []
    for table, names in (
        (db.EVENTS, ("deal_id", "id", "payload")),
        (db.DECISIONS, ("deal_id", "cause", "as_of", "pack", "facts", "low", "high", "digest")),
        (db.TRANSITIONS, ("deal_id", "fact", "before", "after")),
        (db.OUTBOX, ("deal_id", "cause", "reaction", "day", "is_done")),
    ):
        first, second = (_rows(url, table, names) for url in (one, other))
        if first != second:
            faults.append(
                f"{table.name}: {len(first)} rows without kills, {len(second)} other rows with them"
            )
    return faults


def _rows(url: str, table: Any, names: tuple[str, ...]) -> list[str]:
    database = db.Database(url)
    with database.reading() as connection:
        found = sorted(repr([row[name] for name in names]) for row in db.rows_of(connection, table))
    database.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, value in (("kills", 500), ("events", 5000), ("deals", 200), ("seed", 11)):
        parser.add_argument(f"--{name}", type=int, default=value)
    given = parser.parse_args()
    engine = kr.compile(kr.load_pack("handbook"))
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        steps = make_steps(given.events, given.deals)
        found = run_with_kills(engine, Path(folder), steps, given.kills, given.seed)
    for fault in found.faults[:20]:
        print(fault)
    print(
        f"{found.kills} kills, {found.sent} steps sent for {len(steps)}, {found.carried_out} reactions, "
        f"{found.again} carried out again, {len(found.faults)} faults, {time.perf_counter() - start:.0f} s"
    )
    sys.exit(bool(found.faults))


if __name__ == "__main__":
    main()
