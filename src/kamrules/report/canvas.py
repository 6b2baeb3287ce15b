"""SVG elements, one after the other: texts escaped and cut to their room, shapes for verdicts and stances.

Numbers are written to a tenth of a px, so the same picture is the same text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal
from xml.sax.saxutils import escape

from kamrules.report.ink import LARGE, NORMAL, SMALL, fitted, has_wide
from kamrules.source import visible

Shape = Literal["up2", "up", "dot", "down", "down2", "check", "cross", "dash", "unknown"]
Point = tuple[float, float]
_BOLD = 1.07  # how much wider bold letters are, after Arial
_SIZES = {"s": SMALL, "d": SMALL, "h": LARGE}
_FILLED = {
    "up2": "m0-7l6 7h-12zm0 7l6 7h-12z",
    "up": "m0-6l7 12h-14z",
    "down": "m0 6l7-12h-14z",
    "down2": "m0 0l6-7h-12zm0 7l6-7h-12z",
    "dot": "m-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0z",
}
# A verdict's shape: the class of the stroke it is made of, what is drawn with it, and the lines on it. A line
# of no length with round or square ends is a disc or a square, in a dozen letters.
_SIGNS = {
    "check": ("sg", "h0", "m-3 0l2 3l4-6"),
    "cross": ("sr", "h0", "m-3-3l6 6m0-6l-6 6"),
    "dash": ("sn", "m-6 0h12", ""),
    "unknown": (
        "u",
        "m-7 0a7 7 0 1 0 14 0a7 7 0 1 0-14 0z",
        "m-2-2a2.3 2.3 0 1 1 3.2 2.4q-1.2.6-1.2 1.4m0 1.6v.6",
    ),
}


def number(value: float) -> str:
    """Return a coordinate to a tenth.

    Examples
    --------
    >>> number(12.0), number(0.25), number(-0.01)
    ('12', '0.2', '0')
    """
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


class Canvas:
    """Takes elements in the order in which they are painted; `body` is all of them."""

    def __init__(self) -> None:
        self.parts: list[str] = []

    @property
    def body(self) -> str:
        """The elements as one text."""
        return "".join(self.parts)

    def text(  # noqa: PLR0913 - where, what and how
        self,
        x: float,
        y: float,
        text: str,
        style: str = "",
        *,
        room: float | None = None,
        anchor: Literal["start", "middle", "end"] = "start",
        turned: bool = False,
    ) -> None:
        """Write a text with its base line at `y`; where it is cut to its room, a tooltip has all of it."""
        style, shown = _lettered(text, style, room)
        more = f' class="{style}"' if style else ""
        more += f' text-anchor="{anchor}"' if anchor != "start" else ""
        more += f' transform="rotate(-90 {number(x)} {number(y)})"' if turned else ""
        self.parts.append(f'<text x="{number(x)}" y="{number(y)}"{more}>{shown}</text>')

    def box(self, at: Point, size: Point, style: str, *, radius: float = 0) -> None:
        """Draw a rectangle from its upper left corner."""
        round_ = f' rx="{number(radius)}"' if radius else ""
        (x, y), (width, height) = at, size
        self.parts.append(
            f'<rect class="{style}" x="{number(x)}" y="{number(y)}"'
            f' width="{number(width)}" height="{number(height)}"{round_}/>'
        )

    def hatched(self, at: Point, size: Point) -> None:
        """Draw a dashed rectangle with slanted strokes in it, for what is unknown."""
        (x, y), (width, height) = at, size
        self.box(at, size, "u")
        count = int(width // 6)
        strokes = [f"M{number(x + 6 * one)} {number(y + height)}l6-{number(height)}" for one in range(count)]
        if strokes:
            self.path("".join(strokes), "t")

    def line(self, points: Iterable[Point], style: str, *, width: float = 1) -> None:
        """Draw a line through points."""
        drawn = "L".join(f"{number(x)} {number(y)}" for x, y in points)
        self.path(f"M{drawn}", style, width=width)

    def path(self, data: str, style: str, *, width: float = 1) -> None:
        """Draw SVG path data."""
        thick = f' stroke-width="{number(width)}"' if width != 1 else ""
        self.parts.append(f'<path class="{style}" d="{data}"{thick}/>')

    def shape(self, shape: Shape, x: float, y: float, style: str = "i") -> None:
        """Draw a shape around a point, some 14 px wide; verdicts have a colour of their own."""
        self.shapes(shape, [(x, y)], style)

    def shapes(self, shape: Shape, points: Sequence[Point], style: str = "i") -> None:
        """Draw one shape around many points, in one element or two."""
        starts = [f"M{number(x)} {number(y)}" for x, y in points]
        if not starts:
            return
        if shape in _FILLED:
            self.path("".join(start + _FILLED[shape] for start in starts), style)
            return
        ground_style, ground, sign = _SIGNS[shape]
        self.path("".join(start + ground for start in starts), ground_style)
        if sign:
            self.path("".join(start + sign for start in starts), "q" if shape == "unknown" else "w")

    def heading(self, title: str, subtitle: str, width: float) -> float:
        """Write the title of the picture and what it is of; return where the rest may start."""
        self.text(16, 26, title, "h", room=width - 32)
        if not subtitle:
            return 42
        self.text(16, 45, subtitle, "d", room=width - 32)
        return 60


@lru_cache(maxsize=4096)
def _lettered(text: str, style: str, room: float | None) -> tuple[str, str]:
    """Return the classes of a text and its letters, escaped and cut to its room with a tooltip."""
    text = visible(text).replace("\n", " ")
    classes = style.split()
    size: float = next((_SIZES[name] for name in classes if name in _SIZES), NORMAL)
    size *= _BOLD if "b" in classes else 1
    kept = text if room is None else fitted(text, room, size)
    tip = f"<title>{escape(text)}</title>" if kept != text else ""
    return " ".join([*classes, "z"] if has_wide(text) else classes), escape(kept) + tip
