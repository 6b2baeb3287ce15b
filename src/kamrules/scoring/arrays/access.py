"""Decision maker, coach, threads and relations (`stakeholders/access.py`) as arrays."""

from __future__ import annotations

import numpy as np

from kamrules.scoring.arrays.people import Array, Crowd, Ends, all_of, any_of, at_least, negated
from kamrules.scoring.arrays.shape import largest_share
from kamrules.scoring.stakeholders.access import COACH_TESTS
from kamrules.scoring.stakeholders.interval import ROUNDING

_STAGES = ("stranger", "acquaintance", "friend", "bosom_friend")


def access_of(crowd: Crowd) -> dict[str, Array | Ends]:
    """Return whom we reach."""
    says = crowd.says
    decides = crowd.among("role", ("decision_maker",))
    met = all_of(decides, crowd.met_executive)
    restated = crowd.attested("restated_criteria", crowd.policy.restated_evidence, says("restated_criteria"))
    vetted = any_of(negated(says("is_intermediary")), says("intermediary_vetted"))
    contacts = crowd.count(crowd.contacted)
    least, most = crowd.mass
    share = crowd.within(
        largest_share(crowd.at, least, most, np.zeros(len(least), int), crowd.deals), 0.0, 1.0
    )
    over = crowd.policy.thread_share_pct / 100 + ROUNDING
    return {
        "decision_maker.listed": crowd.exists(decides),
        "decision_maker.reached": crowd.exists(all_of(decides, any_of(crowd.contacted, crowd.met_executive))),
        "decision_maker.met_executive": crowd.exists(met),
        "decision_maker.restated": crowd.exists(all_of(met, restated)),
        "coach.present": crowd.exists(says("is_coach")),
        "coach.tested": crowd.exists(all_of(*map(says, ("is_coach", *COACH_TESTS)))),
        "coach.insider": crowd.exists(says("is_insider")),
        "coach.intermediaries_vetted": crowd.every(vetted),
        "threads.contacts": contacts,
        "threads.contact_share": (_per_person(contacts[1]), _per_person(contacts[0])),
        "threads.support_share": share,
        "threads.single": any_of(
            negated(at_least(contacts, crowd.policy.min_contacts)),
            all_of(crowd.has_support(), at_least(share, over)),
        ),
        **{
            f"relations.{stage}": crowd.count(crowd.among("relationship_stage", (stage,)))
            for stage in _STAGES
        },
    }


def _per_person(people: Array) -> Array:
    return 1 / np.maximum(people, 1.0)
