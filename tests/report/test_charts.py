"""The pictures with continuous axes: all data in them, unknown ones too; no library where none is needed."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest

import kamrules as kr
from kamrules.report.picture import Picture
from kamrules.scoring.validation.skill import Measured
from kamrules.timeline import FactSet, Timeline
from kamrules.timeline.history import History, history_of
from kamrules.wording import Language

pytest.importorskip("altair", reason="needs the extra plot")
pytest.importorskip("vl_convert", reason="needs the extra plot")

from kamrules.report import pictures

LANGUAGES: list[Language] = ["en", "zh"]


@dataclass(frozen=True)
class Row:
    id: str
    difference: Measured | None
    verdict: str


ROWS = [
    Row("M4.X2", Measured(0.3, 0.1, 0.5), "keep"),
    Row("M4.X4", None, "not enough deals"),
    Row("<b>datum['x']</b>\x1b", Measured(0, -0.2, 0.2), "new <verdict>"),
]


def words(picture: Picture) -> str:
    root = ET.fromstring(picture.svg())
    return "\n".join("".join(node.itertext()) for node in root.iter() if node.tag.endswith("}text"))


@pytest.fixture(scope="module")
def history(engine: kr.Engine) -> History:
    def event(name: str, day: str, path: str, value: Any) -> FactSet:
        data = {"id": name, "deal_id": "D1", "path": path, "value": value}
        return FactSet.model_validate({**data, "effective_on": day, "recorded_at": day})

    timeline = Timeline.of(
        [
            event("E1", "2026-05-04", "deal.milestone", "M1"),
            event("E2", "2026-05-11", "deal.funding_source", "own funds"),
            event("E3", "2026-05-18", "deal.name", "</text><script>"),
        ]
    )
    return history_of(engine, timeline)


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> Language:
    found: Language = request.param
    return found


def test_calibration_has_a_share_for_every_group(language: Language) -> None:
    said = [place / 20 for place in range(20)]
    picture = pictures.calibration([one > 0.5 for one in said], said, bins=4, language=language)
    assert words(picture).split("\n").count("5") == 4
    assert picture.alt.count("(") == 4


def test_calibration_of_fewer_deals_than_groups_draws_those_there_are() -> None:
    assert pictures.calibration([True], [0.7], bins=5).alt.startswith("probability said 0.70: share won 1.00")


def test_nothing_to_draw_is_said_and_drawn(engine: kr.Engine) -> None:
    assert pictures.calibration([], []).alt == "no deals."
    assert pictures.gate_worth(engine, [], language="zh").alt == "没有项目."


@pytest.mark.parametrize(
    ("won", "said", "options"),
    [
        ([True], [], {}),
        ([True], [1.2], {}),
        ([True], [float("nan")], {}),
        ([True], [0.5], {"bins": 0}),
        ([True], [0.5], {"confidence": 1}),
    ],
)
def test_calibration_of_what_is_no_probability_is_refused(
    won: list[bool], said: list[float], options: dict[str, Any]
) -> None:
    with pytest.raises(kr.ArgumentError, match="A-VALUE"):
        pictures.calibration(won, said, **options)


def test_a_gate_of_unknown_worth_is_drawn_as_unknown(engine: kr.Engine, language: Language) -> None:
    picture = pictures.gate_worth(engine, ROWS, language=language)
    shown = words(picture)
    assert "M4.X4" in shown
    assert "?" in shown.split("\n")
    assert {"en": "unknown, not enough deals", "zh": "未知, 项目数不足"}[language] in picture.alt
    assert "+0.00" not in picture.alt.split("; ")[1]


def test_names_of_a_user_are_never_read_as_vega(engine: kr.Engine) -> None:
    shown = words(pictures.gate_worth(engine, ROWS))
    assert "<b>datum['x']</b>·" in shown
    assert "new <verdict>" in shown


def test_health_over_time_tells_what_moved_it(
    engine: kr.Engine, history: History, language: Language
) -> None:
    picture = pictures.health_over_time(engine, history, language=language)
    reason = {"en": "The source of funds is known", "zh": "资金来源已知"}[language]
    assert f"2026-05-11: +0.5 {reason}" in words(picture)
    assert reason in picture.alt
    assert picture.svg() == pictures.health_over_time(engine, history, language=language).svg()


def test_a_history_without_health_is_refused(engine: kr.Engine, history: History) -> None:
    bare = replace(history.start, health=None)
    with pytest.raises(kr.ArgumentError, match=r"A-VALUE.*health"):
        pictures.health_over_time(engine, replace(history, start=bare, end=bare, steps=()))


@pytest.fixture
def no_altair(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "altair", None)
    for name in ("charts", "outcomes"):
        monkeypatch.delitem(sys.modules, f"kamrules.report.{name}", raising=False)


@pytest.mark.usefixtures("no_altair")
def test_without_altair_a_chart_names_the_extra() -> None:
    with pytest.raises(kr.MissingExtraError, match=r"X-PLOT.*kamrules\[plot\]"):
        pictures.calibration  # noqa: B018 - asked whether it is there


def test_pictures_of_deals_load_no_plotting_library() -> None:
    code = "import sys, kamrules.report.pictures; print({'altair', 'vl_convert'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
