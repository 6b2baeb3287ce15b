"""Cases of a check of packs: a base pack, changes that plant its defect, and where it must speak.

    base: {kamrules: 1, id: base, ...}
    cases:
      - name: a name in capitals
        change: {criteria: {M1.X1: {name: {en: NEXT STEP}}}}     # laid on the base, null removes
        at: [criteria.M1.X1]                                     # empty: it must stay silent

For authors of checks; `kamrules new check` writes the first of them.
"""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kamrules.engine import load_pack
from kamrules.errors import InputError
from kamrules.rules.checks import Member, Subject
from kamrules.rules.planning import plan_pack
from kamrules.validation import faults_of
from kamrules.yamltext import Node, merge, read_yaml


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class CheckCase(_Part):
    """One case: a change of the base, and the parts at which the check must speak."""

    name: str
    change: dict[str, Any] = Field(default_factory=dict)
    at: list[str]


class CheckCases(_Part):
    """A file of cases of one check."""

    base: dict[str, Any]
    cases: list[CheckCase] = Field(min_length=1)


def differences(check: Member, path: Path) -> list[str]:
    """Return a line for each case in which the check does not say what it must.

    Raises
    ------
    InputError
        The file of cases is none.
    PackError
        A change makes a pack with faults, which no check would see.
    """
    node = read_yaml(path, error=InputError)
    try:
        spec = CheckCases.model_validate(node.data())
    except ValidationError as problem:
        raise InputError(faults_of(problem, CheckCases, node=node, prefix="I")) from None
    found = []
    base = node.find(("base",))
    for index, case in enumerate(spec.cases):
        place = node.find(("cases", index))
        pack = merge(base, place.get("change") or Node({}, place.span)).data()
        seen = sorted(remark.at for remark in check.check(_subject(pack)))
        if seen != sorted(case.at):
            told = f"{', '.join(case.at) or 'nothing'} expected, {', '.join(seen) or 'nothing'} seen"
            found.append(f"{place.find(('name',)).span}: {case.name}: {told}")
    return found


def _subject(pack: Any) -> Subject:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "pack.yaml"
        path.write_text(json.dumps(pack, ensure_ascii=False, indent=1), encoding="utf-8")
        loaded = load_pack(path)
    return Subject(loaded, plan_pack(loaded))
