"""The model card: what a model is for and what not, what it was learned from, how good it is, and its limits.

Generated and deterministic: the same history, pack, settings and seed give the same card.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from kamrules import __version__
from kamrules.engine import Engine
from kamrules.jsontext import plain_data
from kamrules.learning.drift import Drift
from kamrules.learning.learn import Learned
from kamrules.learning.model import Model
from kamrules.learning.weights import Weights, learned_weights
from kamrules.learning.words import lead_dict, lead_lines, left_out_line, percent, rounded, table
from kamrules.wording import Language, escape_markdown

_SHOWN_COLUMNS = 20
_SAY: dict[str, tuple[str, str]] = {
    "title": ("Model card: win probability under `{}` {}", "模型卡：`{}` {} 下的赢单概率"),
    "for": ("What it is for", "用途"),
    "for.text": (
        ("To say, of an open deal some weeks before it is decided, how often deals like it were won, with an "
        "interval; and to propose health weights for review."),
        "对开放项目,在结果前数周说明类似项目的赢单频率及其区间;并提出供评审的健康度权重。",
    ),
    "not": ("What it is not for", "不得用于"),
    "not.persons": (
        "Judging persons: it is no measure of a seller, a buyer or anybody, and holds no column about one.",
        "评价个人：它不衡量任何销售人员、客户人员或其他人,也没有关于个人的列。",
    ),
    "not.progress": (
        "Saying how far a deal is: progress, health and win probability are three numbers and never mixed.",
        "说明项目进展：进度、健康度与赢单概率是三个不同的数,不得混用。",
    ),
    "not.cause": (
        "Saying what to do: a coefficient tells what won deals had in common, not what would win one.",
        "说明应做什么：系数只说明赢单项目的共同点,而非赢单的原因。",
    ),
    "not.lines": (
        "Opening a gate or waiving a red line: neither reads it. What trips a red line is left out of it.",
        "打开关口或豁免红线：二者均不读取它。触及红线的事实不进入模型。",
    ),
    "data": ("What it was learned from", "学习数据"),
    "data.counts": ("{} closed deals, {} won and {} lost, closed from {} to {}",
                    "{}个已关闭项目,赢单{}个,输单{}个,关闭日期{}至{}"),
    "data.seen": (
        "Each as it was recorded {} days before its outcome; nothing recorded later is in it.",
        "每个项目均为结果前{}天的登记内容;之后登记的内容不在其中。",
    ),
    "data.unknown": (
        "{:.0f} % of the health points were unknown on that day.",
        "当日{:.0f}%的健康度分值未知。",
    ),
    "checks": ("Leakage checks passed", "已通过的泄漏检查"),
    "checks.late": (
        "no fact dated after the day of prediction, but for plans",
        "没有预测日之后的事实(计划除外)",
    ),
    "checks.derived": ("no field that is filled in because of the outcome", "没有因结果而填写的字段"),
    "checks.perfect": ("none of {} columns tells the outcome nearly alone", "{}列中没有一列几乎单独说明结果"),
    "checks.split": (
        "no deal tried by a model that had seen it, or, forward in time, anything recorded after its day",
        "检验项目的模型未见过该项目;按时间向前时,也未见过其预测日之后登记的任何内容",
    ),
    "made": ("How it was made", "方法"),
    "made.prior": (
        ("Bayesian logistic regression; before the first deal it is the pack, read as odds from 1 : {0:g} to "
        "{0:g} : 1 between no points and all, a belief worth {1:g} closed deals; {2:g} of its variance is "
        "doubt about the scale of all points at once (all our choice)."),
        ("贝叶斯逻辑回归;在第一个项目之前即为规则包,零分至满分的赔率为1 : {0:g}至{0:g} : 1,"
        "该信念相当于{1:g}个已关闭项目;其方差的{2:g}是对全部分值总体尺度的怀疑(均为我方选择)。"),
    ),
    "made.left": (
        ("The deals bear out a belief in the points worth {:.1f} closed deals (empirical Bayes; the "
        "logarithm of its strength may stray by {:g})."),
        "项目数据支持的分值信念相当于{:.1f}个已关闭项目(经验贝叶斯;信念强度的对数可偏离{:g})。",
    ),
    "made.calibration": ("Calibration by the number of deals: {}.", "按项目数选择的校准：{}。"),
    "made.refuses": (
        ("It refuses with fewer than {} wins or {} losses, and for a deal unlike any it has seen: then only "
        "the pack's belief is given."),
        "赢单少于{}或输单少于{},或项目与所见均不同时,拒绝给出概率：只给出规则包的信念。",
    ),
    "made.pack": (
        "Pack `{}` {}, hash {}; kamrules {}; seed {}.",
        "规则包`{}` {},哈希{};kamrules {};种子{}。",
    ),
    "skill": ("How good it is", "效果"),
    "skill.note": (
        "On deals not learned from. In brackets the {:g} % interval.",
        "在未用于学习的项目上。括号内为{:g}%区间。",
    ),
    "points": ("What was learned, in points", "学习所得(分值)"),
    "points.note": (
        (
            "Points of the {:g} there are, as the closed deals would share them. A dimension moves of its "
            "own in a new pack only where what a point of it tells surely differs from the pack's belief; "
            "the others make room alike."
        ),
        (
            "总分{:g}分,按已关闭项目应有的分配。仅当某维度每分的含义确实不同于规则包的信念时,它才在新规则包中变动;"
            "其他维度按同一比例让出。"
        ),
    ),
    "columns.note": (
        "Columns whose interval leaves out the pack's belief, in log-odds a unit, of {} in all.",
        "区间不含规则包信念的列(每单位对数赔率),共{}列。",
    ),
    "columns.none": ("None.", "无。"),
    "dimension": ("dimension", "维度"),
    "pack": ("pack", "规则包"),
    "new": ("new pack", "新规则包"),
    "learned": ("learned", "学习所得"),
    "column": ("column", "列"),
    "drift": ("Drift", "漂移"),
    "drift.deals": (
        ("{} deals are open on {}. They are on average earlier in their life than the deals learned from, so "
        "some shift is to be expected."),
        "{}个项目在{}处于开放状态。平均而言它们比学习所用项目更早期,因此会有一定变化。",
    ),
    "drift.unknown": ("Unknown points: {:.0f} % then, {:.0f} % now.", "未知分值：当时{:.0f}%,现在{:.0f}%。"),
    "drift.base": (
        "Share won, of the deals closed last less the earlier ones: {}.",
        "后期关闭项目的赢单率减去前期：{}。",
    ),
    "drift.none": ("No column shifted beyond chance.", "没有列的变化超出偶然。"),
    "drift.index": ("stability index", "稳定性指数"),
    "drift.chance": ("by chance", "偶然可达"),
}  # fmt: skip
_CALIBRATION = {
    "none": ("none, too few deals for a curve", "无,项目太少"),
    "sigmoid": ("a sigmoid", "S形曲线"),
    "isotonic": ("a step function", "阶梯函数"),
    "flat": ("flat: no skill was found, the base rate alone is given", "平坦：未发现预测能力,只给出基础比率"),
}


def model_card(engine: Engine, found: Learned, language: Language = "en") -> str:
    """Return the model card as Markdown.

    Parameters
    ----------
    engine : the pack it was learned under
    found : what was learned
    language : of the card
    """
    writer = _Writer(engine, language)
    return "\n".join(writer.lines(found)) + "\n"


def learned_dict(engine: Engine, found: Learned) -> dict[str, Any]:
    """Return what was learned as plain JSON-ready data."""
    model, drift = found.model, found.drift
    is_health = model.settings.parts == "health"
    weights = learned_weights(engine, model).entries if is_health else ()
    data = {
        "pack": asdict(model.pack),
        "settings": asdict(model.settings),
        "sample": asdict(model.sample),
        "calibration": model.win.calibration_,
        "trials": lead_dict(found.trials),
        "weights": [asdict(one) for one in weights],
        "drift": {
            **asdict(drift),
            "as_of": found.as_of,
            "columns": [{**asdict(one), "shift": one.shift} for one in drift.columns],
        },
    }
    return {name: rounded(plain_data(part)) for name, part in data.items()}


class _Writer:
    def __init__(self, engine: Engine, language: Language) -> None:
        self.engine = engine
        self.language = language

    def say(self, key: str, *values: object) -> str:
        return _SAY[key][1 if self.language == "zh" else 0].format(*values)

    def lines(self, found: Learned) -> Iterator[str]:
        model = found.model
        yield "# " + self.say("title", model.pack.id, model.pack.version)
        for key, lines in (
            ("for", [self.say("for.text")]),
            ("not", [f"- {self.say(f'not.{key}')}" for key in ("persons", "progress", "cause", "lines")]),
            ("data", self.data(found)),
            ("checks", self.checks(model)),
            ("made", self.made(model)),
            ("skill", self.skill(found)),
            ("points", self.points(model)),
            ("drift", self.drift(found.drift, str(found.as_of))),
        ):
            yield ""
            yield f"## {self.say(key)}"
            yield ""
            yield from lines

    def data(self, found: Learned) -> Iterator[str]:
        sample = found.model.sample
        deals = sample.wins + sample.losses
        counts = self.say("data.counts", deals, sample.wins, sample.losses, sample.first, sample.last)
        yield f"- {counts}"
        yield f"- {self.say('data.seen', sample.lead_days)}"
        yield f"- {self.say('data.unknown', 100 * sample.unknown)}"
        if sample.left_out:
            yield f"- {left_out_line(sample.left_out, self.language)}"

    def checks(self, model: Model) -> Iterator[str]:
        yield f"- {self.say('checks.late')}"
        yield f"- {self.say('checks.derived')}"
        yield f"- {self.say('checks.perfect', len(model.columns))}"
        yield f"- {self.say('checks.split')}"

    def made(self, model: Model) -> Iterator[str]:
        settings, win, pack = model.settings, model.win, model.pack
        card = model.scorecard
        yield f"- {self.say('made.prior', settings.odds, settings.prior_deals, card.scale_doubt)}"
        yield f"- {self.say('made.left', card.prior_deals_, card.strength_doubt)}"
        said = _CALIBRATION[win.calibration_][1 if self.language == "zh" else 0]
        yield f"- {self.say('made.calibration', said)}"
        yield f"- {self.say('made.refuses', win.min_wins, win.min_losses)}"
        yield f"- {self.say('made.pack', pack.id, pack.version, pack.hash, __version__, settings.seed)}"

    def skill(self, found: Learned) -> Iterator[str]:
        yield self.say("skill.note", 100 * found.model.settings.confidence)
        yield ""
        yield from lead_lines(found.trials, self.language, "markdown")

    def points(self, model: Model) -> Iterator[str]:
        if model.settings.parts != "health":
            yield from self.columns(model)
            return
        weights = learned_weights(self.engine, model)
        yield self.say("points.note", sum(one.before for one in weights.entries if one.before > 0))
        yield ""
        head = [self.say(key) for key in ("dimension", "pack", "learned", "new")]
        yield from table([head, *self.dimensions(weights)], "markdown")

    def dimensions(self, weights: Weights) -> Iterator[list[str]]:
        names = self.engine.pack.scorecards[weights.card].dimensions
        for name in dict.fromkeys(one.dimension for one in weights.entries):
            some = [one for one in weights.entries if one.dimension == name]
            before, after, low, high = (
                sum(getattr(one, part) for one in some) for part in ("before", "after", "low", "high")
            )
            title = names[name].get(self.language) if name in names else name
            yield [escape_markdown(title), f"{before:g}", f"{low:.1f} … {high:.1f}", f"{after:g}"]

    def columns(self, model: Model) -> Iterator[str]:
        card = model.scorecard
        believed = card.prior.mean if card.prior is not None else ()
        rows = [
            [f"`{name}`", f"{coefficient:.3f} [{low:.3f}, {high:.3f}]"]
            for name, belief, coefficient, (low, high) in zip(
                model.columns, believed, card.coef_[0], card.coef_interval_, strict=True
            )
            if not low <= belief <= high
        ]
        yield self.say("columns.note", len(model.columns))
        yield ""
        if rows:
            head = [self.say("column"), self.say("learned")]
            yield from table([head, *rows[:_SHOWN_COLUMNS]], "markdown")
        else:
            yield self.say("columns.none")

    def drift(self, drift: Drift, day: str) -> Iterator[str]:
        yield f"- {self.say('drift.deals', drift.deals, day)}"
        if drift.deals:
            yield f"- {self.say('drift.unknown', 100 * drift.unknown[0], 100 * drift.unknown[1])}"
        if drift.base_rate is not None:
            yield f"- {self.say('drift.base', percent(drift.base_rate))}"
        yield ""
        if not drift.shifted:
            yield self.say("drift.none")
            return
        head = [self.say(key) for key in ("column", "drift.index", "drift.chance")]
        rows = [[f"`{one.column}`", f"{one.index:.2f}", f"{one.by_chance:.2f}"] for one in drift.shifted]
        yield from table([head, *rows], "markdown")
