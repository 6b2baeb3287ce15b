"""Mutants of a pack: each its plan with one small mistake, at the place of the text that holds it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from kamrules.mutation.sources import Edit, Joined, Path, Rows, Source, Sources, Written
from kamrules.mutation.trees import turns
from kamrules.rules.lang import core
from kamrules.rules.lang.printer import core_text
from kamrules.source import Span

_MOST_EVIDENCE = 4
_TENTH = 0.1


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of a pack: where, what was changed, and the text before and after.

    `rule` is the id of what was changed; a row or an entry is called `tier.A` after its `holder`.
    """

    rule: str
    holder: str
    span: Span
    what: str
    before: str
    after: str
    edit: Edit = field(repr=False, compare=False)

    def __str__(self) -> str:
        return f"{self.span}: {self.rule}: {self.what}: `{self.before}` became `{self.after}`"


def mutants_of(sources: Sources) -> Iterator[Mutant]:
    """Yield every mutant of what a case may tell, in the order of the sections of the pack."""
    for path, source in sources.texts.items():
        if not sources.is_read(path):
            continue
        for what, before, after, changed in _changes(sources, path, source):
            yield Mutant(*owner(path), sources.pack.span(*path), what, before, after, {path: changed})
    yield from _levels(sources)


def owner(path: Path) -> tuple[str, str]:
    """Return the id of what a source belongs to (rule, table, row, entry, definition), and of its holder."""
    match path:
        case ("defs", name, *_):
            return f"def.{name}", f"def.{name}"
        case ("tables" | "scorecards", holder, _, name, *_):
            return f"{holder}.{name}", holder
        case (_, name, *_):
            return name, name
        case _:
            raise AssertionError(path)


def _changes(sources: Sources, path: Path, source: Source) -> Iterator[tuple[str, str, str, Source]]:
    match source:
        case Written(node, level):
            for turn in turns(node):
                texts = core_text(turn.before), core_text(turn.after)
                yield turn.what, *texts, Written(turn.node, level)
        case Joined():
            yield from _regrouped(source)
        case float():
            for what, points in (
                ("points less", source * (1 - _TENTH)),
                ("points more", source * (1 + _TENTH)),
                ("points turned", -source),
            ):
                yield what, f"{source:g} points", f"{points:g} points", points
        case _:
            table = sources.pack.tables[path[1]]
            yield from _rearranged(source, table.outputs, is_ordered=table.hit == "first")


def _regrouped(gate: Joined) -> Iterator[tuple[str, str, str, Source]]:
    text = f"{gate.form} {', '.join(gate.ids)}"
    if len(gate.ids) == 1:
        return
    yield (
        f"{gate.form} to any",
        text,
        text.replace("all_of", "any of", 1),
        Joined(gate.form, gate.ids, core.Or),
    )
    for index, name in enumerate(gate.ids):
        rest = (*gate.ids[:index], *gate.ids[index + 1 :])
        yield f"`{name}` dropped", text, f"{gate.form} {', '.join(rest)}", Joined(gate.form, rest)


def _rearranged(
    rows: Rows, outputs: list[str], *, is_ordered: bool
) -> Iterator[tuple[str, str, str, Source]]:
    for index, (name, output) in enumerate(rows):
        other = outputs[(outputs.index(output) + 1) % len(outputs)]
        changed = (*rows[:index], (name, other), *rows[index + 1 :])
        yield "output turned", f"{name}: {output}", f"{name}: {other}", changed
    for index, (one, two) in enumerate(pairwise(rows)) if is_ordered else ():
        swapped = (*rows[:index], two, one, *rows[index + 2 :])
        yield "rows swapped", f"{one[0]}, {two[0]}", f"{two[0]}, {one[0]}", swapped


def _levels(sources: Sources) -> Iterator[Mutant]:
    """Yield parts that need one level of evidence more or less in everything they read."""
    parts: dict[Path, dict[Path, Written]] = {}
    for path, source in sources.texts.items():
        if isinstance(source, Written) and source.level is not None:
            parts.setdefault(path[:-1], {})[path] = source
    for part, texts in parts.items():
        for path, source in list(texts.items())[:1]:
            level = source.level or 0
            for other in (level - 1, level + 1):
                if 0 <= other <= _MOST_EVIDENCE:
                    edit = {one: Written(text.node, other) for one, text in texts.items()}
                    span = sources.pack.span(*part, "min_evidence")
                    what = f"evidence E{level} to E{other}"
                    yield Mutant(
                        *owner(path), span, what, f"min_evidence E{level}", f"min_evidence E{other}", edit
                    )
