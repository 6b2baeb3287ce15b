"""The site has a place for every page, and pages made from docstrings and READMEs say what those say."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.api_page import markdown, signature
from tools.site_pages import below

REPO = Path(__file__).resolve().parent.parent
DOCS = REPO / "docs"


def _pages(nav: Any) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
    else:
        for part in nav.values() if isinstance(nav, dict) else nav:
            yield from _pages(part)


def test_every_page_has_one_place_in_the_navigation_and_benchmarks_one_in_their_index() -> None:
    settings = tomllib.loads((REPO / "zensical.toml").read_text("utf-8"))
    placed = sorted(_pages(settings["project"]["nav"]))
    index = (DOCS / "generated" / "benchmarks.md").read_text("utf-8")
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    benchmarks = {name for name in pages if f"]({Path(name).name})" in index}
    assert benchmarks
    assert placed == sorted(pages - benchmarks)


def _scaled(value: float, *others: str, factor: int = 2) -> list[float]:
    raise NotImplementedError


def test_a_signature_is_shown_as_its_source_has_it() -> None:
    assert signature(_scaled) == "(value: float, *others: str, factor: int = 2) -> list[float]"


def test_a_set_as_default_is_shown_in_one_order_in_every_process() -> None:
    def call(names: frozenset[str] = frozenset("gfedcba")) -> None: ...

    assert "= frozenset({'a', 'b', 'c', 'd', 'e', 'f', 'g'})" in signature(call)


def test_sections_of_a_docstring_become_lists_and_sessions() -> None:
    doc = "Scale.\n\nRaises\n------\nRecordError\n    KR300.\n\nExamples\n--------\n>>> 1 + 1\n2\n\n>>> 2\n2"
    assert markdown(doc) == (
        "Scale.\n\n**Raises**\n\n- RecordError. KR300.\n\n**Examples**\n\n"
        "```pycon\n>>> 1 + 1\n2\n\n>>> 2\n2\n```"
    )


def test_a_page_put_below_another_keeps_its_fences_and_its_links() -> None:
    links = "[a](../../docs/spark.md), [b](../../docs/generated/cli.md)"
    found = below(f"# Digest\n```sh\n# every day\n```\n## More\n{links}")
    assert found == "## Digest\n```sh\n# every day\n```\n### More\n[a](../spark.md), [b](cli.md)"
