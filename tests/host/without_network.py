"""Run every shipped template, each to its first question or its end, in one engine. For a process without a network.

Prints a JSON object: what became of each, and that nothing beyond this PC could be reached.
"""

from __future__ import annotations

import asyncio
import errno
import json
import socket
import sys
from pathlib import Path
from typing import Any

from template_kit import Site, inputs_beside

from engine.cli.demo_server import LookupServer
from engine.settings import resources_dir


async def main(data: Path) -> dict[str, Any]:
    names = sorted(path.name.partition(".")[0] for path in (resources_dir() / "templates").glob("*.inputs.json"))
    data.mkdir()
    with LookupServer(resources_dir() / "examples", data) as service:
        async with Site(data).life(run_ahead=True) as life:

            async def one(name: str) -> list[str]:
                asked = [key for key, value in inputs_beside(name).items() if value == "example-service:"]
                stop = await life.stop(await life.start(name, **dict.fromkeys(asked, service.url)))
                return [stop.kind, str(getattr(stop, "node", None) or getattr(stop, "error", ""))]

            found = await asyncio.gather(*map(one, names))
    return dict(zip(names, found, strict=True))


def unreachable() -> bool:
    with socket.socket() as probe:
        probe.settimeout(5)
        try:
            probe.connect(("192.0.2.1", 80))
        except OSError as error:
            return error.errno == errno.ENETUNREACH
    return False


if __name__ == "__main__":
    print(json.dumps({"unreachable": unreachable(), "templates": asyncio.run(main(Path(sys.argv[1])))}))
