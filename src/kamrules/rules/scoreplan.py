"""Scorecards of a pack as plan entries: flags, scales, shares and weighted means."""

from __future__ import annotations

from kamrules.errors import ExpressionError
from kamrules.rules import packformat as f
from kamrules.rules import plan as p
from kamrules.rules.lang import core
from kamrules.rules.lang import types as t
from kamrules.rules.lang.parse import parse
from kamrules.rules.lang.typecheck import check
from kamrules.rules.vocabulary import Vocabulary, text_of


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


def list_at(words: Vocabulary, path: tuple[str, ...]) -> core.Field | None:
    """Return the list of the record named at `path` of the pack; None and a fault when it is none."""
    found = words.condition(path, expected=None)
    if isinstance(found, core.Field) and isinstance(found.type, t.ListOf):
        return found
    if found is not None:
        words.fault("P-TYPE", "a list of the record is expected", "", *path)
    return None


def in_list(
    words: Vocabulary, path: tuple[str, ...], var: core.Var, expected: t.Type | None
) -> core.Node | None:
    """Return the condition at `path` of the pack, which may name the element `var` of a list."""
    text = text_of(words.pack.node.find(path))
    try:
        return check(parse(text), text, words.scope({var.name: var.type}), expected)
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
        return in_list(words, (*path, field_name), var, expected)

    if spec.mean is None:
        when = read("when", t.Bool())
        return None if when is None else p.Share(key, float(spec.points), range_, var, when)
    value = read("value", None)
    weight = read("weight", None) if spec.mean.weight is not None else None
    if value is None:
        return None
    mapping = tuple((name, float(number)) for name, number in spec.mean.map.items())
    return p.Mean(key, float(spec.points), range_, var, value, mapping, weight, float(spec.mean.weight_max))
