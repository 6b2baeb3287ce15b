"""A path for people: text, Markdown, HTML or JSON, in English or Chinese."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Literal

from kamrules.engine import Engine
from kamrules.headings import heading, slides
from kamrules.paths import Blocker, LawfulPath, PathStep, Raise
from kamrules.rules.lang.types import Money
from kamrules.rules.paths.schedule import ANY_TEXT
from kamrules.rules.places import type_at
from kamrules.rules.trace import Fact
from kamrules.sections import Item, Section, as_html, as_markdown, as_text
from kamrules.wording import Language

Format = Literal["text", "markdown", "html", "json"]
_SHOWN_SETS = 12


def path_text(engine: Engine, path: LawfulPath, language: Language = "en", form: Format = "text") -> str:
    """Return a path as text, Markdown, a piece of HTML, or JSON."""
    if form == "json":
        return json.dumps(path_dict(engine, path, language), ensure_ascii=False, indent=1)
    writer = _Writer(engine, path, language)
    show = {"text": as_text, "markdown": as_markdown, "html": as_html}[form]
    return show(writer.title(), list(writer.sections()))


def path_sections(engine: Engine, path: LawfulPath, language: Language = "en") -> list[Section]:
    """Return a path as titled sections of short lines."""
    return list(_Writer(engine, path, language).sections())


def path_html(engine: Engine, path: LawfulPath, language: Language = "en") -> str:
    """Return a path as a piece of HTML, in the words of `path_text`."""
    return path_text(engine, path, language, "html")


def path_dict(engine: Engine, path: LawfulPath, language: Language = "en") -> dict[str, Any]:
    """Return a path as JSON-ready data, each step with the name of its action."""
    data: dict[str, Any] = _plain(asdict(path))
    for step in data["steps"]:
        step["name"] = engine.pack.actions[step["action"]].name.get(language)
    return data


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {name: _plain(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
        case date() | datetime():
            return value.isoformat()
    return value


class _Writer:
    """Writes one path."""

    def __init__(self, engine: Engine, path: LawfulPath, language: Language) -> None:
        self.engine = engine
        self.path = path
        self.language: Language = language

    def say(self, key: str) -> str:
        return heading(key, self.language)

    def title(self) -> str:
        path = self.path
        parts = [path.deal_id or "", self.milestone(), f"{self.say('as_of')} {path.as_of}"]
        return " · ".join([*(part for part in parts if part), f"{path.pack.id} {path.pack.version}"])

    def milestone(self) -> str:
        target = self.path.target
        if target is None:
            return self.say("path.last")
        name = self.engine.pack.milestones[target].name.get(self.language)
        return f"{self.say('path.to')} {target} {name}"

    def sections(self) -> Iterator[Section]:
        path = self.path
        match path.outcome:
            case "path":
                yield self.steps()
            case "red_line":
                yield Section(self.say("path.red_line"), [self.red_line(name) for name in path.tripped])
            case "no_path":
                yield Section(self.say("path.no_path"), [Item(self.blockers(one)) for one in path.blocking])
            case "undecided":
                yield Section(self.say("path.undecided"), [Item(path.reason)])
            case "open":
                yield Section(self.say("path.open"))
        if path.outcome == "path":
            yield self.blocking()
        if path.raises:
            yield Section(self.say("path.raises"), [self.raise_(one) for one in path.raises])

    def steps(self) -> Section:
        path = self.path
        acts: dict[tuple[str, str, str], list[PathStep]] = {}
        for step in path.steps:
            place = step.path if step.kind == "add" else step.path.rpartition(".")[0]
            acts.setdefault((step.on, step.action, place), []).append(step)
        head = self.say("path.step" if len(acts) == 1 else "path.steps").format(
            len(acts), path.cost, path.opens_on
        )
        return Section(head, [self.act(steps) for steps in acts.values()])

    def act(self, steps: list[PathStep]) -> Item:
        """Return one thing to do, for one fact or several of the same record."""
        step = steps[0]
        name = self.engine.pack.actions[step.action].name.get(self.language)
        notes = [self.what(one) for one in steps]
        for criterion in dict.fromkeys(name for one in steps for name in one.opens):
            spec = self.engine.pack.criteria[criterion]
            shown = spec.name.get(self.language) + slides(spec.source.slide, self.language)
            notes.append(f"{self.say('path.for')} {criterion} {shown}")
        who = []
        if step.owner is not None:
            who.append(f"{self.say('owner')}: {self.engine.desk(step.owner, self.language)}")
        if step.form is not None:
            who.append(f"{self.say('path.form')}: {step.form}")
        desks = [self.engine.desk(desk, self.language) for desk in step.approvers]
        if desks:
            who.append(f"{self.say('path.approval')}: {', '.join(desks)}")
        if who:
            notes.append("; ".join(who))
        return Item(f"{step.on}  {name}", notes)

    def what(self, step: PathStep) -> str:
        if step.kind == "add":
            path, _, index = step.path.rpartition("[")
            facts = [
                f"{self.engine.label(f'{step.path}.{name}', self.language).rpartition(' › ')[2]} ="
                f" {self.value(f'{step.path}.{name}', value)}"
                for name, value in step.value.items()
            ]
            return f"{self.engine.label(path, self.language)} {int(index[:-1]) + 1}: {'; '.join(facts)}"
        label = self.engine.label(step.path, self.language)
        if step.level is not None:
            return f"{label}: {self.say('path.evidence')} {step.level}"
        if isinstance(step.value, list):
            return f"{label}: {self.say('path.list')}"
        values = step.accepts or (step.value,)
        accepted = f" {self.say('path.or')} ".join(self.value(step.path, one) for one in values)
        return f"{label} = {accepted}"

    def value(self, path: str, value: Any) -> str:
        if value == ANY_TEXT or value is None:
            return ANY_TEXT
        kind = type_at(self.engine.plan.schema, path)
        currency = kind.currency if isinstance(kind, Money) else None
        return self.engine.show(Fact(path, value, currency=currency), self.language)

    def blocking(self) -> Section:
        path = self.path
        shown = [Item(self.blockers(one)) for one in path.blocking[:_SHOWN_SETS]]
        if len(path.blocking) > _SHOWN_SETS or not path.is_every_set:
            shown.append(Item("…"))
        return Section(self.say("path.blocking").format(len(path.blocking)), shown)

    def blockers(self, facts: tuple[Blocker, ...]) -> str:
        return f" {self.say('path.and')} ".join(self.blocker(fact) for fact in facts)

    def blocker(self, fact: Blocker) -> str:
        label = self.engine.label(fact.path, self.language)
        if fact.kind == "add":
            action = self.engine.pack.actions[fact.action].name.get(self.language)
            return self.say("path.none_added").format(label, action)
        if fact.kind == "confirm":
            return f"{label}: {self.say('path.weak')}"
        if fact.value is None:
            return f"{label}: {self.say('path.missing')}"
        return f"{label} = {self.value(fact.path, fact.value)}"

    def red_line(self, name: str) -> Item:
        spec = self.engine.pack.red_lines[name]
        head = f"{name} [{spec.severity}] {spec.name.get(self.language)}"
        return Item(head, [f"{self.say('lawful')}: {spec.lawful_alternative.get(self.language)}"])

    def raise_(self, one: Raise) -> Item:
        card = self.engine.pack.scorecards[self.engine.pack.health or ""]
        title = card.entries[one.entry].title
        name = title.get(self.language) if title is not None else one.entry
        head = self.say("path.raise").format(one.points, one.cost)
        facts = ", ".join(self.engine.label(path, self.language) for path in one.facts)
        return Item(f"{head}: {name} — {facts}")
