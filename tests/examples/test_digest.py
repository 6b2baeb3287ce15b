"""The digest goes to whoever leads the deal, says what is so on its day, and trusts no text of the CRM."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.examples.loading import DAY, EXAMPLES, names

DIGEST = names("digest/digest.py")


@pytest.fixture(scope="module")
def mails() -> dict[str, Any]:
    mails, faults = DIGEST["digests"](str(EXAMPLES / "welding"), DAY)
    assert faults == []
    return dict(mails)


def _text(mail: Any, kind: str) -> str:
    return str(mail.get_body((kind,)).get_content())


def _all(mails: dict[str, Any]) -> str:
    return "".join(_text(mail, "plain") for mail in mails.values())


def test_each_manager_reads_of_the_deals_that_he_or_she_leads(mails: dict[str, Any]) -> None:
    assert "D-16" in _text(mails["冯禾"], "plain")
    assert [name for name in mails if "D-16" in _text(mails[name], "plain")] == ["冯禾"]


def test_red_lines_come_first_with_the_lawful_alternative(mails: dict[str, Any]) -> None:
    text = _text(mails["冯禾"], "plain")
    assert text.startswith("Red lines\n- D-27")
    assert "Instead: Remove the entry, tell compliance" in text
    assert text.index("Red lines") < text.index("Blocked")


def test_closed_deals_are_left_out(mails: dict[str, Any]) -> None:
    rows = (EXAMPLES / "welding" / "deals.csv").read_text("utf-8").splitlines()[1:]
    closed = {row.split(",")[0] for row in rows if row.split(",")[4] in {"won", "lost", "cancelled"}}
    assert closed
    assert not {name for name in closed if f"{name} " in _all(mails)}


def test_both_parts_of_a_mail_say_the_same_and_texts_are_escaped() -> None:
    lines = {"Red lines": [], "Blocked": ["D1 <script>alert(1)</script> & co"], "Overdue": []}
    mail = DIGEST["mail"]("Bo\r\nBcc: all@example.com", lines, DAY)
    assert "<script>" in _text(mail, "plain")
    assert "<li>D1 &lt;script&gt;alert(1)&lt;/script&gt; &amp; co</li>" in _text(mail, "html")
    assert mail["Bcc"] is None


def test_the_day_is_the_argument(tmp_path: Path) -> None:
    deal = (
        '{"id": "D1", "status": "open", "leader": "Bo", "next_step": "Call", "next_step_on": "2026-07-04"}\n'
    )
    (tmp_path / "deals.jsonl").write_text(deal, encoding="utf-8")
    source = str(tmp_path / "deals.jsonl")
    assert "Next step: Call" not in _all(DIGEST["digests"](source, date(2026, 7, 4))[0])
    assert "Next step: Call" in _all(DIGEST["digests"](source, date(2026, 7, 5))[0])


def test_a_deal_that_cannot_be_read_is_reported_and_the_others_are_sent(tmp_path: Path) -> None:
    good = (
        '{"id": "D1", "status": "open", "leader": "Bo", "next_step": "Call", "next_step_on": "2026-06-04"}\n'
    )
    (tmp_path / "deals.jsonl").write_text(good + "{not json\n", encoding="utf-8")
    mails, faults = DIGEST["digests"](str(tmp_path / "deals.jsonl"), DAY)
    assert list(mails) == ["Bo"]
    assert len(faults) == 1


@pytest.mark.parametrize(
    ("source", "day", "told"), [("nowhere", "2026-06-30", "no such file"), ("nowhere", "today", "isoformat")]
)
def test_a_wrong_argument_is_told_in_a_line(source: str, day: str, told: str) -> None:
    with pytest.raises(SystemExit, match=told):
        DIGEST["main"](source, day)
