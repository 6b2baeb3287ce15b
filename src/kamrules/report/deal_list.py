"""The list of deals in a report: a row a deal, and what it can be filtered by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

from kamrules.assessment import Assessment
from kamrules.engine import Engine
from kamrules.pipeline import Result, Summary, health_text, tier_text
from kamrules.report.markup import bar, own, scroller
from kamrules.report.page_words import say
from kamrules.sections import safe_html
from kamrules.wording import Language

COLUMNS = (
    "id", "account", "claimed", "supported", "possible", "claim", "tier", "health", "blockers", "unknowns",
    "breached", "red_lines",
)  # fmt: skip
_NUMERIC = ("blockers", "unknowns", "breached")
_CLAIMS = {"supported": "✓", "behind": "›", "not_proven": "?", "contradicted": "✗", "none": "–"}
_STATES = ("open", "closed")


class DealList:
    """Takes the deals of a report one by one; `html` is the list with its filters."""

    def __init__(self, engine: Engine, language: Language) -> None:
        self._engine = engine
        self._language: Language = language
        self._rows: list[str] = []
        self._tiers: Counter[str] = Counter()
        stages = [None, *engine.pack.milestones]
        self._stage = {
            stage: f'<td data-v="{place}">{safe_html(stage or "–")}</td>'
            for place, stage in enumerate(stages)
        }
        self._claim = lru_cache(None)(self._write_claim)

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, result: Result) -> None:
        """Take a deal that was assessed."""
        a = result.outcome
        assert isinstance(a, Assessment)
        stage, tier = a.stage, tier_text(a) if a.tier is not None else "–"
        self._tiers[tier] += 1
        state = _STATES[result.is_closed]
        number = len(self._rows)
        link = f'<a href="#d{number}">{own(a.deal_id)}</a>'
        name = f" {own(a.deal_name)}" if a.deal_name else ""
        lines = " ".join(a.tripped)
        health = "<td>–</td>"
        if a.health is not None:
            shown = safe_html(health_text(a.health, self._language))
            drawn = bar(a.health.low, a.health.high, 0.0, 100.0)
            health = f'<td data-v="{a.health.score:.1f}">{shown}{drawn}</td>'
        claimed = self._stage.get(stage.claimed) or f"<td>{safe_html(stage.claimed or '–')}</td>"
        counts = (len(stage.blockers), len(stage.unknowns), len(a.breaches))
        self._rows.append(
            f'<tr data-claim="{stage.claim}" data-stage="{safe_html(stage.supported or "none")}"'
            f' data-tier="{safe_html(tier)}" data-line="{safe_html(lines)}" data-state="{state}">'
            f'<th scope="row">{link}{name}</th><td>{own(a.account_name)}</td>{claimed}'
            f"{self._stage[stage.supported]}{self._stage[stage.possible]}{self._claim(stage.claim)}"
            f"<td>{safe_html(tier)}</td>{health}"
            + "".join([f'<td class="n">{count}</td>' for count in counts])
            + f"<td>{f'<b class=unmet>⚑ {safe_html(lines)}</b>' if lines else '–'}</td></tr>"
        )

    def html(self, summary: Summary) -> str:
        """Return the section with filters, count, table and the steps through it."""
        if not self._rows:
            return f"<p>{self._say('no_deals')}</p>"
        heads = "".join(
            f'<th scope="col"{" class=n" if name in _NUMERIC else ""}>{self._say(name)}</th>'
            for name in COLUMNS
        )
        steps = "".join(
            f'<button type="button" id="{key}">{self._say(key)}</button>' for key in ("earlier", "later")
        )
        return (
            f'{self._filters(summary)}<p id="shown" role="status"></p>'
            f'{scroller(say("list", self._language))}<table id="deals">'
            f'<caption class="vh">{self._say("list")}</caption><thead><tr>{heads}</tr></thead>'
            f'<tbody>{"".join(self._rows)}</tbody></table></div><p class="steps js">{steps}</p>'
        )

    # --- filters

    def _filters(self, summary: Summary) -> str:
        claims = {key: (self._say(f"claim.{key}"), summary.claims[key]) for key in _CLAIMS}
        stages: dict[str, tuple[str, int]] = {"none": (self._say("none"), summary.supported[None])}
        for name, spec in self._engine.pack.milestones.items():
            stages[name] = (f"{name} {spec.name.get(self._language)}", summary.supported[name])
        tiers = {name: (name, count) for name, count in sorted(self._tiers.items())}
        lines = {
            name: (f"{name} {line.name.get(self._language)}", summary.red_lines[name])
            for name, line in self._engine.pack.red_lines.items()
        }
        is_open = summary.assessed - summary.closed
        states = {"open": (self._say("open"), is_open), "closed": (self._say("closed"), summary.closed)}
        chosen = "".join([
            self._choice("claim", "claim", claims), self._choice("stage", "supported", stages),
            self._choice("tier", "tier", tiers), self._choice("line", "red_lines", lines),
            self._choice("state", "state", states),
        ])  # fmt: skip
        search = f'<label>{self._say("search")}<input id="search" type="search"></label>'
        return (
            f'<form id="filters" class="js">{search}{chosen}'
            f'<button type="reset">{self._say("clear")}</button>'
            f'<button type="button" id="print">{self._say("print")}</button></form>'
        )

    def _choice(self, key: str, title: str, options: Mapping[str, tuple[str, int]]) -> str:
        """Return a choice of what some deal has, each with how many deals have it."""
        listed = "".join(
            f'<option value="{safe_html(value)}">{safe_html(text)} ({count})</option>'
            for value, (text, count) in options.items()
            if count
        )
        any_ = f'<option value="">{self._say("any")}</option>'
        return f'<label>{self._say(title)}<select data-key="{key}">{any_}{listed}</select></label>'

    def _say(self, key: str) -> str:
        return safe_html(say(key, self._language))

    def _write_claim(self, claim: str) -> str:
        return f'<td><span class="{claim}">{_CLAIMS[claim]} {self._say(f"claim.{claim}")}</span></td>'
