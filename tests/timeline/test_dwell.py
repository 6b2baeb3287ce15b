"""How long a deal has been in its milestone, and when it stalls."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

import kamrules as kr
from kamrules.timeline import Correction, Event, FactSet, Timeline, read_events, timelines
from kamrules.timeline.dwell import Stay, stall_of
from tests.handbook import handbook

DAY = date(2026, 6, 30)
HISTORY = Path(__file__).parents[2] / "examples" / "welding" / "history" / "events.jsonl"


def moment(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def claim(name: str, day: str, milestone: str, recorded: str | None = None) -> FactSet:
    return FactSet(
        id=name,
        deal_id="D1",
        path="deal.milestone",
        value=milestone,
        effective_on=date.fromisoformat(day),
        recorded_at=moment(recorded or day),
    )


CLAIMS = [
    claim("E1", "2026-05-01", "M1"),
    claim("E2", "2026-05-10", "M2"),
    claim("E3", "2026-05-20", "M1"),
    claim("E4", "2026-06-01", "M2"),
]


@lru_cache
def limited() -> kr.Engine:
    text = "extends: handbook\nid: own\nmilestones: {M2: {max_dwell: 'duration(\"20d\")'}}\n"
    with TemporaryDirectory() as folder:
        path = Path(folder) / "pack.yaml"
        path.write_text(text, "utf-8")
        return kr.compile(kr.load_pack(path))


def test_a_stay_begins_anew_when_the_deal_comes_back() -> None:
    found = stall_of(handbook(), Timeline.of(CLAIMS), as_of=DAY)
    assert found.claimed == Stay("M2", date(2026, 6, 1), 29, is_at_least=False)


def test_a_stay_as_old_as_the_history_is_at_least_so_long() -> None:
    found = stall_of(handbook(), Timeline.of(CLAIMS[:1]), as_of=DAY)
    assert found.claimed == Stay("M1", date(2026, 5, 1), 60, is_at_least=True)


def test_a_stay_counts_from_the_day_it_became_true_and_is_corrected() -> None:
    late = [CLAIMS[0], claim("E2", "2026-05-10", "M2", recorded="2026-06-15")]
    assert stall_of(handbook(), Timeline.of(late), as_of=DAY).claimed == Stay(
        "M2", date(2026, 5, 10), 51, is_at_least=False
    )
    void: list[Event] = [
        *CLAIMS,
        Correction(id="E9", deal_id="D1", corrects="E3", recorded_at=moment("2026-06-20")),
    ]
    found = stall_of(handbook(), Timeline.of(void), as_of=DAY).claimed
    assert found is not None
    assert found.since == date(2026, 5, 10)


def test_the_supported_milestone_has_a_stay_of_its_own() -> None:
    found = stall_of(handbook(), timelines(read_events(HISTORY))["D-16"], as_of=DAY)
    assert found.claimed == Stay("M6", date(2026, 5, 14), 47, is_at_least=False)
    # A key person was replaced, which nobody entered for weeks; a new one was named on the 18th.
    assert found.supported == Stay("M5", date(2026, 6, 18), 12, is_at_least=False)


def test_a_bare_record_has_no_stay() -> None:
    deal = {"milestone": "M2", "status": "won"}
    found = stall_of(handbook(), deal, as_of=DAY)
    assert (found.status, found.claimed, found.supported, found.missing) == ("moving", None, None, ())
    found = stall_of(limited(), deal, as_of=DAY)
    assert (found.status, found.claimed, found.missing) == ("unknown", None, ("history",))


def test_a_stay_over_the_limit_of_the_pack_is_a_stall() -> None:
    long, short = date(2026, 6, 22), date(2026, 6, 21)
    closed = FactSet(
        id="S",
        deal_id="D1",
        path="deal.status",
        value="won",
        effective_on=date(2026, 5, 1),
        recorded_at=moment("2026-05-01"),
    )
    events: list[Event] = [*CLAIMS, closed]
    found = stall_of(limited(), Timeline.of(events), as_of=long)
    assert (found.status, found.reasons) == ("stalled", ("dwell",))
    assert stall_of(limited(), Timeline.of(events), as_of=short).status == "moving"


def test_silence_is_a_stall_but_not_in_a_tender() -> None:
    silent = {"status": "open", "activities": [], "documents": [], "procurement_regime": "mandatory_tender"}
    assert stall_of(handbook(), silent, as_of=DAY).reasons == ("silence",)
    tender = {**silent, "bid": {"documents_issued_on": "2026-05-20"}}
    assert stall_of(handbook(), tender, as_of=DAY).status == "moving"
    acts = [
        {"type": "visit", "on": "2026-06-10", "completed": True, "initiated_by": "us"},
        {"type": "call", "on": "2026-05-10", "completed": True, "initiated_by": "buyer"},
    ]
    assert stall_of(handbook(), {**silent, "activities": acts}, as_of=DAY).status == "moving"
    unsaid = [{**acts[0], "initiated_by": None}]
    found = stall_of(handbook(), {**silent, "activities": unsaid}, as_of=DAY)
    assert (found.status, found.missing) == ("unknown", ("deal.activities[0].initiated_by",))


def test_before_the_first_record_nothing_is_known() -> None:
    found = stall_of(handbook(), Timeline.of(CLAIMS), as_of=date(2026, 4, 1))
    assert (found.status, found.claimed) == ("unknown", None)


STEPS = st.lists(st.tuples(st.integers(1, 20), st.sampled_from(["M1", "M2", "M3"])), min_size=1, max_size=6)


@given(STEPS, st.integers(0, 30))
def test_the_claimed_stay_is_the_last_run_of_equal_claims(steps: list[tuple[int, str]], ahead: int) -> None:
    day, days = date(2026, 1, 1), []
    for gap, milestone in steps:
        day += timedelta(days=gap)
        days.append((day, milestone))
    events = [claim(f"E{place}", one.isoformat(), name) for place, (one, name) in enumerate(days)]
    as_of = day + timedelta(days=ahead)
    since, current = days[-1]
    place = len(days)
    while place and days[place - 1][1] == current:
        place -= 1
        since = days[place][0]
    found = stall_of(handbook(), Timeline.of(events), as_of=as_of).claimed
    assert found == Stay(current, since, (as_of - since).days, is_at_least=place == 0)
