"""A model as a file of plain JSON: numbers, lists and texts, nothing that runs when it is opened.

Promises: a loaded model gives the very same numbers as the saved one; a file that is not what `save_model`
writes, for this pack and this line of kamrules, is refused with every fault at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sized
from dataclasses import asdict, replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kamrules import __version__
from kamrules.assessment import PackRef
from kamrules.engine import Engine
from kamrules.errors import Fault, InputError, KamrulesError
from kamrules.jsontext import JsonTextError, parse_json
from kamrules.learning.closed import Why
from kamrules.learning.drift import Spread
from kamrules.learning.matrix import prior_of
from kamrules.learning.model import Model, Sample, Settings
from kamrules.scoring.estimators.scorecard_classifier import ScorecardClassifier
from kamrules.scoring.estimators.win_probability import WinProbability
from kamrules.validation import faults_of
from kamrules.wholefile import text_file

SCHEMA = 1
MAX_BYTES = 64_000_000  # our choice: the covariances of nearly a thousand columns
_SHOWN_FAULTS = 50

Count = Annotated[int, Field(ge=0, le=10**9)]
Share = Annotated[float, Field(gt=0, lt=1)]
# No model comes near these ends; beyond them sums of squares would overflow.
Number = Annotated[float, Field(ge=-1e12, le=1e12)]
Positive = Annotated[float, Field(ge=1e-15, le=1e12)]
Text = Annotated[str, Field(max_length=200)]
Numbers = list[Number]
Pair = Annotated[Numbers, Field(min_length=2, max_length=2)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class _Pack(_Part):
    id: Text
    version: Text
    hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Settings(_Part):
    parts: Literal["health", "all"]
    until: Text | None
    odds: Annotated[float, Field(gt=1, le=1e12)]
    prior_deals: Positive
    confidence: Share
    seed: int


class _Sample(_Part):
    wins: Count
    losses: Count
    first: str
    last: str
    lead_days: Annotated[int, Field(ge=1, le=10**6)]
    left_out: dict[Why, Count]
    earlier: Annotated[list[Count], Field(min_length=2, max_length=2)]
    later: Annotated[list[Count], Field(min_length=2, max_length=2)]
    unknown: Annotated[float, Field(ge=0, le=1)]


class _Prior(_Part):
    columns: list[Text]
    mean: Numbers
    centre: Numbers
    spread: Numbers
    signs: list[Literal[-1, 0, 1]]
    log_odds: Number


class _Scorecard(_Part):
    prior: _Prior
    prior_deals: Positive
    scale_doubt: Annotated[float, Field(ge=0, lt=1)]
    strength_doubt: Annotated[float, Field(ge=0, le=1e12)]
    confidence: Share
    deals: Annotated[int, Field(ge=2, le=10**9)]
    prior_deals_left: Positive
    prior_log_odds: Number
    log_odds: Number
    centre: Numbers
    prior_coefficients: Numbers
    prior_covariance: list[Numbers]
    coefficients: Annotated[list[Numbers], Field(min_length=1, max_length=1)]
    intercept: Annotated[Numbers, Field(min_length=1, max_length=1)]
    covariance: list[Numbers]
    coefficient_intervals: list[Pair]


class _Win(_Part):
    min_wins: Count
    min_losses: Count
    confidence: Share
    folds: Annotated[int, Field(ge=2, le=1000)]
    seed: int
    wins: Annotated[int, Field(ge=1, le=10**9)]
    losses: Annotated[int, Field(ge=1, le=10**9)]
    calibration: Literal["none", "sigmoid", "isotonic", "flat"]
    curve: dict[Literal["slope", "level", "at", "chance"], Annotated[Numbers, Field(min_length=1)]]
    limit: Annotated[float, Field(ge=0, le=1e12)]
    mean: Numbers
    varied: list[bool]
    scale: list[Positive]
    root: list[Numbers]


class _Spread(_Part):
    column: Text
    edges: Numbers
    counts: list[Count]


class _File(_Part):
    kamrules_model: Literal[1]
    kamrules: Text
    pack: _Pack
    settings: _Settings
    columns: Annotated[list[Text], Field(min_length=1)]
    sample: _Sample
    scorecard: _Scorecard
    win: _Win
    spreads: list[_Spread]


def save_model(model: Model, path: str | Path) -> None:
    """Write a model; the file is there whole at the end, or unchanged.

    Raises
    ------
    ArgumentError
        A-OUTPUT when the file cannot be written.
    """
    with text_file(Path(path)) as stream:
        stream.write(model_text(model))


def model_text(model: Model) -> str:
    """Return a model as JSON text: the same text for the same model."""
    sample = {**asdict(model.sample), "first": str(model.sample.first), "last": str(model.sample.last)}
    data = {
        "kamrules_model": SCHEMA,
        "kamrules": __version__,
        "pack": asdict(model.pack),
        "settings": asdict(model.settings),
        "columns": model.columns,
        "sample": sample,
        "scorecard": model.scorecard.to_state(),
        "win": model.win.to_state(),
        "spreads": [asdict(one) for one in model.spreads],
    }
    parts = (f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in data.items())
    return "{" + ",\n ".join(parts) + "}\n"


def load_model(path: str | Path, engine: Engine) -> Model:
    """Read a model for the pack it was learned under.

    Raises
    ------
    InputError
        The file cannot be read (I-FILE, I-SIZE, I-JSON, I-UTF8), is no model (I-*, every fault), was written
        by another line of kamrules (I-VERSION), or belongs to another pack (I-PACK).
    """
    name = str(path)
    data = _data(Path(path), name)
    try:
        found = _File.model_validate(data)
    except ValidationError as error:
        faults = faults_of(error, _File, prefix="I", where=name)
        raise InputError(faults[:_SHOWN_FAULTS]) from None
    faults = [*_other(found, engine), *_misfits(found, engine)]
    if faults:
        raise InputError(replace(fault, where=name) for fault in faults)
    return _model(found, name)


def _data(path: Path, name: str) -> Any:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise InputError(Fault("I-SIZE", f"`{name}` has {size} bytes, at most {MAX_BYTES} are read"))
        raw = path.read_bytes()
    except OSError as problem:
        reason = (problem.strerror or "cannot be opened").lower()
        raise InputError(Fault("I-FILE", f"cannot read `{name}`: {reason}")) from None
    try:
        data = parse_json(raw)
    except JsonTextError as problem:
        place = f"{name} line {problem.line}" if problem.line else name
        raise InputError(Fault(f"I-{problem.code}", problem.reason, where=place)) from None
    if not isinstance(data, dict):
        raise InputError(Fault("I-FORMAT", f"`{name}` is no model: an object in braces is expected"))
    return data


def _other(found: _File, engine: Engine) -> Iterator[Fault]:
    """Yield why a sound file is not one for this pack and this kamrules."""
    learned, here = found.kamrules.split(".")[:2], __version__.split(".")[:2]
    if learned != here:
        hint = "learn it anew with `kamrules fit`"
        yield Fault("I-VERSION", f"learned by kamrules {found.kamrules}, this is {__version__}", hint=hint)
    pack = engine.pack
    if found.pack.hash != pack.hash:
        seen = f"`{found.pack.id}` {found.pack.version} ({found.pack.hash[:12]})"
        message = f"learned under {seen}, given is `{pack.id}` {pack.version} ({pack.hash[:12]})"
        hint = "give the pack and the parameters it was learned under, or learn it anew"
        yield Fault("I-PACK", message, hint=hint)


def _misfits(found: _File, engine: Engine) -> Iterator[Fault]:
    """Yield what does not fit together in a file whose parts are each sound."""
    for what, is_sound in _laws(found):
        if not is_sound:
            yield Fault("I-VALUE", f"{what} expected")
    if found.pack.hash == engine.pack.hash:
        try:
            settings = found.settings
            prior = prior_of(engine, parts=settings.parts, until=settings.until, odds=settings.odds)
        except KamrulesError as problem:
            yield from (replace(fault, code="I-VALUE") for fault in problem.faults)
        else:
            if list(prior.columns) != found.columns:
                yield Fault("I-VALUE", "the columns of the pack, in their order, expected in `columns`")


def _laws(found: _File) -> Iterator[tuple[str, bool]]:
    card, win, sample, many = found.scorecard, found.win, found.sample, len(found.columns)
    prior = card.prior
    sizes: dict[str, tuple[Sized, ...]] = {
        "scorecard.prior": (prior.mean, prior.centre, prior.spread, prior.signs, prior.columns),
        "scorecard": (
            card.centre,
            card.prior_coefficients,
            card.coefficients[0],
            card.coefficient_intervals,
        ),
        "win": (win.mean, win.varied),
        "spreads": (found.spreads,),
    }
    for name, values in sizes.items():
        yield f"one value for each of {many} columns in `{name}`", all(len(one) == many for one in values)
    for name, matrix, size in (
        ("scorecard.covariance", card.covariance, many + 1),
        ("scorecard.prior_covariance", card.prior_covariance, many + 1),
        ("win.root", win.root, sum(win.varied)),
    ):
        is_square = {len(matrix), *(len(row) for row in matrix)} <= {size} and len(matrix) == size
        yield f"{size} rows and columns in `{name}`", is_square
    yield (
        f"one scale for each of {sum(win.varied)} varied columns in `win`",
        len(win.scale) == sum(win.varied),
    )
    yield "a positive spread of each column", all(one > 0 for one in prior.spread)
    yield (
        "no prior mean against its sign",
        all(mean * sign >= 0 for mean, sign in zip(prior.mean, prior.signs, strict=False)),
    )
    yield "the same names in `columns` and in the prior", prior.columns == found.columns
    counts = {win.wins + win.losses, sample.wins + sample.losses, card.deals}
    yield "the same number of deals everywhere", len(counts) == 1 and win.wins == sample.wins
    yield "days in `sample`", all(_is_day(day) for day in (sample.first, sample.last))
    yield "no more wins than deals", all(one[0] <= one[1] for one in (sample.earlier, sample.later))
    yield (
        "one count more than edges, which rise, in `spreads`",
        all(
            len(one.counts) == len(one.edges) + 1
            and sum(one.counts) > 0
            and all(low < high for low, high in pairwise(one.edges))
            for one in found.spreads
        ),
    )
    yield f"the curve of calibration `{win.calibration}`", _is_curve(win)


def _is_curve(win: _Win) -> bool:
    curve: Mapping[Any, Numbers] = win.curve
    if win.calibration == "sigmoid":
        return set(curve) == {"slope", "level"} and [len(one) for one in curve.values()] == [1, 1]
    if win.calibration == "isotonic":
        if set(curve) != {"at", "chance"} or len(curve["at"]) != len(curve["chance"]):
            return False
        rises = all(low < high for low, high in pairwise(curve["at"]))
        steps = [0.0, *curve["chance"], 1.0]
        return rises and all(low <= high for low, high in pairwise(steps))
    return not curve


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _model(found: _File, name: str) -> Model:
    try:
        card = ScorecardClassifier.from_state(found.scorecard.model_dump())
        win = WinProbability.from_state(found.win.model_dump(), card)
    except KamrulesError as problem:
        raise InputError(Fault("I-VALUE", one.message, where=name) for one in problem.faults) from None
    days = {key: date.fromisoformat(getattr(found.sample, key)) for key in ("first", "last")}
    pairs = {key: tuple(getattr(found.sample, key)) for key in ("earlier", "later")}
    return Model(
        PackRef(**found.pack.model_dump()),
        Settings(**found.settings.model_dump()),
        tuple(found.columns),
        Sample(**{**found.sample.model_dump(), **days, **pairs}),
        win,
        tuple(Spread(one.column, tuple(one.edges), tuple(one.counts)) for one in found.spreads),
    )
