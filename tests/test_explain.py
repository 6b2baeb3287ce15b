"""Explanations: what a person reads, in both languages, safe with hostile text."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

import kamrules as kr

DAY = date(2026, 6, 30)
DEAL: dict[str, Any] = {
    "id": "D-1",
    "name": "Line <script>alert(1)</script> | *bold*",
    "milestone": "M4",
    "est_value": 120000050,
    "account": {"name": "临港船厂", "industry": "", "rank_sales": 30, "rank_profit": 80},
}


@pytest.fixture(scope="module")
def engine() -> kr.Engine:
    return kr.compile(kr.load_pack("handbook"))


def test_text_says_claim_support_blocker_next_action_and_slide(engine: kr.Engine) -> None:
    text = kr.explain(engine, DEAL, as_of=DAY)
    assert "claimed: M4" in text
    assert "contradicted" in text
    assert "M1.E1" in text
    assert 'fails: Account › Industry != ""' in text
    assert "next: " in text
    assert "slide p" in text
    assert "no tier" in text


def test_chinese_names_criteria_and_fields_in_chinese(engine: kr.Engine) -> None:
    text = kr.explain(engine, DEAL, as_of=DAY, language="zh")
    assert "下一步" in text
    assert "行业" in text
    assert "supported" not in text


def test_markdown_escapes_what_users_typed(engine: kr.Engine) -> None:
    text = kr.explain(engine, DEAL, as_of=DAY, format="markdown")
    assert "<script>" not in text
    assert "\\*bold\\*" in text


def test_json_is_the_full_assessment(engine: kr.Engine) -> None:
    data = json.loads(kr.explain(engine, DEAL, as_of=DAY, format="json"))
    assert data["stage"]["claimed"] == "M4"
    assert next(c for c in data["criteria"] if c["id"] == "M1.E1")["facts"]


def test_labels_follow_lists_and_nested_records(engine: kr.Engine) -> None:
    assert engine.label("deal.stakeholders[2].stance") == "Stakeholders 3 › Stance"
    assert engine.label("deal.account.rank_sales", "zh") == "客户 › 销售业绩排名"


@pytest.mark.parametrize("wrong", [{"language": "fr"}, {"format": "pdf"}])
def test_other_languages_and_formats_are_refused(engine: kr.Engine, wrong: dict[str, Any]) -> None:
    with pytest.raises(kr.ArgumentError, match="A-VALUE"):
        kr.explain(engine, DEAL, as_of=DAY, **wrong)
