"""A report on a whole pipeline: one HTML file that needs nothing else, to read, filter, print and pass on.

Nothing is fetched and nothing is read from the wall clock; the same deals give the same bytes. The pages of a
small pipeline are plain HTML. Those of a large one are packed by gzip, so that thousands stay a file one can
send; a script unpacks the page that is opened. `docs/decisions/016-report.md` says why.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain, islice
from pathlib import Path

from kamrules.adapters import BadValues, Reading
from kamrules.assessment import Assessment, Rejection
from kamrules.engine import Engine
from kamrules.errors import ArgumentError, Fault
from kamrules.paths import LawfulPath, shortest_path
from kamrules.pipeline import Result, Summary, assess_source
from kamrules.report.deal_list import DealList
from kamrules.report.deal_page import DealPages
from kamrules.report.ink import STYLE
from kamrules.report.markup import shown
from kamrules.report.overview import Overview
from kamrules.report.page_words import say
from kamrules.report.picture import checked_language
from kamrules.report.stakeholder_map import map_legend
from kamrules.sections import safe_html
from kamrules.validation import shown as quoted
from kamrules.wholefile import text_file
from kamrules.wording import Language

SMALL = 100  # deals: our choice, some 3 MB of pages that show without scripts
_IN_PACK = 50  # pages that are unpacked together, some 1 MB
_BETWEEN = "\x1e"  # no page has it: control characters are made visible
_PRINTED = 200  # pages that a browser lays out at once
_LEVEL = 6  # of zlib, its default; 9 takes twice as long for 2 % less
_HERE = Path(__file__).parent
_SCRIPT_WORDS = (
    "shown", "shown.none", "all_deals", "previous", "next", "failed", "print", "print.many",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Report:
    """A report: its HTML and the counts over its deals."""

    html: str
    summary: Summary

    def save(self, path: str | Path) -> None:
        """Write the file, whole or not at all; ArgumentError A-OUTPUT when it cannot be written."""
        with text_file(Path(path)) as stream:
            stream.write(self.html)


def build_report(  # noqa: PLR0913 - what a source is read with, and what the report holds
    engine: Engine,
    reading: Reading,
    *,
    as_of: date,
    bad_values: BadValues = "reject",
    language: Language = "en",
    paths: int = 0,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Build the report on every deal of a source.

    Parameters
    ----------
    engine : a compiled pack
    reading : an opened source, see `kamrules.pipeline.open_source`
    as_of : the day of the assessment
    bad_values : as the source was opened with
    language : "en" or "zh"
    paths : for how many open deals to find the shortest lawful path, the first of the source; about a second
        a deal
    progress : called with how many deals are done

    Raises
    ------
    ArgumentError
        A-VALUE for another language, or when `paths` is negative.
    MissingExtraError
        X-PROOFS when paths are asked for and z3 is not installed.

    Examples
    --------
    >>> from datetime import date
    >>> import kamrules as kr
    >>> from kamrules.adapters import Item, Reading
    >>> engine = kr.compile(kr.load_pack("handbook"))
    >>> reading = Reading("deals", "json", lambda: iter([Item(1, {"id": "D1"})]))
    >>> build_report(engine, reading, as_of=date(2026, 6, 30)).summary.assessed
    1
    """
    if type(paths) is not int or paths < 0:
        raise ArgumentError(Fault("A-VALUE", f"{quoted(paths)} given for paths, a number from 0 expected"))
    items = reading.items()
    head = list(islice(items, SMALL + 1))
    is_small = len(head) <= SMALL
    again = replace(reading, items=lambda: chain(head, items))
    found = assess_source(
        engine, again, as_of=as_of, detail="full" if is_small else "points", bad_values=bad_values
    )
    writer = _Writer(engine, as_of, checked_language(language), is_small=is_small, paths=paths)
    for place, result in enumerate(found, 1):
        writer.add(result)
        if progress is not None:
            progress(place)
    return writer.report(reading)


class _Writer:
    def __init__(self, engine: Engine, day: date, language: Language, *, is_small: bool, paths: int) -> None:
        self.engine = engine
        self.day = day
        self.language: Language = language
        self.is_small = is_small
        self.paths_left = paths
        self.summary = Summary()
        self.rejections: list[Rejection] = []
        self.deals = DealList(engine, language)
        self.overview = Overview(engine, language)
        self.pages = DealPages(engine, language, day, has_measures=is_small)
        self.waiting: list[str] = []
        self.done: list[str] = []

    def say(self, key: str) -> str:
        return safe_html(say(key, self.language))

    def add(self, result: Result) -> None:
        self.summary.add(result)
        if isinstance(result.outcome, Rejection):
            self.rejections.append(result.outcome)
            return
        number = len(self.deals)
        self.deals.add(result)
        self.overview.add(number, result)
        self.waiting.append(self.pages.page(number, result, self.path(result)))
        if len(self.waiting) == _IN_PACK:
            self.finish()

    def path(self, result: Result) -> LawfulPath | None:
        a = result.outcome
        if not self.paths_left or result.is_closed or not isinstance(a, Assessment) or a.stage.is_complete:
            return None
        self.paths_left -= 1
        return shortest_path(self.engine, result.record, as_of=self.day)

    def finish(self) -> None:
        """Put the pages that wait into the report."""
        if self.is_small:
            self.done += self.waiting
        elif self.waiting:
            self.done.append(_packed(_BETWEEN.join(self.waiting)))
        self.waiting = []

    def report(self, reading: Reading) -> Report:
        self.finish()
        self.summary.stray_rows = len(reading.strays)
        return Report("".join(self.document(reading)), self.summary)

    def document(self, reading: Reading) -> Iterator[str]:
        style = STYLE + (_HERE / "page.css").read_text("utf-8")
        script = (_HERE / "page.js").read_text("utf-8")
        title = f"{self.say('title')} · {self.say('as_of')} {self.day}"
        policy = (
            f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
            "base-uri 'none'; form-action 'none'"
        )
        yield (
            f'<!doctype html>\n<html lang="{self.language}"><head><meta charset="utf-8">'
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{title}</title><style>{style}</style></head>\n"
        )
        yield f'<body><a class="skip" href="#list">{self.say("skip")}</a>'
        yield f"<header><h1>{title}</h1></header>\n<main>"
        unscripted = self.say("noscript.small" if self.is_small else "noscript.large")
        yield f"<noscript><p>{unscripted}</p></noscript>"
        refused = [*self.rejections, *reading.strays]
        overview = self.overview.html(self.summary, refused)
        yield f'<section id="overview"><h2>{self.say("overview")}</h2>{overview}</section>\n'
        yield f'<section id="list"><h2 id="list-title" tabindex="-1">{self.say("list")}</h2>'
        yield f"{self.deals.html(self.summary)}</section>\n"
        yield f'<nav id="steps" aria-label="{self.say("list")}" hidden></nav><div id="pages">'
        yield from self.done if self.is_small else ()
        yield f"</div>{self.legend()}</main>\n{self.footer(reading)}"
        if not self.is_small:
            yield from (f'<script type="text/plain" class="pack">{one}</script>\n' for one in self.done)
        yield f'<script type="application/json" id="words">{self.script_words()}</script>'
        yield f"<script>{script}</script></body></html>\n"

    def legend(self) -> str:
        picture = map_legend(self.engine, self.language)
        return f'<aside id="legend" aria-label="{safe_html(picture.title)}">{shown(picture)}</aside>'

    def footer(self, reading: Reading) -> str:
        # The version of the library is that of its package, which this floor does not know.
        pack = self.engine.pack
        facts = [
            f"{self.say('as_of')} {self.day}",
            f"{self.say('source')} {safe_html(Path(reading.path).name)}",
            f"{self.say('pack')} {safe_html(f'{pack.id} {pack.version}')} <code>{pack.hash}</code>",
        ]
        brief = "" if self.is_small else f"<p>{self.say('brief').format(SMALL)}</p>"
        return f"<footer><p>{self.say('footer')}</p>{brief}<p>{' · '.join(facts)}</p></footer>\n"

    def script_words(self) -> str:
        words: dict[str, object] = {key: say(key, self.language) for key in _SCRIPT_WORDS}
        words |= {"in_pack": _IN_PACK, "printed": _PRINTED, "language": self.language}
        return json.dumps(words, ensure_ascii=False, sort_keys=True).replace("<", "\\u003c")


def _packed(text: str) -> str:
    """Return a text by gzip, without a time, in letters."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, 31)
    return base64.b64encode(packer.compress(text.encode()) + packer.flush()).decode()


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
