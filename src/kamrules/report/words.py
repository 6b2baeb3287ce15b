"""The words of the pictures in English and Chinese; texts of rules come from the pack."""

from __future__ import annotations

from kamrules.engine import Engine
from kamrules.headings import HEADINGS, heading
from kamrules.wording import Language

_WORDS: dict[str, tuple[str, str]] = {
    "people_count": ("{} people", "{}人"),
    "person": ("1 person", "1人"),
    "no_list": ("no list of people on file: nobody is known", "未登记人员名单:尚不认识任何人"),
    "empty_list": ("the list of people on file is empty", "人员名单已登记,但为空"),
    "unnamed": ("name unknown", "姓名未知"),
    "no_title": ("job title unknown", "职务未知"),
    "no_role": ("role unknown", "角色未知"),
    "no_stance": ("stance unknown", "立场未知"),
    "no_faction": ("faction ?", "派系?"),
    "influence": ("influence", "影响力"),
    "coach": ("coach", "教练"),
    "decides": ("decides", "有决策权"),
    "met_us": ("met", "已接触"),
    "not_met": ("not met", "未接触"),
    "key": ("key player", "关键人"),
    "not_key": ("no key player", "非关键人"),
    "key_unknown": ("key player?", "是否关键人未知"),
    "left_out": ("not counted: red line", "触及红线,不计入"),
    "superior.unknown": ("reports to ?", "汇报对象未知"),
    "superior.unlisted": ("reports to {}, not listed", "汇报给{}(未列出)"),
    "superior.loop": ("reporting loop", "汇报关系成环"),
    "lines": ("Influence lines", "影响关系"),
    "lines.unknown": ("not on file for {} of {} people", "{}人未登记(共{}人)"),
    "lines.none": ("none on file", "登记为无"),
    "line.influence": ("influences", "影响"),
    "line.conflict": ("is in conflict with", "冲突"),
    "line.unknown": ("unknown line to", "关系类型未知"),
    "somebody": ("somebody unknown", "对象未知"),
    "legend.title": ("What the signs of a stakeholder map mean", "关系图图例"),
    "legend.coach": ("coach 2/4: passed 2 of 4 tests", "教练 2/4:通过四项检验中的两项"),
    "legend.mark": ("word with ?: not on file", "带“?”:未登记"),
    "waterfall.title": ("Where deal health comes from", "健康度构成"),
    "given": ("surely given", "确定得分"),
    "taken": ("surely taken", "确定扣分"),
    "open": ("still open: facts unknown", "未定:事实未知"),
    "total": ("together", "合计"),
    "of": ("of", "满分"),
    "matrix.title": ("Criteria by deal", "各项目的标准"),
    "matrix.next": ("next gate", "下一关口"),
    "deal": ("deal", "项目"),
    "stages.title": ("Stage claimed and stage supported", "申报阶段与证据支持阶段"),
    "deals": ("deals", "项目数"),
    "ask.deals": ("{} deals wait", "{}个项目等待"),
    "ask.weight": ("weight {:.2f}", "权重{:.2f}"),
    "ask.narrows": ("health by up to {:.1f} points", "健康度最多{:.1f}分"),
    "ask.by_weight": ("weight at the next gate", "下一关口的权重"),
    "ask.by_points": ("points of health it may settle", "可确定的健康度分数"),
    "ask.by_deals": ("open deals waiting", "等待的未结项目"),
    "ask.nothing": ("nothing is unknown at the next gate", "下一关口没有未知项"),
    "ask.more": ("{} more", "另有{}项"),
    "history.title": ("Deal health over time", "健康度变化"),
    "day": ("day", "日期"),
    "calibration.title": ("Said and seen: probability of winning", "预测与实际:赢单概率"),
    "calibration.said": ("probability said", "预测概率"),
    "calibration.seen": ("share won, with interval", "实际赢单比例(含区间)"),
    "calibration.perfect": ("said = seen", "预测=实际"),
    "calibration.share": ("share won", "赢单比例"),
    "verdict.keep": ("keep", "保留"),
    "verdict.sharpen": ("sharpen", "细化"),
    "verdict.retire": ("retire", "取消"),
    "verdict.not enough deals": ("not enough deals", "项目数不足"),
    "values.title": ("What each gate is worth", "各关口标准的价值"),
    "values.difference": ("difference of the share won, with interval", "赢单比例之差(含区间)"),
    "n_deals": ("{} deals", "{}个项目"),
    "no_deals": ("no deals", "没有项目"),
}


def say(key: str, language: Language) -> str:
    """Return a word of the pictures, or the heading of that name."""
    if key in HEADINGS and key not in _WORDS:
        return heading(key, language)
    return _WORDS[key][language == "zh"]


def said_verdict(verdict: str, language: Language) -> str:
    """Return the word for the verdict on a gate, or the verdict itself."""
    key = f"verdict.{verdict}"
    return say(key, language) if key in _WORDS else verdict


def term(engine: Engine, name: str, language: Language) -> str:
    """Return a word of the pack's glossary, or its id as words.

    Examples
    --------
    >>> import kamrules as kr
    >>> term(kr.compile(kr.load_pack("handbook")), "mortal_enemy", "zh")
    '死敌'
    """
    known = engine.pack.glossary.get(name)
    return known.name.get(language) if known is not None else name.replace("_", " ")


def subtitle(parts: list[str | None]) -> str:
    """Return the parts that are there in one line."""
    return " · ".join(part for part in parts if part)
