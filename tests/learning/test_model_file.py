"""A model file predicts what its model did, and nothing else passes for one."""

import copy
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.worlds import World
from kamrules import __version__
from kamrules.engine import Engine, compile, load_pack  # noqa: A004 - the library's word
from kamrules.errors import InputError
from kamrules.learning import model_file
from kamrules.learning.closed import closed_deals
from kamrules.learning.model import Model, Settings, fit_model
from kamrules.learning.model_file import load_model, model_text, save_model
from kamrules.scoring.estimators.scorecard_classifier import ScorecardClassifier
from kamrules.scoring.estimators.win_probability import WinProbability
from tests.learning.small import PACK, engine_of, histories, write_pack


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return engine_of(write_pack(tmp_path_factory.mktemp("pack")))


@pytest.fixture(scope="module")
def model(engine: Engine) -> Model:
    return fit_model(engine, closed_deals(histories(140)), Settings(seed=3))


@pytest.fixture
def loaded(tmp_path: Path, engine: Engine) -> Any:
    def load(text: str | bytes) -> Model:
        path = tmp_path / "model.json"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_model(path, engine)

    return load


@pytest.mark.parametrize(
    ("count", "agreement", "calibration"),
    [(60, 1.0, "none"), (1600, 1.0, "sigmoid"), (10_000, 1.0, "isotonic"), (1200, 0.0, "flat")],
)
def test_a_stored_probability_is_the_same_to_the_last_bit(
    count: int, agreement: float, calibration: str
) -> None:
    world = World(agreement=agreement, columns=6, noise=0.2 if agreement else 0.0)
    matrix, won, _ = world.deals(count, 1)
    fitted = WinProbability(ScorecardClassifier(world.prior), seed=4).fit(matrix, won)
    assert fitted.calibration_ == calibration
    texts = [json.dumps(part.to_state()) for part in (fitted.estimator_, fitted)]
    card, win = (json.loads(text) for text in texts)
    again = WinProbability.from_state(win, ScorecardClassifier.from_state(card))
    others = np.vstack([world.deals(200, 2)[0], np.full((1, 6), 9.0)])
    assert again.forecast(others) == fitted.forecast(others)
    assert [json.dumps(part.to_state()) for part in (again.estimator_, again)] == texts


def test_a_saved_model_comes_back_whole(tmp_path: Path, engine: Engine, model: Model) -> None:
    path = tmp_path / "model.json"
    save_model(model, path)
    again = load_model(path, engine)
    assert model_text(again) == path.read_text("utf-8") == model_text(model)
    assert (again.pack, again.settings, again.sample) == (model.pack, model.settings, model.sample)
    rows = [[0.0] * 4, [50.0, 50.0, 0.0, 50.0], [30.0, 50.0, 20.0, 20.0]]
    assert again.win.forecast(rows) == model.win.forecast(rows)


def test_a_model_of_another_pack_or_of_another_kamrules_is_refused(
    tmp_path: Path, engine: Engine, model: Model, loaded: Any
) -> None:
    other = compile(load_pack(write_pack(tmp_path / "other", PACK.replace("points: 30 ", "points: 31 "))))
    save_model(model, tmp_path / "model.json")
    with pytest.raises(InputError, match=r"I-PACK: learned under `small` 0\.1\.0"):
        load_model(tmp_path / "model.json", other)
    text = model_text(model).replace(f'"kamrules": "{__version__}"', '"kamrules": "99.1.0"')
    with pytest.raises(InputError, match=r"I-VERSION: learned by kamrules 99\.1\.0"):
        loaded(text)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "I-JSON"),
        (b"\x80\x04\x95", "I-UTF8"),
        (b"[1, 2]", "I-FORMAT"),
        (b"[" * 100_000, "I-JSON"),
        (b'{"kamrules_model": 2}', "I-VALUE"),
        (b'{"kamrules_model": 1, "kamrules_model": 1}', "I-JSON"),
    ],
)
def test_what_is_no_model_is_refused(loaded: Any, content: bytes, code: str) -> None:
    with pytest.raises(InputError) as caught:
        loaded(content)
    assert code in {fault.code for fault in caught.value.faults}


def test_a_model_cut_short_too_large_or_not_there_is_refused(
    tmp_path: Path, engine: Engine, model: Model, loaded: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = model_text(model)
    with pytest.raises(InputError, match="I-JSON"):
        loaded(text[: len(text) // 2])
    with pytest.raises(InputError, match="I-FILE"):
        load_model(tmp_path / "nowhere.json", engine)
    monkeypatch.setattr(model_file, "MAX_BYTES", 100)
    with pytest.raises(InputError, match="I-SIZE"):
        loaded(text)


def changed(model: Model, path: tuple[Any, ...], value: Any) -> str:
    data = json.loads(model_text(model))
    place = data
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return json.dumps(data)


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (("extra",), 1, "no field `extra`"),
        (("columns",), ["health.access.low"], "one value for each of 1 columns in `win`"),
        (("columns", 0), "health.acess.low", "the columns of the pack, in their order"),
        (("scorecard", "log_odds"), 1e300, "less than or equal to 1000000000000"),
        (("scorecard", "prior", "spread", 0), -1.0, "a positive spread of each column"),
        (("scorecard", "prior", "mean", 0), "x", "valid number expected"),
        (("scorecard", "covariance", 0), [1.0], "5 rows and columns in `scorecard.covariance`"),
        (("scorecard", "covariance", 1, 1), -1.0, "not that of any distribution"),
        (("scorecard", "prior_covariance", 2, 2), 0.0, "not that of any distribution"),
        (("scorecard", "prior_covariance"), [], "5 rows and columns in `scorecard.prior_covariance`"),
        (("scorecard", "scale_doubt"), 1.0, "less than 1"),
        (("scorecard", "covariance", 0, 1), 1e6, "not that of any distribution"),
        (("win", "wins"), 7, "the same number of deals everywhere"),
        (("win", "mean"), [1.0], "one value for each of 4 columns in `win`"),
        (("win", "root", 0), [1.0], "4 rows and columns in `win.root`"),
        (("win", "varied", 0), False, "one scale for each of 3 varied columns"),
        (("win", "calibration"), "isotonic", "the curve of calibration `isotonic`"),
        (("win", "scale", 0), 0.0, "greater than or equal to"),
        (("sample", "first"), "spring", "days in `sample`"),
        (("sample", "earlier"), [9, 1], "no more wins than deals"),
        (("spreads", 0, "counts"), [1], "one count more than edges"),
        (("settings", "until"), "M9", "a milestone of the pack expected"),
        (("pack", "hash"), "abc", "`abc` given"),
    ],
)
def test_a_value_that_fits_nowhere_is_told(
    model: Model, loaded: Any, path: tuple[Any, ...], value: Any, expected: str
) -> None:
    with pytest.raises(InputError) as caught:
        loaded(changed(model, path, value))
    assert any(expected in str(fault) for fault in caught.value.faults), str(caught.value)


def test_a_number_that_is_none_is_no_json(model: Model, loaded: Any) -> None:
    text = changed(model, ("scorecard", "log_odds"), 0.125)
    with pytest.raises(InputError, match="`NaN` is not a JSON number"):
        loaded(text.replace("0.125", "NaN"))
    with pytest.raises(InputError, match="finite"):
        loaded(text.replace("0.125", "1e999"))


def test_every_fault_is_told_at_once(model: Model, loaded: Any) -> None:
    data = json.loads(model_text(model))
    data["win"]["wins"] = 7
    data["sample"]["last"] = "never"
    data["kamrules"] = "99.0.0"
    with pytest.raises(InputError) as caught:
        loaded(json.dumps(data))
    assert [fault.code for fault in caught.value.faults] == ["I-VERSION", "I-VALUE", "I-VALUE"]


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [leaf for name, inner in value.items() for leaf in leaves(inner, (*path, name))]
    if isinstance(value, list):
        return [leaf for place, inner in enumerate(value) for leaf in leaves(inner, (*path, place))]
    return [path]


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=3),
    st.lists(st.floats(), max_size=3),
)


@settings(max_examples=25)
@given(data=st.data(), value=ODD)
def test_a_file_with_any_value_changed_is_refused_or_gives_probabilities(
    model: Model, engine: Engine, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, value: Any
) -> None:
    content = copy.deepcopy(json.loads(model_text(model)))
    path = data.draw(st.sampled_from(leaves(content)))
    place = content
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    file = tmp_path_factory.mktemp("odd") / "model.json"
    file.write_text(json.dumps(content), "utf-8")
    try:
        found = load_model(file, engine)
    except InputError:
        return
    for one in found.win.forecast([[0.0, 50.0, 0.0, 50.0]]):
        said = one.estimate or one.prior
        assert all(math.isfinite(number) for number in (said.probability, said.low, said.high))
