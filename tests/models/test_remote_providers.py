"""Providers by name: what Anthropic, Google and Ollama are sent in their own terms, and what comes back in ours."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from engine.errors import StepError
from engine.models import Models
from engine.nodes.agent_turns import Call, read_turn, turn_schema
from engine.nodes.context import ModelReply, WiredTool
from engine.settings import Settings
from tests.models.openai_server import Turn, call, openai_server, says

pytest.importorskip("pydantic_ai")

NAME = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
TOOLS = {"note": WiredTool("note", "Writes a note.", NAME, "idempotent")}
TURN = turn_schema(TOOLS, {}, None)
ASKED = [
    {"role": "system", "content": "Be short."},
    {"role": "user", "content": "Note b."},
    {"role": "assistant", "content": '{"tool":"note","args":{"name":"b"}}'},
    {"role": "tool", "content": '{"done":true}'},
]
ANTHROPIC = {
    "id": "m1", "type": "message", "role": "assistant", "model": "scripted-1", "stop_reason": "tool_use",
    "stop_sequence": None, "usage": {"input_tokens": 11, "output_tokens": 7},
    "content": [{"type": "tool_use", "id": "t1", "name": "note", "input": {"name": "a"}}],
}  # fmt: skip
GOOGLE = {
    "candidates": [{
        "content": {"role": "model", "parts": [{"functionCall": {"name": "note", "args": {"name": "a"}}}]},
        "finishReason": "STOP", "index": 0,
    }],
    "usageMetadata": {"promptTokenCount": 11, "candidatesTokenCount": 7, "totalTokenCount": 18},
    "modelVersion": "scripted-1",
}  # fmt: skip


@contextmanager
def server(answer: dict[str, Any], status: int = 200) -> Iterator[tuple[str, list[tuple[str, dict[str, str], Any]]]]:
    """A server that always answers this; its address, and (path, headers, body) of what was asked."""
    heard: list[tuple[str, dict[str, str], Any]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
            heard.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.daemon_threads = False
    serving = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    try:
        yield f"http://127.0.0.1:{made.server_address[1]}", heard
    finally:
        made.shutdown()
        serving.join()
        made.server_close()


def ask(folder: Path, **role: Any) -> ModelReply:
    async def main() -> ModelReply:
        big = {"model": "scripted", "key": "secret://big", "timeout_s": 10, "stream": False, **role}
        settings = Settings.model_validate({"roles": {"big": big}})
        models = Models(settings, folder, secret=lambda name, to: {"big": "sk-canary-40713"}[name])
        try:
            return await models.ask("big", ASKED, schema=TURN, max_tokens=64)
        finally:
            await models.close()

    return asyncio.run(main())


def check(reply: ModelReply) -> None:
    assert read_turn(reply, TOOLS, {}, None) == Call("note", {"name": "a"})
    assert reply.usage is not None and (reply.usage["prompt"], reply.usage["completion"]) == (11, 7)


def test_anthropic_is_asked_in_its_own_terms(tmp_path: Path) -> None:
    with server(ANTHROPIC) as (url, heard):
        check(ask(tmp_path, provider="anthropic", url=url))
    ((path, headers, body),) = heard
    assert path.startswith("/v1/messages") and "sk-canary-40713" in headers.get(
        "x-api-key", headers.get("authorization", "")
    )
    assert [tool["name"] for tool in body["tools"]] == ["note"] and "Be short." in json.dumps(body["system"])
    assert [message["role"] for message in body["messages"]] == ["user", "assistant", "user"]


def test_google_is_asked_in_its_own_terms(tmp_path: Path) -> None:
    with server(GOOGLE) as (url, heard):
        check(ask(tmp_path, provider="google", url=url))
    ((path, headers, body),) = heard
    assert "scripted:generateContent" in path and headers["x-goog-api-key"] == "sk-canary-40713"
    assert body["tools"][0]["functionDeclarations"][0]["name"] == "note"


def test_ollama_is_asked_as_it_likes_it(tmp_path: Path) -> None:
    with openai_server(says(call("note", name="a"))) as heard:
        check(ask(tmp_path, provider="ollama", url=heard.url, stream=True))
    assert heard.paths == ["/v1/chat/completions"]


@pytest.mark.parametrize("provider", ["anthropic", "google", "ollama"])
@pytest.mark.parametrize(
    ("status", "cls"), [(401, "permission"), (404, "not_found"), (429, "rate_limit"), (500, "server")]
)
def test_failures_have_the_same_class_everywhere_and_are_asked_once(
    tmp_path: Path, provider: str, status: int, cls: str
) -> None:
    said = {"type": "error", "error": {"type": "x", "message": "no", "code": status, "status": "X"}}
    with server(said, status) as (url, heard), pytest.raises(StepError) as caught:
        ask(tmp_path, provider=provider, url=url)
    assert caught.value.cls == cls, caught.value.message
    assert len(heard) == 1


def test_a_provider_that_ends_without_a_word_is_a_failure(tmp_path: Path) -> None:
    with openai_server(says(Turn(text="half", cut="politely"))) as heard, pytest.raises(StepError) as caught:
        ask(tmp_path, provider="ollama", url=heard.url, stream=True)
    assert caught.value.cls == "connection"
