"""How the public API is used, for the type checker only: nothing here runs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, assert_type

import kamrules as kr
from kamrules.agenda import Entry, agenda_of
from kamrules.report import pictures
from kamrules.scoring.cadence import CadenceResult
from kamrules.scoring.deadline import DeadlineResult
from kamrules.scoring.ledger import Health
from kamrules.timeline import Timeline, read_events, timelines
from kamrules.timeline.dwell import Stay, stall_of
from kamrules.timeline.history import Step, history_of


def load() -> kr.Engine:
    pack = kr.load_pack("handbook", params={"rank_cut": 30}, currency="USD")
    assert_type(pack, kr.Pack)
    checked, faults = kr.check_pack("mine.yaml")
    assert_type(faults, tuple[kr.Fault, ...])
    return kr.compile(checked)


def assess(engine: kr.Engine, deal: dict[str, Any], deals: Iterator[kr.Deal]) -> None:
    one = engine.assess(deal, as_of=date(2026, 6, 30), detail="full")
    assert_type(one, kr.Assessment)
    assert_type(one.stage.supported, str | None)
    assert_type(one.health, Health | None)
    for result in engine.assess_many(deals, as_of=date(2026, 6, 30), bad_values="unknown"):
        assert_type(result, kr.Assessment | kr.Rejection)
    assert_type(engine.to_dict(one, "zh"), dict[str, Any])
    assert_type(kr.explain(engine, deal, as_of=date(2026, 6, 30), language="zh", format="markdown"), str)
    filled = kr.fill_form(engine, "JTF-001", deal, as_of=date(2026, 6, 30))
    assert_type(filled.completeness, float)


def over_time(engine: kr.Engine, path: str, day: date) -> None:
    for deal_id, timeline in timelines(read_events(path), model=engine.model).items():
        assert_type(deal_id, str)
        assert_type(timeline.as_of(day, recorded_by=day), dict[str, Any] | None)
        assert_type(timeline.issues, tuple[kr.Fault, ...])
        assert_type(history_of(engine, timeline, end=day).steps, tuple[Step, ...])


def due(engine: kr.Engine, deal: dict[str, Any], timeline: Timeline, day: date) -> None:
    assert_type(engine.cadences(deal, as_of=day), tuple[CadenceResult, ...])
    assert_type(engine.deadlines(deal, as_of=day), tuple[DeadlineResult, ...])
    assert_type(engine.quiet_period(deal, as_of=day).includes(day), bool | None)
    assert_type(engine.calendar.add_working_days(day, 3), date)
    assert_type(stall_of(engine, timeline, as_of=day).claimed, Stay | None)
    assert_type(agenda_of(engine, deal, as_of=day, language="zh").entries, tuple[Entry, ...])


def draw(engine: kr.Engine, deal: dict[str, Any], won: list[bool], said: list[float]) -> None:
    assessment = engine.assess(deal, as_of=date(2026, 6, 30))
    assert_type(pictures.stakeholder_map(engine, deal, assessment, language="zh"), pictures.Picture)
    assert_type(pictures.calibration(won, said, bins=4).png(scale=2), bytes)
    assert_type(pictures.gate_matrix(engine, [assessment]).svg(), str)
    pictures.ask_next(engine, assessment).save("ask.png")


def fail(error: kr.KamrulesError) -> tuple[kr.Fault, ...]:
    engine = load()
    engine.assess({}, as_of="2026-06-30")  # type: ignore[arg-type]  # a day is a date
    engine.assess({}, as_of=date(2026, 6, 30), detail="all")  # type: ignore[arg-type]  # brief or full
    return error.faults
