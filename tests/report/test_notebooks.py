"""What a notebook shows of a pack, an assessment and a path: the words of the command line, as safe HTML."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import kamrules as kr
from kamrules.assessment import PackRef
from kamrules.engine import Engine
from kamrules.paths import LawfulPath
from kamrules.source import visible

from .conftest import DAY, Deal

Assess = Callable[[Deal], kr.Assessment]


class Reader(HTMLParser):
    """Collects the tags and the text of a page, and checks that every tag is closed in turn."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self.open: list[str] = []
        self.feed(page)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.open.append(tag)
        assert not [name for name, _ in attrs if name.startswith("on")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data + "\n"


DEAL: Deal = {
    "id": "D1",
    "name": "<script>alert(1)</script>\x1b[31m",
    "milestone": "M4",
    "account": {"name": "Lingang", "industry": ""},
}


def test_an_assessment_shows_every_line_of_its_explanation(engine: kr.Engine, assess: Assess) -> None:
    page = assess(DEAL)._repr_html_()
    assert page is not None
    read = Reader(page)
    assert read.tags <= {"div", "p", "b", "details", "summary", "ul", "li"}
    assert "\x1b" not in page
    for line in visible(kr.explain(engine, DEAL, as_of=DAY)).splitlines():
        assert line.strip() in read.text


def test_an_explanation_can_be_asked_for_as_html_in_chinese(engine: kr.Engine) -> None:
    page = kr.explain(engine, DEAL, as_of=DAY, language="zh", format="html")
    assert "申报: M4 深度接触" in Reader(page).text


def test_a_path_shows_its_outcome(engine: kr.Engine, assess: Assess) -> None:
    path = LawfulPath("D1", "2026-06-30", assess(DEAL).pack, "open", "M5")
    page = path._repr_html_()
    assert page is not None
    assert "The gate is open" in Reader(page).text


def test_a_pack_shows_all_its_criteria(engine: kr.Engine) -> None:
    text = Reader(engine.pack._repr_html_()).text
    for name, spec in engine.pack.criteria.items():
        assert f"{name} {spec.name.get('en')}" in text


def test_without_an_engine_of_its_pack_a_result_is_left_to_its_repr(assess: Assess) -> None:
    foreign = replace(assess(DEAL), pack=PackRef("other", "1", "0" * 64))
    assert foreign._repr_html_() is None


def test_another_engine_of_the_pack_that_is_gone_takes_nothing_along(
    engine: kr.Engine, assess: Assess
) -> None:
    other = Engine(engine.pack, engine._planned)
    assert assess(DEAL)._repr_html_() is not None
    del other
    gc.collect()
    assert assess(DEAL)._repr_html_() is not None


def test_an_engine_nobody_holds_is_not_kept() -> None:
    engine = kr.compile(kr.load_pack(Path(__file__).parents[1] / "packs" / "small.yaml"))
    assessment = engine.assess({}, as_of=DAY, detail="brief")
    assert assessment._repr_html_() is not None
    del engine
    gc.collect()
    assert assessment._repr_html_() is None
