"""From a pack to a Plan: every rule, table and scorecard resolved, typed and reduced to the core tree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from pydantic import BaseModel

from kamrules.errors import Fault, nearest
from kamrules.rules import packformat as f
from kamrules.rules import plan as p
from kamrules.rules.actions import Actions, plan_actions
from kamrules.rules.cadences import Cadence, check_calendar, days_at, plan_cadences
from kamrules.rules.deadlines import Deadline, plan_deadlines
from kamrules.rules.lang import core
from kamrules.rules.lang import types as t
from kamrules.rules.pack import Pack
from kamrules.rules.quiet import QuietPlan, plan_quiet
from kamrules.rules.reactions import Reaction, plan_reactions
from kamrules.rules.scoreplan import in_list, list_at, plan_ladders, plan_scorecard
from kamrules.rules.vocabulary import ROOT, Vocabulary


@dataclass(frozen=True, slots=True)
class Each:
    """A value `show` of every element of a list for which `when` surely holds."""

    range: core.Field
    var: core.Var
    when: core.Node
    show: core.Node


@dataclass(slots=True)
class Planned:
    """What planning a pack gives: the record model, the plan and every fault found on the way.

    `valid_for` is the year a tier is valid for, as an expression of the record; `actions` are what paths are
    made of; `ladders` are the facts each scorecard says it is monotone in, `reactions` what a turn of
    verdicts brings about; `max_dwell` are days by milestone.
    """

    model: type[BaseModel]
    plan: p.Plan
    valid_for: core.Node | None = None
    due: dict[str, core.Node] = field(default_factory=dict)
    forms: dict[str, dict[str, core.Node | Each]] = field(default_factory=dict)
    actions: Actions = field(default_factory=Actions)
    ladders: dict[str, tuple[p.Ladder, ...]] = field(default_factory=dict)
    cadences: tuple[Cadence, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    quiet: QuietPlan | None = None
    max_dwell: dict[str, int] = field(default_factory=dict)
    stalled_when: core.Node | None = None
    reactions: tuple[Reaction, ...] = ()
    faults: list[Fault] = field(default_factory=list)


@lru_cache(maxsize=8)
def plan_pack(pack: Pack) -> Planned:
    """Resolve, type and reduce everything in `pack`; faulty parts are left out and reported.

    The last few packs are remembered, so that checking a pack and then compiling it plans it once.
    """
    return _Planner(pack).run()


_OPEN = p.Rule("", core.Const(True, t.Bool()))  # stands for a rule that is being planned


class _Planner:
    """Plans the parts of one pack over its vocabulary."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.words = Vocabulary(pack)
        self.planned: dict[tuple[str, str], p.Rule | None] = {}

    def run(self) -> Planned:
        pack, words = self.pack, self.words
        self.check_ids()
        rules = [rule for name in pack.criteria if (rule := self.once("criteria", name)) is not None]
        rules += [rule for name in pack.red_lines if (rule := self.once("red_lines", name)) is not None]
        rules += [rule for name in pack.findings if (rule := self.finding(name)) is not None]
        rules += [rule for name in pack.milestones if (rule := self.late_entry(name)) is not None]
        rules += [rule for name in pack.red_lines if (rule := self.once("waivers", name)) is not None]
        rules += [rule for name in pack.plays if (rule := self.play(name)) is not None]
        rules += [rule for rule in [self.plays_when()] if rule is not None]
        plan = p.Plan(
            schema=words.schema,
            rules=tuple(rules),
            tables=tuple(self.table(name) for name in pack.tables),
            scorecards=tuple(plan_scorecard(words, name) for name in pack.scorecards),
            root=ROOT,
            hash=pack.hash,
        )
        check_calendar(words)
        return Planned(
            words.model,
            plan,
            valid_for=self.valid_for(),
            due=self.due(),
            forms=self.forms(),
            actions=plan_actions(words),
            ladders={name: plan_ladders(words, name) for name in pack.scorecards},
            reactions=plan_reactions(words),
            cadences=plan_cadences(words),
            deadlines=plan_deadlines(words),
            quiet=plan_quiet(words),
            max_dwell=self.max_dwell(),
            stalled_when=None if pack.stalled_when is None else words.condition(("stalled_when",)),
            faults=words.faults,
        )

    def check_ids(self) -> None:
        seen: dict[str, str] = {}
        for section in (
            "criteria", "red_lines", "findings", "cadences", "deadlines", "tables", "scorecards",
            "reactions",
        ):  # fmt: skip
            for name in getattr(self.pack, section):
                if name in seen:
                    self.words.fault(
                        "P-DUPLICATE", f"`{name}` is already in `{seen[name]}`", "", section, name
                    )
                seen[name] = section
        if self.pack.tier_table is not None and self.pack.tier_table not in self.pack.tables:
            hint = nearest(self.pack.tier_table, self.pack.tables)
            self.words.fault("P-REF", f"no table `{self.pack.tier_table}`", hint, "tier_table")
        self.check_sources()
        for name, cadence in self.pack.cadences.items():
            self.check_form(("cadences", name, "form"), cadence.form)
        for name, tactic in self.pack.tactics.items():
            self.check_red_lines(("tactics", name, "red_lines"), tactic.red_lines)
        if self.pack.health is not None and self.pack.health not in self.pack.scorecards:
            hint = nearest(self.pack.health, self.pack.scorecards)
            self.words.fault("P-REF", f"no scorecard `{self.pack.health}`", hint, "health")

    def check_sources(self) -> None:
        for section in (
            "params", "criteria", "red_lines", "findings", "cadences", "deadlines", "tables", "milestones",
            "reactions",
        ):  # fmt: skip
            for name, part in getattr(self.pack, section).items():
                deck = part.source.deck if part.source is not None else None
                if deck is not None and deck not in self.pack.sources:
                    hint = nearest(deck, self.pack.sources)
                    self.words.fault("P-REF", f"no source `{deck}`", hint, section, name, "source", "deck")

    def check_form(self, path: tuple[str, ...], form: str | None) -> None:
        if form is not None and self.pack.forms and form not in self.words.ids("forms"):
            self.words.fault("P-REF", f"no form `{form}`", nearest(form, self.pack.forms), *path)

    def once(self, kind: str, name: str) -> p.Rule | None:
        """Plan a rule that others may need, once; its faults are reported once, too."""
        key = (kind, name)
        if key not in self.planned:
            self.planned[key] = _OPEN
            plan = {"criteria": self.criterion, "red_lines": self.red_line, "waivers": self.waiver}[kind]
            self.planned[key] = plan(name)
        return self.planned[key]

    def criterion(self, name: str) -> p.Rule | None:
        spec = self.pack.criteria[name]
        self.check_form(("criteria", name, "form"), spec.form)
        milestone = spec.gate.split(".")[0]
        if milestone not in self.pack.milestones:
            hint = nearest(milestone, self.pack.milestones)
            self.words.fault("P-REF", f"no milestone `{milestone}`", hint, "criteria", name, "gate")
        forms = [key for key in ("met_when", "all_of", "none_of") if getattr(spec, key) is not None]
        if len(forms) != 1:
            seen = " and ".join(f"`{key}`" for key in forms) or "none"
            self.words.fault(
                "P-FORM",
                f"exactly one of met_when, all_of, none_of is expected, seen: {seen}",
                "",
                "criteria",
                name,
            )
            return None
        path = ("criteria", name)
        applies = self.applies(path, spec.applies_when, spec.min_evidence)
        when = self.criterion_when(name, spec, forms[0])
        return None if when is None else p.Rule(name, when, applies)

    def criterion_when(self, name: str, spec: f.Criterion, form: str) -> core.Node | None:
        if form == "met_when":
            return self.words.condition(("criteria", name, "met_when"), level=spec.min_evidence)
        if form == "all_of":
            parts = [self.status(name, other, index) for index, other in enumerate(spec.all_of or [])]
        else:
            parts = [self.no_trip(name, other, index) for index, other in enumerate(spec.none_of or [])]
        found = tuple(part for part in parts if part is not None)
        if len(found) != len(parts):
            return None
        return core.And(found)

    def status(self, user: str, name: str, index: int) -> core.Node | None:
        """Return `met or not applicable` of another criterion, for `all_of`."""
        if name not in self.pack.criteria:
            if name not in self.words.ids("criteria"):
                hint = nearest(name, self.words.ids("criteria"))
                self.words.fault("P-REF", f"no criterion `{name}`", hint, "criteria", user, "all_of", index)
            return None
        if self.planned.get(("criteria", name)) is _OPEN:
            message = f"`{user}` and `{name}` need each other" if name != user else f"`{name}` needs itself"
            self.words.fault("P-CYCLE", message, "", "criteria", user, "all_of", index)
            return None
        rule = self.once("criteria", name)
        return None if rule is None else satisfied(rule)

    def no_trip(self, user: str, name: str, index: int) -> core.Node | None:
        """Return `the red line does not trip`, for `none_of`."""
        if name not in self.pack.red_lines:
            if name not in self.words.ids("red_lines"):
                hint = nearest(name, self.words.ids("red_lines"))
                self.words.fault("P-REF", f"no red line `{name}`", hint, "criteria", user, "none_of", index)
            return None
        rule, waiver = self.once("red_lines", name), self.once("waivers", name)
        if rule is None:
            return None
        clear = core.Not(rule.when)
        return clear if waiver is None else core.Or((clear, waiver.when))

    def red_line(self, name: str) -> p.Rule | None:
        spec = self.pack.red_lines[name]
        applies = self.applies(("red_lines", name), spec.applies_when, spec.min_evidence)
        when = self.words.condition(("red_lines", name, "trips_when"), level=spec.min_evidence)
        return None if when is None else p.Rule(name, happens(applies, when), applies)

    def finding(self, name: str) -> p.Rule | None:
        spec = self.pack.findings[name]
        self.check_form(("findings", name, "form"), spec.form)
        applies = self.applies(("findings", name), spec.applies_when, spec.min_evidence)
        when = self.words.condition(("findings", name, "breach_when"), level=spec.min_evidence)
        return None if when is None else p.Rule(name, happens(applies, when), applies)

    def applies(self, path: tuple[str, ...], text: str | None, level: str | None) -> core.Node | None:
        return None if text is None else self.words.condition((*path, "applies_when"), level=level)

    def late_entry(self, name: str) -> p.Rule | None:
        if self.pack.milestones[name].late_entry_when is None:
            return None
        when = self.words.condition(("milestones", name, "late_entry_when"))
        return None if when is None else p.Rule(late_entry_id(name), when)

    def max_dwell(self) -> dict[str, int]:
        """Return the longest stay in each milestone that has one, in days."""
        limits = {
            name: days_at(self.words, ("milestones", name, "max_dwell"))
            for name, spec in self.pack.milestones.items()
            if spec.max_dwell is not None
        }
        return {name: days for name, days in limits.items() if days is not None}

    def waiver(self, name: str) -> p.Rule | None:
        if self.pack.red_lines[name].waived_when is None:
            return None
        when = self.words.condition(("red_lines", name, "waived_when"))
        return None if when is None else p.Rule(waiver_id(name), when)

    def play(self, name: str) -> p.Rule | None:
        spec = self.pack.plays[name]
        for index, milestone in enumerate(spec.milestones):
            if milestone not in self.pack.milestones:
                hint = nearest(milestone, self.pack.milestones)
                self.words.fault(
                    "P-REF", f"no milestone `{milestone}`", hint, "plays", name, "milestones", index
                )
        self.check_red_lines(("plays", name, "never_with"), spec.never_with)
        if spec.offered_when is None:
            return None
        when = self.words.condition(("plays", name, "offered_when"))
        return None if when is None else p.Rule(offer_id(name), when)

    def plays_when(self) -> p.Rule | None:
        if self.pack.plays_when is None:
            return None
        when = self.words.condition(("plays_when",))
        return None if when is None else p.Rule(PLAYS_WHEN, when)

    def check_red_lines(self, path: tuple[str, ...], names: Iterable[str]) -> None:
        for index, name in enumerate(names):
            if name not in self.words.ids("red_lines"):
                hint = nearest(name, self.words.ids("red_lines"))
                self.words.fault("P-REF", f"no red line `{name}`", hint, *path, index)

    def due(self) -> dict[str, core.Node]:
        """Return when the work of each finding is due, as an expression of the record."""
        found = {}
        for name, spec in self.pack.findings.items():
            if spec.due_on is not None:
                node = self.words.condition(("findings", name, "due_on"), expected=t.Date())
                if node is not None:
                    found[name] = node
        return found

    def forms(self) -> dict[str, dict[str, core.Node | Each]]:
        """Return what fills each field of each form, as expressions of the record."""
        found: dict[str, dict[str, core.Node | Each]] = {}
        for name, form in self.pack.forms.items():
            found[name] = {}
            for key, field_ in form.fields.items():
                node = self.form_field(("forms", name, "fields", key), field_)
                if node is not None:
                    found[name][key] = node
        return found

    def form_field(self, path: tuple[str, ...], spec: f.FormField) -> core.Node | Each | None:
        if (spec.path is None) == (spec.each is None):
            self.words.fault("P-FORM", "exactly one of path, each is expected", "", *path)
            return None
        if spec.each is None:
            return self.words.condition((*path, "path"), expected=None)
        range_ = list_at(self.words, (*path, "each", "of"))
        if range_ is None or not isinstance(range_.type, t.ListOf):
            return None
        var = core.Var(spec.each.var, range_.type.element)
        show = in_list(self.words, (*path, "each", "show"), var, None)
        when: core.Node | None = core.Const(True, t.Bool())
        if spec.each.when is not None:
            when = in_list(self.words, (*path, "each", "when"), var, t.Bool())
        return None if show is None or when is None else Each(range_, var, when, show)

    def valid_for(self) -> core.Node | None:
        name = self.pack.tier_table
        if name is None or name not in self.pack.tables or self.pack.tables[name].valid_for is None:
            return None
        return self.words.condition(("tables", name, "valid_for"), expected=t.Int())

    def table(self, name: str) -> p.Table:
        spec = self.pack.tables[name]
        rows = []
        for row_id, row in spec.rows.items():
            path = ("tables", name, "rows", row_id)
            if row.then not in spec.outputs:
                hint = nearest(row.then, spec.outputs)
                self.words.fault(
                    "P-REF",
                    f"`{row.then}` is not one of the outputs {', '.join(spec.outputs)}",
                    hint,
                    *path,
                    "then",
                )
            when = self.words.condition((*path, "when"), level=row.min_evidence)
            if when is not None:
                rows.append(p.Row(row_id, when, row.then))
        return p.Table(name, spec.hit, tuple(rows))


def late_entry_id(milestone: str) -> str:
    """Return the id of the rule that lets a deal enter at `milestone` without the ones before."""
    return f"{milestone}.late_entry"


def happens(applies: core.Node | None, when: core.Node) -> core.Node:
    """Return the core node `applies and holds`: no red line trips while it is unknown whether it applies."""
    return when if applies is None else core.And((applies, when))


PLAYS_WHEN = "plays_when"  # id of the rule under which plays are offered at all


def waiver_id(red_line: str) -> str:
    """Return the id of the rule that says a red line is waived."""
    return f"{red_line}.waived"


def offer_id(play: str) -> str:
    """Return the id of the rule that says a play's precondition holds."""
    return f"{play}.offered"


def satisfied(rule: p.Rule) -> core.Node:
    """Return the core node `not applicable or met` of a rule."""
    return rule.when if rule.applies is None else core.Or((core.Not(rule.applies), rule.when))
