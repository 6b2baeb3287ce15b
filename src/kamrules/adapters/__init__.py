"""Sources of deals: each module of this folder reads one format.

The contract of a member: `accepts(path, *, mapped)` says whether it reads what stands at `path`, and
`read(path, request)` returns a `Reading`. Members are found by looking in this folder, in the order of
their names; they know neither rules nor each other.

A `Reading` yields, in a stable order, a plain nested dict for each deal as the Deal model wants it (an
absent field is unknown), or a `Rejection` for a deal that could not be read. It never drops one: as many
items come out as the input has deals. Rows that belong to no deal are `strays`, known before the first deal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, Literal, Protocol, cast

from pydantic import BaseModel

from kamrules.errors import Fault, InputError
from kamrules.records import Deal
from kamrules.records.rejection import Item, LeftOut, Rejection

__all__ = ["BadValues", "Item", "LeftOut", "Reading", "Request", "read_deals"]

BadValues = Literal["reject", "unknown"]


def _not_refused(where: str, name: str) -> Fault | None:  # noqa: ARG001 - what a guard is given
    return None


@dataclass(frozen=True, slots=True)
class Request:
    """What a reader needs to know beside the path.

    `model` is the engine's Deal model, custom fields and currency included. `bad_values` says what to do
    with a value that cannot be read: reject its deal, or leave the value unknown and report it. `refused`
    gives the fault for a column, named with its place, that holds data the pack refuses (RL-15).
    """

    model: type[BaseModel] = Deal
    bad_values: BadValues = "reject"
    map_path: Path | None = None
    ignored_columns: frozenset[str] = frozenset()
    refused: Callable[[str, str], Fault | None] = _not_refused


@dataclass(frozen=True, slots=True)
class Reading:
    """A source opened and found sound: `total` deals if known before reading, and the rows that join none.

    `left_out` counts the rows that a field map leaves out on purpose.
    """

    path: str
    format: str
    items: Callable[[], Iterator[Item]]
    total: int | None = None
    strays: tuple[Rejection, ...] = field(default=())
    left_out: tuple[LeftOut, ...] = field(default=())

    def __iter__(self) -> Iterator[dict[str, Any] | Rejection]:
        """Yield the deals, ready for `engine.assess_many`."""
        return (item.deal for item in self.items())


class Member(Protocol):
    """What each module of the folder offers."""

    def accepts(self, path: Path, *, mapped: bool) -> bool:
        """Whether this member reads what stands at `path`, with or without a field map."""

    def read(self, path: Path, request: Request) -> Reading:
        """Open the source; raise `InputError` with all faults that make it unreadable as a whole."""


def read_deals(path: str | Path, request: Request | None = None) -> Reading:
    """Open a source of deals: a folder of CSV files, a JSON or JSON Lines file, or stdin.

    Parameters
    ----------
    path : str or Path
        A folder with a `deals.csv`, any folder when the request has a field map, a `.json`, `.jsonl` or
        `.ndjson` file, or `-` for JSON Lines on standard input.
    request : Request, optional
        The model of the deal and how to read; the handbook's own model when left out.

    Returns
    -------
    Reading
        Iterate it for dicts and rejections.

    Raises
    ------
    InputError
        I-*: with every fault of the files that makes them unreadable as a whole.

    Examples
    --------
    >>> reading = read_deals("examples/no-such-file.jsonl")
    Traceback (most recent call last):
    kamrules.errors.InputError: I-FILE: cannot read `examples/no-such-file.jsonl`: no such file or folder
    """
    request = request or Request()
    place = Path(path)
    shown = str(path)
    if shown != "-" and not place.exists():
        raise InputError(Fault("I-FILE", f"cannot read `{shown}`: no such file or folder"))
    for info in sorted(iter_modules(__path__), key=lambda module: module.name):
        member = cast("Member", import_module(f"{__name__}.{info.name}"))
        if member.accepts(place, mapped=request.map_path is not None):
            return member.read(place, request)
    raise InputError(_no_member(place, shown, mapped=request.map_path is not None))


def _no_member(place: Path, shown: str, *, mapped: bool) -> Fault:
    if place.is_dir():
        hint = "give a field map for files of another system; `kamrules map init` guesses one"
        return Fault("I-FORMAT", f"`{shown}` has no deals.csv", hint=hint)
    if mapped:
        return Fault("I-FORMAT", f"a field map reads CSV and JSON files, `{shown}` is a file")
    hint = "a folder with a deals.csv, or a .json, .jsonl or .ndjson file is expected"
    return Fault("I-FORMAT", f"`{shown}` is in no known format", hint=hint)
