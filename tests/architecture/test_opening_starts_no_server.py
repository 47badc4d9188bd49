"""Opening, checking and importing workflows that name MCP servers starts none: watched by the interpreter itself."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from test_opening_is_harmless import REPO, WATCHED, payloads

from engine.settings import McpServer, Settings, save
from engine.tools import mcp_pins


def settings(folder: Path) -> Settings:
    """Servers of every kind: approved and not, programs and addresses."""
    owned = str(folder / "owned")
    program = McpServer(command=("/usr/bin/touch", owned))
    address = McpServer(url="http://127.0.0.1:9/owned")
    far = McpServer(url="https://169.254.169.254/owned", headers={"a": "secret://owned"})
    tool = {"name": "own", "description": "owned", "input_schema": {"$ref": f"file://{owned}"}}
    given = {"tools": {"own": mcp_pins.fingerprint(tool)}}
    servers = {
        f"{name}-{state}": server.model_copy(update=more)
        for name, server in (("program", program), ("address", address), ("far", far))
        for state, more in (
            ("new", {}),
            ("approved", {**given, "approved": server.fingerprint()}),
            ("changed", {**given, "approved": "0" * 64}),
        )
    }
    return Settings(mcp_servers=servers)


def hostile(folder: Path, names: list[str]) -> list[str]:
    """Workflow files that want a server started: as a step, as an agent's tool, by param, name, command, address."""
    found = []
    for number, payload in enumerate(payloads(folder)):
        for place in ("server", "server_tool", "arguments", "tool", "command", "url"):
            params: dict[str, Any] = {"server": names[number % len(names)], "server_tool": "own", place: payload}
            nodes: dict[str, Any] = {"a": {"type": "mcp.call", "params": params}}
            edges = []
            if number % 2:
                nodes["b"] = {"type": "agent", "params": {"model": "small", "instructions": "x"}}
                edges = ["a.tool -> b.tools"]
            found.append(json.dumps({"format": 1, "name": f"n{number}-{place}", "nodes": nodes, "edges": edges}))
        found.append(json.dumps({"format": 1, "name": f"s{number}", "mcp_servers": {"x": {"command": [payload]}}}))
    return found


def test_two_hundred_hostile_imports_start_no_server_and_open_no_socket(tmp_path: Path) -> None:
    data, outside = tmp_path / "data", tmp_path / "outside"
    data.mkdir()
    outside.mkdir()
    given = settings(outside)
    save(given, data)
    texts = hostile(outside, sorted(given.mcp_servers))
    assert len(texts) >= 200
    (tmp_path / "texts.json").write_text(json.dumps(texts))
    code = WATCHED.replace("import Settings", "import load").replace("Settings()", "load(data)")
    loaded = '"loaded": sorted({"mcp", "anyio", "httpx2"} & set(sys.modules)),'
    code = code.replace("print(json.dumps({", "print(json.dumps({" + loaded)
    child = subprocess.run(
        [sys.executable, "-B", "-c", code, str(data), str(tmp_path / "texts.json")],
        capture_output=True, text=True, cwd=REPO, timeout=150, check=False,
    )  # fmt: skip
    assert child.returncode == 0, child.stderr[-2000:]
    said = json.loads(child.stdout)
    assert said["seen"] == [] and said["awake"]
    assert said["checked"] >= 200 and said["found"] >= 200 and said["imported"] >= 100
    assert said["loaded"] == [], "what could talk to a server is not even loaded"
    assert list(outside.iterdir()) == []
