"""Parquet files of deals, larger than memory too, assessed to a Parquet file.

What does not fit is cut into buckets by the key of the deals: one pass over each file, then bucket after
bucket is assessed whole. A deal and its rows meet in one bucket, so verdicts do not depend on the cut.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from math import ceil
from pathlib import Path
from typing import Any, Literal, Protocol, TextIO

from kamrules.errors import ArgumentError, Fault, InputError, nearest
from kamrules.frames import BadValues, FrameAssessment, FrameAssessor
from kamrules.frames.buckets import Buckets, Frames, frame_of, scratch
from kamrules.frames.intake import names_read
from kamrules.frames.parquet import ParquetSource, Sheet, about_of, free_memory, open_parquet, parquet_sheet
from kamrules.frames.rows import CRITERIA, columns_of
from kamrules.frames.wide import SEPARATOR
from kamrules.rules.framecode.run import known_lists
from kamrules.rules.pack import Pack
from kamrules.rules.plan import Plan
from kamrules.validation import shown
from kamrules.wholefile import keep_apart, text_file

__all__ = ["BulkSummary", "Progress", "Step", "assess_parquet"]

Step = Literal["cutting", "assessing"]
Progress = Callable[[Step, int, int], None]

DEALS, KEY, LINK, SUFFIX = "deals", "id", "deal_id", ".parquet"
_MB = 1 << 20
# Measured on the welding example, 300,000 deals of 4.7 KB in Arrow columns: 310 MB before the first row is
# read (libraries, the pack as expressions), then 3.4 MB for each MB of a bucket's columns. Some room is left.
_FIXED_MB = 310
# Statuses of criteria take 1.2 MB more.
_TIMES, _TIMES_WITH_CRITERIA = 4, 5
# Below the fixed amount a bucket is this part of what is given, so that it still becomes smaller with it.
_LEAST_PART = 1 / 8
# Of a bucket's share, the part that is in memory at once while files are cut.
_PIECES = 4
# Our choice: with fewer rows at once the pieces get small and cutting slow, more make it no faster.
_LEAST_ROWS, _MOST_ROWS = 100, 100_000
_MOST_BUCKETS = 10_000  # our choice: each bucket costs about a second, whatever is in it
_SLICE = 100_000  # rows of a row group at most; our choice


class FrameEngine(Protocol):
    """What is used of a `kamrules.Engine`, which stands a floor above."""

    pack: Pack
    plan: Plan

    @property
    def _frames(self) -> FrameAssessor: ...

    @property
    def assess_frame(self) -> Callable[..., FrameAssessment]:
        """See `Engine.assess_frame`."""


@dataclass(slots=True)
class BulkSummary:
    """Counts over the deals of one run; `buckets` is into how many parts the work was cut.

    INVARIANT: `deals_in == assessed + rejected`.
    """

    deals_in: int = 0
    assessed: int = 0
    rejected: int = 0
    stray_rows: int = 0
    buckets: int = 1
    claims: Counter[str] = field(default_factory=Counter)
    supported: Counter[str | None] = field(default_factory=Counter)
    red_lines: Counter[str] = field(default_factory=Counter)
    breaches: Counter[str] = field(default_factory=Counter)

    @property
    def has_findings(self) -> bool:
        """Whether a claim is contradicted, a red line trips, a work rule is breached or a row is not used."""
        contradicted = self.claims["contradicted"]
        return bool(contradicted or self.red_lines or self.breaches or self.rejected or self.stray_rows)

    def add(self, deals: Any) -> None:
        """Count assessed deals, given as rows of the wide table."""
        self.assessed += deals.height
        self.claims.update(_counts(deals["claim"]))
        self.supported.update(_counts(deals["supported"]))
        self.red_lines.update(_counts(_each(deals["red_lines"])))
        self.breaches.update(_counts(_each(deals["breaches"])))


def _counts(values: Any) -> dict[Any, int]:
    return dict(values.value_counts().iter_rows())


def _each(values: Any) -> Any:
    """Return the names of texts that hold several."""
    return values.filter(values != "").str.split(SEPARATOR).explode()


def assess_parquet(  # noqa: PLR0913 - the files, and how to read and cut them
    engine: FrameEngine,
    path: str | Path,
    output: str | Path,
    *,
    as_of: date,
    rejects: str | Path | None = None,
    criteria: str | Path | None = None,
    bad_values: BadValues = "reject",
    ignored_columns: Iterable[str] = (),
    memory_mb: float = 1024,
    progress: Progress | None = None,
) -> BulkSummary:
    """Assess the deals of Parquet files into a Parquet file, in bounded memory.

    Parameters
    ----------
    engine : a compiled pack
    path : a folder with `deals.parquet` and a file for each list (`stakeholders.parquet`), or a file of deals
        Columns are those of `Engine.assess_frame`: deals have their key in `id`, rows of a list in `deal_id`.
    output : the Parquet file to write: `FrameAssessment.deals`, with pack and day in its metadata
    as_of : the day of the assessment
    rejects : a file of JSON Lines for deals that could not be assessed and list rows that belong to no deal
    criteria : a Parquet file for the status of every criterion
    bad_values, ignored_columns : see `Engine.assess_frame`; a column may be named `deals.parquet:COLUMN` too
    memory_mb : memory to stay below, in MB; the work is cut into as many buckets as that takes
        The rows of one deal stay together, and so do rows without a key: a bucket is never smaller than that.
    progress : called with the step, the rows or deals done and their number; may raise to stop the run

    Returns
    -------
    BulkSummary

    Raises
    ------
    InputError
        The files are not what they should be (I-FILE, I-FORMAT, I-COLUMN), every fault at once.
    ArgumentError
        A column or an argument is not usable (A-COLUMN, A-FRAME, A-VALUE), or a file cannot be written or
        belongs to the input (A-OUTPUT).

    Notes
    -----
    A file is written whole or not at all. Rows come bucket after bucket, in each in the order of the input.
    """
    if not memory_mb > 0:
        message = f"{shown(memory_mb)} given for memory_mb, a number above 0 expected"
        raise ArgumentError(Fault("A-VALUE", message))
    sources = _opened(Path(path), known_lists(engine.plan.schema))
    places = {"output": Path(output)}
    places |= {} if rejects is None else {"rejects": Path(rejects)}
    places |= {} if criteria is None else {"criteria": Path(criteria)}
    _keep_apart(Path(path), sources, places)
    ignored = frozenset(name.replace(f"{SUFFIX}:", ".") for name in ignored_columns)
    run = _Run(engine, as_of, bad_values, ignored, progress or _silent, sources)
    key_kind = run.check()
    has_issues = bad_values == "unknown"
    wide = columns_of(engine.pack, has_issues=has_issues) | {"deal_id": key_kind}
    about = about_of(engine.pack, as_of)
    with ExitStack() as stack:
        # The last to be opened is the first to be there: who sees the output finds the others too.
        deals = stack.enter_context(parquet_sheet(places["output"], wide, about))
        statuses = refused = None
        if criteria is not None:
            kinds = CRITERIA | {"deal_id": key_kind}
            statuses = stack.enter_context(parquet_sheet(places["criteria"], kinds, about))
        if rejects is not None:
            refused = stack.enter_context(text_file(places["rejects"]))
        return run.into(_Outputs(deals, statuses, refused), places["output"].resolve(), memory_mb)


def _silent(step: Step, done: int, total: int) -> None:
    pass


# --- files


def _opened(path: Path, lists: list[str]) -> dict[str, ParquetSource]:
    """Return the files by the name of their list; the deals are `deals`."""
    if not path.is_dir():
        if not path.exists():
            raise InputError(Fault("I-FILE", f"cannot read `{path}`: no such file or folder"))
        return {DEALS: open_parquet(path)}
    known = [f"{name}{SUFFIX}" for name in (DEALS, *lists)]
    found: dict[str, ParquetSource] = {}
    faults: list[Fault] = []
    places = [place for place in sorted(path.iterdir()) if place.suffix.lower() == SUFFIX]
    if not any(place.name == known[0] for place in places):
        seen = [place.name for place in places]
        hint = nearest(known[0], seen) or "a file of deals, or a folder with a deals.parquet is expected"
        faults.append(Fault("I-FORMAT", f"`{path}` has no {known[0]}", hint=hint))
    for place in places:
        if place.name not in known:
            hint = nearest(place.name, known) or f"files are {', '.join(sorted(known))}"
            faults.append(Fault("I-FILE", f"`{place.name}` is no file of this format", hint=hint))
            continue
        try:
            found[place.stem] = open_parquet(place)
        except InputError as problem:
            faults += problem.faults
    if faults:
        raise InputError(faults)
    return found


def _keep_apart(path: Path, sources: Mapping[str, ParquetSource], places: Mapping[str, Path]) -> None:
    read = {source.path.resolve() for source in sources.values()}
    folder = path.resolve() if path.is_dir() else None

    def is_input(place: Path) -> bool:
        return place in read or (place.parent == folder and place.suffix.lower() == SUFFIX)

    keep_apart(places, is_input)


# --- assessing


@dataclass(frozen=True)
class _Outputs:
    """Where results go."""

    deals: Sheet
    criteria: Sheet | None
    rejects: TextIO | None


@dataclass(frozen=True)
class _Run:
    """One run over some files."""

    engine: FrameEngine
    as_of: date
    bad_values: BadValues
    ignored: frozenset[str]
    progress: Progress
    sources: Mapping[str, ParquetSource]

    def check(self) -> Literal["int", "text"]:
        """Raise for every column that is missing or is none of its frame; return what keys are."""
        faults = []
        for name, source in self.sources.items():
            key = _key_of(name)
            if key not in source.names:
                hint = nearest(key, source.names) or "it names the deal of a row"
                faults.append(Fault("I-COLUMN", f"`{source.path}` has no column `{key}`", hint=hint))
        if faults:
            raise InputError(faults)
        # No row yet: what is wrong with the columns is said before anything is read or written.
        frames = {name: frame_of(source.empty(), source.path) for name, source in self.sources.items()}
        is_number = frames[DEALS].schema[KEY].is_integer()
        _ = self._assessed(frames).deals
        return "int" if is_number else "text"

    def into(self, outputs: _Outputs, beside: Path, memory_mb: float) -> BulkSummary:
        """Assess all deals and write what is said of them; cut files stand in a folder `beside` a file."""
        sources, columns = self._needed()
        total = sources[DEALS].rows
        summary = BulkSummary(deals_in=total)
        times = _TIMES if outputs.criteria is None else _TIMES_WITH_CRITERIA
        share = max(memory_mb - _FIXED_MB, memory_mb * _LEAST_PART) * _MB / times
        sizes = {name: source.bytes_of_row(columns[name]) for name, source in sources.items()}
        whole = sum(sizes[name] * source.rows for name, source in sources.items())
        summary.buckets = max(1, min(ceil(whole / share), total, _MOST_BUCKETS))
        if summary.buckets == 1:
            self._assess(
                lambda _: {
                    name: frame_of(source.table(columns[name]), source.path)
                    for name, source in sources.items()
                },
                summary,
                outputs,
            )
            return summary
        with scratch(beside) as folder:
            cut = Buckets(folder, summary.buckets)
            rows, done = sum(source.rows for source in sources.values()), 0
            self.progress("cutting", done, rows)
            for name, source in sources.items():
                at_once = min(max(int(share / _PIECES / sizes[name]), _LEAST_ROWS), _MOST_ROWS)
                for batch in source.batches(columns[name], at_once):
                    cut.add(name, batch, _key_of(name))
                    done += len(batch)
                    self.progress("cutting", done, rows)
            schemas = {name: source.schema_of(columns[name]) for name, source in sources.items()}
            self._assess(lambda bucket: cut.take(bucket, schemas), summary, outputs)
        return summary

    def _needed(self) -> tuple[dict[str, ParquetSource], dict[str, list[str]]]:
        """Return the files that rules read, and which columns of them."""
        read = names_read(self.engine._frames.layouts.needed)  # noqa: SLF001 - one package with the engine
        columns = {}
        for name, source in self.sources.items():
            if name != DEALS and name not in read:
                continue
            wanted = {_key_of(name), *read[None if name == DEALS else name]}
            if name == DEALS:
                # A list's own file goes before a column of lists.
                wanted -= self.sources.keys()
            columns[name] = [one for one in source.names if one in wanted]
        return {name: self.sources[name] for name in columns}, columns

    def _assess(self, read: Callable[[int], Frames], summary: BulkSummary, outputs: _Outputs) -> None:
        self.progress("assessing", 0, summary.deals_in)
        for bucket in range(summary.buckets):
            # No name for the frames here: this bucket's are gone before the next one's are read.
            self._write(self._assessed(read(bucket)), summary, outputs)
            free_memory()
            self.progress("assessing", summary.assessed + summary.rejected, summary.deals_in)
        assert summary.deals_in == summary.assessed + summary.rejected

    def _assessed(self, frames: Frames) -> Any:
        lists = {name: frame for name, frame in frames.items() if name != DEALS}
        return self.engine.assess_frame(
            frames[DEALS],
            as_of=self.as_of,
            key=KEY,
            link=LINK,
            bad_values=self.bad_values,
            ignored_columns=self.ignored,
            **lists,
        )

    def _write(self, found: Any, summary: BulkSummary, outputs: _Outputs) -> None:
        summary.add(found.deals)
        _add(found.deals, outputs.deals)
        rejected, strays = found.rejected, found.strays
        summary.rejected += rejected.height
        summary.stray_rows += strays["rows"].sum()
        if outputs.rejects is not None:
            for deal, faults in rejected.iter_rows():
                line = {"id": deal, "faults": faults.split(SEPARATOR)}
                outputs.rejects.write(json.dumps(line, ensure_ascii=False) + "\n")
            for line in strays.iter_rows(named=True):
                outputs.rejects.write(json.dumps(line, ensure_ascii=False) + "\n")
        if outputs.criteria is not None:
            _add(found.criteria, outputs.criteria)


def _add(frame: Any, sheet: Sheet) -> None:
    for rows in frame.iter_slices(_SLICE):
        sheet.add_table(rows.to_arrow())


def _key_of(name: str) -> str:
    return KEY if name == DEALS else LINK
