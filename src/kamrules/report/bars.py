"""Two pictures of a pipeline in bars: stages claimed against stages supported, and what to ask first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kamrules.assessment import Assessment
from kamrules.engine import Engine
from kamrules.pipeline import Summary
from kamrules.report.canvas import Canvas
from kamrules.report.picture import Picture, checked_language
from kamrules.report.words import say, subtitle
from kamrules.wording import Language

_LABEL, _SCALE, _NOTE = 300.0, 280.0, 330.0
_WIDTH = 16 + _LABEL + _SCALE + _NOTE
_ZERO = 16 + _LABEL
_SHOWN = 15  # questions, as many as the command line shows


def pipeline_stages(engine: Engine, summary: Summary, *, language: Language = "en") -> Picture:
    """Draw how many deals claim each milestone, and how many the evidence supports there.

    Parameters
    ----------
    engine : a compiled pack
    summary : counts over the deals of a run, see `kamrules.pipeline`
    language : "en" or "zh"

    Raises
    ------
    ArgumentError
        A-VALUE for another language.
    """
    checked_language(language)
    canvas = Canvas()
    title = say("stages.title", language)
    top = canvas.heading(title, f"{say('deals', language)}: {summary.assessed}", _WIDTH)
    stages = [None, *engine.pack.milestones]
    most = max([1, *summary.claimed.values(), *summary.supported.values()])
    said = []
    for place, stage in enumerate(stages):
        y = top + 10 + place * 40
        name = say("none", language)
        if stage is not None:
            name = f"{stage} {engine.pack.milestones[stage].name.get(language)}"
        claimed, supported = summary.claimed[stage], summary.supported[stage]
        canvas.text(16, y + 19, name, room=_LABEL - 12)
        _bar(canvas, y + 1, claimed, most, "o")
        _bar(canvas, y + 16, supported, most, "blue")
        said.append(f"{name}: {say('claimed', language)} {claimed}, {say('supported', language)} {supported}")
    y = top + 10 + len(stages) * 40 + 14
    x = 16.0
    for style, key in (("o", "claimed"), ("blue", "supported")):
        canvas.box((x, y - 10), (22, 12), style)
        canvas.text(x + 30, y, say(key, language), "s")
        x += 150
    return Picture("stages", title, "; ".join(said) + ".", language, _WIDTH, y + 18, canvas.body)


def _bar(canvas: Canvas, y: float, count: float, most: float, style: str) -> None:
    width = _SCALE * count / most
    if count:
        canvas.box((_ZERO, y), (width, 12), style)
    canvas.text(_ZERO + width + 6, y + 10, f"{count:g}", "s")


@dataclass(frozen=True, slots=True)
class _Ask:
    """A fact to ask for: its bar, a second one in points of health, and both in words."""

    label: str
    size: float
    points: float
    note: str


def ask_next(engine: Engine, asked: Assessment | Summary, *, language: Language = "en") -> Picture:
    """Draw which unknown facts to ask for first: of one deal by its gate, of a pipeline by deals that wait.

    Parameters
    ----------
    engine : a compiled pack
    asked : an assessment, or the counts over the deals of a run
    language : "en" or "zh"

    Raises
    ------
    ArgumentError
        A-VALUE for another language.

    Examples
    --------
    >>> import kamrules as kr
    >>> from datetime import date
    >>> engine = kr.compile(kr.load_pack("handbook"))
    >>> picture = ask_next(engine, engine.assess({"id": "D1"}, as_of=date(2026, 6, 30)))
    >>> picture.alt.partition(";")[0]
    'Stakeholders: health by up to 51.0 points'
    """
    checked_language(language)
    if isinstance(asked, Assessment):
        asks, below = _of_deal(engine, asked, language), [asked.deal_id, asked.deal_name, asked.account_name]
        below.append(f"{say('as_of', language)} {asked.as_of}")
        meaning = say("ask.by_weight", language)
    else:
        asks, below = _of_pipeline(engine, asked, language), [f"{say('deals', language)}: {asked.assessed}"]
        meaning = say("ask.by_deals", language)
    canvas = Canvas()
    title = say("ask", language)
    y = canvas.heading(title, subtitle(below), _WIDTH) + 8
    _ask_rows(canvas, y, asks[:_SHOWN])
    y += 26 * min(len(asks), _SHOWN)
    rest = len(asks) - _SHOWN
    last = (
        say("ask.more", language).format(rest) if rest > 0 else "" if asks else say("ask.nothing", language)
    )
    if last:
        canvas.text(16, y + 11, last, "d")
        y += 26
    if asks:
        y += 8
        canvas.box((16, y), (22, 9), "blue")
        canvas.text(46, y + 9, meaning, "s")
        if any(ask.points for ask in asks):
            canvas.hatched((_ZERO, y), (22, 9))
            canvas.text(_ZERO + 30, y + 9, say("ask.by_points", language), "s")
        y += 20
    said = "; ".join(f"{ask.label}: {ask.note}" for ask in asks[:_SHOWN]) or last
    return Picture("ask", title, said + ".", language, _WIDTH, y + 8, canvas.body)


def _ask_rows(canvas: Canvas, y: float, asks: Sequence[_Ask]) -> None:
    most = max((ask.size for ask in asks), default=0.0) or 1.0
    widest = max((ask.points for ask in asks), default=0.0) or 1.0
    for ask in asks:
        canvas.text(16, y + 13, ask.label, room=_LABEL - 12)
        if ask.size:
            canvas.box((_ZERO, y), (_SCALE * ask.size / most, 9), "blue")
        if ask.points:
            canvas.hatched((_ZERO, y + 10), (_SCALE * ask.points / widest, 9))
        canvas.text(_ZERO + _SCALE + 10, y + 13, ask.note, "s", room=_NOTE - 16)
        y += 26


def _of_deal(engine: Engine, assessment: Assessment, language: Language) -> Sequence[_Ask]:
    asks = []
    for question in assessment.ask_first:
        notes = []
        if question.criteria:
            weight = say("ask.weight", language).format(question.weight)
            notes += [f"{' '.join(question.criteria)} ({weight})"]
        if question.narrows:
            notes.append(say("ask.narrows", language).format(question.narrows))
        label = engine.label(question.path, language)
        asks.append(_Ask(label, question.weight, question.narrows, subtitle([*notes])))
    return asks


def _of_pipeline(engine: Engine, summary: Summary, language: Language) -> Sequence[_Ask]:
    return [
        _Ask(engine.label(ask.field, language), ask.deals, 0, say("ask.deals", language).format(ask.deals))
        for ask in summary.ask_first
    ]
