"""What `kamrules new` writes works as it is, and what was there stays as it was."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from typer.testing import CliRunner, Result

import kamrules as kr
from kamrules.checkcases import differences
from kamrules.cli import application
from kamrules.rules import checks
from kamrules.scaffold import new_check, new_criterion, new_pack
from kamrules.yamltext import read_yaml

REPO = Path(__file__).resolve().parents[2]
LAMP = REPO / "tests/packs/lamp"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(application(), [str(item) for item in arguments])


def _yaml(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text("utf-8"))


# --- packs


@pytest.fixture(scope="module", params=[None, "handbook", "file"])
def pack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("new") / "acme-rules"
    new_pack("acme-rules", folder, extends=str(LAMP) if request.param == "file" else request.param)
    return folder


def test_a_new_pack_is_clean_and_its_cases_hold_and_notice_mistakes(pack: Path) -> None:
    own = list(kr.load_pack(pack).criteria)[-1]
    found = json.loads(run("check", pack, "--show", "info", "--format", "json").stdout)
    assert found["faults"] == []
    # A pack it extends may have remarks of its own.
    assert [remark for remark in found["remarks"] if remark["at"].startswith(f"criteria.{own}")] == []
    tested = run("test", pack, "--mutate", "--only", own)
    assert tested.exit_code == 0, tested.output
    assert "3 cases: 3 hold, 0 do not" in tested.stdout
    assert "survived 0" in tested.stdout


def test_a_new_pack_of_its_own_has_no_remark_at_all(tmp_path: Path) -> None:
    new_pack("acme", tmp_path)
    result = run("check", tmp_path, "--show", "info", "--fail-on", "info")
    assert result.exit_code == 0, result.output


def test_the_files_of_a_new_pack_fit_the_schemas_they_name(pack: Path) -> None:
    files = list(pack.glob("[!.]*.yaml"))
    assert len(files) == 2
    for path in files:
        match = re.match(r"# yaml-language-server: \$schema=(\S+)\n", path.read_text("utf-8"))
        assert match is not None
        schema = json.loads((pack / match[1]).read_text("utf-8"))
        jsonschema.Draft202012Validator(schema).validate(read_yaml(path).data())


def _commands(pack: Path) -> Iterator[str]:
    for job in _yaml(pack / ".github/workflows/rules.yml")["jobs"].values():
        yield from (step["run"] for step in job["steps"] if "run" in step)
    (local,) = _yaml(pack / ".pre-commit-config.yaml")["repos"]
    for hook in local["hooks"]:
        assert hook["pass_filenames"] is False
        yield hook["entry"]
    for block in re.findall(r"```sh\n(.*?)```", (pack / "README.md").read_text("utf-8"), re.DOTALL):
        yield from block.splitlines()


def test_the_commands_in_the_files_of_a_new_pack_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new_pack("acme", tmp_path / "acme")
    new_pack("acme", tmp_path / "before")
    monkeypatch.chdir(tmp_path / "acme")
    commands = [command for command in _commands(Path()) if command.startswith("kamrules ")]
    assert len(commands) == 11
    for command in commands:
        words = shlex.split(command.partition(">>")[0], comments=True)
        result = run(*words[1:])
        assert result.exit_code == 0, (command, result.output)


@pytest.mark.parametrize("name", ["true", "null", "a"])
def test_a_pack_may_be_called_what_yaml_reads_as_something_else(name: str, tmp_path: Path) -> None:
    new_pack(name, tmp_path)
    assert kr.load_pack(tmp_path).id == name


@pytest.mark.parametrize("name", ["Acme", "1st", "a b", "../a", ""])
def test_a_name_that_does_not_fit_is_refused(name: str, tmp_path: Path) -> None:
    result = run("new", "pack", name, "-o", tmp_path / "x")
    assert result.exit_code == 2
    assert "A-VALUE" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("taken", ["README.md", "schemas/cases.schema.json"])
def test_no_file_is_written_over_and_none_written_beside_it(taken: str, tmp_path: Path) -> None:
    path = tmp_path / taken
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine", "utf-8")
    result = run("new", "pack", "acme", "-o", tmp_path)
    assert result.exit_code == 2
    assert "is there already" in result.stderr
    assert path.read_text("utf-8") == "mine"
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == [path]


# --- criteria


def _removed(new: list[str], old: list[str]) -> list[str]:
    """The lines of `new` that are put in; asserts that the others are the old ones, in their order."""
    start = next((i for i, (a, b) in enumerate(zip(new, old, strict=False)) if a != b), len(old))
    size = len(new) - len(old)
    assert new[:start] + new[start + size :] == old
    return new[start : start + size]


def _copied(source: Path, folder: Path) -> Path:
    for path in source.glob("*.yaml"):
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def test_a_criterion_goes_among_those_of_its_milestone_and_leaves_the_rest(tmp_path: Path) -> None:
    handbook = _copied(REPO / "src/kamrules/packs/handbook", tmp_path)
    before = {path.name: path.read_text("utf-8").splitlines() for path in handbook.glob("*.yaml")}
    assert run("new", "criterion", "M1.X99", "--pack", handbook).exit_code == 0
    after = {path.name: path.read_text("utf-8").splitlines() for path in handbook.glob("*.yaml")}
    changed = {name: _removed(after[name], old) for name, old in before.items() if after[name] != old}
    assert set(changed) == {"m1.yaml", "m1.cases.yaml"}
    assert changed["m1.yaml"][1] == "  M1.X99:"
    assert list(kr.load_pack(handbook).criteria)[-1] != "M1.X99"
    assert run("check", handbook).exit_code == 0


def test_a_criterion_comes_with_cases_that_hold_and_notice_mistakes(tmp_path: Path) -> None:
    lamp = _copied(LAMP, tmp_path)
    new_criterion("M2.E1", lamp)
    assert kr.load_pack(lamp).criteria["M2.E1"].gate == "M2.entry"
    result = run("test", lamp, "--mutate", "--only", "M2.E1")
    assert "8 cases: 8 hold" in result.stdout
    assert "survived 0" in result.stdout


def test_schemas_beside_a_pack_know_its_new_criterion(tmp_path: Path) -> None:
    new_pack("acme", tmp_path)
    new_criterion("M1.X2", tmp_path)
    schema = json.loads((tmp_path / "schemas/cases.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(read_yaml(tmp_path / "acme.cases.yaml").data())


@pytest.mark.parametrize("name", ["C1", "R1", "F1", "size", "health"])
def test_an_id_that_is_there_is_refused_with_its_place(name: str, tmp_path: Path) -> None:
    result = run("new", "criterion", name, "--pack", _copied(LAMP, tmp_path), "--gate", "M1.exit")
    assert result.exit_code == 2
    assert re.search(rf"pack\.yaml:\d+:3: A-DUPLICATE: `{name}` is there already", result.stderr)
    assert (tmp_path / "pack.yaml").read_bytes() == (LAMP / "pack.yaml").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("C9",), "give --gate"),
        (("C9", "--gate", "M1.exits"), "did you mean `M1.exit`?"),
        (("M9.X1",), "A-GATE"),
        (("a b", "--gate", "M1.exit"), "A-VALUE"),
    ],
)
def test_a_gate_that_is_none_is_refused(arguments: tuple[str, ...], told: str, tmp_path: Path) -> None:
    result = run("new", "criterion", *arguments, "--pack", _copied(LAMP, tmp_path))
    assert result.exit_code == 2
    assert told in result.stderr


def test_a_shipped_pack_is_not_written_to() -> None:
    result = run("new", "criterion", "M1.X99", "--pack", "handbook")
    assert result.exit_code == 2
    assert "--extends handbook" in result.stderr


_HEAD = "kamrules: 1\nid: a\nversion: 1.0.0\ntitle: {en: a, zh: a}\nowner: me\n"
_HEAD += "milestones: {M1: {name: {en: a, zh: a}, progress_pct: 1}}\n"
_ONE = "{gate: M1.exit, name: {en: a, zh: a}, met_when: deal.buyer_intent, source: {ref: a}, "
_ONE += "if_unknown: {en: a, zh: a}, if_unmet: {en: a, zh: a}}"
_COMMENTS = st.sampled_from(["", "\n", "# about what follows\n", "   # of the section\n", "\n\n# end\n"])


@st.composite
def packs(draw: st.DrawFn) -> str:
    """The text of a pack with its criteria in the middle or at the end, or without any."""
    criteria = f"criteria:\n{draw(_COMMENTS)}{' ' * draw(st.integers(1, 6))}M1.X1: {_ONE}\n"
    section = draw(st.sampled_from(["", criteria]))
    rest = draw(st.sampled_from(["", "currency: EUR\n", "red_lines: {}\n# the end\n"]))
    text = _HEAD + section + draw(_COMMENTS) + rest
    return draw(st.sampled_from([text, text.replace("\n", "\r\n"), text.removesuffix("\n"), "\ufeff" + text]))


@settings(deadline=None, max_examples=40)
@given(text=packs())
def test_other_lines_stay_however_a_pack_is_laid_out(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.mktemp("pack") / "pack.yaml"
    path.write_bytes(text.encode())
    old = read_yaml(path).data()
    new_criterion("M1.X7", path)
    new = path.read_bytes().decode()
    end = "\r\n" if "\r" in text else "\n"
    assert new.count("\n") == new.count(end)
    _removed(new.removesuffix(end).split(end), text.removesuffix(end).split(end))
    data = read_yaml(path).data()
    assert data["criteria"].pop("M1.X7")["gate"] == "M1.exit"
    assert data["criteria"] == (old.get("criteria") or {})
    assert kr.load_pack(path).criteria["M1.X7"].kind == "hard"


@pytest.mark.parametrize(
    "layout", ["criteria: {}\n", f"criteria: {{M1.X1: {_ONE}}}\n", f"criteria:\n M1.X1: {_ONE}\n...\n"]
)
def test_a_section_that_cannot_be_added_to_is_refused_and_left(layout: str, tmp_path: Path) -> None:
    path = tmp_path / "pack.yaml"
    path.write_text(_HEAD + layout, "utf-8")
    result = run("new", "criterion", "M1.X7", "--pack", path)
    assert result.exit_code == 2
    assert "pack.yaml:7:1: A-PLACE" in result.stderr
    assert path.read_text("utf-8") == _HEAD + layout
    assert list(tmp_path.iterdir()) == [path]


# --- checks


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "acme_checks"
    folder.mkdir()
    (folder / "__init__.py").write_text("", "utf-8")
    return folder


def test_a_new_check_passes_its_test_and_says_how_it_is_found(package: Path) -> None:
    made = new_check("name-in-capitals", package)
    assert made.entry_point.endswith('\nname-in-capitals = "acme_checks.name_in_capitals"')
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(package)]
    env = {**os.environ, "PYTHONPATH": str(Path(kr.__file__).parents[1])}
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=package.parent, env=env)
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


@pytest.mark.parametrize("code", ["Names", "a_b", "unused-param", "a--b"])
def test_a_code_that_does_not_fit_or_is_taken_is_refused(code: str, package: Path) -> None:
    result = run("new", "check", code, "-o", package)
    assert result.exit_code == 2
    assert "A-VALUE" in result.stderr
    assert [path.name for path in package.iterdir()] == ["__init__.py"]


@pytest.fixture
def offered(package: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A new check that a package offers, as if it were installed."""
    made = new_check("name-in-capitals", package)
    name, value = made.entry_point.splitlines()[1].split(" = ")
    point = EntryPoint(name, value.strip('"'), checks.GROUP)
    monkeypatch.syspath_prepend(package.parent)
    monkeypatch.setattr(checks, "entry_points", lambda group: [point] if group == checks.GROUP else [])
    yield made.files[0]
    for module in [name for name in sys.modules if name.startswith("acme_checks")]:
        del sys.modules[module]


@pytest.fixture
def loud(tmp_path: Path) -> Path:
    folder = tmp_path / "loud"
    new_pack("loud", folder)
    path = folder / "pack.yaml"
    path.write_text(path.read_text("utf-8").replace("The next step is dated", "STEP"), "utf-8")
    return folder


def test_the_check_of_a_package_speaks_like_one_of_ours(offered: Path, loud: Path) -> None:
    result = run("check", loud)
    assert result.exit_code == 1
    assert "warning: name-in-capitals: criteria.M1.X1: its name is in capitals" in result.stdout
    assert "A criterion whose name is in capitals." in run("check", loud, "--format", "sarif").stdout
    path = loud / "pack.yaml"
    silent = "suppress:\n  - {check: name-in-capitals, at: criteria.M1.X1, why: shouted on purpose}\n"
    path.write_text(path.read_text("utf-8") + silent, "utf-8")
    assert run("check", loud).exit_code == 0


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("import no_such_module\n", "cannot be loaded: ModuleNotFoundError"),
        ("SEVERITY = 'loud'\ndef check(subject): return iter(())\n", "is no check"),
        ("SEVERITY = 'error'\n", "is no check"),
        ("SEVERITY = 'error'\ndef check(subject):\n    yield 1 / 0\n", "broke down: ZeroDivisionError"),
    ],
)
def test_a_check_that_does_not_work_is_named_and_no_defect_of_ours(
    source: str, told: str, offered: Path, loud: Path
) -> None:
    offered.write_text(source, "utf-8")
    result = run("check", loud)
    assert result.exit_code == 2
    assert "A-CHECK" in result.stderr
    assert "`name-in-capitals`" in result.stderr
    assert told in result.stderr


def test_a_code_of_ours_is_not_taken_over(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("dead-row", "json", checks.GROUP)
    monkeypatch.setattr(checks, "entry_points", lambda group: [point])
    with pytest.raises(kr.ArgumentError, match="has a code that is taken"):
        checks.known_checks()


def test_cases_of_a_check_tell_where_it_fails(package: Path) -> None:
    made = new_check("name-in-capitals", package)
    cases = made.files[1]
    cases.write_text(cases.read_text("utf-8").replace("at: []", "at: [criteria.M1.X2]"), "utf-8")
    (line,) = differences(checks.members()["dead-row"], cases)[1:]
    assert line.endswith("a name written as a sentence: criteria.M1.X2 expected, nothing seen")
    cases.write_text("base: {}\ncases: [{nmae: a, at: []}]\n", "utf-8")
    with pytest.raises(kr.InputError, match="did you mean `name`"):
        differences(checks.members()["dead-row"], cases)


# --- hooks of pre-commit


def test_the_hooks_of_the_repository_run_on_a_pack_whatever_file_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_pack("acme", tmp_path)
    monkeypatch.chdir(tmp_path)
    hooks = {hook["id"]: hook for hook in _yaml(REPO / ".pre-commit-hooks.yaml")}
    assert set(hooks) == {"kamrules-check", "kamrules-test"}
    for hook in hooks.values():
        assert hook["pass_filenames"] is False
        assert re.search(hook["files"], "pack.yaml")
        words = [*shlex.split(hook["entry"]), *hook["args"]]
        assert run(*words[1:]).exit_code == 0
    pack = tmp_path / "pack.yaml"
    pack.write_text(pack.read_text("utf-8").replace(">= as_of", "> as_of"), "utf-8")
    assert run(*hooks["kamrules-test"]["entry"].split()[1:], ".").exit_code == 1
