"""The report on a pipeline: every deal in it, nothing but text from the deals, and nothing fetched."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import kamrules as kr
from kamrules.adapters import Item, Reading
from kamrules.pipeline import open_source
from kamrules.report.blanks import BlankFields
from kamrules.report.document import SMALL, Report, build_report
from kamrules.wording import Language
from tests.frames.pipelines import Chance

from .conftest import DAY, HOSTILE, Deal, crowd

ROOT = Path(__file__).resolve().parents[2]

_VOID = {"meta", "input", "br", "img", "hr", "link"}
Build = Callable[..., Report]


class Reader(HTMLParser):
    """Reads HTML: faults of nesting, ids, texts, and every element with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()
        self.faults += self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.elements.append((tag, given))
        self.ids += [value for key, value in attrs if key == "id" and value]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in {"script", "style"}:
            self.text += data


@pytest.fixture(scope="module")
def build(engine: kr.Engine, tmp_path_factory: pytest.TempPathFactory) -> Build:
    def made(deals: list[Deal], **options: Any) -> Report:
        path = tmp_path_factory.mktemp("deals") / "deals.jsonl"
        path.write_text("".join(json.dumps(deal) + "\n" for deal in deals), "utf-8")
        reading = open_source(path, engine, bad_values=options.get("bad_values", "reject"))
        return build_report(engine, reading, as_of=DAY, **options)

    return made


def unpacked(html: str) -> Iterator[str]:
    """Yield the pages of a large report."""
    for pack in re.findall(r'<script type="text/plain" class="pack">([^<]*)</script>', html):
        yield from gzip.decompress(base64.b64decode(pack)).decode().split("\x1e")


@pytest.fixture(scope="module")
def small(engine: kr.Engine) -> Report:
    return build_report(engine, open_source(ROOT / "examples" / "welding", engine), as_of=DAY)


@pytest.fixture(scope="module")
def large(build: Build) -> Report:
    return build(
        [{"id": f"D{row}", "name": f"Line {row}", "stakeholders": crowd(3)} for row in range(SMALL + 5)]
    )


def test_a_small_report_is_well_formed_and_has_a_page_a_deal(small: Report) -> None:
    found = Reader(small.html)
    assert found.faults == []
    assert len(found.ids) == len(set(found.ids))
    assert [one for one in found.ids if re.fullmatch(r"d\d+", one)] == [f"d{row}" for row in range(36)]
    assert small.summary.assessed == 36
    for row in range(1, 37):
        assert f"D-{row:02}" in found.text


def test_a_large_report_packs_its_pages_in_order(large: Report) -> None:
    found = Reader(large.html)
    assert found.faults == []
    assert "article" not in {tag for tag, _ in found.elements}
    pages = [Reader(page) for page in unpacked(large.html)]
    assert [page.ids[0] for page in pages] == [f"d{row}" for row in range(SMALL + 5)]
    for row, page in enumerate(pages):
        assert page.faults == []
        assert f"Line {row}" in page.text


def test_every_link_leads_to_an_element_or_a_page(small: Report, large: Report) -> None:
    for report in (small, large):
        found = Reader(report.html)
        known = {*found.ids, *(f"d{row}" for row in range(report.summary.assessed))}
        links = [attributes["href"] for tag, attributes in found.elements if tag == "a"]
        assert links
        assert {str(link).removeprefix("#") for link in links} <= known


def test_nothing_is_fetched_and_no_style_or_script_stands_in_an_element(small: Report, large: Report) -> None:
    for html in (small.html, large.html, *unpacked(large.html)):
        assert not re.search(r"https?:|url\(|@import", html)
        for tag, attributes in Reader(html).elements:
            assert not {"src", "style", "srcset", "action"} & set(attributes)
            assert not [name for name in attributes if name.startswith("on")]
            assert tag not in {"iframe", "object", "embed", "link", "img", "base"}


def test_the_policy_allows_the_script_and_the_style_of_the_page_and_nothing_else(small: Report) -> None:
    policy = re.search(r'Security-Policy" content="([^"]*)"', small.html)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; ")
    for tag in ("style", "script"):
        text = re.search(rf"<{tag}>(.*?)</{tag}>", small.html, re.DOTALL)
        assert text is not None
        digest = base64.b64encode(hashlib.sha256(text[1].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy[1]


@pytest.mark.parametrize("count", [1, SMALL + 1])
def test_hostile_texts_stay_texts(build: Build, count: int) -> None:
    person = {"id": HOSTILE, "name": HOSTILE, "title": HOSTILE, "group": HOSTILE, "reports_to": HOSTILE}
    account = {"name": HOSTILE, "industry": HOSTILE}
    bad = {"id": HOSTILE, "name": HOSTILE, "account": account, "stakeholders": [person], "milestone": "M4"}
    plain = {key: "x" if isinstance(value, str) else value for key, value in bad.items()}
    plain |= {"account": {"name": "x", "industry": "x"}, "milestone": "M4"}
    plain["stakeholders"] = [dict.fromkeys(person, "x")]
    refused = {"id": HOSTILE, "milestone": HOSTILE, HOSTILE: 1}

    def shape(deal: Deal, wrong: Deal) -> list[tuple[str, list[str]]]:
        html = build([deal, wrong, *[{"id": f"D{row}"} for row in range(count)]]).html
        pages = [html, *unpacked(html)]
        assert not {"\x00", "\x1b", "\u202e"} & set("".join(pages))
        found = [Reader(page) for page in pages]
        assert not any(page.faults for page in found)
        return [(tag, sorted(attributes)) for page in found for tag, attributes in page.elements]

    plain_refused = {"id": "x", "milestone": "x", "x": 1}
    assert [one for one in shape(bad, refused) if one[0] != "title"] == [
        one for one in shape(plain, plain_refused) if one[0] != "title"
    ]


def test_the_same_deals_give_the_same_bytes(build: Build, large: Report) -> None:
    deals = [{"id": f"D{row}", "name": f"Line {row}", "stakeholders": crowd(3)} for row in range(SMALL + 5)]
    again = build(deals)
    assert again.html == large.html


def test_rejected_deals_are_listed_with_their_row_and_reason(build: Build) -> None:
    report = build([{"id": "D1"}, {"id": "D2", "milestone": "M99"}])
    assert (report.summary.assessed, report.summary.rejected) == (1, 1)
    text = Reader(report.html).text
    assert "M99" in text
    assert "Rejected, and rows that join no deal (1)" in text


def test_a_value_that_is_left_out_is_told_on_the_page_of_its_deal(build: Build) -> None:
    report = build([{"id": "D2", "milestone": "M99"}], bad_values="unknown")
    article = report.html[report.html.index("<article") :]
    assert "values left out (1)" in article
    assert "M99" in article


def test_a_red_line_is_shown_with_its_lawful_alternative(small: Report, engine: kr.Engine) -> None:
    line = engine.pack.red_lines["RL-08"]
    text = Reader(small.html).text
    assert text.count(line.lawful_alternative.en) == 2  # in the overview and on the page of D-28
    assert 'data-line="RL-08 RL-09"' in small.html


def test_a_path_is_found_for_as_many_open_deals_as_asked(engine: kr.Engine, build: Build) -> None:
    pytest.importorskip("z3", reason="paths need the extra `proofs`")
    closed = {"id": "D0", "status": "lost"}
    found = Reader(build([closed, {"id": "D1"}, {"id": "D2"}], paths=1).html).text
    assert found.count("Shortest lawful path: ") == 1
    assert found.count("`kamrules path`") == 2


def test_paths_below_zero_and_unknown_languages_are_refused(build: Build) -> None:
    with pytest.raises(kr.ArgumentError, match="`-1` given for paths"):
        build([], paths=-1)
    with pytest.raises(kr.ArgumentError, match="`fr` given for language"):
        build([], language="fr")


def test_a_source_without_deals_gives_a_page_that_says_so(build: Build) -> None:
    found = Reader(build([]).html)
    assert found.faults == []
    assert "The source has no deals." in found.text


def test_day_pack_and_hash_are_told(small: Report, engine: kr.Engine) -> None:
    for text in ("as of 2026-06-30", f"handbook {engine.pack.version}", engine.pack.hash):
        assert text in small.html[small.html.index("<footer>") :]


def test_chinese_pages_have_no_english_headings(build: Build) -> None:
    found = Reader(build([{"id": "D1"}], language="zh").html)
    assert {attributes.get("lang") for tag, attributes in found.elements if tag == "html"} == {"zh"}
    for word in ("Overview", "Deals", "Forms", "Gates", "claimed", "unknown"):
        assert word not in found.text


def test_a_page_takes_a_few_kilobytes_of_a_large_report(large: Report) -> None:
    # Deals that resemble one another pack better than others; docs/generated/bench-report.md has both.
    assert len(large.html.encode()) / large.summary.assessed < 4000


@pytest.mark.parametrize("seed", range(3))
def test_blank_fields_are_those_of_the_filled_forms(engine: kr.Engine, seed: int) -> None:
    blanks, forms = BlankFields(engine), engine.pack.forms
    for deal in [{}, *Chance(engine.plan.schema, seed).deals(12)]:
        record = engine.read(deal)
        filled = [
            (form, key) for form in forms for key in kr.fill_form(engine, form, record, as_of=DAY).blank
        ]
        assert list(blanks.of(record, DAY)) == filled


@pytest.mark.parametrize("language", ["en", "zh"])
def test_deals_by_chance_give_well_formed_pages(engine: kr.Engine, language: Language) -> None:
    deals = Chance(engine.plan.schema, 7).deals(SMALL + 1)
    reading = Reading("chance", "json", lambda: iter([Item(row, deal) for row, deal in enumerate(deals, 1)]))
    report = build_report(engine, reading, as_of=DAY, language=language)
    assert report.summary.assessed == len(deals)
    assert Reader(report.html).faults == []
    for page in unpacked(report.html):
        assert Reader(page).faults == []


def test_a_report_is_written_whole_or_not_at_all(small: Report, tmp_path: Path) -> None:
    with pytest.raises(kr.ArgumentError, match="cannot write"):
        small.save(tmp_path / "missing" / "report.html")
    small.save(tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text("utf-8") == small.html
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]
