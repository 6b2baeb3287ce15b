"""Every estimator keeps scikit-learn's contract, each exception with its reason."""

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
