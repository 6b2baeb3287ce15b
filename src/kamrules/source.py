"""Where in a file a thing was written, and how to show it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A place in a text: `path`, 1-based `line` and `column` (column counts characters)."""

    path: str = ""
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}" if self.path else f"{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of rule text together with where its first character stands in a file.

    `indent` is the column (1-based) at which every later line of the text begins: the indent of a
    YAML literal block, so that an offset inside the text maps to a line and column of the file.
    """

    text: str
    start: Span = Span()
    indent: int = 1

    def span_at(self, offset: int) -> Span:
        """Return the place in the file of the character at `offset` (0-based) of this text."""
        before = self.text[:offset]
        row = before.count("\n")
        column = offset - (before.rfind("\n") + 1)
        first = self.start.column if row == 0 else self.indent
        return Span(self.start.path, self.start.line + row, first + column)


def visible(text: str) -> str:
    """Return text with control characters shown as `·`, so that data cannot drive a terminal."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in " \n" else "·" for char in text)
