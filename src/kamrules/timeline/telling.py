"""A history for people: text or Markdown, in English or Chinese."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kamrules.engine import Engine
from kamrules.timeline.dwell import Stall
from kamrules.timeline.events import Correction, Event
from kamrules.timeline.history import History, Reason, Standing, Step, Turned
from kamrules.timeline.paths import place_of
from kamrules.wording import Language, escape_markdown

_SHOWN = 5
_SHOWN_OVERALL = 12
_SHOWN_FIELDS = 3
_LATE_DAYS = 14  # our choice: two weekly sales meetings
_SAY: dict[str, tuple[str, str]] = {
    "supported": ("supported", "证据支持"),
    "possible": ("possible", "可达"),
    "claimed": ("claimed", "申报"),
    "health": ("health", "健康度"),
    "none": ("none", "无"),
    "regression": ("a regression", "倒退"),
    "turned": ("turned", "判定变化"),
    "tripped": ("red lines tripped", "触及红线"),
    "cleared": ("red lines cleared", "红线解除"),
    "because": ("recorded", "登记"),
    "added": ("added", "新增"),
    "removed": ("removed", "移除"),
    "unknown": ("unknown", "未知"),
    "known": ("known", "已知"),
    "corrects": ("correction of", "更正"),
    "late": ("of {}, recorded {} days late", "{}发生,迟录{}天"),
    "time": ("time passed", "时间推移"),
    "more": ("{} more", "另有{}项"),
    "overall": ("Health from {} to {}", "{}至{}的健康度变化"),
    "quiet": ("{} days with records changed no verdict", "{}个登记日未改变任何判定"),
    "issues": ("About the events", "事件问题"),
    "stay.claimed": ("claimed", "申报"),
    "stay.supported": ("supported", "证据支持"),
    "stay": ("{} {} for {} d, since {}", "{}{}已{}天，自{}起"),
    "stay.least": ("{} {} for at least {} d", "{}{}至少{}天"),
    "stay.limit": (" (limit {} d)", "（上限{}天）"),
    "stalled": ("stalled", "停滞"),
    "dwell": ("too long in the milestone", "里程碑停留过久"),
    "silence": ("no recent contact or act of the buyer", "近期无联系或客户无主动行动"),
}


def tell(
    engine: Engine,
    history: History,
    *,
    stall: Stall | None = None,
    language: Language = "en",
    is_markdown: bool = False,
) -> str:
    """Return a history for people to read, with how long the deal has been where it is."""
    teller = _Teller(engine, language)
    lines = list(teller.lines(history))
    if stall is not None and (standing := teller.standing(stall)):
        lines.append((0, standing))
    if is_markdown:
        return "\n".join(_markdown(lines)) + "\n"
    return "\n".join("    " * depth + text for depth, text in lines) + "\n"


def _markdown(lines: list[tuple[int, str]]) -> Iterator[str]:
    for place, (depth, text) in enumerate(lines):
        if depth == 0:
            yield ("# " if place == 0 else "\n## ") + escape_markdown(text) + ("\n" if place else "")
        elif text:
            yield "- " + escape_markdown(text)


class _Teller:
    def __init__(self, engine: Engine, language: Language) -> None:
        self.engine = engine
        self.language = language
        health = engine.pack.health
        self.entries = engine.pack.scorecards[health].entries if health is not None else {}

    def say(self, key: str) -> str:
        return _SAY[key][1 if self.language == "zh" else 0]

    def standing(self, stall: Stall) -> str:
        """Return how long the deal has been in its milestones, and why it stalls."""
        parts = []
        for key, stay in (("claimed", stall.claimed), ("supported", stall.supported)):
            if stay is not None:
                said = self.say("stay.least" if stay.is_at_least else "stay")
                text = said.format(self.say(f"stay.{key}"), stay.milestone, stay.days, stay.since)
                limit = "" if stay.max_days is None else self.say("stay.limit").format(stay.max_days)
                parts.append(text + limit)
        if stall.reasons:
            parts.append(f"{self.say('stalled')}: {', '.join(self.say(reason) for reason in stall.reasons)}")
        return "; ".join(parts)

    def lines(self, history: History) -> Iterator[tuple[int, str]]:
        """Yield the depth and text of each line."""
        names = [history.deal_id, *([history.name] if history.name else [])]
        yield 0, " · ".join([*names, f"{history.start.day} … {history.end.day}"])
        for step in history.steps:
            yield 0, f"{step.after.day}  {self.head(step)}"
            for text in self.notes(step):
                yield 1, text
        if history.reasons:
            yield 0, self.say("overall").format(history.start.day, history.end.day)
            for reason in history.reasons[:_SHOWN_OVERALL]:
                yield 1, self.reason(reason)
            if len(history.reasons) > _SHOWN_OVERALL:
                yield 1, f"… {self.say('more').format(len(history.reasons) - _SHOWN_OVERALL)}"
        if history.quiet:
            yield 0, self.say("quiet").format(history.quiet)
        if history.issues:
            yield 0, self.say("issues")
            for fault in history.issues:
                yield 1, str(fault)

    def head(self, step: Step) -> str:
        was, now = step.before, step.after
        parts = []
        for key in ("supported", "possible", "claimed"):
            old = getattr(was, key) if was is not None else None
            parts.append(f"{self.say(key)} {self.moved(old, getattr(now, key), is_first=was is None)}")
        if now.health is not None:
            parts.append(f"{self.say('health')} {self.health(was, now)}")
        return ", ".join(parts) + (f" — {self.say('regression')}" if step.is_regression else "")

    def moved(self, old: str | None, new: str | None, *, is_first: bool) -> str:
        none = self.say("none")
        return (new or none) if is_first or old == new else f"{old or none} → {new or none}"

    def health(self, was: Standing | None, now: Standing) -> str:
        def shown(one: Standing) -> str:
            low, high = one.health or (0.0, 0.0)
            return f"{low:.0f}–{high:.0f}"

        if was is None or was.health is None or shown(was) == shown(now):
            return shown(now)
        return f"{shown(was)} → {shown(now)}"

    def notes(self, step: Step) -> Iterator[str]:
        told = [self.event(event, step) for event in step.events]
        yield f"{self.say('because')}: {self.some(told)}" if told else self.say("time")
        for reason in step.reasons[:_SHOWN]:
            yield self.reason(reason)
        if len(step.reasons) > _SHOWN:
            yield f"… {self.say('more').format(len(step.reasons) - _SHOWN)}"
        turned = [self.turn(one) for one in step.turned if one.id in self.engine.pack.criteria]
        if turned:
            yield f"{self.say('turned')}: {self.some(turned)}"
        for key, names in (("tripped", step.tripped), ("cleared", step.cleared)):
            if names:
                lines = self.engine.pack.red_lines
                yield f"{self.say(key)}: " + "; ".join(
                    f"{name} {lines[name].name.get(self.language)}" for name in names
                )

    def some(self, texts: list[str], separator: str = "; ", shown: int = _SHOWN) -> str:
        more = len(texts) - shown
        rest = [f"… {self.say('more').format(more)}"] if more > 0 else []
        return separator.join([*texts[:shown], *rest])

    def reason(self, reason: Reason) -> str:
        title = self.entries[reason.id].title if reason.id in self.entries else None
        return f"{reason.points:+.1f}: {title.get(self.language) if title is not None else reason.id}"

    def turn(self, one: Turned) -> str:
        name = self.engine.pack.criteria[one.id].name.get(self.language)
        return f"{one.id} {name}: {one.before or self.say('none')} → {one.after}"

    def event(self, event: Event, step: Step) -> str:
        if isinstance(event, Correction):
            return f"{self.say('corrects')} {event.corrects}"
        days = (event.recorded_at.date() - event.effective_on).days
        is_late = days >= _LATE_DAYS and event.recorded_at.date() == step.after.day
        late = f" ({self.say('late').format(event.effective_on, days)})" if is_late else ""
        return self.change(event) + late

    def change(self, event: Any) -> str:
        label = self.engine.label
        path = getattr(event, "path", None)
        if path is not None:
            place = place_of(path)
            assert place is not None
            told = ".".join(("deal", place.list, *place.steps) if place.list else ("deal", *place.steps))
            value = self.value(event.value) if event.type == "fact_set" else self.say("unknown")
            item = f" {place.item}" if place.item else ""
            return f"{label(told, self.language)}{item} = {value}"
        name = getattr(event, "list", None) or {"approval": "approvals", "meeting": "meetings"}.get(
            event.type, "documents"
        )
        title = label(f"deal.{name}", self.language)
        if event.type == "list_known":
            return f"{title}: {self.say('known')}"
        if event.type == "item_changed":
            changed = [
                f"{label(f'deal.{name}.{field}', self.language).rpartition(' › ')[2]} = {self.value(value)}"
                for field, value in event.fields.items()
            ]
            return f"{title} {event.item}: {self.some(changed, ', ', _SHOWN_FIELDS)}"
        fields = getattr(event, "fields", {})
        kind = (
            getattr(event, "form", None)
            or fields.get("name")
            or fields.get("type")
            or fields.get("subject")
            or ""
        )
        word = self.say("removed" if event.type == "item_removed" else "added")
        return f"{title} {event.item} {kind}".rstrip() + f" {word}"

    def value(self, value: Any) -> str:
        if value is None:
            return self.say("unknown")
        if isinstance(value, bool):
            return {"en": ("no", "yes"), "zh": ("否", "是")}[self.language][value]
        return str(value)
