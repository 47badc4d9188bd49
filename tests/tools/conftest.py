"""A tool's surroundings: a real workspace, real blobs, a real web server on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from engine.store.blobs import Blobs
from engine.tools.registry import ToolEnv, aclose_all, tools

SECRETS = {"token": "s3cr3t-t0ken-value", "pg": ""}


class StoredBlobs:
    """The store's blobs as tools see them."""

    def __init__(self, folder: Path) -> None:
        self.blobs = Blobs(folder)

    def put(self, data: bytes, media_type: str) -> dict[str, Any]:
        return self.blobs.put(data, media_type).value()

    def get(self, sha: str) -> bytes:
        return self.blobs.get(sha)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    return folder


@pytest.fixture
def make_env(tmp_path: Path, workspace: Path) -> Callable[..., ToolEnv]:
    (tmp_path / "blobs").mkdir()

    def make(**changes: Any) -> ToolEnv:
        given = {
            "idem_key": "sb-key-1",
            "timeout_s": 20.0,
            "workspace": workspace,
            "blobs": StoredBlobs(tmp_path / "blobs"),
            "network": True,
            "secret": lambda name, to: SECRETS[name],
        }
        return ToolEnv(**{**given, **changes})

    return make


@pytest.fixture
def call(make_env: Callable[..., ToolEnv]) -> Callable[..., Any]:
    """`call("http.request", url=…)` runs a tool as the engine does; `around={…}` changes its surroundings."""

    def run(name: str, *, around: dict[str, Any] | None = None, **args: Any) -> Any:
        tool = tools()[name]

        async def once() -> Any:
            try:
                return await tool.call(tool.args.model_validate(args), make_env(**(around or {})))
            finally:
                await aclose_all()

        return asyncio.run(once())

    return run


@pytest.fixture
def lookup(make_env: Callable[..., ToolEnv]) -> Callable[..., Any]:
    """`lookup("sql.query", …)` asks whether an interrupted call happened."""

    def run(name: str, *, around: dict[str, Any] | None = None, **args: Any) -> Any:
        tool = tools()[name]

        async def once() -> Any:
            try:
                return await tool.lookup(tool.args.model_validate(args), make_env(**(around or {})))
            finally:
                await aclose_all()

        return asyncio.run(once())

    return run


@dataclass
class Seen:
    """A request as the server got it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Site:
    """A web server: `on` says what a path answers, `seen` what was asked."""

    url: str = ""
    seen: list[Seen] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)

    def on(
        self, path: str, status: int = 200, body: Any = None, headers: dict[str, str] | None = None, **more: Any
    ) -> None:
        self.answers[path] = (status, body, headers or {}, more)


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_any(self) -> None:
            data = self.rfile.read(int(self.headers.get("content-length") or 0))
            site.seen.append(Seen(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, data))
            status, body, headers, more = site.answers[self.path.partition("?")[0]]
            if more.get("wait"):
                more["wait"].wait(20)
            if more.get("hang_up"):
                self.close_connection = True
                return
            raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            if not isinstance(body, bytes) and body is not None and "content-type" not in headers:
                self.send_header("content-type", "application/json")
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the client may have gone
                if self.command != "HEAD":
                    self.wfile.write(raw)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_any

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    site.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield site
    server.shutdown()
    server.server_close()
    thread.join()
