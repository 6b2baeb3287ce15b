"""Explanations: what a person reads, in both languages, safe with hostile text."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import kamrules as kr
from kamrules.explanation import _Writer

REPO = Path(__file__).resolve().parents[1]
DAY = date(2026, 6, 30)
DEAL: dict[str, Any] = {
    "id": "D-1",
    "name": "Line <script>alert(1)</script> | *bold*",
    "milestone": "M4",
    "est_value": 120000050,
    "account": {"name": "临港船厂", "industry": "", "rank_sales": 30, "rank_profit": 80},
}


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


def test_a_fact_shows_the_day_and_age_of_its_evidence(engine: kr.Engine) -> None:
    """Two records alike but for the day of the evidence must not share a remembered trace."""
    for day, age in (("2026-05-31", 30), ("2026-06-29", 1)):
        evidence = {"need_summary": {"level": "E2", "at": day}}
        deal = {"id": "D", "milestone": "M2", "need_summary": "", "evidence": evidence}
        found = engine.assess(deal, as_of=DAY)
        facts = {fact.path: fact for result in found.criteria for fact in result.facts}
        fact = facts["deal.need_summary"]
        assert (fact.evidence, fact.known_on, fact.age_days) == ("E2", day, age)


@pytest.mark.parametrize(("language", "age"), [("en", "[E3, 2026-05-19, 42 d old]"), ("zh", "42天前]")])
def test_the_age_is_written_in_both_languages(engine: kr.Engine, language: Any, age: str) -> None:
    person = {
        "role": "decision_maker",
        "restated_criteria": False,
        "evidence": {"restated_criteria": {"level": "E3", "at": "2026-05-19"}},
    }
    writer_input = {**DEAL, "account": {"industry": "welding"}, "stakeholders": [person]}
    found = engine.assess(writer_input, as_of=DAY)
    fact = next(
        fact for result in found.criteria for fact in result.facts if fact.path.endswith("restated_criteria")
    )
    assert age in _Writer(engine, found, language).fact(fact)


def test_the_same_deal_gives_the_same_bytes_in_every_process() -> None:
    """No order of a set or a hash shows in what is written."""
    start = "from kamrules.cli import main; main()"
    command = [sys.executable, "-c", start, "explain", "examples/welding", "--deal", "D-32"]
    command += ["--as-of", "2026-06-30", "--format", "json"]
    outputs = {
        subprocess.run(
            command, cwd=REPO, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(outputs) == 1
    assert json.loads(outputs.pop())["deal_id"] == "D-32"


@pytest.mark.parametrize(
    ("language", "owner"), [("en", "owner: Project leader"), ("zh", "负责人: 项目负责人")]
)
def test_a_finding_names_the_desk_of_its_owner(engine: kr.Engine, language: Any, owner: str) -> None:
    deal = {"id": "D", "milestone": "M8", "status": "lost", "closed_on": "2026-01-05", "documents": []}
    assert owner in kr.explain(engine, deal, as_of=DAY, language=language)
