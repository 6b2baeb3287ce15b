"""Gates that may have been fed rather than passed: what is unusual in the book, and worth asking.

No finding accuses anybody: each says what was recorded when, how rare that is among all moves or deals of the
book, and has innocent reasons, such as a seller who tidies up before the sales meeting. Nobody is named; who
recorded a fact is only compared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import get_args

from kamrules.errors import ArgumentError, Fault
from kamrules.learning.signs import GateReads, Kind, Sight, Windows, sights_of
from kamrules.rules.pack import Pack
from kamrules.rules.plan import Plan
from kamrules.timeline.timeline import Timeline

KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class GamingPolicy:
    """When a measure is worth asking about; all our choice but `fences`.

    Parameters
    ----------
    least : by kind, what a measure is at least
        Facts for `bulk`, `one day` and `one source`: fewer come of one conversation. Days for `back-dated`
        (two weekly sales meetings) and `after approval`. Facts for `round trip`, texts for `copied`: one is
        rarely chance.
    fences : how many quartile ranges above the upper quartile of the book
        Three: Tukey's outer fence (Exploratory Data Analysis, 1977). Where nearly all measures are 0, the
        fence is 0 and `least` decides.
    common : share of the book
        What so many reach is a habit of the house, told once. It moves the fence, so that only what stands
        out even then is a finding on a deal.
    min_book : moves or deals
        In a smaller book nothing can be called unusual.
    windows : where signs are looked for
    """

    least: Mapping[Kind, int] = field(
        default_factory=lambda: {
            "bulk": 6,
            "one day": 6,
            "back-dated": 14,
            "round trip": 1,
            "after approval": 1,
            "copied": 1,
            "one source": 8,
        }
    )
    fences: float = 3.0
    common: float = 0.25
    min_book: int = 20
    windows: Windows = field(default_factory=Windows)

    def __post_init__(self) -> None:
        faults = [
            Fault("A-VALUE", f"no least measure for `{kind}` is given")
            for kind in KINDS
            if kind not in self.least
        ]
        if self.fences < 0 or not 0 < self.common <= 1 or self.min_book < 1:
            seen = f"`{self.fences}`, `{self.common}`, `{self.min_book}`"
            message = f"{seen} given for fences, common and min_book, ≥ 0, a share and ≥ 1 expected"
            faults.append(Fault("A-VALUE", message))
        if faults:
            raise ArgumentError(faults)


@dataclass(frozen=True, slots=True)
class Signal:
    """Something worth asking: a measure beyond the fence of the book.

    `as_great` counts the measures of the book that are at least as great, this one among them. `criteria` are
    those of the gate that read the fields.
    """

    sight: Sight
    as_great: int
    criteria: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Habit:
    """One kind over the whole book: how many were measured, how many reach the least, and the fence.

    `is_judged` is False in a book too small; `is_common` says that it is a habit of the house.
    """

    kind: Kind
    measured: int
    reached: int
    fence: float
    is_judged: bool
    is_common: bool


@dataclass(frozen=True, slots=True)
class GamingReport:
    """What is worth asking, the rarest first, and the habits of the book."""

    signals: tuple[Signal, ...]
    habits: tuple[Habit, ...]
    policy: GamingPolicy


def gaming_signals(
    histories: Mapping[str, Timeline],
    pack: Pack,
    plan: Plan,
    *,
    as_of: date,
    policy: GamingPolicy | None = None,
) -> GamingReport:
    """Return what is unusual in how gates were passed.

    Parameters
    ----------
    histories : the events of each deal, open and closed, by its id
    pack, plan : of the engine, for the facts that each gate reads
    as_of : only what was recorded by the end of this day counts
    policy : when a measure is worth asking about

    Examples
    --------
    >>> import kamrules as kr
    >>> from kamrules.timeline import FactSet, timelines
    >>> engine = kr.compile(kr.load_pack("handbook"))
    >>> event = FactSet(id="E1", deal_id="D1", path="deal.milestone", value="M1",
    ...     effective_on="2026-05-04", recorded_at="2026-05-04")
    >>> found = gaming_signals(timelines([event]), engine.pack, engine.plan, as_of=date(2026, 6, 30))
    >>> found.signals, [habit.is_judged for habit in found.habits][0]  # one deal is no book
    ((), False)
    """
    rules = policy or GamingPolicy()
    book = judged(sights_of(histories, pack, plan, as_of=as_of, windows=rules.windows), rules)
    reads = GateReads.of(pack, plan)
    signals = tuple(
        replace(one, criteria=reads.criteria(one.sight.gates, one.sight.fields)) for one in book.signals
    )
    return GamingReport(signals, book.habits, rules)


def judged(sights: Iterable[Sight], policy: GamingPolicy) -> GamingReport:
    """Return which measures are unusual among those of their kind.

    Examples
    --------
    >>> day = date(2026, 5, 4)
    >>> book = [Sight("bulk", f"D{n}", day, 12 if n == 7 else n % 4) for n in range(40)]
    >>> [(one.sight.deal_id, one.as_great) for one in judged(book, GamingPolicy()).signals]
    [('D7', 1)]
    """
    by_kind: defaultdict[Kind, list[Sight]] = defaultdict(list)
    for sight in sights:
        by_kind[sight.kind].append(sight)
    signals: list[tuple[float, Signal]] = []
    habits = []
    for kind in KINDS:
        some = by_kind[kind]
        measures = sorted(one.measure for one in some)
        fence = _fence(measures, policy.fences)
        reached = sum(one >= policy.least[kind] for one in measures)
        is_judged = len(some) >= policy.min_book
        is_common = is_judged and reached >= policy.common * len(some)
        habits.append(Habit(kind, len(some), reached, fence, is_judged, is_common))
        for one in some:
            if is_judged and one.measure >= policy.least[kind] and one.measure > fence:
                as_great = sum(other >= one.measure for other in measures)
                signals.append((as_great / len(some), Signal(one, as_great)))
    signals.sort(key=lambda pair: (pair[0], pair[1].sight.deal_id, pair[1].sight.day, pair[1].sight.kind))
    return GamingReport(tuple(signal for _, signal in signals), tuple(habits), policy)


def _fence(measures: Sequence[int], fences: float) -> float:
    """Return the upper quartile and so many quartile ranges; measures are sorted."""
    if not measures:
        return 0.0
    lower, upper = (measures[min(len(measures) - 1, int(part * len(measures)))] for part in (0.25, 0.75))
    return upper + fences * (upper - lower)
