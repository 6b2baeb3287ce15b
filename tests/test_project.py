"""What the project promises before any rule is run: a light import, packs in the wheel, extras that parse."""

import importlib.resources
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

PYPROJECT = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PYPROJECT["optional-dependencies"]
OPTIONAL = (
    "altair",
    "durable",
    "holidays",
    "narwhals",
    "numpy",
    "pandas",
    "polars",
    "pyarrow",
    "pyspark",
    "sklearn",
    "sqlalchemy",
    "z3",
)
HEAVY = (*OPTIONAL, "rich", "typer")


def test_importing_kamrules_loads_no_optional_or_terminal_library() -> None:
    code = f"import sys, kamrules; print(*sorted(set(sys.modules) & {set(HEAVY)!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_the_command_line_starts_without_any_extra() -> None:
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({OPTIONAL!r}));"  # importing one of them fails
        "from kamrules.cli import application; application()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("extra", sorted(EXTRAS))
def test_extra_parses_and_names_only_extras_that_exist(extra: str) -> None:
    for requirement in map(Requirement, EXTRAS[extra]):
        if requirement.name == PYPROJECT["name"]:
            assert requirement.extras <= EXTRAS.keys() - {extra}
        else:
            assert requirement.specifier, f"`{requirement}` has no lower bound"


def test_all_holds_every_extra_for_users() -> None:
    (everything,) = map(Requirement, EXTRAS["all"])
    assert everything.extras == EXTRAS.keys() - {"all", "bench", "dev", "docs"}


def test_handbook_pack_is_reachable_as_package_data() -> None:
    assert (importlib.resources.files("kamrules") / "packs/handbook/pack.yaml").is_file()
