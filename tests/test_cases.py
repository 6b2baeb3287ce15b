"""Every case beside a shipped pack holds: what `kamrules test` runs, one test a case."""

from functools import cache
from pathlib import Path

import pytest

from kamrules.casefile import Case, case_files, read_cases, run_case
from kamrules.engine import Engine, compile, load_pack  # noqa: A004 - the library's word
from kamrules.rules.pack import shipped_packs

CASES = [
    pytest.param(file.pack.resolve(), case, id=f"{path.name.split('.')[0]}-{case.name}")
    for manifest in shipped_packs().values()
    for path in case_files(manifest.parent)
    for file in [read_cases(path)]
    for case in file.cases
]


@cache
def engine_of(pack: Path) -> Engine:
    return compile(load_pack(pack))


@pytest.mark.parametrize(("pack", "case"), CASES)
def test_case_of_a_shipped_pack_holds(pack: Path, case: Case) -> None:
    assert [str(difference) for difference in run_case(engine_of(pack), case)] == []
