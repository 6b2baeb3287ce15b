"""Forms filled from a deal, and the pack browsed by topic or id."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

import kamrules as kr
from kamrules.handbook import TOPICS, browse

DAY = date(2026, 6, 30)


@pytest.fixture(scope="module")
def forms(engine: kr.Engine) -> list[str]:
    return list(engine.pack.forms)


def test_the_five_forms_and_the_closing_report_are_there(forms: list[str]) -> None:
    assert {"JTF-001", "JTF-002", "JTF-003", "JTF-004", "JTF-005"} < set(forms)
    assert any("closing" in name for name in forms)


def test_an_empty_deal_leaves_every_form_blank(engine: kr.Engine, forms: list[str]) -> None:
    for name in forms:
        filled = kr.fill_form(engine, name, {}, as_of=DAY)
        assert filled.completeness == 0
        assert filled.blank
        assert all(field.title for field in filled.fields)


def test_a_filled_field_counts_and_is_printed(engine: kr.Engine) -> None:
    deal: dict[str, Any] = {"id": "D", "lead": {"source": "fair | <b>"}, "account": {"name": "Yard"}}
    empty = kr.fill_form(engine, "JTF-001", {}, as_of=DAY)
    filled = kr.fill_form(engine, "JTF-001", deal, as_of=DAY)
    assert len(filled.blank) < len(empty.blank)
    assert 0 < filled.completeness < 1
    page = kr.form_markdown(engine, filled)
    assert "fair \\| \\<b\\>" in page
    assert "JTF-001" in page
    assert "to be filled in" in page


def test_a_field_may_be_a_value_of_chosen_list_elements(engine: kr.Engine) -> None:
    plans = [
        {"stage": "M5", "tactics": "show the trial weld"},
        {"stage": "M6", "tactics": "price"},
        {"tactics": "?"},
    ]
    filled = kr.fill_form(engine, "JTF-004", {"plans": plans}, as_of=DAY)
    texts = {field.key: field.texts for field in filled.fields}
    assert texts["tactics"] == ("show the trial weld",)
    assert texts["budget"] == ()


def test_a_form_is_printed_in_chinese(engine: kr.Engine) -> None:
    filled = kr.fill_form(engine, "JTF-002", {"id": "D"}, as_of=DAY, language="zh")
    assert "待填写" in kr.form_markdown(engine, filled, "zh")


def test_an_unknown_form_names_the_nearest(engine: kr.Engine) -> None:
    with pytest.raises(kr.ArgumentError, match="did you mean `JTF-001`"):
        kr.fill_form(engine, "JTF001", {}, as_of=DAY)


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_has_named_entries_in_both_languages(engine: kr.Engine, topic: str) -> None:
    en, zh = (browse(engine.pack, topic, language) for language in ("en", "zh"))
    assert en
    assert all(entry.name for entry in en)
    assert [entry.id for entry in en] == [entry.id for entry in zh]


def test_a_handbook_row_finds_the_rule_that_covers_it(engine: kr.Engine) -> None:
    assert "M4.X4" in {entry.id for entry in browse(engine.pack, "M4.T4")}
    assert {entry.topic for entry in browse(engine.pack, "RL-04")} >= {"red-lines"}


def test_an_unknown_id_names_the_nearest(engine: kr.Engine) -> None:
    with pytest.raises(kr.ArgumentError, match="did you mean"):
        browse(engine.pack, "RL-99")
