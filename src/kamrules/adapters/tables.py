"""A folder of related CSV files in kamrules' own names.

`deals.csv` is required and has the columns of the Deal model; single sub-records are dotted columns
(`lead.source`, `account.industry_profile.need`), or accounts stand in `accounts.csv` and deals name one by
`account_id`. Every list of the model has a file of its name (`stakeholders.csv`) with a column `deal_id`; a
list inside a list (`influences.csv`) also has the id of its owner (`stakeholder_id`). `evidence.csv` says
how facts are known.

A list whose file is missing is unknown; when the file is there, a deal without rows has an empty list, which
is known, unless the deal's cell in column `unknown_lists` names it (`stakeholders;activities`). An empty
cell is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from kamrules.adapters import Reading, Request
from kamrules.errors import Fault, InputError, nearest
from kamrules.sheets.binding import Column, Sheet
from kamrules.sheets.cells import FieldSpec, Reader, fields_of, lists_of
from kamrules.sheets.csvfile import CsvFile, open_csv, row_place, separator_hint
from kamrules.sheets.evidence import COLUMNS, NEEDED, EvidenceSheet
from kamrules.sheets.join import ChildList, Layout, Lookup, join

ROOT = "deals"
ACCOUNTS = "accounts"
EVIDENCE = "evidence"
DEAL_KEY = "deal_id"
ACCOUNT_KEY = "account_id"
UNKNOWN = "unknown_lists"


def accepts(path: Path, *, mapped: bool) -> bool:
    """Whether `path` is a folder with a `deals.csv` and no field map is given."""
    return not mapped and path.is_dir() and (path / f"{ROOT}.csv").is_file()


def read(path: Path, request: Request) -> Reading:
    """Open a folder of tables; see the module for its form."""
    folder = _Folder(path, request)
    layout = folder.layout()
    if layout is None or folder.faults:
        raise InputError(folder.faults)
    joined = join(layout)
    lenient = request.bad_values == "unknown"
    return Reading(str(path), "tables", lambda: joined.items(is_lenient=lenient), joined.total, joined.strays)


class _Folder:
    """Opens the files of a folder and binds their columns, collecting every fault of their headers."""

    def __init__(self, path: Path, request: Request) -> None:
        self.path = path
        self.request = request
        self.faults: list[Fault] = []
        self.lists = lists_of(request.model)
        self.nested = {
            name: (parent, inner)
            for parent, model in self.lists.items()
            for name, inner in lists_of(model).items()
        }
        self.files = self._open()

    def _open(self) -> dict[str, CsvFile]:
        known = {f"{name}.csv" for name in (ROOT, ACCOUNTS, EVIDENCE, *self.lists, *self.nested)}
        opened: dict[str, CsvFile] = {}
        try:
            places = sorted(self.path.iterdir())
        except OSError as problem:
            reason = (problem.strerror or "cannot be opened").lower()
            raise InputError(Fault("I-FILE", f"cannot read `{self.path}`: {reason}")) from None
        for place in places:
            if place.suffix.lower() != ".csv":
                continue
            if place.name not in known:
                hint = nearest(place.name, known) or f"files are {', '.join(sorted(known))}"
                self.faults.append(Fault("I-FILE", f"`{place.name}` is no file of this format", hint=hint))
                continue
            try:
                opened[place.stem] = open_csv(place)
            except InputError as problem:
                self.faults += problem.faults
        return opened

    def layout(self) -> Layout | None:
        """Return how the files make deals; None when a fault left no root."""
        root = self.files.get(ROOT)
        if root is None:
            return None
        has_accounts = ACCOUNTS in self.files
        aliases = {ACCOUNT_KEY: "account.id"}
        sheet = self._bind(
            root, fields_of(self.request.model), keys=(UNKNOWN,), needed=("id",), aliases=aliases
        )
        if has_accounts:
            self._check_one_place_for_accounts(root)
        account = _index(root, ACCOUNT_KEY)
        return Layout(
            root=sheet,
            id=_index(root, "id"),
            account=account if account is not None else _index(root, "account.id"),
            unknown_lists=_index(root, UNKNOWN),
            lookups=tuple(self._lookups(root)),
            lists=tuple(self._lists(root)),
            missing_lists=tuple(name for name in self.lists if name not in self.files),
            evidence=self._evidence(),
        )

    def _check_one_place_for_accounts(self, root: CsvFile) -> None:
        for column in root.header:
            if column.startswith("account."):
                where = row_place(root.name, 1, column)
                message = f"column `{column}` and {ACCOUNTS}.csv both describe the account"
                self.faults.append(
                    Fault("I-COLUMN", message, where=where, hint=f"use {ACCOUNT_KEY} and {ACCOUNTS}.csv")
                )

    def _lookups(self, root: CsvFile) -> Iterator[Lookup]:
        accounts = self.files.get(ACCOUNTS)
        if accounts is None:
            return
        model = self.request.model.model_fields.get("account")
        fields = {
            name.removeprefix("account."): spec
            for name, spec in fields_of(self.request.model).items()
            if model is not None and name.startswith("account.")
        }
        sheet = self._bind(accounts, fields, keys=(), needed=("id",))
        on = self._key(root, ACCOUNT_KEY)
        key = _index(accounts, "id")
        if on is not None and key is not None:
            yield Lookup(sheet, on, key)

    def _lists(self, root: CsvFile) -> Iterator[ChildList]:
        on = _index(root, "id")
        for name, model in self.lists.items():
            if name in self.files:
                yield from self._child(name, model, on, parent=None)
        for name, (parent, model) in self.nested.items():
            if name not in self.files:
                continue
            if parent in self.files:
                yield from self._child(name, model, on, parent=parent)
            else:
                message = f"{name}.csv needs {parent}.csv, whose rows own its rows"
                self.faults.append(Fault("I-FILE", message))

    def _child(
        self, name: str, model: type[BaseModel], on: int | None, *, parent: str | None
    ) -> Iterator[ChildList]:
        file = self.files[name]
        owner = f"{parent.removesuffix('s')}_id" if parent else None
        keys = (DEAL_KEY, owner) if owner else (DEAL_KEY,)
        sheet = self._bind(file, fields_of(model), keys=keys, needed=keys)
        key = _index(file, DEAL_KEY)
        if key is not None and on is not None:
            id_column = _index(file, "id")
            yield ChildList(name, sheet, on, key, id_column, parent, _index(file, owner) if owner else None)

    def _evidence(self) -> EvidenceSheet | None:
        file = self.files.get(EVIDENCE)
        if file is None:
            return None
        self._check_columns(file, set(COLUMNS), NEEDED)
        return EvidenceSheet(file, self.request.model)

    def _key(self, file: CsvFile, name: str) -> int | None:
        index = _index(file, name)
        if index is None:
            message = f"column `{name}` is missing"
            self.faults.append(
                Fault("I-COLUMN", message, where=row_place(file.name, 1), hint=nearest(name, file.header))
            )
        return index

    def _bind(
        self,
        file: CsvFile,
        fields: dict[str, FieldSpec],
        *,
        keys: tuple[str, ...],
        needed: tuple[str, ...],
        aliases: dict[str, str] | None = None,
    ) -> Sheet:
        aliases = aliases or {}
        self._check_columns(file, {*fields, *keys, *aliases}, needed)
        columns = [
            Column(index, name, Reader(fields[aliases.get(name, name)]))
            for index, name in enumerate(file.header)
            if aliases.get(name, name) in fields and name not in keys
        ]
        return Sheet(file, tuple(columns))

    def _check_columns(self, file: CsvFile, known: set[str], needed: tuple[str, ...]) -> None:
        where = row_place(file.name, 1)
        ignored = self.request.ignored_columns
        for name in file.header:
            if name not in known and name not in ignored and f"{file.name}:{name}" not in ignored:
                place = row_place(file.name, 1, name)
                hint = separator_hint(file.header) or nearest(name, known)
                unknown = Fault("I-COLUMN", f"no field `{name}`", where=place, hint=hint)
                self.faults.append(self.request.refused(place, name) or unknown)
        for name in needed:
            if name not in file.header:
                hint = nearest(name, set(file.header) - known)
                self.faults.append(Fault("I-COLUMN", f"column `{name}` is missing", where=where, hint=hint))


def _index(file: CsvFile, name: str) -> int | None:
    return file.header.index(name) if name in file.header else None
