"""The evidence table: how facts of deals are known, one row a fact.

A row names a deal, a record of it (`deal`, `account`, `need`, `stakeholders` …), for lists the element's id,
and a field; `level`, `source` and `at` are the evidence. An account's evidence may be given once for all its
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
from kamrules.sheets.cells import CellError, fields_of, lists_of, read_text
from kamrules.sheets.csvfile import CsvFile, Line, row_place

COLUMNS = ("deal_id", "record", "record_id", "field", "level", "source", "at")
NEEDED = ("deal_id", "record", "field", "level")
EVIDENCE = "evidence"


@dataclass(frozen=True, slots=True)
class _Proof:
    """One row: the record it speaks of, the field, the evidence, and the fault if it is unusable."""

    row: int
    record: str
    record_id: str
    path: tuple[str, ...]
    is_element: bool
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
        faults = []
        for proof in [*self.by_deal.get(deal_id, []), *self.by_account.get(account_id, [])]:
            fault = proof.fault or self._place(proof, deal)
            if fault is not None:
                faults.append(fault)
        return faults

    def _place(self, proof: _Proof, deal: dict[str, Any]) -> Fault | None:
        target: Any = deal
        if proof.is_element:
            elements = deal.get(proof.record) or []
            target = next((element for element in elements if element.get("id") == proof.record_id), None)
            if target is None:
                where = row_place(self.name, proof.row, "record_id")
                known = [str(element.get("id", "")) for element in elements]
                message = f"`{proof.record_id}` is not in {proof.record} of the deal"
                return Fault("R-ORPHAN", message, where=where, hint=nearest(proof.record_id, known))
        for step in proof.path[:-1]:
            target = target.setdefault(step, {})
        entries: dict[str, Any] = target.setdefault(EVIDENCE, {})
        if proof.path[-1] in entries:
            message = f"evidence of `{proof.path[-1]}` is given twice"
            return Fault("R-DUPLICATE", message, where=row_place(self.name, proof.row))
        entries[proof.path[-1]] = proof.evidence
        return None

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
class EvidenceSheet:
    """The evidence file of a folder, read against the model of the deal."""

    file: CsvFile
    model: type[BaseModel]

    def load(self) -> Proofs:
        """Return all rows; raise `InputError` when the file cannot be read to its end."""
        proofs = Proofs(self.file.name)
        single = fields_of(self.model)
        lists = {name: fields_of(model) for name, model in lists_of(self.model).items()}
        places = {name: self.file.header.index(name) for name in COLUMNS if name in self.file.header}
        for line in self.file.lines():
            cells = {name: line.cells[at].strip() for name, at in places.items() if at < len(line.cells)}
            proof = self._proof(
                line, cells, set(single), {name: set(fields) for name, fields in lists.items()}
            )
            if cells.get("deal_id"):
                proofs.by_deal.setdefault(cells["deal_id"], []).append(proof)
            elif cells.get("record") == "account" and cells.get("record_id"):
                proofs.by_account.setdefault(cells["record_id"], []).append(proof)
            else:
                proofs.nowhere.append(proof)
        return proofs

    def _proof(
        self, line: Line, cells: dict[str, str], single: set[str], lists: dict[str, set[str]]
    ) -> _Proof:
        record, name = cells.get("record", ""), cells.get("field", "")
        path = tuple(name.split("."))
        if record not in lists and record != "deal":
            path = (*record.split("."), *path)
        fault = line.fault or self._name_fault(line.row, record, path, single, lists)
        evidence: dict[str, Any] = {}
        if fault is None:
            evidence, fault = self._evidence(line.row, cells)
        return _Proof(line.row, record, cells.get("record_id", ""), path, record in lists, evidence, fault)

    def _name_fault(
        self, row: int, record: str, path: tuple[str, ...], single: set[str], lists: dict[str, set[str]]
    ) -> Fault | None:
        records = {"deal", *lists, *(name.rpartition(".")[0] for name in single if "." in name)}
        if record not in records:
            where = row_place(self.file.name, row, "record")
            return Fault("R-FIELD", f"no record `{record}`", where=where, hint=nearest(record, records))
        known = lists.get(record, single)
        dotted = ".".join(path)
        if dotted in known:
            return None
        prefix = "" if record in lists or record == "deal" else f"{record}."
        names = [name.removeprefix(prefix) for name in known if name.startswith(prefix)]
        shown = dotted.removeprefix(prefix)
        where = row_place(self.file.name, row, "field")
        return Fault("R-FIELD", f"no field `{shown}` in {record}", where=where, hint=nearest(shown, names))

    def _evidence(self, row: int, cells: dict[str, str]) -> tuple[dict[str, Any], Fault | None]:
        levels = t.Enum(get_args(EvidenceLevel))
        found: dict[str, Any] = {}
        for name, kind in (("level", levels), ("source", t.String()), ("at", t.Date())):
            text = cells.get(name, "")
            if not text and name != "level":
                continue
            try:
                value: str | date = read_text(text, kind)
            except CellError as problem:
                where = row_place(self.file.name, row, name)
                return {}, Fault("R-VALUE", problem.reason, where=where, hint=problem.hint)
            found[name] = value
        return found, None
