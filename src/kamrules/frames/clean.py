"""Deals in which a red line trips, once more without what trips it: `scoring/taint.py` for frames.

List rows that make a red line trip are left out, fields the line taints become unknown, and with what remains
the health is measured and the next question chosen. Most pipelines have few such deals: only their rows are
read again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kamrules.frames.ask import ask_next
from kamrules.frames.wide import Wide
from kamrules.rules.framecode.causes import Reasons, Witness
from kamrules.rules.framecode.columns import FALSE, Expr, col, some, when
from kamrules.rules.framecode.run import Bound
from kamrules.rules.framecode.table import Table
from kamrules.rules.framecode.translate import KEY, KNOWN, Frames, Translator

LEFT_OUT = "left out"
FLAGGED = "flagged"


@dataclass(frozen=True, slots=True)
class Flags:
    """Columns that say of a deal what trips: `holds` of each witness, `taints` of each tainted field."""

    holds: Mapping[str, tuple[Witness, Expr]]
    taints: Mapping[str, tuple[str, Expr]]

    @property
    def columns(self) -> dict[str, Expr]:
        """The columns with their expressions, and whether any of them is true."""
        found = {name: one.holds for name, (one, _) in self.holds.items()}
        found |= {name: expr for name, (_, expr) in self.taints.items()}
        return {**found, FLAGGED: some(FALSE, *found.values())}


def flags_of(wide: Wide) -> Flags:
    """Return what can trip in these frames at all."""
    holds = [one for one in wide.witnesses if one.holds is not FALSE]
    taints = [(path, test) for path, test in wide.tainted.items() if test is not FALSE]
    return Flags(
        {f"witness {i}": (one, _flag(f"witness {i}")) for i, one in enumerate(holds)},
        {f"taint {i}": (path, test) for i, (path, test) in enumerate(taints)},
    )


def _flag(name: str) -> Expr:
    return col(name, "bool", nullable=False)


@dataclass(frozen=True)
class Cleaning:
    """The flagged deals (canonical columns and flags) among all, and the lists of all."""

    tied: Bound
    flagged: Table
    flags: Flags
    wide: Wide

    def rows(self) -> dict[str, Table]:
        """Return the lists' rows of the flagged deals; `left out` says which of them trip a red line."""
        found = {}
        for path, rows in self.tied.lists.items():
            names = {name: col(name, "raw") for name in rows.names()}
            frames = Frames(self.tied.given)
            tests = list(self._left_out(path, frames))
            if not tests:
                found[path] = rows.join(self.flagged.select({KEY: col(KEY, "raw")}), "semi")
                continue
            borrowed = frames.list_of(path).borrowed
            flags = {name: _flag(name) for name in self.flags.holds}
            kept = {KEY: col(KEY, "raw"), **borrowed, **flags}
            found[path] = (
                rows.join(self.flagged.select(kept), "inner")
                .select({**names, LEFT_OUT: some(FALSE, *tests)})
                .pinned()
            )
        return found

    def _left_out(self, path: str, frames: Frames) -> Iterable[Expr]:
        at = Translator(frames, self.wide.all.plan.root, self.wide.as_of)
        for one, flag in self.flags.holds.values():
            if at.list_path(one.range) == path:
                yield flag & at.body(one.range, one.var).truth(one.body).filled(False)


def cleaned(cleaning: Cleaning, names: tuple[str, str, str]) -> Table:
    """Return key, least and most points of the health, and next question of the flagged deals.

    `names` are the names of the three columns.
    """
    rows = cleaning.rows()
    low, high, ask = names
    asked = _asked(cleaning, rows, ask)
    if cleaning.wide.pack.health is None:
        return asked
    return asked.join(_health(cleaning, rows, low, high), "left")


def _asked(cleaning: Cleaning, rows: Mapping[str, Table], name: str) -> Table:
    """Ask of the deals as they are, but nothing about what trips a red line."""
    tied = _bound(cleaning.tied, cleaning.flagged, rows)
    wide = _again(cleaning.wide, tied)
    has_left_out = {path for path, table in rows.items() if LEFT_OUT in table.names()}

    def left_out(path: str) -> Expr:
        return _flag(LEFT_OUT) if path in has_left_out else FALSE

    question = ask_next(wide, Reasons(wide.at, left_out))
    return tied.joined(wide.frames).pinned().select({KEY: col(KEY, "raw"), name: question}).pinned()


def _health(cleaning: Cleaning, rows: Mapping[str, Table], low: str, high: str) -> Table:
    kept = {
        path: table.filter(~_flag(LEFT_OUT)) if LEFT_OUT in table.names() else table
        for path, table in rows.items()
    }
    columns: dict[str, Expr] = {KEY: col(KEY, "raw")}
    there = dict(cleaning.tied.there)
    for (path, name), nullable in cleaning.tied.there.items():
        need = cleaning.wide.frames.columns.get(name)
        if path is not None or need is None:
            continue
        found = col(name, need.kind, nullable=nullable)
        tests = [_flag(flag) for flag, (field, _) in cleaning.flags.taints.items() if _is_of(name, field)]
        if tests:
            found = when(~some(*tests), found)
            there[None, name] = True
        columns[name] = found
    for flag, (field, _) in cleaning.flags.taints.items():
        path = field.replace(".", "__")
        if path in cleaning.tied.lists:
            known = columns.get(KNOWN + path)
            known = ~_flag(flag) if known is None else known & ~_flag(flag)
            columns[KNOWN + path], there[None, KNOWN + path] = known, True
    tied = _bound(cleaning.tied, cleaning.flagged.select(columns), kept, there)
    wide = _again(cleaning.wide, tied)
    least, most = wide.health_ends()
    return tied.joined(wide.frames).pinned().select({KEY: col(KEY, "raw"), low: least, high: most}).pinned()


def _is_of(name: str, field: str) -> bool:
    """Whether a canonical column holds a field, or a field inside it; its evidence stays."""
    *forms, source = name.split(" ")
    path = field.replace(".", "__")
    return "level" not in forms and "fine" not in forms and (source == path or source.startswith(f"{path}__"))


def _again(wide: Wide, tied: Bound) -> Wide:
    return Wide(wide.all, wide.as_of, Frames(tied.given))


def _bound(
    tied: Bound,
    records: Table,
    lists: Mapping[str, Table],
    there: Mapping[tuple[str | None, str], bool] | None = None,
) -> Bound:
    return Bound(records, lists, there or tied.there, tied.key_kind, has_unique_keys=True)
