"""The value of gates, and what is worth asking, in words: English or Chinese."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kamrules.learning.closed import told
from kamrules.learning.gaming import GamingReport, Habit, Signal
from kamrules.learning.gate_book import Tally
from kamrules.learning.gate_value import GateReport, GateValue, Why
from kamrules.learning.gates import Found
from kamrules.scoring.validation.skill import Measured
from kamrules.wording import Language

_ORDER = ("keep", "sharpen", "retire", "not enough deals")
_SAY: dict[str, tuple[str, str]] = {
    "title": (
        "Gate value by {} closed deals, {} of them won, as of {}",
        "按{}个已关闭项目（其中赢单{}个）评估关口价值，截至{}",
    ),
    "caveat": (
        "It shows what goes together, not what causes a win. A gate may be there for law or margin.",
        "以下为相关性，并非赢单的原因。关口也可能因法律或毛利而设。",
    ),
    "refused": (
        "not enough history: {} won and {} lost, {} of each expected; no gate is judged",
        "历史不足：赢{}、输{}，各需至少{}个；未评估任何关口",
    ),
    "chance": (
        "With outcomes shuffled {} times, {:.1f} gates are kept on average, at most {} in 95 of 100.",
        "随机打乱结果{}次，平均保留{:.1f}个关口，95%的情况下不超过{}个。",
    ),
    "keep": ("Keep", "保留"),
    "sharpen": ("Sharpen", "改进"),
    "retire": ("Retire", "取消"),
    "not enough deals": ("Not enough deals", "项目不足"),
    "tells": ("met goes with winning", "满足者赢单更多"),
    "met wins less": (
        "met deals won less: ask whom it is met by, before asking it again",
        "满足者赢单更少：先查清哪些项目会满足它",
    ),
    "tells little": (
        "surely less than {:.0f} points of difference",
        "差异几乎肯定小于{:.0f}个百分点",
    ),
    "often unknown": ("unknown for many deals that passed", "通过的项目中多数未知"),
    "nearly all meet it": ("met by nearly all deals that passed", "通过的项目几乎都满足"),
    "few on a side": ("fewer than {} deals met, or unmet", "满足或未满足的项目少于{}个"),
    "still open": ("the interval leaves it open", "区间尚不能下结论"),
    "met": ("met", "满足"),
    "unmet": ("unmet", "未满足"),
    "unknown": ("unknown", "未知"),
    "tally": ("{} {} of {} won", "{}：{}/{}赢单"),
    "difference": ("met less unmet {} points", "满足减未满足{}个百分点"),
    "unknown_difference": ("met less unknown {} points", "满足减未知{}个百分点"),
    "asking": ("Worth asking, {} in {} deals", "值得询问：{}项，涉及{}个项目"),
    "none": ("Nothing unusual in how gates were passed.", "通过关口的方式无异常。"),
    "bulk": (
        "{} facts the gate reads were recorded within {} h before the move, by one recorder or none named",
        "移动前{1}小时内登记了关口所需的{0}项事实，由同一人登记或未注明登记人",
    ),
    "one day": (
        "{} facts the gate reads are all said to have become true on one day",
        "关口所需的{}项事实均记为同一天发生",
    ),
    "back-dated": (
        "a fact the gate reads was recorded {} days after the day it is dated, around the move",
        "移动前后登记的一项关口事实，其日期早于登记{}天",
    ),
    "round trip": (
        "{} facts the gate reads were changed before the move and changed back after it",
        "{}项关口事实在移动前改动、移动后又改回",
    ),
    "after approval": (
        "the form was first recorded {} days after its approval",
        "表单在审批后{}天才首次登记",
    ),
    "copied": (
        "{} texts stood before, word for word, in a deal of another account ({})",
        "{}段文字与其他客户的项目（{}）逐字相同",
    ),
    "one source": ("{} facts rest on the evidence of one text", "{}项事实以同一段文字为证据"),
    "kind.bulk": ("bulk", "批量登记"),
    "kind.one day": ("one day", "同日成立"),
    "kind.back-dated": ("back-dated", "日期倒填"),
    "kind.round trip": ("round trip", "来回改动"),
    "kind.after approval": ("after approval", "先批后补"),
    "kind.copied": ("copied", "文字雷同"),
    "kind.one source": ("one source", "单一来源"),
    "rare": ("as much in {} of {}", "全部{1}个中有{0}个达到"),
    "common": (
        "A habit of the house, told once: {} in {} of {}",
        "普遍做法，仅提示一次：{}，{}/{}",
    ),
    "unjudged": (
        "Too few to call anything unusual: {}",
        "样本太少，无法判断异常：{}",
    ),
}
_SHOWN = 3
_LEAST_Q = 0.001


def gates_text(found: Found, language: Language = "en") -> str:
    """Return the gates by verdict, then what is worth asking."""
    parts: list[str] = []
    if found.values is not None:
        parts.append("\n".join(_Values(found, found.values, language).lines()))
    if found.gaming is not None:
        parts.append("\n".join(_Signals(found.gaming, language).lines()))
    return "\n\n".join(parts) + "\n"


def _say(language: Language, key: str, *facts: Any) -> str:
    return _SAY[key][language == "zh"].format(*facts)


class _Values:
    def __init__(self, found: Found, report: GateReport, language: Language) -> None:
        self.found = found
        self.report = report
        self.language = language

    def say(self, key: str, *facts: Any) -> str:
        return _say(self.language, key, *facts)

    def lines(self) -> Iterator[str]:
        report = self.report
        yield self.say("title", report.deals, report.won, self.found.as_of)
        if report.refusal is not None:
            yield self.say("refused", report.won, report.deals - report.won, report.policy.min_outcomes)
        else:
            yield self.say("caveat")
        if report.by_chance is not None:
            yield self.say("chance", report.by_chance.shuffles, report.by_chance.mean, report.by_chance.most)
        yield from told(self.found.closed, self.language)
        for verdict in _ORDER:
            some = [gate for gate in report.gates if gate.verdict == verdict]
            if some:
                yield ""
                yield f"{self.say(verdict)} ({len(some)})"
                yield from self.by_reason(some)

    def by_reason(self, gates: Sequence[GateValue]) -> Iterator[str]:
        """One line a gate where there is a difference to show; else the gates of one reason together."""
        for why in dict.fromkeys(gate.why for gate in gates):
            some = [gate for gate in gates if gate.why == why]
            if why in {"few on a side", "often unknown", "nearly all meet it"}:
                ids = [self.counted(gate) for gate in some]
                yield f"  {self.reason(why)}: {', '.join(ids)}"
            else:
                for gate in some:
                    yield f"  {gate.id} {self.found.engine.pack.criteria[gate.id].name.get(self.language)}"
                    yield f"      {'; '.join(self.line(gate))}"

    def reason(self, why: Why) -> str:
        policy = self.report.policy
        if why == "tells little":
            return self.say(why, policy.least_worth * 100)
        if why == "few on a side":
            return self.say(why, policy.min_deals)
        return self.say(why)

    def counted(self, gate: GateValue) -> str:
        if gate.why == "few on a side":
            return gate.id
        asked = gate.met.deals + gate.unmet.deals + gate.unknown.deals
        some = gate.unknown if gate.why == "often unknown" else gate.met
        return f"{gate.id} ({some.deals}/{asked})"

    def line(self, gate: GateValue) -> Iterator[str]:
        yield self.reason(gate.why)
        for key in ("met", "unmet", "unknown"):
            tally: Tally = getattr(gate, key)
            if tally.rate is not None:
                shown = self.say("tally", self.say(key), tally.won, tally.deals)
                yield f"{shown} ({_points(tally.rate)} %)"
        for key in ("difference", "unknown_difference"):
            differs: Measured | None = getattr(gate, key)
            if differs is not None:
                yield self.say(key, _points(differs, "+"))
        if gate.q is not None:
            yield f"q {gate.q:.3f}" if gate.q >= _LEAST_Q else f"q < {_LEAST_Q}"


class _Signals:
    def __init__(self, gaming: GamingReport, language: Language) -> None:
        self.gaming = gaming
        self.language = language

    def say(self, key: str, *facts: Any) -> str:
        return _say(self.language, key, *facts)

    def lines(self) -> Iterator[str]:
        gaming = self.gaming
        deals = {one.sight.deal_id for one in gaming.signals}
        measured: dict[str, Habit] = {habit.kind: habit for habit in gaming.habits}
        if gaming.signals:
            yield self.say("asking", len(gaming.signals), len(deals))
        elif any(habit.is_judged for habit in gaming.habits):
            yield self.say("none")
        for one in gaming.signals:
            yield f"  {self.signal(one, measured)}"
        for habit in gaming.habits:
            if habit.is_common:
                yield self.say("common", self.say(f"kind.{habit.kind}"), habit.reached, habit.measured)
        unjudged = [
            f"{self.say(f'kind.{habit.kind}')} ({habit.measured})"
            for habit in gaming.habits
            if not habit.is_judged
        ]
        if unjudged:
            yield self.say("unjudged", ", ".join(unjudged))

    def signal(self, one: Signal, measured: Mapping[str, Habit]) -> str:
        sight = one.sight
        hours = self.gaming.policy.windows.before_hours
        others = ", ".join(sight.others)
        facts = (sight.measure, hours) if sight.kind == "bulk" else (sight.measure, others)
        head = [f"{sight.day}  {sight.deal_id}", *([" ".join(sight.gates)] if sight.gates else [])]
        rare = self.say("rare", one.as_great, measured[sight.kind].measured)
        paths = [path.removeprefix("deal.") for path in sight.fields]
        more = " …" if len(paths) > _SHOWN else ""
        return (
            f"{'  '.join(head)}  {self.say(sight.kind, *facts)} ({rare}): {', '.join(paths[:_SHOWN])}{more}"
        )


def _points(one: Measured, sign: str = "") -> str:
    """Return a share in hundredths, with its interval."""
    value, low, high = (round(100 * part) for part in (one.value, one.low, one.high))
    return f"{value:{sign}d} [{low:{sign}d}, {high:{sign}d}]"
