"""Rows of related CSV files joined to deals: which row belongs to which deal, and what belongs to none.

A deal keeps the faults of every row it is made of. A fault of one cell leaves the rest of the deal usable;
a fault that makes a whole row unreadable, or an id ambiguous, does not: a list that lost a row would look
complete, and a rule would take "no such row" for a known fact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kamrules.errors import Fault, InputError, nearest
from kamrules.records.rejection import Item, Rejection
from kamrules.sheets.binding import Parsed, Sheet, merged
from kamrules.sheets.cells import LIST_SEPARATOR
from kamrules.sheets.csvfile import Line, row_place
from kamrules.sheets.evidence import EvidenceSheet, Proofs

# Looking for a nearest name costs time in proportion to the names; hints beyond this help nobody.
_MAX_HINTS = 20
_MAX_NAMES = 5_000


@dataclass(frozen=True, slots=True)
class Row:
    """One deal as read: what is usable of it, the cells left out, and what makes it unusable."""

    number: int
    id: str | None
    deal: dict[str, Any]
    faults: tuple[Fault, ...] = ()
    fatal: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Lookup:
    """A file with one row for many deals (accounts): root column `on` names its row by column `key`."""

    sheet: Sheet
    on: int
    key: int
    required: bool = True


@dataclass(frozen=True, slots=True)
class ChildList:
    """A file with many rows for a deal: column `key` holds what root column `on` holds.

    `parent` names the list whose elements own the rows (influence lines of a stakeholder); then column
    `owner` holds the id of the element.
    """

    name: str
    sheet: Sheet
    on: int
    key: int
    id: int | None = None
    parent: str | None = None
    owner: int | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """Which files make a deal; `id` and `account` are the root columns of those ids, if it has them.

    Root column `unknown_lists` names lists a deal leaves unknown although their files are there.
    """

    root: Sheet
    id: int | None
    account: int | None = None
    unknown_lists: int | None = None
    lookups: tuple[Lookup, ...] = ()
    lists: tuple[ChildList, ...] = ()
    missing_lists: tuple[str, ...] = ()
    evidence: EvidenceSheet | None = None


@dataclass(slots=True)
class _Child:
    """One row of a list: its id and its owner's, if it has them; `fault` when the row is unreadable."""

    parsed: Parsed
    id: str = ""
    owner: str = ""
    fault: Fault | None = None


@dataclass(slots=True)
class _Draft:
    """A deal while its rows are put together."""

    deal: dict[str, Any]
    faults: list[Fault]
    fatal: list[Fault]

    def take(self, row: _Child) -> None:
        """Make the faults of a joined row faults of the deal."""
        self.faults += row.parsed.faults
        if row.fault is not None:
            self.fatal.append(row.fault)


@dataclass(slots=True)
class Joined:
    """All files but the root in memory, by what they join on; `strays` are rows that join no deal."""

    layout: Layout
    total: int
    strays: tuple[Rejection, ...]
    _ids: Counter[str]
    _lookups: list[dict[str, list[_Child]]]
    _lists: list[dict[str, list[_Child]]]
    _proofs: Proofs

    def rows(self) -> Iterator[Row]:
        """Yield every deal of the root file, in file order."""
        for line in self.layout.root.file.lines():
            yield self._row(line)

    def items(self, *, is_lenient: bool) -> Iterator[Item]:
        """Yield every deal as a dict or a rejection; lenient: cells that cannot be read become issues."""
        for row in self.rows():
            if row.fatal or (row.faults and not is_lenient):
                yield Item(row.number, Rejection(row.number, row.id, (*row.fatal, *row.faults), row.deal))
            else:
                yield Item(row.number, row.deal, row.faults)

    def _row(self, line: Line) -> Row:
        layout = self.layout
        identity = _cell(line, layout.id) or None
        if line.fault is not None:
            return Row(line.row, identity, {}, fatal=(line.fault,))
        root = layout.root.read(line)
        draft = _Draft(root.values, list(root.faults), list(self._identity_faults(line, identity)))
        if not draft.fatal:
            for lookup, table in zip(layout.lookups, self._lookups, strict=True):
                self._look_up(lookup, table, line, draft)
            unknown = self._unknown_lists(line, draft)
            for child, table in zip(layout.lists, self._lists, strict=True):
                rows = table.get(_cell(line, child.on), [])
                if child.name not in unknown:
                    _attach(child, rows, draft)
                elif rows:
                    draft.fatal.append(_contradiction(child, rows[0]))
            if layout.evidence is not None:
                draft.fatal += self._proofs.attach(draft.deal, identity or "")
        return Row(line.row, identity, draft.deal, tuple(draft.faults), tuple(draft.fatal))

    def _identity_faults(self, line: Line, identity: str | None) -> Iterator[Fault]:
        if self.layout.id is None:
            return
        file = self.layout.root.file
        where = row_place(file.name, line.row, file.header[self.layout.id])
        if identity is None:
            yield Fault("R-ID", "the deal has no id", where=where)
        elif self._ids[identity] > 1:
            yield Fault(
                "R-DUPLICATE", f"deal id `{identity}` stands in {self._ids[identity]} rows", where=where
            )

    def _unknown_lists(self, line: Line, draft: _Draft) -> set[str]:
        text = _cell(line, self.layout.unknown_lists)
        names = {name.strip() for name in text.split(LIST_SEPARATOR) if name.strip()}
        known = {child.name for child in self.layout.lists} | set(self.layout.missing_lists)
        file = self.layout.root.file
        for name in sorted(names - known):
            where = row_place(file.name, line.row, file.header[self.layout.unknown_lists or 0])
            draft.fatal.append(Fault("R-VALUE", f"no list `{name}`", where=where, hint=nearest(name, known)))
        return names

    def _look_up(self, lookup: Lookup, table: dict[str, list[_Child]], line: Line, draft: _Draft) -> None:
        key = _cell(line, lookup.on)
        if not key:
            return
        found = table.get(key, [])
        file = self.layout.root.file
        where = row_place(file.name, line.row, file.header[lookup.on])
        if len(found) == 1:
            draft.take(found[0])
            draft.deal = merged(draft.deal, found[0].parsed.values)
        elif found:
            message = f"`{key}` stands in {len(found)} rows of {lookup.sheet.file.name}"
            draft.fatal.append(Fault("R-DUPLICATE", message, where=where))
        elif lookup.required:
            hint = nearest(key, table) if len(table) <= _MAX_NAMES else ""
            message = f"`{key}` is not in {lookup.sheet.file.name}"
            draft.fatal.append(Fault("R-ORPHAN", message, where=where, hint=hint))


def _contradiction(child: ChildList, row: _Child) -> Fault:
    where = row_place(child.sheet.file.name, row.parsed.row)
    return Fault(
        "R-VALUE", f"{child.name} are declared unknown for this deal, and a row is given", where=where
    )


def _attach(child: ChildList, rows: Sequence[_Child], draft: _Draft) -> None:
    seen = Counter((row.owner, row.id) for row in rows if row.id)
    for row in rows:
        draft.take(row)
        if seen[row.owner, row.id] > 1:
            where = row_place(child.sheet.file.name, row.parsed.row)
            draft.fatal.append(
                Fault("R-DUPLICATE", f"id `{row.id}` stands in several rows of the deal", where=where)
            )
    if child.parent is None:
        draft.deal[child.name] = [merged({}, row.parsed.values) for row in rows]
    else:
        _attach_to_owners(child, rows, draft)


def _attach_to_owners(child: ChildList, rows: Sequence[_Child], draft: _Draft) -> None:
    owners: dict[str, dict[str, Any]] = {}
    for owner in draft.deal.get(child.parent or "") or []:
        owner[child.name] = []
        owners[str(owner.get("id", ""))] = owner
    for row in rows:
        if row.owner in owners:
            owners[row.owner][child.name].append(merged({}, row.parsed.values))
        elif row.fault is None:
            where = row_place(child.sheet.file.name, row.parsed.row)
            message = f"`{row.owner}` is not in {child.parent} of the deal"
            draft.fatal.append(Fault("R-ORPHAN", message, where=where, hint=nearest(row.owner, owners)))


def join(layout: Layout) -> Joined:
    """Read all files but the root, and count the root's rows.

    Raises
    ------
    InputError
        With the faults of every file that cannot be read to its end.
    """
    faults: list[Fault] = []
    keys: dict[int, Counter[str]] = {on: Counter() for on in _root_keys(layout)}
    total = 0
    try:
        for line in layout.root.file.lines():
            total += 1
            for on, counter in keys.items():
                counter[_cell(line, on)] += 1
    except InputError as problem:
        faults += problem.faults
    lookups = [_index(lookup.sheet, lookup.key, faults) for lookup in layout.lookups]
    lists = [
        _index(child.sheet, child.key, faults, id_column=child.id, owner=child.owner)
        for child in layout.lists
    ]
    strays = [
        stray
        for child, table in zip(layout.lists, lists, strict=True)
        for stray in _strays(child, table, set(keys[child.on]))
    ]
    ids = keys[layout.id] if layout.id is not None else Counter()
    proofs = Proofs()
    if layout.evidence is not None:
        try:
            proofs = layout.evidence.load()
        except InputError as problem:
            faults += problem.faults
        accounts = set(keys[layout.account]) if layout.account is not None else set()
        for lookup, table in zip(layout.lookups, lookups, strict=True):
            accounts.update(table if lookup.on == layout.account else ())
        strays += proofs.strays(set(ids), accounts)
    if faults:
        raise InputError(faults)
    return Joined(layout, total, tuple(strays), ids, lookups, lists, proofs)


def _root_keys(layout: Layout) -> set[int]:
    named = {layout.id, layout.account} - {None}
    return {child.on for child in layout.lists} | {index for index in named if index is not None}


def _index(
    sheet: Sheet, key: int, faults: list[Fault], *, id_column: int | None = None, owner: int | None = None
) -> dict[str, list[_Child]]:
    table: dict[str, list[_Child]] = {}
    try:
        for line in sheet.file.lines():
            parsed = Parsed(line.row, {}) if line.fault else sheet.read(line)
            child = _Child(parsed, _cell(line, id_column), _cell(line, owner), line.fault)
            table.setdefault(_cell(line, key), []).append(child)
    except InputError as problem:
        faults += problem.faults
    return table


def _strays(child: ChildList, table: dict[str, list[_Child]], keys: set[str]) -> Iterable[Rejection]:
    known: Sequence[str] = sorted(keys) if len(keys) <= _MAX_NAMES else []
    name = child.sheet.file.name
    column = child.sheet.file.header[child.key]
    unknown = [key for key in table if not key or key not in keys]
    for number, key in enumerate(unknown):
        hint = nearest(key, known) if key and number < _MAX_HINTS else ""
        message = f"no deal has `{key}`" if key else "the cell is empty, a deal id is expected"
        for row in table[key]:
            fault = Fault("R-ORPHAN", message, where=row_place(name, row.parsed.row, column), hint=hint)
            cause = (row.fault,) if row.fault is not None else ()
            yield Rejection(row.parsed.row, key or None, (*cause, fault))


def _cell(line: Line, index: int | None) -> str:
    return line.cells[index].strip() if index is not None and index < len(line.cells) else ""
