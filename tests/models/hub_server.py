"""A hub of model files on loopback: real HTTP with ranges, redirects and checksums, and wrong in every wanted way."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Hub:
    """What it holds and how it behaves. `store` is where files really are: another origin on the same PC."""

    content: bytes
    url: str = ""
    store: str = ""
    ways: set[str] = field(default_factory=set)
    """ "no ranges", "no etag", "weak etag", "no linked", "too much", "416", "cut" (after `cut_at` bytes)."""
    cut_at: int = 0
    status: int = 200
    files: tuple[str, ...] = ("model.gguf", "README.md")
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    sent: int = 0
    turns: int = 0
    """How many answers with the file were begun."""
    pace: threading.Event | None = None

    @property
    def sha(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub
    place: str

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        hub = self.hub
        hub.asked.append((self.place, self.path, {name.lower(): value for name, value in self.headers.items()}))
        if hub.status != 200:
            self._say(hub.status, b"{}", {"Retry-After": "7"})
        elif self.path.startswith("/api/models/"):
            said = [{"rfilename": name, "size": 3, "lfs": {"sha256": hub.sha}} for name in hub.files]
            self._say(200, json.dumps({"siblings": said}).encode(), {})
        elif "/resolve/" in self.path:
            linked = {} if "no linked" in hub.ways else {"X-Linked-ETag": f'"{hub.sha}"'}
            self._say(302, b"", {"Location": f"{hub.store}/blob/{hub.sha}", **linked})
        elif self.path.startswith("/around"):
            self._say(302, b"", {"Location": "/around"})
        elif self.path.startswith("/to?"):
            self._say(302, b"", {"Location": self.path.partition("?")[2]})
        else:
            self._file()

    def _file(self) -> None:
        hub, content = self.hub, self.hub.content
        tag = f'"{hub.sha[:20]}"'
        hub.turns += 1
        start, status = 0, 200
        wanted = self.headers.get("Range", "")
        same = self.headers.get("If-Range", tag) == tag
        if wanted and same and "no ranges" not in hub.ways:
            start, status = int(wanted.removeprefix("bytes=").rstrip("-")), 206
        if status == 206 and ("416" in hub.ways or start >= len(content)):
            self._say(416, b"", {"Content-Range": f"bytes */{len(content)}"})
            return
        part = content[start:] + (b"too much" if "too much" in hub.ways else b"")
        self.send_response(status)
        if "no etag" not in hub.ways:
            self.send_header("ETag", f"W/{tag}" if "weak etag" in hub.ways else tag)
        if status == 206:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if "too much" in hub.ways:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        if "too much" in hub.ways:
            self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n0\r\n\r\n")
            return
        end = hub.cut_at if "cut" in hub.ways else len(part)
        for at in range(0, min(end, len(part)), 16_384):
            if hub.pace is not None:
                hub.pace.wait(0.002)
            piece = part[at : min(at + 16_384, end)]
            self.wfile.write(piece)
            hub.sent += len(piece)
        self.close_connection = self.close_connection or end < len(part)

    def _say(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone is no fault of the test."""


@contextmanager
def hub_server(content: bytes) -> Iterator[Hub]:
    """Two servers until the block ends: the hub, and the store that it sends on to."""
    hub = Hub(content)
    servers = []
    for place in ("hub", "store"):
        server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub, "place": place}))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, name=place)
        thread.start()
        servers.append((server, thread))
    hub.url, hub.store = (f"http://127.0.0.1:{server.server_address[1]}" for server, _ in servers)
    try:
        yield hub
    finally:
        for server, thread in servers:
            server.shutdown()
            thread.join()
            server.server_close()
