"""Where the people of an organisation chart stand: a place for each, and the lines of reporting.

Tops stand side by side and wrap; below each, its people stand in columns, leaves five to a column, so that 40
people stay within about 1,400 px. No loop, unknown or twofold id drops anybody: such a line is not followed,
and its person becomes a top with the reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from kamrules.records.people import Stakeholder

CARD = (188.0, 108.0)
ROOM = 1400.0
_GAP, _STACK, _LEVEL, _INDENT, _TAG = 16.0, 22.0, 36.0, 20.0, 16.0
_LEAVES = 5  # leaves in a column
_PARTS = (1.0, 0.85, 0.7, 0.5)  # of its share that a block may take; the lowest chart that fits is drawn

Why = Literal["listed", "none", "unknown", "unlisted", "loop"]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Superior:
    """Whom a person reports to: the row of somebody listed, else why there is none to draw."""

    why: Why
    row: int | None = None
    id: str = ""


@dataclass(frozen=True, slots=True)
class OrgChart:
    """The upper left corner of each person's card, the lines, and the size of all."""

    places: tuple[Point, ...]
    superiors: tuple[Superior, ...]
    lines: tuple[tuple[Point, ...], ...]
    width: float
    height: float


@dataclass(slots=True)
class _Block:
    """A person with everybody below: its size, and the people right below in columns."""

    width: float = CARD[0]
    height: float = CARD[1]
    columns: list[list[int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Shelf:
    """The upper left corner of each top's block, and the size of all."""

    at: dict[int, Point]
    width: float
    height: float


def rows_by_id(people: Sequence[Stakeholder]) -> dict[str, int]:
    """Return the row of each id that names exactly one person."""
    ids = [(person.id or "").strip() for person in people]
    names = Counter(ids)
    return {name: row for row, name in enumerate(ids) if name and names[name] == 1}


def superiors_of(people: Sequence[Stakeholder]) -> tuple[Superior, ...]:
    """Return whom each person reports to; the first person of a loop stands at its top."""
    rows = rows_by_id(people)
    found = [_superior(person, rows) for person in people]
    for start in range(len(people)):
        at, passed = found[start].row, {start}
        while at is not None and at not in passed:
            passed.add(at)
            at = found[at].row
        if at == start:
            found[start] = Superior("loop")
    return tuple(found)


def _superior(person: Stakeholder, rows: dict[str, int]) -> Superior:
    name = None if person.reports_to is None else person.reports_to.strip()
    if name is None:
        return Superior("unknown")
    if not name:
        return Superior("none")
    return Superior("listed", rows[name]) if name in rows else Superior("unlisted", id=name)


def arrange(people: Sequence[Stakeholder]) -> OrgChart:
    """Return where everybody stands; who is listed first stands further left."""
    superiors = superiors_of(people)
    below: list[list[int]] = [[] for _ in people]
    tops = []
    for row, superior in enumerate(superiors):
        (tops if superior.row is None else below[superior.row]).append(row)
    order = list(tops)
    for row in order:  # grows while it is read
        order += below[row]
    tops.sort(key=lambda row: not below[row])
    tries = [_blocks(order, below, part) for part in _PARTS]
    shelves = [_shelve(tops, blocks) for blocks in tries]
    best = min(range(len(tries)), key=lambda place: (shelves[place].width > ROOM, shelves[place].height))
    blocks, shelf = tries[best], shelves[best]
    places: list[Point] = [shelf.at.get(row, (0.0, 0.0)) for row in range(len(people))]
    lines: list[tuple[Point, ...]] = []
    for row in order:
        _place_below(row, blocks, places, lines)
    corners = tuple((x + (block.width - CARD[0]) / 2, y) for (x, y), block in zip(places, blocks, strict=True))
    return OrgChart(corners, superiors, tuple(lines), shelf.width, shelf.height)


def _blocks(order: list[int], below: list[list[int]], part: float) -> list[_Block]:
    """Return the block of each person, where a block takes `part` of its share of the room."""
    rooms = _rooms(order, below, part)
    blocks = [_Block() for _ in order]
    for row in reversed(order):
        if below[row]:
            blocks[row] = _block(below[row], blocks, rooms[row])
    return blocks


def _rooms(order: list[int], below: list[list[int]], part: float) -> list[float]:
    """Return how wide the block of each person should be at most: a share by the number of people in it."""
    sizes = [1] * len(order)
    for row in reversed(order):
        sizes[row] += sum(sizes[kid] for kid in below[row])
    rooms = [ROOM] * len(order)
    for row in order:
        for kid in below[row]:
            rooms[kid] = part * rooms[row] * sizes[kid] / (sizes[row] - 1)
    return rooms


def _block(kids: list[int], blocks: list[_Block], room: float) -> _Block:
    """Return the block of somebody with people below, as flat as fits."""
    heads = [row for row in kids if blocks[row].columns]
    leaves = [row for row in kids if not blocks[row].columns]
    for deep in range(1, len(kids) + 1):
        columns = _chunks(heads, deep) + _chunks(leaves, max(deep, _LEAVES if len(leaves) > 2 else 1))  # noqa: PLR2004 - a pair stands side by side
        width = sum(_width(column, blocks) for column in columns) + _GAP * (len(columns) - 1)
        if width <= room:
            break
    height = max(_height(column, blocks) for column in columns)
    return _Block(max(width, CARD[0]), CARD[1] + _LEVEL + height, columns)


def _chunks(rows: list[int], size: int) -> list[list[int]]:
    """Return the rows in as few columns of at most `size` as do, of about one length."""
    count = -(-len(rows) // size)
    ends = [len(rows) * place // count for place in range(count + 1)] if count else []
    return [rows[start:end] for start, end in zip(ends, ends[1:], strict=False)]


def _width(column: list[int], blocks: list[_Block]) -> float:
    return max(blocks[row].width for row in column) + (_INDENT if len(column) > 1 else 0)


def _height(column: list[int], blocks: list[_Block]) -> float:
    return sum(blocks[row].height for row in column) + _STACK * (len(column) - 1)


def _shelve(tops: list[int], blocks: list[_Block]) -> _Shelf:
    """Put the tops on shelves of at most `ROOM`."""
    x, y, deep, width = 0.0, _TAG, 0.0, 0.0
    at = {}
    for row in tops:
        block = blocks[row]
        if x and x + block.width > ROOM:
            x, y, deep = 0.0, y + deep + _GAP + _TAG, 0.0
        at[row] = (x, y)
        x += block.width + _GAP
        deep = max(deep, block.height)
        width = max(width, x - _GAP)
    return _Shelf(at, width, y + deep)


def _place_below(row: int, blocks: list[_Block], places: list[Point], lines: list[tuple[Point, ...]]) -> None:
    """Place the people right below somebody, and draw the lines to them."""
    block = blocks[row]
    if not block.columns:
        return
    (left, top), middle = places[row], places[row][0] + block.width / 2
    total = sum(_width(column, blocks) for column in block.columns) + _GAP * (len(block.columns) - 1)
    x = left + (block.width - total) / 2
    bus = top + CARD[1] + _LEVEL / 2
    ends = [middle]
    for column in block.columns:
        width, y = _width(column, blocks), top + CARD[1] + _LEVEL
        is_stack = len(column) > 1
        for kid in column:
            places[kid] = (x + _INDENT if is_stack else x, y)
            edge = places[kid][0] + (blocks[kid].width - CARD[0]) / 2
            if is_stack:
                level = y + CARD[1] / 2
                lines.append(((x + _INDENT / 2, level), (edge, level)))
            else:
                lines.append(((x + width / 2, bus), (x + width / 2, y)))
            y += blocks[kid].height + _STACK
        if is_stack:
            lines.append(((x + _INDENT / 2, bus), (x + _INDENT / 2, places[column[-1]][1] + CARD[1] / 2)))
        ends.append(x + (_INDENT if is_stack else width) / 2)
        x += width + _GAP
    lines.append(((middle, top + CARD[1]), (middle, bus)))
    if max(ends) > min(ends):
        lines.append(((min(ends), bus), (max(ends), bus)))
