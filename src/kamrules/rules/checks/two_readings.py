"""Two rules of one name that do not ask the same: one sentence, read in two ways.

Nobody who is told that "technical agreement signed" is open can know which of the two is meant. Compared
are the names, in either language, of criteria of one gate, of red lines and of work rules. Decide for one
reading, by a parameter if others may differ, or let the names say what differs.
"""

from __future__ import annotations

from collections.abc import Iterator

from kamrules.rules.checks import Remark, Severity, Subject

SEVERITY: Severity = "warning"


def check(subject: Subject) -> Iterator[Remark]:
    """Yield rules whose name another one of their kind has, with another condition."""
    seen: dict[tuple[str, str], str] = {}
    for section in ("criteria", "red_lines", "findings"):
        for name, spec in getattr(subject.pack, section).items():
            rule = subject.rules.get(name)
            if rule is None:
                continue
            kind = spec.gate if section == "criteria" else section
            for text in dict.fromkeys((spec.name.en, spec.name.zh)):
                first = seen.setdefault((kind, text), name)
                other = subject.rules[first]
                if (other.when, other.applies) != (rule.when, rule.applies):
                    message = f"`{first}` is called “{text}”, too, and asks for something else"
                    yield subject.remark(
                        (section, name, "name"), message, "decide for one, or name the difference"
                    )
                    break
