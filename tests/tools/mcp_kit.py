"""Real servers for tests of the MCP client: as programs, and at an address on loopback."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.net.guard import Guard
from engine.settings import McpServer, Settings, save
from engine.tools import mcp_pins
from engine.tools.mcp import look

SERVER = Path(__file__).parent / "mcp_server.py"
PATIENCE_S = 20.0
_OFFERED: dict[str, Any] = {}


@dataclass
class Plant:
    """A folder that a server writes into, and the data folder in which it is approved as `plant`."""

    folder: Path
    data: Path
    url: str = ""

    def server(self, **more: Any) -> McpServer:
        """How the server is reached."""
        if self.url:
            return McpServer(url=self.url, **more)
        return McpServer(command=(sys.executable, str(SERVER), "stdio", str(self.folder)), **more)

    async def approve(self, *tools: str, effects: dict[str, Any] | None = None, **more: Any) -> McpServer:
        """What a person does with the command line."""
        server = self.server(**more)
        if not _OFFERED:  # the same whichever way it is reached, and starting one takes its time
            _OFFERED.update(await look("plant", server, self.folder, str, Guard()))
        offered = _OFFERED
        chosen = [one for name, one in offered.items() if not tools or name in tools]
        pins = {one["name"]: mcp_pins.fingerprint(one) for one in chosen}
        given = {"approved": server.fingerprint(), "tools": pins, "effects": effects or {}}
        server = McpServer.model_validate({**server.model_dump(), **given})
        self.set(server)
        mcp_pins.write(self.data, "plant", chosen)
        self.calls_file.unlink(missing_ok=True)
        return server

    def set(self, *servers: McpServer, **settings: Any) -> None:
        """Write the settings."""
        save(Settings(mcp_servers=dict.fromkeys(["plant"], servers[0]) if servers else {}, **settings), self.data)

    @property
    def calls_file(self) -> Path:
        return self.folder / "calls"

    @property
    def calls(self) -> list[str]:
        """What the server did, without its starts."""
        lines = self.calls_file.read_text().splitlines() if self.calls_file.exists() else []
        return [line for line in lines if line != "started"]

    def mode(self, mode: str) -> None:
        """What the next server is like."""
        (self.folder / "mode").write_text(mode)

    def pid(self) -> int:
        return int((self.folder / "pid").read_text())


@contextlib.contextmanager
def at_address(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The server on loopback: its address and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, str(SERVER), str(port), str(folder)], stdout=log, stderr=log)
    try:
        ends = time.monotonic() + PATIENCE_S
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            assert process.poll() is None and time.monotonic() < ends, (folder / "log").read_text()
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/mcp", process
    finally:
        process.kill()
        process.wait()


def text_of(value: Any) -> Any:
    """The text of a result as JSON."""
    return json.loads(value["text"])


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
