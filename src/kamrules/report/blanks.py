"""Which required fields of the handbook's forms a deal leaves blank, by compiled conditions.

`kamrules.forms` fills a form with texts; a report needs only what is missing, of every form of every deal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from pydantic import BaseModel

from kamrules.engine import Engine
from kamrules.rules.backends import python
from kamrules.rules.lang import core
from kamrules.rules.lang.types import Bool, ListOf, String
from kamrules.rules.plan import Rule
from kamrules.rules.planning import Each

_TRUTHS = (core.Not, core.And, core.Or, core.Compare, core.In, core.Has, core.Exists)


class BlankFields:
    """Finds the blank fields of every form of a pack."""

    def __init__(self, engine: Engine) -> None:
        self._fields = [
            (form, key)
            for form, nodes in engine.forms.items()
            for key in nodes
            if engine.pack.forms[form].fields[key].required
        ]
        rules = tuple(Rule(f"{form}.{key}", _has_text(engine.forms[form][key])) for form, key in self._fields)
        plan = replace(engine.plan, rules=rules, tables=(), scorecards=())
        self._program = python.compile_plan(plan, access="attr")

    def required(self, form: str) -> int:
        """Return how many fields of a form are required."""
        return sum(name == form for name, _ in self._fields)

    def of(self, record: BaseModel, as_of: date) -> Iterator[tuple[str, str]]:
        """Yield the form and the key of each required field that is blank, as `FilledForm.blank` has them."""
        truths = self._program.run(record, as_of).truths
        return (field for field, truth in zip(self._fields, truths, strict=True) if truth is not True)


def _has_text(node: core.Node | Each) -> core.Node:
    """Return the condition under which a field of a form is not blank."""
    if isinstance(node, Each):
        return core.Exists(node.range, node.var, core.And((node.when, _has_text(node.show))))
    if isinstance(node, _TRUTHS):  # true or false alike: anything but unknown
        return core.Or((node, core.Not(node)))
    if isinstance(node, core.Field):
        return _is_written(node)
    return core.Compare("==", node, node)


def _is_written(field: core.Field) -> core.Node:
    """Return whether a field has a value; an empty text is none, nor is a list without elements."""
    if isinstance(field.type, String):
        return _is_no_empty_text(field)
    if not isinstance(field.type, ListOf):
        return core.Has(field)
    one = core.Var("_one", field.type.element)
    has_text = _is_no_empty_text(one) if isinstance(one.type, String) else core.Const(True, Bool())
    return core.Exists(field, one, has_text)


def _is_no_empty_text(node: core.Field | core.Var) -> core.Node:
    return core.Not(core.Compare("==", node, core.Const("", String())))
