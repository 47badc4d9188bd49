"""The demo's lookup service on this PC: service history, manual and purchase orders, some of them down at first.

Every request is a line in a file beside the data, so that an answer which comes only at the third try comes at the
third try even when the demo was killed in between.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from engine.errors import Refused

HOST = "127.0.0.1"
LOG_FILE = "lookups.jsonl"
MOST_BYTES = 100_000


class LookupServer:
    """Serves the history, the manual and the orders of `examples` on a loopback port; 0 takes a free one."""

    def __init__(self, examples: Path, data_dir: Path, port: int = 0) -> None:
        self._history = json.loads((examples / "service_history.json").read_text(encoding="utf-8"))
        self._manual = json.loads((examples / "manual.json").read_text(encoding="utf-8"))
        self._orders = json.loads((examples / "purchase_orders.json").read_text(encoding="utf-8"))
        self._log = data_dir / LOG_FILE
        self._lock = threading.Lock()
        try:
            self._server = _Server((HOST, port), self)
        except OSError as error:
            raise Refused(
                f"The demo's lookup service cannot listen on port {port}: {error.strerror}.",
                remedy="The unfinished run asks there: end the program that has the port, or start over with --new.",
            ) from None
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="lookups", daemon=True
        )

    @property
    def url(self) -> str:
        """Where it is asked."""
        return f"http://{HOST}:{self.port}"

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._server.server_address[1])

    def __enter__(self) -> LookupServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, target: str, run: str) -> tuple[int, Any]:
        """Status and body for one request of a run."""
        address = urlsplit(target)
        asked = {name: values[-1] for name, values in parse_qs(address.query).items()}
        with self._lock:
            if address.path == "/history":
                pair = f"{asked.get('machine', '')}/{asked.get('code', '')}"
                status, body = self._found(self._history, pair, target, run)
            elif address.path == "/manual":
                code = asked.get("code", "")
                status, body = 200, self._manual["answers"].get(code) or {**self._manual["missing"], "code": code}
            elif address.path == "/order":
                status, body = self._found(self._orders, asked.get("order", ""), target, run)
            else:
                status, body = 404, {"error": "not found"}
            self._note(target, run, status)
        return status, body

    def take(self, target: str, run: str, key: str, query: Any) -> tuple[int, Any]:
        """Status and body for one query to a supplier; the same key is taken once, however often it comes."""
        order = query.get("order", "") if isinstance(query, dict) else ""
        with self._lock:
            if not key or not order:
                return 400, {"error": "a query names its order and has a key"}
            down = self._orders["queries_unavailable_first"].get(order)
            if down is not None and self._times(target, run) < down["times"]:
                status, body = int(down["status"]), down["body"]
            else:
                taken = [line for line in lookups(self._log.parent) if line.get("key")]
                number = next((line["number"] for line in taken if line["key"] == key), len(taken) + 1)
                status, body = 200, {"number": number, "order": order}
                if number > len(taken):
                    self._note(target, run, status, key=key, number=number, query=query)
                    return status, body
            self._note(target, run, status)
        return status, body

    def _found(self, known: dict[str, Any], name: str, target: str, run: str) -> tuple[int, Any]:
        down = known["unavailable_first"].get(name)
        if down is not None and self._times(target, run) < down["times"]:
            return int(down["status"]), down["body"]
        found = known["answers"].get(name)
        return (404, known["missing"]) if found is None else (200, found)

    def _times(self, target: str, run: str) -> int:
        """How often this run has asked this already."""
        return sum(1 for line in lookups(self._log.parent) if (line["target"], line["run"]) == (target, run))

    def _note(self, target: str, run: str, status: int, **more: Any) -> None:
        line = {"at": time.time(), "run": run, "target": target, "status": status, **more}
        with self._log.open("a", encoding="utf-8") as file:
            file.write("\n" + json.dumps(line))  # a new line first: the one before may have been cut short


def lookups(data_dir: Path) -> list[dict[str, Any]]:
    """What was asked so far: {at, run, target, status}. A line that a kill cut short does not count."""
    try:
        text = (data_dir / LOG_FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    found = []
    for line in text.splitlines():
        with contextlib.suppress(ValueError):
            found.append(json.loads(line))
    return [line for line in found if isinstance(line, dict)]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], lookups: LookupServer) -> None:
        self.lookups = lookups
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self._say(*self.server.lookups.answer(self.path, self.headers.get("x-run", "")))

    def do_POST(self) -> None:
        said = self.rfile.read(min(int(self.headers.get("content-length") or 0), MOST_BYTES))
        try:
            query = json.loads(said)
        except ValueError:
            self._say(400, {"error": "not JSON"})
            return
        key = self.headers.get("idempotency-key", "")
        self._say(*self.server.lookups.take(self.path, self.headers.get("x-run", ""), key, query))

    def _say(self, status: int, body: Any) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: the terminal belongs to the run."""
