"""Deals of a frame judged without the facts that trip a red line: what a matrix for learning is made of.

`scoring/estimators/deal_features.py` reads the tables; its rows are those it makes of records. Nothing here
says what to do next or where a deal stands, so it costs less than the assessment itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Literal

from kamrules.errors import ArgumentError, Fault
from kamrules.frames.clean import FLAGGED, Flags, flags_of, rows_of_flagged, without_tainted
from kamrules.frames.intake import Checked, faults_of_values, with_own_keys
from kamrules.frames.layout import FAULTS, STATUS, Layouts
from kamrules.frames.wide import SEPARATOR, Rules, Wide
from kamrules.rules.framecode.columns import FALSE, Expr, col, names_of, when
from kamrules.rules.framecode.door import arrow_of
from kamrules.rules.framecode.outputs import scorecard_ends
from kamrules.rules.framecode.run import Bound, Inputs, Known, bound
from kamrules.rules.framecode.table import Table
from kamrules.rules.framecode.translate import ELEMENT, KEY, LEVEL, Frames, Needed
from kamrules.rules.lang.types import Enum, ListOf, Object
from kamrules.scoring.columns import health_cards

PEOPLE = "stakeholders"
# What the stakeholder map reads of a person, and of which facts the evidence.
FIELDS = (
    "id", "role", "stance", "stance_by_deed", "influence", "is_owner", "is_key_player", "has_decision_power",
    "group", "reports_to", "influences", "relationship_stage", "is_contacted", "last_contact_on",
    "attended_exchange", "met_executive_on", "restated_criteria", "lawful_act", "counter_plan", "is_coach",
    "coach_is_credible", "coach_wants_us_to_win", "coach_confirmed", "coach_entitled", "is_insider",
    "is_intermediary", "intermediary_vetted", "is_panel_member",
)  # fmt: skip
PROVEN = ("role", "stance", "has_decision_power", "restated_criteria")
_CLEAN = "clean "


@dataclass(frozen=True, slots=True)
class CleanTables:
    """Arrow tables: the `deals` in the order of the frame, their `people`, and those `rejected`.

    `deals` has `key`, `is_listed`, `ownership`, `status CRITERION` (a place in `wide.STATUSES`) and, for each
    dimension of the health, `low DIMENSION` and `high DIMENSION`. `people` has `key`, `FIELDS` (a word of a
    few as its place among them, a day as a number) and `level FIELD` for `PROVEN`; what the frame lacks is
    not there. It is None without a list. `rejected` has `deal_id` and `faults`.
    """

    deals: Any
    people: Any
    rejected: Any


@dataclass(frozen=True, slots=True)
class _Judged:
    """What is said of a deal, what it needs of the frames, and what can trip; `shown` are names in `made`."""

    frames: Frames
    made: Mapping[str, Expr]
    shown: tuple[str, ...]
    flags: Flags


@dataclass(frozen=True)
class CleanMaker:
    """Makes the tables of one set of frames."""

    layouts: Layouts
    inputs: Inputs
    as_of: date
    bad_values: Literal["reject", "unknown"]

    def tables(self) -> CleanTables:
        """Return the tables."""
        deals, people = self._accepted, self._checked.tied.lists.get(PEOPLE)
        shown = {name: col(name, self._judged.made[name].kind) for name in self._judged.shown}
        if self._judged.flags.can_trip:
            is_flagged = col(FLAGGED, "bool", nullable=False)
            flagged = deals.filter(is_flagged).pinned()
            if not flagged.is_empty():
                clean = self._without_tainted(flagged)
                deals = deals.join(self._again(clean), "left")
                shown = {
                    name: when(is_flagged, col(_CLEAN + name, one.kind), one) for name, one in shown.items()
                }
                if people is not None:
                    people = people.join(flagged.select(_key()), "anti").stacked([clean.lists[PEOPLE]])
        table = arrow_of(deals.select({**_key(), **shown}))
        return CleanTables(table, None if people is None else self._told(people), self._rejected())

    @cached_property
    def _checked(self) -> Checked:
        return with_own_keys(bound(self.inputs, self._needed(), with_fine=True))

    @cached_property
    def _judged(self) -> _Judged:
        return self._judge(self._checked.tied.given)

    @cached_property
    def _all(self) -> Table:
        """Every deal with its raw columns, for what red lines take out, and all that is said of it."""
        tied = self._checked.tied
        kept = {name: col(name, "raw") for path, name in tied.there if path is None and name != KEY}
        found = tied.joined(self._judged.frames).pinned()
        return found.select({**_key(), **kept, **self._judged.made}).pinned()

    @property
    def _is_refused(self) -> Expr:
        return FALSE if self.bad_values == "unknown" else ~col(FAULTS, "text", nullable=False).eq("")

    @cached_property
    def _accepted(self) -> Table:
        return self._all if self._is_refused is FALSE else self._all.filter(~self._is_refused).pinned()

    def _rejected(self) -> Any:
        columns = {"deal_id": col(KEY, "raw"), "faults": col(FAULTS, "text", nullable=False)}
        found, repeated = self._all.filter(self._is_refused).select(columns), self._checked.repeated
        return arrow_of(found if repeated is None else repeated.stacked([found]))

    def _needed(self) -> Frames:
        """Return what the pack reads, and what the stakeholder map reads besides."""
        known = self.layouts.needed
        needed = Frames(columns=dict(known.columns))
        for path, needs in known.lists.items():
            needed.list_of(path).columns.update(needs.columns)
        needed.list_of(PEOPLE).columns.update(needs_of_people(self.layouts.rules))
        Wide(self.layouts.rules, self.as_of, needed).text("account__ownership")
        return needed

    def _judge(self, given: Known) -> _Judged:
        return self.layouts.once(("clean", self.as_of, given.key), lambda: self._judge_anew(given))

    def _judge_anew(self, given: Known) -> _Judged:
        rules = self.layouts.rules
        wide = Wide(rules, self.as_of, Frames(given))
        made = {STATUS + name: expr for name, expr in wide.status_columns().items()}
        for card in health_cards(rules.pack, rules.plan):
            low, high = scorecard_ends(card, wide.at)
            made |= {f"low {card.id}": low, f"high {card.id}": high}
        made |= {"ownership": wide.text("account__ownership"), "is_listed": wide.frames.list_known(PEOPLE)}
        shown, flags = tuple(made), flags_of(wide)
        faults = names_of(faults_of_values(given, wide.frames, self._needed()), SEPARATOR)
        return _Judged(wide.frames, {**made, **flags.columns, FAULTS: faults}, shown, flags)

    def _without_tainted(self, flagged: Table) -> Bound:
        tied, judged = self._checked.tied, self._judged
        rows = rows_of_flagged(tied, flagged, judged.flags, self.layouts.rules, self.as_of)
        return without_tainted(tied, flagged, rows, judged.flags, judged.frames.columns)

    def _again(self, clean: Bound) -> Table:
        """Return the flagged deals as they are judged without what trips, under names of their own."""
        judged = self._judge(clean.given)
        made = {_CLEAN + name: judged.made[name] for name in judged.shown}
        return clean.joined(judged.frames).pinned().select({**_key(), **made}).pinned()

    def _told(self, people: Table) -> Any:
        needs = needs_of_people(self.layouts.rules)
        names = [name for name in people.names() if name in needs]
        shown = {name.replace("code ", "").replace(ELEMENT, ""): col(name, "raw") for name in names}
        return arrow_of(people.select({**_key(), **shown}))


def out_of_reach(library: str) -> ArgumentError:
    """Return the error for deals on machines that a matrix is not made on."""
    fault = f"a matrix is made of frames on this machine, not of {library}"
    return ArgumentError(Fault("A-FRAME", fault, hint="collect the frames, or one part of them at a time"))


def _key() -> dict[str, Expr]:
    return {KEY: col(KEY, "raw")}


def needs_of_people(rules: Rules) -> dict[str, Needed]:
    """Return the columns of people that the stakeholder map reads, by their canonical names."""
    member = rules.plan.schema.member(PEOPLE)
    person = member.type.element if member is not None and isinstance(member.type, ListOf) else None
    if not isinstance(person, Object):
        return {}
    found = {}
    for name in FIELDS:
        field = person.member(name)
        if field is not None:
            is_code = isinstance(field.type, Enum)
            prefix = "code " if is_code else ""
            found[prefix + ELEMENT + name] = Needed(name, field.type, "code" if is_code else "value")
    return found | {LEVEL + ELEMENT + name: Needed(f"{name}__evidence", None) for name in PROVEN}
