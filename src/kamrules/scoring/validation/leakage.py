"""Columns and facts that tell the outcome before it is known: refused, loudly.

A model that sees them looks clairvoyant in tests and is worthless on open deals.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel

from kamrules.errors import Fault, LeakageError
from kamrules.scoring.validation.skill import auc

# Fields of a deal that are filled in because of its outcome, or after it.
OUTCOME_FIELDS = frozenset(
    {
        "status",
        "closed_on",
        "loss_reason",
        "milestone_contributions",
        "bid.awarded_on",
        "bid.result_published_on",
        "bid.result_published_until",
        "bid.result_objection_on",
        "bid.result_objection_answered_on",
        "bid.complained_on",
        "bid.bond_returned_on",
    }
)
# Days that may lie in the future of the day they are written on: plans, not facts.
PLANNED_FIELDS = frozenset(
    {
        "expected_order_on",
        "next_step_on",
        "due_on",
        "deadline_at",
        "buying_steps.on",
        "result_published_until",
    }
)
# A single column that ranks or splits deals better than this is no insight (our choice).
PERFECT = 0.97
# Fewer deals than this prove no column perfect (our choice).
_ENOUGH = 20
# A value that fewer deals share is an identity, which splits any outcome (our choice).
_SHARED = 5


def refuse_leakage(
    columns: Mapping[str, Sequence[Any]], outcomes: Sequence[bool], *, derived: Iterable[str] = ()
) -> None:
    """Raise if a column tells the outcome.

    Parameters
    ----------
    columns : values of each column by name; None is missing
    outcomes : whether each deal was won
    derived : names of columns known to be filled in at or after closing

    Raises
    ------
    LeakageError
        Every such column: outcome-derived (L-DERIVED), or alone nearly perfect (L-PERFECT).

    Examples
    --------
    >>> refuse_leakage({"close_value": [100, 0] * 15}, [True, False] * 15)
    Traceback (most recent call last):
    kamrules.errors.LeakageError: close_value: L-PERFECT: alone it tells 30 outcomes apart with AUC 1.00; ...
    """
    faults = []
    names = set(derived)
    for name, values in columns.items():
        if name in names or name.removeprefix("deal.") in OUTCOME_FIELDS:
            faults.append(
                Fault("L-DERIVED", "it is filled in because of the outcome", where=name, hint=_HINT)
            )
        elif (found := _telling(values, outcomes)) is not None:
            faults.append(Fault("L-PERFECT", found, where=name, hint=_HINT))
    if faults:
        raise LeakageError(faults)


_HINT = "leave it out, or take it from a record of the day of prediction"


def _telling(values: Sequence[Any], outcomes: Sequence[bool]) -> str | None:
    """Return how a single column tells the outcome, or None if it does not nearly."""
    if len(values) < _ENOUGH or len(set(outcomes)) < 2:  # noqa: PLR2004 - won and lost
        return None
    known = [(value, won) for value, won in zip(values, outcomes, strict=True) if value is not None]
    numbers = all(isinstance(value, int | float) for value, _ in known)
    if len(known) >= _ENOUGH and numbers and len({won for _, won in known}) > 1:
        area = auc([won for _, won in known], [float(value) for value, _ in known])
        if max(area, 1 - area) >= PERFECT:
            return f"alone it tells {len(known)} outcomes apart with AUC {max(area, 1 - area):.2f}"
    # A text that no two deals share tells nothing by its value, and all by being there.
    codings = {"whether it is filled in": [value is not None for value in values]}
    if not numbers:
        codings = {"its value": list(values), **codings}
    for what, codes in codings.items():
        right, total = _guessed(codes, outcomes)
        usual = max(Counter(outcomes).values()) / len(outcomes)
        if total >= max(_ENOUGH, len(values) / 2) and right / total >= max(PERFECT, (1 + usual) / 2):
            return f"{what} alone tells {right} of {total} outcomes"
    return None


def _guessed(codes: Sequence[Any], outcomes: Sequence[bool]) -> tuple[int, int]:
    """Return how many outcomes are guessed by the usual one of each code that deals share, of how many."""
    counts: dict[Any, Counter[bool]] = defaultdict(Counter)
    for code, won in zip(codes, outcomes, strict=True):
        counts[code][won] += 1
    shared = [count for count in counts.values() if count.total() >= _SHARED]
    return sum(max(count.values()) for count in shared), sum(count.total() for count in shared)


def refuse_late_facts(deals: Iterable[Any], predicted_on: Sequence[date] | date) -> None:
    """Raise if a deal holds facts from after the day it is seen on.

    Parameters
    ----------
    deals : mappings or records, as given to `DealFeatures`
    predicted_on : the day of prediction, of all deals or of each

    Raises
    ------
    LeakageError
        L-LATE for each day in the record (of an event or of evidence) after the day of prediction, but for
        planned ones; L-DERIVED for each field that is filled in because of the outcome.
    """
    faults = []
    for index, deal in enumerate(deals):
        day = predicted_on if isinstance(predicted_on, date) else predicted_on[index]
        raw = deal.model_dump() if isinstance(deal, BaseModel) else deal
        for path, value in _leaves(raw, ""):
            where = f"deal {index}: {path}"
            bare = ".".join(step.partition("[")[0] for step in path.split("."))
            if bare in OUTCOME_FIELDS and value not in {None, "open"}:
                faults.append(
                    Fault("L-DERIVED", "it is filled in because of the outcome", where=where, hint=_HINT)
                )
            elif (found := _as_day(value)) is not None and found > day and not _is_planned(bare):
                message = f"{found} is after the day of prediction, {day}"
                faults.append(Fault("L-LATE", message, where=where, hint=_HINT))
    if faults:
        raise LeakageError(faults)


def _is_planned(path: str) -> bool:
    return path in PLANNED_FIELDS or path.rpartition(".")[2] in PLANNED_FIELDS


def _as_day(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) and value[4:5] == "-" else None
    except ValueError:
        return None


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, BaseModel):
        value = value.model_dump()
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{index}]")
    else:
        yield path, value
