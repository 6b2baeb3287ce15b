"""Every example in a docstring runs and says what it says."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from types import ModuleType
from typing import Any

import pytest

import kamrules
from tests.handbook import handbook


def _modules() -> list[str]:
    names = [info.name for info in pkgutil.walk_packages(kamrules.__path__, "kamrules.")]
    return ["kamrules", *(name for name in names if ".cli" not in name)]


def _examples(module: ModuleType) -> list[doctest.DocTest]:
    return [found for found in doctest.DocTestFinder(exclude_empty=True).find(module) if found.examples]


@pytest.fixture
def _one_handbook(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let examples that load and compile the handbook share one engine, which saves most of their time."""
    load, make, engine = kamrules.load_pack, kamrules.compile, handbook()  # made before it is replaced

    def load_once(name: str, **given: Any) -> Any:
        return engine.pack if name == "handbook" and not given else load(name, **given)

    def compile_once(pack: Any, **given: Any) -> Any:
        return engine if pack is engine.pack and not given else make(pack, **given)

    monkeypatch.setattr(kamrules, "load_pack", load_once)
    monkeypatch.setattr(kamrules, "compile", compile_once)


@pytest.mark.usefixtures("_one_handbook")
@pytest.mark.parametrize("name", _modules())
def test_the_examples_of_a_module_run(name: str) -> None:
    module = importlib.import_module(name)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    for found in _examples(module):
        runner.run(found)
    assert runner.summarize(verbose=False).failed == 0


def test_there_are_examples_to_run() -> None:
    count = sum(len(_examples(importlib.import_module(name))) for name in _modules())
    assert count >= 10
