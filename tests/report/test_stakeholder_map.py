"""The stakeholder map: everybody is on it, what is unknown is seen, what must not count is not drawn."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest

import kamrules as kr
from kamrules.report import pictures
from kamrules.report.picture import Picture
from kamrules.wording import Language

from .conftest import DAY, Deal, crowd

Assess = Callable[[Deal], kr.Assessment]
TITLES = re.compile(r"<title>[^<]*</title>")


@pytest.fixture
def draw(engine: kr.Engine, assess: Assess) -> Callable[..., Picture]:
    def drawn(people: list[Deal] | None, language: Language = "en") -> Picture:
        deal = {"id": "D1", "stakeholders": people}
        return pictures.stakeholder_map(engine, deal, assess(deal), language=language)

    return drawn


Draw = Callable[..., Picture]


def texts(picture: Picture) -> list[str]:
    """Return what a person reads: whole texts, where some are cut."""
    root = ET.fromstring(picture.svg())
    found = []
    for node in root.iter("{http://www.w3.org/2000/svg}text"):
        tip = node.find("{http://www.w3.org/2000/svg}title")
        found.append((tip.text if tip is not None else node.text) or "")
    return found


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("count", [1, 3, 12, 40])
def test_everybody_is_on_the_map(draw: Draw, count: int, language: Language) -> None:
    shown = texts(draw(crowd(count), language))
    for row in range(count):
        assert f"Person number {row}" in shown


@pytest.mark.parametrize(("language", "words"), [("en", "mortal enemy"), ("zh", "死敌")])
def test_stances_stand_in_words_beside_their_shapes(draw: Draw, language: Language, words: str) -> None:
    shown = texts(draw([{"id": "P1", "stance": "mortal_enemy"}], language))
    assert [text.lower() for text in shown].count(words) == 2  # on the card and in the legend


def test_what_nobody_knows_is_said_and_dashed(draw: Draw) -> None:
    picture = draw([{"id": "P1"}])
    shown = " ".join(texts(picture))
    for words in ("job title unknown", "role unknown", "unknown", "faction ?", "reports to ?"):
        assert words in shown
    assert "coach? · decides? · met?" in shown
    assert "1 stance unknown" in picture.alt
    assert picture.body.count('class="u"') > draw([{"id": "P1", "stance": "mentor"}]).body.count('class="u"')


def test_a_known_no_is_not_an_unknown(draw: Draw) -> None:
    known = {"id": "P1", "is_coach": False, "has_decision_power": False, "is_contacted": False}
    shown = texts(draw([known]))
    assert "not met" in shown
    assert not [text for text in shown if "coach?" in text or "decides" in text]


@pytest.mark.parametrize(("people", "words"), [(None, "nobody is known"), ([], "is empty")])
def test_no_list_is_told_from_an_empty_list(draw: Draw, people: list[Deal] | None, words: str) -> None:
    picture = draw(people)
    assert words in picture.alt
    assert words in " ".join(texts(picture))
    assert any("0 people" in text for text in texts(picture)) == (people is not None)


def test_influence_lines_are_told_in_words_also_where_they_lead_nowhere(draw: Draw) -> None:
    lines = [{"on": "P2", "kind": "influence", "strength": 0.6}, {"on": "P9"}, {"kind": "conflict"}]
    shown = texts(draw([{"id": "P1", "name": "Fei", "influences": lines}, {"id": "P2", "influences": []}]))
    assert "Fei influences P2 (0.6)" in shown
    assert "Fei unknown line to P9 (?)" in shown
    assert "Fei is in conflict with somebody unknown (?)" in shown


def test_a_coach_shows_how_many_tests_are_passed(draw: Draw) -> None:
    coach = {"id": "P1", "is_coach": True, "coach_is_credible": True, "coach_confirmed": True}
    assert any("coach 2/4" in text for text in texts(draw([coach])))


def test_a_known_panel_member_has_no_stance_and_no_lines(draw: Draw) -> None:
    member = {"id": "P1", "name": "Fei", "is_panel_member": True, "stance": "mentor", "influence": 0.9}
    member |= {"influences": [{"on": "P2", "kind": "influence"}], "group": "Works"}
    picture = draw([member, {"id": "P2", "influences": []}])
    shown = texts(picture)
    assert "Fei" in shown
    assert "not counted: red line" in shown
    assert shown.count("Mentor") == 1  # in the legend
    assert "Works" not in shown
    assert not [text for text in shown if text.startswith("Fei ")]
    assert "Mentor" not in picture.alt


def test_a_brief_assessment_draws_the_same_map(engine: kr.Engine, assess: Assess) -> None:
    # Confidential information from a panel member trips a red line, which leaves that person out.
    person = {"id": "P1", "name": "Fei", "is_panel_member": True, "stance": "mentor", "is_contacted": True}
    for people in (crowd(5), [person, *crowd(3)]):
        deal = {"id": "D1", "stakeholders": people}
        brief = engine.assess(deal, as_of=DAY, detail="brief")
        assert pictures.stakeholder_map(engine, deal, brief) == pictures.stakeholder_map(
            engine, deal, assess(deal)
        )


def test_private_traits_are_not_drawn(draw: Draw) -> None:
    person = {"id": "P1", "personality": "D", "background": "studied welding", "influences": []}
    shown = texts(draw([person]))
    assert "studied welding" not in " ".join(shown)
    assert "D" not in shown


def test_a_long_name_is_cut_and_kept_whole_in_a_tooltip(draw: Draw) -> None:
    name = "Maximilian von Hohenstein-Waldburg zu Zeil"
    picture = draw([{"id": "P1", "name": name, "influences": []}])
    assert f"<title>{name}</title>" in picture.body
    assert name not in TITLES.sub("", picture.body)
