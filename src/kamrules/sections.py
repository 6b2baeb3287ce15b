"""Titled sections of short lines, as text or as Markdown."""

from __future__ import annotations

from dataclasses import dataclass, field

from kamrules.wording import escape_markdown


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
