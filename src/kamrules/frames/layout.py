"""The expressions of one pack over one kind of frames, made once: a stream of batches uses them again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import Any, TypeVar

from kamrules.frames.ask import ask_next
from kamrules.frames.clean import Flags, flags_of, left_out_of
from kamrules.frames.intake import faults_of_values
from kamrules.frames.wide import SEPARATOR, Rules, Wide
from kamrules.rules.framecode.causes import Reasons
from kamrules.rules.framecode.columns import Expr, names_of
from kamrules.rules.framecode.run import Known
from kamrules.rules.framecode.translate import Frames

_REMEMBERED = 16
_PROBE_DAY = date(2000, 1, 1)
_T = TypeVar("_T")

# Columns on the way to the wide table; a space keeps them apart from any column of a caller.
LOW, HIGH, ASK, VETO, FAULTS = "health low", "health high", "ask next", "has veto", "has faults"
WIDE, STATUS = "wide ", "status "


@dataclass(frozen=True, slots=True)
class Layout:
    """`made` are all columns of a deal, `wide` those of them that the wide table shows as they are."""

    frames: Frames
    wide: Mapping[str, Expr]
    made: Mapping[str, Expr]
    flags: Flags
    has_faults: bool


@dataclass(frozen=True, slots=True)
class Part:
    """Some columns of a deal, and what they need of the frames."""

    frames: Frames
    made: Mapping[str, Expr]


class Layouts:
    """Makes layouts for the rules of one pack, and remembers the last few; safe to share between threads.

    Raises BackendError (B-OPERATOR) when the pack says what cannot be said with columns.
    """

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self._lock = Lock()
        self._known: OrderedDict[Hashable, Any] = OrderedDict()
        self.needed = self._probe()

    def _probe(self) -> Frames:
        """Return everything the pack reads."""
        wide = Wide(self.rules, _PROBE_DAY, Frames())
        wide.columns()
        ask_next(wide, Reasons(wide.at))
        if self.has_health:
            wide.health_ends()
        return wide.frames

    @property
    def has_health(self) -> bool:
        """Whether the pack scores deals."""
        return self.rules.pack.health is not None

    def whole(self, as_of: date, given: Known) -> Layout:
        """Return everything that is said of a deal."""
        return self.once(("whole", as_of, given.key), lambda: self._whole(as_of, given))

    def question(self, as_of: date, given: Known, left_out: frozenset[str]) -> Part:
        """Return what to ask next, but nothing about rows left out of these lists."""

        def make() -> Part:
            wide = Wide(self.rules, as_of, Frames(given))
            return Part(wide.frames, {ASK: ask_next(wide, Reasons(wide.at, left_out_of(left_out)))})

        return self.once(("question", as_of, given.key, left_out), make)

    def health(self, as_of: date, given: Known) -> Part:
        """Return the points of the health."""

        def make() -> Part:
            wide = Wide(self.rules, as_of, Frames(given))
            return Part(wide.frames, dict(zip((LOW, HIGH), wide.health_ends(), strict=True)))

        return self.once(("health", as_of, given.key), make)

    def _whole(self, as_of: date, given: Known) -> Layout:
        wide = Wide(self.rules, as_of, Frames(given))
        columns, flags = wide.columns(), flags_of(wide)
        faults = faults_of_values(given, wide.frames, self.needed)
        made = {WIDE + name: expr for name, expr in columns.items()}
        made |= {STATUS + name: expr for name, expr in wide.status_columns().items()}
        made |= {ASK: ask_next(wide, Reasons(wide.at)), FAULTS: names_of(faults, SEPARATOR)}
        if self.has_health:
            made |= {**dict(zip((LOW, HIGH), wide.health_ends(), strict=True)), VETO: wide.vetoed}
        if flags.can_trip:
            made |= flags.columns
        return Layout(wide.frames, columns, made, flags, bool(faults))

    def once(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """Make a layout under a lock: while it is made, its frames number what it needs."""
        with self._lock:
            found: _T | None = self._known.get(key)
            if found is None:
                found = self._known[key] = make()
                if len(self._known) > _REMEMBERED:
                    self._known.popitem(last=False)
            return found
