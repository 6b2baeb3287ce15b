"""Small pieces of HTML that the parts of the report share: cells, tables, bars. Every text is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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


def table(
    caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]], numeric: Sequence[int] = ()
) -> str:
    """Return a table of cells that are HTML already; the first of each row names it.

    Parameters
    ----------
    caption : what it shows, for who cannot see it
    heads : of the columns
    rows : the cells
    numeric : places of columns of numbers, which stand at the right
    """
    head = "".join(f'<th scope="col">{safe_html(one)}</th>' for one in heads)
    right = [' class="n"' if place in numeric else "" for place in range(len(heads))]
    body = "".join(_row(cells, right) for cells in rows)
    return (
        f'<div class="scroll" tabindex="0" role="group" aria-label="{safe_html(caption)}"><table>'
        f'<caption class="vh">{safe_html(caption)}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _row(cells: Sequence[str], right: Sequence[str]) -> str:
    first, *rest = cells
    others = "".join(f"<td{style}>{cell}</td>" for cell, style in zip(rest, right[1:], strict=True))
    return f'<tr><th scope="row">{first}</th>{others}</tr>'


def bar(low: float, high: float, worst: float, best: float) -> str:
    """Return points in their span as a bar: solid what is sure, dashed what is open. The numbers stand beside."""
    span = best - worst or 1.0
    sure, open_ = 100 * (low - worst) / span, 100 * (high - low) / span
    given = f'<rect class="given" width="{sure:.0f}" height="10"/>' if sure >= 1 else ""
    left = f'<rect class="left" x="{sure:.0f}" width="{open_:.0f}" height="10"/>' if open_ >= 1 else ""
    return f'<svg class="bar" viewBox="0 0 100 10" aria-hidden="true">{given}{left}</svg>'
