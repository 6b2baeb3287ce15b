"""From a caller's frames to the columns a program asked for.

`bound` reads the columns in canonical form; what they are (there or not, nullable or not) decides how small
the program can be, so conditions are translated after that. `Bound.joined` then sums up each list once and
joins the totals to the records.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field

from kamrules.errors import ArgumentError, Fault, nearest
from kamrules.rules.framecode.border import Limits, Source, canonical, limits_at, wrong
from kamrules.rules.framecode.columns import TRUE, Expr, Total, col, lit, read, when
from kamrules.rules.framecode.table import Table
from kamrules.rules.framecode.translate import KEY, KNOWN, WHOLE, Frames, Needed
from kamrules.rules.lang.types import ListOf, Object

FINE = "fine "


@dataclass(frozen=True, slots=True)
class Inputs:
    """The caller's tables: `key` names the record in `records`, `link` in each list; `shown` is its name."""

    records: Table
    lists: Mapping[str, Table]
    key: str
    link: str
    limits: Mapping[str, Limits] = field(default_factory=dict)
    shown: str = "records"


There = Mapping[tuple[str | None, str], bool]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of tables before a row is read; a `translate.Given`."""

    there: There
    lists: frozenset[str]

    @property
    def key(self) -> Hashable:
        """What tells one from another."""
        return frozenset(self.there.items()), self.lists

    def __call__(self, name: str, path: str | None, need: Needed) -> bool | None:
        """Say whether a column may be null."""
        if need is WHOLE:
            return (path in self.lists or None) if path is not None else self.there[None, KEY]
        return self.there.get((path, name))


@dataclass(frozen=True, slots=True)
class Bound:
    """Tables in canonical form; `there` has the nullability of each column, by list path and name.

    `has_unique_keys` says that no two records share a key, so that rows can be compared with their record.
    A column `fine NAME` is null where the value of NAME was not one of its field.
    """

    records: Table
    lists: Mapping[str, Table]
    there: There
    has_unique_keys: bool = False

    @property
    def given(self) -> Known:
        """What is known of the tables, without the tables."""
        return Known(self.there, frozenset(self.lists))

    def joined(self, frames: Frames) -> Table:
        """Return the records with the totals of their lists."""
        found = self.records
        for path, needs in frames.lists.items():
            rows = self.lists.get(path)
            if rows is None or not needs.totals:
                continue
            if needs.borrowed:
                if not self.has_unique_keys:
                    _refuse_shared_keys(self.records, path)
                borrowed = {KEY: col(KEY, "raw"), **needs.borrowed}
                rows = rows.join(self.records.select(borrowed), "inner")
            found = found.attach(rows, needs.totals)
        return found


def bound(inputs: Inputs, needed: Frames, *, with_fine: bool = False) -> Bound:
    """Return the caller's tables with the columns that are needed, in canonical form.

    `with_fine` adds columns that tell which values were none of their field.

    Raises
    ------
    ArgumentError
        A key or a column is missing or holds another kind of value (A-FRAME), all faults at once.
    """
    faults: list[Fault] = []
    sources = inputs.records.sources({inputs.key, *(need.source for need in needed.columns.values())})
    key, key_kind = _key(inputs.key, sources, inputs.shown)
    columns: dict[str, Expr] = {KEY: key}
    lists: dict[str, Table] = {}
    made: dict[str, dict[str, Expr]] = {}
    for path, needs in needed.lists.items():
        rows = inputs.lists.get(path)
        if rows is not None:
            list_sources = rows.sources({one.source for one in needs.columns.values()})
            link, link_kind = _key(inputs.link, list_sources, path)
            if link_kind != key_kind:
                expected = f"`{inputs.key}` of `{inputs.shown}` {key_kind}"
                message = f"column `{inputs.link}` of `{path}` holds {link_kind}, {expected}"
                faults.append(Fault("A-FRAME", message, hint="give both the same type"))
        elif (place := sources.get(path)) is not None and place.kind == "list":
            raw = _raw(path, place)
            rows = inputs.records.select({KEY: key, path: raw}).exploded(path)
            list_sources, link = rows.sources(), col(KEY, "raw", nullable=False)
            columns[KNOWN + path] = ~raw.is_null()
        else:
            continue
        found = _canonical(needs.columns, list_sources, path, inputs, path, faults)
        made[path] = {KEY: link, **_told(found, with_fine=with_fine)}
        lists[path] = rows.select(made[path])
    found = _canonical(needed.columns, sources, None, inputs, inputs.shown, faults)
    columns |= _told(found, with_fine=with_fine)
    if faults:
        raise ArgumentError(faults)
    records = inputs.records.select(columns).settled()
    lists = {path: rows.settled() for path, rows in lists.items()}
    there = _there(None, columns, records)
    for path, rows in lists.items():
        there |= _there(path, made[path], rows)
    return Bound(records, lists, there)


def _there(path: str | None, columns: Mapping[str, Expr], table: Table) -> dict[tuple[str | None, str], bool]:
    nullable = table.nullable() or {}
    return {(path, name): nullable.get(name, expr.nullable) for name, expr in columns.items()}


def _canonical(  # noqa: PLR0913, PLR0917 - a table, what is needed of it, and where to report
    needed: Mapping[str, Needed],
    sources: Mapping[str, Source],
    path: str | None,
    inputs: Inputs,
    shown: str,
    faults: list[Fault],
) -> dict[str, tuple[Expr, Expr]]:
    """Return the raw and the canonical form of each column that is there."""
    found = {}
    for name, need in needed.items():
        source = sources.get(need.source)
        if source is None:
            continue
        raw = _raw(need.source, source)
        try:
            limits = limits_at(inputs.limits, path, need.source)
            found[name] = (raw, canonical(need, raw, need.source, source, shown, limits))
        except ArgumentError as error:
            faults += error.faults
    return found


def _told(found: Mapping[str, tuple[Expr, Expr]], *, with_fine: bool) -> dict[str, Expr]:
    """Return the canonical columns, and which of their values are fine."""
    columns = {name: expr for name, (_, expr) in found.items()}
    if with_fine:
        for name, (raw, expr) in found.items():
            if expr.op != "plain":
                columns[FINE + name] = when(raw.is_null() | ~expr.is_null(), TRUE)
    return columns


def _raw(name: str, source: Source) -> Expr:
    """Return a column as the caller's frame has it; a field of a struct by its place."""
    first, *inner = source.place or (name,)
    found = col(first, "raw", nullable=source.nullable)
    for one in inner:
        found = read("field", found, "raw", one)
    return found


def _key(name: str, sources: Mapping[str, Source], frame: str) -> tuple[Expr, str]:
    source = sources.get(name)
    if source is None:
        raise wrong(f"`{frame}` has no column `{name}`", nearest(name, sources))
    raw = _raw(name, source)
    if source.kind == "int":
        return read("int", raw, "int", nullable=source.nullable), "whole numbers"
    if source.kind in {"text", "category"}:
        form = "plain" if source.kind == "text" else "text"
        return read(form, raw, "text", nullable=source.nullable), "texts"
    raise wrong(f"key column `{name}` of `{frame}` is {source.shown}, expected texts or whole numbers")


def _refuse_shared_keys(records: Table, path: str) -> None:
    """Refuse records with one key: each of them would need its own totals."""
    rows = Total("rows", lit(True, "bool"))
    shared = records.totals({"rows": rows}).filter(
        (col("rows", "int", nullable=False) > 1) & ~col(KEY, "raw").is_null()
    )
    seen = shared.first_key()
    if seen is not None:
        raise ArgumentError(
            Fault("A-KEY", f"several records have the key `{seen}`, and `{path}` is compared with the record")
        )


def known_lists(schema: Object, prefix: str = "") -> list[str]:
    """Return the paths of all lists of a record."""
    found = []
    for member in schema.members:
        if isinstance(member.type, ListOf):
            found.append(prefix + member.name)
        elif isinstance(member.type, Object):
            found += known_lists(member.type, f"{prefix}{member.name}__")
    return found


def check_lists(lists: Iterable[str], schema: Object) -> None:
    """Raise for a list that records do not have."""
    known = known_lists(schema)
    faults = [
        Fault("A-FRAME", f"records have no list `{name}`", hint=nearest(name, known))
        for name in lists
        if name not in known
    ]
    if faults:
        raise ArgumentError(faults)
