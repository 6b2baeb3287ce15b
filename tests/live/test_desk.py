"""The desk says of every deal, after any events in any order, what a fold and an assessment of all says."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kamrules as kr
from kamrules.engine import Engine
from kamrules.errors import ArgumentError, RecordError
from kamrules.flatfacts import facts_of
from kamrules.live import slices
from kamrules.live.desk import Desk, Fired
from kamrules.live.verdicts import judge_of
from kamrules.rules.packformat import Ageing
from kamrules.rules.reactors import choose_reactor
from kamrules.rules.verdict import status_of
from kamrules.timeline import Event, Timeline, event_of, read_events, timelines
from kamrules.timeline.events import to_dict
from tests.handbook import handbook
from tests.timeline.drawn import FIRST, events

ENGINE = handbook()
REACTOR = choose_reactor("plain")(ENGINE.reactions)
WELDING = Path(__file__).parents[2] / "examples" / "welding" / "history" / "events.jsonl"


def new_desk(day: date = FIRST, **given: Any) -> Desk:
    return Desk(ENGINE, REACTOR, as_of=day, **given)


def event(name: str, day: str, path: str, value: Any, **more: Any) -> dict[str, Any]:
    shared = {"id": name, "deal_id": "D1", "effective_on": day, "recorded_at": day}
    return {"type": "fact_set", **shared, "path": path, "value": value, **more}


def told(deal_id: str, given: Iterable[Event], day: date) -> dict[str, str]:
    """Return the facts of a deal by a fold of all its events and an assessment of all rules."""
    record = deal_by(deal_id, given, day)
    return facts_of(ENGINE.assess(record, as_of=day, detail="brief"))


def deal_by(deal_id: str, given: Iterable[Event], day: date) -> dict[str, Any]:
    found = list(given)
    timeline = Timeline.of(found, model=ENGINE.model) if found else None
    return (timeline.as_of(day, recorded_by=day) if timeline else None) or {"id": deal_id}


def same(desk: Desk, deal_id: str, given: Iterable[Event]) -> None:
    """Compare a deal rule by rule, and its score to the last bit."""
    record = deal_by(deal_id, given, desk.as_of)
    found = ENGINE.assess(record, as_of=desk.as_of, detail="brief")
    assert desk.facts(deal_id) == facts_of(found)
    assert found.health is not None
    assert desk.verdict(deal_id).health == (found.health.low, found.health.high)
    outcome = ENGINE.run(record, as_of=desk.as_of)
    statuses = ("unmet", "met", "unknown", "not_applicable")
    assert [statuses[code] for code in desk.verdict(deal_id).truths] == list(map(status_of, outcome.truths))


STEPS = st.lists(st.integers(0, 3), min_size=1, max_size=20)


@settings(max_examples=40, deadline=None)
@given(events("D1", 12), events("D2", 6), STEPS, st.randoms(use_true_random=False))
def test_after_every_step_it_is_a_fresh_fold_and_a_whole_assessment(
    one: list[Event], two: list[Event], days: list[int], chance: random.Random
) -> None:
    steps: list[Any] = [*one, *two, *days]
    chance.shuffle(steps)
    kept: dict[str, dict[str, Event]] = {"D1": {}, "D2": {}}
    fired: list[Fired] = []
    desk = new_desk(on_reaction=fired.append, at_hand=1)
    for step in steps:
        before = {name: desk.facts(name) for name in kept}
        fired.clear()
        if isinstance(step, int):
            turned = desk.move_to(desk.as_of + timedelta(days=step))
        else:
            seen_before = kept[step.deal_id].setdefault(step.id, step)
            if seen_before.content == step.content:
                turned = desk.post(step)
            else:
                with pytest.raises(RecordError, match="T-CONFLICT"):
                    desk.post(step)
                turned = []
        for name, seen in kept.items():
            same(desk, name, seen.values())
            now = desk.facts(name)
            mine = [(one.fact, one.before, one.after) for one in turned if one.deal_id == name]
            assert mine == [
                (fact, before[name][fact], now[fact]) for fact in now if before[name][fact] != now[fact]
            ]
            ran = REACTOR.react(before[name], now) if mine else ()
            assert [one.reaction for one in fired if one.deal_id == name] == list(ran)


@pytest.mark.parametrize("is_shuffled", [False, True])
def test_it_follows_a_whole_pipeline(is_shuffled: bool) -> None:
    chance = random.Random(5)
    by_deal = timelines(read_events(WELDING), model=ENGINE.model)
    chosen = chance.sample(sorted(by_deal), 8)
    found = [one for name in chosen for one in by_deal[name].events]
    found.sort(key=lambda one: (one.recorded_at, one.id))
    if is_shuffled:
        chance.shuffle(found)
    desk = new_desk(date(2026, 5, 20), at_hand=3)
    for one in found:
        desk.post(one)
    for day in (date(2026, 5, 20), date(2026, 6, 3), date(2026, 7, 15)):
        desk.move_to(day)
        for name in chosen:
            same(desk, name, by_deal[name].events)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_follows_items_that_come_change_and_go(seed: int) -> None:
    """Items of all lists of the pipeline meet in one deal, with fields of others or without some."""
    chance = random.Random(seed)
    found = read_events(WELDING)
    items = [to_dict(one) for one in found if one.type in {"item_added", "item_changed"}]
    facts = [to_dict(one) for one in found if one.type in {"fact_set", "list_known"}]
    desk = new_desk(date(2026, 7, 15))
    kept = []
    for place in range(140):
        given = chance.choice(items if chance.random() < 0.7 else facts)
        given |= {
            "id": f"E{place}",
            "deal_id": "D1",
            "effective_on": "2026-06-01",
            "recorded_at": "2026-06-02",
        }
        if "item" in given:
            other = chance.choice([one for one in items if one["list"] == given["list"]])
            fields = {**given.get("fields", {}), **other.get("fields", {})}
            some = {name: value for name, value in fields.items() if chance.random() < 0.8 and name != "id"}
            kind = chance.choice(["item_added", "item_changed", "item_changed", "item_removed"])
            given = {name: given[name] for name in ("id", "deal_id", "list", "effective_on", "recorded_at")}
            given |= {"type": kind, "item": chance.choice(["X1", "X2", "X3"])}
            given |= {} if kind == "item_removed" else {"fields": some}
        kept.append(event_of(given))
        desk.post(kept[-1])
        same(desk, "D1", kept)
        assert desk.record("D1").keys() <= deal_by("D1", kept, desk.as_of).keys()


def test_with_too_many_slices_all_that_read_a_list_are_run(monkeypatch: pytest.MonkeyPatch) -> None:
    made = slices.Slices(ENGINE)
    path = ("documents",)
    sieve = made.sieve(path)
    assert sieve is not None
    record = {"id": "D1", "documents": []}
    seen = sieve.seen(record, {"type": "agreed_offer"}, FIRST)
    monkeypatch.setattr(slices, "MOST", 0)
    assert sieve.picked(sieve.unseen, seen) is made.of(path)
    monkeypatch.undo()
    picked, whole = sieve.picked(seen, sieve.unseen), made.of(path)
    assert whole is not None
    assert set(picked.rules) < set(whole.rules)
    assert ENGINE.plan.rules[picked.rules[0]].id == "M8.E1"


def test_a_rule_that_asks_what_others_ask_is_read_off_them() -> None:
    rules = ENGINE.plan.rules
    places = {rule.id: place for place, rule in enumerate(rules)}
    joined = slices.joined_rules(rules)
    assert joined[places["M3.E1"]] == tuple(places[f"M2.X{number}"] for number in range(1, 5))
    assert places["M2.X1"] not in joined
    assert all(rules[other].applies is None for others in joined.values() for other in others)


def test_evidence_of_a_list_is_part_of_the_record() -> None:
    desk = new_desk(date(2026, 6, 30))
    shared = {"deal_id": "D1", "effective_on": "2026-06-01", "recorded_at": "2026-06-01"}
    given = [
        {"type": "list_known", "id": "E1", "list": "stakeholders", **shared},
        event("E2", "2026-06-02", "deal.evidence.stakeholders", {"level": "E3"}),
        event("E3", "2026-06-03", "deal.evidence.stakeholders", {"level": "E2"}),
    ]
    for one in given:
        desk.post(one)
    assert desk.record("D1") == {
        "id": "D1",
        "stakeholders": [],
        "evidence": {"stakeholders": {"level": "E2"}},
    }


def test_what_taints_a_score_does_not_count_in_it() -> None:
    """Deals with a red line that trips are scored without what trips it."""
    by_deal = timelines(read_events(WELDING), model=ENGINE.model)
    day = date(2026, 6, 30)
    desk = new_desk(day)
    tripped = 0
    for name, timeline in by_deal.items():
        found = ENGINE.assess(timeline.as_of(day), as_of=day, detail="brief")
        if found.tripped:
            tripped += 1
            for one in sorted(timeline.events, key=lambda one: (one.recorded_at, one.id)):
                desk.post(one)
            same(desk, name, timeline.events)
    assert tripped


def test_an_event_seen_before_does_nothing() -> None:
    fired: list[Fired] = []
    desk = new_desk(date(2026, 6, 30), on_reaction=fired.append)
    claim = event("E1", "2026-06-01", "deal.milestone", "M5")
    assert ("claim", "none", "not_proven") in [(one.fact, one.before, one.after) for one in desk.post(claim)]
    before, ran = desk.verdict("D1"), len(fired)
    assert desk.post(claim) == []
    assert desk.post({**claim, "recorded_at": "2026-06-01T08:00:00+08:00"}) == []  # the same moment
    assert (desk.verdict("D1"), len(fired)) == (before, ran)


def test_an_id_with_another_content_is_refused() -> None:
    desk = new_desk(date(2026, 6, 30))
    desk.post(event("E1", "2026-06-01", "deal.milestone", "M2"))
    with pytest.raises(RecordError) as caught:
        desk.post(event("E1", "2026-06-01", "deal.milestone", "M3"))
    assert caught.value.faults[0].code == "T-CONFLICT"
    assert desk.record("D1") == {"id": "D1", "milestone": "M2"}


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        (event("E2", "2026-06-02", "deal.milestone", "M9"), "deal.milestone"),
        (event("E2", "2026-06-02", "deal.milestones", "M2"), "deal.milestones"),
        (
            event("E2", "2026-06-02", "deal.stakeholders[P1].influence", "much"),
            "deal.stakeholders[P1].influence",
        ),
        (
            {**event("E2", "2026-06-02", "deal.account.nome", 1), "type": "fact_cleared", "value": None},
            "value",
        ),
        (
            {
                "type": "correction",
                "id": "E2",
                "deal_id": "D1",
                "recorded_at": "2026-06-02",
                "corrects": "E1",
                "replacement": {"type": "fact_set", "path": "deal.est_value", "value": "many"},
            },
            "deal.est_value",
        ),
        ({"type": "item_removed", "id": "E2"}, "deal_id"),
        ({"type": "surprise"}, "type"),
        ("E2", ""),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(wrong: Any, where: str) -> None:
    desk = new_desk(date(2026, 6, 30))
    desk.post(event("E1", "2026-06-01", "deal.milestone", "M2"))
    before = desk.verdict("D1")
    with pytest.raises(RecordError) as caught:
        desk.post(wrong)
    assert where in {fault.where for fault in caught.value.faults}
    assert desk.verdict("D1") == before
    same(desk, "D1", [event_of(event("E1", "2026-06-01", "deal.milestone", "M2"))])


def test_what_the_pack_redacts_never_reaches_the_desk() -> None:
    privacy = ENGINE.pack.privacy
    assert privacy is not None
    path = privacy.text_fields[0].split(".")
    term = next(terms[0] for terms in privacy.free_text.values() if terms)
    value: Any = f"about {term} only"
    for step in reversed(path[2:]):
        value = {step: value}
    shared = {"id": "E1", "deal_id": "D1", "effective_on": "2026-06-01", "recorded_at": "2026-06-01"}
    is_list = isinstance(value, dict) and "list[" in str(ENGINE.model.model_fields[path[1]].annotation)
    given = (
        {"type": "item_added", **shared, "list": path[1], "item": "X1", "fields": value}
        if is_list
        else {"type": "fact_set", **shared, "path": f"deal.{path[1]}", "value": value}
    )
    let_in = new_desk().door.let_in(given)
    assert term not in let_in.content
    assert "[" in let_in.content


def test_time_only_passes() -> None:
    desk = new_desk(date(2026, 6, 30))
    desk.post(event("E1", "2026-06-01", "deal.milestone", "M2"))
    assert desk.move_to(date(2026, 6, 30)) == []
    with pytest.raises(ArgumentError) as caught:
        desk.move_to(date(2026, 6, 29))
    assert caught.value.faults[0].code == "A-DATE"
    assert desk.as_of == date(2026, 6, 30)


def test_what_is_announced_turns_on_its_day() -> None:
    desk = new_desk(date(2026, 6, 1))
    assert desk.post(event("E1", "2026-06-10", "deal.milestone", "M2")) == []
    assert desk.move_to(date(2026, 6, 9)) == []
    turned = {one.fact: one for one in desk.move_to(date(2026, 6, 10))}
    assert (turned["claim"].after, turned["claim"].cause) == ("not_proven", "day:2026-06-10")


def test_a_reactor_that_fails_leaves_the_deal_as_it_was() -> None:
    class Failing:
        def react(self, before: Any, now: Any) -> Any:
            raise RuntimeError

    desk = Desk(ENGINE, Failing(), as_of=date(2026, 7, 15))
    timeline = timelines(read_events(WELDING), model=ENGINE.model)["D-16"]
    kept = []
    failed = 0
    for one in sorted(timeline.events, key=lambda one: (one.recorded_at, one.id)):
        try:
            desk.post(one)
            kept.append(one)
        except RuntimeError:
            failed += 1
    assert failed
    same(desk, "D-16", kept)


def test_a_fact_nobody_reads_turns_nothing() -> None:
    judge = judge_of(ENGINE)
    assert judge.slices.of(("loss_reason_of_nobody",)) is None
    whole, stance = judge.slices.whole, judge.slices.of(("stakeholders", "*", "stance"))
    assert stance is not None
    assert 0 < len(stance.rules) < len(whole.rules) / 4


def test_a_pack_without_score_or_tier_is_judged_too() -> None:
    plain = replace_pack(ENGINE)
    desk = Desk(plain, choose_reactor("plain")(plain.reactions), as_of=date(2026, 6, 30))
    desk.post(event("E1", "2026-06-01", "deal.milestone", "M2"))
    found = plain.assess(desk.record("D1"), as_of=date(2026, 6, 30), detail="brief")
    assert desk.facts("D1") == facts_of(found)
    assert "grade" not in desk.facts("D1")


def test_a_pack_without_milestones_is_judged_too(tmp_path: Path) -> None:
    path = tmp_path / "pack.yaml"
    path.write_text(
        """
kamrules: 1
id: lines
version: 1.0.0
owner: us
title: {en: Lines, zh: 红线}
currency: CNY
red_lines:
  RL-1:
    name: {en: None, zh: 无}
    severity: BLOCK
    trips_when: deal.size_class == 'major'
    lawful_alternative: {en: Less, zh: 少}
    source: {ref: ours}
""",
        encoding="utf-8",
    )
    pack = kr.load_pack(path)
    engine = kr.compile(pack)
    desk = Desk(engine, choose_reactor("plain")(engine.reactions), as_of=date(2026, 6, 30))
    turned = desk.post(event("E1", "2026-06-01", "deal.size_class", "major"))
    assert [(one.fact, one.after) for one in turned] == [("RL-1", "tripped")]
    found = engine.assess(desk.record("D1"), as_of=date(2026, 6, 30), detail="brief")
    assert desk.facts("D1") == facts_of(found)


def test_evidence_ages_as_time_passes() -> None:
    ages = Ageing(facts=["deal.stakeholders"], half_life=10)
    engine = kr.compile(replace(ENGINE.pack, ageing={"people": ages}))
    desk = Desk(engine, choose_reactor("plain")(engine.reactions), as_of=date(2026, 6, 1))
    for one in timelines(read_events(WELDING), model=engine.model)["D-16"].events:
        desk.post(one)
    turned: set[str] = set()
    for day in (date(2026, 6, 5), date(2026, 6, 15), date(2026, 6, 25), date(2026, 7, 15)):
        turned |= {one.fact for one in desk.move_to(day)}
        record = timelines(read_events(WELDING), model=engine.model)["D-16"].as_of(day)
        assert desk.facts("D-16") == facts_of(engine.assess(record, as_of=day, detail="brief"))
    assert turned


def replace_pack(engine: Engine) -> Engine:
    return kr.compile(
        replace(engine.pack, health=None, tier_table=None, scorecards={}, tables={}, reactions={})
    )
