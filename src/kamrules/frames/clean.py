"""Deals in which a red line trips, once more without what trips it: `scoring/taint.py` for frames.

List rows that make a red line trip are left out, fields the line taints become unknown, and with what remains
the health is measured and the next question chosen. Most pipelines have few such deals: only their rows are
read again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from kamrules.frames.wide import Rules, Wide
from kamrules.rules.framecode.causes import Witness
from kamrules.rules.framecode.columns import FALSE, TRUE, Expr, col, some, when
from kamrules.rules.framecode.run import Bound
from kamrules.rules.framecode.table import Table
from kamrules.rules.framecode.translate import KEY, KNOWN, Frames, Needed, Translator

LEFT_OUT = "left out"
FLAGGED = "flagged"


@dataclass(frozen=True, slots=True)
class Flags:
    """Columns that say of a deal what trips: a witness (its `holds`), and a field that is tainted."""

    holds: Mapping[str, Witness]
    taints: Mapping[str, str]
    columns: Mapping[str, Expr]

    @property
    def can_trip(self) -> bool:
        """Whether anything can trip in these frames at all."""
        return self.columns[FLAGGED] is not FALSE


def flags_of(wide: Wide) -> Flags:
    """Return what can trip in these frames."""
    holds = {f"witness {i}": one for i, one in enumerate(wide.witnesses) if one.holds is not FALSE}
    taints = {f"taint {i}": one for i, one in enumerate(wide.tainted.items()) if one[1] is not FALSE}
    columns = {name: one.holds for name, one in holds.items()}
    columns |= {name: test for name, (_, test) in taints.items()}
    columns[FLAGGED] = some(FALSE, *columns.values())
    return Flags(holds, {name: field for name, (field, _) in taints.items()}, columns)


def _flag(name: str) -> Expr:
    return col(name, "bool", nullable=False)


def rows_of_flagged(tied: Bound, flagged: Table, flags: Flags, rules: Rules, as_of: date) -> dict[str, Table]:
    """Return the lists' rows of the flagged deals; `left out` says which of them trip a red line."""
    found = {}
    for path, rows in tied.lists.items():
        frames = Frames(tied.given)
        tests = list(_left_out(path, flags, Translator(frames, rules.plan.root, as_of)))
        if not tests:
            found[path] = rows.join(flagged.select({KEY: col(KEY, "raw")}), "semi")
            continue
        kept = {
            KEY: col(KEY, "raw"),
            **frames.list_of(path).borrowed,
            **{one: _flag(one) for one in flags.holds},
        }
        names = {name: col(name, "raw") for name in rows.names()}
        told = rows.join(flagged.select(kept), "inner").select({**names, LEFT_OUT: some(FALSE, *tests)})
        found[path] = told.pinned()
    return found


def _left_out(path: str, flags: Flags, at: Translator) -> Iterable[Expr]:
    for name, one in flags.holds.items():
        if at.list_path(one.range) == path:
            yield _flag(name) & at.body(one.range, one.var).truth(one.body).filled(False)


def asked_of(tied: Bound, flagged: Table, rows: Mapping[str, Table]) -> Bound:
    """Return the flagged deals as they are, of which nothing about what trips may be asked."""
    return Bound(flagged, rows, tied.there, has_unique_keys=True)


def paths_left_out(rows: Mapping[str, Table]) -> frozenset[str]:
    """Return the lists some rows of which trip a red line."""
    return frozenset(path for path, table in rows.items() if LEFT_OUT in table.names())


def left_out_of(paths: frozenset[str]) -> Callable[[str], Expr]:
    """Return the test of a list's rows that trip a red line."""
    return lambda path: _flag(LEFT_OUT) if path in paths else FALSE


def without_tainted(
    tied: Bound, flagged: Table, rows: Mapping[str, Table], flags: Flags, columns: Mapping[str, Needed]
) -> Bound:
    """Return the flagged deals without the rows that trip, and with their tainted fields unknown."""
    kept = {
        path: table.filter(~_flag(LEFT_OUT)) if LEFT_OUT in table.names() else table
        for path, table in rows.items()
    }
    found: dict[str, Expr] = {KEY: col(KEY, "raw")}
    there = dict(tied.there)
    for (path, name), nullable in tied.there.items():
        need = columns.get(name)
        if path is not None or need is None:
            continue
        column = col(name, need.kind, nullable=nullable)
        tests = [_flag(flag) for flag, field in flags.taints.items() if _is_of(name, field)]
        if tests:
            column = when(~some(*tests), column)
            there[None, name] = True
        found[name] = column
    for flag, field in flags.taints.items():
        path = field.replace(".", "__")
        if path in tied.lists:
            known = found.get(KNOWN + path, TRUE)
            found[KNOWN + path], there[None, KNOWN + path] = known & ~_flag(flag), True
    return Bound(flagged.select(found), kept, there, has_unique_keys=True)


def _is_of(name: str, field: str) -> bool:
    """Whether a canonical column holds a field, or a field inside it; its evidence stays."""
    *forms, source = name.split(" ")
    path = field.replace(".", "__")
    return not {"level", "obtained"} & set(forms) and (source == path or source.startswith(f"{path}__"))
