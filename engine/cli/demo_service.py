"""`demo-service`: the example lookup service as a process of its own, for a window that shows the template."""

from __future__ import annotations

import sys

from engine.cli import codes, options


def demo_service(data_dir: options.DataDir = None) -> int:
    """Serve the machine-alarm template's lookups until standard input ends; the first line printed is the address."""
    from engine.cli.demo import lookup_server
    from engine.cli.output import print_json
    from engine.settings import data_dir as default_dir

    folder = default_dir(data_dir)
    folder.mkdir(parents=True, exist_ok=True)
    with lookup_server(folder, same_port=False) as server:
        print_json({"url": server.url})
        sys.stdout.flush()
        while sys.stdin.buffer.read(4096):  # the window holds the other end: when it is gone, so are we
            continue
    return codes.COMPLETED
