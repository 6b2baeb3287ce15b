"""From a pack to a Plan: parameters typed, names resolved, conditions checked, all faults collected."""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from pydantic import BaseModel

from kamrules.errors import ExpressionError, Fault, nearest
from kamrules.records import Deal
from kamrules.records.base import Amount, Day, Moment, Whole, fact
from kamrules.rules import packformat as f
from kamrules.rules import plan as p
from kamrules.rules.lang import core, tree
from kamrules.rules.lang import types as t
from kamrules.rules.lang.parse import parse
from kamrules.rules.lang.printer import to_text
from kamrules.rules.lang.rewrite import attest
from kamrules.rules.lang.typecheck import Scope, check
from kamrules.rules.pack import Pack
from kamrules.rules.schema import extend_models, object_of, record_models
from kamrules.source import Span, Text
from kamrules.yamltext import Node, condition_faults

ROOT = "deal"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_RESERVED = {"deal", "as_of", "param", "def", "evidence", "true", "false", "null", "in"}


@dataclass(frozen=True, slots=True)
class Part:
    """One conjunct of a condition as its author wrote it, with what it means."""

    text: str
    node: core.Node


@dataclass(slots=True)
class Planned:
    """What planning a pack gives: the record model, the plan and every fault found on the way.

    `parts` holds the conjuncts of each criterion, red line, finding and table row (`TABLE/ROW`), for
    explanations; `valid_for` is the year a tier is valid for, as an expression of the record.
    """

    model: type[BaseModel]
    plan: p.Plan
    parts: Mapping[str, tuple[Part, ...]] = field(default_factory=dict)
    valid_for: core.Node | None = None
    faults: list[Fault] = field(default_factory=list)


def plan_pack(pack: Pack) -> Planned:
    """Resolve, type and reduce everything in `pack`; faulty parts are left out and reported."""
    return _Planner(pack).run()


class _Planner:
    """Holds the scope while the parts of one pack are planned."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.faults: list[Fault] = []
        self.defs: dict[str, core.Node] = {}
        self.statuses: dict[str, core.Node | None] = {}
        self.parts: dict[str, tuple[Part, ...]] = {}
        self.model = self.record_model()
        self.schema = object_of(self.model)
        self.params = dict(self.typed_params())

    def run(self) -> Planned:
        pack = self.pack
        self.resolve_defs()
        self.check_ids()
        rules = [rule for name in pack.criteria if (rule := self.criterion(name)) is not None]
        rules += [rule for name in pack.red_lines if (rule := self.red_line(name)) is not None]
        rules += [rule for name in pack.findings if (rule := self.finding(name)) is not None]
        rules += [rule for name in pack.milestones if (rule := self.late_entry(name)) is not None]
        plan = p.Plan(
            schema=self.schema,
            rules=tuple(rules),
            tables=tuple(self.table(name) for name in pack.tables),
            scorecards=tuple(self.scorecard(name) for name in pack.scorecards),
            root=ROOT,
            hash=pack.hash,
        )
        return Planned(self.model, plan, self.parts, self.valid_for(), self.faults)

    # --- records and parameters

    def record_model(self) -> type[BaseModel]:
        known = record_models(Deal)
        extra: dict[str, dict[str, Any]] = {}
        for record, fields in self.pack.fields.items():
            if record not in known:
                self.fault("P-REF", f"no record `{record}`", nearest(record, known), "fields", record)
                continue
            extra[record] = {}
            for name, spec in fields.items():
                if not _NAME.fullmatch(name) or name in _RESERVED or keyword.iskeyword(name):
                    self.fault(
                        "P-NAME",
                        f"`{name}` cannot be a field name",
                        "use lower_snake_case",
                        "fields",
                        record,
                        name,
                    )
                elif name in known[record].model_fields:
                    self.fault(
                        "P-DUPLICATE", f"`{record}` already has a field `{name}`", "", "fields", record, name
                    )
                elif spec.type == "enum" and not spec.values:
                    self.fault("P-MISSING", "`values` is missing", "", "fields", record, name)
                else:
                    extra[record][name] = _field_of(spec)
        return extend_models(Deal, extra, self.pack.currency)

    def typed_params(self) -> Iterator[tuple[str, core.Const]]:
        scope = Scope(root=ROOT, schema=self.schema, params={}, defs={}, assumed=1)
        for name, spec in self.pack.params.items():
            problem = _range_problem(spec)
            if problem:
                hint = "change the value, or the limits if they are wrong"
                self.fault("P-VALUE", problem, hint, "params", name, "value")
                continue
            try:
                text = Text(_literal(spec, self.pack.currency))
                node = check(parse(text), text, scope, None)
            except (ExpressionError, ValueError) as error:
                reason = error.faults[0].message if isinstance(error, ExpressionError) else str(error)
                self.fault(
                    "P-VALUE",
                    f"`{spec.value}` is not a value of type {spec.type}: {reason}",
                    "",
                    "params",
                    name,
                    "value",
                )
                continue
            node = _constant(node)
            if spec.type == "enum" and spec.values:
                node = core.Const(node.value, t.Enum(tuple(spec.values)))
            yield name, node

    # --- conditions

    def scope(self) -> Scope:
        return Scope(
            root=ROOT,
            schema=self.schema,
            params=self.params,
            defs=self.defs,
            assumed=self.pack.assumed_evidence,
        )

    def condition(
        self,
        path: tuple[str, ...],
        *,
        expected: t.Type | None = t.Bool(),
        level: str | None = None,
        name: str | None = None,
    ) -> core.Node | None:
        """Parse and type the condition at `path` of the pack; None (and faults) when it is wrong.

        With `name` its conjuncts are kept in `parts` under that name.
        """
        node = self.pack.node.find(path)
        text = _text_of(node)
        self.faults.extend(condition_faults(node))
        scope = self.scope()

        def meaning(expr: tree.Expr) -> core.Node:
            found = check(expr, text, scope, expected)
            return found if level is None else attest(found, int(level[1:]), self.pack.assumed_evidence)

        try:
            expr = parse(text)
            found = meaning(expr)
        except ExpressionError as error:
            self.faults.extend(error.faults)
            return None
        if name is not None:
            self.parts[name] = tuple(Part(to_text(part), meaning(part)) for part in _conjuncts(expr))
        return found

    def resolve_defs(self) -> None:
        """Type the definitions in the order they need each other."""
        parsed: dict[str, tree.Expr] = {}
        for name in self.pack.defs:
            try:
                parsed[name] = parse(_text_of(self.pack.node.find(("defs", name, "expr"))))
            except ExpressionError as error:
                self.faults.extend(error.faults)
        state: dict[str, Literal["open", "done"]] = {}

        def visit(name: str) -> None:
            state[name] = "open"
            for other in _names_under(parsed[name], "def"):
                if state.get(other) == "open":
                    self.fault(
                        "P-CYCLE", f"`def.{name}` and `def.{other}` need each other", "", "defs", name, "expr"
                    )
                elif other in parsed and other not in state:
                    visit(other)
            state[name] = "done"
            node = self.condition(("defs", name, "expr"), expected=None)
            if node is not None:
                self.defs[name] = node

        for name in parsed:
            if name not in state:
                visit(name)

    # --- rules

    def check_ids(self) -> None:
        seen: dict[str, str] = {}
        for section in ("criteria", "red_lines", "findings", "tables", "scorecards"):
            for name in getattr(self.pack, section):
                if name in seen:
                    self.fault("P-DUPLICATE", f"`{name}` is already in `{seen[name]}`", "", section, name)
                seen[name] = section
        if self.pack.tier_table is not None and self.pack.tier_table not in self.pack.tables:
            hint = nearest(self.pack.tier_table, self.pack.tables)
            self.fault("P-REF", f"no table `{self.pack.tier_table}`", hint, "tier_table")
        self.check_sources()

    def check_sources(self) -> None:
        for section in ("params", "criteria", "red_lines", "findings", "tables", "milestones"):
            for name, part in getattr(self.pack, section).items():
                deck = part.source.deck if part.source is not None else None
                if deck is not None and deck not in self.pack.sources:
                    hint = nearest(deck, self.pack.sources)
                    self.fault("P-REF", f"no source `{deck}`", hint, section, name, "source", "deck")

    def criterion(self, name: str) -> p.Rule | None:
        spec = self.pack.criteria[name]
        milestone = spec.gate.split(".")[0]
        if milestone not in self.pack.milestones:
            hint = nearest(milestone, self.pack.milestones)
            self.fault("P-REF", f"no milestone `{milestone}`", hint, "criteria", name, "gate")
        forms = [key for key in ("met_when", "all_of", "none_of") if getattr(spec, key) is not None]
        if len(forms) != 1:
            seen = " and ".join(f"`{key}`" for key in forms) or "none"
            self.fault(
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
            return self.condition(("criteria", name, "met_when"), level=spec.min_evidence, name=name)
        if form == "all_of":
            parts = [self.status(name, other, index) for index, other in enumerate(spec.all_of or [])]
        else:
            parts = [self.no_trip(name, other, index) for index, other in enumerate(spec.none_of or [])]
        found = tuple(part for part in parts if part is not None)
        if len(found) != len(parts):
            return None
        others = spec.all_of if form == "all_of" else [f"not {other}" for other in spec.none_of or []]
        self.parts[name] = tuple(Part(text, node) for text, node in zip(others or [], found, strict=True))
        return core.And(found)

    def status(self, user: str, name: str, index: int) -> core.Node | None:
        """Return `met or not applicable` of another criterion, for `all_of`."""
        if name not in self.pack.criteria:
            if name not in self.ids("criteria"):
                hint = nearest(name, self.ids("criteria"))
                self.fault("P-REF", f"no criterion `{name}`", hint, "criteria", user, "all_of", index)
            return None
        if name not in self.statuses:
            self.statuses[name] = None
            faults, self.faults = self.faults, []  # faults of `name` are reported where it is planned itself
            rule = self.criterion(name)
            cycles = [fault for fault in self.faults if fault.code == "P-CYCLE"]
            self.faults = [*faults, *cycles]
            self.statuses[name] = None if rule is None else satisfied(rule)
        elif self.statuses[name] is None and name == user:
            self.fault("P-CYCLE", f"`{name}` needs itself", "", "criteria", user, "all_of", index)
        return self.statuses[name]

    def no_trip(self, user: str, name: str, index: int) -> core.Node | None:
        """Return `the red line does not trip`, for `none_of`."""
        if name not in self.pack.red_lines:
            if name not in self.ids("red_lines"):
                hint = nearest(name, self.ids("red_lines"))
                self.fault("P-REF", f"no red line `{name}`", hint, "criteria", user, "none_of", index)
            return None
        faults = list(self.faults)
        rule = self.red_line(name)
        self.faults = faults  # reported where the red line is planned itself
        if rule is None:
            return None
        trips = rule.when if rule.applies is None else core.And((rule.applies, rule.when))
        return core.Not(trips)

    def red_line(self, name: str) -> p.Rule | None:
        spec = self.pack.red_lines[name]
        applies = self.applies(("red_lines", name), spec.applies_when, spec.min_evidence)
        when = self.condition(("red_lines", name, "trips_when"), level=spec.min_evidence, name=name)
        return None if when is None else p.Rule(name, when, applies)

    def finding(self, name: str) -> p.Rule | None:
        spec = self.pack.findings[name]
        applies = self.applies(("findings", name), spec.applies_when, spec.min_evidence)
        when = self.condition(("findings", name, "breach_when"), level=spec.min_evidence, name=name)
        return None if when is None else p.Rule(name, when, applies)

    def applies(self, path: tuple[str, ...], text: str | None, level: str | None) -> core.Node | None:
        return None if text is None else self.condition((*path, "applies_when"), level=level)

    def late_entry(self, name: str) -> p.Rule | None:
        if self.pack.milestones[name].late_entry_when is None:
            return None
        when = self.condition(("milestones", name, "late_entry_when"))
        return None if when is None else p.Rule(late_entry_id(name), when)

    def valid_for(self) -> core.Node | None:
        name = self.pack.tier_table
        if name is None or name not in self.pack.tables or self.pack.tables[name].valid_for is None:
            return None
        return self.condition(("tables", name, "valid_for"), expected=t.Int())

    def table(self, name: str) -> p.Table:
        spec = self.pack.tables[name]
        rows = []
        for row_id, row in spec.rows.items():
            path = ("tables", name, "rows", row_id)
            if row.then not in spec.outputs:
                hint = nearest(row.then, spec.outputs)
                self.fault(
                    "P-REF",
                    f"`{row.then}` is not one of the outputs {', '.join(spec.outputs)}",
                    hint,
                    *path,
                    "then",
                )
            when = self.condition((*path, "when"), level=row.min_evidence, name=f"{name}/{row_id}")
            if when is not None:
                rows.append(p.Row(row_id, when, row.then))
        return p.Table(name, spec.hit, tuple(rows))

    def scorecard(self, name: str) -> p.Scorecard:
        spec = self.pack.scorecards[name]
        entries = [
            self.entry(("scorecards", name, "entries", key), key, entry)
            for key, entry in spec.entries.items()
        ]
        return p.Scorecard(name, tuple(entry for entry in entries if entry is not None), float(spec.base))

    def entry(self, path: tuple[str, ...], key: str, spec: f.ScoreEntry) -> p.Entry | None:
        forms = [form for form in ("when", "value", "share", "mean") if getattr(spec, form) is not None]
        if len(forms) != 1:
            self.fault("P-FORM", "exactly one of when, value, share, mean is expected", "", *path)
            return None
        points = float(spec.points)
        if forms[0] == "when":
            when = self.condition((*path, "when"), level=spec.min_evidence)
            return None if when is None else p.Flag(key, points, when)
        if forms[0] == "value":
            return self.scale(path, key, spec)
        return self.over_list(path, key, spec)

    def scale(self, path: tuple[str, ...], key: str, spec: f.ScoreEntry) -> p.Entry | None:
        value = self.condition((*path, "value"), expected=None, level=spec.min_evidence)
        if spec.low is None or spec.high is None or spec.low == spec.high:
            self.fault("P-FORM", "`value` needs `from` and `to`, which differ", "", *path)
            return None
        return (
            None
            if value is None
            else p.Scale(key, float(spec.points), value, float(spec.low), float(spec.high))
        )

    def over_list(self, path: tuple[str, ...], key: str, spec: f.ScoreEntry) -> p.Entry | None:
        part = spec.share or spec.mean
        if part is None:
            return None
        path = (*path, "share" if spec.share else "mean")
        range_ = self.condition((*path, "of"), expected=None)
        if not isinstance(range_, core.Field) or not isinstance(range_.type, t.ListOf):
            if range_ is not None:
                self.fault("P-TYPE", f"`{part.of}` is not a list of the record", "", *path, "of")
            return None
        var = core.Var(part.var, range_.type.element)
        scope = Scope(
            root=ROOT, schema=self.schema, params=self.params, defs={}, assumed=self.pack.assumed_evidence,
            variables={part.var: range_.type.element},
        )  # fmt: skip

        def read(field_name: str, expected: t.Type | None) -> core.Node | None:
            text = _text_of(self.pack.node.find((*path, field_name)))
            try:
                return check(parse(text), text, scope, expected)
            except ExpressionError as error:
                self.faults.extend(error.faults)
                return None

        if spec.share is not None:
            when = read("when", t.Bool())
            return None if when is None else p.Share(key, float(spec.points), range_, var, when)
        mean = cast("f.MeanOf", spec.mean)
        value = read("value", None)
        weight = read("weight", None) if mean.weight is not None else None
        if value is None:
            return None
        mapping = tuple((name, float(number)) for name, number in mean.map.items())
        return p.Mean(key, float(spec.points), range_, var, value, mapping, weight, float(mean.weight_max))

    # --- small things

    def ids(self, section: str) -> Collection[str]:
        """Return the ids in a section of the file, those of faulty parts too."""
        node = self.pack.node.get(section)
        return node.value if node is not None and isinstance(node.value, dict) else ()

    def fault(self, code: str, message: str, hint: str, *path: str | int) -> None:
        node = self.pack.node.find(path)
        at_value = code in {"P-VALUE", "P-REF"} and not isinstance(node.value, dict)
        span: Span = node.span if at_value else (node.key_span or node.span)
        self.faults.append(Fault(code, message, span, hint=hint))


def late_entry_id(milestone: str) -> str:
    """Return the id of the rule that lets a deal enter at `milestone` without the ones before."""
    return f"{milestone}.late_entry"


def satisfied(rule: p.Rule) -> core.Node:
    """Return the core node `not applicable or met` of a rule."""
    return rule.when if rule.applies is None else core.Or((core.Not(rule.applies), rule.when))


def _names_under(expr: tree.Expr, root: str) -> list[str]:
    """Return every NAME of `root.NAME` in the expression."""
    return [
        part.name
        for part, _ in tree.walk(expr)
        if isinstance(part, tree.Select) and isinstance(part.base, tree.Name) and part.base.name == root
    ]


def _conjuncts(expr: tree.Expr) -> list[tree.Expr]:
    """Return the operands of the outermost `&&`, or the expression itself."""
    if isinstance(expr, tree.Junction) and expr.op == "&&":
        return [part for operand in expr.operands for part in _conjuncts(operand)]
    return [expr]


def _text_of(node: Node) -> Text:
    return node.text if node.text is not None else Text(str(node.value), node.span)


def _constant(node: core.Node) -> core.Const:
    if isinstance(node, core.Negate) and isinstance(node.operand, core.Const):
        return core.Const(-cast("Any", node.operand.value), node.type)
    if not isinstance(node, core.Const):
        message = "a constant is expected"
        raise ValueError(message)
    return node


def _literal(spec: f.Param, currency: str) -> str:
    """Write a parameter's value as a literal of the language."""
    value = spec.value
    wanted: dict[str, tuple[type, ...]] = {"bool": (bool,), "int": (int,), "double": (int, float)}
    kinds = wanted.get(spec.type, (str,))
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        names = {"bool": "yes/no", "int": "a whole number", "double": "a number"}
        message = f"{names.get(spec.type, 'a text')} is expected"
        raise ValueError(message)
    if isinstance(value, str):
        quoted = json.dumps(value)
        if spec.type == "money" and value.strip()[-1:].isdigit():
            quoted = json.dumps(f"{value.strip()} {currency}")
        return quoted if spec.type in {"string", "enum"} else f"{spec.type}({quoted})"
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(float(value)) if spec.type == "double" else repr(value)


def _range_problem(spec: f.Param) -> str:
    value = spec.value
    if spec.type == "enum" and (not spec.values or value not in spec.values):
        return f"`{value}` is not one of {', '.join(spec.values or ['(no values given)'])}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        if spec.min is not None and value < spec.min:
            return f"`{value}` is below the minimum {spec.min}"
        if spec.max is not None and value > spec.max:
            return f"`{value}` is above the maximum {spec.max}"
    return ""


_ANNOTATIONS: dict[str, Any] = {
    "bool": bool, "int": Whole, "double": float, "string": str, "date": Day, "timestamp": Moment, "money": Amount,
}  # fmt: skip


def _field_of(spec: f.CustomField) -> tuple[Any, Any]:
    annotation = Literal[tuple(spec.values or ())] if spec.type == "enum" else _ANNOTATIONS[spec.type]
    limits = {key: limit for key, limit in (("ge", spec.min), ("le", spec.max)) if limit is not None}
    about = spec.description
    label = fact(
        spec.title.en, spec.title.zh, about.en if about else "", about.zh if about else "",
        unit=(spec.unit.en, spec.unit.zh) if spec.unit else None, claim=spec.claim, **limits,
    )  # fmt: skip
    return annotation | None, label
