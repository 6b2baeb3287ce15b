"""An assistant gets verdicts from the tools, and a call with bad fields tells it what to mend."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.examples.loading import DAY, names

pytest.importorskip("mcp", reason="the MCP example needs mcp")
from mcp import Client

SERVER = names("mcp_server/server.py")["server"]


def _call(tool: str, **arguments: Any) -> Any:
    async def call() -> Any:
        async with Client(SERVER) as client:
            return await client.call_tool(tool, arguments)

    return asyncio.run(call())


def test_a_deal_is_assessed_with_what_to_ask_first() -> None:
    deal = {"id": "D1", "account": {"name": "Lingang", "industry": "shipbuilding"}, "milestone": "M2"}
    told = _call("assess_deal", deal=deal, as_of=str(DAY)).structured_content
    assert told["stage"]["supported"] == "M1"
    assert told["gate"][0]["next_action"]
    assert told["ask_first"]


def test_a_bad_record_is_an_error_that_names_every_field() -> None:
    answer = _call("assess_deal", deal={"milestone": "M9", "nmae": "x"}, as_of=str(DAY))
    assert answer.is_error
    assert "did you mean `M8`?" in answer.content[0].text
    assert "did you mean `name`?" in answer.content[0].text


def test_a_deal_is_explained_in_chinese() -> None:
    text = _call("explain_deal", deal={"id": "D1"}, as_of=str(DAY), language="zh").content[0].text
    assert text.startswith("# D1")
    assert "里程碑" in text


def test_a_rule_is_looked_up_and_a_misspelt_one_named() -> None:
    assert "RL-08" in _call("look_up", name="RL-08").content[0].text
    answer = _call("look_up", name="RL-8")
    assert answer.is_error
    assert "did you mean" in answer.content[0].text
