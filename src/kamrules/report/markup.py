"""Small pieces of HTML that the parts of the report share: cells, tables, bars. Every text is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from kamrules.report.picture import Picture
from kamrules.sections import Section, items_html, safe_html


def own(text: str | None) -> str:
    """Return a text of the user's, with its own direction of writing, or a dash."""
    return f"<bdi>{safe_html(text)}</bdi>" if text else "–"


def titled(section: Section, kind: str = "") -> str:
    """Return a section of an explanation; one without lines has its title only."""
    listed = items_html(section.items) if section.items else ""
    return part(section.title, listed, kind)


def part(title: str, body: str, kind: str = "") -> str:
    """Return a part of a deal's page."""
    style = f' class="{kind}"' if kind else ""
    return f"<section{style}><h3>{safe_html(title)}</h3>{body}</section>"


def table(caption: str, heads: tuple[str, ...], rows: Iterable[str], numeric: tuple[int, ...] = ()) -> str:
    """Return a table that scrolls by itself where it is too wide.

    Parameters
    ----------
    caption : what it shows, for who cannot see it
    heads : of the columns
    rows : made by `row`
    numeric : places of columns of numbers, which stand at the right
    """
    return f"{_opening(caption, heads, numeric)}{''.join(rows)}</tbody></table></div>"


def row(cells: Sequence[str], numeric: tuple[int, ...] = ()) -> str:
    """Return a row of cells that are HTML already; the first names it."""
    first, *rest = cells
    others = [
        f"<td{' class=n' if place in numeric else ''}>{cell}</td>" for place, cell in enumerate(rest, 1)
    ]
    return f'<tr><th scope="row">{first}</th>{"".join(others)}</tr>'


@lru_cache(maxsize=256)
def _opening(caption: str, heads: tuple[str, ...], numeric: tuple[int, ...]) -> str:
    """Return a table up to its first row: every deal of a report has the same ones."""
    titles = "".join(
        f'<th scope="col"{" class=n" if place in numeric else ""}>{safe_html(one)}</th>'
        for place, one in enumerate(heads)
    )
    head = f'<caption class="vh">{safe_html(caption)}</caption><thead><tr>{titles}</tr></thead>'
    return f"{scroller(caption)}<table>{head}<tbody>"


def scroller(label: str) -> str:
    """Return the opening of a frame that scrolls by itself, by keyboard too."""
    return f'<div class="scroll" tabindex="0" role="group" aria-label="{safe_html(label)}">'


def shown(picture: Picture) -> str:
    """Return a picture in a frame that scrolls by itself."""
    return f"{scroller(picture.title)}{picture.fragment()}</div>"


def bar(low: float, high: float, worst: float, best: float) -> str:
    """Return points in their span as a bar: solid what is sure, dashed what is open."""
    span = best - worst or 1.0
    sure, open_ = 100 * (low - worst) / span, 100 * (high - low) / span
    given = f'<rect class="given" width="{sure:.0f}" height="10"/>' if sure >= 1 else ""
    left = f'<rect class="left" x="{sure:.0f}" width="{open_:.0f}" height="10"/>' if open_ >= 1 else ""
    frame = 'viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"'
    return f'<svg class="bar" {frame}>{given}{left}</svg>'
