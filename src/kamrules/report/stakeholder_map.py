"""The stakeholder map as a picture: who reports to whom, role, stance, influence, faction, and what is unknown.

Drawn by hand, as no charting library has an organisation chart, and a report draws thousands. What is not on
file is shown with a `?` and a dashed line, never left out. Of people that no measure counts (red lines RL-04
and RL-06, taint) only the name and the place are drawn. Work background and personality are not drawn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from kamrules.assessment import Assessment
from kamrules.engine import Engine
from kamrules.errors import ArgumentError, Fault
from kamrules.records.people import InfluenceLine, Stakeholder
from kamrules.report.canvas import Canvas, Point, Shape, number
from kamrules.report.ink import SMALL, TINTS, fitted, text_width
from kamrules.report.orgchart import CARD, OrgChart, Superior, arrange, rows_by_id
from kamrules.report.picture import Picture, checked_language
from kamrules.report.words import say, subtitle, term
from kamrules.scoring.stakeholders.people import LIST
from kamrules.wording import Language

STANCES: dict[str | None, tuple[Shape, str]] = {
    "mentor": ("up2", "blue"),
    "supporter": ("up", "sky"),
    "neutral": ("dot", "grey"),
    "opponent": ("down", "orange"),
    "mortal_enemy": ("down2", "red"),
    None: ("unknown", "u"),
}
_MARGIN, _PAD = 16.0, 15.0
_LEAST_WIDTH = 640.0
_BAR = 44.0  # of full influence
_LIST_COLUMN, _NAME = 400.0, 125.0
_COACH_TESTS = ("coach_is_credible", "coach_wants_us_to_win", "coach_confirmed", "coach_entitled")


def stakeholder_map(
    engine: Engine, deal: Any, assessment: Assessment, *, language: Language = "en"
) -> Picture:
    """Draw the people of a deal as an organisation chart with stances and influence lines.

    Parameters
    ----------
    engine : a compiled pack
    deal : mapping or record
    assessment : what `engine.assess` says of the deal, with detail "full"
    language : "en" or "zh"

    Raises
    ------
    RecordError
        The deal does not fit (R-*).
    ArgumentError
        A-VALUE for another language, or an assessment without people.

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
    people = getattr(engine.read(deal), "stakeholders", None)
    if assessment.people is None:
        raise ArgumentError(Fault("A-VALUE", 'an assessment with detail "full" expected, seen one without'))
    left_out = {path for note in assessment.people.notes if note.kind == "left_out" for path in note.about}
    out = frozenset(row for row in range(len(people or ())) if f"{LIST}[{row}]" in left_out)
    return _Map(engine, people, out, checked_language(language)).picture(assessment)


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
        self.tints = {group: place % TINTS for place, group in enumerate(dict.fromkeys(groups))}

    def say(self, key: str) -> str:
        return say(key, self.language)

    def picture(self, assessment: Assessment) -> Picture:
        chart = arrange(self.people)
        width = max(chart.width, _LEAST_WIDTH) + 2 * _MARGIN
        title = subtitle([self.say("people"), assessment.deal_id, assessment.deal_name])
        below = subtitle([assessment.account_name, f"{self.say('as_of')} {assessment.as_of}", self.counted()])
        top = self.canvas.heading(title, below, width)
        if self.people:
            y = self.chart(chart, top)
        else:
            y = self.nobody(top)
        y = self.influence_list(y + 30, width) if self.people else y
        height = self.legend(y + 26, width)
        return Picture("map", title, self.alt(), self.language, width, height, self.canvas.body)

    def counted(self) -> str:
        count = len(self.people)
        return self.say("person") if count == 1 else self.say("people_count").format(count)

    def nobody(self, top: float) -> float:
        self.canvas.box((_MARGIN, top), (_LEAST_WIDTH, 70), "u", radius=4)
        self.canvas.shape("unknown" if not self.is_listed else "dash", _MARGIN + 24, top + 35)
        self.canvas.text(
            _MARGIN + 44, top + 39, self.say("empty_list" if self.is_listed else "no_list"), "b", room=580
        )
        return top + 70

    def chart(self, chart: OrgChart, top: float) -> float:
        canvas = self.canvas
        for line in chart.lines:
            canvas.line([(x + _MARGIN, y + top) for x, y in line], "l")
        at = [(x + _MARGIN, y + top) for x, y in chart.places]
        self.curves(at)
        for row, place in enumerate(at):
            self.card(row, place, chart.superiors[row])
        return top + chart.height

    # --- a card

    def card(self, row: int, at: Point, superior: Superior) -> None:
        person, (x, y), canvas = self.people[row], at, self.canvas
        is_out = row in self.out
        frame = {True: "k", False: "o", None: "u"}[None if is_out else person.is_key_player]
        canvas.box(at, CARD, frame, radius=4)
        left, room = x + _PAD, CARD[0] - _PAD - 8
        canvas.text(left, y + 18, person.name or person.id or self.say("unnamed"), "b", room=room)
        canvas.text(left, y + 33, person.title or self.say("no_title"), "d", room=room)
        self.tag(at, superior)
        if is_out:
            canvas.text(left, y + 66, self.say("left_out"), "s", room=room)
            return
        shape, colour = STANCES[person.stance]
        if person.stance is not None:
            canvas.box((x + 2, y + 4), (5, CARD[1] - 8), colour)
        canvas.text(left, y + 50, self.role(person), "s", room=room)
        canvas.shape(shape, left + 7, y + 64, colour)
        canvas.text(left + 19, y + 68, self.stance(person.stance, "unknown_status"), "s b", room=room - 82)
        self.influence(person, (x + CARD[0] - 66, y + 59))
        self.faction(person, (left, y + 75), room)
        canvas.text(left, y + 101, " · ".join(self.marks(person)), "d", room=room)

    def role(self, person: Stakeholder) -> str:
        return self.say("no_role") if person.role is None else term(self.engine, person.role, self.language)

    def stance(self, stance: str | None, unknown: str = "no_stance") -> str:
        return self.say(unknown) if stance is None else term(self.engine, stance, self.language)

    def influence(self, person: Stakeholder, at: Point) -> None:
        """Draw a bar of the influence, dashed and with a `?` when it is not on file."""
        (x, y), canvas = at, self.canvas
        canvas.box(at, (_BAR, 9), "u" if person.influence is None else "o")
        if person.influence:
            canvas.box(at, (_BAR * person.influence, 9), "i")
        shown = "?" if person.influence is None else f"{person.influence:g}"
        canvas.text(x + _BAR + 4, y + 9, shown, "s", room=20)

    def faction(self, person: Stakeholder, at: Point, room: float) -> None:
        (x, y), group = at, person.group
        if group == "":
            return
        name = group or self.say("no_faction")
        width = min(text_width(name, SMALL) + 12, room)
        style = f"f{self.tints[group]}" if group else "u"
        self.canvas.box((x, y), (width, 15), style, radius=7)
        self.canvas.text(x + 6, y + 11.5, name, "s", room=width - 10)

    def marks(self, person: Stakeholder) -> list[str]:
        """Return what else is known, and with a `?` what is not."""
        marks = []
        if person.is_coach:
            passed = sum(getattr(person, test) is True for test in _COACH_TESTS)
            marks.append(f"{self.say('coach')} {passed}/{len(_COACH_TESTS)}")
        elif person.is_coach is None:
            marks.append(self.say("coach") + "?")
        for key, known in (("decides", person.has_decision_power), ("met_us", person.is_contacted)):
            if known is not False:
                marks.append(self.say(key) + ("" if known else "?"))
            elif key == "met_us":
                marks.append(self.say("not_met"))
        return marks

    def tag(self, at: Point, superior: Superior) -> None:
        """Say above the card why no line leads up from it."""
        if superior.why in {"listed", "none"}:
            return
        x, y = at[0] + CARD[0] / 2, at[1]
        self.canvas.line([(x, y - 9), (x, y)], "lu")
        text = self.say(f"superior.{superior.why}").format(superior.id)
        self.canvas.text(x + 5, y - 3, text, "d", room=CARD[0] / 2 - 6)

    # --- influence

    def listed_lines(self) -> list[tuple[int, InfluenceLine]]:
        return [
            (row, line)
            for row, person in enumerate(self.people)
            if row not in self.out
            for line in person.influences or ()
        ]

    def curves(self, at: Sequence[Point]) -> None:
        rows = rows_by_id(self.people)
        for row, line in self.listed_lines():
            target = rows.get((line.on or "").strip())
            if target is not None and target != row and target not in self.out:
                self.curve(at[row], at[target], line)

    def curve(self, start: Point, end: Point, line: InfluenceLine) -> None:
        """Draw a line from card to card, below the cards, with an arrow at its end."""
        style = {"influence": "li", "conflict": "lc", None: "lq"}[line.kind]
        points, steer = _route(start, end)
        (x1, y1), (x2, y2) = points
        data = f"M{number(x1)} {number(y1)}C" + " ".join(
            f"{number(x)} {number(y)}" for x, y in (*steer, (x2, y2))
        )
        self.canvas.path(data, style, width=1 + 2 * (line.strength or 0.0))
        back = steer[1]
        self.canvas.path(_arrow((x2, y2), back), {"li": "blue", "lc": "red", "lq": "i"}[style])

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
        row = rows_by_id(self.people).get(person_id.strip())
        return person_id if row is None else self.name(row)

    # --- what the signs mean

    def legend(self, y: float, width: float) -> float:
        """Draw what each sign means, in as many rows as they take; return the height of the picture."""
        canvas, x = self.canvas, _MARGIN
        canvas.line([(_MARGIN, y - 8), (width - _MARGIN, y - 8)], "g")
        y += 14
        for draw, text in self.signs():
            room = 30 + text_width(text, SMALL) + 16
            if x > _MARGIN and x + room > width - _MARGIN:
                x, y = _MARGIN, y + 20
            draw(x, y)
            canvas.text(x + 30, y + 4, text, "s")
            x += room
        return y + 22

    def signs(self) -> list[tuple[Any, str]]:
        canvas = self.canvas
        signs: list[tuple[Any, str]] = []
        for stance, (shape, colour) in STANCES.items():
            sign = (lambda x, y, s=shape, c=colour: canvas.shape(s, x + 14, y, c), self.stance(stance))
            signs.append(sign)
        for key, style in (("key", "k"), ("not_key", "o"), ("key_unknown", "u")):
            signs.append(
                (lambda x, y, s=style: canvas.box((x + 2, y - 7), (22, 14), s, radius=3), self.say(key))
            )
        for key, style in (("line.influence", "li"), ("line.conflict", "lc"), ("line.unknown", "lq")):
            signs.append(
                (lambda x, y, s=style: canvas.line([(x, y), (x + 24, y)], s, width=2), self.say(key))
            )
        signs.append((lambda x, y: self.bar(x, y), self.say("influence")))
        signs.append(
            (lambda x, y: canvas.text(x + 14, y + 4, "2/4", "d", anchor="middle"), self.say("legend.coach"))
        )
        signs.append(
            (lambda x, y: canvas.text(x + 14, y + 4, "…?", "d", anchor="middle"), self.say("legend.mark"))
        )
        return signs

    def bar(self, x: float, y: float) -> None:
        self.canvas.box((x, y - 5), (24, 9), "o")
        self.canvas.box((x, y - 5), (14, 9), "i")

    def alt(self) -> str:
        """Say in words how many stand where, unknown ones too."""
        if not self.people:
            return self.say("empty_list" if self.is_listed else "no_list")
        counted = [one for row, one in enumerate(self.people) if row not in self.out]
        stances = Counter(one.stance for one in counted)
        parts = [f"{stances[stance]} {self.stance(stance)}" for stance in STANCES if stances[stance]]
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


def _route(start: Point, end: Point) -> tuple[tuple[Point, Point], tuple[Point, Point]]:
    """Return where a line leaves and arrives, and the two points that bend it."""
    (x1, y1), (x2, y2), (width, height) = start, end, CARD
    if abs(y1 - y2) < height:  # side by side: from above to above
        ends = (
            ((x1 + width * 0.7, y1), (x2 + width * 0.3, y2))
            if x1 < x2
            else ((x1 + width * 0.3, y1), (x2 + width * 0.7, y2))
        )
        lift = min(y1, y2) - 22
        return ends, ((ends[0][0], lift), (ends[1][0], lift))
    side = 1 if x2 >= x1 else -1
    leave = x1 + width if side > 0 else x1
    if abs(x1 - x2) < width:  # one above the other: out at one side and back
        edge = max(x1, x2) + width + 16
        return ((x1 + width, y1 + height / 2), (x2 + width, y2 + height / 2)), (
            (edge, y1 + height / 2),
            (edge, y2 + height / 2),
        )
    arrive = x2 if side > 0 else x2 + width
    a, b = y1 + height / 2, y2 + height / 2
    middle = (leave + arrive) / 2
    return ((leave, a), (arrive, b)), ((middle, a), (middle, b))


def _arrow(tip: Point, back: Point) -> str:
    """Return a small triangle with its tip at a point, coming from another."""
    (x, y), (u, v) = tip, back
    length = ((x - u) ** 2 + (y - v) ** 2) ** 0.5 or 1.0
    dx, dy = (x - u) / length * 9, (y - v) / length * 9
    a, b = (x - dx - dy * 0.45, y - dy + dx * 0.45), (x - dx + dy * 0.45, y - dy - dx * 0.45)
    return "M" + "L".join(f"{number(p)} {number(q)}" for p, q in ((x, y), a, b)) + "z"
