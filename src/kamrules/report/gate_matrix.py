"""Deals × criteria: what is met, unmet, unknown or not applicable, each by a shape of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from kamrules.assessment import Assessment
from kamrules.engine import Engine
from kamrules.report.canvas import Canvas, Point, Shape
from kamrules.report.ink import SMALL, text_width, wrapped
from kamrules.report.picture import Picture, checked_language
from kamrules.report.words import say, subtitle
from kamrules.rules.verdict import Status
from kamrules.wording import Language

SHAPES: dict[Status, Shape] = {
    "met": "check",
    "unmet": "cross",
    "unknown": "unknown",
    "not_applicable": "dash",
}
STATUS_WORDS: dict[Status, str] = {
    "met": "met",
    "unmet": "unmet",
    "unknown": "unknown_status",
    "not_applicable": "not_applicable",
}
_LABEL, _CELL, _GAP, _HEAD = 260.0, 20.0, 8.0, 74.0
_LEAST_WIDTH = 640.0


def gate_matrix(engine: Engine, assessments: Sequence[Assessment], *, language: Language = "en") -> Picture:
    """Draw the criteria of some deals, a row a deal and a column a criterion, in the order of the pack.

    A frame marks the criteria of each deal's next gate.

    Parameters
    ----------
    engine : a compiled pack
    assessments : of the deals, in the order of the rows; tens of them stay readable
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
    >>> picture = gate_matrix(engine, [engine.assess({"id": "D1"}, as_of=date(2026, 6, 30))])
    >>> picture.alt.split(": ")[0]
    'D1'
    """
    return _Matrix(engine, assessments, checked_language(language)).picture()


class _Matrix:
    def __init__(self, engine: Engine, assessments: Sequence[Assessment], language: Language) -> None:
        self.engine = engine
        self.assessments = assessments
        self.language = language
        self.canvas = Canvas()
        self.milestones = [
            (name, list(ids)) for name, ids in groupby(engine.pack.criteria, key=engine.pack.milestone_of)
        ]
        self.cells: dict[Status, list[Point]] = {status: [] for status in SHAPES}
        self.columns: dict[str, float] = {}
        x = 16 + _LABEL
        for _, ids in self.milestones:
            for name in ids:
                self.columns[name] = x
                x += _CELL
            x += _GAP
        self.width = max(x + 8, _LEAST_WIDTH)

    def say(self, key: str) -> str:
        return say(key, self.language)

    def picture(self) -> Picture:
        days = sorted({one.as_of for one in self.assessments})
        title = self.say("matrix.title")
        below = subtitle([f"{self.say('as_of')} {', '.join(days)}" if days else self.say("no_deals")])
        top = self.canvas.heading(title, below, self.width)
        self.head(top)
        y = top + _HEAD
        for place, assessment in enumerate(self.assessments):
            self.row(y + place * _CELL, assessment)
        for status, cells in self.cells.items():
            self.canvas.shapes(SHAPES[status], cells)
        bottom = y + len(self.assessments) * _CELL + 24
        self.legend(bottom)
        return Picture("gates", title, self.alt(), self.language, self.width, bottom + 20, self.canvas.body)

    def head(self, top: float) -> None:
        for milestone, ids in self.milestones:
            left, right = self.columns[ids[0]], self.columns[ids[-1]] + _CELL
            spec = self.engine.pack.milestones.get(milestone)
            name = f"{milestone} {spec.name.get(self.language)}" if spec is not None else milestone
            first, *rest = wrapped(name, right - left, SMALL)
            self.canvas.text(left, top + 10, first, "s b", room=right - left)
            self.canvas.text(left, top + 23, " ".join(rest), "s b", room=right - left)
            self.canvas.line([(left, top + 29), (right, top + 29)], "l")
            for criterion in ids:
                short = criterion.removeprefix(f"{milestone}.")
                self.canvas.text(
                    self.columns[criterion] + _CELL / 2 + 4, top + _HEAD - 4, short, "d", turned=True, room=42
                )

    def row(self, y: float, assessment: Assessment) -> None:
        canvas, middle = self.canvas, y + _CELL / 2
        label = subtitle([assessment.deal_id or "–", assessment.deal_name or assessment.account_name])
        canvas.line([(16, y), (self.width - 16, y)], "g")
        canvas.text(16, middle + 4, label, "s", room=_LABEL - 12)
        for result in assessment.criteria:
            self.cells[result.status].append((self.columns[result.id] + _CELL / 2, middle))
        for _, ids in self.milestones:
            for is_gate, run in groupby(ids, key=assessment.stage.gate.__contains__):
                places = [self.columns[name] for name in run]
                if is_gate:
                    size = (places[-1] - places[0] + _CELL - 2, _CELL - 2)
                    canvas.box((places[0] + 1, y + 1), size, "n", radius=3)

    def legend(self, y: float) -> None:
        x = 16.0
        for status, shape in SHAPES.items():
            self.canvas.shape(shape, x + 8, y - 4)
            text = self.say(STATUS_WORDS[status])
            self.canvas.text(x + 22, y, text, "s")
            x += 22 + text_width(text, SMALL) + 20
        self.canvas.box((x, y - 13), (24, 17), "n", radius=3)
        self.canvas.text(x + 30, y, self.say("matrix.next"), "s")

    def alt(self) -> str:
        told = []
        for assessment in self.assessments:
            counts = Counter(result.status for result in assessment.criteria)
            parts = [
                f"{counts[status]} {self.say(word)}"
                for status, word in STATUS_WORDS.items()
                if counts[status]
            ]
            told.append(f"{assessment.deal_id or '–'}: {', '.join(parts)}")
        return "; ".join(told) + "." if told else self.say("no_deals")
