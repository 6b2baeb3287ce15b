"""One form under several names, of which nobody chose one; or numbers of forms that are written in two ways.

A form with two titles is filed twice, or looked for in vain. `aliases` keep the other names so that they are
found; a parameter whose values list the name and its rivals says which one is used. An alias that is the
form's number, written otherwise (`JTF001`), is settled by one parameter for all forms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kamrules.rules.checks import Remark, Severity, Subject
from kamrules.rules.packformat import Form, Words

SEVERITY: Severity = "warning"
_PARTS = re.compile(r"[^\W\d_]+|\d+|[\W_]+")


def check(subject: Subject) -> Iterator[Remark]:
    """Yield forms with names between which nothing decides, and numbers unlike the first of their kind."""
    choices = [frozenset(param.values) for param in subject.pack.params.values() if param.values]
    styles: dict[str, str] = {}
    for name, form in subject.pack.forms.items():
        open_ = [alias for alias in form.aliases if not _is_chosen(name, form, alias, choices)]
        if open_:
            names = ", ".join(f"“{alias.zh}”" for alias in open_)
            message = f"it is called {names}, too, and no parameter chooses"
            yield subject.remark(
                ("forms", name, "aliases"), message, "list its names as values of a parameter"
            )
        letters = "".join(part for part in _PARTS.findall(name) if part.isalpha())
        first = styles.setdefault(letters, name)
        if _style(first) != _style(name):
            message = f"its number is written otherwise than `{first}`"
            yield subject.remark(("forms", name), message, "write all numbers in one way")


def _is_chosen(name: str, form: Form, alias: Words, choices: list[frozenset[str]]) -> bool:
    """Whether some parameter chooses between a name of a form and an alias."""
    others = {alias.en, alias.zh}
    if any(_bare(other) == _bare(name) for other in others):
        return any(
            len(styles) < len(choice) for choice in choices if (styles := {_bare(one) for one in choice})
        )
    own = {name, form.title.en, form.title.zh}
    return any(choice & own and choice & others for choice in choices)


def _bare(text: str) -> str:
    """Return the letters and digits of a number."""
    return "".join(sign for sign in text if sign.isalnum()).upper()


def _style(text: str) -> tuple[str, ...]:
    """Return how a number is written: where letters, digits and signs stand."""
    return tuple(
        part if not part.isalnum() else part[0].isdigit() * "9" or "A" for part in _PARTS.findall(text)
    )
