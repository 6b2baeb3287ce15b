"""The JSON Schemas for editors accept every shipped pack and case, explain every key, and flag mistakes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import kamrules as kr
from kamrules.rules.pack import shipped_packs
from kamrules.schemas import cases_schema, pack_schema
from kamrules.yamltext import parse_yaml, read_yaml

REPO = Path(__file__).resolve().parents[2]
SCHEMA = kr.pack_json_schema()
FOLDERS = [
    *(manifest.parent for manifest in shipped_packs().values()),
    REPO / "examples/packs/posthog",
    REPO / "tests/packs/lamp",
]
FILES = [path for folder in FOLDERS for path in sorted(folder.glob("*.yaml"))]
CASES = [path for path in FILES if path.name.endswith(".cases.yaml")]
PACKS = [path for path in FILES if path not in CASES]


def errors(data: Any, schema: Any = SCHEMA) -> list[str]:
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(data)]


@cache
def schemas_of(folder: Path) -> tuple[Any, Any]:
    pack = kr.load_pack(folder)
    return pack_schema(pack), cases_schema(kr.compile(pack))


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


@pytest.mark.parametrize("path", PACKS, ids=_name)
def test_packs_fit_the_schema_of_packs_and_their_own(path: Path) -> None:
    data = read_yaml(path).data()
    assert errors(data) == []
    assert errors(data, schemas_of(path.parent)[0]) == []


@pytest.mark.parametrize("path", CASES, ids=_name)
def test_cases_fit_the_schema_of_cases_and_that_of_their_pack(path: Path) -> None:
    data = read_yaml(path).data()
    assert errors(data, cases_schema()) == []
    assert errors(data, schemas_of(path.parent)[1]) == []


def test_an_extension_gives_only_what_it_changes() -> None:
    text = "extends: handbook\nparams: {tier_rank_cut: {value: 30}}\ncriteria: {M1.T1: null}\n"
    assert errors(parse_yaml(text).data()) == []


@pytest.mark.parametrize(
    "text", ["criteria: {M1.X1: {nmae: {en: a, zh: b}}}", "ower: me", "params: {a: {type: integer}}"]
)
def test_a_misspelt_key_or_value_is_flagged(text: str) -> None:
    assert errors(parse_yaml(text).data())


@pytest.mark.parametrize(
    "case",
    [
        "{name: a, expct: {C1: met}}",
        "{name: a}",
        "{name: a, expect: {}}",
        "{name: a, expect: {C1: {is: met}}}",
        "{name: a, expect: {C1: met}, given: []}",
    ],
)
def test_a_mistake_in_a_case_is_flagged(case: str) -> None:
    text = f"pack: pack.yaml\nas_of: 2026-06-30\ncases: [{case}]\n"
    assert errors(parse_yaml(text).data(), cases_schema())


LAMP = REPO / "tests/packs/lamp"


@pytest.mark.parametrize(
    "case",
    [
        "{name: a, expect: {C9: met}}",
        "{name: a, expect: {C1: mett}}",
        "{name: a, expect: {R1: met}}",
        "{name: a, expect: {size: huge}}",
        "{name: a, expect: {health: [10]}}",
        "{name: a, expect: {supported: M9}}",
        "{name: a, expect: {C1: met}, given: {wats: 1}}",
        "{name: a, expect: {C1: met}, given: {watts: many}}",
        "{name: a, expect: {C1: met}, given: {colour: pink}}",
        "{name: a, expect: {C1: met}, given: {stakeholders: [{nme: Li}]}}",
        "{name: a, expect: {C1: met}, given: {est_value: much}}",
    ],
)
def test_what_the_pack_does_not_have_is_flagged_in_its_cases(case: str) -> None:
    text = f"pack: pack.yaml\nas_of: 2026-06-30\ncases: [{case}]\n"
    data = parse_yaml(text).data()
    assert errors(data, cases_schema()) == []
    assert errors(data, schemas_of(LAMP)[1])


def test_a_pack_may_name_what_it_adds_and_is_offered_what_it_has() -> None:
    schema = schemas_of(LAMP)[0]
    offered = schema["$defs"]["Criterion"]["properties"]["all_of"]["anyOf"][0]["items"]["anyOf"][0]["enum"]
    assert offered == ["C1", "C2", "C3", "C4"]
    assert errors(parse_yaml("criteria: {C5: {gate: M9.exit, all_of: [C1, C6]}}").data(), schema) == []
    assert errors(parse_yaml("criteria: {C5: {gate: M9.exits}}").data(), schema)


def _properties(schema: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key == "properties":
                yield from value.items()
            yield from _properties(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _properties(value)


@pytest.mark.parametrize("which", ["pack", "cases", "cases of the lamp", "lamp"])
def test_every_key_is_explained(which: str) -> None:
    own_pack, own_cases = schemas_of(LAMP)
    schema = {"pack": SCHEMA, "cases": cases_schema(), "lamp": own_pack, "cases of the lamp": own_cases}[
        which
    ]
    jsonschema.Draft202012Validator.check_schema(json.loads(json.dumps(schema)))
    assert [name for name, part in _properties(schema) if not part.get("description")] == []
