"""One sheet of a guessed field map: which of its columns fill which fields, and why the others do not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from kamrules.doors.format import JoinShape, SheetShape, Stage
from kamrules.doors.mapwriting import Noted
from kamrules.doors.seen import Seen, plain
from kamrules.doors.stages import status_of_stages
from kamrules.doors.targets import Filling, day_order, filling, picklist
from kamrules.errors import Fault
from kamrules.rules.lang import types as t
from kamrules.sheets.cells import FieldSpec, fields_of
from kamrules.validation import model_in

_OVER = frozenset({"won", "lost", "cancelled"})
_CUSTOM = "__c"  # ends the name of a customer's own field in Salesforce


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user says beside the folder: the records, the system, zone and currency if known.

    `refused` gives the fault for a column that holds personal data, as in `Request`.
    """

    model: type[BaseModel]
    refused: Callable[[str, str], Fault | None]
    system: str | None = None
    zone: str | None = None
    currency: str | None = None


@dataclass(slots=True)
class Notes:
    """What is found on the way: how many fields are filled, columns without a place, things to decide.

    `used` are the columns of each file that the map names; a file without an entry is no part of it.
    """

    placed: int = 0
    unplaced: list[str] = field(default_factory=list)
    to_decide: list[str] = field(default_factory=list)
    used: dict[str, set[str]] = field(default_factory=dict)


@dataclass(slots=True)
class Draft:
    """A sheet while its columns are placed. `filled` is shared by the sheets that make one record."""

    seen: Seen
    shape: SheetShape
    fields: Mapping[str, FieldSpec]
    wish: Wish
    notes: Notes
    filled: set[str]
    statuses: dict[str, dict[str, str | None]] = field(default_factory=dict)
    columns: dict[str, list[Noted]] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    currency: tuple[str, str | None] | None = None

    def place_stage(self, stage: Stage) -> None:
        """Place the column of the stage: the status it stands for, and a milestone for its owner to say."""
        column = self.seen.find(stage.names)
        if column is None:
            return
        values = self.seen.values[column]
        status = self.shape.columns.get("status")
        if status is None or self.seen.find(status.names) is None:
            found = status_of_stages(self.seen, column, stage)
            self.statuses[column] = found
            self._keep(column, self.fields["status"], picklist(self.fields["status"], values, found))
            self.told |= {flag for flag in (self.seen.find(stage.closed), self.seen.find(stage.won)) if flag}
        if "milestone" in self.fields:
            told = picklist(self.fields["milestone"], values, {})
            note = "say which milestone a stage claims; null is unknown"
            self._keep(column, self.fields["milestone"], Filling(told.target, note, told.problem))

    def place_known(self, *, is_system: bool) -> None:
        """Place the columns that the door knows by name."""
        for name, source in self.shape.columns.items():
            column = self.seen.find(source.names)
            if column is None or name in self.filled or name not in self.fields:
                continue
            found = self._filling(name, self.seen.values[column], source.values or None)
            if source.when is not None:
                found = self._limited(found, is_over=source.when == "closed")
            if isinstance(self.fields[name].type, t.Money) and self.currency is not None:
                found = self._in_currency(found, *self.currency)
            sure = "certain" if is_system and column in source.names else "likely"
            self._keep(column, self.fields[name], Filling(found.target, found.note or sure, found.problem))

    def place_titled(self, model: type[BaseModel]) -> None:
        """Place columns that are called as a field of kamrules is, in English or Chinese."""
        names = {title: name for name in reversed(list(self.fields)) for title in _titles(model, name)}
        for column in self.seen.file.header:
            name = names.get(plain(column.removesuffix(_CUSTOM)))
            values = self.seen.values[column]
            is_used = column in self.notes.used.get(self.seen.name, ())
            is_private = self.wish.refused(self.seen.name, column) is not None
            if name is None or name in self.filled or is_used or not values or is_private:
                continue
            found = self._filling(name, values, None)
            if not found.problem:
                self._keep(column, self.fields[name], Filling(found.target, found.note or "likely"))

    def _filling(
        self, name: str, values: tuple[str, ...], meanings: Mapping[str, str | None] | None
    ) -> Filling:
        order = day_order(self.seen.values.values())
        return filling(self.fields[name], values, meanings, self.wish.zone, order)

    def use(self, *columns: str) -> None:
        """Remember that the map names the file, and these columns of it."""
        self.notes.used.setdefault(self.seen.name, set()).update(columns)

    def ends(self, shape: JoinShape, owner: Draft) -> dict[str, str] | None:
        """Return the columns by which rows of `owner` name rows of this sheet; None if one is missing."""
        on, key = owner.seen.find(shape.on), self.seen.find(shape.key)
        if on is None or key is None:
            return None
        owner.use(on)
        self.use(key)
        return {"on": on, "key": key}

    def data(self) -> dict[str, Any]:
        """Return the sheet as the part of a map, without what it ignores."""
        only: dict[str, list[str]] = {}
        for name, texts in self.shape.only.items():
            column = self.seen.find([name])
            if column is not None:
                only.setdefault(column, texts)
        self.use(*only)
        separator = self.seen.file.delimiter
        return {
            "file": self.seen.name,
            **({"separator": separator} if separator != "," else {}),
            "columns": {column: targets for column, targets in self.columns.items() if targets},
            **({"constants": self.shape.constants} if self.shape.constants else {}),
            **({"only": only} if only else {}),
        }

    def left(self) -> list[str]:
        """Return the columns that nothing uses, each noted with the reason; none the second time.

        Columns in `told` are left, too, but not noted: the map says what they said.
        """
        used = self.notes.used.setdefault(self.seen.name, set())
        found = [name for name in self.seen.file.header if name not in used]
        strange = [name for name in found if name not in self.told]
        self.notes.unplaced += [f"{self.seen.name}, column {name}: {self._why(name)}" for name in strange]
        used.update(found)
        return found

    def _why(self, column: str) -> str:
        private = self.wish.refused(self.seen.name, column)
        if private is not None:
            return f"never read, {private.message.partition(':')[0]}"
        if not self.seen.values[column]:
            return "empty"
        return "no field is known for it"

    def _keep(self, column: str, spec: FieldSpec, found: Filling) -> None:
        if found.problem:
            place = f"{self.seen.name}, column {column}"
            self.notes.to_decide.append(f"{place}: not read as {spec.name}, {found.problem}")
            return
        self.columns.setdefault(column, []).append(Noted(found.target, found.note))
        self.filled.add(spec.name)
        self.use(column)
        self.notes.placed += 1
        if found.note not in {"", "certain", "likely"}:
            self.notes.to_decide.append(f"{self.seen.name}, column {column}, {spec.name}: {found.note}")

    def _in_currency(self, found: Filling, column: str, code: str | None) -> Filling:
        """Limit an amount to the rows in one of several currencies: nothing here knows the rates."""
        if code is None:
            return Filling(problem="amounts are in several currencies; name one with --currency")
        self.use(column)
        return Filling({**found.target, "only": {column: [code]}}, "others stay unknown", found.problem)

    def _limited(self, found: Filling, *, is_over: bool) -> Filling:
        """Limit a date to the deals that are over, or to the others, by their stage."""
        for column, statuses in self.statuses.items():
            stages = [name for name, status in statuses.items() if status and (status in _OVER) == is_over]
            if stages:
                return Filling({**found.target, "only": {column: stages}}, found.note, found.problem)
        return Filling(problem="no stage says which deals are over" if is_over else "no stage is open")


def _titles(model: type[BaseModel], name: str) -> set[str]:
    """Return what a field may be called: its name, and its titles in English and Chinese."""
    *parents, last = name.split(".")
    owner = model
    for parent in parents:
        inner = model_in(owner.model_fields[parent].annotation)
        assert inner is not None, "a dotted field lies in a record"
        owner = inner
    extra = owner.model_fields[last].json_schema_extra
    title_zh = extra.get("title_zh") if isinstance(extra, dict) else None
    titles = {name, last if len(last) > len("id") else name, owner.model_fields[last].title, title_zh}
    return {plain(str(title)) for title in titles if title}


def draft_of(shape: SheetShape, seen: Seen, model: type[BaseModel], wish: Wish, notes: Notes) -> Draft:
    """Return an empty sheet for the records of `model`."""
    return Draft(seen, shape, fields_of(model), wish, notes, set())
