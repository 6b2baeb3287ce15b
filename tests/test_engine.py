"""The engine: one verdict per deal however it comes in, never a crash, never a lost record."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kamrules as kr
from kamrules.assessment import Assessment, Rejection
from kamrules.rules.backends import reference

DAY = date(2026, 6, 30)


DEAL: dict[str, Any] = {
    "id": "D-1",
    "milestone": "M2",
    "account": {"name": "Lingang Shipyard", "industry": "shipbuilding", "rank_sales": 12, "rank_year": 2025},
    "stakeholders": [{"id": "P1", "role": "user", "stance": "mentor", "influence": 0.5}],
}


def test_mapping_record_and_json_text_give_the_same_assessment(engine: kr.Engine) -> None:
    one = engine.assess(DEAL, as_of=DAY)
    assert engine.assess(kr.Deal.model_validate(DEAL), as_of=DAY) == one
    assert engine.assess(json.loads(json.dumps(DEAL)), as_of=DAY) == one


def test_brief_and_full_agree_on_every_status(engine: kr.Engine) -> None:
    full, brief = (engine.assess(DEAL, as_of=DAY, detail=detail) for detail in ("full", "brief"))
    assert [(c.id, c.status) for c in full.criteria] == [(c.id, c.status) for c in brief.criteria]
    assert full.stage == brief.stage
    assert {question.path for question in brief.ask_first} <= {question.path for question in full.ask_first}


def test_points_are_brief_with_the_ledger_and_where_a_red_line_trips_the_map_of_full(
    engine: kr.Engine,
) -> None:
    panel = {"id": "P2", "stance": "mentor", "is_contacted": True, "is_panel_member": True}
    tainted = {
        **DEAL,
        "procurement_regime": "mandatory_tender",
        "stakeholders": [*DEAL["stakeholders"], panel],
    }
    assert engine.assess(tainted, as_of=DAY).tripped
    for deal in (DEAL, tainted, {}):
        brief, points, full = (
            engine.assess(deal, as_of=DAY, detail=detail) for detail in ("brief", "points", "full")
        )
        assert points.health is not None
        assert full.health is not None
        assert points.people == (full.people if full.tripped else None)
        assert points.health.ledger == tuple(
            replace(line, facts=(), missing=()) for line in full.health.ledger
        )
        assert replace(points, people=None, health=brief.health) == brief


def test_every_deal_comes_with_the_record_it_was_read_as(engine: kr.Engine) -> None:
    deals = [DEAL, {"id": "D-2", "milestone": "M99"}, {"id": "D-3"}]
    found = list(engine.read_and_assess(deals, as_of=DAY))
    assert [
        record == engine.read(deals[row]) if record else None for row, (record, _) in enumerate(found)
    ] == [
        True,
        None,
        True,
    ]
    assert [outcome for _, outcome in found] == list(engine.assess_many(deals, as_of=DAY))


def test_every_criterion_has_facts_or_missing_paths(engine: kr.Engine) -> None:
    for result in engine.assess(DEAL, as_of=DAY).criteria:
        assert bool(result.missing) == (result.status == "unknown")
        assert result.facts or result.status != "unmet", "an unmet criterion names the facts that say so"


def test_an_empty_deal_is_unknown_not_unmet(engine: kr.Engine) -> None:
    found = engine.assess({}, as_of=DAY)
    statuses = {result.status for result in found.criteria}
    assert "unmet" not in statuses
    assert found.stage.supported is None
    assert found.stage.claim == "none"
    assert found.tripped == ()


def test_a_bad_record_names_every_field(engine: kr.Engine) -> None:
    with pytest.raises(kr.RecordError) as caught:
        engine.assess({"milestone": "M9", "acount": {}, "stakeholders": [{"influence": 2}]}, as_of=DAY)
    assert {fault.where for fault in caught.value.faults} == {
        "milestone",
        "acount",
        "stakeholders[0].influence",
    }


def test_a_stream_gives_one_result_for_each_record_in_order(engine: kr.Engine) -> None:
    stream: list[Any] = [DEAL, {"id": 7}, None, "text", [1], {"id": "D-2"}, kr.Rejection(99, "X", ())]
    results = list(engine.assess_many(stream, as_of=DAY, start_row=2))
    kinds = [type(result) for result in results]
    assert kinds == [Assessment, Rejection, Rejection, Rejection, Rejection, Assessment, Rejection]
    assert [result.row for result in results if isinstance(result, Rejection)] == [3, 4, 5, 6, 99]
    assert all(result.faults for result in results[1:5] if isinstance(result, Rejection))


def test_bad_values_may_become_unknown_with_an_issue(engine: kr.Engine) -> None:
    bad = {
        "id": "D",
        "account": {"name": "A", "industry": 5},
        "stakeholders": [{"role": "boss"}, "nobody"],
        "x": 1,
    }
    (result,) = engine.assess_many([bad], as_of=DAY, bad_values="unknown")
    assert isinstance(result, Assessment)
    assert {fault.where for fault in result.issues} == {
        "account.industry",
        "stakeholders[0].role",
        "stakeholders[1]",
        "x",
    }
    assert next(c.status for c in result.criteria if c.id == "M1.E1") == "unknown"


@pytest.mark.parametrize("as_of", ["2026-06-30", None, datetime(2026, 6, 30)])  # noqa: DTZ001 - a bad argument
def test_as_of_must_be_a_date(engine: kr.Engine, as_of: Any) -> None:
    with pytest.raises(kr.ArgumentError, match="A-DATE"):
        engine.assess(DEAL, as_of=as_of)


def test_the_assessment_is_json_in_both_languages(engine: kr.Engine) -> None:
    found = engine.assess(DEAL, as_of=DAY)
    en, zh = (json.loads(json.dumps(engine.to_dict(found, language))) for language in ("en", "zh"))
    assert en["schema_version"] == kr.SCHEMA_VERSION
    assert en["pack"]["hash"] == engine.pack.hash
    assert [c["id"] for c in en["criteria"]] == list(engine.pack.criteria)
    assert all(c["slides"] and c["name"] for c in en["criteria"])
    assert all(c["next_action"] for c in en["criteria"] if c["status"] in {"unmet", "unknown"})
    assert [c["name"] for c in en["criteria"]] != [c["name"] for c in zh["criteria"]]


def test_the_json_schema_names_what_an_assessment_has(engine: kr.Engine) -> None:
    schema = kr.json_schema()
    assert set(engine.to_dict(engine.assess(DEAL, as_of=DAY))) == set(schema["properties"])


_FIELDS = {
    "milestone": st.sampled_from(["M1", "M4", "M8"]),
    "status": st.sampled_from(["open", "won", "lost"]),
    "procurement_regime": st.sampled_from(["mandatory_tender", "negotiated"]),
    "buyer_intent": st.booleans(),
    "next_step_on": st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    "est_value": st.integers(0, 10**9),
    "account": st.fixed_dictionaries(
        {},
        optional={
            "industry": st.text(max_size=3),
            "rank_sales": st.integers(1, 100),
            "rank_profit": st.integers(1, 100),
            "potential": st.sampled_from(["high", "normal"]),
            "tier": st.sampled_from("ABCD"),
            "rank_year": st.integers(2023, 2026),
        },
    ),
    "stakeholders": st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "role": st.sampled_from(["decision_maker", "user", "technical_evaluator"]),
                "stance": st.sampled_from(["mentor", "supporter", "mortal_enemy"]),
                "influence": st.floats(0, 1),
                "is_key_player": st.booleans(),
                "evidence": st.fixed_dictionaries(
                    {"stance": st.just({"level": "E3"}), "role": st.just({"level": "E2"})}
                ),
            },
        ),
        max_size=4,
    ),
    "documents": st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "type": st.sampled_from(["JTF-001", "JTF-002", "award_notice", "contract"]),
                "complete": st.booleans(),
                "reviewed_on": st.dates(date(2026, 1, 1), date(2026, 6, 30)),
            },
        ),
        max_size=4,
    ),
}
DEALS = st.fixed_dictionaries({}, optional=_FIELDS)


@settings(max_examples=60)
@given(deal=DEALS)
def test_the_compiled_pack_agrees_with_the_reference(engine: kr.Engine, deal: dict[str, Any]) -> None:
    record = engine.read(deal)
    expected = reference.compile_plan(engine.plan).run(record, DAY)
    assert engine.run(record, as_of=DAY) == expected


@settings(max_examples=60)
@given(deal=DEALS, data=st.data())
def test_filling_a_blank_never_turns_a_verdict_round(
    engine: kr.Engine, deal: dict[str, Any], data: Any
) -> None:
    """Met stays met and unmet stays unmet for criteria that do not look at missingness itself."""
    blanks = [name for name in ("buyer_intent", "next_step_on", "milestone") if name not in deal]
    if not blanks:
        return
    name = data.draw(st.sampled_from(blanks))
    filled = {**deal, name: data.draw(_FIELDS[name])}
    before = {c.id: c.status for c in engine.assess(deal, as_of=DAY, detail="brief").criteria}
    after = {c.id: c.status for c in engine.assess(filled, as_of=DAY, detail="brief").criteria}
    turned = {i for i, s in before.items() if {s, after[i]} == {"met", "unmet"}}
    assert turned == set()


def test_a_red_line_cites_the_law_of_the_day_of_the_act_and_is_no_legal_advice(engine: kr.Engine) -> None:
    def cited(day: str) -> list[str]:
        gift = {"on": day, "kind": "gift", "within_policy": False, "is_cash_like": True}
        found = engine.to_dict(engine.assess({"expenses": [gift]}, as_of=DAY))
        line = next(item for item in found["red_lines"] if item["id"] == "RL-08")
        assert line["status"] == "tripped"
        assert line["act_on"] == day
        assert "legal advice" in line["note"]
        return [base["law"] for base in line["basis"] if "Anti-Unfair" in base["law"]]

    before, after = cited("2025-10-14"), cited("2025-10-15")
    assert len(before) == len(after) == 1
    assert "art. 7" in before[0]
    assert "art. 8" in after[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("est_value", "x", id="text"),
        pytest.param("stakeholders", [1], id="element"),
        pytest.param("milestone", ["M1"], id="list"),
        pytest.param("evidence", "E3", id="evidence"),
    ],
)
def test_a_record_broken_after_it_was_read_is_refused_and_stops_no_stream(
    engine: kr.Engine, name: str, value: Any
) -> None:
    record = engine.read(DEAL)
    setattr(record, name, value)
    with pytest.raises(kr.RecordError, match=name):
        engine.assess(record, as_of=DAY)
    results = list(engine.assess_many([record, DEAL], as_of=DAY, detail="full"))
    assert [type(result) for result in results] == [Rejection, Assessment]
    repaired = list(engine.assess_many([record, DEAL], as_of=DAY, detail="full", bad_values="unknown"))
    assert [type(result) for result in repaired] == [Assessment, Assessment]


def test_records_without_end_or_too_long_to_print_stop_no_stream(engine: kr.Engine) -> None:
    looped: dict[str, Any] = {"id": 10**5000}
    looped["account"] = looped
    for mode in ("reject", "unknown"):
        results = list(engine.assess_many([looped, DEAL], as_of=DAY, bad_values=mode))
        assert [type(result) for result in results] == [Rejection, Assessment]


def test_an_option_that_does_not_exist_is_refused(engine: kr.Engine) -> None:
    with pytest.raises(
        kr.ArgumentError, match="`quick` given for detail, `brief` or `points` or `full` expected"
    ):
        engine.assess(DEAL, as_of=DAY, detail="quick")  # type: ignore[arg-type]  # on purpose
    with pytest.raises(kr.ArgumentError, match="`drop` given for bad_values"):
        list(engine.assess_many([], as_of=DAY, bad_values="drop"))  # type: ignore[arg-type]  # on purpose


@pytest.mark.parametrize(
    "call",
    [
        lambda engine: kr.load_pack(None),  # type: ignore[arg-type]
        lambda engine: kr.load_pack("handbook", params=["x"]),  # type: ignore[arg-type]
        lambda engine: kr.compile("handbook"),  # type: ignore[arg-type]
        lambda engine: list(engine.assess_many(None, as_of=DAY)),
        lambda engine: list(engine.assess_many({"id": "D"}, as_of=DAY)),
        lambda engine: engine.to_dict(engine.assess({}, as_of=DAY), "fr"),
    ],
)
def test_an_argument_of_the_wrong_kind_is_named(engine: kr.Engine, call: Any) -> None:
    with pytest.raises(kr.ArgumentError, match="A-VALUE"):
        call(engine)
