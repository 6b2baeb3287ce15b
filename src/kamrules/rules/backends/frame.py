"""The engine for frames: a plan as column expressions, run by the caller's own data frame library.

A deal is a row; each list is a long frame of its own, summed up once for each deal and joined. Conditions are
nullable booleans, and null is unknown: `&`, `|` and `~` of every supported library are Kleene's on those. How
the expressions are made is in `rules/framecode`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from kamrules.errors import ArgumentError, Fault, MissingExtraError, nearest

try:
    import narwhals as nw
except ImportError as error:
    raise MissingExtraError(
        Fault("X-FRAME", "frames need narwhals", hint="install `kamrules[frame]`")
    ) from error

from kamrules.rules.framecode.border import KEY, Frame, alike, canonical, joined, wrapped
from kamrules.rules.framecode.outputs import Layout, lay_out
from kamrules.rules.framecode.translate import KNOWN, ListNeeds, Needed
from kamrules.rules.lang.types import Bool, ListOf, Object
from kamrules.rules.plan import Plan

_PROBE_DAY = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class FrameProgram:
    """A plan for frames; `run` gives a frame of the same library."""

    plan: Plan
    _layouts: dict[date, Layout] = field(default_factory=dict, repr=False, compare=False)

    def run(
        self,
        frame: Any,
        lists: Mapping[str, Any],
        as_of: date,
        *,
        key: str = "id",
        link: str = "deal_id",
    ) -> Any:
        """Return what the plan says of each row.

        Parameters
        ----------
        frame
            One row a record: scalar fields as columns, nested ones joined by `__` (`account__industry`).
            `FIELD__evidence` holds the evidence level (E0 to E4, or 0 to 4) of a field, and `LIST__known`
            says (true) whether the record's list is known. A column that is missing is unknown.
        lists
            The rows of each list under its path: `link` names the record, the other columns are the
            element's fields, or `value` in a list of plain values. A list without a frame is unknown for
            every record; a record without rows has an empty list.
        as_of
            The day of the evaluation.
        key
            The column of `frame` that `link` refers to.
        link
            The column of the lists' frames that names the record.

        Returns
        -------
        frame
            One row a record, in no promised order: `key`; each rule as a boolean, null where unknown or
            not applicable, with `RULE__na` beside a rule that may not apply; each row of a table as
            `TABLE__ROW`, true where it surely holds, null where it may; `CARD__low` and `CARD__high`.
            pandas gets Arrow dtypes; a lazy frame stays lazy.

        Raises
        ------
        ArgumentError
            A frame, column or list is not usable (A-FRAME), or records that share a key meet a condition
            that compares a list's rows with the record (A-KEY).
        """
        layout = self._layout(as_of)
        deals = wrapped(frame, "records")
        known = _known_lists(self.plan.schema)
        for name in lists:
            if name not in known:
                raise ArgumentError(
                    Fault("A-FRAME", f"records have no list `{name}`", hint=nearest(name, known))
                )
        needed = dict(layout.frames.columns)
        needed |= {KNOWN + path: Needed(f"{path}__known", Bool()) for path in layout.frames.lists}
        columns = deals.collect_schema().names()
        records = canonical(deals, needed, key, "records")
        found = records
        for path, needs in layout.frames.lists.items():
            is_given = path in lists
            if is_given and needs.sums:
                rows = alike(wrapped(lists[path], path), deals, path)
                sums = _sums(canonical(rows, needs.columns, link, path), needs, records)
                found = joined(found, sums, "left")
            known_column = nw.lit(is_given)
            if is_given and f"{path}__known" in columns:
                known_column = nw.col(KNOWN + path).fill_null(False)
            absent = [] if is_given else [nw.lit(0, dtype=nw.Int64).alias(name) for name in needs.sums]
            # A record without a key has no rows to know.
            known_column = known_column & ~nw.col(KEY).is_null()
            found = found.with_columns(known_column.alias(KNOWN + path), *absent)
        parts = found.with_columns(*(expr.alias(name) for name, expr in layout.parts.items()))
        result = parts.select(
            nw.col(KEY).alias(key), *(expr.alias(name) for name, expr in layout.columns.items())
        )
        return _given_back(result, frame)

    def _layout(self, as_of: date) -> Layout:
        found = self._layouts.get(as_of)
        if found is None:
            self._layouts.clear()
            found = self._layouts[as_of] = lay_out(self.plan, as_of)
        return found


def compile_plan(plan: Plan) -> FrameProgram:
    """Compile a plan to expressions over frames.

    Raises
    ------
    BackendError
        An operator cannot be said with columns (B-OPERATOR); `where` names the rule.
    """
    lay_out(plan, _PROBE_DAY)
    return FrameProgram(plan)


def _known_lists(schema: Object, prefix: str = "") -> list[str]:
    found = []
    for member in schema.members:
        if isinstance(member.type, ListOf):
            found.append(prefix + member.name)
        elif isinstance(member.type, Object):
            found += _known_lists(member.type, f"{prefix}{member.name}__")
    return found


def _sums(rows: Frame, needs: ListNeeds, records: Frame) -> Frame:
    """Return the sums over the rows of each record."""
    if needs.borrowed:
        _refuse_shared_keys(records, needs.path)
        rows = joined(rows, records.select(KEY, *needs.borrowed), "inner")
    rows = rows.select(KEY, *(expr.alias(name) for name, expr in needs.sums.items()))
    return rows.group_by(KEY).agg(*(nw.col(name).sum() for name in needs.sums))


def _refuse_shared_keys(records: Frame, path: str) -> None:
    """Refuse records with one key: each of them would need its own sums."""
    shared = (
        records.group_by(KEY).agg(nw.len().alias("rows")).filter(nw.col("rows") > 1, ~nw.col(KEY).is_null())
    )
    found = shared.head(1)
    eager = found.collect() if isinstance(found, nw.LazyFrame) else found
    if len(eager):
        seen = eager[KEY].to_list()[0]
        raise ArgumentError(
            Fault("A-KEY", f"several records have the key `{seen}`, and `{path}` is compared with the record")
        )


def _given_back(found: Frame, frame: Any) -> Any:
    native = found.to_native()
    original = nw.from_native(frame)
    if original.implementation.is_pandas_like():
        return native.to_pandas(types_mapper=nw.get_native_namespace(frame).ArrowDtype)
    return native
