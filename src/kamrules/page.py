"""A pipeline's assessments as tables for people, in English or Chinese, for a terminal or a text file.

Only the command line imports this; rich is not loaded by `import kamrules`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from kamrules.assessment import Assessment
from kamrules.engine import Engine
from kamrules.pipeline import Result, Summary, health_text, tier_text
from kamrules.source import visible

Language = Literal["en", "zh"]
_SHOWN_IDS = 3
_SHOWN_QUESTIONS = 15
_STYLES = {"contradicted": "red", "not_proven": "yellow", "supported": "green", "behind": "cyan"}
_COLUMNS = (
    "id", "account", "claimed", "supported", "possible", "tier", "health", "blockers", "unknowns", "breached",
    "red_lines",
)  # fmt: skip
_WORDS: dict[str, tuple[str, str]] = {
    "id": ("deal", "项目"),
    "account": ("account", "客户"),
    "claimed": ("claimed", "申报"),
    "supported": ("supported", "证据支持"),
    "possible": ("possible", "可达"),
    "tier": ("tier", "级别"),
    "health": ("health", "健康度"),
    "blockers": ("blockers", "阻碍"),
    "unknowns": ("unknown", "未知"),
    "breached": ("rules", "违规"),
    "red_lines": ("red lines", "红线"),
    "deals_in": ("deals in", "读入项目"),
    "assessed": ("assessed", "已评估"),
    "rejected": ("rejected", "已拒绝"),
    "claims": ("claims", "申报核对"),
    "claim.supported": ("supported", "有证据支持"),
    "claim.not_proven": ("not proven", "尚未证实"),
    "claim.contradicted": ("contradicted", "与事实矛盾"),
    "claim.behind": ("behind the evidence", "落后于证据"),
    "claim.none": ("no claim", "未申报"),
    "stages": ("stage supported", "证据支持的阶段"),
    "complete": ("complete", "全部通过"),
    "tiers": ("tiers still possible", "可能级别"),
    "tripped": ("red lines tripped", "触及红线"),
    "breaches": ("work rules breached", "违反工作制度"),
    "stray": ("rows that join no deal", "未关联到项目的行"),
    "issues": ("values left out", "未采用的值"),
    "ask": ("Ask first", "优先核实"),
    "field": ("field", "字段"),
    "waiting": ("open deals waiting", "等待的未结项目"),
    "none": ("none", "无"),
    "more": ("more deals; --limit 0 shows all", "个项目未显示;--limit 0 显示全部"),
    "more_facts": ("more; --format json has all", "项未显示;--format json 含全部"),
}


def say(key: str, language: Language) -> str:
    """Return the word for a key."""
    return _WORDS[key][language == "zh"]


def _few(names: Iterable[str]) -> str:
    names = list(names)
    more = len(names) - _SHOWN_IDS
    return " ".join(names[:_SHOWN_IDS]) + (f" +{more}" if more > 0 else "")


class DealTable:
    """A table with one row a deal, up to `limit` rows (0: all)."""

    def __init__(self, language: Language, limit: int) -> None:
        self.language = language
        self.limit = limit
        self.hidden = 0
        headings = [say(name, language) for name in _COLUMNS]
        self.table = Table(*headings, box=None, pad_edge=False, header_style="bold")

    def add(self, result: Result) -> None:
        """Take one result; rejections have no row."""
        if not isinstance(result.outcome, Assessment):
            return
        if self.limit and self.table.row_count >= self.limit:
            self.hidden += 1
        else:
            self.table.add_row(*_cells(result.outcome, self.language))

    def show(self, console: Console) -> None:
        """Print the table and how many deals it leaves out."""
        console.print(self.table)
        if self.hidden:
            console.print(f"… {self.hidden} {say('more', self.language)}")
        console.print()


def _cells(assessment: Assessment, language: Language) -> tuple[Text, ...]:
    stage = assessment.stage
    style = _STYLES.get(stage.claim, "")
    return (
        Text(visible(assessment.deal_id or "–")),
        Text(visible(assessment.account_name or "–")),
        Text(stage.claimed or "–", style=style),
        Text(stage.supported or "–"),
        Text(stage.possible or "–"),
        Text(tier_text(assessment) if assessment.tier is not None else "–"),
        Text(health_text(assessment.health, language)),
        Text(_few(stage.blockers), style="red"),
        Text(str(len(stage.unknowns)), justify="right"),
        Text(str(len(assessment.breaches)), justify="right"),
        Text(_few(assessment.tripped), style="bold red"),
    )


def show_summary(console: Console, engine: Engine, summary: Summary, language: Language) -> None:
    """Print the counts of a run, and what to ask first over all its deals."""
    table = Table.grid(padding=(0, 2))
    for name, text in _facts(engine, summary, language):
        table.add_row(Text(name, style="bold"), Text(text))
    console.print(table)
    if summary.ask_first:
        console.print()
        console.print(_questions(engine, summary, language))


def _facts(engine: Engine, summary: Summary, language: Language) -> Iterable[tuple[str, str]]:
    def counts(pairs: Iterable[tuple[str, int]]) -> str:
        return ", ".join(f"{name} {number}" for name, number in pairs if number) or say("none", language)

    def named(found: Mapping[str, int], rules: Mapping[str, object]) -> str:
        order = [name for name in rules if name in found]
        return counts((name, found[name]) for name in order)

    assessed = (
        f"{summary.assessed} {say('assessed', language)} + {summary.rejected} {say('rejected', language)}"
    )
    yield say("deals_in", language), f"{summary.deals_in} = {assessed}"
    stages = [
        (stage or say("none", language), summary.supported[stage])
        for stage in (None, *engine.pack.milestones)
    ]
    yield say("stages", language), counts([*stages, (say("complete", language), summary.complete)])
    claims = [(say(f"claim.{claim}", language), number) for claim, number in summary.claims.most_common()]
    yield say("claims", language), counts(claims)
    yield say("tiers", language), counts(summary.tiers.most_common())
    yield say("tripped", language), named(summary.red_lines, engine.pack.red_lines)
    yield say("breaches", language), named(summary.breaches, engine.pack.findings)
    for key, number in (("stray", summary.stray_rows), ("issues", summary.issues)):
        if number:
            yield say(key, language), str(number)


def _questions(engine: Engine, summary: Summary, language: Language) -> Table:
    asks = summary.ask_first
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(say("ask", language))
    table.add_column(say("field", language), style="dim")
    table.add_column(say("waiting", language), justify="right")
    for ask in asks[:_SHOWN_QUESTIONS]:
        table.add_row(Text(engine.label(ask.field, language)), Text(ask.field), str(ask.deals))
    if len(asks) > _SHOWN_QUESTIONS:
        table.add_row(Text(f"… {len(asks) - _SHOWN_QUESTIONS} {say('more_facts', language)}"), "", "")
    return table
