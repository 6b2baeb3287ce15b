"""How the public API is used, for the type checker only: nothing here runs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, assert_type

import kamrules as kr
from kamrules.scoring.ledger import Health


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


def fail(error: kr.KamrulesError) -> tuple[kr.Fault, ...]:
    engine = load()
    engine.assess({}, as_of="2026-06-30")  # type: ignore[arg-type]  # a day is a date
    engine.assess({}, as_of=date(2026, 6, 30), detail="all")  # type: ignore[arg-type]  # brief or full
    return error.faults
