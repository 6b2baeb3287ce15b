"""The quiet period of a tender: from when to when, and whether a day is inside."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import kamrules as kr
from kamrules.scoring.quiet import QuietPeriod
from tests.handbook import handbook

DAY = date(2026, 6, 30)
ISSUED = {"bid": {"documents_issued_on": "2026-05-20"}, "documents": []}
AWARDED = {"bid": {"documents_issued_on": "2026-05-20", "awarded_on": "2026-06-10"}, "documents": []}


@lru_cache
def engine() -> kr.Engine:
    return handbook()


@pytest.mark.parametrize(
    ("deal", "expected"),
    [
        (ISSUED, QuietPeriod("running", date(2026, 5, 20))),
        (AWARDED, QuietPeriod("over", date(2026, 5, 20), date(2026, 6, 10))),
        ({**ISSUED, "procurement_regime": "negotiated"}, QuietPeriod("not_applicable")),
        ({"documents": []}, QuietPeriod("not_begun")),
        ({}, QuietPeriod("unknown", missing=("deal.documents",))),
        (
            {"documents": [{"type": "tender_documents"}]},
            QuietPeriod("running", missing=("deal.bid.documents_issued_on",)),
        ),
        (
            {"bid": {"documents_issued_on": "2026-05-20", "awarded_on": "2026-06-30"}},
            QuietPeriod("running", date(2026, 5, 20), DAY),
        ),
    ],
)
def test_the_period_runs_from_the_issue_to_the_award(deal: dict[str, Any], expected: QuietPeriod) -> None:
    assert engine().quiet_period(deal, as_of=DAY) == expected


@pytest.mark.parametrize(
    ("deal", "day", "is_inside"),
    [
        (ISSUED, "2026-05-19", False),
        (ISSUED, "2026-05-20", True),
        (ISSUED, "2026-12-31", True),
        (AWARDED, "2026-06-10", True),
        (AWARDED, "2026-06-11", False),
        ({"documents": [{"type": "public_notice"}]}, "2026-06-01", None),
        ({}, "2026-06-01", None),
        ({"documents": []}, "2026-06-01", False),
    ],
)
def test_a_day_is_inside_both_ends_included(deal: dict[str, Any], day: str, is_inside: bool | None) -> None:
    assert engine().quiet_period(deal, as_of=DAY).includes(date.fromisoformat(day)) is is_inside


DAYS = st.one_of(st.none(), st.dates(date(2026, 5, 1), date(2026, 7, 31)))


@given(issued=DAYS, awarded=DAYS, on=st.dates(date(2026, 5, 1), DAY))
def test_a_private_word_with_an_evaluator_inside_it_trips_the_red_line(
    issued: date | None, awarded: date | None, on: date
) -> None:
    """The period shown and the red line agree on which days are quiet."""
    deal = {
        "bid": {"documents_issued_on": issued, "awarded_on": awarded},
        "documents": [],
        "procurement_regime": "mandatory_tender",
        "stakeholders": [],
        "activities": [{"type": "visit", "on": on, "channel": "private", "with_panel_member": True}],
    }
    is_inside = engine().quiet_period(deal, as_of=DAY).includes(on)
    lines = engine().assess(deal, as_of=DAY, detail="brief").tripped
    if is_inside:
        assert "RL-06" in lines


@pytest.mark.parametrize(
    ("language", "title", "text"),
    [("en", "Quiet period", "since 2026-05-20: official channel only"), ("zh", "静默期", "自2026-05-20起")],
)
def test_it_is_told_in_both_languages_while_it_runs(language: Any, title: str, text: str) -> None:
    told = kr.explain(engine(), ISSUED, as_of=DAY, language=language)
    assert title in told
    assert text in told
    assert title not in kr.explain(engine(), AWARDED, as_of=DAY, language=language)


def test_a_pack_without_one_has_none(tmp_path: Any) -> None:
    path = tmp_path / "pack.yaml"
    path.write_text("kamrules: 1\nid: own\nversion: 1.0.0\ntitle: {en: own, zh: own}\nowner: us\n", "utf-8")
    own = kr.compile(kr.load_pack(path))
    assert own.quiet_period(ISSUED, as_of=DAY) == QuietPeriod("not_applicable")
