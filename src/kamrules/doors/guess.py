"""A field map guessed from an export: which file is what, which column fills which field, and what is left.

What a stage means is never guessed: every stage stands in the map with null, for its owner to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kamrules.doors.draft import Draft, Notes, Wish, draft_of
from kamrules.doors.format import Door, HistoryShape, JoinShape, SheetShape, load_door, shipped_doors
from kamrules.doors.mapwriting import Noted, map_text
from kamrules.doors.seen import Seen, look, plain
from kamrules.errors import Fault, InputError
from kamrules.sheets.cells import lists_of
from kamrules.sheets.mapfile import FORMAT_VERSION

GENERIC = "generic"
_CODE = 3  # letters of a currency


@dataclass(frozen=True, slots=True)
class Guess:
    """A guessed map: its text, the system it was taken for, and what is left to its owner."""

    door: Door
    text: str
    notes: Notes


def guess_map(folder: Path, wish: Wish) -> Guess:
    """Guess the field map of an export.

    Parameters
    ----------
    folder : Path
        The exported files, or the one file of the deals.
    wish : Wish
        The model of a deal, and what the user knows.

    Returns
    -------
    Guess
        Its `text` is a field map in YAML in which every column is mapped or listed under `ignore`.

    Raises
    ------
    InputError
        I-* when a file cannot be read; I-FORMAT when no file looks like deals.
    ArgumentError
        A-VALUE for a system that is not known.
    """
    seen = look(folder)
    names = [wish.system] if wish.system is not None else shipped_doors()
    door = max((load_door(name) for name in names), key=lambda one: _fit(one, seen))
    deals = _bound(door.deals, seen)
    if deals is None and len(seen) == 1:
        deals = seen[0]
    if deals is None:
        shown = ", ".join(one.name for one in seen)
        hint = "name the system with --system, or call the file deals.csv"
        raise InputError(Fault("I-FORMAT", f"none of {shown} looks like deals", hint=hint))
    return _Guessing(door, deals, seen, wish).guess()


def _fit(door: Door, seen: Sequence[Seen]) -> tuple[bool, bool, int]:
    """Return how well an export fits a system: deals first, a system that is named by its columns, files."""
    shapes: tuple[SheetShape | HistoryShape, ...] = (
        *door.joins.values(),
        *(one for each in door.lists.values() for one in each),
        *door.history,
    )
    found = sum(_bound(shape, seen) is not None for shape in shapes)
    return _bound(door.deals, seen) is not None, door.id != GENERIC, found


def _bound(shape: SheetShape | HistoryShape, seen: Sequence[Seen]) -> Seen | None:
    """Return the file that is of a kind: by its columns, the usual name first; without marks by the name."""
    names = [plain(name) for name in shape.files]
    named = [one for one in seen if any(plain(one.stem).startswith(name) for name in names)]
    if not shape.marks:
        return next(iter(named), None)
    marked = [one for one in seen if any(one.has_all(marks) for marks in shape.marks)]
    return next((one for one in named if one in marked), next(iter(marked), None))


class _Guessing:
    """Puts one map together."""

    def __init__(self, door: Door, deals: Seen, seen: Sequence[Seen], wish: Wish) -> None:
        self.door = door
        self.others = [one for one in seen if one is not deals]
        self.wish = wish
        self.notes = Notes()
        self.root = draft_of(door.deals, deals, wish.model, wish, self.notes)
        self.sheets: list[tuple[dict[str, Any], Draft]] = []

    def guess(self) -> Guess:
        """Return the map. Joins come before deals, because they say more of an account."""
        currency = self._currency()
        joins = dict(self._joins(self.door.joins, self.root))
        if self.door.deals.stage is not None:
            self.root.place_stage(self.door.deals.stage)
        self.root.place_known(is_system=self.door.id != GENERIC)
        lists = {name: found for name in self.door.lists if (found := list(self._lists(name)))}
        for name in lists:
            # A rule may read "there was no visit" off a list, so a list must not look complete and be not.
            said = "complete for a deal that has rows; take the list out if more is kept elsewhere"
            self.notes.to_decide.append(f"lists.{name}: {said}")
        history = list(self._history())
        self.root.place_titled(self.wish.model)
        if "id" not in self.root.filled:
            self.notes.to_decide.append("id: no column holds it; verdicts cannot go back to the system")
        deals = self._sheet(self.root)
        # A file may be the place of two sheets: what none of them uses is known at the end.
        for sheet, draft in self.sheets:
            sheet["ignore"] = draft.left()
        unknown = [one.name for one in self.others if one.name not in self.notes.used]
        self.notes.unplaced += [f"{name}: no known kind of file" for name in unknown]
        data = {
            "kamrules_map": FORMAT_VERSION,
            "about": f"{self.door.title}, guessed from {self.root.seen.name}",
            "currency": currency,
            "dates": Noted("iso", self._zone_note()),
            "deals": deals,
            "joins": joins,
            "lists": lists,
            "history": history,
            "ignore_files": unknown,
        }
        shown = {name: value for name, value in data.items() if value is not None}
        return Guess(self.door, map_text(shown, self.notes.unplaced), self.notes)

    def _joins(self, shapes: Mapping[str, JoinShape], owner: Draft) -> Iterator[tuple[str, dict[str, Any]]]:
        for name, shape in shapes.items():
            one = _bound(shape, self.others)
            if one is None:
                continue
            # What a joined file fills is filled for the record it joins.
            draft = Draft(one, shape, owner.fields, self.wish, self.notes, owner.filled)
            ends = draft.ends(shape, owner)
            if ends is not None:
                draft.place_known(is_system=self.door.id != GENERIC)
                yield name, self._sheet(draft, **ends, required=False)

    def _lists(self, name: str) -> Iterator[dict[str, Any]]:
        model = lists_of(self.wish.model)[name]
        for shape in self.door.lists[name]:
            one = _bound(shape, self.others)
            if one is None:
                continue
            draft = draft_of(shape, one, model, self.wish, self.notes)
            ends = draft.ends(shape, self.root)
            if ends is None:
                continue
            draft.place_known(is_system=self.door.id != GENERIC)
            joins = dict(self._joins(shape.joins, draft))
            draft.place_titled(model)
            # An export of contacts or tasks holds those of no deal, too: they are counted, not listed.
            split = {"split": shape.split} if shape.split is not None else {}
            yield self._sheet(draft, **ends, **split, joins=joins, required=False, empty="unknown")

    def _sheet(self, draft: Draft, **more: Any) -> dict[str, Any]:
        sheet = {**draft.data(), **more}
        self.sheets.append((sheet, draft))
        return sheet

    def _history(self) -> Iterator[dict[str, Any]]:
        for shape in self.door.history:
            one = _bound(shape, self.others)
            deal, at = (one.find(shape.deal), one.find(shape.at)) if one is not None else (None, None)
            if one is None or deal is None or at is None:
                continue
            known = {"id": one.find(shape.id), "field": one.find(shape.field), "value": one.find(shape.value)}
            parts = {"deal": deal, "at": at, **{key: name for key, name in known.items() if name is not None}}
            of_deals = [name for name in shape.columns if self.root.columns.get(name)]
            columns = of_deals if shape.field else [name for name in of_deals if one.find([name])]
            used = {*parts.values(), *(() if shape.field else columns)}
            self.notes.used[one.name] = set(one.file.header)
            yield {
                "file": one.name,
                **parts,
                **({"zone": self.wish.zone} if self.wish.zone is not None else {}),
                "fields" if shape.field else "columns": {name: name for name in columns},
                "ignore": [name for name in one.file.header if name not in used],
            }

    def _currency(self) -> str | None:
        """Return the currency of the amounts: the user's word, else the one code in the deals' column."""
        column = self.root.seen.find(self.door.deals.currency)
        codes = self.root.seen.values[column] if column is not None else ()
        if column is not None and len(codes) > 1:
            self.root.currency = (column, self.wish.currency)
        elif column is not None:
            self.root.told.add(column)
        if self.wish.currency is None and len(codes) == 1 and len(codes[0]) == _CODE:
            return codes[0]
        if self.wish.currency is None:
            self.notes.to_decide.append("currency: the pack's is taken unless you name one with --currency")
        return self.wish.currency

    def _zone_note(self) -> str:
        if self.wish.zone is not None:
            return ""
        return "the day of a time is that of its own zone; init --zone counts it in yours"
