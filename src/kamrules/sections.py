"""Titled sections of short lines, as text, as Markdown or as HTML."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

from kamrules.source import visible
from kamrules.wording import escape_markdown

_OPEN = 3  # sections of HTML that are unfolded: what stands first matters most


@dataclass(slots=True)
class Item:
    """A line with notes below it."""

    head: str
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Section:
    """A title with items below it."""

    title: str
    items: list[Item] = field(default_factory=list)


def as_text(title: str, sections: list[Section]) -> str:
    """Return sections as indented lines."""
    lines = [title]
    for section in sections:
        lines += ["", section.title]
        for item in section.items:
            lines.append(f"  {item.head}")
            lines += [f"      {note}" for note in item.notes]
    return "\n".join(lines) + "\n"


def as_markdown(title: str, sections: list[Section]) -> str:
    """Return sections as Markdown, whatever signs their texts hold."""
    lines = [f"# {escape_markdown(title)}"]
    for section in sections:
        lines += ["", f"## {section.title}", ""]
        for item in section.items:
            lines.append(f"- {escape_markdown(item.head)}")
            lines += [f"  - {escape_markdown(note)}" for note in item.notes]
    return "\n".join(lines) + "\n"


def as_html(title: str, sections: list[Section]) -> str:
    """Return sections as a piece of HTML that needs nothing else: every text escaped, later ones folded.

    Examples
    --------
    >>> as_html("D1", [Section("Stage", [Item("claimed: <M1>")])])[-95:]
    '<details open><summary>Stage (1)</summary><ul><li>claimed: &lt;M1&gt;</li></ul></details></div>'
    """
    folds = [_fold(section, is_open=place < _OPEN) for place, section in enumerate(sections)]
    return (
        f'<div class="kamrules" style="font-size:90%"><p><b>{safe_html(title)}</b></p>{"".join(folds)}</div>'
    )


def _fold(section: Section, *, is_open: bool) -> str:
    head = f"{safe_html(section.title)} ({len(section.items)})"
    return f"<details{' open' * is_open}><summary>{head}</summary>{items_html(section.items)}</details>"


def items_html(items: list[Item]) -> str:
    """Return lines as a list of HTML, the notes of each as a list in it."""
    lines = [f"<li>{safe_html(item.head)}{_notes_html(item.notes)}</li>" for item in items]
    return f"<ul>{''.join(lines)}</ul>"


def _notes_html(notes: list[str]) -> str:
    return f"<ul>{''.join(f'<li>{safe_html(note)}</li>' for note in notes)}</ul>" if notes else ""


def safe_html(text: str) -> str:
    """Return a text as HTML shows it: escaped, for an attribute too, its control characters made visible."""
    return escape(visible(text))
