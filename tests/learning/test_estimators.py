"""Every estimator keeps scikit-learn's contract, each exception with its reason."""

import subprocess
import sys
from typing import Any

import pytest
from sklearn.naive_bayes import GaussianNB
from sklearn.utils.estimator_checks import parametrize_with_checks

from kamrules.scoring.estimators.boosted_comparator import BoostedComparator
from kamrules.scoring.estimators.scorecard_classifier import ScorecardClassifier
from kamrules.scoring.estimators.win_probability import WinProbability


def expected(estimator: Any) -> dict[str, str]:
    if isinstance(estimator, BoostedComparator):
        why = "binning counts rows: scikit-learn excludes its own HistGradientBoostingClassifier for it"
        return {"check_sample_weight_equivalence_on_dense_data": why}
    return {}


# `DealFeatures` reads deals, not numbers: scikit-learn has no checks of such input (test_deal_features.py).
@pytest.mark.filterwarnings("ignore")  # the checks provoke warnings on purpose
@parametrize_with_checks(  # type: ignore[untyped-decorator] # scikit-learn ships no types
    [
        ScorecardClassifier(),
        ScorecardClassifier(prior_deals=1.0),
        WinProbability(ScorecardClassifier()),
        WinProbability(GaussianNB()),
        BoostedComparator(),
    ],
    expected_failed_checks=expected,
)
def test_it_keeps_the_contract_of_scikit_learn(estimator: Any, check: Any) -> None:
    check(estimator)


def test_without_scikit_learn_the_extra_is_named() -> None:
    code = (
        "import importlib.util as u; real = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'sklearn' else real(name, *rest)\n"
        "import kamrules.scoring.estimators.deal_features"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "X-LEARN: learning from closed deals needs scikit-learn; install `kamrules[learn]`" in done.stderr


def test_validation_needs_no_extra() -> None:
    names = ("leakage", "skill", "splits")
    code = "import sys\n" + "".join(f"import kamrules.scoring.validation.{name}\n" for name in names)
    code += "import kamrules.scoring.prior\nassert not {'numpy', 'sklearn'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
