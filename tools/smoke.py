"""What an installed kamrules can do with some extras: run by the interpreter of an environment that has it.

    python tools/smoke.py                  the core
    python tools/smoke.py frame verify     and what these extras add

Reads nothing of the checkout: it is run from an empty folder.
"""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import kamrules as kr
from kamrules.cli import main

DAY = date(2026, 6, 30)
DEAL = {"id": "D-1", "milestone": "M2", "account": {"name": "Lingang Shipyard", "industry": "ships"}}


def command(*arguments: str, code: int = 0) -> str:
    """Run a command, and return what it printed."""
    ended = None
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        try:
            main(list(arguments))
        except SystemExit as problem:
            ended = problem.code
    assert ended == code, f"{arguments} ended with {ended}"
    return printed.getvalue()


def core() -> None:
    assert "site-packages" in kr.__file__, "run with an installed kamrules"
    engine = kr.compile(kr.load_pack("handbook"))
    found = engine.assess(DEAL, as_of=DAY)
    assert found.stage.claim == "not_proven"
    assert "M2" in kr.explain(engine, DEAL, as_of=DAY)
    assert engine.pack.id in command("check", "handbook")
    with tempfile.TemporaryDirectory() as folder:
        deals = Path(folder) / "deals.csv"
        deals.write_text("id,milestone\nD-1,M2\n", encoding="utf-8")
        assert "D-1" in command("assess", folder, "--as-of", DAY.isoformat())


def frame() -> None:
    import polars as pl

    engine = kr.compile(kr.load_pack("handbook"))
    found = engine.assess_frame(pl.DataFrame({"id": ["D-1"], "milestone": ["M2"]}), as_of=DAY)
    assert found.deals["claim"].to_list() == ["not_proven"]


def verify() -> None:
    engine = kr.compile(kr.load_pack("handbook"))
    assert kr.shortest_path(engine, DEAL, as_of=DAY).target == "M2"


def learn() -> None:
    from kamrules.scoring.estimators.deal_features import DealFeatures
    from kamrules.scoring.estimators.scorecard_classifier import ScorecardClassifier

    engine = kr.compile(kr.load_pack("handbook"))
    matrix = DealFeatures(engine, as_of=DAY).fit_transform([DEAL, {}])
    assert ScorecardClassifier.from_pack(engine).predict_proba(matrix).shape == (2, 2)


def live() -> None:
    from kamrules.rules.reactors import choose_reactor

    engine = kr.compile(kr.load_pack("handbook"))
    kind = "durable" if sys.version_info < (3, 13) else "plain"
    assert choose_reactor(kind)(engine.reactions) is not None
    import sqlalchemy  # noqa: F401 - the journal's


def calendar() -> None:
    from kamrules.calendars import Calendar

    assert not Calendar(country="CN").is_working_day(date(2026, 10, 1))


def plot() -> None:
    import altair as alt
    import vl_convert

    chart = alt.Chart(alt.Data(values=[{"a": 1}])).mark_point().encode(x="a:Q")
    assert "<svg" in vl_convert.vegalite_to_svg(chart.to_json())


def excel() -> None:
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "tiers.xlsx"
        command("table", "export", "handbook", "--id", "tier", "-o", str(table))
        assert table.is_file()


EXTRAS: dict[str, Callable[[], None]] = {
    function.__name__: function for function in (frame, verify, learn, live, calendar, plot, excel)
}


if __name__ == "__main__":
    core()
    for name in sys.argv[1:]:
        EXTRAS[name]()
    print("works:", "core", *sys.argv[1:])
