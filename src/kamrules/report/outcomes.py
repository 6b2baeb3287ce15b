"""Two pictures of what became of deals: calibration of probabilities, and what each criterion was worth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from kamrules.engine import Engine
from kamrules.errors import ArgumentError, Fault
from kamrules.report.charts import Frame, calibration_chart, framed, worth_chart
from kamrules.report.ink import BLUE, DIM, VERMILLION
from kamrules.report.picture import Picture, checked_language
from kamrules.report.words import said_verdict, say
from kamrules.scoring.validation.skill import Measured, wilson
from kamrules.source import visible
from kamrules.wording import Language

_LOOKS = {"keep": ("circle", BLUE), "sharpen": ("triangle-up", DIM), "retire": ("square", VERMILLION)}
_OTHER_LOOK = ("diamond", DIM)


class Worth(Protocol):
    """One row of the gate values: a criterion, the difference it makes, and what to do with it."""

    @property
    def id(self) -> str:
        """The criterion."""

    @property
    def difference(self) -> Measured | None:
        """Share won when it is met less that when it is not, -1 to 1; None where nothing is known."""

    @property
    def verdict(self) -> str:
        """What to do with the criterion, in a word."""


def calibration(
    won: Sequence[bool],
    probabilities: Sequence[float],
    *,
    bins: int = 5,
    confidence: float = 0.9,
    language: Language = "en",
) -> Picture:
    """Draw how often deals were won against how often it was said they would be.

    Parameters
    ----------
    won : outcomes of deals that were not learned from
    probabilities : of winning, 0 to 1, one for each
    bins : groups of about as many deals, by probability. 5 by default: of 60 deals each share is then known
        to about 20 points either way (our choice)
    confidence : probability mass of the intervals, between 0 and 1
    language : "en" or "zh"

    Notes
    -----
    A group is drawn at the mean of its probabilities; its share won has a Wilson interval.

    Raises
    ------
    ArgumentError
        A-VALUE when lengths differ, a probability is none, another number is out of its range, or for another
        language.

    Examples
    --------
    >>> calibration([True, False, True, False], [0.9, 0.2, 0.7, 0.4], bins=2).alt.split("; ")[0]
    'probability said 0.30: share won 0.00 (0.00 … 0.57), 2 deals'
    """
    checked_language(language)
    faults = list(_faults(won, probabilities, bins, confidence))
    if faults:
        raise ArgumentError(faults)
    rows = []
    order = sorted(range(len(won)), key=probabilities.__getitem__)
    for place in range(bins):
        group = order[len(order) * place // bins : len(order) * (place + 1) // bins]
        if group:
            seen = wilson(sum(bool(won[one]) for one in group), len(group), confidence)
            said = sum(probabilities[one] for one in group) / len(group)
            row = {"said": said, "seen": seen.value, "low": seen.low, "high": seen.high}
            rows.append({**row, "deals": len(group)})
    said_of_all = "; ".join(
        f"{say('calibration.said', language)} {row['said']:.2f}: {say('calibration.share', language)}"
        f" {row['seen']:.2f} ({row['low']:.2f} … {row['high']:.2f}),"
        f" {say('n_deals', language).format(row['deals'])}"
        for row in rows
    )
    frame = Frame("calibration", say("calibration.title", language), said_of_all or say("no_deals", language))
    return framed(calibration_chart(rows, language), frame, language)


def _faults(
    won: Sequence[bool], probabilities: Sequence[float], bins: int, confidence: float
) -> Iterator[Fault]:
    if len(won) != len(probabilities) or not all(0 <= one <= 1 for one in probabilities):
        yield Fault("A-VALUE", "as many probabilities between 0 and 1 as outcomes expected")
    if bins < 1:
        yield Fault("A-VALUE", f"`{bins}` given for bins, 1 or more expected")
    if not 0 < confidence < 1:
        yield Fault("A-VALUE", f"`{confidence}` given for confidence, between 0 and 1 expected")


def gate_worth(engine: Engine, values: Iterable[Worth], *, language: Language = "en") -> Picture:
    """Draw what each criterion is worth: the difference of the share won, with its interval and verdict.

    A criterion of which nothing is known has a `?` and the whole width, not a zero.

    Parameters
    ----------
    engine : a compiled pack
    values : rows with `id`, `difference` and `verdict`, in the order to draw them
    language : "en" or "zh"

    Raises
    ------
    ArgumentError
        A-VALUE for another language.
    """
    checked_language(language)
    rows = [_row(engine, value, language) for value in values]
    said = "; ".join(f"{row['name']}: {_difference(row, language)}, {row['told']}" for row in rows)
    frame = Frame("worth", say("values.title", language), said or say("no_deals", language))
    return framed(worth_chart(rows, language), frame, language)


def _row(engine: Engine, value: Worth, language: Language) -> dict[str, Any]:
    spec = engine.pack.criteria.get(value.id)
    found = value.difference
    shape, colour = _LOOKS.get(value.verdict, _OTHER_LOOK)
    return {
        "name": visible(f"{value.id} {spec.name.get(language)}" if spec is not None else value.id),
        "value": found.value if found is not None else 0.0,
        "low": found.low if found is not None else -1.0,
        "high": found.high if found is not None else 1.0,
        "is_known": found is not None,
        "told": visible(said_verdict(value.verdict, language)),
        "shape": shape,
        "colour": colour,
    }


def _difference(row: dict[str, Any], language: Language) -> str:
    if not row["is_known"]:
        return say("unknown_status", language)
    return f"{row['value']:+.2f} ({row['low']:+.2f} … {row['high']:+.2f})"
