"""A criterion that no deal can meet, or a red line or work rule that nothing can trip.

Its condition reads facts of the deal, but asks of them what cannot be: a day before and after another, a
word out of a list it is not in. The prover shows it; a condition that plainly is a constant is `constant-
condition`.
"""

from __future__ import annotations

from collections.abc import Iterator

from kamrules.rules.checks import Remark, Severity, Subject
from kamrules.rules.lang.core import Const
from kamrules.rules.lang.rewrite import simplify
from kamrules.rules.smtcode.claims import rule_true

SEVERITY: Severity = "error"
PROVES = True


def check(subject: Subject) -> Iterator[Remark]:
    """Yield rules that hold for no deal, or for which that is not decided."""
    rules = subject.rules
    for section in ("criteria", "red_lines", "findings"):
        for name in getattr(subject.pack, section):
            rule = rules.get(name)
            if rule is None or isinstance(simplify(rule.when), Const):
                continue
            proof = subject.can_be(rule_true(rule))
            if proof.status == "proved":
                word = "be met" if section == "criteria" else "trip"
                yield subject.remark((section, name), f"it can never {word}", "change its condition")
            elif proof.status == "undecided":
                yield subject.remark((section, name), f"not decided: {proof.reason}", "simplify it")
