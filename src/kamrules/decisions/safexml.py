"""XML of strangers as a small tree: no document types, so no entities to expand or to fetch; bounded.

Expat is the parser of the standard library. A document type is refused before any of it is read, which rules
out the billion laughs, external entities and external subsets at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from kamrules.errors import Fault, InputError
from kamrules.source import Span

# Our choice: tables of people are far smaller.
MAX_BYTES = 10_000_000
MAX_DEPTH = 60
MAX_ELEMENTS = 200_000


@dataclass(slots=True)
class Element:
    """An element: namespace, local name, attributes without a namespace, children, and its own text."""

    space: str
    name: str
    attributes: dict[str, str]
    line: int
    children: list[Element] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text right inside the element."""
        return "".join(self.parts)

    def all(self, name: str) -> list[Element]:
        """Return the children of a local name, in the element's own namespace."""
        return [child for child in self.children if child.name == name and child.space == self.space]

    def one(self, name: str) -> Element | None:
        """Return the first child of a local name."""
        return next(iter(self.all(name)), None)


class _Refused(Exception):  # noqa: N818 - becomes a fault at once
    """What the document holds is not read."""


def read_xml(path: Path) -> Element:
    """Return the root element of a file.

    Raises
    ------
    InputError
        I-FILE, I-SIZE or I-XML: unreadable, too large, a document type, not well formed.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            message = f"the file has {size} bytes, at most {MAX_BYTES} are read"
            raise InputError(Fault("I-SIZE", message, where=path.name))
        raw = path.read_bytes()
    except OSError as problem:
        reason = (problem.strerror or "cannot be opened").lower()
        raise InputError(Fault("I-FILE", f"cannot read `{path}`: {reason}")) from None
    builder = _Builder()
    try:
        builder.parser.Parse(raw, True)
    except expat.ExpatError as problem:
        span = Span(path.name, problem.lineno, problem.offset + 1)
        raise InputError(Fault("I-XML", f"not XML: {expat.ErrorString(problem.code)}", span)) from None
    except _Refused as problem:
        span = Span(path.name, builder.parser.CurrentLineNumber, 1)
        raise InputError(Fault("I-XML", str(problem), span)) from None
    assert builder.root is not None, "a document without an element is not well formed"
    return builder.root


class _Builder:
    """Takes what expat finds and builds elements."""

    def __init__(self) -> None:
        self.root: Element | None = None
        self.open: list[Element] = []
        self.count = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _doctype(self, *_: object) -> None:
        raise _Refused("a document type is not read, it may hold entities")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if self.count > MAX_ELEMENTS or len(self.open) >= MAX_DEPTH:
            raise _Refused(f"more than {MAX_ELEMENTS} elements, or nested deeper than {MAX_DEPTH}")
        space, _, local = name.rpartition(" ")
        own = {key: value for key, value in attributes.items() if " " not in key}
        element = Element(space, local, own, self.parser.CurrentLineNumber)
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)

    def _end(self, _: str) -> None:
        self.open.pop()

    def _text(self, text: str) -> None:
        if self.open:
            self.open[-1].parts.append(text)
