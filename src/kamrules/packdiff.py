"""Two versions of a pack compared by what they say, not by their text.

For each rule whose condition changed: which verdicts can turn into which, each with the smallest deal
that shows it (by the prover, with `kamrules[verify]`). On a pipeline: which deals change milestone, tier,
health or red lines, and by which criteria. Markdown for a pull request.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import permutations
from typing import Any, Literal

from kamrules.assessment import Assessment, Rejection
from kamrules.engine import Engine
from kamrules.errors import MissingExtraError
from kamrules.jsontext import plain_data
from kamrules.rules.plan import Plan, Rule, Scorecard, Table
from kamrules.rules.verdict import Status

Kind = Literal["added", "removed", "changed"]
_STATUSES: tuple[Status, ...] = ("met", "unmet", "unknown")
_SHOWN_DEALS = 50


@dataclass(frozen=True, slots=True)
class Turn:
    """One verdict turning into another: `possible` (None: not decided, see `reason`), and a smallest deal."""

    before: Status
    after: Status
    possible: bool | None
    witness: Mapping[str, Any] | None = None
    as_of: date | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PartChange:
    """A rule, table or scorecard that differs; `turns` are what can happen to a changed rule's verdict."""

    kind: Kind
    part: str
    id: str
    turns: tuple[Turn, ...] = ()


@dataclass(frozen=True, slots=True)
class DealChange:
    """What changes for one deal: each value before and after, and the criteria whose status turned.

    `came` are the criteria only the new pack has, with their status: they can shut a gate, too.
    """

    deal_id: str | None
    values: tuple[tuple[str, str, str], ...]
    turned: tuple[tuple[str, Status, Status], ...]
    came: tuple[tuple[str, Status], ...] = ()


@dataclass(frozen=True, slots=True)
class PackDiff:
    """The difference of two packs; `deals` and `compared` are those of a pipeline, if one was given."""

    old: str
    new: str
    parts: tuple[PartChange, ...]
    deals: tuple[DealChange, ...] = ()
    compared: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether no verdict can differ by what was compared."""
        return not self.parts and not self.deals

    def _repr_markdown_(self) -> str:
        return to_markdown(self)


def compare_packs(old: Engine, new: Engine, *, proofs: bool = True, timeout_ms: int = 5000) -> PackDiff:
    """Return what differs between two packs.

    Parameters
    ----------
    old, new : compiled packs
    proofs : whether to ask which verdicts can turn; needs `kamrules[verify]`, without it they stay open
    timeout_ms : how long one such question may take
    """
    parts = [
        *_differing(old.plan, new.plan, proofs=proofs, timeout_ms=timeout_ms),
        *_differing_days(old, new),
    ]
    return PackDiff(_name(old), _name(new), tuple(parts))


def compare_on(diff: PackDiff, old: Engine, new: Engine, deals: Iterable[Any], *, as_of: date) -> PackDiff:
    """Return the difference with what it means for the deals of a pipeline."""
    given = list(deals)
    changes, count = [], 0
    pairs = zip(old.assess_many(given, as_of=as_of), new.assess_many(given, as_of=as_of), strict=True)
    for before, after in pairs:
        count += 1
        change = _deal_change(before, after)
        if change is not None:
            changes.append(change)
    return PackDiff(diff.old, diff.new, diff.parts, tuple(changes), count)


def _name(engine: Engine) -> str:
    return f"{engine.pack.id} {engine.pack.version} ({engine.pack.hash[:12]})"


def _differing(old: Plan, new: Plan, *, proofs: bool, timeout_ms: int) -> Iterator[PartChange]:
    for part, before, after in (
        ("rule", _by_id(old.rules), _by_id(new.rules)),
        ("table", _by_id(old.tables), _by_id(new.tables)),
        ("scorecard", _by_id(old.scorecards), _by_id(new.scorecards)),
    ):
        for name in dict.fromkeys((*before, *after)):
            one, other = before.get(name), after.get(name)
            if one is None or other is None:
                yield PartChange("removed" if other is None else "added", part, name)
            elif one != other:
                turns: tuple[Turn, ...] = ()
                if isinstance(one, Rule) and isinstance(other, Rule):
                    turns = tuple(_turns(old, new, one, other, timeout_ms)) if proofs else ()
                    if proofs and not turns:
                        continue  # written otherwise, and the same of every deal
                yield PartChange("changed", part, name, turns)


def _differing_days(old: Engine, new: Engine) -> Iterator[PartChange]:
    """Yield what moves due days: cadences, deadlines, and the calendar."""
    for part, olds, news in (
        ("cadence", old.cadence_plans, new.cadence_plans),
        ("deadline", old.deadline_plans, new.deadline_plans),
    ):
        before = {one.id: one for one in olds}
        after = {one.id: one for one in news}
        for name in dict.fromkeys((*before, *after)):
            if name not in after or name not in before:
                yield PartChange("removed" if name in before else "added", part, name)
            elif before[name] != after[name]:
                yield PartChange("changed", part, name)
    if old.pack.calendar != new.pack.calendar:
        yield PartChange("changed", "calendar", "calendar")


def _by_id(parts: Iterable[Rule | Table | Scorecard]) -> dict[str, Rule | Table | Scorecard]:
    return {part.id: part for part in parts}


def _turns(old: Plan, new: Plan, before: Rule, after: Rule, timeout_ms: int) -> Iterator[Turn]:
    """Yield the turns that are possible, or that nobody could decide."""
    reason = "" if old.schema == new.schema else "the packs have different fields"
    try:
        from kamrules.rules.backends import smt  # noqa: PLC0415 - needs an extra
    except MissingExtraError as error:
        reason = str(error)
    for one, other in permutations(_STATUSES, 2):
        if reason:
            yield Turn(one, other, None, reason=reason)
            return
        proof = smt.Prover(new.schema, new.root, timeout_ms=timeout_ms).prove(
            smt.transition(before, after, one, other)
        )
        if proof.status == "refuted":
            yield Turn(one, other, True, proof.witness, proof.as_of)
        elif proof.status == "undecided":
            yield Turn(one, other, None, reason=proof.reason)


def _deal_change(before: Assessment | Rejection, after: Assessment | Rejection) -> DealChange | None:
    if isinstance(before, Rejection) or isinstance(after, Rejection):
        if isinstance(before, Rejection) and isinstance(after, Rejection):
            return None
        rejected = ("rejected", str(isinstance(before, Rejection)), str(isinstance(after, Rejection)))
        one = after if isinstance(before, Rejection) else before
        return DealChange(getattr(one, "deal_id", None), (rejected,), ())
    old, new = _values(before), _values(after)
    values = tuple(
        (name, old.get(name, ""), new.get(name, ""))
        for name in dict.fromkeys((*old, *new))
        if old.get(name) != new.get(name)
    )
    now: dict[str, Status] = {one.id: one.status for one in after.criteria}
    turned = tuple(
        (one.id, one.status, now[one.id])
        for one in before.criteria
        if one.id in now and now[one.id] != one.status
    )
    olds = {one.id for one in before.criteria}
    came = tuple((one.id, one.status) for one in after.criteria if one.id not in olds)
    return DealChange(before.deal_id, values, turned, came) if values or turned else None


def _values(found: Assessment) -> dict[str, str]:
    values = {
        "supported": found.stage.supported or "none",
        "claim": found.stage.claim,
        "red lines": ", ".join(found.tripped) or "none",
    }
    if found.tier is not None:
        values["tier"] = "/".join(found.tier.tier.possible) or "none"
    if found.health is not None:
        health = found.health
        values["health"] = f"{health.low:g} … {health.high:g}"
        values["grade"] = "veto" if health.vetoed_by else "/".join(health.grades)
    return values


def to_markdown(diff: PackDiff) -> str:
    """Return the difference as Markdown fit for a comment on a pull request."""
    lines = [f"### Rules: {diff.old} → {diff.new}", ""]
    if diff.is_empty:
        lines.append("No verdict can differ.")
    if diff.parts:
        lines += [
            "| part | change | verdicts that can turn | smallest deal that shows it |",
            "|---|---|---|---|",
        ]
        lines += [row for part in diff.parts for row in _part_rows(part)]
    if diff.compared:
        lines += ["", f"{len(diff.deals)} of {diff.compared} deals change.", ""]
    if diff.deals:
        lines += ["| deal | what changes | by |", "|---|---|---|"]
        for deal in diff.deals[:_SHOWN_DEALS]:
            values = "; ".join(f"{name}: {old} → {new}" for name, old, new in deal.values) or "–"
            lines.append(f"| {_cell(deal.deal_id or '')} | {_cell(values)} | {_cell(_reasons(deal))} |")
        if len(diff.deals) > _SHOWN_DEALS:
            lines.append(f"| … {len(diff.deals) - _SHOWN_DEALS} more | | |")
    return "\n".join(lines) + "\n"


def _reasons(deal: DealChange) -> str:
    """Return the criteria that turned, and the new ones that are not met."""
    turned = [f"{name} {old} → {new}" for name, old, new in deal.turned]
    shut = [f"{name} added, {status}" for name, status in deal.came if status in {"unmet", "unknown"}]
    return ", ".join([*turned, *shut]) or "a table or score"


def _part_rows(part: PartChange) -> Iterator[str]:
    head = f"| {part.part} `{part.id}` | {part.kind} |"
    if not part.turns:
        yield f"{head} | |"
    for turn in part.turns:
        word = f"{turn.before} → {turn.after}"
        if turn.possible is None:
            yield f"{head} not decided | {_cell(turn.reason)} |"
        else:
            shown = json.dumps(plain_data(turn.witness), ensure_ascii=False)
            day = f" as of {turn.as_of}" if turn.as_of is not None else ""
            yield f"{head} {word} | `{_cell(shown)}`{day} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def to_dict(diff: PackDiff) -> dict[str, Any]:
    """Return the difference as plain JSON-ready data."""
    return {
        "old": diff.old,
        "new": diff.new,
        "parts": [
            {
                "kind": part.kind,
                "part": part.part,
                "id": part.id,
                "turns": [
                    {
                        "before": turn.before,
                        "after": turn.after,
                        "possible": turn.possible,
                        "witness": plain_data(turn.witness),
                        "as_of": None if turn.as_of is None else turn.as_of.isoformat(),
                        "reason": turn.reason or None,
                    }
                    for turn in part.turns
                ],
            }
            for part in diff.parts
        ],
        "compared": diff.compared,
        "deals": [
            {
                "deal_id": deal.deal_id,
                "values": {name: [old, new] for name, old, new in deal.values},
                "turned": {name: [old, new] for name, old, new in deal.turned},
                "came": dict(deal.came),
            }
            for deal in diff.deals
        ],
    }
