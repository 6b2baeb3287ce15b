"""What holds of every picture: well-formed, escaped, the same each time, shown and saved in each form."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

import kamrules as kr
from kamrules.pipeline import Result, Summary
from kamrules.report import pictures
from kamrules.report.ink import STYLE, fitted, text_width, wrapped
from kamrules.report.picture import Picture
from kamrules.wording import Language

from .conftest import DAY, HOSTILE, Deal, crowd

Assess = Callable[[Deal], kr.Assessment]
Make = Callable[[Deal, Language], Picture]
LANGUAGES: list[Language] = ["en", "zh"]
DEALS: dict[str, Deal] = {
    "nothing": {},
    "known": {"id": "D1", "name": "Hull line", "account": {"name": "Lingang"}, "stakeholders": crowd(3)},
    "hostile": {
        "id": "D2<&>",
        "name": HOSTILE,
        "account": {"name": HOSTILE},
        "stakeholders": [
            {"id": "P<1>", "name": "</text><b>", "title": "\x07\u202e", "group": "<g>", "reports_to": "<Q>"},
        ],
    },
}


@pytest.fixture(scope="module", params=["map", "health", "dimensions", "gates", "stages", "ask", "ask all"])
def make(request: pytest.FixtureRequest, engine: kr.Engine) -> Make:
    def drawn(deal: Deal, language: Language) -> Picture:
        found = engine.assess(deal, as_of=DAY)
        summary = Summary()
        summary.add(Result(1, found))
        makers: dict[str, Callable[[], Picture]] = {
            "map": lambda: pictures.stakeholder_map(engine, deal, found, language=language),
            "health": lambda: pictures.health_waterfall(engine, found, language=language),
            "dimensions": lambda: pictures.health_waterfall(
                engine, found, by_dimension=True, language=language
            ),
            "gates": lambda: pictures.gate_matrix(engine, [found], language=language),
            "stages": lambda: pictures.pipeline_stages(engine, summary, language=language),
            "ask": lambda: pictures.ask_next(engine, found, language=language),
            "ask all": lambda: pictures.ask_next(engine, summary, language=language),
        }
        return makers[request.param]()

    return drawn


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", DEALS)
def test_a_picture_is_well_formed_safe_and_the_same_each_time(
    make: Make, name: str, language: Language
) -> None:
    picture = make(DEALS[name], language)
    text = picture.svg()
    root = ET.fromstring(text)
    assert root.get("lang") == language
    assert root.get("role") == "img"
    assert picture.alt in (root.get("aria-label") or "")
    assert not {"script", "b", "foreignObject"} & {node.tag.rpartition("}")[2] for node in root.iter()}
    assert not [key for node in root.iter() for key in node.attrib if key.startswith("on") or "href" in key]
    assert not {"\x00", "\x1b", "\u202e"} & set(text)
    assert text == make(DEALS[name], language).svg()


def test_every_style_a_picture_uses_is_in_the_style_sheet(make: Make) -> None:
    for deal in DEALS.values():
        used = {
            name for names in re.findall(r'class="([^"]+)"', make(deal, "zh").svg()) for name in names.split()
        }
        assert all(name == "kr" or f".kr .{name}{{" in STYLE for name in used), used


def test_no_text_leaves_the_picture(make: Make) -> None:
    picture = make(DEALS["known"], "en")
    root = ET.fromstring(picture.svg())
    for node in root.iter("{http://www.w3.org/2000/svg}text"):
        if node.get("text-anchor") is None and node.get("transform") is None:
            end = float(node.get("x", "0")) + text_width(node.text or "", 11)
            assert end <= picture.width, node.text
        assert 0 <= float(node.get("y", "0")) <= picture.height


def test_a_picture_in_a_page_brings_no_style_sheet_of_its_own(make: Make) -> None:
    fragment = make(DEALS["known"], "en").fragment()
    assert "<style>" not in fragment
    assert " id=" not in fragment  # many pictures share a page


@pytest.mark.parametrize("bad", ["fr", None, "EN"])
def test_another_language_is_refused(make: Make, bad: Any) -> None:
    with pytest.raises(kr.ArgumentError, match=r"A-VALUE.*en or zh expected"):
        make(DEALS["known"], bad)


# --- a picture in general


@pytest.fixture
def picture(engine: kr.Engine, assess: Assess) -> Picture:
    return pictures.health_waterfall(engine, assess(DEALS["known"]), by_dimension=True)


@pytest.mark.parametrize("scale", [0.5, 2])
def test_a_png_has_the_size_asked_for(picture: Picture, scale: float) -> None:
    pytest.importorskip("vl_convert")
    data = picture.png(scale)
    assert data.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", data[16:24])
    assert abs(width - picture.width * scale) <= 1
    assert abs(height - picture.height * scale) <= 1


@pytest.mark.parametrize("scale", [0, -1, 11, True, float("nan"), "2"])
def test_a_scale_that_makes_no_picture_is_refused(picture: Picture, scale: Any) -> None:
    with pytest.raises(kr.ArgumentError, match="A-VALUE"):
        picture.png(scale)


def test_the_ending_of_a_file_says_its_form(picture: Picture, tmp_path: Path) -> None:
    picture.save(tmp_path / "one.svg")
    assert (tmp_path / "one.svg").read_text("utf-8") == picture.svg() + "\n"
    with pytest.raises(kr.ArgumentError, match=r"A-OUTPUT.*`.jpg`, .svg or .png expected"):
        picture.save(tmp_path / "one.jpg")
    with pytest.raises(kr.ArgumentError, match=r"A-OUTPUT.*has no ending, .svg or .png expected"):
        picture.save(tmp_path / "one")
    assert [path.name for path in tmp_path.iterdir()] == ["one.svg"]


def test_a_notebook_gets_the_picture_and_words_for_it(picture: Picture) -> None:
    bundle = picture._repr_mimebundle_()
    assert bundle["image/svg+xml"] == picture.svg() == picture._repr_svg_() == picture._repr_html_()
    assert picture.alt in bundle["text/plain"]


def test_without_vl_convert_a_png_names_the_extra(picture: Picture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "vl_convert", None)
    monkeypatch.delitem(__import__("sys").modules, "kamrules.report.converting", raising=False)
    with pytest.raises(kr.MissingExtraError, match=r"X-PLOT.*kamrules\[plot\]"):
        picture.png()


# --- what each one shows


def test_the_waterfall_ends_where_the_health_does(engine: kr.Engine, assess: Assess) -> None:
    assessment = assess(DEALS["known"])
    health = assessment.health
    assert health is not None
    picture = pictures.health_waterfall(engine, assessment)
    assert f"{health.low:.1f} … {health.high:.1f} of" in picture.body
    for line in health.ledger:
        title = engine.pack.scorecards["health"].entries[line.id].title
        assert title is not None
        shown = title.get("en").replace("'", "&#x27;")
        assert title.get("en") in picture.body or shown in picture.body


def test_a_waterfall_needs_a_ledger(engine: kr.Engine) -> None:
    brief = engine.assess({"id": "D1"}, as_of=DAY, detail="brief")
    with pytest.raises(kr.ArgumentError, match=r"A-VALUE.*detail"):
        pictures.health_waterfall(engine, brief)


def test_the_matrix_has_a_shape_for_every_criterion_of_every_deal(engine: kr.Engine, assess: Assess) -> None:
    found = [assess(DEALS["nothing"]), assess(DEALS["known"])]
    drawn = len(re.findall(r"M[\d.]+ [\d.]+", pictures.gate_matrix(engine, found).body))
    none = len(re.findall(r"M[\d.]+ [\d.]+", pictures.gate_matrix(engine, []).body))
    cells = sum(1 if one.status == "not_applicable" else 2 for each in found for one in each.criteria)
    rows = 1  # the line above each deal
    assert drawn - none == cells + rows * len(found)


def test_frames_in_the_matrix_hold_the_next_gate_and_nothing_else(engine: kr.Engine, assess: Assess) -> None:
    for deal in DEALS.values():
        assessment = assess(deal)
        picture = pictures.gate_matrix(engine, [assessment])
        frames = re.findall(r'<rect class="n"[^>]* width="([\d.]+)" height="18"', picture.body)
        cells = [(float(width) + 2) / 20 for width in frames]
        assert sum(cells) == len(assessment.stage.gate)


def test_the_matrix_counts_each_status_in_words(engine: kr.Engine, assess: Assess) -> None:
    assessment = assess(DEALS["known"])
    unknown = sum(one.status == "unknown" for one in assessment.criteria)
    assert f"{unknown} unknown" in pictures.gate_matrix(engine, [assessment]).alt
    assert pictures.gate_matrix(engine, [], language="zh").alt == "没有项目"


def test_stages_say_how_many_claim_and_how_many_are_supported(engine: kr.Engine, assess: Assess) -> None:
    summary = Summary()
    for milestone in ("M3", "M3", None):
        summary.add(Result(1, assess({"milestone": milestone, "account": {"name": "A", "industry": "B"}})))
    alt = pictures.pipeline_stages(engine, summary).alt
    assert "M3 Project initiation: claimed 2, supported by evidence 0" in alt
    assert "M1 Industry and customer planning: claimed 0, supported by evidence 3" in alt
    assert "none: claimed 1" in alt


def test_what_to_ask_keeps_the_order_of_the_assessment(engine: kr.Engine, assess: Assess) -> None:
    assessment = assess(DEALS["known"])
    body = pictures.ask_next(engine, assessment).body
    labels = [f">{engine.label(one.path)}<" for one in assessment.ask_first[:10]]
    places = [body.find(label) for label in labels]
    assert -1 not in places
    assert places == sorted(places)


def test_nothing_to_ask_is_said(engine: kr.Engine) -> None:
    assert "nothing is unknown" in pictures.ask_next(engine, Summary()).alt


# --- letters


@pytest.mark.parametrize(
    "text", ["Head of the welding workshop", "焊接工艺室主任兼设备采购负责人", "", "i" * 50]
)
def test_a_fitted_text_is_no_wider_than_its_room(text: str) -> None:
    assert text_width(fitted(text, 60)) <= 60 or fitted(text, 60) == "…"
    assert fitted(text, 10_000) == text


@pytest.mark.parametrize("text", ["Head of the welding workshop", "焊接工艺室主任兼设备采购负责人", "W" * 30])
def test_wrapping_loses_no_letter(text: str) -> None:
    assert "".join(wrapped(text, 60)).replace(" ", "") == text.replace(" ", "")
