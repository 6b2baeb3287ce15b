"""The outlook of a pipeline and its stage conversion: text in English or Chinese, or JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from kamrules.learning.conversion import Conversion
from kamrules.learning.outlook import Outlook
from kamrules.scoring.validation.skill import Measured
from kamrules.wording import Language, shown_amount

_SHOWN = 5  # deals that are left out, by name; JSON has all of them
_SAY: dict[str, tuple[str, str]] = {
    "title": ("Outlook as of {}: {} open deals in {}", "截至{}的预测：{}个未结项目，币种{}"),
    "total": (
        "expected {}; {:.0f} of 100 futures from {} to {}, half of them above {}; {} if everything is won",
        "期望{}；100种未来中{:.0f}种在{}至{}之间，半数高于{}；全部赢单为{}",
    ),
    "wins": ("deals won: {:.1f} [{:.0f}, {:.0f}]", "赢单数：{:.1f} [{:.0f}, {:.0f}]"),
    "quarter": ("{}  {} [{} … {}]", "{}  {} [{} … {}]"),
    "undated": ("undated", "无日期"),
    "refused": (
        "by what the pack believes, not by closed deals: {} deals, {} of the expected value",
        "{}个项目按规则包的先验而非已关闭项目估计；占期望值{}",
    ),
    "overdue": (
        "{} expected orders are past their day, and count from today",
        "{}个项目已过预计日期，按今天计",
    ),
    "slips": ("dates move as {} past orders did", "日期按过去{}个订单的延误变动"),
    "given": ("dates are taken as given", "日期按登记计"),
    "left": ("{} left out, {}: {}", "{}个未计入，{}：{}"),
    "no amount": ("no amount", "无金额"),
    "no chance": ("no chance", "无赢率"),
    "shelved": ("{} shelved deals are not in it", "{}个搁置项目未计入"),
    "how": (
        "{} futures, seed {}, correlation {:g} within a segment",
        "{}种未来，随机种子{}，细分内相关系数{:g}",
    ),
    "nothing": ("No deal is open as of {}.", "截至{}没有未结项目。"),
    "conversion": ("What becomes of deals in each milestone", "各里程碑的转化"),
    "stage": (
        "{}  of {} deals {} went on, {} were lost, {} are open",
        "{}  共{}个：{}个推进，{}个丢单，{}个仍在",
    ),
    "shares": (
        "; within {} days {} % go on, {} % are lost",
        "；{}天内{}%推进，{}%丢单",
    ),
}


@dataclass(frozen=True, slots=True)
class Told:
    """All there is to tell of a pipeline."""

    as_of: date
    outlooks: tuple[Outlook, ...]
    conversions: tuple[Conversion, ...]
    shelved: int = 0


def outlook_json(told: Told) -> str:
    """Return everything as JSON; amounts are whole minor units."""
    data: dict[str, Any] = {
        "as_of": told.as_of,
        "outlooks": [asdict(one) for one in told.outlooks],
        "shelved": told.shelved,
        "conversions": [asdict(one) for one in told.conversions],
    }
    return json.dumps(data, ensure_ascii=False, indent=1, default=date.isoformat) + "\n"


def outlook_text(told: Told, language: Language = "en") -> str:
    """Return the outlook of each currency, then the conversion of each milestone that deals entered."""
    words = _Words(language)
    return "\n".join(words.lines(told)) + "\n"


class _Words:
    def __init__(self, language: Language) -> None:
        self.language = language

    def say(self, key: str, *facts: Any) -> str:
        return _SAY[key][self.language == "zh"].format(*facts)

    def lines(self, told: Told) -> Iterator[str]:
        if not told.outlooks:
            yield self.say("nothing", told.as_of)
        for one in told.outlooks:
            yield self.say("title", one.as_of, one.deals, one.currency)
            yield from (f"  {line}" for line in self.outlook(one))
        if told.shelved:
            yield f"  {self.say('shelved', told.shelved)}"
        entered = [one for one in told.conversions if one.entered]
        if entered:
            yield ""
            yield self.say("conversion")
        for stage in entered:
            yield f"  {self.stage(stage)}"

    def outlook(self, one: Outlook) -> Iterator[str]:
        def money(amount: int) -> str:
            return shown_amount(amount, one.currency)

        for why in dict.fromkeys(left.why for left in one.left_out):
            ids = [left.deal_id for left in one.left_out if left.why == why]
            named = ", ".join(ids[:_SHOWN]) + (", …" if len(ids) > _SHOWN else "")
            yield self.say("left", len(ids), self.say(why), named)
        if not one.deals:
            return
        total = one.total
        facts = (money(total.low), money(total.high), money(total.median), money(one.all_won))
        yield self.say("total", money(total.expected), one.policy.confidence * 100, *facts)
        yield self.say("wins", one.wins.value, one.wins.low, one.wins.high)
        for name, some in one.quarters.items():
            shown = self.say(name) if name in _SAY else name
            yield self.say("quarter", shown, money(some.expected), money(some.low), money(some.high))
        if one.refused:
            yield self.say("refused", one.refused, money(one.refused_expected))
        if one.overdue:
            yield self.say("overdue", one.overdue)
        yield self.say("slips", one.slips) if one.slips else self.say("given")
        yield self.say("how", one.policy.draws, one.seed, one.policy.correlation)

    def stage(self, one: Conversion) -> str:
        line = self.say("stage", one.milestone, one.entered, one.onward, one.lost, one.open)
        if one.onward_share is not None and one.lost_share is not None:
            line += self.say("shares", one.days, _share(one.onward_share), _share(one.lost_share))
        return line


def _share(one: Measured) -> str:
    return f"{100 * one.value:.0f} [{100 * one.low:.0f}, {100 * one.high:.0f}]"
