"""An OpenAI-compatible server on loopback that says what a script says: streamed or not, and wrong in many ways."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Turn:
    """What the server does with one request: an answer of `text` or `calls` [(name, arguments as text)], or a fault."""

    text: str = ""
    calls: tuple[tuple[str, str], ...] = ()
    refusal: str = ""
    finish: str = ""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    silent: bool = False
    """Takes the request and never answers."""
    pause_s: float = 0.0
    """A streamed answer's pause after its first piece."""
    cut: str = ""
    """Ends an answer early; a streamed one "politely", or with a "reset"."""


def call(tool: str, /, **args: Any) -> Turn:
    """A call of a tool."""
    return Turn(calls=((tool, json.dumps(args)),))


FAULTS: dict[str, Turn] = {
    "wrong tool name": call("no_such_tool", name="a"),
    "missing argument": call("note"),
    "wrong type": call("note", name=7),
    "bad json": Turn(calls=(("note", '{"name": "a'),)),
    "empty call": Turn(calls=(("", ""),)),
    "empty answer": Turn(),
    "refusal": Turn(refusal="I cannot help with that."),
    "timeout": Turn(silent=True),
    "429": Turn(status=429, headers=(("Retry-After", "0.02"),), body='{"error": {"message": "slow down"}}'),
    "500": Turn(status=500, body='{"error": {"message": "oops"}}'),
    "cut stream": Turn(text='{"fin', cut="politely"),
    "reset stream": Turn(text='{"fin', cut="reset"),
}
"""Every way in which one turn fails."""


@dataclass
class Heard:
    """What was asked, and what will be answered: `script` is told each request's body."""

    script: Callable[[dict[str, Any]], Turn]
    url: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    open: threading.Event = field(default_factory=threading.Event)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    heard: Heard

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        self.heard.bodies.append(asked)
        self.heard.headers.append({name.lower(): value for name, value in self.headers.items()})
        self.heard.paths.append(self.path)
        turn = self.heard.script(asked)
        if turn.silent:
            self.heard.open.wait(30)
            self.close_connection = True
        elif turn.status != 200 or turn.body:
            self._plain(turn.status, turn.body or "{}", turn.headers)
        elif asked.get("stream"):
            self._stream(turn)
        elif turn.cut:
            self._half(json.dumps(self._whole(turn)))
        else:
            self._plain(200, json.dumps(self._whole(turn)), turn.headers)

    def _half(self, body: str) -> None:
        """Promises a whole answer and ends after half of it."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2].encode())
        self.close_connection = True

    def _plain(self, status: int, body: str, headers: tuple[tuple[str, str], ...]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if body[:1] in "{[" else "text/html")
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def _whole(self, turn: Turn) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": turn.text or None}
        if turn.refusal:
            message["refusal"] = turn.refusal
        if turn.calls:
            message["tool_calls"] = [
                {"id": f"c{number}", "type": "function", "function": {"name": name, "arguments": arguments}}
                for number, (name, arguments) in enumerate(turn.calls)
            ]
        choice = {
            "index": 0,
            "message": message,
            "finish_reason": turn.finish or ("tool_calls" if turn.calls else "stop"),
        }
        return {**_ENVELOPE, "object": "chat.completion", "choices": [choice], "usage": _USAGE}

    def _stream(self, turn: Turn) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
        if turn.refusal:
            deltas.append({"refusal": turn.refusal})
        deltas += [{"content": turn.text[at : at + 5]} for at in range(0, len(turn.text), 5)]
        for number, (name, arguments) in enumerate(turn.calls):
            begun = {
                "index": number,
                "id": f"c{number}",
                "type": "function",
                "function": {"name": name, "arguments": ""},
            }
            deltas.append({"tool_calls": [begun]})
            for at in range(0, len(arguments), 5):
                piece = {"index": number, "function": {"arguments": arguments[at : at + 5]}}
                deltas.append({"tool_calls": [piece]})
        for number, delta in enumerate(deltas):
            if number == 2 and turn.pause_s:
                self.heard.open.wait(turn.pause_s)
            self._chunk({"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
        if turn.cut == "reset":
            linger = (1).to_bytes(4, "little") + (0).to_bytes(4, "little")
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        if turn.cut:
            return
        self._chunk({"choices": [{"index": 0, "delta": {}, "finish_reason": _finish(turn)}]})
        self._chunk({"choices": [], "usage": _USAGE})
        self.wfile.write(b"data: [DONE]\n\n")

    def _chunk(self, chunk: dict[str, Any]) -> None:
        data = {**_ENVELOPE, "object": "chat.completion.chunk", **chunk}
        self.wfile.write(b"data: " + json.dumps(data).encode() + b"\n\n")
        self.wfile.flush()


def _finish(turn: Turn) -> str:
    return turn.finish or ("tool_calls" if turn.calls else "stop")


_ENVELOPE = {"id": "r1", "created": 1_760_000_000, "model": "scripted-1"}
_USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone is no fault of the test."""


@contextmanager
def openai_server(script: Callable[[dict[str, Any]], Turn], port: int = 0) -> Iterator[Heard]:
    """Serve until the block ends, on a free port or this one; what was heard, with the base `url`."""
    heard = Heard(script)
    server = _Server(("127.0.0.1", port), type("Handler", (_Handler,), {"heard": heard}))
    heard.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, name="openai")
    serving.start()
    try:
        yield heard
    finally:
        heard.open.set()
        server.shutdown()
        serving.join()
        server.server_close()


def says(*turns: Turn) -> Callable[[dict[str, Any]], Turn]:
    """A script of these turns, the last of them for ever."""
    left = list(turns)
    lock = threading.Lock()

    def script(asked: dict[str, Any]) -> Turn:
        with lock:
            return left.pop(0) if len(left) > 1 else left[0]

    return script
