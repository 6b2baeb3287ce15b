"""The report in a real browser: filter, sort, open a deal by keyboard, narrow, hostile, print, accessible."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import kamrules as kr
from kamrules.pipeline import open_source
from kamrules.report.document import SMALL, build_report
from kamrules.wording import Language

from .browser import Tab, browser, found_browser
from .conftest import DAY, HOSTILE, Deal, crowd

pytestmark = [
    pytest.mark.skipif(found_browser() is None, reason="no Chromium found; CHROMIUM names one"),
    pytest.mark.xdist_group("browser"),
]

SHOWN = "document.getElementById('shown').textContent"
IDS = "[...document.querySelectorAll('#deals tbody a')].map((one) => one.textContent)"
OPEN = "document.querySelector('article.open')"
FOCUSED = "document.activeElement.textContent.trim()"
BAD: Deal = {
    "id": HOSTILE,
    "name": HOSTILE,
    "account": {"name": HOSTILE},
    "stakeholders": [{"id": HOSTILE, "name": HOSTILE}],
}
SOME: list[Deal] = [
    {
        "id": "D1",
        "name": "Hull line",
        "milestone": "M1",
        "account": {"name": "B", "industry": "shipbuilding"},
    },
    {"id": "D2", "name": "Body line", "milestone": "M5", "stakeholders": crowd(40)},
    {"id": "D10", "account": {"name": "A"}, "status": "lost"},
    BAD,
]


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with browser(tmp_path_factory.mktemp("profile")) as tab:
        yield tab


@pytest.fixture(scope="module")
def reports(engine: kr.Engine, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A small report in English and a large one in Chinese."""
    folder = tmp_path_factory.mktemp("reports")
    languages: tuple[Language, Language] = ("en", "zh")
    many = [*SOME, *[{"id": f"E{row}", "name": "Line"} for row in range(2 * SMALL)]]
    for name, deals, language in zip(("small", "large"), (SOME, many), languages, strict=True):
        source = folder / f"{name}.jsonl"
        source.write_text("".join(json.dumps(deal) + "\n" for deal in deals), "utf-8")
        reading = open_source(source, engine)
        build_report(engine, reading, as_of=DAY, language=language).save(folder / f"{name}.html")
    return {name: folder / f"{name}.html" for name in ("small", "large")}


@pytest.fixture(autouse=True)
def no_problems(tab: Tab) -> Iterator[None]:
    """No test may leave an error on the console or a request."""
    yield
    found, tab.problems = tab.problems, []
    assert found == []


def choose(tab: Tab, key: str, value: str) -> None:
    tab.value(
        f"(() => {{ const one = document.querySelector('select[data-key={key}]'); one.value = '{value}'; "
        "one.dispatchEvent(new Event('input', {bubbles: true})); })()"
    )


def test_the_list_is_filtered_and_cleared(tab: Tab, reports: dict[str, Path]) -> None:
    tab.open(reports["small"])
    assert tab.value(SHOWN) == "1 to 4 of 4 deals"
    choose(tab, "state", "closed")
    assert tab.value(IDS) == ["D10"]
    choose(tab, "claim", "supported")
    assert tab.value(SHOWN) == "no deal fits these filters"
    tab.value("document.querySelector('button[type=reset]').click()")
    tab.wait(f"{SHOWN} === '1 to 4 of 4 deals'")


def test_words_are_searched_by_typing(tab: Tab, reports: dict[str, Path]) -> None:
    tab.open(reports["small"])
    tab.value("document.getElementById('search').focus()")
    tab.send("Input.insertText", text="body LINE")
    assert tab.value(IDS) == ["D2"]


def test_a_column_is_sorted_both_ways_and_says_so(tab: Tab, reports: dict[str, Path]) -> None:
    tab.open(reports["small"])
    tab.value("document.querySelector('#deals th button').focus()")
    tab.press("Enter")
    assert tab.value("document.querySelector('#deals th').getAttribute('aria-sort')") == "ascending"
    ids = [one for one in tab.value(IDS) if one.startswith("D")]
    assert ids == ["D1", "D2", "D10"]  # numbers by their size
    tab.press("Enter")
    assert tab.value("document.querySelector('#deals th').getAttribute('aria-sort')") == "descending"
    assert [one for one in tab.value(IDS) if one.startswith("D")] == ["D10", "D2", "D1"]


@pytest.mark.parametrize("name", ["small", "large"])
def test_a_deal_is_opened_and_left_by_keyboard(tab: Tab, reports: dict[str, Path], name: str) -> None:
    tab.open(reports[name])
    tab.value("document.querySelector('#deals tbody a').focus()")
    tab.press("Enter")
    tab.wait(OPEN)
    assert tab.value(FOCUSED).startswith("D1")
    assert tab.value("document.getElementById('list').hidden")
    assert "Hull line" in tab.value("document.title")
    tab.value("document.querySelector('#steps a:last-child').focus()")
    tab.press("Enter")
    tab.wait("document.querySelector('article.open h2')?.textContent.includes('Body line')")
    assert tab.value("document.querySelectorAll('article.open svg.kr').length") == 1
    tab.value("document.querySelector('#steps a').focus()")
    tab.press("Enter")
    tab.wait("!document.getElementById('list').hidden")
    tab.wait(f"{FOCUSED} === 'D2'")


def test_later_pages_of_the_list_and_a_link_into_the_report(tab: Tab, reports: dict[str, Path]) -> None:
    tab.open(reports["large"])
    assert tab.value(SHOWN) == "第1至100个,共204个项目"
    tab.value("document.getElementById('later').click()")
    assert tab.value(SHOWN) == "第101至200个,共204个项目"
    tab.open(reports["large"], "#d203")
    tab.wait(OPEN)
    assert tab.value("document.querySelector('article.open h2').textContent").startswith("E199")


@pytest.mark.parametrize("name", ["small", "large"])
def test_hostile_texts_do_nothing(tab: Tab, reports: dict[str, Path], name: str) -> None:
    tab.open(reports[name])
    tab.value("window.alert = () => { window.harmed = true; }")
    tab.value("location.hash = '#d3'; 0")
    tab.wait(OPEN)
    assert tab.value(
        "window.harmed === undefined && document.querySelectorAll('article.open script').length === 0"
    )
    assert "<script>alert('x')</script>" in tab.value("document.querySelector('article.open h2').textContent")


@pytest.mark.parametrize("place", ["", "#d1", "#d3"])
def test_nothing_is_wider_than_a_narrow_screen(tab: Tab, reports: dict[str, Path], place: str) -> None:
    tab.open(reports["small"], place, width=360, height=740)
    if place:
        tab.wait(OPEN)
    assert tab.value("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_all_deals_listed_are_printed_each_with_its_page(tab: Tab, reports: dict[str, Path]) -> None:
    tab.open(reports["large"])
    assert tab.value("document.getElementById('print').disabled")
    tab.value("document.getElementById('search').focus()")
    tab.send("Input.insertText", text="E1")
    tab.value("window.print = () => { window.printed = document.querySelectorAll('article.open').length; }")
    tab.value("document.getElementById('print').click()")
    tab.wait("window.printed")
    assert tab.value("window.printed") == 111
    tab.value("window.dispatchEvent(new Event('afterprint'))")
    tab.wait(f"{OPEN} === null && !document.getElementById('list').hidden")


def test_without_scripts_a_small_report_shows_everything(tab: Tab, reports: dict[str, Path]) -> None:
    heights = tab.heights_without_scripts(reports["small"], "article, noscript p")
    assert len(heights) == 1 + len(SOME)
    assert min(heights) > 10


@pytest.mark.skipif("AXE_JS" not in os.environ, reason="AXE_JS names no axe.min.js")
@pytest.mark.parametrize("width", [360, 1200])
@pytest.mark.parametrize("place", ["", "#d1", "#d3"])
@pytest.mark.parametrize("name", ["small", "large"])
def test_axe_finds_nothing(tab: Tab, reports: dict[str, Path], name: str, place: str, width: int) -> None:
    tab.open(reports[name], place, width=width)
    if place:
        tab.wait(OPEN)
    tab.value(Path(os.environ["AXE_JS"]).read_text("utf-8") + "; 0")
    tab.value("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    found = tab.value(
        "axe.run().then((found) => [found.passes.length, found.violations.map((one) => one.id)])"
    )
    assert found[0] > 15
    assert found[1] == []
