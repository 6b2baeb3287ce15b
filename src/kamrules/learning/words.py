"""Trials and left-out deals for people: text or Markdown, in English or Chinese."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal

from kamrules.learning.backtest import Backtest, LeadResult, SplitResult, Trial
from kamrules.learning.closed import WHY, WHY_ZH, Why
from kamrules.learning.model import MIN_LOSSES, MIN_WINS
from kamrules.scoring.validation.skill import Measured
from kamrules.wording import Language

Form = Literal["text", "markdown"]
Row = Sequence[str]
SAY: dict[str, tuple[str, str]] = {
    "title": ("Backtest of `{}` {}", "`{}` {} 的回测"),
    "seen": ("{} days before the outcome", "结果前{}天"),
    "counts": ("{} won and {} lost deals", "赢单{}个,输单{}个"),
    "left_out": ("left out", "未采用"),
    "twins": ("{} deals repeat another; {} kinds of deal were both won and lost",
              "{}个项目与其他项目相同;{}类项目既有赢单也有输单"),
    "forward": ("forward in time, {} folds, {} deals tried", "按时间向前,{}折,检验{}个项目"),
    "grouped": ("{} kept together, {} folds, {} deals tried", "{}不拆分,{}折,检验{}个项目"),
    "accounts": ("deals of one account", "同一客户的项目"),
    "twins.kept": ("twins", "相同项目"),
    "and": (" and ", "与"),
    "model": ("model", "模型"),
    "learned": ("learned", "学习所得"),
    "pack": ("pack alone", "仅规则包"),
    "boosted": ("boosted trees", "提升树"),
    "base": ("base rate", "基础比率"),
    "auc": ("AUC", "AUC"),
    "brier": ("Brier", "Brier"),
    "log_loss": ("log loss", "对数损失"),
    "slope": ("calibration slope", "校准斜率"),
    "skill": ("Better than the base rate and than a coin: AUC and gain lie above in their whole intervals.",
              "优于基础比率和随机:AUC与增益的整个区间均在其上。"),
    "no_skill": ("No skill is shown: not surely better than the base rate and a coin. Do not act on it.",
                 "未显示预测能力:不能确定优于基础比率和随机。请勿据此行事。"),
    "over_pack": ("Brier score below that of the pack alone by {}", "Brier得分比仅用规则包低{}"),
    "refused": ("{} of them had too little history or were unlike any deal seen: the pack's number was used",
                "其中{}个历史不足或与已见项目不同:采用规则包的数值"),
    "curve": ("said, and won", "预测与实际赢单"),
    "deals": ("deals", "项目数"),
    "said": ("said", "预测"),
    "won": ("won", "赢单率"),
    "interval": ("In brackets the {:g} % interval.", "括号内为{:g}%区间。"),
    "nothing": ("nothing was tried", "未检验"),
    "too_few": ("{} won and {} lost deals, at least {} won and {} lost ones are needed",
                "赢单{}个、输单{}个,至少需要赢单{}个、输单{}个"),
}  # fmt: skip


def say(key: str, language: Language) -> str:
    """Return the words for a key."""
    return SAY[key][1 if language == "zh" else 0]


def measured(one: Measured, digits: int = 2) -> str:
    """Return a number with its interval."""
    return f"{one.value:.{digits}f} [{one.low:.{digits}f}, {one.high:.{digits}f}]"


def percent(one: Measured) -> str:
    """Return a share with its interval in percent."""
    return f"{100 * one.value:.0f} % [{100 * one.low:.0f}, {100 * one.high:.0f}]"


def table(rows: Sequence[Row], form: Form) -> Iterator[str]:
    """Yield the lines of a table whose first row is its head."""
    if form == "markdown":
        for number, row in enumerate(rows):
            yield "| " + " | ".join(row) + " |"
            if number == 0:
                yield "|" + "---|" * len(row)
        return
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _width(text: str) -> int:
    """Return the columns a text takes: two for a Chinese sign."""
    return sum(2 if ord(sign) > 0x2E80 else 1 for sign in text)  # noqa: PLR2004 - where such signs begin


def left_out_line(left_out: Mapping[Why, int], language: Language) -> str:
    """Return how many deals were left out for which reason, empty for none."""
    if language == "zh":
        parts = [f"{count}个{WHY_ZH[why]}" for why, count in left_out.items()]
    else:
        parts = [f"{count} {WHY[why].partition(':')[0]}" for why, count in left_out.items()]
    return f"{say('left_out', language)}: {'; '.join(parts)}" if parts else ""


def backtest_text(found: Backtest, language: Language = "en", form: Form = "text") -> str:
    """Return a backtest for people to read."""
    is_markdown = form == "markdown"
    lines = [("# " if is_markdown else "") + say("title", language).format(found.pack.id, found.pack.version)]
    lines += ["", say("interval", language).format(100 * found.settings.confidence)]
    for lead in found.leads:
        lines += ["", ("## " if is_markdown else "") + say("seen", language).format(lead.lead_days), ""]
        lines += lead_lines(lead, language, form)
    return "\n".join(lines) + "\n"


def lead_lines(lead: LeadResult, language: Language, form: Form) -> Iterator[str]:
    """Yield what was tried at one lead."""
    yield say("counts", language).format(lead.wins, lead.losses)
    for line in (left_out_line(lead.left_out, language), _twins(lead, language)):
        if line:
            yield from _paragraph(line, form)
    if lead.refusal is not None:
        reason = lead.refusal
        if lead.twins is None:
            reason = say("too_few", language).format(lead.wins, lead.losses, MIN_WINS, MIN_LOSSES)
        yield from _paragraph(f"{say('nothing', language)}: {reason}", form)
    for split in lead.splits:
        yield ""
        yield from split_lines(split, language, form)


def _twins(lead: LeadResult, language: Language) -> str:
    if lead.twins is None or not lead.twins.repeated:
        return ""
    return say("twins", language).format(lead.twins.repeated, lead.twins.torn)


def _paragraph(line: str, form: Form) -> Iterator[str]:
    if form == "markdown":
        yield ""
    yield line


def split_lines(split: SplitResult, language: Language, form: Form) -> Iterator[str]:
    """Yield what the models achieved on one split."""
    kept = say("and", language).join(
        say("twins.kept" if one == "twins" else one, language) for one in split.kept
    )
    title = say(split.split, language).format(*filter(None, (kept,)), split.folds, split.deals)
    yield f"### {title[:1].upper()}{title[1:]}" if form == "markdown" else title
    yield ""
    head = [say(name, language) for name in ("model", "auc", "brier", "log_loss", "slope")]
    learned = split.trials[0]
    base = [
        say("base", language),
        "0.50",
        f"{learned.skill.base_brier:.3f}",
        f"{split.base_log_loss:.3f}",
        "",
    ]
    yield from table([head, *(_trial(trial, language) for trial in split.trials), base], form)
    yield ""
    yield say("skill" if learned.skill.has_skill else "no_skill", language)
    yield from _paragraph(say("over_pack", language).format(measured(split.over_pack, 3)), form)
    if learned.refused:
        yield from _paragraph(say("refused", language).format(learned.refused), form)
    yield ""
    rows = [[say(name, language) for name in ("deals", "said", "won")]]
    rows += [[str(one.deals), f"{100 * one.said:.0f} %", percent(one.won)] for one in learned.curve]
    yield from table(rows, form)


def _trial(trial: Trial, language: Language) -> Row:
    skill = trial.skill
    return (
        say(trial.model, language),
        measured(skill.auc),
        measured(skill.brier, 3),
        measured(skill.log_loss, 3),
        measured(skill.slope),
    )


def to_dict(found: Backtest) -> dict[str, Any]:
    """Return a backtest as plain JSON-ready data."""
    return {
        "pack": asdict(found.pack),
        "settings": asdict(found.settings),
        "refusal": found.refusal,
        "leads": [lead_dict(lead) for lead in found.leads],
    }


def lead_dict(lead: LeadResult) -> dict[str, Any]:
    """Return what was tried at one lead as plain JSON-ready data."""
    data = asdict(lead)
    twins = lead.twins
    data["twins"] = None if twins is None else {"repeated": twins.repeated, "torn": twins.torn}
    data["splits"] = [
        {**asdict(split), "trials": [_trial_dict(trial) for trial in split.trials]} for split in lead.splits
    ]
    found: dict[str, Any] = rounded(data)
    return found


def _trial_dict(trial: Trial) -> dict[str, Any]:
    return {**asdict(trial), "has_skill": trial.skill.has_skill}


def rounded(value: Any) -> Any:
    """Return data with its floats cut to what can be meant by them."""
    if isinstance(value, Mapping):
        return {name: rounded(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(inner) for inner in value]
    return round(value, 6) if isinstance(value, float) else value
