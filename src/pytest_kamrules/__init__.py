"""What pytest loads of kamrules: the option and the hooks that find files of cases.

Only pytest is imported until there is a file of cases; `kamrules.pytest_plugin` does the rest.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from kamrules.pytest_plugin import CasesFile

_ENDING = ".cases.yaml"
_MANIFEST = "pack.yaml"
_FOLDER = pytest.StashKey[Path]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--kamrules PACK`."""
    group = parser.getgroup("kamrules")
    group.addoption(
        "--kamrules",
        metavar="PACK",
        help="run the cases beside this pack too: a shipped pack, a pack file or its folder",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Add the case files beside the pack of `--kamrules` to what is collected."""
    pack = config.getoption("--kamrules")
    if pack is None:
        return
    from kamrules.pytest_plugin import case_paths  # noqa: PLC0415 - nothing heavy before it is needed

    paths = case_paths(pack)
    config.stash[_FOLDER] = paths[0].parent
    config.args.extend(str(path) for path in paths if str(path) not in config.args)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> CasesFile | None:
    """Collect a file of cases that lies beside a pack."""
    if not file_path.name.endswith(_ENDING):
        return None
    folder = file_path.parent
    if not (folder / _MANIFEST).is_file() and folder != parent.config.stash.get(_FOLDER, None):
        return None
    from kamrules.pytest_plugin import CasesFile  # noqa: PLC0415 - nothing heavy before it is needed

    return CasesFile.from_parent(parent, path=file_path)
