"""Learned weights become an ordinary change of an ordinary pack, to the letter."""

import difflib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamrules.engine import Engine, compile, load_pack  # noqa: A004 - the library's word
from kamrules.errors import ArgumentError
from kamrules.learning.closed import closed_deals
from kamrules.learning.matrix import prior_of
from kamrules.learning.model import Model, Settings, fit_model
from kamrules.learning.splice import with_values
from kamrules.learning.to_pack import to_pack
from kamrules.learning.weights import Weights, learned_weights, weights_of
from kamrules.packdiff import compare_packs
from kamrules.rules.checks import run_checks
from kamrules.rules.pack import shipped_packs
from kamrules.rules.planning import plan_pack
from kamrules.scoring.estimators.scorecard_classifier import ScorecardClassifier
from tests.learning.small import PACK, engine_of, histories, write_pack


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pack(tmp_path_factory.mktemp("pack")).parent


@pytest.fixture(scope="module")
def engine(folder: Path) -> Engine:
    return engine_of(folder / "pack.yaml")


@pytest.fixture(scope="module")
def model(engine: Engine) -> Model:
    return fit_model(engine, closed_deals(histories(300, strength=3.0)))


@pytest.fixture(scope="module")
def weights(engine: Engine, model: Model) -> Weights:
    return learned_weights(engine, model)


@pytest.fixture(scope="module")
def handbook() -> Engine:
    return compile(load_pack("handbook"))


def unlearned(engine: Engine) -> Weights:
    prior = prior_of(engine, odds=9.0)
    return weights_of(engine, prior.columns, ScorecardClassifier(prior).from_prior())


# Weights


def test_without_closed_deals_every_weight_is_the_packs(engine: Engine, handbook: Engine) -> None:
    for found in (unlearned(engine), unlearned(handbook)):
        assert found.closed_deals == 0
        assert found.changed == ()


def test_what_decides_gains_points_and_the_total_stays(weights: Weights) -> None:
    after = {one.id: one.after for one in weights.entries}
    assert after["step"] > 40
    assert after["rules"] < 20
    assert sum(after.values()) == pytest.approx(100)
    assert all(one.is_learned for one in weights.entries)


def test_an_interval_holds_the_points_learned_and_leaves_out_the_packs(weights: Weights) -> None:
    for one in weights.entries:
        assert one.low - 0.1 <= one.after <= one.high + 0.1
    step = weights.entries[0]
    assert step.low > step.before


def test_a_dimension_whose_interval_holds_the_packs_belief_only_makes_room(engine: Engine) -> None:
    prior = prior_of(engine, odds=9.0)
    card = ScorecardClassifier(prior).from_prior()
    card.covariance_[1:3] *= 1e-3  # access is well known, papers are not
    card.coef_[0] *= [2.0 if "access" in name else 1.5 for name in prior.columns]
    found = {one.id: one for one in weights_of(engine, prior.columns, card).entries}
    assert {name: one.is_learned for name, one in found.items()} == {
        "step": True, "benefit": True, "rules": False, "link": False,
    }  # fmt: skip
    assert [found[name].after for name in ("step", "benefit", "rules", "link")] == [40, 26.7, 20, 13.3]


@given(
    coefficients=st.lists(st.floats(-3, 3), min_size=4, max_size=4),
    spread=st.floats(1e-6, 1e-2),
)
def test_no_weight_changes_its_sign_and_totals_stay_whatever_was_learned(
    engine: Engine, coefficients: list[float], spread: float
) -> None:
    prior = prior_of(engine, odds=9.0)
    card = ScorecardClassifier(prior).from_prior()
    card.coef_[0] = coefficients
    card.covariance_ *= spread
    found = weights_of(engine, prior.columns, card)
    assert all(one.after >= 0 for one in found.entries)
    assert sum(one.after for one in found.entries) == pytest.approx(100)


def test_weights_are_not_taken_from_a_model_of_other_columns_too(engine: Engine) -> None:
    broad = fit_model(engine, closed_deals(histories(60)), Settings(parts="all"))
    with pytest.raises(ArgumentError, match="weights need those of the health"):
        learned_weights(engine, broad)


# Packs


def test_a_pack_without_closed_deals_comes_out_unchanged(
    folder: Path, engine: Engine, tmp_path: Path
) -> None:
    new = to_pack(folder, unlearned(engine), tmp_path / "new")
    assert new.version == "0.1.0"
    assert new.manifest.read_bytes() == (folder / "pack.yaml").read_bytes()
    assert load_pack(new.manifest).hash == engine.pack.hash


def test_only_points_their_sources_and_the_version_change(
    folder: Path, weights: Weights, tmp_path: Path
) -> None:
    new = to_pack(folder, weights, tmp_path / "new")
    lines = difflib.ndiff(PACK.splitlines(), new.manifest.read_text("utf-8").splitlines())
    removed, added = [], []
    for line in lines:
        if line.startswith("- "):
            removed.append(line[2:].strip())
        elif line.startswith("+ "):
            added.append(line[2:].strip())
    assert len(removed) == 6
    assert "version: 0.2.0   # bumped by hand" in added
    assert any(line.endswith("# a guess") and line.startswith("points: ") for line in added)
    assert sum("learned from 300 closed deals, 90 % interval" in line for line in added) == 4
    assert "weight is our choice" not in " ".join(added)


def test_the_new_pack_is_sound_and_its_difference_is_the_scorecard(
    folder: Path, engine: Engine, weights: Weights, tmp_path: Path
) -> None:
    new = compile(load_pack(to_pack(folder, weights, tmp_path / "new").manifest))
    found = compare_packs(engine, new, proofs=False)
    assert [(part.kind, part.part, part.id) for part in found.parts] == [("changed", "scorecard", "health")]
    assert new.pack.red_lines == engine.pack.red_lines
    assert {one.id: one.after for one in weights.entries} == {
        name: entry.points for name, entry in new.pack.scorecards["health"].entries.items()
    }
    assert not run_checks(new.pack, plan_pack(new.pack)).at_least("error")


def test_of_the_shipped_pack_no_file_but_that_of_the_weights_and_the_manifest_changes(
    handbook: Engine, tmp_path: Path
) -> None:
    prior = prior_of(handbook, odds=9.0)
    card = ScorecardClassifier(prior).from_prior()
    card.covariance_ *= 1e-4
    card.coef_[0] *= [3.0 if "decision_maker_access" in name else 1.0 for name in prior.columns]
    new = to_pack("handbook", weights_of(handbook, prior.columns, card), tmp_path / "mine").manifest.parent
    shipped = shipped_packs()["handbook"].parent
    files = [path.relative_to(new) for path in sorted(new.rglob("*.*"))]
    assert len(files) > 30
    assert [str(path) for path in files if (new / path).read_bytes() != (shipped / path).read_bytes()] == [
        "health.yaml",
        "pack.yaml",
    ]


def test_a_pack_that_extends_another_gets_the_weights_as_its_own(
    folder: Path, weights: Weights, tmp_path: Path
) -> None:
    text = (
        "kamrules: 1\nid: ours\nversion: 2.0.9\ntitle: {en: Ours, zh: 我们}\nowner: us\n"
        f"extends: {folder.as_posix()}\n# Ends here.\n"
    )
    write_pack(tmp_path / "ours", text)
    new = to_pack(tmp_path / "ours", weights, tmp_path / "deep" / "new")
    loaded = load_pack(new.manifest)
    assert loaded.version == "2.1.0"
    assert loaded.scorecards["health"].entries["step"].points == weights.entries[0].after
    assert loaded.scorecards["health"].entries["rules"].source is not None
    assert loaded.scorecards["health"].entries["rules"].source.section == "4"
    assert "# Ends here." in new.manifest.read_text("utf-8")


def test_a_folder_that_is_there_and_weights_of_another_pack_are_refused(
    folder: Path, weights: Weights, tmp_path: Path
) -> None:
    with pytest.raises(ArgumentError, match="A-OUTPUT"):
        to_pack(folder, weights, tmp_path)
    other = write_pack(tmp_path / "other", PACK.replace("points: 30 ", "points: 31 "))
    with pytest.raises(ArgumentError, match="A-PACK"):
        to_pack(other, weights, tmp_path / "new")
    assert not list(tmp_path.glob("*new*"))


def test_a_layout_in_which_a_weight_stands_twice_is_refused(weights: Weights, tmp_path: Path) -> None:
    text = PACK.replace("points: 30              # a guess", "points: &same 30").replace(
        "        points: 30\n        title: {en: Rules", "        points: *same\n        title: {en: Rules"
    )
    manifest = write_pack(tmp_path / "pack", text)
    with pytest.raises(ArgumentError, match="A-PLACE"):
        to_pack(manifest, weights, tmp_path / "new")
    assert not (tmp_path / "new").exists()


# Texts


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_byte_order_marks_stay(end: str, mark: str) -> None:
    old = mark + end.join(["# top", "a:", "  b: 1  # one", "  c: {d: 2}", "e: 大", ""])
    new = with_values(old, {("a", "b"): 2.5, ("a", "c", "f"): "x: y", ("g", "h"): 1})
    expected = ["# top", "a:", "  b: 2.5  # one", '  c: {d: 2, f: "x: y"}', "e: 大", "g: {h: 1}", ""]
    assert new == mark + end.join(expected)


@pytest.mark.parametrize("text", ["a: [1]\n", "a: {b: 1,}\n", "a: 5\n", "x: &m {b: 1}\na: *m\n"])
def test_a_text_in_which_nothing_can_be_put_alone_is_refused(text: str) -> None:
    with pytest.raises(ArgumentError, match="A-PLACE"):
        with_values(text, {("a", "c"): 1})
