"""The evidence table: how facts of deals are known, one row a fact.

A row names a deal, a record of it (`deal`, `account`, `need`, `stakeholders` …), for lists the element's id
(its first field where elements have none), and a field, or several as `role;stance`; `level`, `source` and
`at` are the evidence. An account's evidence may be given once for all its
deals: no deal id, and the account's id as record id. A row that cannot be read is fatal for its deal, for
leaving it out could raise the level of a fact.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, get_args

from pydantic import BaseModel

from kamrules.errors import Fault, nearest
from kamrules.records.base import EvidenceLevel
from kamrules.records.rejection import Rejection
from kamrules.rules.lang import types as t
from kamrules.sheets.cells import LIST_SEPARATOR, CellError, fields_of, lists_of, read_text
from kamrules.sheets.csvfile import CsvFile, Line, row_place

COLUMNS = ("deal_id", "record", "record_id", "field", "level", "source", "at", "sources")
NEEDED = ("deal_id", "record", "field", "level")
EVIDENCE = "evidence"


@dataclass(frozen=True, slots=True)
class _Proof:
    """One row: the record it speaks of, its fields, the evidence, and the fault if it is unusable.

    `identity` is the field that names an element of a list; None for a record that is not in a list.
    """

    row: int
    record: str
    record_id: str
    paths: tuple[tuple[str, ...], ...]
    identity: str | None
    evidence: dict[str, Any]
    fault: Fault | None = None


@dataclass(slots=True)
class Proofs:
    """The evidence table in memory, by deal and by account."""

    name: str = ""
    by_deal: dict[str, list[_Proof]] = field(default_factory=dict)
    by_account: dict[str, list[_Proof]] = field(default_factory=dict)
    nowhere: list[_Proof] = field(default_factory=list)

    def attach(self, deal: dict[str, Any], deal_id: str) -> list[Fault]:
        """Write the evidence into the records of a deal; return why a row could not be placed."""
        account = deal.get("account")
        account_id = str(account.get("id", "")) if isinstance(account, dict) else ""
        faults: list[Fault] = []
        for proof in [*self.by_deal.get(deal_id, []), *self.by_account.get(account_id, [])]:
            if proof.fault is not None:
                faults.append(proof.fault)
            else:
                faults += self._place(proof, deal)
        return faults

    def _place(self, proof: _Proof, deal: dict[str, Any]) -> Iterator[Fault]:
        targets = [deal]
        if proof.identity is not None:
            elements = deal.get(proof.record) or []
            targets = [element for element in elements if element.get(proof.identity) == proof.record_id]
            if not targets:
                where = row_place(self.name, proof.row, "record_id")
                known = [str(element.get(proof.identity, "")) for element in elements]
                message = f"`{proof.record_id}` is not in {proof.record} of the deal"
                yield Fault("R-ORPHAN", message, where=where, hint=nearest(proof.record_id, known))
        for target in targets:
            for path in proof.paths:
                holder = target
                for step in path[:-1]:
                    holder = holder.setdefault(step, {})
                entries: dict[str, Any] = holder.setdefault(EVIDENCE, {})
                if path[-1] in entries:
                    message = f"evidence of `{path[-1]}` is given twice"
                    yield Fault("R-DUPLICATE", message, where=row_place(self.name, proof.row))
                entries[path[-1]] = proof.evidence

    def strays(self, deal_ids: set[str], account_ids: set[str]) -> Iterator[Rejection]:
        """Yield the rows that belong to no deal and no account."""
        empty = "the cell is empty, a deal id is expected"
        yield from (self._stray(proof, None, "deal_id", empty) for proof in self.nowhere)
        for column, table, known in (
            ("deal_id", self.by_deal, deal_ids),
            ("record_id", self.by_account, account_ids),
        ):
            what = "deal" if column == "deal_id" else "account"
            for key, proofs in table.items():
                if key not in known:
                    yield from (self._stray(proof, key, column, f"no {what} has `{key}`") for proof in proofs)

    def _stray(self, proof: _Proof, key: str | None, column: str, message: str) -> Rejection:
        where = row_place(self.name, proof.row, column)
        return Rejection(proof.row, key, (Fault("R-ORPHAN", message, where=where),))


@dataclass(frozen=True, slots=True)
class _Records:
    """The names evidence may use: fields of the deal, fields of each list, what names an element."""

    single: frozenset[str]
    lists: dict[str, frozenset[str]]
    identities: dict[str, str]

    @staticmethod
    def of(model: type[BaseModel]) -> _Records:
        lists = {name: tuple(fields_of(inner)) for name, inner in lists_of(model).items()}
        identities = {name: "id" if "id" in fields else fields[0] for name, fields in lists.items()}
        return _Records(
            frozenset(fields_of(model)),
            {name: frozenset(fields) for name, fields in lists.items()},
            identities,
        )

    def names(self) -> set[str]:
        holders = {name.rpartition(".")[0] for name in self.single if "." in name}
        return {"deal", *self.lists, *holders}

    def path(self, record: str, name: str) -> tuple[str, ...]:
        """Return the path of a field from the deal, or from the element of a list."""
        steps = tuple(name.split("."))
        return steps if record == "deal" or record in self.lists else (*record.split("."), *steps)


@dataclass(frozen=True, slots=True)
class EvidenceSheet:
    """The evidence file of a folder, read against the model of the deal."""

    file: CsvFile
    model: type[BaseModel]

    def load(self) -> Proofs:
        """Return all rows; raise `InputError` when the file cannot be read to its end."""
        proofs = Proofs(self.file.name)
        records = _Records.of(self.model)
        places = {name: self.file.header.index(name) for name in COLUMNS if name in self.file.header}
        for line in self.file.lines():
            cells = {name: line.cells[at].strip() for name, at in places.items() if at < len(line.cells)}
            proof = self._proof(line, cells, records)
            if cells.get("deal_id"):
                proofs.by_deal.setdefault(cells["deal_id"], []).append(proof)
            elif cells.get("record") == "account" and cells.get("record_id"):
                proofs.by_account.setdefault(cells["record_id"], []).append(proof)
            else:
                proofs.nowhere.append(proof)
        return proofs

    def _proof(self, line: Line, cells: dict[str, str], records: _Records) -> _Proof:
        record = cells.get("record", "")
        names = [name.strip() for name in cells.get("field", "").split(LIST_SEPARATOR)]
        paths = tuple(records.path(record, name) for name in names)
        fault = line.fault or self._record_fault(line.row, record, records)
        for name, path in zip(names, paths, strict=True):
            fault = fault or self._field_fault(line.row, record, name, path, records)
        evidence: dict[str, Any] = {}
        if fault is None:
            evidence, fault = self._evidence(line.row, cells)
        identity = records.identities.get(record)
        return _Proof(line.row, record, cells.get("record_id", ""), paths, identity, evidence, fault)

    def _record_fault(self, row: int, record: str, records: _Records) -> Fault | None:
        known = records.names()
        if record in known:
            return None
        where = row_place(self.file.name, row, "record")
        return Fault("R-FIELD", f"no record `{record}`", where=where, hint=nearest(record, known))

    def _field_fault(
        self, row: int, record: str, name: str, path: tuple[str, ...], records: _Records
    ) -> Fault | None:
        known = records.lists.get(record, records.single)
        if ".".join(path) in known:
            return None
        prefix = ".".join(path).removesuffix(name)
        names = [other.removeprefix(prefix) for other in known if other.startswith(prefix)]
        where = row_place(self.file.name, row, "field")
        return Fault("R-FIELD", f"no field `{name}` in {record}", where=where, hint=nearest(name, names))

    def _evidence(self, row: int, cells: dict[str, str]) -> tuple[dict[str, Any], Fault | None]:
        levels = t.Enum(get_args(EvidenceLevel))
        found: dict[str, Any] = {}
        for name, kind in (
            ("level", levels),
            ("source", t.String()),
            ("at", t.Date()),
            ("sources", t.Int(1, 1000)),
        ):
            text = cells.get(name, "")
            if not text and name != "level":
                continue
            try:
                value: str | date | int = read_text(text, kind)
            except CellError as problem:
                where = row_place(self.file.name, row, name)
                return {}, Fault("R-VALUE", problem.reason, where=where, hint=problem.hint)
            found[name] = value
        return found, None
