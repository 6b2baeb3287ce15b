"""A new pack: rules, cases, schemas for editors, and what runs them on each commit and on each change."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path
from string import Template

from kamrules import __version__
from kamrules.engine import load_pack
from kamrules.rules.pack import MANIFEST, Pack, locate_pack, shipped_packs
from kamrules.scaffold.files import CASES_SCHEMA, PACK_SCHEMA, fitting, scalar, schema_texts, write_new

_PACK = Template("""\
# yaml-language-server: $$schema=$schema
# The rules of $id. `kamrules check .` says whether they are sound, `kamrules test .` whether they mean what
# the cases say.
kamrules: 1
id: $name
version: 0.1.0
title: {en: Rules of $id, zh: $id 规则}
owner: sales-excellence    # who answers for these rules
$extends$milestones
criteria:
  # An example. Put your own condition, texts, source and owner in, and the cases after it.
  $criterion:
    gate: $milestone.exit
    kind: hard
    name: {en: The next step is dated, zh: 下一步已定日期}
    met_when: |-
      deal.next_step_on >= as_of
    source: {ref: our own rule}
    owner: sales_engineer
    if_unknown: {en: Ask when the next step takes place., zh: 询问下一步的日期。}
    if_unmet: {en: Agree on a new date., zh: 重新约定日期。}
""")
_MILESTONES = """\
milestones:
  M1: {name: {en: First contact, zh: 初步接触}, progress_pct: 50}
  M2: {name: {en: Order, zh: 签约}, progress_pct: 100}
"""
_CASES = Template("""\
# yaml-language-server: $$schema=$schema
pack: $manifest
as_of: 2026-06-30
cases:
  - name: $criterion met by a step today
    given: {next_step_on: 2026-06-30}
    expect: {$criterion: met}
  - name: $criterion unmet by a step that lies behind
    given: {next_step_on: 2026-06-29}
    expect: {$criterion: unmet}
  - name: $criterion unknown without a date
    given: {}
    expect: {$criterion: unknown}
""")
_WORKFLOW = Template("""\
# GitHub reads this folder at the root of a repository only. Lies the pack elsewhere, move `.github` there and
# put the folder of the pack for `.` in the commands.
name: rules
on: [push, pull_request]
permissions:
  contents: read
jobs:
  rules:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: pip install "kamrules[verify]==$version"
      - run: kamrules check . --format github
      - if: success() || failure()
        run: kamrules test . --junit rules.xml
      - if: success() || failure()
        uses: actions/upload-artifact@v4
        with:
          name: rules
          path: rules.xml
  # What a pull request changes, on its summary page; it informs and fails nothing.
  diff:
    if: github.event_name == 'pull_request'
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with:
          fetch-depth: 0
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: pip install "kamrules[verify]==$version"
      - run: git worktree add ../before "origin/$$GITHUB_BASE_REF"
      - run: kamrules diff ../before . --fail-on never >> "$$GITHUB_STEP_SUMMARY"
""")
_PRE_COMMIT = Template("""\
# `pre-commit install` runs these before each commit. The file has to lie at the root of the repository.
repos:
  - repo: local
    hooks:
      - id: kamrules-check
        name: kamrules check
        entry: kamrules check .
        language: python
        additional_dependencies: ["kamrules==$version"]
        files: \\.yaml$$
        pass_filenames: false
      - id: kamrules-test
        name: kamrules test
        entry: kamrules test .
        language: python
        additional_dependencies: ["kamrules==$version"]
        files: \\.yaml$$
        pass_filenames: false
""")
_README = Template("""\
# $id

Rules for deals, read and tested by kamrules.

| file | holds |
|---|---|
| `pack.yaml` | the rules: conditions, texts in English and Chinese, sources, owners |
| `$id.cases.yaml` | small deals, and what the rules must say of them |
| `schemas/` | made from the pack, for completions in editors |
| `.github/workflows/rules.yml` | what GitHub runs on each change |
| `.pre-commit-config.yaml` | what runs before each commit |

```sh
kamrules check .                          # faults, and what is well formed and still wrong
kamrules test . --coverage                # the cases, and the statuses none of them has
kamrules test . --mutate                  # mistakes that no case would notice
kamrules new criterion $milestone.X9 --pack .     # one more rule, with its cases
kamrules schema pack --pack . -o $pack_schema
kamrules schema cases --pack . -o $cases_schema    # both anew when ids or fields have changed
```
""")


def new_pack(name: str, folder: Path | None = None, *, extends: str | None = None) -> tuple[Path, ...]:
    """Write a pack that loads, is clean and whose cases hold; return the files.

    Parameters
    ----------
    name : id of the pack
    folder : where to write it; a folder called like the pack if left out
    extends : the pack it starts from, a shipped one or a path

    Raises
    ------
    ArgumentError
        The name does not fit (A-VALUE), or a file is there already (A-OUTPUT).
    PackError
        The pack it shall extend is none.
    """
    fitting(name, r"[a-z][a-z0-9_-]*", "small letters, digits, `-` and `_`")
    target = folder or Path(name)
    parent = load_pack(extends) if extends is not None else None
    words = {
        "id": name,
        "name": scalar(name),
        "version": __version__,
        "schema": PACK_SCHEMA,
        "pack_schema": PACK_SCHEMA,
        "cases_schema": CASES_SCHEMA,
        "manifest": MANIFEST,
        "extends": f"extends: {scalar(_reference(extends, target))}\n" if extends is not None else "",
        "milestones": "" if parent is not None and parent.milestones else _MILESTONES,
        "milestone": next(iter(parent.milestones), "M1") if parent is not None else "M1",
        "criterion": _free_id(name, parent),
    }
    files = {
        target / MANIFEST: _PACK.substitute(words),
        target / f"{name}.cases.yaml": _CASES.substitute(words | {"schema": CASES_SCHEMA}),
        target / "README.md": _README.substitute(words),
        target / ".github" / "workflows" / "rules.yml": _WORKFLOW.substitute(words),
        target / ".pre-commit-config.yaml": _PRE_COMMIT.substitute(words),
    }
    schemas = [target / PACK_SCHEMA, target / CASES_SCHEMA]
    # The schemas are made from the pack, so they are written after it; their places are asked for here.
    write_new(files | {path: "" for path in schemas if path.exists()})
    write_new(schema_texts(target / MANIFEST))
    return (*files, *schemas)


def _reference(pack: str, folder: Path) -> str:
    """Return how a pack in `folder` names the pack it extends."""
    if pack in shipped_packs():
        return pack
    manifest = locate_pack(pack)[0].resolve()
    return Path(os.path.relpath(manifest, folder.resolve())).as_posix()


def _free_id(name: str, parent: Pack | None) -> str:
    """Return an id that no rule of the parent has."""
    if parent is None:
        return "M1.X1"
    ids = (f"{name.upper()}.X{number}" for number in count(1))
    return next(one for one in ids if one not in parent.criteria)
