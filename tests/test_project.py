"""What the project promises before any rule is run: a light import, packs in the wheel, extras that parse."""

import importlib.resources
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer
from packaging.requirements import Requirement
from typer.core import TyperGroup

import kamrules as kr
from kamrules.cli import application

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


def loaded_by(code: str) -> set[str]:
    """Return the modules that are loaded in a fresh process after this code."""
    code += "; import sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_kamrules_loads_next_to_nothing() -> None:
    found = loaded_by("import kamrules")
    assert "pydantic" not in found
    assert {name for name in found if name.partition(".")[0] == "kamrules"} == {"kamrules"}


def test_assessing_a_deal_loads_no_optional_or_terminal_library() -> None:
    code = "import datetime, kamrules as kr; engine = kr.compile(kr.load_pack('handbook'))"
    code += "; engine.assess({}, as_of=datetime.date(2026, 6, 30))"
    assert loaded_by(code) & set(HEAVY) == set()


def test_every_public_name_is_there_when_asked_for() -> None:
    assert set(kr.__all__) <= set(dir(kr))
    assert all(getattr(kr, name) is not None for name in kr.__all__)
    with pytest.raises(AttributeError, match="load_pak"):
        kr.load_pak  # noqa: B018 - asking for it is the test


def test_help_of_the_command_line_does_not_load_the_engine() -> None:
    code = "import contextlib, io; from kamrules.cli import main\n"
    code += "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
    code += "    main(['--help'])\npass"
    found = loaded_by(code)
    assert "typer" in found
    assert "kamrules.engine" not in found


def test_the_listed_help_of_a_command_is_its_own() -> None:
    listed = typer.main.get_command(application())
    assert isinstance(listed, TyperGroup)
    for name, command in listed.commands.items():
        _, own, _ = listed.resolve_command(typer.Context(listed), [name])
        assert own is not None
        assert own.help == command.help


def test_every_command_is_imported_without_any_extra() -> None:
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({OPTIONAL!r}));"  # importing one of them fails
        "from importlib import import_module; from pkgutil import iter_modules; import kamrules.cli;"
        "[import_module(f'kamrules.cli.{one.name}') for one in iter_modules(kamrules.cli.__path__)]"
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
    assert everything.extras == EXTRAS.keys() - {"all", "bench", "dev", "docs", "release"}


def test_handbook_pack_is_reachable_as_package_data() -> None:
    assert (importlib.resources.files("kamrules") / "packs/handbook/pack.yaml").is_file()
