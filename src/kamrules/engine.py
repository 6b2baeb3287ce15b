"""The public engine: a compiled pack that assesses deals one at a time or by the million."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args
from weakref import WeakSet

from pydantic import BaseModel

from kamrules.assessment import Assessment, Rejection
from kamrules.assessor import Assessor, Detail
from kamrules.calendars import Calendar, countries
from kamrules.errors import ArgumentError, Fault, PackError, RecordError, nearest
from kamrules.intake import Intake
from kamrules.rules.lang.core import Node
from kamrules.rules.pack import Pack, read_pack
from kamrules.rules.packformat import WEEKDAYS
from kamrules.rules.planning import Planned, plan_pack
from kamrules.rules.trace import Fact
from kamrules.rules.verdict import Outcome
from kamrules.scoring.cadence import CadenceResult, judge_cadence
from kamrules.scoring.deadline import DeadlineResult, judge_deadline
from kamrules.scoring.milestones import Gate
from kamrules.scoring.quiet import QuietPeriod, judge_quiet
from kamrules.validation import shown
from kamrules.wording import ASSESSMENT, Language, Wording

if TYPE_CHECKING:
    from kamrules.frames import FrameAssessment, FrameAssessor
    from kamrules.frames.due import DueFrames

BadValues = Literal["reject", "unknown"]
# An assessment holds ids; to show it in words one needs an engine of the same pack. Any one will do: the hash
# is that of the pack's whole content. An engine that nobody holds any more is not kept.
_IN_MEMORY: WeakSet[Engine] = WeakSet()


def load_pack(
    ref: str | Path, *, params: Mapping[str, Any] | None = None, currency: str | None = None
) -> Pack:
    """Read and check a pack.

    Parameters
    ----------
    ref : id of a shipped pack (`handbook`), a pack file, or a folder with a `pack.yaml`
    params : values that override parameters of the pack, by name
    currency : ISO 4217 code of every money field, instead of the pack's own

    Returns
    -------
    Pack

    Raises
    ------
    PackError
        KR200 with every fault of the pack, each at line and column.

    Examples
    --------
    >>> load_pack("handbook").id
    'handbook'
    """
    pack, faults = check_pack(ref, params=params, currency=currency)
    if faults:
        raise PackError(faults)
    return pack


def check_pack(
    ref: str | Path, *, params: Mapping[str, Any] | None = None, currency: str | None = None
) -> tuple[Pack, tuple[Fault, ...]]:
    """Read a pack and return it with every fault, in the order of the file, instead of raising.

    Raises `PackError` only where there is nothing to check: no such file, or not YAML at all.
    """
    _given(isinstance(ref, str | Path), "ref", ref, "the id of a shipped pack or a path")
    _given(params is None or isinstance(params, Mapping), "params", params, "a mapping of names to values")
    pack, faults = read_pack(ref, params=params, currency=currency)
    faults = [*faults, *plan_pack(pack).faults]
    unique = dict.fromkeys(faults)
    return pack, tuple(sorted(unique, key=lambda fault: (fault.span is None, fault.span, fault.code)))


def compile(pack: Pack) -> Engine:  # noqa: A001 - the field's word for it, used as `kr.compile`
    """Compile a pack to an engine; raises PackError if the pack has faults.

    Examples
    --------
    >>> from datetime import date
    >>> engine = compile(load_pack("handbook"))
    >>> deal = {"id": "D1", "account": {"name": "Lingang", "industry": "shipbuilding"}}
    >>> engine.assess(deal, as_of=date(2026, 6, 30)).stage.supported
    'M1'
    """
    _given(isinstance(pack, Pack), "pack", pack, "what `load_pack` returns")
    planned = plan_pack(pack)
    if planned.faults:
        raise PackError(planned.faults)
    return Engine(pack, planned)


def engine_of(pack_hash: str) -> Engine | None:
    """Return an engine of the pack with this hash, None when there is none in memory."""
    return next((engine for engine in _IN_MEMORY if engine.pack.hash == pack_hash), None)


class Engine:
    """A compiled pack. Immutable, and safe to share between threads.

    `model` is the pydantic model of a deal, with the pack's custom fields and currency.
    """

    def __init__(self, pack: Pack, planned: Planned) -> None:
        self.pack = pack
        self.plan = planned.plan
        self.model = planned.model
        self.forms = planned.forms
        self.actions = planned.actions
        self.cadence_plans = planned.cadences
        self.deadline_plans = planned.deadlines
        self.reactions = planned.reactions
        self._planned = planned
        self._assessor = Assessor(pack, planned)
        self._intake = Intake(planned.model, pack.privacy)
        self._wording = Wording(pack, planned.model)
        _IN_MEMORY.add(self)

    def __repr__(self) -> str:
        return f"Engine({self.pack.id} {self.pack.version}, {len(self.plan.rules)} rules)"

    def read(self, deal: Any) -> BaseModel:
        """Return a deal (mapping or record) as this engine's record; RecordError lists every bad field."""
        return self._intake.read(deal)[0]

    def read_without_bad_values(self, deal: Any) -> tuple[BaseModel, tuple[Fault, ...]]:
        """Return a deal as a record in which every bad value is unknown, with the faults of those values.

        Raises RecordError where nothing remains, because the deal is no record at all.
        """
        return self._intake.read_without_bad_values(deal) or self._intake.read(deal)

    def refused(self, where: str, name: str) -> Fault | None:
        """Return the fault for a field or column `name` at `where` the pack refuses (RL-15), else None."""
        return self._intake.refused(where, name)

    def assess(self, deal: Any, *, as_of: date, detail: Detail = "full") -> Assessment:
        """Assess one deal as of one day.

        Parameters
        ----------
        deal : mapping as of JSON, or a `Deal` record
        as_of : the day of the assessment; nothing reads the wall clock
        detail : "full" adds the facts read and missing to every result and checks the compiled engine against
            the reference; "brief" leaves them out except for the unknown criteria of the next gate;
            "points" is brief with the points of the health ledger, and where a red line trips with the map
            of people, which says whom it leaves out

        Raises
        ------
        RecordError
            KR300 with every field that does not fit.
        ArgumentError
            KR500 when `as_of` is not a date, or `detail` is neither of the two.
        """
        return self._assess(self._intake.read(deal), _day(as_of), _one_of(Detail, "detail", detail))

    def assess_many(
        self,
        deals: Iterable[Any],
        *,
        as_of: date,
        detail: Detail = "brief",
        bad_values: BadValues = "reject",
        start_row: int = 1,
    ) -> Iterator[Assessment | Rejection]:
        """Assess a stream of deals; one result for each, in order, never more and never fewer.

        A deal that does not fit becomes a `Rejection` with its row and every fault. With
        `bad_values="unknown"` a bad value is dropped (so the fact is unknown) and listed in `issues`, and
        only what is no record at all is rejected. A `Rejection` in the input is passed through.
        """
        found = self.read_and_assess(
            deals, as_of=as_of, detail=detail, bad_values=bad_values, start_row=start_row
        )
        for _, outcome in found:
            yield outcome

    def read_and_assess(
        self,
        deals: Iterable[Any],
        *,
        as_of: date,
        detail: Detail = "brief",
        bad_values: BadValues = "reject",
        start_row: int = 1,
    ) -> Iterator[tuple[BaseModel | None, Assessment | Rejection]]:
        """Assess a stream of deals as `assess_many`, each with the record it was read as.

        The record is None for a rejection. It saves whoever needs both to read every deal twice.
        """
        day = _day(as_of)
        _one_of(Detail, "detail", detail)
        _one_of(BadValues, "bad_values", bad_values)
        given: Any = deals
        is_stream = isinstance(given, Iterable) and not isinstance(given, str | bytes | Mapping)
        _given(is_stream, "deals", given, "an iterable of deals")
        for row, deal in enumerate(deals, start_row):
            if isinstance(deal, Rejection):
                yield None, deal
                continue
            try:
                read = self._intake.read(deal)
                found = self._assess(read, day, detail)
            except RecordError as error:
                repaired = self._intake.read_without_bad_values(deal) if bad_values == "unknown" else None
                if repaired is None:
                    yield None, Rejection(row, _id_of(deal), error.faults, deal)
                    continue
                read = repaired
                found = self._assess(read, day, detail)
            yield read[0], found

    def _assess(self, read: tuple[BaseModel, tuple[Fault, ...]], day: date, detail: Detail) -> Assessment:
        record, issues = read
        try:
            return self._assessor.assess(record, day, detail, issues)
        except RecordError:
            raise
        except Exception:
            # A record is not checked again when it comes in; somebody may have set a wrong value since.
            self._intake.read_again(record)
            raise

    def assess_frame(  # noqa: PLR0913 - the deals, their lists, and how to read them
        self,
        deals: Any,
        *,
        as_of: date,
        key: str = "id",
        link: str = "deal_id",
        bad_values: BadValues = "reject",
        ignored_columns: Iterable[str] = (),
        **lists: Any,
    ) -> FrameAssessment:
        """Assess a whole frame of deals, by its own data frame library.

        Parameters
        ----------
        deals : frame of pandas, Polars (eager or lazy), PyArrow, DuckDB, Spark or Dask
            One row a deal. Fields are columns, nested ones joined by `__` (`account__industry`) or in struct
            columns; `FIELD__evidence` holds an evidence level, `FIELD__evidence_at` its day. What is missing
            is unknown.
        as_of : the day of the assessment
        key : the column of `deals` that names a deal: texts or whole numbers, unique
        link : the column of the lists' frames that names the deal of a row
        bad_values : "reject" leaves a deal with a value that is none of its field out and lists it in
            `rejected`; "unknown" makes such a value unknown and names its field in column `issues`
        ignored_columns : names of columns that are no fields of a record; `*` for all such
        **lists : frames of the same library, one row an element (`stakeholders=…`, `activities=…`)
            Instead, a list may be a column of structs in `deals`. A list that is nowhere is unknown for every
            deal, unless `LIST__known` says otherwise; a deal without rows has an empty list.

        Returns
        -------
        FrameAssessment
            `deals`, `criteria`, `rejected`, `strays`; verdict for verdict what `assess` says of each deal.

        Raises
        ------
        ArgumentError
            A frame, column, list or argument is not usable (A-FRAME, A-COLUMN, A-VALUE), every fault at once.
        BackendError
            The pack says what columns cannot (B-OPERATOR).
        MissingExtraError
            narwhals is not installed (X-FRAME).

        Examples
        --------
        >>> import polars as pl
        >>> from datetime import date
        >>> engine = compile(load_pack("handbook"))
        >>> account = {"account__name": ["Lingang"], "account__industry": ["shipbuilding"]}
        >>> deals = pl.DataFrame({"id": ["D1"], "milestone": ["M2"], **account})
        >>> found = engine.assess_frame(deals, as_of=date(2026, 6, 30)).deals
        >>> found.select("deal_id", "claimed", "supported", "claim").row(0)
        ('D1', 'M2', 'M1', 'not_proven')
        """
        _one_of(BadValues, "bad_values", bad_values)
        from kamrules.frames import Reading  # noqa: PLC0415 - needs an extra

        reading = Reading(key, link, bad_values, frozenset(ignored_columns))
        return self._frames.assess(deals, lists, _day(as_of), reading, self.refused)

    def frame_columns(self) -> dict[str, list[str]]:
        """Return the columns that the pack reads, of the deals (under `deals`) and of each list.

        What is not there is unknown; evidence, its day and `LIST__known` are read where they are there.

        Examples
        --------
        >>> columns = compile(load_pack("handbook")).frame_columns()
        >>> columns["buying_steps"]
        ['on', 'on__evidence', 'on__evidence_at', 'step', 'step__evidence', 'step__evidence_at']
        """
        return self._frames.columns()

    @cached_property
    def _frames(self) -> FrameAssessor:
        from kamrules.frames import FrameAssessor, rules_of  # noqa: PLC0415 - needs an extra

        return FrameAssessor(rules_of(self.pack, self._planned, self.gates))

    @cached_property
    def _due_frames(self) -> DueFrames:
        from kamrules.frames.due import DueFrames  # noqa: PLC0415 - needs an extra
        from kamrules.frames.intake import limits_of_model  # noqa: PLC0415 - needs an extra

        limits = limits_of_model(self.model)
        return DueFrames(self.cadence_plans, self.plan.schema, self.plan.root, limits)

    def run(self, deal: Any, *, as_of: date) -> Outcome:
        """Return the bare outcome of the compiled plan: the fastest path, without stages and texts."""
        return self._assessor.program.run(self.read(deal), _day(as_of))

    def cadences(self, deal: Any, *, as_of: date) -> tuple[CadenceResult, ...]:
        """Return where each cadence of the pack stands for a deal: last done, next due, overdue.

        Apart from `assess`, which says of the same work whether a rule is breached.

        Raises
        ------
        RecordError
            KR300 with every field that does not fit.
        MissingExtraError
            X-CALENDAR when a cadence counts working days of a country and `holidays` is not installed.

        Examples
        --------
        >>> engine = compile(load_pack("handbook"))
        >>> meetings = [{"type": "project_analysis", "on": "2026-06-29"}]
        >>> deal = {"status": "open", "milestone": "M5", "meetings": meetings}
        >>> found = {one.id: one for one in engine.cadences(deal, as_of=date(2026, 6, 30))}
        >>> found["analysis_meeting"].status, found["analysis_meeting"].next_due
        ('ok', datetime.date(2026, 7, 1))
        """
        record, day = self.read(deal), _day(as_of)
        return tuple(
            judge_cadence(cadence, record, day, self._calendar_for(cadence.working_days), root=self.plan.root)
            for cadence in self.cadence_plans
        )

    def cadences_frame(
        self,
        deals: Any,
        *,
        as_of: date,
        key: str = "id",
        link: str = "deal_id",
        ignored_columns: Iterable[str] = (),
        **lists: Any,
    ) -> Any:
        """Return where each cadence of the pack stands for every deal of a frame, as `cadences` says it.

        Parameters
        ----------
        deals, as_of, key, link, ignored_columns, **lists : see `assess_frame`
            A value that is none of its field is unknown.

        Returns
        -------
        frame
            Of the same library, one row a cadence and deal: `deal_id`, `cadence`, `status`, `last_done` and
            `next_due` (days), `overdue_days`. The facts that were read and are missing have no column.

        Raises
        ------
        ArgumentError
            A frame, column, list or argument is not usable (A-FRAME, A-COLUMN), or is one of Spark or Dask.
        BackendError
            A cadence says what columns cannot, such as working days (B-OPERATOR).
        MissingExtraError
            narwhals is not installed (X-FRAME).

        Examples
        --------
        >>> import polars as pl
        >>> engine = compile(load_pack("handbook"))
        >>> deals = pl.DataFrame({"id": ["D1"], "status": ["open"], "milestone": ["M5"]})
        >>> held = {"deal_id": ["D1"], "type": ["project_analysis"], "on": [date(2026, 6, 26)]}
        >>> found = engine.cadences_frame(deals, meetings=pl.DataFrame(held), as_of=date(2026, 6, 30))
        >>> found.filter(cadence="analysis_meeting").select("status", "next_due", "overdue_days").row(0)
        ('overdue', datetime.date(2026, 6, 28), 2)
        """
        from kamrules.frames.reading import Reading  # noqa: PLC0415 - needs an extra

        reading = Reading(key, link, "unknown", frozenset(ignored_columns))
        return self._due_frames.table(deals, lists, _day(as_of), reading, self.refused)

    def deadlines(self, deal: Any, *, as_of: date) -> tuple[DeadlineResult, ...]:
        """Return where each deadline of the pack stands for a deal: the last day, and whether it was done.

        Raises
        ------
        RecordError
            KR300 with every field that does not fit.
        MissingExtraError
            X-CALENDAR when a deadline counts working days of a country and `holidays` is not installed.

        Examples
        --------
        >>> engine = compile(load_pack("handbook"))
        >>> tender = {"procurement_regime": "mandatory_tender"}
        >>> deal = tender | {"bid": {"deadline_at": "2026-07-20T09:30:00+08:00"}}
        >>> found = {one.id: one for one in engine.deadlines(deal, as_of=date(2026, 6, 30))}
        >>> found["documents_objection"].status, found["documents_objection"].due_on
        ('open', datetime.date(2026, 7, 10))
        """
        record, day = self.read(deal), _day(as_of)
        return tuple(
            judge_deadline(one, record, day, self._calendar_for, root=self.plan.root)
            for one in self.deadline_plans
        )

    def quiet_period(self, deal: Any, *, as_of: date) -> QuietPeriod:
        """Return the quiet period of a deal's tender as it stands on a day; RecordError for a bad field."""
        plan = self._planned.quiet
        record, day = self.read(deal), _day(as_of)
        if plan is None:
            return QuietPeriod("not_applicable")
        return judge_quiet(plan, record, day, root=self.plan.root)

    @cached_property
    def calendar(self) -> Calendar:
        """The working days of the pack.

        Raises
        ------
        MissingExtraError
            X-CALENDAR when the pack names a country and `holidays` is not installed.
        PackError
            P-VALUE when `holidays` does not know the country.
        """
        country = self.pack.calendar.country
        if country is not None and country not in countries():
            hint = nearest(country, countries()) or "an ISO 3166 code such as CN"
            span = self.pack.span("calendar", "country")
            raise PackError(
                Fault("P-VALUE", f"no holidays of a country `{country}` are known", span, hint=hint)
            )
        return self._calendar_of(country)

    def day_of(self, moment: datetime) -> date:
        """Return the day of a moment in the time zone of the pack's calendar."""
        return self._calendar_of(None).day_of(moment)

    def _calendar_of(self, country: str | None) -> Calendar:
        spec = self.pack.calendar
        return Calendar(
            country,
            frozenset(WEEKDAYS.index(day) for day in spec.weekend),
            frozenset(spec.holidays),
            frozenset(spec.workdays),
            spec.time_zone,
        )

    def _calendar_for(self, working_days: bool) -> Calendar:  # noqa: FBT001 - the pack's own word
        """Return the calendar; without a country, which needs no library, where no working day is counted."""
        return self.calendar if working_days else self._calendar_of(None)

    @property
    def max_dwell(self) -> Mapping[str, int]:
        """The longest stay in each milestone that has one, in days."""
        return self._planned.max_dwell

    @property
    def stalled_when(self) -> Node | None:
        """The condition under which a deal stalls, whatever its history."""
        return self._planned.stalled_when

    @property
    def gates(self) -> tuple[Gate, ...]:
        """The hard criteria of each milestone, by side, in the order of the milestones."""
        return self._assessor.gates

    def label(self, path: str, language: Language = "en") -> str:
        """Return the title of a fact for a path such as `deal.stakeholders[2].stance`."""
        return self._wording.label(path, language)

    def desk(self, name: str, language: Language = "en") -> str:
        """Return the name of a desk in the words of the pack, or its id."""
        return self._wording.desk(name, language)

    def show(self, fact: Fact, language: Language = "en") -> str:
        """Return the value of a fact as a person reads it; money in major units."""
        return self._wording.show(fact, language)

    def to_dict(self, assessment: Assessment, language: Language = "en") -> dict[str, Any]:
        """Return an assessment as JSON-ready data, with names, slides and next actions from the pack."""
        _one_of(Language, "language", language)
        return self._wording.to_dict(assessment, language)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of an Assessment as `Engine.to_dict` starts from it."""
    return ASSESSMENT.json_schema(mode="serialization")


def _day(as_of: Any) -> date:
    if isinstance(as_of, datetime) or not isinstance(as_of, date):
        raise ArgumentError(Fault("A-DATE", f"as_of is a date such as date(2026, 6, 30), seen: `{as_of!r}`"))
    return as_of


def _given(is_right: bool, name: str, value: Any, expected: str) -> None:  # noqa: FBT001 - a check's outcome
    """Raise unless an argument is of the kind a call needs."""
    if not is_right:
        raise ArgumentError(Fault("A-VALUE", f"{shown(value)} given for {name}, {expected} expected"))


def _one_of(choices: Any, name: str, value: Any) -> Any:
    allowed = get_args(choices)
    if value not in allowed:
        expected = " or ".join(f"`{choice}`" for choice in allowed)
        raise ArgumentError(Fault("A-VALUE", f"{shown(value)} given for {name}, {expected} expected"))
    return value


def _id_of(deal: Any) -> str | None:
    found = deal.get("id") if isinstance(deal, Mapping) else getattr(deal, "id", None)
    return found if isinstance(found, str) else None if found is None else shown(found).strip("`")
