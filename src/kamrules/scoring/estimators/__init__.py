"""The family of estimators: what closed deals can teach, in scikit-learn's terms.

Each other file is one estimator, which passes scikit-learn's own checks. Members never import each other;
what two of them need stands a floor below (`kamrules.scoring.columns`, `kamrules.scoring.prior`).
scikit-learn is imported in this folder only. None of them touches progress, tier or health: a win
probability is a statement of its own, and carries an interval and the number of closed deals behind it.
"""

from __future__ import annotations

from importlib.util import find_spec

from kamrules.errors import Fault, MissingExtraError

if find_spec("sklearn") is None:
    raise MissingExtraError(
        Fault("X-LEARN", "learning from closed deals needs scikit-learn", hint="install `kamrules[learn]`")
    )
