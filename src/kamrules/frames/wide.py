"""What a pack says of every deal of a frame, as columns: the verdicts of `assessor.py`, one row a deal.

Texts that hold several names (`blockers`, `red_lines` …) have `;` between them and are empty for none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from kamrules.frames.stage import Stage, Verdict, name_of, place_of, stage_of
from kamrules.rules.framecode.border import Limits
from kamrules.rules.framecode.causes import Witness, witnesses
from kamrules.rules.framecode.columns import FALSE, Expr, every, lit, names_of, some, when
from kamrules.rules.framecode.outputs import scorecard_ends, table_truths
from kamrules.rules.framecode.translate import RECORD, Frames, Needed, Translator
from kamrules.rules.framecode.values import expr_of
from kamrules.rules.lang.core import Node
from kamrules.rules.lang.types import Int, Object, Type, is_text
from kamrules.rules.pack import Pack
from kamrules.rules.plan import Plan, Rule
from kamrules.rules.planning import late_entry_id, satisfied, waiver_id
from kamrules.scoring.milestones import Gate

SEPARATOR = ";"
CHOICE = "/"
Exprs = dict[str, Expr]


@dataclass(frozen=True, slots=True)
class Rules:
    """What is assessed by: plain data, so that it travels to the machines that hold the rows.

    `limits` are those of the records' fields, `valid_for` the year a tier is valid for.
    """

    pack: Pack
    plan: Plan
    valid_for: Node | None
    gates: tuple[Gate, ...]
    limits: Mapping[str, Limits]


@dataclass(frozen=True)
class Wide:
    """The columns of the wide table, over canonical columns of the deals and totals of their lists."""

    all: Rules
    as_of: date
    frames: Frames

    @property
    def pack(self) -> Pack:
        """The pack."""
        return self.all.pack

    @cached_property
    def at(self) -> Translator:
        """The translator of conditions on a deal."""
        return Translator(self.frames, self.all.plan.root, self.as_of)

    @cached_property
    def rules(self) -> Mapping[str, Rule]:
        """Every rule of the plan by its id."""
        return {rule.id: rule for rule in self.all.plan.rules}

    @cached_property
    def conditions(self) -> Mapping[str, Node]:
        """What must hold for a rule to be met or not applicable."""
        return {name: satisfied(rule) for name, rule in self.rules.items()}

    @cached_property
    def verdicts(self) -> Mapping[str, Verdict]:
        """What every rule says."""
        return {name: self._verdict(name) for name in self.rules}

    def _verdict(self, name: str) -> Verdict:
        rule, truth = self.rules[name], self.at.truth(self.conditions[name])
        met = truth.filled(False)
        if rule.applies is not None:
            met &= self.at.truth(rule.applies).filled(True)
        return Verdict(met, (~truth).filled(False), truth.is_null())

    @cached_property
    def stage(self) -> Stage:
        """Where the deals stand."""
        late = {
            name: self.at.truth(self.rules[late_entry_id(name)].when)
            for name in self.pack.milestones
            if late_entry_id(name) in self.rules
        }
        return stage_of(self.all.gates, self.verdicts, self._claimed_place, late)

    @property
    def _milestones(self) -> list[str]:
        return [gate.milestone for gate in self.all.gates]

    @cached_property
    def _claimed_place(self) -> Expr:
        return place_of(self.text("milestone"), self._milestones)

    def text(self, path: str) -> Expr:
        """Return a text of the record, null where the schema or the frame has no such field."""
        kind: Type | None = self.all.plan.schema
        for name in path.split("__"):
            member = kind.member(name) if isinstance(kind, Object) else None
            kind = None if member is None else member.type
        if kind is None or not is_text(kind):
            return lit(None, "text")
        return self.frames.record_column(RECORD + path, Needed(path, kind))

    # --- columns

    def columns(self) -> Exprs:
        """Return the columns of the wide table, but for those of the health, in order."""
        return {**self.stage_columns(), **self.tier_columns(), **self.line_columns()}

    def stage_columns(self) -> Exprs:
        """Return the milestone claimed, supported and possible, and what stands before the next gate."""
        stage = self.stage
        asked = list(stage.asked.items())
        return {
            "claimed": self.text("milestone"),
            "supported": name_of(stage.supported, self._milestones),
            "possible": name_of(stage.possible, self._milestones),
            "claim": stage.claim,
            "is_complete": stage.is_complete,
            "blockers": names_of(((on & self.verdicts[name].unmet, name) for name, on in asked), SEPARATOR),
            "unknowns": names_of(((on & self.verdicts[name].unknown, name) for name, on in asked), SEPARATOR),
        }

    def tier_columns(self) -> Exprs:
        """Return the tiers still possible, the decided one, the recorded one and the year it is valid for."""
        name = self.pack.tier_table
        if name is None:
            return {}
        table = next(one for one in self.all.plan.tables if one.id == name)
        truths = table_truths(table, self.at)
        sure = {row: truth.filled(False) for row, truth in truths.items()}
        is_sure = some(FALSE, *sure.values())
        # A row of a unique table that surely holds decides; those that may hold then cannot.
        may = ~is_sure if table.hit == "unique" else ~FALSE
        outputs = {row.id: row.output for row in table.rows}
        possible = {
            output: some(
                FALSE,
                *(
                    sure[row] | (truth.is_null() & may)
                    for row, truth in truths.items()
                    if outputs[row] == output
                ),
            )
            for output in self.pack.tables[name].outputs
        }
        text = names_of(((test, output) for output, test in possible.items()), CHOICE)
        is_one = every(
            is_sure,
            *(
                ~(one & other)
                for index, one in enumerate(possible.values())
                for other in list(possible.values())[index + 1 :]
            ),
        )
        year = lit(None, "int")
        if self.all.valid_for is not None:
            year = expr_of(self.at.scalar(self.all.valid_for), Int())
        return {
            "tier": when(text.eq(""), lit("none", "text"), text),
            "tier_decided": when(is_one, text),
            "recorded_tier": self.text("account__tier"),
            "tier_valid_for": year,
        }

    def line_columns(self) -> Exprs:
        """Return the red lines that trip or are waived, and the work rules that are breached."""
        tripped, waived = self.tripped, {}
        for name in self.pack.red_lines:
            waived[name] = self.verdicts[name].met & ~tripped[name]
        return {
            "red_lines": names_of(((test, name) for name, test in tripped.items()), SEPARATOR),
            "waived": names_of(((test, name) for name, test in waived.items()), SEPARATOR),
            "breaches": names_of(((self.verdicts[name].met, name) for name in self.pack.findings), SEPARATOR),
        }

    def status_columns(self) -> Exprs:
        """Return the status of each criterion as a small number: its place in `STATUSES`."""
        found = {}
        for name in self.pack.criteria:
            verdict = self.verdicts[name]
            place = lit(STATUSES.index("not_applicable"), "code")
            for status in ("met", "unmet", "unknown"):
                place = when(getattr(verdict, status), lit(STATUSES.index(status), "code"), place)
            found[name] = place
        return found

    # --- red lines and health

    @cached_property
    def tripped(self) -> Mapping[str, Expr]:
        """Whether each red line trips and is not waived."""
        found = {}
        for name in self.pack.red_lines:
            waiver = self.verdicts.get(waiver_id(name))
            met = self.verdicts[name].met
            found[name] = met if waiver is None else met & ~waiver.met
        return found

    @cached_property
    def witnesses(self) -> tuple[Witness, ...]:
        """The list rows that make a red line trip; `holds` says of which deals."""
        return tuple(
            found
            for name, test in self.tripped.items()
            for found in witnesses(self.rules[name].when, self.at, test)
        )

    @cached_property
    def tainted(self) -> Mapping[str, Expr]:
        """The fields (dotted, without the root) that a tripped red line makes unknown, and of which deals."""
        found: dict[str, Expr] = {}
        for name, test in self.tripped.items():
            for path in self.pack.red_lines[name].taints:
                field = path.partition(".")[2]
                found[field] = some(found.get(field, FALSE), test)
        return found

    @cached_property
    def vetoed(self) -> Expr:
        """Whether a tripped red line overrides the grade."""
        veto = self.pack.scorecards[self.pack.health or ""].veto
        return some(
            FALSE,
            *(test for name, test in self.tripped.items() if self.pack.red_lines[name].severity in veto),
        )

    def health_ends(self) -> tuple[Expr, Expr]:
        """Return the least and the most points of the health."""
        card = next(one for one in self.all.plan.scorecards if one.id == self.pack.health)
        return scorecard_ends(card, self.at)


STATUSES = ("unmet", "met", "unknown", "not_applicable")


def health_columns(low: Expr, high: Expr, vetoed: Expr, pack: Pack) -> Exprs:
    """Return the points of the health with their middle, and the grades still possible or `veto`."""
    ceiling: float | None = None
    grades = []
    for name, grade in pack.scorecards[pack.health or ""].grades.items():
        meets = high >= float(grade.at_least)
        grades.append((meets if ceiling is None else meets & (low < ceiling), name))
        ceiling = float(grade.at_least)
    return {
        "health_low": low,
        "health_score": (low + high) / 2.0,
        "health_high": high,
        "grade": when(vetoed, lit("veto", "text"), names_of(grades, CHOICE)),
    }
