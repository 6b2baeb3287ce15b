"""What to ask next, for every deal of a frame: the field that most of the next gate's unknowns wait for.

A criterion that waits for n fields counts 1/n for each of them, as in `scoring/questions.py`; there facts are
told apart by their place in a list, here they are not: one asks for the stances, not for the third stance.
"""

from __future__ import annotations

from collections.abc import Iterable

from kamrules.frames.stage import name_of
from kamrules.frames.wide import Wide
from kamrules.rules.framecode.causes import Causes, Reasons
from kamrules.rules.framecode.columns import FALSE, Expr, every, greatest, lit, some, when

# Divisible by 1 to 16, so that thirds add up to a whole: weights are compared exactly.
PARTS = 720_720


def ask_next(wide: Wide, reasons: Reasons) -> Expr:
    """Return the path of the field to ask for next, such as `deal.stakeholders[].stance`; null for none."""
    weights: dict[str, Expr] = {}
    for name, on in wide.stage.asked.items():
        asked = on & wide.verdicts[name].unknown
        if asked is FALSE:
            continue
        causes = _askable(reasons.causes(wide.conditions[name]), wide)
        if not causes:
            continue
        share = lit(PARTS, "int") // count_of(causes.values())
        for field, expr in causes.items():
            part = when(every(asked, expr), share, lit(0, "int"))
            weights[field] = weights[field] + part if field in weights else part
    if not weights:
        return lit(None, "text")
    # The weight and, as the digits below it, the place by name: of two of one weight the first is greater.
    names = sorted(weights, reverse=True)
    scale = len(names)
    best = greatest(*(weights[name] * scale + lit(place, "int") for place, name in enumerate(names)))
    return when(best >= scale, name_of(best - (best // scale) * scale, names))


def count_of(truths: Iterable[Expr]) -> Expr:
    """Return how many truths hold, at least 1."""
    total = lit(0, "int")
    for truth in truths:
        total = total + truth.to("int")
    return when(total > 0, total, lit(1, "int"))


def _askable(causes: Causes, wide: Wide) -> Causes:
    """Return the fields one may ask for: none that a red line taints, none the pack forbids to ask for."""
    privacy = wide.pack.privacy
    never = frozenset(privacy.never_asked if privacy is not None else ())
    root = wide.all.plan.root
    found = {}
    for field, expr in causes.items():
        if field.replace("[]", "") in never:
            continue
        tests = [
            test
            for path, test in wide.tainted.items()
            if field == f"{root}.{path}" or field.startswith(f"{root}.{path}.")
        ]
        found[field] = expr & ~some(FALSE, *tests)
    return found
