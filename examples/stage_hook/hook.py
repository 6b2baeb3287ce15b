"""A hook for a CRM: a move to a milestone that the evidence does not support is refused, with the reasons.

`reasons_against` knows no framework. `GatedDeal` is a mixin for records with a `write(values)` as in Odoo.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import kamrules as kr

ENGINE = kr.compile(kr.load_pack("handbook"))


class MoveRefusedError(Exception):
    """A stage move that does not take place; raise your framework's own error in its place."""

    def __init__(self, reasons: list[str]) -> None:
        self.reasons = reasons
        super().__init__("\n".join(reasons))


def reasons_against(deal: Mapping[str, Any], to: str, *, as_of: date) -> list[str]:
    """Return why a deal may not move to a milestone; an empty list where it may.

    A move back needs no reason. A move forward needs every hard criterion on the way, and no tripped red line
    that blocks. Of several shut gates the first is named: the others cannot open before it.
    """
    order = list(ENGINE.pack.milestones)
    claimed = deal.get("milestone")
    if claimed in order and to in order and order.index(to) <= order.index(claimed):
        return []
    try:
        found = ENGINE.assess({**deal, "milestone": to}, as_of=as_of)
    except (
        kr.RecordError
    ) as error:  # a record that cannot be read supports no move; each fault names its field
        return [str(fault) for fault in error.faults]
    told = ENGINE.to_dict(found)
    red = [
        f"{line['id']} {line['name']}: {line['lawful_alternative']}"
        for line in told["red_lines"]
        if line["status"] == "tripped" and line["severity"] == "BLOCK"
    ]
    if found.stage.claim in {"supported", "behind"}:
        return red
    shut = {*found.stage.blockers, *found.stage.unknowns}
    return red + [
        f"{one['id']} {one['name']} is {one['status']}: {one['next_action']}"
        for one in told["criteria"]
        if one["id"] in shut
    ]


class GatedDeal:
    """Put before the model class: every writer, screen, import or API alike, comes through here."""

    def to_record(self) -> dict[str, Any]:
        """Return this deal as kamrules knows it, with the people and papers that belong to it."""
        raise NotImplementedError

    def today(self) -> date:
        """Return the day of the move; nothing in kamrules reads the clock."""
        raise NotImplementedError

    def write(self, values: dict[str, Any]) -> bool:
        """Write values, unless they claim a milestone that the deal would not have with them."""
        to = values.get("milestone")
        if to is not None:
            others = {name: value for name, value in values.items() if name != "milestone"}
            reasons = reasons_against({**self.to_record(), **others}, to, as_of=self.today())
            if reasons:
                raise MoveRefusedError(reasons)
        done: bool = super().write(values)  # type: ignore[misc]  # the model class behind this mixin has it
        return done
