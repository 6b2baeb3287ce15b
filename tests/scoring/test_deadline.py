"""Deadlines of law: from which day, how many days, and what is a fault of the pack."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

import kamrules as kr
from kamrules.agenda import agenda_of
from kamrules.scoring.deadline import DeadlineResult

DAY = date(2026, 6, 30)
HEAD = "kamrules: 1\nid: own\nversion: 1.0.0\ntitle: {en: own, zh: own}\nowner: us\n"
ANSWER = """deadlines:
  answer:
    name: {en: Answer, zh: 答复}
    from: deal.created_on
    after: duration("3d")
    done_when: deal.closed_on <= as_of
    source: {ref: our choice}
"""


def checked(text: str, tmp_path: Path) -> tuple[kr.Pack, tuple[kr.Fault, ...]]:
    path = tmp_path / "pack.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    return kr.check_pack(path)


def judged(text: str, deal: dict[str, Any], tmp_path: Path) -> DeadlineResult:
    (found,) = kr.compile(checked(text, tmp_path)[0]).deadlines(deal, as_of=DAY)
    return found


@pytest.mark.parametrize(
    ("created", "closed", "status", "due"),
    [
        ("2026-06-27", "2026-07-09", "open", "2026-06-30"),
        ("2026-06-26", "2026-07-09", "overdue", "2026-06-29"),
        ("2026-06-26", "2026-06-30", "done", "2026-06-29"),
        ("2026-06-26", None, "unknown", "2026-06-29"),
        (None, "2026-07-09", "unknown", "None"),
        (None, "2026-06-30", "done", "None"),
        ("9999-12-30", "2026-07-09", "unknown", "None"),
    ],
)
def test_it_is_so_many_days_after_its_day(
    created: str | None, closed: str | None, status: str, due: str, tmp_path: Path
) -> None:
    found = judged(ANSWER, {"created_on": created, "closed_on": closed}, tmp_path)
    assert (found.status, str(found.due_on)) == (status, due)
    assert bool(found.missing) == (None in {created, closed} and status == "unknown")


def test_working_days_count_backwards_too(tmp_path: Path) -> None:
    before = ANSWER.replace("after:", "working_days: true\n    before:")
    found = judged(before, {"created_on": "2026-07-07", "closed_on": "2026-07-09"}, tmp_path)  # a Tuesday
    assert (found.status, found.due_on) == ("open", date(2026, 7, 2))


def test_days_of_a_pause_are_added(tmp_path: Path) -> None:
    paused = ANSWER + "    paused: {from: deal.crm_entered_on, until: deal.initiation_approved_on}\n"
    deal = {"created_on": "2026-06-20", "closed_on": "2026-07-09", "crm_entered_on": "2026-06-21"}
    assert judged(paused, deal, tmp_path).missing == ("deal.initiation_approved_on",)
    found = judged(paused, {**deal, "initiation_approved_on": "2026-06-28"}, tmp_path)
    assert (found.status, found.due_on) == ("open", DAY)


def test_every_fault_of_a_deadline_is_told_at_its_place(tmp_path: Path) -> None:
    wrong = """deadlines:
  one:
    name: {en: One, zh: 一}
    from: deal.milestone
    after: duration("12h")
    paused: {from: deal.id, until: deal.created_on}
    done_when: deal.created_on
    applies_when: deal.nothing
    source: {deck: gone}
  two:
    name: {en: Two, zh: 二}
    from: deal.created_on
    after: duration("1d")
    before: duration("1d")
    done_when: deal.closed_on <= as_of
    source: {ref: our choice}
"""
    faults = {(fault.code, fault.span.line if fault.span else 0) for fault in checked(wrong, tmp_path)[1]}
    assert faults == {
        ("P-REF", 14),
        ("E-TYPE", 9),
        ("P-VALUE", 10),
        ("E-TYPE", 11),
        ("E-TYPE", 12),
        ("E-FIELD", 13),
        ("P-FORM", 19),
    }


def test_an_agenda_lists_what_may_still_be_done_and_what_the_buyer_owes() -> None:
    bid = {
        "documents_issued_on": "2026-06-20",
        "deadline_at": "2026-07-12T09:30:00+08:00",
        "result_published_on": "2026-06-20",
        "result_published_until": "2026-06-25",
        "result_objection_on": "2026-06-24",
        "result_objection_answered_on": "2026-07-03",
    }
    engine = kr.compile(kr.load_pack("handbook"))
    deal = {"id": "D1", "status": "lost", "procurement_regime": "mandatory_tender", "bid": bid}
    found = [
        one for one in agenda_of(engine, deal, as_of=DAY, language="zh").entries if one.kind == "deadline"
    ]
    assert [(one.id, one.status, str(one.due)) for one in found] == [
        ("result_answer", "overdue", "2026-06-27"),
        ("documents_objection", "due", "2026-07-02"),
        ("result_complaint", "due", "2026-07-09"),
    ]
    assert (found[1].title, found[1].owner) == ("对招标文件书面提出异议", "project_leader")
