"""Rows of related CSV files joined to deals: which row belongs to which deal, and what belongs to none.

A deal keeps the faults of every row it is made of. A fault of one cell leaves the rest of the deal usable;
a fault that makes a whole row unreadable, or an id ambiguous, does not: a list that lost a row would look
complete, and a rule would take "no such row" for a known fact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kamrules.errors import Fault, InputError, nearest
from kamrules.records.rejection import Item, LeftOut, Rejection
from kamrules.sheets.binding import Parsed, Sheet, merged
from kamrules.sheets.cells import LIST_SEPARATOR
from kamrules.sheets.csvfile import CsvFile, Line, row_place
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
    `owner` holds the id of the element. With `split` the cells of `on` and `key` hold several ids.
    `lookups` join rows of other files to a row of this one. Rows of no deal are strays, unless
    `required` is false: then they are counted. Without `knows_empty` a deal that has no row leaves the
    list unknown.
    """

    name: str
    sheet: Sheet
    on: int
    key: int
    id: int | None = None
    parent: str | None = None
    owner: int | None = None
    split: str | None = None
    lookups: tuple[Lookup, ...] = ()
    required: bool = True
    knows_empty: bool = True

    def keys_in(self, cell: str) -> list[str]:
        """Return the ids in a cell of `on` or `key`; an empty cell is one empty id."""
        if self.split is None or not cell:
            return [cell]
        return [key for part in cell.split(self.split) if (key := part.strip())]


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
    left_out: tuple[LeftOut, ...]
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
                named = child.keys_in(_cell(line, child.on))
                rows = [row for key in named for row in table.get(key, ())]
                if child.name not in unknown:
                    _attach(child, rows, draft)
                    self._keep_named(child, [key for key in named if key not in table], line, draft)
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
        found, fault = _found(lookup, table, line, self.layout.root.file)
        if found is not None:
            draft.take(found)
            draft.deal = merged(draft.deal, found.parsed.values)
        if fault is not None:
            draft.fatal.append(fault)

    def _keep_named(self, child: ChildList, missing: Sequence[str], line: Line, draft: _Draft) -> None:
        """Keep an element of unknown fields for each id in a split cell that has no row, and report it."""
        if child.split is None or child.on == self.layout.id:
            return
        file = self.layout.root.file
        where = row_place(file.name, line.row, file.header[child.on])
        for key in filter(None, missing):
            draft.deal.setdefault(child.name, []).append({"id": key} if child.id is not None else {})
            message = f"`{key}` is not in {child.sheet.file.name}"
            draft.faults.append(Fault("R-ORPHAN", message, where=where, hint="export it, too"))


def _found(
    lookup: Lookup, table: dict[str, list[_Child]], line: Line, file: CsvFile
) -> tuple[_Child | None, Fault | None]:
    """Return the row that a row of `file` names, or what is wrong with the name."""
    key = _cell(line, lookup.on)
    if not key:
        return None, None
    found = table.get(key, [])
    where = row_place(file.name, line.row, file.header[lookup.on])
    if len(found) == 1:
        return found[0], None
    if found:
        message = f"`{key}` stands in {len(found)} rows of {lookup.sheet.file.name}"
        return None, Fault("R-DUPLICATE", message, where=where)
    if not lookup.required:
        return None, None
    hint = nearest(key, table) if len(table) <= _MAX_NAMES else ""
    return None, Fault("R-ORPHAN", f"`{key}` is not in {lookup.sheet.file.name}", where=where, hint=hint)


def _contradiction(child: ChildList, row: _Child) -> Fault:
    where = row_place(child.sheet.file.name, row.parsed.row)
    return Fault(
        "R-VALUE", f"{child.name} are declared unknown for this deal, and a row is given", where=where
    )


def _attach(child: ChildList, rows: Sequence[_Child], draft: _Draft) -> None:
    if not rows and not child.knows_empty:
        return
    seen = Counter((row.owner, row.id) for row in rows if row.id)
    for row in rows:
        draft.take(row)
        if seen[row.owner, row.id] > 1:
            where = row_place(child.sheet.file.name, row.parsed.row)
            draft.fatal.append(
                Fault("R-DUPLICATE", f"id `{row.id}` stands in several rows of the deal", where=where)
            )
    if child.parent is None:
        # Several files may fill one list: calls and meetings are the activities of a deal.
        elements = draft.deal.setdefault(child.name, [])
        elements += [merged({}, row.parsed.values) for row in rows]
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
    lists = [_children(child, faults) for child in layout.lists]
    strays: list[Rejection] = []
    left_out: list[LeftOut] = []
    for child, table in zip(layout.lists, lists, strict=True):
        known = {key for cell in keys[child.on] for key in child.keys_in(cell)}
        found = list(_strays(child, table, known))
        if child.required:
            strays += found
        elif found:
            left_out.append(LeftOut(child.sheet.file.name, len(found), "of no deal"))
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
    left_out += _left_out_by_value(layout)
    return Joined(layout, total, tuple(strays), tuple(left_out), ids, lookups, lists, proofs)


def _left_out_by_value(layout: Layout) -> Iterator[LeftOut]:
    lookups = (*layout.lookups, *(lookup for child in layout.lists for lookup in child.lookups))
    sheets = (
        layout.root,
        *(lookup.sheet for lookup in lookups),
        *(child.sheet for child in layout.lists),
    )
    for sheet in sheets:
        for column, rows in sheet.file.left_out().items():
            yield LeftOut(sheet.file.name, rows, f"by the map's `only` of column {column}")


def _root_keys(layout: Layout) -> set[int]:
    named = {layout.id, layout.account} - {None}
    return {child.on for child in layout.lists} | {index for index in named if index is not None}


def _index(sheet: Sheet, key: int, faults: list[Fault]) -> dict[str, list[_Child]]:
    table: dict[str, list[_Child]] = {}
    try:
        for line in sheet.file.lines():
            table.setdefault(_cell(line, key), []).append(_child(sheet, line))
    except InputError as problem:
        faults += problem.faults
    return table


def _children(child: ChildList, faults: list[Fault]) -> dict[str, list[_Child]]:
    """Return the rows of a list by the deals' key, each with what its lookups add."""
    tables = [_index(lookup.sheet, lookup.key, faults) for lookup in child.lookups]
    table: dict[str, list[_Child]] = {}
    try:
        for line in child.sheet.file.lines():
            row = _child(child.sheet, line, child.id, child.owner)
            for lookup, known in zip(child.lookups, tables, strict=True):
                row = row if line.fault else _with_lookup(row, lookup, known, line, child.sheet.file)
            for key in dict.fromkeys(child.keys_in(_cell(line, child.key))):
                table.setdefault(key, []).append(row)
    except InputError as problem:
        faults += problem.faults
    return table


def _with_lookup(
    row: _Child, lookup: Lookup, known: dict[str, list[_Child]], line: Line, file: CsvFile
) -> _Child:
    found, fault = _found(lookup, known, line, file)
    if found is not None and found.fault is not None:
        fault = found.fault
    values = row.parsed.values if found is None else merged(found.parsed.values, row.parsed.values)
    theirs = found.parsed.faults if found is not None else ()
    faults = (*row.parsed.faults, *theirs, *((fault,) if fault is not None else ()))
    return replace(row, parsed=Parsed(row.parsed.row, values, faults))


def _child(sheet: Sheet, line: Line, id_column: int | None = None, owner: int | None = None) -> _Child:
    parsed = Parsed(line.row, {}) if line.fault else sheet.read(line)
    return _Child(parsed, _cell(line, id_column), _cell(line, owner), line.fault)


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
