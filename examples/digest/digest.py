"""A mail a day for each account manager: what is blocked, what is overdue, which red lines are crossed.

    python examples/digest/digest.py examples/welding 2026-06-30

Prints the mails as they would be sent. The day is an argument, so yesterday's digest can be made again.
"""

from __future__ import annotations

import html
import sys
from collections import defaultdict
from datetime import date
from email.message import EmailMessage

import kamrules as kr
from kamrules.agenda import agenda_of
from kamrules.pipeline import CLOSED, open_source

ENGINE = kr.compile(kr.load_pack("handbook"))
HEADINGS = ("Red lines", "Blocked", "Overdue")  # the most urgent first
Lines = dict[str, list[str]]  # heading to lines


def lines_of(deal: dict[str, object], day: date) -> Lines:
    """Return what a manager should know of one open deal."""
    found = ENGINE.to_dict(ENGINE.assess(deal, as_of=day, detail="brief"))
    name = f"{found['deal_id']} {found['deal_name'] or ''}".strip()
    blockers = set(found["stage"]["blockers"])
    return {
        "Red lines": [
            f"{name}: {line['id']} {line['name']}. Instead: {line['lawful_alternative']}"
            for line in found["red_lines"]
            if line["status"] == "tripped"
        ],
        "Blocked": [
            f"{name}: {one['id']} {one['name']}. {one['next_action']}"
            for one in found["criteria"]
            if one["id"] in blockers
        ],
        "Overdue": [
            f"{name}: {entry.title}, {f'due {entry.due}' if entry.due else 'never done'}"
            for entry in agenda_of(ENGINE, deal, as_of=day).entries
            if entry.status == "overdue"
        ],
    }


def mail(manager: str, lines: Lines, day: date) -> EmailMessage:
    """Return one manager's mail, as plain text and as HTML; what the CRM holds is escaped there."""
    message = EmailMessage()
    message["Subject"] = (
        f"Deals of {' '.join(manager.split())}, {day}: {sum(map(len, lines.values()))} points"
    )
    shown = [(heading, lines[heading]) for heading in HEADINGS if lines[heading]]
    text = [f"{heading}\n" + "".join(f"- {line}\n" for line in listed) for heading, listed in shown]
    body = [
        f"<h2>{heading}</h2><ul>{''.join(f'<li>{html.escape(line)}</li>' for line in listed)}</ul>"
        for heading, listed in shown
    ]
    message.set_content("\n".join(text))
    message.add_alternative("".join(body), subtype="html")
    return message


def digests(source: str, day: date) -> tuple[dict[str, EmailMessage], list[kr.Fault]]:
    """Return the mails by manager, and the faults of deals that could not be read."""
    by_manager: dict[str, Lines] = defaultdict(lambda: {heading: [] for heading in HEADINGS})
    faults: list[kr.Fault] = []
    for item in open_source(source, ENGINE, as_of=day).items():
        if isinstance(item.deal, kr.Rejection):
            faults += item.deal.faults
        elif item.deal.get("status") not in CLOSED:
            for heading, lines in lines_of(item.deal, day).items():
                by_manager[item.deal.get("leader") or "nobody yet"][heading] += lines
    mails = {name: mail(name, lines, day) for name, lines in by_manager.items() if any(lines.values())}
    return dict(sorted(mails.items())), faults


def main(source: str, day: str) -> None:
    """Print the mails of a day, and on standard error what could not be read."""
    try:
        mails, faults = digests(source, date.fromisoformat(day))
    except (kr.KamrulesError, ValueError) as error:
        sys.exit(str(error))
    for one in mails.values():
        print(one["Subject"], one.get_body(("plain",)).get_content(), sep="\n\n")
    for fault in faults:
        print(fault, file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:]) if len(sys.argv) == 3 else sys.exit(__doc__)  # noqa: PLR2004 - itself, folder, day
