"""Pictures with continuous axes, by Altair: calibration, what gates are worth, deal health over time.

Every chart has its data in it; field names are ours and values are data, so no text of a user is read as an
expression.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from kamrules.engine import Engine
from kamrules.errors import ArgumentError, Fault, MissingExtraError
from kamrules.report.canvas import Canvas, number
from kamrules.report.converting import svg_of
from kamrules.report.ink import (
    BLUE,
    DIM,
    FONTS,
    FONTS_CHINESE,
    GREY,
    INK,
    NORMAL,
    PALE_BLUE,
    VERMILLION,
    wrapped,
)
from kamrules.report.picture import Picture, checked_language
from kamrules.report.words import said_verdict, say, subtitle
from kamrules.scoring.validation.skill import Measured, wilson
from kamrules.timeline.history import History, Standing, Step
from kamrules.wording import Language

try:
    import altair as alt
except ImportError as error:
    raise MissingExtraError(
        Fault("X-PLOT", "this picture needs Altair", hint="install `kamrules[plot]`")
    ) from error

_Chart = alt.LayerChart | alt.FacetChart
_WIDTH, _MARGIN = 900.0, 16.0
_PLOT = 620  # px
_SHOWN_STEPS, _SHOWN_REASONS = 12, 3
_SIZE = re.compile(r'<svg [^>]*?width="([\d.]+)" height="([\d.]+)"')
_VERDICTS = {"keep": ("circle", BLUE), "sharpen": ("triangle-up", DIM), "retire": ("square", VERMILLION)}


class Worth(Protocol):
    """One row of the gate values: a criterion, the difference it makes, and what to do with it."""

    @property
    def id(self) -> str:
        """The criterion."""

    @property
    def difference(self) -> Measured | None:
        """Share won when it is met less that when it is not, -1 to 1; None where nothing is known."""

    @property
    def verdict(self) -> str:
        """What to do with the criterion, in a word."""


def calibration(
    won: Sequence[bool],
    probabilities: Sequence[float],
    *,
    bins: int = 5,
    confidence: float = 0.9,
    language: Language = "en",
) -> Picture:
    """Draw how often deals were won against how often it was said they would be.

    Parameters
    ----------
    won : outcomes of deals that were not learned from
    probabilities : of winning, 0 to 1, one for each
    bins : groups of about as many deals, by probability. 5 by default: of 60 deals each share is then known
        to about 20 points either way (our choice)
    confidence : probability mass of the intervals
    language : "en" or "zh"

    Notes
    -----
    A group is drawn at the mean of its probabilities; its share won has a Wilson interval.

    Raises
    ------
    ArgumentError
        A-VALUE when lengths differ, a probability is none, `bins` is below 1, or for another language.

    Examples
    --------
    >>> calibration([True, False, True, False], [0.9, 0.2, 0.7, 0.4], bins=2).alt.split("; ")[0]
    'probability said 0.30: share won 0.00 (0.00 … 0.57), 2 deals'
    """
    checked_language(language)
    if len(won) != len(probabilities) or not all(0 <= one <= 1 for one in probabilities):
        raise ArgumentError(Fault("A-VALUE", "as many probabilities between 0 and 1 as outcomes expected"))
    if bins < 1:
        raise ArgumentError(Fault("A-VALUE", f"`{bins}` given for bins, 1 or more expected"))
    rows = []
    order = sorted(range(len(won)), key=probabilities.__getitem__)
    for place in range(bins):
        group = order[len(order) * place // bins : len(order) * (place + 1) // bins]
        if group:
            seen = wilson(sum(bool(won[one]) for one in group), len(group), confidence)
            said = sum(probabilities[one] for one in group) / len(group)
            rows.append(
                {"said": said, "seen": seen.value, "low": seen.low, "high": seen.high, "n": len(group)}
            )
    return _framed(
        "calibration",
        say("calibration.title", language),
        "",
        _calibration(rows, language),
        [],
        language,
        "; ".join(
            f"{say('calibration.said', language)} {row['said']:.2f}: {say('calibration.share', language)}"
            f" {row['seen']:.2f} ({row['low']:.2f} … {row['high']:.2f}),"
            f" {say('n_deals', language).format(row['n'])}"
            for row in rows
        ),
    )


def _calibration(rows: list[dict[str, Any]], language: Language) -> _Chart:
    share = alt.Scale(domain=[0, 1])
    x = alt.X("said:Q", scale=share, title=say("calibration.said", language))
    y = alt.Y("low:Q", scale=share, title=say("calibration.seen", language))
    points = alt.Chart(alt.InlineData(values=rows))
    ends = alt.Chart(alt.InlineData(values=[{"said": 0, "low": 0}, {"said": 1, "low": 1}]))
    label = {"said": 0.98, "low": 0.04, "text": f"- - {say('calibration.perfect', language)}"}
    return alt.layer(
        ends.mark_line(color=GREY, strokeDash=[5, 4]).encode(x=x, y=y),
        alt.Chart(alt.InlineData(values=[label]))
        .mark_text(color=DIM, align="right")
        .encode(x=x, y=y, text="text:N"),
        points.mark_rule(color=BLUE, strokeWidth=2).encode(x=x, y=y, y2="high:Q"),
        points.mark_tick(color=BLUE, thickness=2, size=12, orient="horizontal").encode(x=x, y=y),
        points.mark_tick(color=BLUE, thickness=2, size=12, orient="horizontal").encode(
            x=x, y=alt.Y("high:Q")
        ),
        points.mark_point(color=INK, filled=True, size=70, opacity=1).encode(x=x, y=alt.Y("seen:Q")),
        points.mark_text(align="left", dx=8, dy=-6).encode(x=x, y=alt.Y("seen:Q"), text="n:Q"),
    ).properties(width=420, height=420)


def gate_worth(engine: Engine, values: Iterable[Worth], *, language: Language = "en") -> Picture:
    """Draw what each criterion is worth: the difference of the share won, with its interval and verdict.

    A criterion of which nothing is known has a `?` and the whole width, not a zero.

    Parameters
    ----------
    engine : a compiled pack
    values : rows with `id`, `difference` and `verdict`, in the order to draw them
    language : "en" or "zh"

    Raises
    ------
    ArgumentError
        A-VALUE for another language.
    """
    checked_language(language)
    rows = [_worth_row(engine, value, language) for value in values]
    said = [
        f"{row['name']}: {row['value']:+.2f} ({row['low']:+.2f} … {row['high']:+.2f}), {row['told']}"
        if row["is_known"]
        else f"{row['name']}: {say('unknown_status', language)}, {row['told']}"
        for row in rows
    ]
    chart = _worth(rows, language)
    return _framed("worth", say("values.title", language), "", chart, [], language, "; ".join(said))


def _worth_row(engine: Engine, value: Worth, language: Language) -> dict[str, Any]:
    spec = engine.pack.criteria.get(value.id)
    name = f"{value.id} {spec.name.get(language)}" if spec is not None else value.id
    found = value.difference
    return {
        "name": name,
        "value": found.value if found is not None else 0.0,
        "low": found.low if found is not None else -1.0,
        "high": found.high if found is not None else 1.0,
        "is_known": found is not None,
        "told": said_verdict(value.verdict, language),
        "verdict": value.verdict,
        "mark": "" if found is not None else "?",
    }


def _worth(rows: list[dict[str, Any]], language: Language) -> _Chart:
    y = alt.Y("name:N", sort=[row["name"] for row in rows], title=None)
    x = alt.X("low:Q", scale=alt.Scale(domain=[-1, 1]), title=say("values.difference", language))
    middle = alt.X("value:Q")
    base = alt.Chart(alt.InlineData(values=rows))
    known, unknown = base.transform_filter("datum.is_known"), base.transform_filter("!datum.is_known")
    names = list(_VERDICTS)
    shape = alt.Shape(
        "verdict:N", legend=None, scale=alt.Scale(domain=names, range=[_VERDICTS[one][0] for one in names])
    )
    colour = alt.Color(
        "verdict:N", legend=None, scale=alt.Scale(domain=names, range=[_VERDICTS[one][1] for one in names])
    )
    return alt.layer(
        alt.Chart(alt.InlineData(values=[{"value": 0}]))
        .mark_rule(color=GREY, strokeDash=[5, 4])
        .encode(x=middle),
        known.mark_rule(color=DIM, strokeWidth=2).encode(x=x, x2="high:Q", y=y),
        unknown.mark_rule(color=GREY, strokeDash=[2, 4]).encode(x=x, x2="high:Q", y=y),
        known.mark_point(filled=True, size=90, opacity=1).encode(x=middle, y=y, shape=shape, color=colour),
        unknown.mark_text(fontWeight="bold").encode(x=middle, y=y, text="mark:N"),
        base.mark_text(align="left").encode(x=alt.value(_PLOT * 0.75 + 10), y=y, text="told:N"),
    ).properties(width=int(_PLOT * 0.75), height=alt.Step(24))


def health_over_time(engine: Engine, history: History, *, language: Language = "en") -> Picture:
    """Draw the interval of the deal health over time, with what moved it.

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
    rows = [row for row in map(_health_row, standings) if row is not None]
    if not rows:
        raise ArgumentError(Fault("A-VALUE", "a history of deals with health expected, seen one without"))
    moved = [step for step in history.steps if step.reasons or step.tripped]
    told = sorted(sorted(moved, key=_size, reverse=True)[:_SHOWN_STEPS], key=lambda step: step.after.day)
    marks = [
        {
            "day": step.after.day.isoformat(),
            "high": _highest(step),
            "text": str(place),
            "dy": place % 2,
        }
        for place, step in enumerate(told, 1)
    ]
    notes = [f"{place}. {_reasons(engine, step, language)}" for place, step in enumerate(told, 1)]
    if len(moved) > len(told):
        notes.append(say("ask.more", language).format(len(moved) - len(told)))
    title = subtitle([say("history.title", language), history.deal_id, history.name])
    first, last = rows[0], rows[-1]
    alt_text = "; ".join(
        [
            f"{row['day']}: {row['low']:.1f} … {row['high']:.1f} {say('points', language)}"
            for row in (first, last)
        ]
        + notes
    )
    days = f"{history.start.day} … {history.end.day}"
    return _framed("history", title, days, _health(rows, marks, language), notes, language, alt_text)


def _health_row(standing: Standing) -> dict[str, Any] | None:
    if standing.health is None:
        return None
    return {"day": standing.day.isoformat(), "low": standing.health[0], "high": standing.health[1]}


def _highest(step: Step) -> float:
    """Return the greater high end of the health before and after a step, above which its number stands."""
    return max(
        one.health[1] for one in (step.before, step.after) if one is not None and one.health is not None
    )


def _size(step: Step) -> float:
    return sum(abs(reason.points) for reason in step.reasons) + 100 * len(step.tripped)


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


def _health(rows: list[dict[str, Any]], marks: list[dict[str, Any]], language: Language) -> _Chart:
    axis = alt.Axis(format="%Y-%m-%d", tickCount=6, labelFlush=False)
    x = alt.X("day:T", scale=alt.Scale(type="utc"), axis=axis, title=say("day", language))
    y = alt.Y(
        "low:Q",
        scale=alt.Scale(domain=[0, 110]),
        axis=alt.Axis(values=list(range(0, 101, 20))),
        title=f"{say('health', language)} ({say('points', language)})",
    )
    base, numbers = alt.Chart(alt.InlineData(values=rows)), alt.Chart(alt.InlineData(values=marks))
    high = alt.Y("high:Q")
    layers = [
        base.mark_area(color=PALE_BLUE, opacity=1, interpolate="step-after").encode(x=x, y=y, y2="high:Q"),
        base.mark_line(color=BLUE, strokeWidth=2, interpolate="step-after").encode(x=x, y=y),
        base.mark_line(color=BLUE, strokeWidth=2, strokeDash=[5, 3], interpolate="step-after").encode(
            x=x, y=high
        ),
    ]
    for odd, dy in ((0, -10), (1, -24)):
        layers.append(
            numbers.transform_filter(f"datum.dy == {odd}")
            .mark_text(dy=dy, fontWeight="bold")
            .encode(x=x, y=high, text="text:N")
        )
    return alt.layer(*layers).properties(width=_PLOT + 150, height=280)


def _framed(  # noqa: PLR0913, PLR0917 - the parts of a picture
    kind: str, title: str, below: str, chart: _Chart, notes: list[str], language: Language, said: str
) -> Picture:
    """Return a chart below a heading of ours and above its notes."""
    fonts = FONTS_CHINESE if language == "zh" else FONTS
    axis = {
        "labelFontSize": NORMAL,
        "titleFontSize": NORMAL,
        "labelLimit": 460,
        "titleFontWeight": "normal",
        "labelColor": INK,
    }
    styled = chart.configure(
        background="transparent",
        font=fonts,
        axis=axis,
        text={"fontSize": NORMAL, "color": INK},
        view={"stroke": None},
        aria=False,
    )
    inner = svg_of(styled.to_dict())
    size = _SIZE.search(inner)
    assert size is not None
    width, height = float(size[1]), float(size[2])
    canvas = Canvas()
    whole = max(_WIDTH, width + 2 * _MARGIN)
    top = canvas.heading(title, below, whole)
    canvas.parts.append(inner.replace("<svg ", f'<svg x="{number(_MARGIN)}" y="{number(top)}" ', 1))
    y = top + height + 24
    for note in notes:
        for line in wrapped(note, whole - 2 * _MARGIN):
            canvas.text(_MARGIN, y, line)
            y += 17
        y += 3
    return Picture(kind, title, f"{said}.", language, whole, y, canvas.body)
