"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, Literal, TextIO, cast

from kamrules.errors import ArgumentError, Fault


@contextmanager
def text_file(path: Path) -> Iterator[TextIO]:
    """Open `path` for text; the file is there whole at the end, or unchanged.

    Raises
    ------
    ArgumentError
        A-OUTPUT when the file cannot be written.
    """
    with bytes_file(path) as raw, TextIOWrapper(raw, encoding="utf-8", newline="") as stream:
        yield stream


@contextmanager
def bytes_file(path: Path) -> Iterator[BinaryIO]:
    """Open `path` for bytes, like `text_file`."""
    target = path.resolve()
    if target.exists() and not target.is_file():
        # A device or a pipe cannot be replaced by a file.
        with _opened(target, target, "wb") as stream:
            yield stream
        return
    part = _part_of(target)
    opened = _opened(part, path, "xb")
    try:
        with opened as stream:
            yield stream
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def ask_for(*targets: Path | None) -> None:
    """Raise A-OUTPUT now for a file that could not be written after long work; nothing is left behind."""
    for target in targets:
        if target is None or (target.exists() and not target.is_file() and not target.is_dir()):
            continue
        if target.is_dir():
            _opened(target, target, "wb")
        part = _part_of(target.resolve())
        _opened(part, target, "xb").close()
        part.unlink()


def _part_of(target: Path) -> Path:
    return target.with_name(f".{target.name}.{os.getpid()}.part")


def _opened(place: Path, shown: Path, mode: Literal["wb", "xb"]) -> BinaryIO:
    try:
        return cast("BinaryIO", place.open(mode))
    except OSError as problem:
        reason = (problem.strerror or "cannot be opened").lower()
        raise ArgumentError(Fault("A-OUTPUT", f"cannot write `{shown}`: {reason}")) from None


def keep_apart(targets: Mapping[str, Path | None], is_input: Callable[[Path], bool]) -> None:
    """Refuse to write over what is read, or one result over the other; devices and pipes may be shared.

    `targets` are the files to write by the names to call them; `is_input` is asked with resolved paths.

    Raises
    ------
    ArgumentError
        A-OUTPUT when a target belongs to the input, or is given twice.
    """
    taken: dict[Path, str] = {}
    for name, target in targets.items():
        if target is None or (target.exists() and not target.is_file() and not target.is_dir()):
            continue
        place = target.resolve()
        if is_input(place):
            raise ArgumentError(
                Fault("A-OUTPUT", f"`{target}` belongs to the input", hint="name another file")
            )
        if place in taken:
            message = f"`{target}` given for both {taken[place]} and {name}, two files expected"
            raise ArgumentError(Fault("A-OUTPUT", message))
        taken[place] = name
