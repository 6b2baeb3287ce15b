"""Scorecards of a pack as plan entries: flags, scales, shares and weighted means."""

from __future__ import annotations

from kamrules.errors import ExpressionError, nearest
from kamrules.rules import packformat as f
from kamrules.rules import plan as p
from kamrules.rules.lang import core
from kamrules.rules.lang import types as t
from kamrules.rules.lang.parse import parse
from kamrules.rules.lang.typecheck import check
from kamrules.rules.vocabulary import ROOT, Vocabulary, text_of


def plan_scorecard(words: Vocabulary, name: str) -> p.Scorecard:
    """Plan one scorecard; faulty entries are left out and reported in `words.faults`."""
    spec = words.pack.scorecards[name]
    entries = [
        _entry(words, ("scorecards", name, "entries", key), key, entry) for key, entry in spec.entries.items()
    ]
    return p.Scorecard(name, tuple(entry for entry in entries if entry is not None), float(spec.base))


def _entry(words: Vocabulary, path: tuple[str, ...], key: str, spec: f.ScoreEntry) -> p.Entry | None:
    forms = [form for form in ("when", "value", "share", "mean") if getattr(spec, form) is not None]
    if len(forms) != 1:
        words.fault("P-FORM", "exactly one of when, value, share, mean is expected", "", *path)
        return None
    if forms[0] == "when":
        when = words.condition((*path, "when"), level=spec.min_evidence)
        return None if when is None else p.Flag(key, float(spec.points), when)
    if forms[0] == "value":
        return _scale(words, path, key, spec)
    return _over_list(words, path, key, spec)


def _scale(words: Vocabulary, path: tuple[str, ...], key: str, spec: f.ScoreEntry) -> p.Entry | None:
    value = words.condition((*path, "value"), expected=None, level=spec.min_evidence)
    if spec.low is None or spec.high is None or spec.low == spec.high:
        words.fault("P-FORM", "`value` needs `from` and `to`, which differ", "", *path)
        return None
    if value is None:
        return None
    return p.Scale(key, float(spec.points), value, float(spec.low), float(spec.high))


def list_at(words: Vocabulary, path: tuple[str | int, ...]) -> core.Field | None:
    """Return the list of the record named at `path` of the pack; None and a fault when it is none."""
    found = words.condition(path, expected=None)
    if isinstance(found, core.Field) and isinstance(found.type, t.ListOf):
        return found
    if found is not None:
        words.fault("P-TYPE", "a list of the record is expected", "", *path)
    return None


def in_list(
    words: Vocabulary,
    path: tuple[str | int, ...],
    var: core.Var,
    expected: t.Type | None,
    of: str = "",
) -> core.Node | None:
    """Return the condition at `path` of the pack, which may name the element `var` of the list `of`."""
    text = text_of(words.pack.node.find(path))
    try:
        found = check(parse(text), text, words.scope({var.name: var.type}), expected)
        return words.aged(found, {var.name: of} if of else {})
    except ExpressionError as error:
        words.faults.extend(error.faults)
        return None


def _over_list(words: Vocabulary, path: tuple[str, ...], key: str, spec: f.ScoreEntry) -> p.Entry | None:
    part = spec.share or spec.mean
    if part is None:
        return None
    path = (*path, "share" if spec.share else "mean")
    range_ = list_at(words, (*path, "of"))
    if range_ is None or not isinstance(range_.type, t.ListOf):
        return None
    var = core.Var(part.var, range_.type.element)

    def read(field_name: str, expected: t.Type | None) -> core.Node | None:
        return in_list(words, (*path, field_name), var, expected, core.path_of(range_))

    if spec.mean is None:
        when = read("when", t.Bool())
        return None if when is None else p.Share(key, float(spec.points), range_, var, when)
    value = read("value", None)
    weight = read("weight", None) if spec.mean.weight is not None else None
    if value is None:
        return None
    mapping = tuple((name, float(number)) for name, number in spec.mean.map.items())
    return p.Mean(key, float(spec.points), range_, var, value, mapping, weight, float(spec.mean.weight_max))


def plan_ladders(words: Vocabulary, name: str) -> tuple[p.Ladder, ...]:
    """Resolve the facts a scorecard says it is monotone in; faulty ones are left out and reported."""
    specs = words.pack.scorecards[name].monotone_in
    found = [_ladder(words, ("scorecards", name, "monotone_in", str(i)), one) for i, one in enumerate(specs)]
    return tuple(one for one in found if one is not None)


def _ladder(words: Vocabulary, path: tuple[str, ...], spec: f.Ladder) -> p.Ladder | None:
    root, *steps = spec.field.split(".")
    if root != ROOT or not steps:
        words.fault(
            "P-REF", f"`{spec.field}` is no field of the deal", f"start with `{ROOT}.`", *path, "field"
        )
        return None
    place: core.Var | core.Field = core.Var(ROOT, words.schema)
    range_: core.Field | None = None
    for step in steps:
        if isinstance(place, core.Field) and isinstance(place.type, t.ListOf) and range_ is None:
            range_, place = place, core.Var("one", place.type.element)
        kind = place.type
        member = kind.member(step) if isinstance(kind, t.Object) else None
        if member is None:
            hint = nearest(step, kind.names()) if isinstance(kind, t.Object) else ""
            words.fault("P-REF", f"`{spec.field}` is no field of the deal", hint, *path, "field")
            return None
        place = core.Field(place, step, member.type, member.nullable)
    if not isinstance(place, core.Field) or not isinstance(place.type, t.Enum):
        words.fault("P-TYPE", f"`{spec.field}` has no list of values to put in order", "", *path, "field")
        return None
    for index, value in enumerate(spec.order):
        if value not in place.type.values or value in spec.order[:index]:
            seen = "twice in the order" if value in place.type.values else "no value of it"
            hint = nearest(value, place.type.values)
            words.fault("P-REF", f"`{value}` is {seen}", hint, *path, "order", str(index))
            return None
    return p.Ladder(place, tuple(spec.order), range_)
