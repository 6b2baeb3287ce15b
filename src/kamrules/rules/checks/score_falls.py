"""A score that falls when one of the facts it is declared to be monotone in gets better.

`monotone_in` of a scorecard names facts with their values, worst first, such as the stance of each person.
The prover then shows of each entry that no single step up lowers an end of its points, whatever else is
known or unknown; the score is their sum. An entry that falls is reported with the smallest deal and the
step, replayed on the reference evaluator, and whether the whole score falls there. A mean or a scale that
falls in outline only, and conditions the prover has no word for, are reported as not decided.

The claim is about the points: a red line that trips may take facts away from the score (`taints`) or veto
it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from kamrules.rules.backends.reference import entry_points, environment, score_points
from kamrules.rules.checks import Remark, Severity, Subject
from kamrules.rules.plan import Entry, Ladder, Scorecard
from kamrules.rules.verdict import Points

SEVERITY: Severity = "error"
PROVES = True


def check(subject: Subject) -> Iterator[Remark]:
    """Yield entries that a better value lowers, or of which that is not decided."""
    for card in subject.planned.plan.scorecards:
        for ladder in subject.planned.ladders.get(card.id, ()):
            for entry in card.entries:
                yield from _falls(subject, card, ladder, entry)


def _falls(subject: Subject, card: Scorecard, ladder: Ladder, entry: Entry) -> Iterator[Remark]:
    from kamrules.rules.smtcode.steps import Lowered  # noqa: PLC0415 - needs an extra

    plan = subject.planned.plan

    def earned(record: dict[str, Any], day: date) -> Points:
        return entry_points(entry, environment(plan, record, day))

    lowered = Lowered(entry, ladder, earned)
    proof = subject.counted(subject.prover().prove_step(lowered))
    path = ("scorecards", card.id, "entries", entry.id)
    if proof.status == "undecided":
        yield subject.remark(path, f"whether it can fall is not decided: {proof.reason}", "simplify it")
    elif proof.status == "proved" and not proof.for_any_length:
        yield subject.remark(path, f"that it never falls is proved {proof.reason}", "simplify it")
    elif proof.status == "refuted" and proof.witness is not None and proof.as_of is not None:
        record, day = dict(proof.witness), proof.as_of
        move = lowered.move(record, day)
        assert move is not None
        worth = [_shown(earned(one, day)) for one in (record, move.after)]
        total = [score_points(card, environment(plan, one, day)) for one in (record, move.after)]
        falls = total[1].low < total[0].low or total[1].high < total[0].high
        deal = json.dumps(record, ensure_ascii=False, default=str)
        score = "falls, too" if falls else "does not fall here"
        message = (
            f"it falls from {worth[0]} to {worth[1]} points, and the score {score}, when `{move.place}` "
            f"goes from {move.worse} to {move.better} in the deal {deal}"
        )
        yield subject.remark(path, message, "change the entry, or take the fact out of `monotone_in`")


def _shown(points: Points) -> str:
    return f"{points.low:g}" if points.low == points.high else f"{points.low:g}..{points.high:g}"
