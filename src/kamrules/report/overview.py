"""The overview of a report: counts, stages, red lines, what to ask first, what was rejected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kamrules.assessment import Assessment, Rejection
from kamrules.engine import Engine
from kamrules.pipeline import Result, Summary
from kamrules.report.markup import bar, own, part, row, shown, table
from kamrules.report.page_words import say
from kamrules.report.pictures import gate_matrix
from kamrules.sections import safe_html
from kamrules.wording import Language

MATRIX_UP_TO = 60  # deals; tens of rows stay readable
_SHOWN_DEALS = 10  # of a red line or a rule
_SHOWN_QUESTIONS = 15
_SHOWN_REFUSED = 200
_SHOWN_FAULTS = 5


class Overview:
    """Takes the deals of a report one by one, and says what holds over all of them."""

    def __init__(self, engine: Engine, language: Language) -> None:
        self._engine = engine
        self._language: Language = language
        self._having: dict[str, list[str]] = {}  # links to the deals with a red line or a breach
        self._matrix: list[Assessment] = []

    def add(self, number: int, result: Result) -> None:
        """Take a deal that was assessed, the `number`-th of the report."""
        a = result.outcome
        assert isinstance(a, Assessment)
        if len(self._matrix) <= MATRIX_UP_TO:
            self._matrix.append(a)
        for rule in (*a.tripped, *a.breaches):
            links = self._having.setdefault(rule, [])
            if len(links) < _SHOWN_DEALS:
                links.append(f'<a href="#d{number}">{own(a.deal_id)}</a>')

    def html(self, summary: Summary, refused: Sequence[Rejection]) -> str:
        """Return the parts of the overview."""
        return "".join(self._parts(summary, refused))

    def _parts(self, summary: Summary, refused: Sequence[Rejection]) -> Iterator[str]:
        yield f'<dl class="counts">{"".join(self._counts(summary))}</dl><div class="parts">'
        if summary.red_lines:
            yield part(self._say("tripped"), self._red_lines(summary), "wide alarm")
        if summary.assessed:
            yield part(self._say("stages.title"), self._stages(summary))
        if summary.ask_first:
            yield part(self._say("ask"), self._questions(summary))
        if refused:
            yield part(f"{self._say('not_read')} ({len(refused)})", self._refused(refused), "wide")
        yield "</div>"
        if summary.breaches:
            yield f"<details><summary>{self._say('breaches')}</summary>{self._breaches(summary)}</details>"
        if 0 < len(self._matrix) <= MATRIX_UP_TO:
            picture = gate_matrix(self._engine, self._matrix, language=self._language)
            yield f"<details><summary>{self._say('matrix')}</summary>{shown(picture)}</details>"

    def _say(self, key: str) -> str:
        return safe_html(say(key, self._language))

    def _counts(self, summary: Summary) -> Iterator[str]:
        counts = [
            ("deals_in", summary.deals_in), ("assessed", summary.assessed), ("rejected", summary.rejected),
            ("closed", summary.closed), ("complete", summary.complete),
            *((f"claim.{one}", summary.claims[one]) for one in ("supported", "not_proven", "contradicted")),
            ("red_lines", summary.red_lines.total()), ("breached", summary.breaches.total()),
            ("stray", summary.stray_rows), ("issues", summary.issues),
        ]  # fmt: skip
        for key, count in counts:
            if count or key in {"assessed", "rejected"}:
                yield f"<div><dt>{self._say(key)}</dt><dd>{count}</dd></div>"

    def _stages(self, summary: Summary) -> str:
        most = max([*summary.claimed.values(), *summary.supported.values()])
        names: dict[str | None, str] = {None: say("none", self._language)}
        names |= {
            key: f"{key} {spec.name.get(self._language)}"
            for key, spec in self._engine.pack.milestones.items()
        }
        rows = []
        for stage, name in names.items():
            counts = [counted[stage] for counted in (summary.claimed, summary.supported)]
            rows.append(row((safe_html(name), *(f"{one}{bar(one, one, 0, most)}" for one in counts))))
        return self._table("stages.title", ("milestone", "claimed", "supported"), rows)

    def _red_lines(self, summary: Summary) -> str:
        rows = [
            row(
                (
                    safe_html(f"{name} {line.name.get(self._language)}"),
                    line.severity,
                    str(summary.red_lines[name]),
                    self._which(name, summary.red_lines[name]),
                    safe_html(line.lawful_alternative.get(self._language)),
                ),
                (2,),
            )
            for name, line in self._engine.pack.red_lines.items()
            if summary.red_lines[name]
        ]
        return self._table("tripped", ("red_lines", "severity", "deals", "which", "lawful"), rows, (2,))

    def _breaches(self, summary: Summary) -> str:
        rows = []
        for name, rule in self._engine.pack.findings.items():
            count = summary.breaches[name]
            if count:
                title = safe_html(f"{name} {rule.name.get(self._language)}")
                rows.append(row((title, str(count), self._which(name, count)), (1,)))
        return self._table("breaches", ("rule", "deals", "which"), rows, (1,))

    def _which(self, rule: str, count: int) -> str:
        links = self._having[rule]
        return " · ".join([*links, *self._more(count - len(links))])

    def _more(self, count: int) -> list[str]:
        return [safe_html(say("and_more", self._language).format(count))] if count > 0 else []

    def _questions(self, summary: Summary) -> str:
        rows = []
        for ask in summary.ask_first[:_SHOWN_QUESTIONS]:
            label = safe_html(self._engine.label(ask.field, self._language))
            rows.append(row((label, str(ask.deals), f"{ask.weight:.2f}"), (1, 2)))
        return self._table("ask", ("question", "waiting", "weight"), rows, (1, 2))

    def _refused(self, refused: Sequence[Rejection]) -> str:
        rows = []
        for one in refused[:_SHOWN_REFUSED]:
            faults = [safe_html(str(fault)) for fault in one.faults[:_SHOWN_FAULTS]]
            faults += self._more(len(one.faults) - _SHOWN_FAULTS)
            listed = "".join(f"<li>{fault}</li>" for fault in faults)
            rows.append(row((str(one.row), own(one.id), f"<ul>{listed}</ul>")))
        left = "".join(f"<p>{text}</p>" for text in self._more(len(refused) - _SHOWN_REFUSED))
        return self._table("not_read", ("row", "id", "why"), rows) + left

    def _table(
        self, caption: str, heads: tuple[str, ...], rows: list[str], numeric: tuple[int, ...] = ()
    ) -> str:
        return table(
            say(caption, self._language), tuple(say(key, self._language) for key in heads), rows, numeric
        )
