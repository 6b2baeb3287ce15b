"""Every picture, in one place. Those of a deal or a pipeline need no library; three need the extra `plot`.

=================== ============================================================= ========
`stakeholder_map`   who reports to whom, role, stance, influence, faction
`health_waterfall`  where the points of the deal health come from
`gate_matrix`       deals × criteria
`pipeline_stages`   deals by milestone, claimed and supported
`ask_next`          what to ask first, of a deal or a pipeline
`health_over_time`  the interval of the health, and what moved it                 `plot`
`calibration`       probabilities said against shares won                         `plot`
`gate_worth`        what each criterion is worth                                  `plot`
=================== ============================================================= ========
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from kamrules.report.bars import ask_next, pipeline_stages
from kamrules.report.gate_matrix import gate_matrix
from kamrules.report.picture import Picture
from kamrules.report.stakeholder_map import stakeholder_map
from kamrules.report.waterfall import health_waterfall

if TYPE_CHECKING:
    from kamrules.report.health_history import health_over_time
    from kamrules.report.outcomes import calibration, gate_worth

_LATER = {
    "calibration": "kamrules.report.outcomes",
    "gate_worth": "kamrules.report.outcomes",
    "health_over_time": "kamrules.report.health_history",
}

__all__ = [
    "Picture",
    "ask_next",
    "calibration",
    "gate_matrix",
    "gate_worth",
    "health_over_time",
    "health_waterfall",
    "pipeline_stages",
    "stakeholder_map",
]


def __getattr__(name: str) -> Any:
    """Load what needs an extra when it is asked for; MissingExtraError (X-PLOT) where that is not there."""
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    message = f"module `{__name__}` has no attribute `{name}`"
    raise AttributeError(message)
