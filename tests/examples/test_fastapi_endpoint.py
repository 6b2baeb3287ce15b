"""The endpoint answers with the assessment itself, and with every bad field of a record."""

from __future__ import annotations

from typing import Any

import pytest

from tests.examples.loading import DAY, names

pytest.importorskip("fastapi", reason="the FastAPI example needs fastapi")
pytest.importorskip("httpx2", reason="FastAPI's test client needs httpx2")
from fastapi.testclient import TestClient

APP = names("fastapi_endpoint/app.py")


@pytest.fixture(scope="module")
def client() -> Any:
    return TestClient(APP["app"])


def test_a_deal_is_answered_with_the_assessment_that_the_engine_makes(client: Any) -> None:
    deal = {"id": "D1", "account": {"name": "Lingang", "industry": "shipbuilding"}, "milestone": "M2"}
    answer = client.post("/assessments", params={"as_of": str(DAY)}, json=deal)
    found = APP["ENGINE"].assess(deal, as_of=DAY)
    assert answer.status_code == 200
    assert answer.json()["stage"]["supported"] == found.stage.supported == "M1"
    assert len(answer.json()["criteria"]) == len(found.criteria)


def test_every_bad_field_is_named_in_one_answer(client: Any) -> None:
    deal = {"milestone": "M9", "account": {"rank_sales": "first", "nmae": "Lingang"}}
    answer = client.post("/assessments", params={"as_of": str(DAY)}, json=deal)
    assert answer.status_code == 422
    places = {tuple(fault["loc"]) for fault in answer.json()["detail"]}
    assert places == {
        ("body", "milestone"),
        ("body", "account", "rank_sales"),
        ("body", "account", "nmae"),
    }


def test_the_schema_names_the_parts_of_an_assessment(client: Any) -> None:
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    assert {"stage", "criteria", "red_lines", "ask_first"} <= schemas["Assessment"]["properties"].keys()
