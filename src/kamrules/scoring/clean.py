"""A deal assessed without what trips a red line: facts got that way never count for anything learned."""

from __future__ import annotations

from datetime import date
from typing import Any

from kamrules.scoring.columns import Assesses, Detail
from kamrules.scoring.taint import without_tainted


def assess_clean(engine: Assesses, deal: Any, *, as_of: date, detail: Detail = "full") -> Any:
    """Return the assessment of a deal; where it trips red lines, that of the record without those facts.

    `detail` is as in `Engine.assess`.

    Raises
    ------
    RecordError
        The deal does not fit the pack's record.
    """
    record = engine.read(deal)
    found = engine.assess(record, as_of=as_of, detail=detail)
    if not found.tripped:
        return found
    rules = {rule.id: rule for rule in engine.plan.rules}
    lines = [(rules[name].when, engine.pack.red_lines[name].taints) for name in found.tripped]
    clean = without_tainted(record, lines, as_of, root=engine.plan.root)
    return engine.assess(clean.record, as_of=as_of, detail=detail)
