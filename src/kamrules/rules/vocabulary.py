"""The words of a pack: its record model, typed parameters and definitions, and how a condition is read.

Every fault is collected at its place; a part that is faulty is left out, and what only follows from a fault
already reported is not reported again.
"""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Literal

from pydantic import BaseModel

from kamrules.errors import ExpressionError, Fault, nearest
from kamrules.records import Deal
from kamrules.records.base import Amount, Day, Moment, Whole, fact
from kamrules.rules import packformat as f
from kamrules.rules.lang import core, tree
from kamrules.rules.lang import types as t
from kamrules.rules.lang.parse import parse
from kamrules.rules.lang.rewrite import age, attest, simplify
from kamrules.rules.lang.typecheck import Scope, check
from kamrules.rules.pack import Pack
from kamrules.rules.schema import extend_models, object_of, record_models
from kamrules.source import Span, Text
from kamrules.yamltext import Node, condition_faults

ROOT = "deal"
_BOOL = t.Bool()
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_RESERVED = {"deal", "as_of", "param", "def", "evidence", "true", "false", "null", "in"}


class Vocabulary:
    """What the conditions of one pack may name, and the faults found so far."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.faults: list[Fault] = []
        self.defs: dict[str, core.Node] = {}
        self.model = self._record_model()
        self.schema = object_of(self.model)
        self.params = dict(self._typed_params())
        self._half_lives = dict(self._ageing())
        self._resolve_defs()

    def _ageing(self) -> Iterator[tuple[str, int]]:
        """Yield the paths whose evidence ages, with their half-life."""
        for name, spec in self.pack.ageing.items():
            for index, path in enumerate(spec.facts):
                if self.type_at(path, "ageing", name, "facts", index) is not None:
                    yield path, spec.half_life

    def half_life(self, path: str) -> int | None:
        """Return in how many days evidence of a fact loses a level; None if it does not age."""
        found = [fact for fact in self._half_lives if path == fact or path.startswith(f"{fact}.")]
        return self._half_lives[max(found, key=len)] if found else None

    def aged(self, node: core.Node, places: Mapping[str, str] | None = None) -> core.Node:
        """Return a condition in which evidence ages; `places` are the paths of lists by variable."""
        if not self._half_lives:
            return node
        return age(node, self.half_life, {ROOT: ROOT, **(places or {})})

    def type_at(self, path: str, *place: str | int) -> t.Type | None:
        """Return the type of what stands at a path of the record; None and a fault when nothing does."""
        kind: t.Type = self.schema
        steps = path.split(".")
        if steps[0] != ROOT:
            self.fault("P-REF", f"`{path}` does not start with `{ROOT}`", "", *place)
            return None
        for step in steps[1:]:
            holder = kind.element if isinstance(kind, t.ListOf) else kind
            member = holder.member(step) if isinstance(holder, t.Object) else None
            if member is None:
                names = [one.name for one in holder.members] if isinstance(holder, t.Object) else []
                self.fault("P-REF", f"no fact `{path}`: no `{step}`", nearest(step, names), *place)
                return None
            kind = member.type
        return kind

    def _record_model(self) -> type[BaseModel]:
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

    def _typed_params(self) -> Iterator[tuple[str, core.Const]]:
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

    def scope(self, variables: Mapping[str, t.Type] | None = None) -> Scope:
        """Return what a condition may name; `variables` are those of an enclosing list."""
        return Scope(
            root=ROOT,
            schema=self.schema,
            params=self.params,
            defs=self.defs,
            assumed=self.pack.assumed_evidence,
            variables=variables or {},
        )

    def condition(
        self, path: tuple[str | int, ...], *, expected: t.Type | None = _BOOL, level: str | None = None
    ) -> core.Node | None:
        """Parse and type the condition at `path` of the pack; None (and faults) when it is wrong.

        With an evidence `level` such as "E2", claims with weaker evidence count as unknown.
        """
        node = self.pack.node.find(path)
        text = text_of(node)
        self.faults.extend(condition_faults(node))
        try:
            found = check(parse(text), text, self.scope(), expected)
        except ExpressionError as error:
            self.faults.extend(fault for fault in error.faults if not self._is_follow_up(fault))
            return None
        if level is not None:
            found = attest(found, int(level[1:]), self.pack.assumed_evidence)
        return simplify(self.aged(found))

    def _is_follow_up(self, fault: Fault) -> bool:
        """Whether the fault only says that a definition or parameter is missing which is itself faulty."""
        broken = {*self.ids("defs")} - {*self.defs} | {*self.ids("params")} - {*self.params}
        return fault.code == "E-NAME" and any(f"`{name}`" in fault.message for name in broken)

    def _resolve_defs(self) -> None:
        """Type the definitions in the order they need each other."""
        parsed: dict[str, tree.Expr] = {}
        for name in self.pack.defs:
            try:
                parsed[name] = parse(text_of(self.pack.node.find(("defs", name, "expr"))))
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

    def ids(self, section: str) -> Collection[str]:
        """Return the ids in a section of the file, those of faulty parts too."""
        node = self.pack.node.get(section)
        return node.value if node is not None and isinstance(node.value, dict) else ()

    def fault(self, code: str, message: str, hint: str, *path: str | int) -> None:
        """Report a fault at a path of the pack: at the value for wrong values, else at the key."""
        node = self.pack.node.find(path)
        at_value = code in {"P-VALUE", "P-REF"} and not isinstance(node.value, dict)
        span: Span = node.span if at_value else (node.key_span or node.span)
        self.faults.append(Fault(code, message, span, hint=hint))


def _names_under(expr: tree.Expr, root: str) -> list[str]:
    """Return every NAME of `root.NAME` in the expression."""
    return [
        part.name
        for part, _ in tree.walk(expr)
        if isinstance(part, tree.Select) and isinstance(part.base, tree.Name) and part.base.name == root
    ]


def text_of(node: Node) -> Text:
    """Return the text of a YAML scalar with its place."""
    return node.text if node.text is not None else Text(str(node.value), node.span)


def _constant(node: core.Node) -> core.Const:
    if isinstance(node, core.Negate) and isinstance(node.operand, core.Const):
        value: Any = node.operand.value
        return core.Const(-value, node.type)
    assert isinstance(node, core.Const)  # a literal folds to a constant
    return node


def _literal(spec: f.Param, currency: str) -> str:
    """Write a parameter's value as a literal of the language."""
    value = spec.value
    if spec.type == "duration" and isinstance(value, int) and not isinstance(value, bool):
        return f'duration("{value}d")'  # a bare number of days
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
    "bool": bool,
    "int": Whole,
    "double": float,
    "string": str,
    "date": Day,
    "timestamp": Moment,
    "money": Amount,
}


def _field_of(spec: f.CustomField) -> tuple[Any, Any]:
    annotation = Literal[tuple(spec.values or ())] if spec.type == "enum" else _ANNOTATIONS[spec.type]
    limits = {key: limit for key, limit in (("ge", spec.min), ("le", spec.max)) if limit is not None}
    about = spec.description
    label = fact(
        spec.title.en, spec.title.zh, about.en if about else "", about.zh if about else "",
        unit=(spec.unit.en, spec.unit.zh) if spec.unit else None, claim=spec.claim, **limits,
    )  # fmt: skip
    return annotation | None, label
