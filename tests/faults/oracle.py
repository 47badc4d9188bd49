"""The effects oracle: a process of its own that sees every effect on the world and counts it.

`PUT/POST /do/<class>/<name>` does an effect; the idempotency key, if any, is in the header `Idempotency-Key`. An
idempotent effect whose key was seen before is answered as before and not counted again; every other call counts.
`GET /look/<key>` says whether a key was seen; `GET /counts` gives {name: {"class", "calls", "keys"}};
`GET /read/<name>` is a pure read; `GET /flaky/<name>` fails twice, then works; `GET /broken/<name>` always fails.
"""

from __future__ import annotations

import json
import multiprocessing
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from typing import Any


class Ledger:
    """What happened, under one lock."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.counts: dict[str, dict[str, Any]] = {}
        self.seen: dict[str, str] = {}
        self.flaky: dict[str, int] = {}

    def do(self, effect: str, name: str, key: str) -> dict[str, Any]:
        with self.lock:
            if effect == "idempotent" and key in self.seen:
                return {"done": self.seen[key]}
            record = self.counts.setdefault(name, {"class": effect, "calls": 0, "keys": []})
            record["calls"] += 1
            if key:
                record["keys"].append(key)
                self.seen[key] = name
            return {"done": name}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    ledger: Ledger

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""

    def answer(self, status: int, value: Any) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        _, what, *rest = self.path.split("/")
        name = "/".join(rest)
        if what == "counts":
            self.answer(200, self.ledger.counts)
        elif what == "look":
            found = self.ledger.seen.get(name)
            self.answer(200 if found else 404, {"done": found})
        elif what == "flaky":
            with self.ledger.lock:
                self.ledger.flaky[name] = self.ledger.flaky.get(name, 0) + 1
                fails = self.ledger.flaky[name] <= 2
            self.answer(503 if fails else 200, {"read": name})
        elif what == "broken":
            self.answer(503, {})
        else:
            self.answer(200, {"read": name})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        _, _, effect, name = self.path.split("/")
        self.answer(200, self.ledger.do(effect, name, self.headers.get("Idempotency-Key", "")))

    do_PUT = do_POST


class Server(ThreadingHTTPServer):
    """Engines are killed in the middle of requests: that is the point, not a fault."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Quiet."""


def serve(pipe: Connection) -> None:
    Handler.ledger = Ledger()
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    pipe.send(server.server_address[1])
    pipe.recv()  # until told to go, or the parent is gone


@contextmanager
def oracle() -> Iterator[str]:
    """The oracle's base URL."""
    mine, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{mine.recv()}"
    finally:
        mine.send("go")
        process.join(5)
        process.kill()
        process.join()
