"""Cadences: last done, next due, overdue; and that a fact filled in never turns one into another."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import kamrules as kr
from kamrules.handbook import browse
from kamrules.scoring.cadence import CadenceResult
from tests.handbook import handbook

DAY = date(2026, 6, 30)
HEAD = "kamrules: 1\nid: own\nversion: 1.0.0\ntitle: {en: own, zh: own}\nowner: us\n"
CALL = """cadences:
  call:
    name: {en: Call, zh: 电话}
    done:
      - {of: deal.activities, as: a, when: a.type == "call", on: a.on}
    every: duration("3d")
    source: {ref: our choice}
"""


def engine_of(text: str, tmp_path: Path) -> kr.Engine:
    path = tmp_path / "pack.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    return kr.compile(kr.load_pack(path))


def judged(engine: kr.Engine, deal: dict[str, Any], name: str = "call", day: date = DAY) -> CadenceResult:
    return next(one for one in engine.cadences(deal, as_of=day) if one.id == name)


@pytest.mark.parametrize(
    ("on", "status", "due", "overdue"),
    [
        ("2026-06-28", "ok", "2026-07-01", None),
        ("2026-06-27", "due", "2026-06-30", None),
        ("2026-06-26", "overdue", "2026-06-29", 1),
        ("2026-06-01", "overdue", "2026-06-04", 26),
    ],
)
def test_it_is_due_so_long_after_it_was_done(
    on: str, status: str, due: str, overdue: int | None, tmp_path: Path
) -> None:
    engine = engine_of(CALL, tmp_path)
    found = judged(
        engine, {"activities": [{"type": "call", "on": on}, {"type": "visit", "on": "2026-06-30"}]}
    )
    assert (found.status, str(found.last_done), str(found.next_due)) == (status, on, due)
    assert found.overdue_days == overdue
    assert {"deal.activities[0].type", "deal.activities[0].on"} == {fact.path for fact in found.facts}


def test_working_days_leave_out_the_weekend_and_the_pack_s_own_days(tmp_path: Path) -> None:
    own = "calendar: {holidays: [2026-06-26], workdays: [2026-06-27]}\n"
    engine = engine_of(own + CALL + "    working_days: true\n", tmp_path)
    done = {"activities": [{"type": "call", "on": "2026-06-24"}]}  # a Wednesday; Thursday, Saturday, Monday
    found = judged(engine, done)
    assert (found.next_due, found.status, found.overdue_days) == (date(2026, 6, 29), "overdue", 1)


def test_working_days_of_a_country_know_its_holidays(tmp_path: Path) -> None:
    engine = engine_of("calendar: {country: CN}\n" + CALL + "    working_days: true\n", tmp_path)
    found = judged(engine, {"activities": [{"type": "call", "on": "2026-02-13"}]}, day=date(2026, 2, 13))
    # Saturday the 14th is worked for the Spring Festival, which ends on the 23rd.
    assert found.next_due == date(2026, 2, 25)


def test_it_counts_from_its_start_while_not_done_since(tmp_path: Path) -> None:
    engine = engine_of(CALL + "    starts: deal.created_on\n", tmp_path)
    found = judged(engine, {"created_on": "2026-06-29", "activities": []})
    assert (found.status, found.last_done, found.next_due) == ("ok", None, date(2026, 7, 2))
    old = {"type": "call", "on": "2026-01-05"}
    found = judged(engine, {"created_on": "2026-06-29", "activities": [old]})
    assert (found.status, found.last_done, found.next_due) == ("ok", date(2026, 1, 5), date(2026, 7, 2))


@pytest.mark.parametrize(
    ("deal", "status", "missing"),
    [
        ({}, "unknown", ("deal.activities",)),
        ({"activities": []}, "overdue", ()),
        ({"activities": [{"on": "2026-06-29"}]}, "unknown", ("deal.activities[0].type",)),
        ({"activities": [{"on": "2026-06-20"}]}, "overdue", ("deal.activities[0].type",)),
        ({"activities": [{"type": "call"}]}, "unknown", ("deal.activities[0].on",)),
        ({"activities": [{"type": "call", "on": "2026-07-01"}]}, "overdue", ()),
        (
            {"activities": [{"type": "call"}, {"type": "call", "on": "2026-06-30"}]},
            "ok",
            ("deal.activities[0].on",),
        ),
    ],
)
def test_unknown_stays_unknown(
    deal: dict[str, Any], status: str, missing: tuple[str, ...], tmp_path: Path
) -> None:
    found = judged(engine_of(CALL, tmp_path), deal)
    assert (found.status, found.missing) == (status, missing)


TYPES = st.sampled_from(["call", "visit", None])
DAYS = st.one_of(st.none(), st.dates(DAY - timedelta(days=6), DAY + timedelta(days=2)))
ACTS = st.lists(st.fixed_dictionaries({"type": TYPES, "on": DAYS}), max_size=4)


@given(data=st.data(), acts=st.one_of(st.none(), ACTS), created=DAYS)
def test_a_fact_filled_in_never_turns_one_status_into_another(
    data: st.DataObject, acts: list[dict[str, Any]] | None, created: date | None
) -> None:
    engine = started()
    before = judged(engine, {"activities": acts, "created_on": created})
    if acts is None:
        acts = data.draw(ACTS)
    filled = [
        {
            "type": act["type"] or data.draw(TYPES.filter(bool)),
            "on": act["on"] or data.draw(DAYS.filter(bool)),
        }
        for act in acts
    ]
    after = judged(engine, {"activities": filled, "created_on": created or data.draw(DAYS.filter(bool))})
    assert after.status != "unknown"
    assert not after.missing
    if before.status != "unknown":
        assert after.status == before.status
    if before.next_due is not None and after.next_due is not None:
        assert after.next_due >= before.next_due


@lru_cache
def started() -> kr.Engine:
    with TemporaryDirectory() as folder:
        return engine_of(CALL + "    starts: deal.created_on\n", Path(folder))


MEETINGS = st.lists(
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(["project_analysis", "weekly_sales", None]),
            "topic": st.sampled_from(["initiation", "progress", None]),
            "chair_role": st.sampled_from(["regional_kam", "project_leader", None]),
            "on": st.one_of(st.none(), st.dates(DAY - timedelta(days=40), DAY + timedelta(days=2))),
        }
    ),
    max_size=3,
)


@given(
    st.fixed_dictionaries(
        {
            "status": st.sampled_from(["open", "won", None]),
            "milestone": st.sampled_from(["M3", "M4", "M5", None]),
            "initiation_status": st.sampled_from(["submitted", "approved", None]),
            "initiation_submitted_on": st.one_of(st.none(), st.dates(DAY - timedelta(days=20), DAY)),
            "meetings": st.one_of(st.none(), MEETINGS),
            "activities": st.sampled_from([None, []]),
            "account": st.fixed_dictionaries(
                {
                    "rank_sales": st.sampled_from([10, 80]),
                    "rank_profit": st.just(80),
                    "last_key_info_update": st.one_of(st.none(), st.dates(DAY - timedelta(days=99), DAY)),
                }
            ),
        }
    )
)
def test_an_overdue_cadence_of_the_handbook_breaches_the_rule_it_names(deal: dict[str, Any]) -> None:
    engine = handbook()
    findings = {one.id: one.status for one in engine.assess(deal, as_of=DAY, detail="brief").findings}
    for found in engine.cadences(deal, as_of=DAY):
        rule = engine.pack.cadences[found.id].rule
        if found.status == "overdue" and rule != "TI.5":
            assert findings[rule or ""] == "breach"
        if found.status in {"ok", "due"}:
            assert findings[rule or ""] != "breach"


@pytest.mark.parametrize(
    ("before", "after", "place", "says"),
    [
        ('duration("3d")', 'duration("3h")', "11:12", "whole days"),
        ('duration("3d")', "param.intervall", "11:18", "param"),
        ("of: deal.activities", "of: deal.activitys", "10:19", "activities"),
        ("of: deal.activities", "of: deal.name", "10:10", "a list of the record is expected"),
        ("on: a.on", "on: a.type", "10:66", "date"),
        ("as: a, ", "", "10:9", "`as` is missing"),
        ("of: deal.activities, as: a", "as: a", "10:9", "the elements of a list"),
        ("    source:", "    rule: M1.X9\n    source:", "12:11", "no work rule `M1.X9`"),
        ("cadences:", "calendar: {time_zone: Asia/Shangai}\ncadences:", "6:23", "Asia/Shanghai"),
        ("cadences:", "calendar: {country: China}\ncadences:", "6:21", "country"),
        (
            "cadences:",
            "calendar: {holidays: [2026-01-01], workdays: [2026-01-01]}\ncadences:",
            "6:47",
            "holiday",
        ),
    ],
)
def test_a_fault_has_its_place_and_the_nearest_name(
    before: str, after: str, place: str, says: str, tmp_path: Path
) -> None:
    with pytest.raises(kr.PackError) as caught:
        engine_of(CALL.replace(before, after), tmp_path)
    (fault,) = caught.value.faults
    assert says in str(fault)
    assert f"{fault.span}".endswith(f"pack.yaml:{place}")


def test_a_country_nobody_knows_is_told_at_its_place_when_it_is_needed(tmp_path: Path) -> None:
    engine = engine_of("calendar: {country: ZZ}\n" + CALL + "    working_days: true\n", tmp_path)
    with pytest.raises(kr.PackError, match=r"pack.yaml:6:21: P-VALUE: no holidays of a country"):
        engine.cadences({"activities": []}, as_of=DAY)


def test_a_cadence_can_be_browsed() -> None:
    (entry,) = browse(handbook().pack, "analysis_meeting", "zh")
    assert entry.name == "项目分析会"
    assert ("rule", "M4.R2.2a") in entry.lines
