"""CSV and JSON files of another system, read through a field map (see `kamrules.sheets.mapfile`).

Every column and every such file of the folder must be mapped or listed as ignored, so that a new column
of the system is noticed. With a single file as path, that file gives the deals.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kamrules.adapters import Reading, Request
from kamrules.errors import Fault, InputError, nearest
from kamrules.rules.lang import types as t
from kamrules.sheets.binding import Column, Sheet
from kamrules.sheets.cells import CellError, FieldSpec, Reader, fields_of, lists_of, read_text
from kamrules.sheets.csvfile import CsvFile, open_csv, row_place, separator_hint
from kamrules.sheets.join import ChildList, Layout, Lookup, join
from kamrules.sheets.jsontable import open_json_table
from kamrules.sheets.mapfile import FieldMap, HistoryMap, JoinMap, ListMap, SheetMap, Target, read_map
from kamrules.sheets.rewrite import rewriter, zone_of
from kamrules.yamltext import Node

# Where in the map: keys and list positions from its root.
Place = tuple[str | int, ...]
_ENDINGS = (".csv", ".json")


def accepts(path: Path, *, mapped: bool) -> bool:
    """Whether a field map is given and `path` is a folder, a CSV or a JSON file."""
    return mapped and (path.is_dir() or path.suffix.lower() in _ENDINGS)


def read(path: Path, request: Request) -> Reading:
    """Open the files a field map names; raise `InputError` with every fault of the map and their headers."""
    joined = join(bind(path, request).layout)
    lenient = request.bad_values == "unknown"
    return Reading(
        str(path),
        "field map",
        lambda: joined.items(is_lenient=lenient),
        joined.total,
        joined.strays,
        joined.left_out,
    )


@dataclass(frozen=True, slots=True)
class Bound:
    """A field map bound to the files it names: how they make deals, and each file by its name."""

    map: FieldMap
    layout: Layout
    files: dict[str, CsvFile]


def bind(path: Path, request: Request) -> Bound:
    """Bind the map of a request to its files, without reading a row.

    Raises
    ------
    InputError
        With every fault of the map and of the headers.
    """
    assert request.map_path is not None, "a field map is read by its path"
    field_map, node = read_map(request.map_path)
    source = _Source(path, request, field_map, node)
    layout = source.layout()
    if source.faults or layout is None:
        raise InputError(source.faults)
    return Bound(field_map, layout, {name: file for name, file in source.files.items() if file is not None})


class _Source:
    """Binds the files to the fields the map names, collecting every fault."""

    def __init__(self, path: Path, request: Request, field_map: FieldMap, node: Node) -> None:
        self.is_file = not path.is_dir()
        self.path = path
        self.folder = path.parent if self.is_file else path
        self.request = request
        self.map = field_map
        self.node = node
        self.faults: list[Fault] = []
        self.files: dict[str, CsvFile | None] = {}
        self.used: dict[str, set[str]] = {}

    def fault(self, message: str, *place: str | int, hint: str = "") -> None:
        """Add a fault of the map, at the key `place` leads to."""
        found = self.node.find(place)
        self.faults.append(Fault("I-MAP", message, found.key_span or found.span, hint=hint))

    def layout(self) -> Layout | None:
        """Return how the files make deals; None when a fault left no deals."""
        fields = fields_of(self.request.model)
        self._check_currency()
        root = self._sheet(self.map.deals, fields, ("deals",))
        joins = [self._join(spec, root, fields, ("joins", name)) for name, spec in self.map.joins.items()]
        lists = [
            self._list(name, spec, root, ("lists", name, number))
            for name, specs in self.map.lists.items()
            for number, spec in enumerate(specs)
        ]
        for number, spec in enumerate(self.map.history):
            self._check_history(spec, ("history", number))
        self._check_unique()
        self._check_leftovers()
        if root is None:
            return None
        return Layout(
            root=root,
            id=_column_of(root, "id"),
            account=_column_of(root, "account.id"),
            lookups=tuple(item for item in joins if item is not None),
            lists=tuple(item for item in lists if item is not None),
        )

    def _check_currency(self) -> None:
        wanted = self.map.currency
        kinds = {spec.type for spec in fields_of(self.request.model).values()}
        held = sorted(kind.currency for kind in kinds if isinstance(kind, t.Money))
        if wanted is not None and held and wanted not in held:
            hint = f"load the pack with currency {wanted}"
            self.fault(f"the amounts are in {wanted}, the pack is in {held[0]}", "currency", hint=hint)

    def _sheet(self, spec: SheetMap, fields: dict[str, FieldSpec], place: Place) -> Sheet | None:
        file = self._open(spec, place)
        if file is None:
            return None
        columns: list[Column] = []
        for name, targets in spec.columns.items():
            index = self._index(file, name, (*place, "columns", name))
            for number, target in enumerate(targets):
                at = (*place, "columns", name, number)
                reader = self._reader(target, fields, at)
                only = self._only(file, target.only, at)
                if index is not None and reader is not None:
                    columns.append(Column(index, name, reader, tuple(only.items())))
        for name in (*spec.ignore, *spec.fixes):
            self._index(file, name, (*place, "ignore" if name in spec.ignore else "fixes", name))
        constants = tuple(self._constants(spec, fields, place))
        fixes = {file.header.index(name): table for name, table in spec.fixes.items() if name in file.header}
        only = self._only(file, spec.only, place)
        return Sheet(file.with_fixes(fixes).with_only(only), tuple(columns), constants)

    def _only(self, file: CsvFile, only: dict[str, list[str]], place: Place) -> dict[int, frozenset[str]]:
        indexes = {name: self._index(file, name, (*place, "only", name)) for name in only}
        return {
            index: frozenset(text.casefold() for text in only[name])
            for name, index in indexes.items()
            if index is not None
        }

    def _open(self, spec: SheetMap | HistoryMap, place: Place) -> CsvFile | None:
        path = self.path if self.is_file and place == ("deals",) else self.folder / spec.file
        if path.name not in self.files:
            self.files[path.name] = None
            if not path.exists():
                names = [other.name for other in _tables_in(self.folder)]
                self.fault(f"no file `{spec.file}`", *place, "file", hint=nearest(spec.file, names))
                return None
            try:
                is_json = path.suffix.lower() == ".json"
                opened = open_json_table(path) if is_json else open_csv(path, delimiter=spec.separator)
                self.files[path.name] = opened
            except InputError as problem:
                self.faults += problem.faults
        return self.files[path.name]

    def _index(self, file: CsvFile, name: str, place: Place) -> int | None:
        self.used.setdefault(file.name, set()).add(name)
        if name in file.header:
            return file.header.index(name)
        hint = separator_hint(file.header) or nearest(name, file.header)
        self.fault(f"no column `{name}` in {file.name}", *place, hint=hint)
        return None

    def _reader(self, target: Target, fields: dict[str, FieldSpec], place: Place) -> Reader | None:
        spec = fields.get(target.to)
        if spec is None:
            self.fault(f"no field `{target.to}`", *place, hint=nearest(target.to, fields))
            return None
        if target.zone is not None and zone_of(target.zone) is None:
            self.fault(f"no time zone `{target.zone}`", *place, "zone", hint="such as Asia/Shanghai or UTC")
            return None
        for text, value in (target.values or {}).items():
            self._check_value(value, spec, (*place, "values", text))
        return Reader(spec, rewriter(target, spec.type, self.map.dates))

    def _check_value(self, value: str | None, spec: FieldSpec, place: Place) -> None:
        try:
            if value is not None:
                Reader(spec).read(value)
        except CellError as problem:
            self.fault(f"{problem.reason} (field `{spec.name}`)", *place, hint=problem.hint)

    def _constants(
        self, spec: SheetMap, fields: dict[str, FieldSpec], place: Place
    ) -> Iterator[tuple[tuple[str, ...], object]]:
        for name, value in spec.constants.items():
            found = fields.get(name)
            if found is None:
                self.fault(f"no field `{name}`", *place, "constants", name, hint=nearest(name, fields))
                continue
            self._check_value(value, found, (*place, "constants", name))
            try:
                yield found.path, read_text(value, found.type)
            except CellError:
                continue

    def _join(
        self, spec: JoinMap, root: Sheet | None, fields: dict[str, FieldSpec], place: Place
    ) -> Lookup | None:
        sheet = self._sheet(spec, fields, place)
        ends = self._ends(spec, root, sheet, place)
        return (
            Lookup(sheet, *ends, required=spec.required) if sheet is not None and ends is not None else None
        )

    def _list(self, name: str, spec: ListMap, root: Sheet | None, place: Place) -> ChildList | None:
        models = lists_of(self.request.model)
        if name not in models:
            self.fault(f"no list `{name}` in a deal", *place, hint=nearest(name, models))
            return None
        fields = fields_of(models[name])
        sheet = self._sheet(spec, fields, place)
        ends = self._ends(spec, root, sheet, place)
        joins = [
            self._join(join, sheet, fields, (*place, "joins", other)) for other, join in spec.joins.items()
        ]
        if sheet is None or ends is None:
            return None
        return ChildList(
            name,
            sheet,
            *ends,
            id=_column_of(sheet, "id"),
            split=spec.split,
            lookups=tuple(join for join in joins if join is not None),
            required=spec.required,
            knows_empty=spec.empty == "known",
        )

    def _check_history(self, spec: HistoryMap, place: Place) -> None:
        """Bind a history file, too: what it says is read by another command, its columns are known here."""
        file = self._open(spec, place)
        if file is None:
            return
        named = {"deal": spec.deal, "at": spec.at, "id": spec.id, "field": spec.field, "value": spec.value}
        for key, name in named.items():
            if name is not None:
                self._index(file, name, (*place, key))
        for name in (*spec.columns, *spec.only):
            self._index(file, name, (*place, "columns" if name in spec.columns else "only", name))
        for name in spec.ignore:
            self._index(file, name, (*place, "ignore", name))
        for key, named_in in (("columns", spec.columns), ("fields", spec.fields)):
            for name, column in named_in.items():
                if column not in self.map.deals.columns:
                    hint = nearest(column, self.map.deals.columns)
                    self.fault(f"no column `{column}` among those of the deals", *place, key, name, hint=hint)

    def _ends(
        self, spec: JoinMap | ListMap, root: Sheet | None, sheet: Sheet | None, place: Place
    ) -> tuple[int, int] | None:
        if root is None or sheet is None:
            return None
        on = self._index(root.file, spec.on, (*place, "on"))
        key = self._index(sheet.file, spec.key or spec.on, (*place, "key" if spec.key else "on"))
        return (on, key) if on is not None and key is not None else None

    def _check_unique(self) -> None:
        first: dict[str, str] = {}
        sheets: Iterable[tuple[Place, SheetMap]] = (
            (("deals",), self.map.deals),
            *((("joins", name), spec) for name, spec in self.map.joins.items()),
        )
        for place, spec in sheets:
            targets = [(name, target.to) for name, items in spec.columns.items() for target in items]
            for name, to in (*targets, *((f"constants {to}", to) for to in spec.constants)):
                if to in first:
                    self.fault(f"field `{to}` is filled by `{first[to]}` already", *place, "columns", name)
                first.setdefault(to, name)

    def _check_leftovers(self) -> None:
        for name, file in self.files.items():
            if file is None:
                continue
            for column in file.header:
                if column not in self.used.get(name, set()) and column not in self.request.ignored_columns:
                    message = f"column `{column}` is neither mapped nor ignored"
                    hint = "map it, or list it under `ignore`"
                    place = row_place(name, 1, column)
                    unmapped = Fault("I-COLUMN", message, where=place, hint=hint)
                    self.faults.append(self.request.refused(place, column) or unmapped)
        if self.is_file:
            return
        for path in _tables_in(self.folder):
            if path.name not in self.files and path.name not in self.map.ignore_files:
                hint = "map it, or list it under `ignore_files`"
                self.faults.append(Fault("I-FILE", f"`{path.name}` is neither mapped nor ignored", hint=hint))


def _tables_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in _ENDINGS)


def _column_of(sheet: Sheet, field: str) -> int | None:
    return next((column.index for column in sheet.columns if column.reader.spec.name == field), None)
