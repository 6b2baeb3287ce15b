"""The engine for frames: a plan as column expressions, run by the caller's own data frame library.

A deal is a row; each list is a long frame of its own, summed up once for each deal and joined. Conditions are
nullable booleans, and null is unknown: `&`, `|` and `~` of every supported library are Kleene's on those. How
the expressions are made is in `rules/framecode`.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from kamrules.rules.framecode.border import Limits
from kamrules.rules.framecode.columns import col
from kamrules.rules.framecode.door import given_back, opened, refuse_mixed
from kamrules.rules.framecode.outputs import lay_out
from kamrules.rules.framecode.partitions import by_partition, is_partitioned
from kamrules.rules.framecode.run import Inputs, bound, check_lists
from kamrules.rules.framecode.translate import KEY, Frames
from kamrules.rules.plan import Plan

_PROBE_DAY = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class FrameProgram:
    """A plan for frames; `run` gives a frame of the same library.

    `needed` are the columns it reads, where they are there.
    """

    plan: Plan
    needed: Frames = field(repr=False, compare=False)
    limits: Mapping[str, Limits] = field(default_factory=dict)

    def run(  # noqa: PLR0913 - the records, their lists, and how they are linked
        self,
        frame: Any,
        lists: Mapping[str, Any],
        as_of: date,
        *,
        key: str = "id",
        link: str = "deal_id",
        portable: bool = False,
    ) -> Any:
        """Return what the plan says of each row.

        Parameters
        ----------
        frame
            One row a record: scalar fields as columns, nested ones joined by `__` (`account__industry`) or as
            fields of a struct column. `FIELD__evidence` holds the evidence level (E0 to E4, or 0 to 4) of a
            field. A column that is missing is unknown.
        lists
            The rows of each list under its path: `link` names the record, the other columns are the
            element's fields, or `value` in a list of plain values. `LIST__known` in `frame` says (true)
            whether the record's list is known. A list may stand in `frame` instead, as a column of lists.
            One that is nowhere is unknown for every record; a record without rows has an empty list.
        as_of
            The day of the evaluation.
        key
            The column of `frame` that `link` refers to.
        link
            The column of the lists' frames that names the record.
        portable
            Take no shortcut for single libraries, as far as narwhals can do without.

        Returns
        -------
        frame
            One row a record, in the order of `frame` where its library keeps one: `key`; each rule as a
            boolean, null where unknown or not applicable, with `RULE__na` beside a rule that may not apply;
            each row of a table as `TABLE__ROW`, true where it surely holds, null where it may; `CARD__low`
            and `CARD__high`. pandas gets Arrow dtypes; a lazy frame stays lazy.

        Raises
        ------
        ArgumentError
            A frame, column or list is not usable (A-FRAME), or records that share a key meet a condition
            that compares a list's rows with the record (A-KEY).
        """
        check_lists(lists, self.plan.schema)
        if is_partitioned(frame):
            refuse_mixed(frame, lists)
            work = _Work(pickle.dumps((self.plan, dict(self.limits))), as_of, key, link)
            return by_partition(frame, lists, key, link, work)
        records = opened(frame, "records", portable=portable)
        tables = {name: opened(one, name, portable=portable) for name, one in lists.items()}
        refuse_mixed(frame, lists)
        inputs = Inputs(records, tables, key, link, self.limits)
        tied = bound(inputs, self.needed)
        layout = lay_out(self.plan, as_of, tied.given)
        found = tied.joined(layout.frames).select({key: col(KEY, "raw"), **layout.columns})
        return given_back(found, frame)


def compile_plan(plan: Plan, limits: Mapping[str, Limits] | None = None) -> FrameProgram:
    """Compile a plan to expressions over frames.

    `limits` gives the least and greatest value of fields (`account__rank`, `stakeholders[].influence`) beyond
    what their types say; a value outside is unknown.

    Raises
    ------
    BackendError
        An operator cannot be said with columns (B-OPERATOR); `where` names the rule.
    """
    return FrameProgram(plan, lay_out(plan, _PROBE_DAY).frames, limits or {})


@dataclass(frozen=True, slots=True)
class _Work:
    """A program as plain data, for where the rows lie."""

    program: bytes
    as_of: date
    key: str
    link: str

    def __call__(self, frame: Any, lists: Mapping[str, Any]) -> Any:
        return _loaded(self.program).run(frame, lists, self.as_of, key=self.key, link=self.link)


@lru_cache(maxsize=4)
def _loaded(program: bytes) -> FrameProgram:
    return compile_plan(*pickle.loads(program))  # noqa: S301 - our own bytes
