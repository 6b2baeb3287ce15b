"""Records: labels in two languages, strict values, money, dates, and one clear fault per bad field."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from kamrules.currency import minor_digits
from kamrules.records import Deal
from kamrules.records.base import parse_amount
from kamrules.rules.lang.types import Money, describe
from kamrules.rules.schema import extend_models, object_of, record_models
from kamrules.validation import faults_of

MODELS = record_models(Deal)
FIELDS = [
    pytest.param(model, name, id=f"{record}.{name}")
    for record, model in MODELS.items()
    for name in model.model_fields
    if name != "evidence"
]


@pytest.mark.parametrize(("model", "name"), FIELDS)
def test_every_field_may_be_missing_and_has_both_titles(model: type[BaseModel], name: str) -> None:
    info = model.model_fields[name]
    extra = info.json_schema_extra
    assert not info.is_required()
    assert info.default is None
    assert info.title
    assert info.description
    assert isinstance(extra, dict)
    assert any("\u4e00" <= char <= "\u9fff" for char in str(extra["title_zh"]))


def test_every_field_has_a_language_type() -> None:
    for model in MODELS.values():
        assert all(describe(member.type) for member in object_of(model).members)


def faults(data: dict[str, Any]) -> list[str]:
    try:
        Deal.model_validate(data)
    except ValidationError as error:
        return [str(fault) for fault in faults_of(error, Deal)]
    return []


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"milestone": "M9"}, "milestone: R-VALUE: `M9` is not one of M1, M2, M3,"),
        ({"acount": {}}, "acount: R-FIELD: no field `acount`; did you mean `account`?"),
        ({"account": {"rank_sales": "12"}}, "account.rank_sales: R-VALUE: `12` given, a valid integer"),
        ({"account": {"rank_sales": 0}}, "account.rank_sales: R-VALUE: `0` given, greater than"),
        ({"account": {"rank_sales": True}}, "account.rank_sales: R-VALUE"),
        ({"stakeholders": [{}, {"influence": float("nan")}]}, "stakeholders[1].influence: R-VALUE: `nan`"),
        ({"stakeholders": [{"roel": "user"}]}, "stakeholders[0].roel: R-FIELD: no field `roel`; did you"),
        ({"created_on": "31/03/2026"}, "created_on: R-VALUE: `31/03/2026` given, a date is expected"),
        ({"created_on": datetime(2026, 1, 1, tzinfo=UTC)}, "created_on: R-VALUE"),
        ({"bid": {"deadline_at": "2026-03-31T09:00:00"}}, "bid.deadline_at: R-VALUE: `2026-03-31T09:00:00`"),
        ({"est_value": 12.5}, "est_value: R-VALUE: `12.5` given, an amount is a whole number of minor units"),
        ({"est_value": "5.00 USD"}, "est_value: R-VALUE: `5.00 USD` given, the amount is in USD"),
        ({"est_value": "5.001"}, "est_value: R-VALUE: `5.001` given, the amount has more decimals"),
        ({"next_step_agreed": "yes"}, "next_step_agreed: R-VALUE: `yes` given, a valid boolean"),
        ({"evidence": {"status": {"level": "E9"}}}, "evidence.status.level: R-VALUE: `E9` is not one of"),
    ],
)  # fmt: skip
def test_a_bad_value_is_named_with_its_place(data: dict[str, Any], expected: str) -> None:
    found = faults(data)
    assert len(found) == 1
    assert found[0].startswith(expected)


def test_all_faults_of_a_record_come_at_once() -> None:
    assert len(faults({"milestone": "M9", "acount": 1, "account": {"rank_sales": "x", "name": 3}})) == 4


def test_times_are_kept_in_utc_and_amounts_in_minor_units() -> None:
    deal = Deal.model_validate(
        {"bid": {"deadline_at": "2026-03-31T09:00:00+08:00"}, "est_value": "1200000.50 CNY"}
    )
    assert deal.bid is not None
    assert deal.bid.deadline_at == datetime(2026, 3, 31, 1, tzinfo=UTC)
    assert deal.est_value == 120000050


def test_a_record_survives_json() -> None:
    deal = Deal.model_validate(
        {
            "id": "D",
            "est_value": 5,
            "created_on": date(2026, 1, 2),
            "stakeholders": [{"influence": 1, "role": "user"}],
        }
    )
    assert Deal.model_validate_json(deal.model_dump_json(exclude_none=True)) == deal


@given(st.integers(-(10**15), 10**15), st.sampled_from(["CNY", "JPY", "KWD"]))
def test_an_amount_in_major_units_reads_back_exactly(minor: int, currency: str) -> None:
    digits = minor_digits(currency)
    sign, size = ("-" if minor < 0 else ""), abs(minor)
    text = f"{sign}{size // 10**digits}"
    if digits:
        text += f".{size % 10**digits:0{digits}d}"
    assert parse_amount(text, currency) == minor
    assert parse_amount(f"{text} {currency}", currency) == minor


@pytest.mark.parametrize("text", ["", "1,000", "ten", "1e9", "--1", "1.2.3", "9" * 400 + ".x"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        parse_amount(text, "CNY")


def test_another_currency_reaches_every_record() -> None:
    model = extend_models(Deal, {}, "USD")
    schema = object_of(model)
    found = {member.type for member in schema.members if isinstance(member.type, Money)}
    assert found == {Money("USD")}
    assert model.model_validate({"plans": [{"budget": "3.00 USD"}]}).plans[0].budget == 300  # type: ignore[attr-defined]  # built at run time
