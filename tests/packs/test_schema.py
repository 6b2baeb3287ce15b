"""The JSON Schema that editors use accepts the shipped pack and an extension, and flags a misspelt key."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

import kamrules as kr
from kamrules.rules.pack import shipped_packs
from kamrules.yamltext import parse_yaml, read_yaml

SCHEMA = kr.pack_json_schema()
FILES = [
    path
    for manifest in shipped_packs().values()
    for path in sorted(manifest.parent.glob("*.yaml"))
    if not path.name.endswith(".cases.yaml")
]


def errors(data: Any) -> list[str]:
    return [error.message for error in jsonschema.Draft202012Validator(SCHEMA).iter_errors(data)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_shipped_files_fit_the_schema(path: Any) -> None:
    assert errors(read_yaml(path).data()) == []


def test_an_extension_gives_only_what_it_changes() -> None:
    text = "extends: handbook\nparams: {tier_rank_cut: {value: 30}}\ncriteria: {M1.T1: null}\n"
    assert errors(parse_yaml(text).data()) == []


@pytest.mark.parametrize(
    "text", ["criteria: {M1.X1: {nmae: {en: a, zh: b}}}", "ower: me", "params: {a: {type: integer}}"]
)
def test_a_misspelt_key_or_value_is_flagged(text: str) -> None:
    assert errors(parse_yaml(text).data())
