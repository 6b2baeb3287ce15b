"""Browse what a pack holds: criteria, red lines, work rules, plays, tactics, forms, parameters, glossary."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kamrules.errors import ArgumentError, Fault, nearest
from kamrules.rules.pack import Pack
from kamrules.sections import Item, Section, as_html
from kamrules.wording import Language

TOPICS = {
    "milestones": "milestones",
    "criteria": "criteria",
    "red-lines": "red_lines",
    "rules": "findings",
    "cadences": "cadences",
    "deadlines": "deadlines",
    "plays": "plays",
    "tactics": "tactics",
    "forms": "forms",
    "params": "params",
    "glossary": "glossary",
    "not-executable": "not_executable",
}
_CONDITIONS = (
    "met_when",
    "trips_when",
    "breach_when",
    "offered_when",
    "applies_when",
    "waived_when",
    "due_on",
    "every",
    "starts",
    "counts_from",
    "after",
    "before",
    "done_when",
)
_TEXTS = (
    "advice", "message", "lawful_alternative", "lawful_twin", "if_unknown", "if_unmet", "meaning",
    "why", "caution", "note",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One id of a pack: its topic, name, slides, and labelled lines that describe it."""

    id: str
    topic: str
    name: str
    slides: tuple[int, ...]
    lines: tuple[tuple[str, str], ...]


def browse(pack: Pack, topic: str, language: Language = "en") -> tuple[Entry, ...]:
    """Return the entries of a topic, or the one entry whose id (or covered handbook row) is `topic`.

    Raises
    ------
    ArgumentError
        KR500 for an unknown topic or id, with the nearest one.

    Examples
    --------
    >>> import kamrules as kr
    >>> [entry.id for entry in browse(kr.load_pack("handbook"), "milestones")][:2]
    ['M1', 'M2']
    """
    if topic in TOPICS:
        section = getattr(pack, TOPICS[topic])
        return tuple(_entry(name, topic, spec, language) for name, spec in section.items())
    found = tuple(
        _entry(name, each, spec, language)
        for each, section in TOPICS.items()
        for name, spec in getattr(pack, section).items()
        if name == topic or topic in getattr(spec, "covers", ())
    )
    if not found:
        known = [*TOPICS, *(name for section in TOPICS.values() for name in getattr(pack, section))]
        hint = nearest(topic, known) or f"topics: {', '.join(TOPICS)}"
        raise ArgumentError(Fault("A-TOPIC", f"no topic or id `{topic}`", hint=hint))
    return found


def _entry(name: str, topic: str, spec: Any, language: Language) -> Entry:
    words = getattr(spec, "name", None) or getattr(spec, "title", None) or getattr(spec, "why", None)
    source = getattr(spec, "source", None)
    slides = tuple(source.slide or ()) if source is not None else ()
    return Entry(
        name, topic, words.get(language) if words is not None else "", slides, tuple(_lines(spec, language))
    )


def _lines(spec: Any, language: Language) -> Iterator[tuple[str, str]]:
    for key in ("gate", "kind", "severity", "value", "rule", "owner", "min_evidence", "form", "filled_by"):
        value = getattr(spec, key, None)
        if value is not None:
            yield key, str(value)
    for key in ("milestones", "red_lines", "never_with", "all_of", "none_of", "covers"):
        values = getattr(spec, key, None)
        if values:
            yield key, ", ".join(values)
    for key in _CONDITIONS:
        condition = getattr(spec, key, None)
        if condition:
            yield key, " ".join(condition.split())
    for key in _TEXTS:
        words = getattr(spec, key, None)
        if words is not None:
            yield key, words.get(language)
    for done in getattr(spec, "done", ()):
        yield (
            "done",
            f"{done.on} of {done.of}" + (f" where {done.when}" if done.when else "") if done.of else done.on,
        )
    for base in getattr(spec, "basis", ()):
        yield "basis", f"{base.law} ({base.mark})"
    for key, field in getattr(spec, "fields", {}).items():
        yield "field", f"{key} = {field.path or f'{field.each.show} of {field.each.of}'}"


def pack_html(pack: Pack, language: Language = "en") -> str:
    """Return what a pack holds as a piece of HTML: id and name of every entry, topic by topic."""
    sections = [
        Section(topic, [Item(f"{entry.id} {entry.name}") for entry in browse(pack, topic, language)])
        for topic, name in TOPICS.items()
        if getattr(pack, name)
    ]
    return as_html(f"{pack.id} {pack.version} · {pack.title.get(language)} · {pack.hash[:12]}", sections)
