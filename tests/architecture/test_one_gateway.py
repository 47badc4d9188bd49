"""What leaves this PC goes through `engine.net`: nobody else makes a client, a connection or a look-up."""

from __future__ import annotations

import ast
from pathlib import Path

REPO = Path(__file__).parents[2]
MAKES = frozenset(
    (
        "AsyncClient", "AsyncHTTPTransport", "HTTPTransport", "urlopen", "create_connection", "open_connection",
        "getaddrinfo", "gethostbyname", "gethostbyaddr", "HTTPConnection", "HTTPSConnection", "build_opener",
    )
)  # fmt: skip
KNOWN = {
    ("engine/tools/devices/mqtt.py", "create_connection"),  # to the IP address that the gateway gave
}


def test_only_the_gateway_makes_clients_connections_and_look_ups() -> None:
    found = set()
    for file in sorted([*(REPO / "engine").rglob("*.py"), *(REPO / "designer").rglob("*.py")]):
        path = file.relative_to(REPO).as_posix()
        if path.startswith("engine/net/"):
            continue
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in MAKES:
                    found.add((path, name))
    assert found == KNOWN
