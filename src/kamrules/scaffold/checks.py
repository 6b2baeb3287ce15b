"""A new check of packs for a package of the user's: the module, cases that plant its defect, their test."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from string import Template

from kamrules.errors import ArgumentError, Fault
from kamrules.rules.checks import GROUP, known_checks
from kamrules.scaffold.files import fitting, write_new

_MODULE = Template('''\
"""A criterion whose name is in capitals.

An example. Say in the first line what is found, and here why it matters and what to do instead.
"""

from __future__ import annotations

from collections.abc import Iterator

from kamrules.rules.checks import Remark, Severity, Subject

SEVERITY: Severity = "warning"


def check(subject: Subject) -> Iterator[Remark]:
    """Yield criteria whose English name is in capitals."""
    for name, spec in subject.pack.criteria.items():
        if spec.name.en.isupper():
            yield subject.remark(("criteria", name), "its name is in capitals", "write it as a sentence")
''')
_CASES = """\
# Each case changes the base (null removes) and says at which parts the check must speak.
base:
  kamrules: 1
  id: base
  version: 1.0.0
  title: {en: Base, zh: 基础}
  owner: nobody
  milestones:
    M1: {name: {en: One, zh: 一}, progress_pct: 100}
  criteria:
    M1.X1:
      gate: M1.exit
      name: {en: The next step is dated, zh: 下一步已定日期}
      met_when: has(deal.next_step_on)
      source: {ref: our own rule}
      if_unknown: {en: Ask., zh: 询问。}
      if_unmet: {en: Agree on a date., zh: 约定日期。}
cases:
  - name: a name in capitals
    change: {criteria: {M1.X1: {name: {en: NEXT STEP DATED}}}}
    at: [criteria.M1.X1]
  - name: a name written as a sentence
    change: {}
    at: []
"""
_TEST = Template('''\
"""The check speaks where a case plants its defect, and nowhere else."""

from pathlib import Path

from kamrules.checkcases import differences
$imported


def test_cases() -> None:
    assert differences($module, Path(__file__).with_name("$code.check.yaml")) == []
''')


@dataclass(frozen=True, slots=True)
class NewCheck:
    """The files of a check, and what goes to `pyproject.toml` so that kamrules finds it."""

    files: tuple[Path, ...]
    entry_point: str


def new_check(code: str, folder: Path) -> NewCheck:
    """Write a check, its cases and their test to a folder of the user's package.

    Raises
    ------
    ArgumentError
        The code does not fit or is taken (A-VALUE), or a file is there already (A-OUTPUT).
    """
    fitting(code, r"[a-z][a-z0-9]*(-[a-z0-9]+)*", "a code such as `name-in-capitals`")
    if code in known_checks():
        raise ArgumentError(Fault("A-VALUE", f"there is a check `{code}` already", hint="name it otherwise"))
    module = code.replace("-", "_")
    package = _package(folder)
    imported = f"from {package} import {module}" if package else f"import {module}"
    files = {
        folder / f"{module}.py": _MODULE.substitute(),
        folder / f"{code}.check.yaml": _CASES,
        folder / f"test_{module}.py": _TEST.substitute(imported=imported, module=module, code=code),
    }
    write_new(files)
    value = f"{package}.{module}" if package else module
    return NewCheck(tuple(files), f'[project.entry-points."{GROUP}"]\n{code} = "{value}"')


def _package(folder: Path) -> str:
    """Return the dotted name of the package that `folder` is, or an empty text."""
    names = []
    place = folder.resolve()
    while (place / "__init__.py").is_file():
        names.append(place.name)
        place = place.parent
    return ".".join(reversed(names))
