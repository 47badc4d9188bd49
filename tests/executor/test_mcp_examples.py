"""Servers as the SDK's guide has them, over both transports, called by an agent whose model is asked over HTTP."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mcp")
pytest.importorskip("pydantic_ai")
sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))
sys.path.insert(0, str(Path(__file__).parents[1] / "models"))

from engine_kit import Place, in_loop, workflow
from openai_server import Turn, call, openai_server, says

from engine.models import Models
from engine.settings import McpServer, RoleSetting, Settings, save
from engine.tools import mcp_pins
from engine.tools.mcp import look
from engine.workflow.model import Node

SERVERS = Path(__file__).parents[1] / "tools" / "example_servers.py"


@contextlib.contextmanager
def at_address(which: str) -> Iterator[McpServer]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen([sys.executable, str(SERVERS), which, str(port)], stdout=quiet, stderr=quiet)
    try:
        ends = time.monotonic() + 20
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            assert process.poll() is None and time.monotonic() < ends
            time.sleep(0.05)
        yield McpServer(url=f"http://127.0.0.1:{port}/mcp")
    finally:
        process.kill()
        process.wait()


async def approved(place: Place, name: str, server: McpServer) -> McpServer:
    """As `mcp approve` does it."""
    offered = await look(name, server, place.data, lambda name, to: "", Settings().guard())
    mcp_pins.write(place.data, name, offered.values())
    pins = {tool: mcp_pins.fingerprint(one) for tool, one in offered.items()}
    given = {"approved": server.fingerprint(), "tools": pins, "effects": dict.fromkeys(pins, "pure")}
    return McpServer.model_validate({**server.model_dump(), **given})


def tool(key: str, server: str, named: str) -> Node:
    return Node(key=key, type="mcp.call", params={"server": server, "server_tool": named})


@in_loop
async def test_an_agent_uses_servers_over_both_transports(place: Place) -> None:
    place.data.mkdir(exist_ok=True)
    script = says(
        call("find", number="PO-9"),
        call("find", number="PO-7"),
        call("sum", a="12", b=30),
        call("sum", a=12, b=30),
        Turn(text="There are 42 parts."),
    )
    with at_address("sums") as far, openai_server(script) as heard:
        near = McpServer(command=(sys.executable, str(SERVERS), "orders", "stdio"))
        servers = {"near": await approved(place, "near", near), "far": await approved(place, "far", far)}
        role = RoleSetting(model="m", url=heard.url)
        settings = Settings(mcp_servers=servers, roles={"big": role})
        save(settings, place.data)
        params: dict[str, Any] = {"model": "big", "instructions": "Add the parts.", "on_tool_error": "tell"}
        think = Node(key="think", type="agent", params=params)
        wired = ["find.tool -> think.tools", "sum.tool -> think.tools"]
        drawn = workflow(think, tool("find", "near", "find_order"), tool("sum", "far", "add"), edges=wired)
        async with place.life(Models(settings, place.data), mcp_servers=servers, roles={"big": role}) as life:
            run = await life.start(drawn)
            state = await life.end(run)
    assert state.status == "completed", state.error
    assert state.steps["think", ()].outputs["result"] == "There are 42 parts."
    told = [str(body["messages"][-1]["content"]) for body in heard.bodies]
    assert "there is no order PO-9" in told[1] and '"parts":12' in told[2].replace(" ", "")
    assert "42" in told[4], "the sum came back"
    refused = [event for event in place.events(run) if event.kind == "ToolCallRefused"]
    assert len(refused) == 1, "a text is no number: the server was not asked"
    calls = [event.tool for event in place.events(run) if event.kind in ("EffectSucceeded", "EffectFailed")]
    assert calls.count("mcp.call") == 3
