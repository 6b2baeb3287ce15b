"""Where the people of an organisation chart stand: a place for each, and the lines of reporting.

Tops stand side by side and wrap; below each, its people stand in columns. Of all ways to stack them the
lowest is taken that is not too wide, so 40 people fit on a page. No loop and no unknown or twofold id drops
anybody: such a line is not followed, and its person becomes a top with the reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeVar

from kamrules.records.people import Stakeholder

CARD = (188.0, 108.0)
ROOM, WIDE = 1400.0, 1800.0  # px, for up to `_MANY` people and for more
_MANY = 25
_GAP, _STACK, _LEVEL, _INDENT, _TAG = 16.0, 22.0, 36.0, 20.0, 16.0
_LEAVES = (1, 2, 3, 5, 8)  # leaves in a column
_KEPT = 16  # arrangements of a block that are kept to choose from

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


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """A person with everybody below in one arrangement: its size, and who stands right below in columns."""

    row: int
    width: float = CARD[0]
    height: float = CARD[1]
    columns: tuple[_Column, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Column:
    """Blocks below one another; more than one hang on a line at their left."""

    blocks: tuple[_Block, ...]

    @property
    def indent(self) -> float:
        return _INDENT if len(self.blocks) > 1 else 0.0

    @property
    def width(self) -> float:
        return max(block.width for block in self.blocks) + self.indent

    @property
    def height(self) -> float:
        return sum(block.height for block in self.blocks) + _STACK * (len(self.blocks) - 1)


_T = TypeVar("_T", _Block, _Column)


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
    tops: list[int] = []
    for row, superior in enumerate(superiors):
        (tops if superior.row is None else below[superior.row]).append(row)
    order = list(tops)
    for row in order:  # grows while it is read
        order += below[row]
    options: list[list[_Block]] = [[] for _ in people]
    for row in reversed(order):
        options[row] = _options(row, below[row], options)
    tops.sort(key=lambda row: not below[row])
    room = ROOM if len(people) <= _MANY else WIDE
    return _drawn([_lowest(options[row], room) for row in tops], superiors, room)


def _lowest(options: Sequence[_T], width: float) -> _T:
    """Return the lowest option that is no wider than asked for, else the narrowest; they come by width."""
    return next((one for one in reversed(options) if one.width <= width), options[0])


def _options(row: int, kids: list[int], options: list[list[_Block]]) -> list[_Block]:
    """Return the arrangements of somebody with all below, each wider and lower than the one before."""
    if not kids:
        return [_Block(row)]
    heads = [kid for kid in kids if options[kid][0].columns]
    leaves = [kid for kid in kids if not options[kid][0].columns]
    found = []
    for deep in {1, 2, 3, max(1, len(heads))}:
        stacks = [_stack_options([options[kid] for kid in part]) for part in _chunks(heads, deep)]
        for length in {min(length, max(1, len(leaves))) for length in _LEAVES}:
            ends = [[_Column(tuple(options[kid][0] for kid in part))] for part in _chunks(leaves, length)]
            found += [_Block(row, *size, columns) for size, columns in _side_by_side(stacks + ends)]
    return _best(found)


def _stack_options(blocks: list[list[_Block]]) -> list[_Column]:
    """Return the arrangements of blocks below one another."""
    widths = sorted({option.width for options in blocks for option in options})
    least = max(options[0].width for options in blocks)
    columns = [
        _Column(tuple(_lowest(options, width) for options in blocks)) for width in widths if width >= least
    ]
    return _best(columns)


def _side_by_side(columns: list[list[_Column]]) -> Iterator[tuple[Point, tuple[_Column, ...]]]:
    """Yield the arrangements of columns, narrowest for each height: the size with the person above them."""
    least = max(min(option.height for option in options) for options in columns)
    for height in sorted({option.height for options in columns for option in options}):
        if height >= least:
            chosen = tuple(next(one for one in options if one.height <= height) for options in columns)
            width = sum(column.width for column in chosen) + _GAP * (len(chosen) - 1)
            yield (max(width, CARD[0]), CARD[1] + _LEVEL + height), chosen


def _best(options: list[_T]) -> list[_T]:
    """Return the options that are lower than every narrower one, by width; a few are enough."""
    kept: list[_T] = []
    for option in sorted(options, key=lambda one: (one.width, one.height)):
        if not kept or (option.height < kept[-1].height and option.width <= WIDE):
            kept.append(option)
    return kept[:_KEPT]


def _chunks(rows: list[int], size: int) -> list[list[int]]:
    """Return the rows in as few columns of at most `size` as do, of about one length."""
    count = -(-len(rows) // size)
    ends = [len(rows) * place // count for place in range(count + 1)] if count else []
    return [rows[start:end] for start, end in pairwise(ends)]


def _drawn(tops: list[_Block], superiors: tuple[Superior, ...], room: float) -> OrgChart:
    """Put the tops on shelves, and everybody below them."""
    cards: list[Point] = [(0.0, 0.0)] * len(superiors)
    lines: list[tuple[Point, ...]] = []
    x, y, deep, width = 0.0, _TAG, 0.0, 0.0
    for block in tops:
        if x and x + block.width > room:
            x, y, deep = 0.0, y + deep + _GAP + _TAG, 0.0
        waiting = [(block, (x, y))]
        while waiting:
            one, at = waiting.pop()
            cards[one.row] = (at[0] + (one.width - CARD[0]) / 2, at[1])
            waiting += _below(one, at, lines)
        x += block.width + _GAP
        deep = max(deep, block.height)
        width = max(width, x - _GAP)
    return OrgChart(tuple(cards), superiors, tuple(lines), width, y + deep)


def _below(block: _Block, at: Point, lines: list[tuple[Point, ...]]) -> Iterator[tuple[_Block, Point]]:
    """Yield the blocks right below somebody with their places, and draw the lines to them."""
    if not block.columns:
        return
    middle, foot = at[0] + block.width / 2, at[1] + CARD[1]
    bus, top = foot + _LEVEL / 2, foot + _LEVEL
    total = sum(column.width for column in block.columns) + _GAP * (len(block.columns) - 1)
    x, ends = at[0] + (block.width - total) / 2, [middle]
    for column in block.columns:
        y = top
        rail = x + (_INDENT if column.indent else column.width) / 2
        for one in column.blocks:
            yield one, (x + column.indent, y)
            level = y + CARD[1] / 2
            if column.indent:
                card = x + _INDENT + (one.width - CARD[0]) / 2
                lines.append(((rail, level), (card, level)))
            y += one.height + _STACK
        lines.append(((rail, bus), (rail, level if column.indent else top)))
        ends.append(rail)
        x += column.width + _GAP
    lines.append(((middle, foot), (middle, bus)))
    if max(ends) > min(ends):
        lines.append(((min(ends), bus), (max(ends), bus)))
