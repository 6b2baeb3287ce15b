"""A deal judged without what trips a red line: facts got that way never count for anything learned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from kamrules.rules.planning import waiver_id
from kamrules.rules.verdict import Status, status_of
from kamrules.scoring.columns import Assesses
from kamrules.scoring.taint import without_tainted


@dataclass(frozen=True, slots=True)
class Clean:
    """A record without the facts that trip red lines, and the status of every rule on it."""

    record: Any
    statuses: Mapping[str, Status]


def clean(engine: Assesses, deal: Any, *, as_of: date) -> Clean:
    """Return what is left of a deal where it trips red lines, else the deal as it is.

    Raises
    ------
    RecordError
        The deal does not fit the pack's record.
    """
    record = engine.read(deal)
    statuses = _statuses(engine, record, as_of)
    tripped = [
        name
        for name in engine.pack.red_lines
        if statuses[name] == "met" and statuses.get(waiver_id(name)) != "met"
    ]
    if not tripped:
        return Clean(record, statuses)
    rules = {rule.id: rule for rule in engine.plan.rules}
    lines = [(rules[name].when, engine.pack.red_lines[name].taints) for name in tripped]
    left = without_tainted(record, lines, as_of, root=engine.plan.root).record
    return Clean(left, _statuses(engine, left, as_of))


def _statuses(engine: Assesses, record: Any, day: date) -> dict[str, Status]:
    truths = engine.run(record, as_of=day).truths
    return {rule.id: status_of(truth) for rule, truth in zip(engine.plan.rules, truths, strict=True)}
