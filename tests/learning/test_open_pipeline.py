"""Which deals of a history are open, and what their chances come from."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, cast

import pytest

import kamrules as kr
from kamrules.timeline import FactSet, Timeline

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

# These need the extra.
from kamrules.learning.matrix import prior_of
from kamrules.learning.model import Model, Settings
from kamrules.learning.open_pipeline import open_pipeline
from kamrules.scoring.estimators.win_probability import Estimate, Forecast

DAY = date(2026, 6, 30)


@lru_cache
def engine() -> kr.Engine:
    return kr.compile(kr.load_pack("handbook"))


def deal(name: str, **facts: Any) -> Timeline:
    given = {"milestone": "M2", "account.industry": "ships", **facts}
    return Timeline.of(
        FactSet(id=path, deal_id=name, path=f"deal.{path}", value=value, effective_on=date(2026, 1, 5),
                recorded_at=datetime(2026, 1, 5, tzinfo=UTC))
        for path, value in given.items()
    )  # fmt: skip


def histories(*deals: Timeline) -> dict[str, Timeline]:
    return {one.deal_id: one for one in deals}


def test_only_open_deals_are_in_it_and_every_other_is_accounted_for() -> None:
    found = open_pipeline(
        engine(),
        histories(
            deal("A", est_value=500, expected_order_on="2026-09-01"),
            deal("B", status="open"),
            deal("C", status="won", closed_on="2026-02-01"),
            deal("D", status="shelved"),
            deal("E", est_value=-5),
        ),
        as_of=DAY,
    )
    assert [(one.deal_id, one.amount_low, one.expected_on) for one in found.deals] == [
        ("A", 500, date(2026, 9, 1)),
        ("B", None, None),
    ]
    assert {one.segment for one in found.deals} == {"ships"}
    assert found.shelved == 1
    assert [(one.deal_id, one.why) for one in found.left_out] == [("E", "bad record")]


def test_without_a_model_every_chance_is_the_packs_belief() -> None:
    found = open_pipeline(engine(), histories(deal("A")), as_of=DAY).deals[0].chance
    assert found is not None
    assert found.is_prior
    assert 0 < found.low < found.probability < found.high < 1


def test_with_a_model_a_chance_is_its_estimate_and_a_refusal_its_prior() -> None:
    seen: list[int] = []

    def forecast(rows: list[list[float]]) -> list[Forecast]:
        seen.extend(len(row) for row in rows)
        prior = Estimate(0.5, 0.1, 0.9, 0)
        return [Forecast(Estimate(0.3, 0.2, 0.4, 99), prior), Forecast(None, prior, "unlike any deal seen")]

    columns = prior_of(engine(), odds=9.0).columns[:2]
    win = SimpleNamespace(forecast=forecast)
    model = cast("Model", SimpleNamespace(settings=Settings(), columns=columns, win=win))
    found = open_pipeline(engine(), histories(deal("A"), deal("B")), as_of=DAY, model=model)
    chances = [one.chance for one in found.deals]
    assert [(one.probability, one.is_prior) for one in chances if one is not None] == [
        (0.3, False),
        (0.5, True),
    ]
    assert seen == [2, 2]


def test_a_fact_that_is_no_text_groups_nobody() -> None:
    found = open_pipeline(
        engine(), histories(deal("A", buyer_intent=True)), as_of=DAY, segment="deal.buyer_intent"
    )
    assert found.deals[0].segment is None


def test_an_empty_history_has_no_deals() -> None:
    assert open_pipeline(engine(), {}, as_of=DAY).deals == ()
