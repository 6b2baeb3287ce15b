"""What of a caller's frames is fit to be assessed: columns by name, keys, values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel

from kamrules.errors import ArgumentError, Fault, nearest
from kamrules.rules.framecode.border import Limits, Source, canonical
from kamrules.rules.framecode.columns import Expr, Total, col, lit, names_of
from kamrules.rules.framecode.run import FINE, Bound, Known
from kamrules.rules.framecode.table import Table
from kamrules.rules.framecode.translate import KEY, Frames, Needed
from kamrules.rules.lang.types import Bool, Date, ListOf, Object, Type
from kamrules.validation import model_in

Refused = Callable[[str, str], Fault | None]
ALL_OTHERS = "*"
COPIES = "copies"


def limits_of_model(model: type[BaseModel], prefix: str = "") -> dict[str, Limits]:
    """Return the limits of every number of a record: `account__rank_sales`, `stakeholders[].influence`.

    Custom fields of a pack have theirs here too.
    """
    found: dict[str, Limits] = {}
    for name, info in model.model_fields.items():
        inner = model_in(info.annotation)
        if inner is not None:
            is_list = "list[" in str(info.annotation)
            if name != "evidence":
                found |= limits_of_model(inner, f"{prefix}{name}[]." if is_list else f"{prefix}{name}__")
            continue
        low, high = _limits(info.annotation, info.metadata)
        if low is not None or high is not None:
            found[prefix + name] = (low, high)
    return found


def _limits(annotation: Any, metadata: Iterable[Any]) -> Limits:
    low: float | None = None
    high: float | None = None
    for mark in (*metadata, *_marks(annotation)):
        for one in getattr(mark, "metadata", [mark]):
            low = getattr(one, "ge", None) if getattr(one, "ge", None) is not None else low
            high = getattr(one, "le", None) if getattr(one, "le", None) is not None else high
    return low, high


def _marks(annotation: Any) -> Iterator[Any]:
    yield from getattr(annotation, "__metadata__", ())
    for inner in getattr(annotation, "__args__", ()):
        yield from _marks(inner)


def check_columns(  # noqa: PLR0913, PLR0917 - the frames, and how their columns may be called
    deals: Table,
    lists: Mapping[str, Table],
    schema: Object,
    key: str,
    link: str,
    ignored: frozenset[str],
    refused: Refused,
) -> None:
    """Raise for every column that no field of a record is called, and those a pack refuses (RL-15).

    A misspelt name would silently be an unknown fact. A column of another kind of value than its field is
    a fault, whether the pack reads it or not.
    """
    faults = list(_strange(deals, schema, "deals", {key}, ignored, refused))
    for path, rows in lists.items():
        kind = _list_at(schema, path)
        faults += _strange(rows, kind.element, path, {link}, ignored, refused)
    if faults:
        raise ArgumentError(faults)


def _strange(  # noqa: PLR0913, PLR0917
    table: Table, kind: Type, frame: str, keys: set[str], ignored: frozenset[str], refused: Refused
) -> Iterator[Fault]:
    known = dict(_columns_of(kind))
    for name, source in table.sources().items():
        if name in known or name in keys:
            yield from _of_another_kind(name, source, None if name in keys else known[name], frame)
            continue
        if name in ignored or f"{frame}.{name}" in ignored:
            continue
        place = f"{frame}.{name}"
        fault = refused(place, name.rpartition("__")[2])
        if fault is not None:
            yield fault
        elif ALL_OTHERS not in ignored:
            others = "name it in ignored_columns, or `*` for all such"
            hint = nearest(name.replace(".", "__"), (*known, *keys)) or others
            yield Fault("A-COLUMN", f"no field `{name}`", where=place, hint=hint)


def _of_another_kind(name: str, source: Source, need: Needed | None, frame: str) -> Iterator[Fault]:
    if need is None or isinstance(need.type, Object | ListOf):
        return
    try:
        canonical(need, col(name, "raw"), name, source, frame)
    except ArgumentError as error:
        yield from error.faults


def _columns_of(kind: Type, prefix: str = "") -> Iterator[tuple[str, Needed]]:
    if not isinstance(kind, Object):
        yield "value", Needed("value", kind)
        return
    for member in kind.members:
        name = prefix + member.name
        yield name, Needed(name, member.type)
        yield f"{name}__evidence", Needed(name, None)
        yield f"{name}__evidence_at", Needed(name, Date())
        if isinstance(member.type, Object):
            yield from _columns_of(member.type, f"{name}__")
        elif isinstance(member.type, ListOf):
            yield f"{name}__known", Needed(name, Bool())


def _list_at(schema: Object, path: str) -> ListOf:
    kind: Any = schema
    for name in path.split("__"):
        kind = kind.member(name).type
    assert isinstance(kind, ListOf)
    return kind


@dataclass(frozen=True, slots=True)
class Checked:
    """Deals of which each has a key of its own, and those that have none or share one."""

    tied: Bound
    repeated: Table | None


def with_own_keys(tied: Bound) -> Checked:
    """Return the deals without those that have no key or share it with another."""
    names = [name for name in tied.records.names() if name != KEY]
    copies = tied.records.totals({COPIES: Total("rows", lit(True, "bool"))})
    counted = tied.records.join(copies, "left")
    is_own = (col(COPIES, "int").eq(1) & ~col(KEY, "raw").is_null()).filled(False)
    others = counted.filter(~is_own)
    if others.is_empty():
        return Checked(replace(tied, has_unique_keys=True), None)
    kept = {name: col(name, "raw") for name in (KEY, *names)}
    records = counted.filter(is_own).select(kept).pinned()
    repeated = others.select(
        {
            "deal_id": col(KEY, "raw"),
            "faults": names_of(
                [
                    (col(KEY, "raw").is_null(), "no key"),
                    (~col(KEY, "raw").is_null(), "several deals have this key"),
                ],
                ";",
            ),
        }
    )
    there = {**tied.there, (None, KEY): False}
    return Checked(replace(tied, records=records, there=there, has_unique_keys=True), repeated)


def faults_of_values(given: Known, frames: Frames, needed: Frames) -> list[tuple[Expr, str]]:
    """Return for each field whether a deal has a value that is none of it, where there may be one."""
    found: dict[str, list[Expr]] = {}

    def add(where: str, test: Expr) -> None:
        found.setdefault(where, []).append(test)

    for name, need in needed.columns.items():
        if given.there.get((None, FINE + name)):
            add(need.source, col(FINE + name, "bool").is_null())
    for path, needs in needed.lists.items():
        for name, need in needs.columns.items():
            if given.there.get((path, FINE + name)):
                bad = col(FINE + name, "bool").is_null()
                add(f"{path}[].{need.source}", frames.total(path, Total("any", bad)))
    return [(_any(tests), where) for where, tests in found.items()]


def _any(tests: list[Expr]) -> Expr:
    found = tests[0]
    for test in tests[1:]:
        found |= test
    return found


def names_read(needed: Frames) -> dict[str | None, frozenset[str]]:
    """Return the columns a caller's frames may be asked for, of the deals (None) and of each list.

    A field inside a struct column counts as that column.
    """

    def names(columns: Mapping[str, Needed]) -> Iterator[str]:
        for need in columns.values():
            parts = need.source.split("__")
            for size in range(1, len(parts) + 1):
                yield "__".join(parts[:size])

    deals = {*names(needed.columns), *needed.lists}
    found: dict[str | None, frozenset[str]] = {None: frozenset(deals)}
    return found | {path: frozenset(names(needs.columns)) for path, needs in needed.lists.items()}
