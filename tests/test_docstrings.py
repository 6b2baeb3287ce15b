"""Every example in a docstring runs and says what it says."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from types import ModuleType

import pytest

import kamrules


def _modules() -> list[str]:
    names = [info.name for info in pkgutil.walk_packages(kamrules.__path__, "kamrules.")]
    return ["kamrules", *(name for name in names if ".cli" not in name)]


def _examples(module: ModuleType) -> list[doctest.DocTest]:
    return [found for found in doctest.DocTestFinder(exclude_empty=True).find(module) if found.examples]


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
