"""One person of the stakeholder map as a card: name, title, role, stance, influence, faction and more."""

from __future__ import annotations

from kamrules.engine import Engine
from kamrules.records.people import Stakeholder
from kamrules.report.canvas import Canvas, Point, Shape
from kamrules.report.ink import SMALL, TINTS, text_width
from kamrules.report.orgchart import CARD, Superior
from kamrules.report.words import say, term
from kamrules.wording import Language

STANCES: dict[str | None, tuple[Shape, str]] = {
    "mentor": ("up2", "blue"),
    "supporter": ("up", "sky"),
    "neutral": ("dot", "grey"),
    "opponent": ("down", "orange"),
    "mortal_enemy": ("down2", "red"),
    None: ("unknown", "u"),
}
_PAD = 15.0
_BAR = 44.0  # of full influence
_COACH_TESTS = ("coach_is_credible", "coach_wants_us_to_win", "coach_confirmed", "coach_entitled")


class Cards:
    """Draws people on a canvas; `groups` are the factions, each of which gets a tint."""

    def __init__(self, canvas: Canvas, engine: Engine, language: Language, groups: list[str]) -> None:
        self.canvas = canvas
        self.engine = engine
        self.language = language
        self.tints = {group: place % TINTS for place, group in enumerate(dict.fromkeys(groups))}

    def _say(self, key: str) -> str:
        return say(key, self.language)

    def card(self, person: Stakeholder, at: Point, superior: Superior, *, is_out: bool) -> None:
        """Draw a person; of somebody whom no measure counts only who it is."""
        (x, y), canvas = at, self.canvas
        frame = {True: "k", False: "o", None: "u"}[None if is_out else person.is_key_player]
        canvas.box(at, CARD, frame, radius=4)
        left, room = x + _PAD, CARD[0] - _PAD - 8
        canvas.text(left, y + 18, person.name or person.id or self._say("unnamed"), "b", room=room)
        canvas.text(left, y + 33, person.title or self._say("no_title"), "d", room=room)
        self._tag(at, superior)
        if is_out:
            canvas.text(left, y + 66, self._say("left_out"), "s", room=room)
            return
        shape, colour = STANCES[person.stance]
        if person.stance is not None:
            canvas.box((x + 2, y + 4), (5, CARD[1] - 8), colour)
        canvas.text(left, y + 50, self._role(person), "s", room=room)
        canvas.shape(shape, left + 7, y + 64, colour)
        canvas.text(left + 19, y + 68, self.stance(person.stance, "unknown_status"), "s b", room=room - 82)
        self._influence(person, (x + CARD[0] - 66, y + 59))
        self._faction(person, (left, y + 75), room)
        canvas.text(left, y + 101, " · ".join(self._marks(person)), "d", room=room)

    def _role(self, person: Stakeholder) -> str:
        return self._say("no_role") if person.role is None else term(self.engine, person.role, self.language)

    def stance(self, stance: str | None, unknown: str = "no_stance") -> str:
        """Return the name of a stance, or the word for one that is not on file."""
        return self._say(unknown) if stance is None else term(self.engine, stance, self.language)

    def _influence(self, person: Stakeholder, at: Point) -> None:
        """Draw a bar of the influence, dashed and with a `?` when it is not on file."""
        (x, y), canvas = at, self.canvas
        canvas.box(at, (_BAR, 9), "u" if person.influence is None else "o")
        if person.influence:
            canvas.box(at, (_BAR * person.influence, 9), "i")
        shown = "?" if person.influence is None else f"{person.influence:g}"
        canvas.text(x + _BAR + 4, y + 9, shown, "s", room=20)

    def _faction(self, person: Stakeholder, at: Point, room: float) -> None:
        (x, y), group = at, person.group
        if group == "":
            return
        name = group or self._say("no_faction")
        width = min(text_width(name, SMALL) + 12, room)
        style = f"f{self.tints[group]}" if group else "u"
        self.canvas.box((x, y), (width, 15), style, radius=7)
        self.canvas.text(x + 6, y + 11.5, name, "s", room=width - 10)

    def _marks(self, person: Stakeholder) -> list[str]:
        """Return what else is known, and with a `?` what is not."""
        marks = []
        if person.is_coach:
            passed = sum(getattr(person, test) is True for test in _COACH_TESTS)
            marks.append(f"{self._say('coach')} {passed}/{len(_COACH_TESTS)}")
        elif person.is_coach is None:
            marks.append(self._say("coach") + "?")
        for key, known in (("decides", person.has_decision_power), ("met_us", person.is_contacted)):
            if known is not False:
                marks.append(self._say(key) + ("" if known else "?"))
            elif key == "met_us":
                marks.append(self._say("not_met"))
        return marks

    def _tag(self, at: Point, superior: Superior) -> None:
        """Say above the card why no line leads up from it."""
        if superior.why in {"listed", "none"}:
            return
        x, y = at[0] + CARD[0] / 2, at[1]
        self.canvas.line([(x, y - 9), (x, y)], "lu")
        text = self._say(f"superior.{superior.why}").format(superior.id)
        self.canvas.text(x + 5, y - 3, text, "d", room=CARD[0] / 2 - 6)
