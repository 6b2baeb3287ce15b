"""Where each deal of a frame stands, as columns: `scoring/milestones.py` for a million deals at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kamrules.rules.framecode.columns import FALSE, TRUE, Expr, every, lit, some, when
from kamrules.scoring.milestones import Gate


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says, as truths that are never null."""

    met: Expr
    unmet: Expr
    unknown: Expr

    @property
    def holds(self) -> Expr:
        """Whether it is met or not applicable."""
        return ~(self.unmet | self.unknown)


@dataclass(frozen=True, slots=True)
class Stage:
    """Places of milestones in their order, -1 for none; for each criterion whether the next gate asks it."""

    supported: Expr
    possible: Expr
    claim: Expr
    is_complete: Expr
    asked: Mapping[str, Expr]


def stage_of(
    gates: Sequence[Gate], verdicts: Mapping[str, Verdict], claimed: Expr, late: Mapping[str, Expr]
) -> Stage:
    """Return where the deals stand.

    Parameters
    ----------
    gates : the hard criteria of each milestone, in order
    verdicts : what every criterion says
    claimed : the place of the claimed milestone, -1 for none
    late : the truth of the late-entry rule of a milestone that has one, null where unknown
    """
    sure = _reached(gates, {name: one.holds for name, one in verdicts.items()}, _filled(late, FALSE))
    maybe = _reached(gates, {name: ~one.unmet for name, one in verdicts.items()}, _filled(late, TRUE))
    last = len(gates) - 1
    passed = [verdicts[name].holds for name in (*gates[last].entry, *gates[last].exit)]
    return Stage(
        supported=sure,
        possible=maybe,
        claim=_claim(claimed, sure, maybe),
        is_complete=every(sure.eq(last), *passed),
        asked=dict(_asked(gates, sure)),
    )


def _filled(late: Mapping[str, Expr], default: Expr) -> dict[str, Expr]:
    return {name: truth.filled(default) for name, truth in late.items()}


def _reached(gates: Sequence[Gate], holds: Mapping[str, Expr], late: Mapping[str, Expr]) -> Expr:
    """Return the place of the furthest milestone reached."""
    reached, connected = lit(-1, "int"), TRUE
    for place, gate in enumerate(gates):
        may_enter = some(connected, late.get(gate.milestone, FALSE))
        entered = every(may_enter, *(holds[name] for name in gate.entry))
        reached = when(entered, lit(place, "int"), reached)
        connected = every(entered, *(holds[name] for name in gate.exit))
    return reached


def _asked(gates: Sequence[Gate], supported: Expr) -> Iterator[tuple[str, Expr]]:
    """Yield for each criterion whether it belongs to the next gate, in the order of the gates."""
    for place, gate in enumerate(gates):
        for name in gate.entry:
            yield name, supported.eq(place - 1)
        for name in gate.exit:
            yield name, supported.eq(place)


def _claim(claimed: Expr, sure: Expr, maybe: Expr) -> Expr:
    found = lit("contradicted", "text")
    for test, word in (
        (claimed <= maybe, "not_proven"),
        (claimed.eq(sure), "supported"),
        (claimed < sure, "behind"),
        (claimed < 0, "none"),
    ):
        found = when(test, lit(word, "text"), found)
    return found


def name_of(place: Expr, names: Sequence[str]) -> Expr:
    """Return the name at a place, null for -1."""
    found = lit(None, "text")
    for index, name in enumerate(names):
        found = when(place.eq(index), lit(name, "text"), found)
    return found


def place_of(text: Expr, names: Sequence[str]) -> Expr:
    """Return the place of a text among names, -1 for another one or none."""
    found = lit(-1, "int")
    for index, name in enumerate(names):
        found = when(text.eq(lit(name, "text")), lit(index, "int"), found)
    return found
