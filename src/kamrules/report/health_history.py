"""The deal health over time as a picture: its interval, and what moved it."""

from __future__ import annotations

from typing import Any

from kamrules.engine import Engine
from kamrules.errors import ArgumentError, Fault
from kamrules.report.charts import Frame, framed, health_chart
from kamrules.report.picture import Picture, checked_language
from kamrules.report.words import say, subtitle
from kamrules.timeline.history import History, Standing, Step
from kamrules.wording import Language

_SHOWN_STEPS, _SHOWN_REASONS = 12, 3
_OF_A_RED_LINE = 100.0  # points: a step that trips a red line is told before any other


def health_over_time(engine: Engine, history: History, *, language: Language = "en") -> Picture:
    """Draw the interval of the deal health over time.

    Numbers mark the days with the greatest moves, which are told below.

    Parameters
    ----------
    engine : a compiled pack
    history : what `kamrules.timeline.history.history_of` returns
    language : "en" or "zh"

    Raises
    ------
    ArgumentError
        A-VALUE when the pack gives no health, or for another language.
    """
    checked_language(language)
    standings = [history.start, *(step.after for step in history.steps), history.end]
    rows = [row for row in map(_row, standings) if row is not None]
    if not rows:
        raise ArgumentError(Fault("A-VALUE", "a history of a deal with health expected, seen one without"))
    moved = [step for step in history.steps if step.reasons or step.tripped]
    greatest = sorted(moved, key=_size, reverse=True)[:_SHOWN_STEPS]
    told = sorted(greatest, key=lambda step: step.after.day)
    marks = [
        {"day": step.after.day.isoformat(), "high": _highest(step), "text": str(place)}
        for place, step in enumerate(told, 1)
    ]
    notes = [f"{place}. {_reasons(engine, step, language)}" for place, step in enumerate(told, 1)]
    if len(moved) > len(told):
        notes.append(say("ask.more", language).format(len(moved) - len(told)))
    ends = [
        f"{row['day']}: {row['low']:.1f} … {row['high']:.1f} {say('points', language)}"
        for row in (rows[0], rows[-1])
    ]
    frame = Frame(
        kind="history",
        title=subtitle([say("history.title", language), history.deal_id, history.name]),
        said="; ".join([*ends, *notes]),
        below=f"{history.start.day} … {history.end.day}",
        notes=tuple(notes),
    )
    return framed(health_chart(rows, marks, language), frame, language)


def _row(standing: Standing) -> dict[str, Any] | None:
    if standing.health is None:
        return None
    return {"day": standing.day.isoformat(), "low": standing.health[0], "high": standing.health[1]}


def _highest(step: Step) -> float:
    """Return the greater high end of the health before and after a step, above which its number stands."""
    standings = [one for one in (step.before, step.after) if one is not None]
    return max((one.health[1] for one in standings if one.health is not None), default=0.0)


def _size(step: Step) -> float:
    return sum(abs(reason.points) for reason in step.reasons) + _OF_A_RED_LINE * len(step.tripped)


def _reasons(engine: Engine, step: Step, language: Language) -> str:
    entries = engine.pack.scorecards[engine.pack.health or ""].entries
    parts = []
    for reason in step.reasons[:_SHOWN_REASONS]:
        title = entries[reason.id].title if reason.id in entries else None
        parts.append(f"{reason.points:+.1f} {title.get(language) if title is not None else reason.id}")
    if len(step.reasons) > _SHOWN_REASONS:
        parts.append(say("ask.more", language).format(len(step.reasons) - _SHOWN_REASONS))
    if step.tripped:
        parts.append(f"{say('red_lines', language)}: {', '.join(step.tripped)}")
    return f"{step.after.day}: {'; '.join(parts)}"
