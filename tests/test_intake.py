"""The border: personal data refused by name and redacted in free text, with the reason."""

from __future__ import annotations

from collections import UserDict
from datetime import date
from typing import Any

import pytest

from kamrules.errors import RecordError
from kamrules.intake import Intake
from kamrules.privacy import PrivacyGuard
from kamrules.records import Deal
from kamrules.rules.packformat import Privacy, Words

RULE = Privacy(
    red_line="RL-15",
    reason=Words(en="not needed for the sale", zh="销售不需要"),
    forbidden_fields={"family": ["spouse", "配偶"], "health": ["blood type"]},
    free_text={"health": ["diabetes", "糖尿病"]},
    text_fields=["deal.stakeholders.background"],
)
INTAKE = Intake(Deal, RULE)


@pytest.mark.parametrize("name", ["spouse", "Spouse", "配偶", "blood_type", "BloodType", "blood-type"])
def test_a_forbidden_field_is_refused_with_the_reason(name: str) -> None:
    with pytest.raises(RecordError) as caught:
        INTAKE.read({"stakeholders": [{"id": "P1", name: "x"}]})
    (fault,) = caught.value.faults
    assert fault.code == "R-PRIVATE"
    assert fault.where == f"stakeholders[0].{name}"
    assert "RL-15" in fault.message
    assert "not needed for the sale" in fault.message


def test_other_faults_come_beside_it() -> None:
    with pytest.raises(RecordError) as caught:
        INTAKE.read({"spouse": "x", "milestone": "M9"})
    assert [fault.code for fault in caught.value.faults] == ["R-PRIVATE", "R-VALUE"]


def test_free_text_is_redacted_and_said_so() -> None:
    deal = {"stakeholders": [{"background": "Chief engineer, has Diabetes; 有糖尿病", "name": "diabetes"}]}
    record, issues = INTAKE.read(deal)
    assert isinstance(record, Deal)
    assert record.stakeholders is not None
    assert record.stakeholders[0].background == "Chief engineer, has [health]; 有[health]"
    assert record.stakeholders[0].name == "diabetes"
    assert [issue.where for issue in issues] == ["stakeholders[0].background"]
    assert deal["stakeholders"][0]["background"].startswith("Chief engineer, has Diabetes")


def test_lenient_reading_drops_forbidden_fields_and_keeps_the_rest() -> None:
    found = INTAKE.read_without_bad_values({"id": "D", "spouse": "x", "created_on": "soon"})
    assert found is not None
    record, issues = found
    assert record == Deal(id="D")
    assert {issue.code for issue in issues} == {"R-PRIVATE", "R-VALUE"}


def test_without_a_rule_nothing_is_private() -> None:
    record, issues = Intake(Deal, None).read({"id": "D", "created_on": date(2026, 1, 1)})
    assert issues == ()
    assert record == Deal(id="D", created_on=date(2026, 1, 1))


def test_a_latin_term_matches_whole_words_only() -> None:
    guard = PrivacyGuard(RULE)
    assert guard.redactions({"background": "diabetesX"}) == []


def looped() -> dict[str, Any]:
    deal: dict[str, Any] = {"id": "loop"}
    deal["account"] = deal
    return deal


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("deal", [looped(), {"stakeholders": nested(50_000)}], ids=["loop", "deep"])
def test_a_record_without_end_is_refused_in_either_mode(deal: dict[str, Any]) -> None:
    with pytest.raises(RecordError, match="R-DEPTH: the record is nested too deeply"):
        INTAKE.read(deal)
    assert INTAKE.read_without_bad_values(deal) is None


def test_half_a_character_is_refused_beside_other_faults_and_left_out_in_lenient_reading() -> None:
    deal = {
        "id": "D1",
        "name": "a\ud800",
        "stakeholders": [{"id": "P1", "title": "\udfff"}],
        "milestone": "\ud800",
    }
    with pytest.raises(RecordError) as caught:
        INTAKE.read(deal)
    assert [fault.where for fault in caught.value.faults] == ["name", "stakeholders[0].title", "milestone"]
    assert str(caught.value).encode("utf-8")
    read = INTAKE.read_without_bad_values(deal)
    assert read is not None
    assert read[0].model_dump(exclude_unset=True) == {"id": "D1", "stakeholders": [{"id": "P1"}]}


def test_a_number_too_long_to_print_is_a_fault_of_the_record() -> None:
    with pytest.raises(RecordError) as caught:
        INTAKE.read({"est_value": 10**5000})
    assert [fault.code for fault in caught.value.faults] == ["R-VALUE"]


def test_any_mapping_is_a_deal() -> None:
    record, _ = INTAKE.read(UserDict(id="D", account=UserDict(name="n")))
    assert record == Deal.model_validate({"id": "D", "account": {"name": "n"}})


@pytest.mark.parametrize("deal", [None, [1], "x"])
def test_what_is_no_record_is_refused_as_it_is(deal: Any) -> None:
    with pytest.raises(RecordError, match="given, a mapping or a record expected"):
        INTAKE.read(deal)
    assert INTAKE.read_without_bad_values(deal) is None
