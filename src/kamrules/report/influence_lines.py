"""The lines of influence and conflict on the stakeholder map: curves from card to card."""

from __future__ import annotations

from kamrules.records.people import InfluenceLine
from kamrules.report.canvas import Canvas, Point, number
from kamrules.report.orgchart import CARD

LINES: dict[str | None, tuple[str, str]] = {
    "influence": ("li", "blue"),
    "conflict": ("lc", "red"),
    None: ("lq", "i"),
}


def draw_line(canvas: Canvas, start: Point, end: Point, line: InfluenceLine) -> None:
    """Draw a line between two cards, thicker for more strength, with an arrow at its end."""
    style, tip = LINES[line.kind]
    ((x1, y1), (x2, y2)), steer = _route(start, end)
    bends = " ".join(f"{number(x)} {number(y)}" for x, y in (*steer, (x2, y2)))
    canvas.path(f"M{number(x1)} {number(y1)}C{bends}", style, width=1 + 2 * (line.strength or 0.0))
    canvas.path(_arrow((x2, y2), steer[1]), tip)


def _route(start: Point, end: Point) -> tuple[tuple[Point, Point], tuple[Point, Point]]:
    """Return where a line leaves and arrives, and the two points that bend it."""
    (x1, y1), (x2, y2), (width, height) = start, end, CARD
    if abs(y1 - y2) < height:  # side by side: from above to above
        ends = (
            ((x1 + width * 0.7, y1), (x2 + width * 0.3, y2))
            if x1 < x2
            else ((x1 + width * 0.3, y1), (x2 + width * 0.7, y2))
        )
        lift = min(y1, y2) - 22
        return ends, ((ends[0][0], lift), (ends[1][0], lift))
    side = 1 if x2 >= x1 else -1
    leave = x1 + width if side > 0 else x1
    if abs(x1 - x2) < width:  # one above the other: out at one side and back
        edge = max(x1, x2) + width + 16
        return ((x1 + width, y1 + height / 2), (x2 + width, y2 + height / 2)), (
            (edge, y1 + height / 2),
            (edge, y2 + height / 2),
        )
    arrive = x2 if side > 0 else x2 + width
    a, b = y1 + height / 2, y2 + height / 2
    middle = (leave + arrive) / 2
    return ((leave, a), (arrive, b)), ((middle, a), (middle, b))


def _arrow(tip: Point, back: Point) -> str:
    """Return a small triangle with its tip at a point, coming from another."""
    (x, y), (u, v) = tip, back
    length = ((x - u) ** 2 + (y - v) ** 2) ** 0.5 or 1.0
    dx, dy = (x - u) / length * 9, (y - v) / length * 9
    a, b = (x - dx - dy * 0.45, y - dy + dx * 0.45), (x - dx + dy * 0.45, y - dy - dx * 0.45)
    return "M" + "L".join(f"{number(p)} {number(q)}" for p, q in ((x, y), a, b)) + "z"
