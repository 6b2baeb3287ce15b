"""Gates judged by closed deals: what tells is kept, and neither chance nor survival fools anybody."""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

import kamrules as kr
from kamrules.errors import ArgumentError
from kamrules.learning.closed import closed_deals
from kamrules.learning.gate_policy import GatePolicy
from kamrules.learning.gate_value import GateReport, gate_values
from kamrules.learning.moves import moves_of, passages
from kamrules.learning.stood import Stood, at_gates
from kamrules.records.base import Evidence
from kamrules.rules.verdict import Status
from kamrules.timeline import Correction, Event, FactSet, ItemAdded, timelines

START = date(2026, 1, 5)


@lru_cache
def engine() -> kr.Engine:
    return kr.compile(kr.load_pack("handbook"))


NAMES = tuple(engine().pack.criteria)


def world(
    seed: int, deals: int, *, worth: float = 0.0, unknown: float = 0.15, telling: int = 0
) -> list[Stood]:
    """Deals of three segments with other base rates, whose first criteria raise the odds of winning."""
    rng = random.Random(seed)
    found = []
    for number in range(deals):
        place = rng.randrange(3)
        statuses: dict[str, Status] = {}
        chance = (0.25, 0.4, 0.5)[place]
        for index, name in enumerate(NAMES[:30]):
            met = rng.random() < (0.35, 0.5, 0.75)[place]  # more often met where more is won anyway
            if index < telling:
                chance += worth * (met - (0.35, 0.5, 0.75)[place])
            statuses[name] = "unknown" if rng.random() < unknown else "met" if met else "unmet"
        found.append(Stood(f"D{number}", rng.random() < chance, "abc"[place], statuses))
    return found


def report(deals: list[Stood], **kwargs: Any) -> GateReport:
    return gate_values(engine().pack, deals, **{"shuffles": 0, **kwargs})


def test_where_no_criterion_matters_a_gate_is_seldom_kept() -> None:
    fooled = sum(any(gate.verdict == "keep" for gate in report(world(seed, 150)).gates) for seed in range(60))
    assert fooled <= 11  # one world in ten is 6, and 2 standard errors


def test_what_tells_is_kept_and_what_tells_little_is_retired() -> None:
    found = report(world(1, 1500, worth=0.3, telling=2))
    verdicts = {gate.id: gate.verdict for gate in found.gates}
    assert [verdicts[name] for name in NAMES[:2]] == ["keep", "keep"]
    assert Counter(verdicts[name] for name in NAMES[2:30])["retire"] >= 24
    assert all(verdicts[name] == "not enough deals" for name in NAMES[30:])


def test_intervals_cover_the_true_difference() -> None:
    hits = total = 0
    for seed in range(25):
        for gate in report(world(seed, 200, worth=0.25, telling=1)).gates[:10]:
            assert gate.difference is not None
            truth = 0.25 if gate.id == NAMES[0] else 0.0
            hits += gate.difference.low <= truth <= gate.difference.high
            total += 1
    assert 0.86 <= hits / total <= 0.95


def test_a_segment_that_wins_more_and_meets_more_does_not_make_a_gate_look_good() -> None:
    """Simpson: over all deals met wins more, within each segment it does not."""

    def some(count: int, won: int, segment: str, status: Status) -> list[Stood]:
        return [Stood(f"{segment}{status}{n}", n < won, segment, {NAMES[0]: status}) for n in range(count)]

    deals = [*some(90, 72, "easy", "met"), *some(30, 24, "easy", "unmet"),
             *some(30, 6, "hard", "met"), *some(90, 18, "hard", "unmet")]  # fmt: skip
    gate = report(deals).gates[0]
    assert gate.met.won / gate.met.deals - gate.unmet.won / gate.unmet.deals > 0.25
    assert gate.difference is not None
    assert gate.difference.value == pytest.approx(0)
    assert gate.verdict != "keep"
    together = report([Stood(one.deal_id, one.won, None, one.statuses) for one in deals]).gates[0]
    assert together.verdict == "keep"


def test_a_criterion_that_losers_meet_is_to_be_sharpened() -> None:
    deals = [Stood(str(n), n % 4 > 0, None, {NAMES[0]: "unmet"}) for n in range(40)]
    deals += [Stood(f"m{n}", n % 4 == 0, None, {NAMES[0]: "met"}) for n in range(40)]
    gate = report(deals).gates[0]
    assert (gate.verdict, gate.why) == ("sharpen", "met wins less")


def test_small_segments_are_put_together() -> None:
    deals = [Stood(str(n), n % 2 == 0, f"s{n}", {NAMES[0]: "met"}) for n in range(40)]
    assert report(deals).segments == ("",)


def test_unknown_has_its_own_row_and_not_applicable_counts_for_nothing() -> None:
    statuses: tuple[Status, ...] = ("met", "unmet", "unknown", "not_applicable")
    deals = [Stood(str(n), n % 3 == 0, None, {NAMES[0]: statuses[n % 4]}) for n in range(120)]
    gate = report(deals).gates[0]
    assert [gate.met.deals, gate.unmet.deals, gate.unknown.deals, gate.not_applicable.deals] == [30] * 4
    assert gate.unknown_difference is not None
    without = report([one for one in deals if "not_applicable" not in one.statuses.values()]).gates[0]
    assert (without.difference, without.p) == (gate.difference, gate.p)


@pytest.mark.parametrize(
    ("shares", "verdict", "why"),
    [
        ((10, 10, 100), "sharpen", "often unknown"),
        ((200, 1, 0), "sharpen", "nearly all meet it"),
        ((30, 5, 5), "not enough deals", "few on a side"),
        ((12, 12, 5), "not enough deals", "still open"),
    ],
)
def test_every_other_verdict_has_its_reason(shares: tuple[int, int, int], verdict: str, why: str) -> None:
    statuses: tuple[Status, ...] = ("met", "unmet", "unknown")
    rows = [status for status, count in zip(statuses, shares, strict=True) for _ in range(count)]
    deals = [Stood(str(n), n % 2 == 0, None, {NAMES[0]: status}) for n, status in enumerate(rows)]
    gate = report(deals).gates[0]
    assert (gate.verdict, gate.why) == (verdict, why)


def test_too_few_closed_deals_are_refused() -> None:
    deals = [Stood(str(n), n < 9, None, {NAMES[0]: "met"}) for n in range(60)]
    found = report(deals)
    assert (found.refusal, found.gates, found.won) == ("not enough history", (), 9)
    assert report(deals, policy=GatePolicy(min_outcomes=9)).refusal is None


def test_shuffled_outcomes_keep_few_gates_and_the_seed_decides_which() -> None:
    deals = world(3, 150, worth=0.35, telling=3)
    seen: list[tuple[str, int, int]] = []
    found = report(deals, shuffles=20, seed=4, progress=lambda *at: seen.append(at))
    assert found.by_chance is not None
    assert found.by_chance.mean <= 0.5
    assert found == report(deals, shuffles=20, seed=4)
    assert seen[-1] == ("shuffles", 20, 20)


def test_thresholds_out_of_their_range_are_all_refused() -> None:
    with pytest.raises(ArgumentError) as caught:
        GatePolicy(level=0.0, confidence=1.5, min_deals=0)
    assert [fault.code for fault in caught.value.faults] == ["A-VALUE"] * 3


# At the gates


def fact(deal: str, day: int, path: str, value: Any, name: str = "") -> FactSet:
    when = START + timedelta(days=day)
    return FactSet(
        id=f"{name or path}-{day}",
        deal_id=deal,
        path=f"deal.{path}",
        value=value,
        effective_on=when,
        recorded_at=datetime(when.year, when.month, when.day, 9, tzinfo=UTC),
    )


def closing(deal: str, day: int, status: str = "won") -> list[Event]:
    return [
        fact(deal, day, "status", status),
        fact(deal, day, "closed_on", (START + timedelta(day)).isoformat()),
    ]


def stood(*events: Event) -> Stood:
    histories = timelines(events)
    return at_gates(engine(), histories, closed_deals(histories.values())).deals[0]


def test_a_criterion_is_judged_on_the_day_its_gate_was_passed() -> None:
    named = [fact("D1", 9, "account.name", "Lingang"), fact("D1", 9, "account.industry", "ships")]
    claims = [fact("D1", 0, "milestone", "M1"), fact("D1", 10, "milestone", "M2")]
    found = stood(*claims, *named, fact("D1", 30, "need_summary", "robots"), *closing("D1", 200))
    assert found.statuses["M1.E1"] == "unknown"  # at the entry nobody had recorded who it is
    at_exit = engine().assess(timelines([*claims, *named])["D1"].as_of(START + timedelta(10)),
                              as_of=START + timedelta(10))  # fmt: skip
    for one in at_exit.criteria:
        if (one.milestone, one.side) in {("M1", "exit"), ("M2", "entry")}:
            assert found.statuses[one.id] == one.status
        elif one.id != "M1.E1":
            assert (one.milestone, one.side) == ("M1", "entry") or one.id not in found.statuses


def test_a_deal_that_died_in_a_milestone_is_not_compared_at_its_exit() -> None:
    dead = stood(fact("D1", 0, "milestone", "M1"), *closing("D1", 100, "lost"))
    gates = {engine().pack.criteria[name].gate for name in dead.statuses}
    assert gates == {"M1.entry"}


def test_survivors_meet_more_and_that_alone_keeps_no_gate() -> None:
    """Half of the deals die in M1, without a budget; whether the others have one changes nothing."""
    rng = random.Random(8)
    events: list[Event] = []
    for number in range(120):
        deal = f"D{number}"
        events.append(fact(deal, 0, "milestone", "M1"))
        dies, won = rng.random() < 0.5, rng.random() < 0.5
        if not dies:
            events += [fact(deal, 5, "budget_ok", rng.random() < 0.6), fact(deal, 10, "milestone", "M2")]
        else:
            events.append(fact(deal, 5, "budget_ok", False))
        events += closing(deal, 100, "won" if won and not dies else "lost")
    small = kr.compile(kr.load_pack(Path(__file__).parents[1] / "packs" / "small.yaml"))
    histories = timelines(events, model=small.model)
    stood_there = at_gates(small, histories, closed_deals(histories.values())).deals
    found = gate_values(small.pack, stood_there, shuffles=0).gates[0]
    assert (found.id, found.verdict == "keep") == ("S.X1", False)
    assert found.not_past == sum(not one.statuses for one in stood_there) > 40
    last = {name: one.as_of(START + timedelta(70)) or {} for name, one in histories.items()}
    naive = [
        Stood(one.deal_id, one.won, None, {"S.X1": "met" if last[one.deal_id]["budget_ok"] else "unmet"})
        for one in stood_there
    ]
    assert gate_values(small.pack, naive, shuffles=0).gates[0].verdict == "keep"


def test_a_gate_passed_shortly_before_the_outcome_is_left_out() -> None:
    claims = [fact("D1", 0, "milestone", "M1"), fact("D1", 95, "milestone", "M2")]
    found = stood(*claims, *closing("D1", 100))
    assert {engine().pack.criteria[name].gate for name in found.statuses} == {"M1.entry"}


def test_a_leap_passes_every_gate_on_its_way_and_none_before_its_start() -> None:
    claims = [fact("D1", 0, "milestone", "M2"), fact("D1", 10, "milestone", "M4"),
              fact("D1", 20, "milestone", "M3"), fact("D1", 30, "milestone", "M4")]  # fmt: skip
    found = passages(moves_of(timelines(claims)["D1"]), ["M1", "M2", "M3", "M4"])
    days = {gate: (move.day - START).days for gate, move in found.items()}
    assert days == {"M2.entry": 0, "M2.exit": 10, "M3.entry": 10, "M3.exit": 10, "M4.entry": 10}


def test_a_claim_that_was_taken_back_is_no_move_from_then_on() -> None:
    claims = [fact("D1", 0, "milestone", "M1"), fact("D1", 10, "milestone", "M2", "claim")]
    void = Correction(id="V", deal_id="D1", corrects="claim-10",
                      recorded_at=datetime(2026, 2, 1, tzinfo=UTC))  # fmt: skip
    found = moves_of(timelines([*claims, void])["D1"])
    assert [(move.before, move.after) for move in found] == [(None, "M1"), ("M1", "M2"), ("M2", "M1")]
    assert moves_of(timelines([*claims])["D1"], until=START)[-1].after == "M1"


def test_a_fact_got_across_a_red_line_meets_no_criterion() -> None:
    def told(author: str) -> Event:
        return ItemAdded(id="F", deal_id="D1", list="documents", item="T", effective_on=START,
                         fields={"type": "tender_documents", "author": author},
                         recorded_at=datetime(2026, 1, 6, tzinfo=UTC))  # fmt: skip

    claims = [fact("D1", 0, "milestone", "M5"), fact("D1", 10, "milestone", "M6")]
    listed = fact("D1", 5, "shortlist_status", "shortlisted").model_copy(
        update={"evidence": Evidence(level="E3")}
    )
    fair = stood(*claims, listed, told("buyer"), *closing("D1", 100)).statuses
    foul = stood(*claims, listed, told("us"), *closing("D1", 100)).statuses
    assert [name for name in fair if (fair[name], foul[name]) == ("met", "unknown")] == ["M5.X5"]


def test_a_deal_whose_record_fits_no_pack_is_left_out_by_name() -> None:
    claims = [fact("D1", 0, "milestone", "M1"), fact("D1", 0, "size_class", "enormous")]
    histories = timelines([*claims, *closing("D1", 100)])
    found = at_gates(engine(), histories, closed_deals(histories.values()))
    assert found.deals == ()
    assert [(one.deal_id, one.why, one.faults[0].where) for one in found.left_out] == [
        ("D1", "bad record", "size_class")
    ]
