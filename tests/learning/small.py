"""A small pack and histories under it, so that learning takes no time; `access` decides, `papers` do not."""

from __future__ import annotations

import math
import random
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from kamrules.engine import Engine, compile, load_pack  # noqa: A004 - the library's word
from kamrules.timeline import Event, Timeline, event_of

START = date(2024, 1, 1)
ACCESS = ("next_step_agreed", "benefit_case_accepted")
PAPERS = ("buying_rules_known", "differentiators_linked")
PACK = """\
# The rules of a small house.   Spaces stay.
kamrules: 1
id: small
version: "0.1.0"   # bumped by hand
title: {en: Small, zh: 小}
owner: sales
health: health
red_lines:
  RL-1:
    name: {en: No gifts, zh: 不送礼}
    trips_when: deal.risk_note == "gift"
    taints: [deal.risk_note]
    severity: BLOCK
    source: {ref: the law}
    lawful_alternative: {en: Give nothing., zh: 不送。}
scorecards:
  health:
    title: {en: Health, zh: 健康度}
    total: 100
    dimensions:
      access: {en: Access, zh: 接触}
      papers: {en: Papers, zh: 文件}
    grades:
      A: {at_least: 50, name: {en: Good, zh: 好}}
      B: {at_least: 0, name: {en: Poor, zh: 差}}
    entries:
      step:                     # the next step
        dimension: access
        points: 30              # a guess
        title: {en: Step, zh: 下一步}
        when: deal.next_step_agreed
        source: {ref: weight is our choice}
      benefit: {dimension: access, points: 20, title: {en: B, zh: 利}, when: deal.benefit_case_accepted}
      rules:
        dimension: papers
        points: 30
        title: {en: Rules, zh: 规则}
        when: deal.buying_rules_known
        source:
          section: "4"
      link:
        dimension: papers
        title: {en: Link, zh: 关联}
        when: deal.differentiators_linked
        points: 20
"""


def write_pack(folder: Path, text: str = PACK, name: str = "pack.yaml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(text.encode())
    return path


@cache
def engine_of(path: Path) -> Engine:
    return compile(load_pack(path))


def history(
    number: int, facts: dict[str, Any], *, won: bool | None, start: date, days: int = 120
) -> Timeline:
    """Return a deal whose facts are recorded on its first day, and its outcome on the last."""
    name = f"D{number:04d}"
    events: list[Event] = []

    def add(day: date, path: str, value: Any) -> None:
        events.append(
            event_of(
                {
                    "type": "fact_set",
                    "id": f"E{len(events)}",
                    "deal_id": name,
                    "path": f"deal.{path}",
                    "value": value,
                    "effective_on": day,
                    "recorded_at": datetime.combine(day, time(8), UTC),
                }
            )
        )

    add(start, "status", "open")
    for path, value in facts.items():
        add(start, path, value)
    if won is not None:
        close = start + timedelta(days)
        add(close, "status", "won" if won else "lost")
        add(close, "closed_on", close.isoformat())
    return Timeline.of(events)


def histories(count: int, *, seed: int = 0, strength: float = 2.0, still_open: int = 0) -> list[Timeline]:
    """Return closed deals, won by `strength` log-odds for each fact of access, then open ones."""
    rng = random.Random(seed)
    found = []
    for number in range(count + still_open):
        facts: dict[str, Any] = {
            name: rng.random() < 0.5 for name in (*ACCESS, *PAPERS) if rng.random() < 0.9
        }
        facts["account.name"] = f"A{number // 2}"
        score = strength * (sum(facts.get(name, 0.5) for name in ACCESS) - 1)
        is_won = rng.random() < 1 / (1 + math.exp(-score))
        day = START + timedelta(2 * number)
        found.append(history(number, facts, won=is_won if number < count else None, start=day))
    return found
