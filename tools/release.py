"""What stands behind a release: files that build the same twice, install anywhere they say, and are listed.

    python tools/release.py build      sdist and wheel into dist/, twice, byte for byte the same, and an SBOM
    python tools/release.py matrix     installs the wheel with each extra, the oldest and newest libraries
                                       allowed, on each Python found, and tries it by `tools/smoke.py`

Needs what the extra `release` names. Environments are made in a temporary folder and thrown away.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
DIST = REPO / "dist"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
RESOLUTIONS = {"newest": "highest", "oldest": "lowest-direct"}
NOT_FOR_USERS = {"dev", "bench", "docs", "release"}
SEPARATE = {"spark"}  # hundreds of MB and a Java: `make test-spark` tries it


def run(*command: str | Path, cwd: Path = REPO, env: dict[str, str] | None = None) -> str:
    """Run a command and return what it printed; it fails with all that the command said."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def digests(folder: Path) -> dict[str, str]:
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def build() -> None:
    """Build twice from the last commit's files and day, compare, and write the SBOM beside."""
    day = run("git", "log", "-1", "--format=%ct").strip()
    with tempfile.TemporaryDirectory() as folder:
        for number in ("1", "2"):
            place = Path(folder) / number
            source = place / "source"
            run("git", "clone", "--quiet", REPO, source)
            built = place / "dist"
            run(sys.executable, "-m", "build", "--outdir", built, source, env={"SOURCE_DATE_EPOCH": day})
        first, second = (digests(Path(folder) / number / "dist") for number in ("1", "2"))
        if first != second:
            raise SystemExit(f"two builds differ: {first} and {second}")
        shutil.rmtree(DIST, ignore_errors=True)
        shutil.copytree(Path(folder) / "1" / "dist", DIST)
        bill_of_materials(Path(folder) / "bom")
    for name, digest in digests(DIST).items():
        print(digest, name)


def bill_of_materials(place: Path) -> None:
    """Write what an installed core consists of, in CycloneDX."""
    python = installed(place, wheel(), None, "highest", f"{sys.version_info.major}.{sys.version_info.minor}")
    target = DIST / f"{wheel().name.partition('-py3')[0]}.cdx.json"
    run(
        sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible",
        "--pyproject", REPO / "pyproject.toml", "--output-file", target, python,
    )  # fmt: skip


def wheel() -> Path:
    (found,) = DIST.glob("*.whl")
    return found


def installed(place: Path, what: Path, extra: str | None, resolution: str, version: str) -> Path:
    """Make an environment with a file of dist/ in it, and return its interpreter."""
    uv = (sys.executable, "-m", "uv", "--quiet")
    run(*uv, "venv", "--python", version, place)
    python = place / "bin" / "python"
    name = f"kamrules[{extra}] @ {what.as_uri()}" if extra else f"kamrules @ {what.as_uri()}"
    run(*uv, "pip", "install", "--python", python, "--resolution", resolution, name)
    return python


def pythons() -> Iterator[str]:
    """Yield the versions that run here; a name on the path may be a launcher without an interpreter."""
    for version in PYTHONS:
        found = shutil.which(f"python{version}")
        if found and subprocess.run([found, "--version"], capture_output=True, check=False).returncode == 0:
            yield version
        else:
            print(f"| {version} | | | not installed here |")


def extras() -> list[str | None]:
    names = tomllib.loads((REPO / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    return [None, *(name for name in names if name not in NOT_FOR_USERS | SEPARATE)]


def matrix(chosen: list[str] | None) -> int:
    """Try every combination, print a table, and return how many failed."""
    failed = 0
    print("| Python | extra | libraries | |\n|---|---|---|---|")
    for version in pythons():
        for extra in extras():
            if chosen and (extra or "none") not in chosen:
                continue
            for name, resolution in RESOLUTIONS.items():
                told = tried(version, extra, resolution)
                failed += told != "works"
                print(f"| {version} | {extra or 'none'} | {name} | {told} |", flush=True)
    told = typed()
    print(f"| {PYTHONS[0]} | none | newest | a typed consumer: {told} |")
    return failed + (told != "works")


def tried(version: str, extra: str | None, resolution: str) -> str:
    parts = (
        []
        if extra is None
        else [extra]
        if extra != "all"
        else [one for one in extras() if one and one != "all"]
    )
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        shutil.copy(REPO / "tools" / "smoke.py", place)
        try:
            python = installed(place / "env", wheel(), extra, resolution, version)
            run(python, "-W", "error::DeprecationWarning:kamrules", "smoke.py", *parts, cwd=place)
        except SystemExit as problem:
            return f"fails: {str(problem).strip().splitlines()[-1]}"
    return "works"


def typed() -> str:
    """Check a file of typed uses against the installed wheel: what `py.typed` promises."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        shutil.copy(REPO / "tests" / "typing" / "api.py", place)
        (place / "mypy.ini").write_text("[mypy]\nstrict = true\n", encoding="utf-8")
        try:
            python = installed(place / "env", wheel(), None, "highest", PYTHONS[0])
            run(sys.executable, "-m", "mypy", "--python-executable", python, "api.py", cwd=place)
        except SystemExit as problem:
            return f"fails: {problem}"
    return "works"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["build", "matrix"])
    parser.add_argument("--extra", action="append", help="only this one, `none` for the core")
    given = parser.parse_args()
    sys.exit(build() if given.what == "build" else min(matrix(given.extra), 1))
