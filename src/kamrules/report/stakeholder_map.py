"""The stakeholder map as a picture: who reports to whom, role, stance, influence, faction, unknowns.

Drawn by hand, as no charting library has an organisation chart, and a report draws thousands. What is not on
file is shown with a `?` and a dashed line, never left out. Of people that no measure counts (red lines RL-04
and RL-06, taint) only the name and the place are drawn. Work background and personality are not drawn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from kamrules.assessment import Assessment
from kamrules.engine import Engine
from kamrules.records.people import InfluenceLine, Stakeholder
from kamrules.report.canvas import Canvas, Point
from kamrules.report.influence_lines import LINES, draw_line
from kamrules.report.ink import SMALL, fitted, text_width
from kamrules.report.orgchart import OrgChart, arrange, rows_by_id
from kamrules.report.person_card import STANCES, Cards
from kamrules.report.picture import Picture, checked_language
from kamrules.report.words import say, subtitle
from kamrules.scoring.stakeholders.people import LIST
from kamrules.wording import Language

_MARGIN = 16.0
_LEAST_WIDTH = 640.0
_LIST_COLUMN, _NAME = 400.0, 125.0


def stakeholder_map(
    engine: Engine,
    deal: Any,
    assessment: Assessment,
    *,
    language: Language = "en",
    has_legend: bool = True,
) -> Picture:
    """Draw the people of a deal as an organisation chart with stances and influence lines.

    Parameters
    ----------
    engine : a compiled pack
    deal : mapping or record
    assessment : what `engine.assess` says of it. One with detail "brief" does not say whom a tripped red
        line leaves out; then the deal is assessed again
    language : "en" or "zh"
    has_legend : whether to say what the signs mean; a page of many maps says it once, by `map_legend`

    Raises
    ------
    RecordError
        The deal does not fit (R-*).
    ArgumentError
        A-VALUE for another language.

    Examples
    --------
    >>> import kamrules as kr
    >>> from datetime import date
    >>> engine = kr.compile(kr.load_pack("handbook"))
    >>> deal = {"id": "D1", "stakeholders": [{"id": "P1", "name": "Fei", "stance": "mentor"}, {"id": "P2"}]}
    >>> picture = stakeholder_map(engine, deal, engine.assess(deal, as_of=date(2026, 6, 30)))
    >>> picture.alt
    '2 people: 1 Mentor, 1 stance unknown; 2 role unknown; influence lines not on file for 2 of 2 people.'
    """
    checked_language(language)
    record = engine.read(deal)
    if assessment.people is None and assessment.tripped:
        day = date.fromisoformat(assessment.as_of)
        assessment = engine.assess(record, as_of=day)
    notes = assessment.people.notes if assessment.people is not None else ()
    left_out = {path for note in notes if note.kind == "left_out" for path in note.about}
    people = getattr(record, "stakeholders", None)
    out = frozenset(row for row in range(len(people or ())) if f"{LIST}[{row}]" in left_out)
    return _Map(engine, people, out, language).picture(assessment, has_legend=has_legend)


def map_legend(engine: Engine, language: Language = "en") -> Picture:
    """Draw what the signs of every stakeholder map mean; ArgumentError A-VALUE for another language."""
    return _Map(engine, None, frozenset(), checked_language(language)).signs_alone()


class _Map:
    """Draws one map."""

    def __init__(
        self,
        engine: Engine,
        people: Sequence[Stakeholder] | None,
        left_out: frozenset[int],
        language: Language,
    ) -> None:
        self.engine = engine
        self.people = people or ()
        self.is_listed = people is not None
        self.out = left_out | {row for row, one in enumerate(self.people) if one.is_panel_member}
        self.language = language
        self.canvas = Canvas()
        groups = [one.group for row, one in enumerate(self.people) if one.group and row not in self.out]
        self.cards = Cards(self.canvas, engine, language, groups)
        self.rows = rows_by_id(self.people)

    def say(self, key: str) -> str:
        return say(key, self.language)

    def picture(self, assessment: Assessment, *, has_legend: bool) -> Picture:
        chart = arrange(self.people)
        width = max(chart.width, _LEAST_WIDTH) + 2 * _MARGIN
        title = subtitle([self.say("people"), assessment.deal_id, assessment.deal_name])
        count = self.counted() if self.is_listed else None
        below = subtitle([assessment.account_name, f"{self.say('as_of')} {assessment.as_of}", count])
        top = self.canvas.heading(title, below, width)
        y = self.chart(chart, top) if self.people else self.nobody(top)
        y = self.influence_list(y + 30, width) if self.people else y
        height = self.legend(y + 26, width) if has_legend else y + 16
        return Picture("map", title, self.alt(), self.language, width, height, self.canvas.body)

    def signs_alone(self) -> Picture:
        title, width = self.say("legend.title"), _LEAST_WIDTH + 2 * _MARGIN
        height = self.legend(self.canvas.heading(title, "", width), width)
        told = "; ".join(text for *_, text in self.signs())
        return Picture("legend", title, f"{told}.", self.language, width, height, self.canvas.body)

    def counted(self) -> str:
        count = len(self.people)
        return self.say("person") if count == 1 else self.say("people_count").format(count)

    def nobody(self, top: float) -> float:
        frame, words = ("o", "empty_list") if self.is_listed else ("u", "no_list")
        self.canvas.box((_MARGIN, top), (_LEAST_WIDTH, 70), frame, radius=4)
        self.canvas.shape("dash" if self.is_listed else "unknown", _MARGIN + 24, top + 35)
        self.canvas.text(_MARGIN + 44, top + 39, self.say(words), "b", room=580)
        return top + 70

    def chart(self, chart: OrgChart, top: float) -> float:
        canvas = self.canvas
        for line in chart.lines:
            canvas.line([(x + _MARGIN, y + top) for x, y in line], "l")
        at = [(x + _MARGIN, y + top) for x, y in chart.places]
        self.curves(at)
        for row, place in enumerate(at):
            self.cards.card(self.people[row], place, chart.superiors[row], is_out=row in self.out)
        return top + chart.height

    # --- influence

    def listed_lines(self) -> list[tuple[int, InfluenceLine]]:
        return [
            (row, line)
            for row, person in enumerate(self.people)
            if row not in self.out
            for line in person.influences or ()
        ]

    def curves(self, at: Sequence[Point]) -> None:
        for row, line in self.listed_lines():
            target = self.rows.get((line.on or "").strip())
            if target is not None and target != row and target not in self.out:
                draw_line(self.canvas, at[row], at[target], line)

    def influence_list(self, y: float, width: float) -> float:
        """Write every line in words, those that lead to nobody on the map too."""
        canvas, counted = self.canvas, [one for row, one in enumerate(self.people) if row not in self.out]
        canvas.text(_MARGIN, y, self.say("lines"), "b")
        unknown = sum(person.influences is None for person in counted)
        lines = [self.told(row, line) for row, line in self.listed_lines()]
        if unknown:
            lines.append(self.say("lines.unknown").format(unknown, len(counted)))
        elif not lines:
            lines.append(self.say("lines.none"))
        columns = max(1, int((width - 2 * _MARGIN) // _LIST_COLUMN))
        for place, text in enumerate(lines):
            x = _MARGIN + _LIST_COLUMN * (place % columns)
            canvas.text(x, y + 18 + 16 * (place // columns), text, "s", room=_LIST_COLUMN - 14)
        return y + 18 + 16 * ((len(lines) - 1) // columns)

    def told(self, row: int, line: InfluenceLine) -> str:
        verb = self.say(f"line.{line.kind or 'unknown'}")
        strength = "?" if line.strength is None else f"{line.strength:g}"
        both = (fitted(name, _NAME, SMALL) for name in (self.name(row), self.named(line.on)))
        return f" {verb} ".join(both) + f" ({strength})"

    def name(self, row: int) -> str:
        person = self.people[row]
        return person.name or person.id or self.say("unnamed")

    def named(self, person_id: str | None) -> str:
        if person_id is None or not person_id.strip():
            return self.say("somebody")
        row = self.rows.get(person_id.strip())
        return person_id if row is None else self.name(row)

    # --- what the signs mean

    def legend(self, y: float, width: float) -> float:
        """Draw what each sign means, in as many rows as they take; return the height of the picture."""
        canvas, x = self.canvas, _MARGIN
        canvas.line([(_MARGIN, y - 8), (width - _MARGIN, y - 8)], "g")
        y += 14
        for kind, one, other, text in self.signs():
            room = 30 + text_width(text, SMALL) + 16
            if x > _MARGIN and x + room > width - _MARGIN:
                x, y = _MARGIN, y + 20
            self.sign(kind, one, other, (x, y))
            canvas.text(x + 30, y + 4, text, "s")
            x += room
        return y + 22

    def signs(self) -> Iterator[tuple[str, str, str, str]]:
        """Yield each sign: what kind it is, its two parts, and what it means."""
        for stance, (shape, colour) in STANCES.items():
            yield "shape", shape, colour, self.cards.stance(stance)
        for key, style in (("key", "k"), ("not_key", "o"), ("key_unknown", "u")):
            yield "box", style, "", self.say(key)
        for kind, (style, _) in LINES.items():
            yield "line", style, "", self.say(f"line.{kind or 'unknown'}")
        yield "bar", "", "", self.say("influence")
        yield "text", "2/4", "", self.say("legend.coach")
        yield "text", "…?", "", self.say("legend.mark")

    def sign(self, kind: str, one: Any, other: str, at: Point) -> None:
        (x, y), canvas = at, self.canvas
        match kind:
            case "shape":
                canvas.shape(one, x + 14, y, other)
            case "box":
                canvas.box((x + 2, y - 7), (22, 14), one, radius=3)
            case "line":
                canvas.line([(x, y), (x + 24, y)], one, width=2)
            case "bar":
                canvas.box((x, y - 5), (24, 9), "o")
                canvas.box((x, y - 5), (14, 9), "i")
            case _:
                canvas.text(x + 14, y + 4, one, "d", anchor="middle")

    def alt(self) -> str:
        """Say in words how many stand where, unknown ones too."""
        if not self.people:
            return self.say("empty_list" if self.is_listed else "no_list")
        counted = [one for row, one in enumerate(self.people) if row not in self.out]
        stances: Counter[str | None] = Counter(one.stance for one in counted)
        parts = [f"{stances[stance]} {self.cards.stance(stance)}" for stance in STANCES if stances[stance]]
        said = [f"{self.counted()}: {', '.join(parts)}"] if parts else [self.counted()]
        for key, number_ in (
            ("no_role", sum(one.role is None for one in counted)),
            ("coach", sum(one.is_coach is True for one in counted)),
            ("left_out", len(self.out)),
        ):
            if number_:
                said.append(f"{number_} {self.say(key)}")
        unknown = sum(one.influences is None for one in counted)
        if unknown:
            said.append(
                f"{self.say('lines').lower()} {self.say('lines.unknown').format(unknown, len(counted))}"
            )
        return "; ".join(said) + "."
