"""How far one answer could narrow a score: try the answers a fact may have, one fact at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from kamrules.rules.lang.reference import read
from kamrules.rules.lang.types import Bool, Enum, Object
from kamrules.rules.places import type_at
from kamrules.scoring.ledger import Health
from kamrules.scoring.questions import Question
from kamrules.scoring.taint import with_value

_TRIED = 40  # facts tried on one deal; the others keep the estimate


def narrowing(
    record: BaseModel,
    questions: tuple[Question, ...],
    health: Health,
    points: Callable[[BaseModel], tuple[float, float]],
    schema: Object,
) -> tuple[Question, ...]:
    """Return the questions of the next gate and of the ledger, with `narrows`, best first.

    Parameters
    ----------
    record : the record the health was computed on
    questions : those of the next gate
    health : with its ledger
    points : the score's (low, high) of a changed record
    schema : the type of the record, for the answers a fact may have

    Notes
    -----
    `narrows` is the most points by which one answer narrows the interval: each value of a yes/no or a closed
    list is tried. For other facts, and where no single answer narrows anything, it is an estimate: the width
    of every ledger entry the fact is missing in, divided by the number of facts missing there. Ordered by
    `weight` as a share of the criteria waiting plus `narrows` as a share of the width (our choice: no source
    gives a formula).
    """
    estimate: dict[str, float] = {}
    for line in health.ledger:
        for path in line.missing:
            estimate[path] = estimate.get(path, 0.0) + (line.high - line.low) / len(line.missing)
    by_path = {question.path: question for question in questions}
    for path in estimate:
        by_path.setdefault(path, Question(path, (), 0.0))
    ranked = sorted(by_path, key=lambda path: (-estimate.get(path, 0.0), path))
    found = {path: estimate.get(path, 0.0) for path in by_path}
    for path in ranked[:_TRIED]:
        if path in estimate:
            found[path] = max([found[path], *_tried(record, path, health.width, points, schema)])
    waiting = sum(question.weight for question in questions) or 1.0
    width = health.width or 1.0
    asked = [replace(question, narrows=round(found[path], 6)) for path, question in by_path.items()]
    return tuple(sorted(asked, key=lambda q: (-(q.weight / waiting + q.narrows / width), q.path)))


def _tried(
    record: BaseModel,
    path: str,
    width: float,
    points: Callable[[BaseModel], tuple[float, float]],
    schema: Object,
) -> Iterator[float]:
    for answer in answers(schema, path):
        low, high = points(_answered(record, path, answer))
        yield width - (high - low)


def _answered(record: BaseModel, path: str, answer: Any) -> BaseModel:
    """Return the record with the fact filled in, proven by the strongest evidence."""
    holder_path, _, name = path.rpartition(".")
    changed = with_value(record, path, answer)
    steps = holder_path.split(".")[1:]
    holder: Any = changed
    for step in steps:
        field, _, index = step.partition("[")
        holder = read(holder, field)
        holder = holder[int(index.rstrip("]"))] if index and holder is not None else holder
    if holder is None:
        return changed
    evidence = {**(read(holder, "evidence") or {}), name: {"level": "E4"}}
    return with_value(changed, f"{holder_path}.evidence" if steps else "deal.evidence", evidence)


def answers(schema: Object, path: str) -> tuple[Any, ...]:
    """Return the values a fact may have when they are few: yes/no or a closed list."""
    match type_at(schema, path):
        case Bool():
            return (True, False)
        case Enum(values):
            return values
        case _:
            return ()
