"""Cases of packs as tests of pytest: one test for each case of a file.

`pytest_kamrules` finds the files; what is here is imported when there is one.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from os import PathLike
from pathlib import Path
from typing import Any

import pytest

from kamrules.casefile import Case, Difference, case_files, read_cases, run_case
from kamrules.engine import Engine, compile, load_pack  # noqa: A004 - the library's word
from kamrules.errors import KamrulesError
from kamrules.rules.pack import locate_pack

_REMEMBERED = 8  # packs of one run


class CaseFailure(Exception):  # noqa: N818 - never leaves pytest: it becomes the text of a failure
    """A case of which not everything holds."""

    def __init__(self, differences: tuple[Difference, ...]) -> None:
        self.differences = differences
        super().__init__("\n".join(map(str, differences)))


class CaseItem(pytest.Item):
    """One case; it fails with the place of every expectation, what it expects and what is seen."""

    def __init__(self, *, pack: Path, case: Case, **rest: Any) -> None:
        super().__init__(**rest)
        self.pack = pack
        self.case = case

    def runtest(self) -> None:
        """Run the case."""
        differences = run_case(engine_of(self.pack), self.case)
        if differences:
            raise CaseFailure(differences)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return what does not hold, or the faults of the pack, without a traceback."""
        if isinstance(excinfo.value, CaseFailure | KamrulesError):
            return f"{self.case.span}: {self.case.name}\n{excinfo.value}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[PathLike[str] | str, int | None, str]:
        """Return the place of the case, lines counted from 0."""
        return self.path, self.case.span.line - 1, self.case.name


class CasesFile(pytest.File):
    """A file of cases."""

    def collect(self) -> Iterator[CaseItem]:
        """Yield its cases; a file with faults is an error of collection that names them."""
        try:
            file = read_cases(self.path)
        except KamrulesError as problem:
            raise self.CollectError(str(problem)) from None
        for case in file.cases:
            yield CaseItem.from_parent(self, name=case.name, pack=file.pack.resolve(), case=case)


@lru_cache(_REMEMBERED)
def engine_of(pack: Path) -> Engine:
    """Return the engine of a pack, compiled once in a process."""
    return compile(load_pack(pack))


def case_paths(pack: str) -> list[Path]:
    """Return the case files beside a pack; a usage error if there is no such pack, or it has none."""
    try:
        folder = locate_pack(pack)[0].parent.resolve()
    except KamrulesError as problem:
        raise pytest.UsageError(f"--kamrules: {problem}") from None
    found = case_files(folder)
    if not found:
        raise pytest.UsageError(f"--kamrules: no *.cases.yaml beside the pack in `{folder}`")
    return found
