"""The ledger of the deal health as a waterfall: how the points add up to its low end, and on to its high end.

Each line starts where the one before ended. Solid bars are points surely given and end at the low end of the
health; hatched ones are points still open because facts are unknown, and lead from there to the high end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kamrules.assessment import Assessment
from kamrules.engine import Engine
from kamrules.errors import ArgumentError, Fault
from kamrules.report.canvas import Canvas
from kamrules.report.picture import Picture, checked_language
from kamrules.report.words import say, subtitle, term
from kamrules.scoring.ledger import Health, LedgerEntry
from kamrules.wording import Language

_LABEL, _SCALE, _NUMBERS = 350.0, 480.0, 140.0
_WIDTH = 16 + _LABEL + _SCALE + _NUMBERS + 16
_ROW, _BAR = 20.0, 12.0
_ZERO = 16 + _LABEL
_PARTS = 5  # of the scale
_LEAST = 0.05  # points; less is not shown as anything


@dataclass(frozen=True, slots=True)
class _Line:
    title: str
    low: float
    high: float
    best: float
    is_head: bool = False


def health_waterfall(
    engine: Engine, assessment: Assessment, *, by_dimension: bool = False, language: Language = "en"
) -> Picture:
    """Draw where the health of a deal comes from.

    Parameters
    ----------
    engine : a compiled pack that has a health scorecard
    assessment : with detail "full", for it needs the ledger
    by_dimension : one line for each dimension instead of one for each entry
    language : "en" or "zh"

    Raises
    ------
    ArgumentError
        A-VALUE when the assessment has no ledger, or for another language.

    Examples
    --------
    >>> import kamrules as kr
    >>> from datetime import date
    >>> engine = kr.compile(kr.load_pack("handbook"))
    >>> picture = health_waterfall(engine, engine.assess({"id": "D1"}, as_of=date(2026, 6, 30)))
    >>> picture.alt
    'Deal health: 0.0 … 100.0 points; grade: A/B/C/D; still open: facts unknown: 100.0.'
    """
    checked_language(language)
    health = assessment.health
    if health is None or not health.ledger:
        raise ArgumentError(
            Fault("A-VALUE", 'an assessment with a health ledger (detail "full") expected, seen one without')
        )
    return _Waterfall(engine, assessment, health, language).picture(by_dimension=by_dimension)


class _Waterfall:
    def __init__(self, engine: Engine, assessment: Assessment, health: Health, language: Language) -> None:
        self.card = engine.pack.scorecards[engine.pack.health or ""]
        self.engine = engine
        self.assessment = assessment
        self.health = health
        self.language = language
        self.canvas = Canvas()
        lows = [0.0, health.low, health.base, *(line.worst for line in health.ledger)]
        self.least = min(0.0, sum(one for one in lows if one < 0))
        self.most = max(health.high, health.base + sum(line.best for line in health.ledger), 1.0)

    def say(self, key: str) -> str:
        return say(key, self.language)

    def x(self, points: float) -> float:
        return _ZERO + _SCALE * (points - self.least) / (self.most - self.least)

    def picture(self, *, by_dimension: bool) -> Picture:
        a, health, canvas = self.assessment, self.health, self.canvas
        title = subtitle([self.say("waterfall.title"), a.deal_id, a.deal_name])
        top = canvas.heading(
            title, subtitle([a.account_name, f"{self.say('as_of')} {a.as_of}", self.verdict()]), _WIDTH
        )
        lines = list(self.by_dimension() if by_dimension else self.by_entry())
        bottom = top + 22 + _ROW * (len(lines) + 1)
        self.scale(top + 16, bottom)
        y = top + 22
        sure, unknown = health.base, health.low
        for line in lines:
            self.row(y, line, sure, unknown)
            if not line.is_head:
                sure, unknown = sure + line.low, unknown + line.high - line.low
            y += _ROW
        self.total(y)
        self.legend(bottom + 36)
        return Picture("health", title, self.alt(), self.language, _WIDTH, bottom + 52, canvas.body)

    def verdict(self) -> str:
        health = self.health
        said = f"{health.low:.1f} … {health.high:.1f} {self.say('points')}"
        if health.vetoed_by:
            return f"{said}; {self.say('no_grade')} {', '.join(health.vetoed_by)}"
        return f"{said}; {self.say('grade')}: {'/'.join(health.grades) or self.say('none')}"

    def alt(self) -> str:
        given, withheld = self.health.for_it[:3], self.health.against_it[:3]
        parts = [f"{self.say('health')}: {self.verdict()}"]
        if self.health.width > _LEAST:
            parts.append(f"{self.say('open')}: {self.health.width:.1f}")
        for key, lines in (("gives", given), ("withholds", withheld)):
            if lines:
                parts.append(f"{self.say(key)}: {', '.join(map(self.title, lines))}")
        return "; ".join(parts) + "."

    def title(self, line: LedgerEntry) -> str:
        title = self.card.entries[line.id].title
        return title.get(self.language) if title is not None else line.id

    def dimensions(self) -> dict[str | None, list[LedgerEntry]]:
        found: dict[str | None, list[LedgerEntry]] = {}
        for line in self.health.ledger:
            found.setdefault(line.dimension, []).append(line)
        return found

    def dimension(self, name: str | None) -> str:
        spec = self.card.dimensions.get(name or "")
        return spec.get(self.language) if spec is not None else term(self.engine, name or "", self.language)

    def by_dimension(self) -> Sequence[_Line]:
        return [_sum(self.dimension(name), lines) for name, lines in self.dimensions().items()]

    def by_entry(self) -> Sequence[_Line]:
        found = []
        for name, lines in self.dimensions().items():
            if name is not None:
                total = _sum(self.dimension(name), lines)
                found.append(_Line(total.title, total.low, total.high, total.best, is_head=True))
            found += [_Line(self.title(line), line.low, line.high, line.best) for line in lines]
        return found

    # --- drawing

    def scale(self, top: float, bottom: float) -> None:
        """Draw a grid of points, and where each grade starts."""
        for points in (self.most * part / _PARTS for part in range(_PARTS + 1)):
            self.canvas.line([(self.x(points), top), (self.x(points), bottom)], "g")
            self.canvas.text(self.x(points), top - 4, f"{points:.3g}", "d", anchor="middle")
        for name, grade in self.card.grades.items():
            self.canvas.text(self.x(grade.at_least) + 3, bottom + 11, f"{name} ≥ {grade.at_least:g}", "d")

    def row(self, y: float, line: _Line, sure: float, unknown: float) -> None:
        canvas, middle = self.canvas, y + _ROW / 2
        style = "b s" if line.is_head else "s"
        canvas.text(16 if line.is_head else 26, middle + 4, line.title, style, room=_LABEL - 20)
        if not line.is_head:
            self.bar(middle, sure, sure + line.low, "blue" if line.low >= 0 else "red")
            self.hatched(middle, unknown, unknown + line.high - line.low)
        canvas.text(_ZERO + _SCALE + 12, middle + 4, self.points(line), style)

    def points(self, line: _Line) -> str:
        ends = f"{line.low:.1f}" if line.high - line.low < _LEAST else f"{line.low:.1f} … {line.high:.1f}"
        return f"{ends} {self.say('of')} {line.best:.1f}"

    def total(self, y: float) -> None:
        health, middle = self.health, y + _ROW / 2
        self.canvas.text(16, middle + 4, self.say("total"), "b s")
        self.bar(middle, 0, health.low, "blue")
        self.hatched(middle, health.low, health.high)
        total = _Line("", health.low, health.high, self.most)
        self.canvas.text(_ZERO + _SCALE + 12, middle + 4, self.points(total), "b s")

    def bar(self, middle: float, start: float, end: float, style: str) -> None:
        left, right = sorted((self.x(start), self.x(end)))
        if abs(end - start) > _LEAST:
            self.canvas.box((left, middle - _BAR / 2), (right - left, _BAR), style)

    def hatched(self, middle: float, start: float, end: float) -> None:
        """Draw points that are open, to be told from given ones by more than colour."""
        if end - start > _LEAST:
            self.canvas.hatched((self.x(start), middle - _BAR / 2), (self.x(end) - self.x(start), _BAR))

    def legend(self, y: float) -> None:
        canvas = self.canvas
        canvas.box((16, y - 9), (22, _BAR), "blue")
        canvas.text(44, y + 1, self.say("given"), "s")
        canvas.hatched((160, y - 9), (22, _BAR))
        canvas.text(188, y + 1, self.say("open"), "s")
        if any(line.worst < 0 for line in self.health.ledger):
            canvas.box((400, y - 9), (22, _BAR), "red")
            canvas.text(428, y + 1, self.say("taken"), "s")


def _sum(title: str, lines: Sequence[LedgerEntry]) -> _Line:
    low, high, best = (sum(getattr(line, name) for line in lines) for name in ("low", "high", "best"))
    return _Line(title, low, high, best)
