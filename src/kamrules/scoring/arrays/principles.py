"""The principles of RM.6 (`stakeholders/principles.py`) as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from kamrules.scoring.arrays.people import UNKNOWN, YES, Array, Crowd, Ends, all_of, negated

_STATE = ("soe", "government")


def principles_of(crowd: Crowd, deals: Any, levels: Array) -> dict[str, Array | Ends]:
    """Return whether each principle applies, holds, and is breached; `levels`: enough of them are covered."""
    given = np.asarray(deals.column("ownership").to_pylist(), dtype=object)
    is_unknown = given == np.asarray(None)

    def owned(*kinds: str) -> Array:
        return np.where(is_unknown, UNKNOWN, YES * np.isin(given.astype(str), kinds))

    level = crowd.policy.second_source_evidence
    decides = crowd.attested("has_decision_power", level, crowd.says("has_decision_power"))
    parts = {
        "state_decider": (owned(*_STATE), crowd.exists(decides)),
        "state_levels": (owned(*_STATE), levels),
        "private_owner": (owned("private"), crowd.exists(crowd.says("is_owner"))),
    }
    found: dict[str, Array | Ends] = {}
    for name, (applies, holds) in parts.items():
        found[f"principles.{name}.applies"] = applies
        found[f"principles.{name}.holds"] = holds
        found[f"principles.{name}.breach"] = all_of(applies, negated(holds))
    return found
