"""Charts with continuous axes, by Altair, framed as pictures.

Every chart has its data in it; field names are ours and texts are data, so nothing a user wrote is read as an
expression.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kamrules.errors import Fault, MissingExtraError
from kamrules.report.canvas import Canvas, number
from kamrules.report.converting import svg_of
from kamrules.report.ink import BLUE, DIM, FONTS, FONTS_CHINESE, GREY, INK, NORMAL, PALE_BLUE, wrapped
from kamrules.report.picture import Picture
from kamrules.report.words import say
from kamrules.wording import Language

try:
    import altair as alt
except ImportError as error:
    raise MissingExtraError(
        Fault("X-PLOT", "this picture needs Altair", hint="install `kamrules[plot]`")
    ) from error

Chart = alt.LayerChart | alt.FacetChart
Rows = Sequence[dict[str, Any]]
_WIDTH, _MARGIN = 900.0, 16.0
_LABELS = 460  # px at most of a label beside an axis
_SIZE = re.compile(r'<svg [^>]*?width="([\d.]+)" height="([\d.]+)"')


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around a chart: title, the line below it, notes under the chart, and all of it in words."""

    kind: str
    title: str
    said: str
    below: str = ""
    notes: tuple[str, ...] = ()


def _data(rows: Rows) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=list(rows)))


def calibration_chart(rows: Rows, language: Language) -> Chart:
    """Return shares seen with intervals over probabilities said: `said`, `seen`, `low`, `high`, `deals`."""
    share = alt.Scale(domain=[0, 1])
    x = alt.X("said:Q", scale=share, title=say("calibration.said", language))
    y = alt.Y("low:Q", scale=share, title=say("calibration.seen", language))
    seen, high = alt.Y("seen:Q"), alt.Y("high:Q")
    label = {"said": 0.98, "low": 0.04, "text": f"- - {say('calibration.perfect', language)}"}
    points, ends = _data(rows), _data([{"said": 0, "low": 0}, {"said": 1, "low": 1}])
    tick = points.mark_tick(color=BLUE, thickness=2, size=12, orient="horizontal")
    return alt.layer(
        ends.mark_line(color=GREY, strokeDash=[5, 4]).encode(x=x, y=y),
        _data([label]).mark_text(align="right").encode(x=x, y=y, text="text:N"),
        points.mark_rule(color=BLUE, strokeWidth=2).encode(x=x, y=y, y2="high:Q"),
        tick.encode(x=x, y=y),
        tick.encode(x=x, y=high),
        points.mark_point(color=INK, filled=True, size=70, opacity=1).encode(x=x, y=seen),
        points.mark_text(align="left", dx=8, dy=-6).encode(x=x, y=seen, text="deals:Q"),
    ).properties(width=420, height=420)


def worth_chart(rows: Rows, language: Language) -> Chart:
    """Return differences by `name`: `value`, `low`, `high`, `is_known`; `told` with its `shape`, `colour`."""
    width = 465
    y = alt.Y("name:N", sort=[row["name"] for row in rows], title=None)
    x = alt.X("low:Q", scale=alt.Scale(domain=[-1, 1]), title=say("values.difference", language))
    middle = alt.X("value:Q")
    shape, colour = alt.Shape("shape:N", scale=None), alt.Color("colour:N", scale=None)
    base = _data(rows)
    known, unknown = base.transform_filter("datum.is_known"), base.transform_filter("!datum.is_known")
    return alt.layer(
        _data([{"value": 0}]).mark_rule(color=GREY, strokeDash=[5, 4]).encode(x=middle),
        known.mark_rule(color=DIM, strokeWidth=2).encode(x=x, x2="high:Q", y=y),
        unknown.mark_rule(color=GREY, strokeDash=[2, 4]).encode(x=x, x2="high:Q", y=y),
        known.mark_point(filled=True, size=90, opacity=1).encode(x=middle, y=y, shape=shape, color=colour),
        unknown.mark_text(fontWeight="bold", text="?").encode(x=middle, y=y),
        base.mark_text(align="left").encode(x=alt.value(width + 10), y=y, text="told:N"),
    ).properties(width=width, height=alt.Step(24))


def health_chart(rows: Rows, marks: Rows, language: Language) -> Chart:
    """Return the band from `low` to `high` by `day`, and marks with `text` above their `high`."""
    axis = alt.Axis(format="%Y-%m-%d", tickCount=6, labelFlush=False)
    x = alt.X("day:T", scale=alt.Scale(type="utc"), axis=axis, title=say("day", language))
    ends = [0.0, 100.0, *(row["low"] for row in rows), *(row["high"] for row in rows)]
    scale = alt.Scale(domain=[min(ends), max(ends)])
    y = alt.Y("low:Q", scale=scale, title=f"{say('health', language)} ({say('points', language)})")
    high = alt.Y("high:Q")
    base = _data(rows)
    layers = [
        base.mark_area(color=PALE_BLUE, opacity=1, interpolate="step-after").encode(x=x, y=y, y2="high:Q"),
        base.mark_line(color=BLUE, strokeWidth=2, interpolate="step-after").encode(x=x, y=y),
        base.mark_line(color=BLUE, strokeWidth=2, strokeDash=[5, 3], interpolate="step-after").encode(
            x=x, y=high
        ),
    ]
    for is_odd, dy in ((False, -10), (True, -24)):  # two heights, so that days close together stay apart
        numbers = _data([mark for place, mark in enumerate(marks) if place % 2 == is_odd])
        layers.append(numbers.mark_text(dy=dy, fontWeight="bold").encode(x=x, y=high, text="text:N"))
    return alt.layer(*layers).properties(width=770, height=280)


def framed(chart: Chart, frame: Frame, language: Language) -> Picture:
    """Return a chart as a picture, below a heading of ours and above its notes."""
    styled = chart.configure(
        background="transparent",
        font=FONTS_CHINESE if language == "zh" else FONTS,
        axis={
            "labelFontSize": NORMAL,
            "titleFontSize": NORMAL,
            "labelLimit": _LABELS,
            "titleFontWeight": "normal",
        },
        text={"fontSize": NORMAL, "color": INK},
        view={"stroke": None},
        aria=False,
    )
    inner = svg_of(styled.to_dict())
    size = _SIZE.search(inner)
    assert size is not None
    canvas, whole = Canvas(), max(_WIDTH, float(size[1]) + 2 * _MARGIN)
    top = canvas.heading(frame.title, frame.below, whole)
    canvas.parts.append(inner.replace("<svg ", f'<svg x="{number(_MARGIN)}" y="{number(top)}" ', 1))
    y = top + float(size[2]) + 24
    for note in frame.notes:
        for line in wrapped(note, whole - 2 * _MARGIN):
            canvas.text(_MARGIN, y, line)
            y += 17
        y += 3
    return Picture(frame.kind, frame.title, f"{frame.said}.", language, whole, y, canvas.body)
