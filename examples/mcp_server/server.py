"""Tools for an assistant that speaks the Model Context Protocol: assess a deal, explain it, look a rule up.

    python examples/mcp_server/server.py      # speaks over standard input and output

A language model may word what comes back; the verdict is the engine's, and it cannot be talked round.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

import kamrules as kr
from kamrules.handbook import Entry, browse

ENGINE = kr.compile(kr.load_pack("handbook"))
server = MCPServer(
    "kamrules",
    instructions=(
        "Verdicts of a key-account handbook on deals. Leave a fact out where it is not known: "
        "missing is unknown, never no. Quote criteria by id. Red lines are not legal advice."
    ),
    version=kr.__version__,
)


@server.tool()
def assess_deal(deal: dict[str, Any], as_of: date) -> dict[str, Any]:
    """Return which milestone the evidence supports, what blocks the next gate, and what to ask first."""
    try:
        found = ENGINE.assess(deal, as_of=as_of)
    except kr.RecordError as error:
        raise ToolError("\n".join(map(str, error.faults))) from error
    told = ENGINE.to_dict(found)
    gate = {*found.stage.blockers, *found.stage.unknowns}
    return {
        "stage": told["stage"],
        "tier": told["tier"],
        "gate": [one for one in told["criteria"] if one["id"] in gate],
        "red_lines": [line for line in told["red_lines"] if line["status"] == "tripped"],
        "ask_first": [ENGINE.label(question.path) for question in found.ask_first[:10]],
    }


@server.tool()
def explain_deal(deal: dict[str, Any], as_of: date, language: Literal["en", "zh"] = "en") -> str:
    """Return the whole explanation of a deal as Markdown: facts, evidence, health ledger, red lines."""
    try:
        return kr.explain(ENGINE, deal, as_of=as_of, language=language, format="markdown")
    except kr.RecordError as error:
        raise ToolError("\n".join(map(str, error.faults))) from error


@server.tool()
def look_up(name: str) -> list[Entry]:
    """Return what an id such as M3.X2 or RL-08 says, with its slides; or all of a topic such as red-lines."""
    try:
        return list(browse(ENGINE.pack, name))
    except kr.ArgumentError as error:
        raise ToolError(str(error)) from error


if __name__ == "__main__":
    server.run()
