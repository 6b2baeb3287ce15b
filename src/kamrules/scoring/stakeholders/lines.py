"""Lines between people: levels of the reporting line we cover, and how far our supporters' word reaches.

Promises: loops, lines to people who are not listed and ids used twice are reported and never followed, so no
order of the list and no bad line changes more than itself.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kamrules.scoring.stakeholders.interval import Answer, Interval, all_of, interval
from kamrules.scoring.stakeholders.people import SUPPORT, Chart, Person


@dataclass(frozen=True, slots=True)
class Levels:
    """Levels of the reporting line on which we know somebody; see `levels_of`."""

    covered: Interval
    enough: Answer


@dataclass(frozen=True, slots=True)
class Note:
    """Something odd in the list: `kind`, and the paths or ids it is about."""

    kind: str
    about: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a person stands: `depth` counted from row `top`, `is_fixed` when the top's superior is known."""

    top: int
    depth: int
    is_fixed: bool


@dataclass(frozen=True, slots=True)
class _Line:
    """Levels, relative to the top, on which somebody surely or possibly was contacted."""

    sure: set[int] = field(default_factory=set)
    possible: set[int] = field(default_factory=set)


def levels_of(chart: Chart) -> Levels:
    """Count the levels of the reporting line on which somebody was contacted.

    Parameters
    ----------
    chart : Chart

    Returns
    -------
    Levels
        `covered`, 0 to n: distinct levels with a contacted person. A person's level is 1 plus the level of
        the superior (`reports_to`), and 1 when the superior is empty, not listed, or the person.
        `enough`: at least `required_levels` are covered.

    Notes
    -----
    Where a superior is unknown, the level is known only relative to the unknown top. Blanks are filled
    without closing a loop (real reporting lines have none). Exact when all people hang together under one
    top; else sound: the low end is the best single line, the high end lets no two lines share a level.
    In a loop that is recorded, each person's level is the number of people met on the way up.

    References
    ----------
    HANDBOOK RM.6: at a state-owned buyer "at least 2 levels covered".
    """
    if not chart.is_listed:
        covered = chart.no_list(0, math.inf)
        return Levels(covered, covered.at_least(chart.policy.required_levels))
    tops: dict[int, _Line] = {}
    fixed = _Line()
    missing: list[str] = []
    for person, place in zip(chart.people, _places(chart.people), strict=True):
        line = fixed if place.is_fixed else tops.setdefault(place.top, _Line())
        contacted = person.contacted
        missing += contacted.missing
        if contacted.truth is not False:
            line.possible.add(place.depth)
        if contacted.truth:
            line.sure.add(place.depth)
    lines = [line for line in (fixed, *tops.values()) if line.possible]
    if len(lines) > 1:
        missing += [chart.people[top].at("reports_to") for top in tops if tops[top].possible]
    low = max((len(line.sure) for line in lines), default=0)
    high = sum(len(line.possible) for line in lines)
    covered = interval((low, high), missing)
    return Levels(covered, covered.at_least(chart.policy.required_levels))


def _places(people: Sequence[Person]) -> Iterator[_Place]:
    """Yield each person's place, going up until a top, an unknown superior or somebody already passed."""
    row_of = _rows(people)
    for start in range(len(people)):
        at, passed = start, {start}
        while True:
            superior = people[at].record.reports_to
            above = row_of.get((superior or "").strip())
            if above is None or above in passed:
                break
            at = above
            passed.add(at)
        yield _Place(top=at, depth=len(passed), is_fixed=superior is not None)


def _rows(people: Sequence[Person]) -> dict[str, int]:
    """Return the row of each id that names exactly one person."""
    names = Counter(_ids(people))
    return {
        name: row
        for row, person in enumerate(people)
        if names[name := (person.record.id or "").strip()] == 1 and name
    }


def _ids(people: Iterable[Person]) -> Iterator[str]:
    return (name for person in people if (name := (person.record.id or "").strip()))


def reach_of(chart: Chart) -> Interval:
    """Measure how much of the decision group our supporters' word reaches.

    Parameters
    ----------
    chart : Chart

    Returns
    -------
    Interval
        0 to 1: people of the decision group who are mentor or supporter, or to whom a chain of influence
        lines leads from one / people of the decision group; 0 for an empty group. A line counts from
        strength `line_strength` on; conflict lines do not. Supporters outside the group count as sources.

    Notes
    -----
    Exact where everybody has an id: the least has no open line and no open support, the most has all of
    them. Somebody whose lines are unknown may influence everybody, and people without an id too. A better
    stance and one more line never lower it. Loops do no harm; a line to somebody not listed, or to an id
    used twice, leads nowhere.

    References
    ----------
    Influence edges: HANDBOOK RM.0 and the data note of RM.6. The measure is our choice.
    """
    if not chart.is_listed:
        return chart.no_list(0, 1)
    backs = [person.among("stance", SUPPORT) for person in chart.people]
    row_of = _rows(chart.people)
    limit = chart.policy.line_strength
    lines = [list(_lines(person, row_of, limit)) for person in chart.people]
    sure = _reached(lines, [answer.truth is True for answer in backs], sure=True)
    maybe = _reached(lines, [answer.truth is not False for answer in backs], sure=False)
    members = [person.record.is_key_player for person in chart.people]
    inside = sum(member is True and row in sure for row, member in enumerate(members))
    may_miss = sum(member is not False and row not in sure for row, member in enumerate(members))
    may_hit = sum(member is not False and row in maybe for row, member in enumerate(members))
    outside = sum(member is True and row not in maybe for row, member in enumerate(members))
    low = inside / (inside + may_miss) if inside else 0.0
    high = may_hit / (may_hit + outside) if may_hit else 0.0
    return interval((low, high), _open_lines(chart, backs, lines))


_Target = tuple[int | None, Answer]


def _lines(person: Person, row_of: Mapping[str, int], limit: float) -> Iterator[_Target]:
    """Yield the person's influence lines: the row influenced (None: anybody) and whether the line counts."""
    if person.record.influences is None:
        yield None, Answer(None, (person.at("influences"),))
        return
    for place, line in enumerate(person.record.influences):
        path = f"{person.at('influences')}[{place}]"
        is_influence = (
            Answer(line.kind == "influence") if line.kind is not None else Answer(None, (f"{path}.kind",))
        )
        is_strong = (
            Answer(line.strength >= limit)
            if line.strength is not None
            else Answer(None, (f"{path}.strength",))
        )
        counts = all_of((is_influence, is_strong))
        if counts.truth is False:
            continue
        if line.on is None:
            yield None, Answer(None, (f"{path}.on", *counts.missing))
        elif line.on.strip() in row_of:
            yield row_of[line.on.strip()], counts


def _reached(lines: Sequence[Sequence[_Target]], starts: Sequence[bool], *, sure: bool) -> set[int]:
    """Return the rows that the starting rows reach, themselves included, over sure or possible lines."""
    reached = {row for row, is_start in enumerate(starts) if is_start}
    waiting = list(reached)
    while waiting:
        for target, counts in lines[waiting.pop()]:
            if sure and not counts.truth:
                continue
            found = set(range(len(lines))) if target is None else {target}
            waiting += found - reached
            reached |= found
    return reached


def _open_lines(chart: Chart, backs: Sequence[Answer], lines: Sequence[Sequence[_Target]]) -> Iterator[str]:
    for person, answer, targets in zip(chart.people, backs, lines, strict=True):
        yield from person.says("is_key_player").missing
        yield from answer.missing
        for _, counts in targets:
            yield from counts.missing


def notes_of(chart: Chart) -> tuple[Note, ...]:
    """Return what is odd in the list: ids used twice, lines to nobody, loops, people left out.

    Parameters
    ----------
    chart : Chart

    Returns
    -------
    tuple of Note
        `duplicate_id` (paths of the people, each of whom is counted), `unlisted_superior` and
        `unlisted_influence` (the paths of lines that lead nowhere), `reporting_loop` (paths of the people in
        it), `left_out` (paths of people no measure counts).
    """
    return tuple(
        Note(kind, about)
        for kind, about in (
            ("duplicate_id", _duplicates(chart)),
            ("unlisted_superior", _unlisted_superiors(chart)),
            ("unlisted_influence", _unlisted_influences(chart)),
            ("reporting_loop", _loops(chart)),
            ("left_out", tuple(who.path for who in chart.left_out)),
        )
        if about
    )


def _duplicates(chart: Chart) -> tuple[str, ...]:
    names = Counter(_ids(chart.people))
    return tuple(p.path for p in chart.people if names[(p.record.id or "").strip()] > 1)


def _unlisted_superiors(chart: Chart) -> tuple[str, ...]:
    known = _rows(chart.people).keys() | {who.id for who in chart.left_out} | {""}
    return tuple(p.at("reports_to") for p in chart.people if (p.record.reports_to or "").strip() not in known)


def _unlisted_influences(chart: Chart) -> tuple[str, ...]:
    known = _rows(chart.people).keys() | {who.id for who in chart.left_out}
    return tuple(
        f"{person.at('influences')}[{place}].on"
        for person in chart.people
        for place, line in enumerate(person.record.influences or ())
        if line.on is not None and line.on.strip() not in known
    )


def _loops(chart: Chart) -> tuple[str, ...]:
    row_of = _rows(chart.people)
    above = [row_of.get((person.record.reports_to or "").strip()) for person in chart.people]
    looped = []
    for row, person in enumerate(chart.people):
        at, steps = above[row], 0
        while at is not None and at != row and steps < len(above):
            at, steps = above[at], steps + 1
        if at == row:
            looped.append(person.path)
    return tuple(looped)
