"""A world that gives every secret back that it is told, in many forms, and a search that finds them all."""

from __future__ import annotations

import base64
import html
import json
import re
import secrets
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

ECHOES: dict[str, Callable[[str], tuple[int, dict[str, str], bytes]]] = {}
_JSON, _TEXT, _BYTES = (
    {"content-type": kind} for kind in ("application/json", "text/plain", "application/octet-stream")
)


def _echo(name: str, status: int, headers: dict[str, str], body: Callable[[str], str | bytes]) -> None:
    def answer(key: str) -> tuple[int, dict[str, str], bytes]:
        said = body(key)
        filled = {one: value.replace("KEY", key) for one, value in headers.items()}
        return status, filled, said if isinstance(said, bytes) else said.encode()

    ECHOES[name] = answer


_echo("json", 200, _JSON, lambda key: json.dumps({"you said": key, "deep": [{"er": key}]}))
_echo("escaped", 200, _JSON, lambda key: '{"x": "' + "".join(f"\\u{ord(char):04x}" for char in key) + '"}')
_echo("name", 200, _JSON, lambda key: json.dumps({key: 1}))
_echo("text", 200, _TEXT, lambda key: f"you said {key}.")
_echo("base64", 200, _TEXT, lambda key: base64.b64encode(key.encode()).decode())
_echo("basic", 200, _TEXT, lambda key: "Basic " + base64.b64encode(f"user:{key}".encode()).decode())
_echo("base64url", 200, _TEXT, lambda key: base64.urlsafe_b64encode(f"a{key}b".encode()).decode())
_echo("hex", 200, _TEXT, lambda key: key.encode().hex())
_echo("url", 200, _TEXT, lambda key: f"?q={quote(key, safe='')}&r={quote_plus(key)}")
_echo("html", 200, _TEXT, html.escape)
_echo("json text", 200, _TEXT, lambda key: json.dumps(json.dumps({"k": key})))
_echo("etag", 200, {**_TEXT, "etag": '"KEY"', "link": "<https://x/KEY>"}, lambda key: "ok")
_echo("bytes", 200, _BYTES, lambda key: b"\x00\x01" + key.encode() + b"\xff")
_echo("utf-16", 200, _BYTES, lambda key: key.encode("utf-16"))
_echo("large", 200, _TEXT, lambda key: "x" * 70_000 + key + "y" * 70_000)
_echo("half json", 200, _JSON, lambda key: '{"key": "' + key)
_echo("moved", 302, {"location": "/elsewhere?key=KEY"}, lambda key: "moved")
_echo("refused", 401, _JSON, lambda key: json.dumps({"error": f"wrong key {key}"}))
_echo("busy", 429, {**_TEXT, "retry-after": "0"}, lambda key: f"slow down, {key}")
_echo("broken", 500, _TEXT, lambda key: "x" * 290 + key)
_echo("gone", 404, _TEXT, lambda key: key)


@contextmanager
def echo_server() -> Iterator[tuple[str, list[str]]]:
    """The address, and the keys that came: `/<how>` answers with what X-Key holds; `/silent` hangs up."""
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_any(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            key = self.headers.get("x-key", "").encode("latin-1").decode("utf-8", "replace")
            heard.append(key)
            how = self.path.strip("/").partition("?")[0].replace("_", " ")
            if how == "silent":
                self.close_connection = True
                return
            status, headers, body = ECHOES[how](key)
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_any

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def canary(*, odd: bool = False) -> str:
    """A value that is nowhere by chance."""
    return f'k<{secrets.token_hex(6)}"/\\&+ {secrets.token_hex(6)}>' if odd else secrets.token_urlsafe(18)


def forms(value: str) -> dict[str, bytes]:
    """What is looked for, written without a look at how it is masked."""
    raw = value.encode()
    found = {"raw": raw, "utf-16-le": value.encode("utf-16-le"), "utf-16-be": value.encode("utf-16-be")}
    found |= {"hex": raw.hex().encode(), "HEX": raw.hex().upper().encode()}
    found |= {
        "url": quote(value, safe="").encode(),
        "form": quote_plus(value).encode(),
        "html": html.escape(value).encode(),
    }
    found |= {
        "json": json.dumps(value)[1:-1].encode(),
        "json in json": json.dumps(json.dumps(value)[1:-1])[1:-1].encode(),
    }
    found |= {"escapes": "".join(f"\\u{ord(char):04x}" for char in value).encode()}
    for pad in range(3):
        text = base64.b64encode(b"\0" * pad + raw).decode().rstrip("=")
        core = text[(0, 2, 3)[pad] : (pad + len(raw)) * 8 // 6]
        found |= {f"base64+{pad}": core.encode(), f"base64url+{pad}": core.replace("+", "-").replace("/", "_").encode()}
    third = len(raw) // 2
    found |= {"first half": raw[:third], "second half": raw[-third:]}
    return found


def hits(values: dict[str, str], places: dict[str, bytes]) -> list[str]:
    """Every canary in any form in any of these, as `place: name (form)`."""
    needles = [(name, form, needle) for name, value in values.items() for form, needle in forms(value).items()]
    return [
        f"{place}: {name} ({form})"
        for place, data in places.items()
        for name, form, needle in needles
        if needle in data
    ]


def everything_in(folder: Path) -> dict[str, bytes]:
    """All files, names included; SQLite files also row by row, since a long value is spread over pages."""
    found: dict[str, bytes] = {}
    for file in folder.rglob("*"):
        found[f"name of {file}"] = str(file).encode()
        if not file.is_file():
            continue
        data = file.read_bytes()
        found[str(file)] = data
        if data.startswith(b"SQLite format 3"):
            found[f"rows of {file}"] = rows(file)
    return found


def rows(file: Path) -> bytes:
    """Every value of every table, and whether the file is a database at all."""
    connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)
    try:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        parts: list[bytes] = []
        for table in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                parts += [one if isinstance(one, bytes) else str(one).encode("utf-8", "replace") for one in row]
        return b"\n".join(parts)
    finally:
        connection.close()


MCP = '''
import os, sys
from mcp.server.mcpserver import Context, MCPServer

KEY = os.environ["TOLD"]
server = MCPServer("told", instructions=f"the key is {KEY}")

@server.tool(description=f"Tells. The key is {KEY}.")
def tell() -> dict[str, object]:
    return {"key": KEY, "hex": KEY.encode().hex(), KEY: 1}

@server.tool()
def complain() -> str:
    """Fails."""
    raise ValueError("x" * 480 + KEY)

@server.tool()
async def hurry(ctx: Context) -> str:
    """Says how far it is, in pieces."""
    for piece in ("the key is " + KEY[:9], KEY[9:], " and so on", KEY):
        await ctx.report_progress(1, 2, piece)
    return "done"

@server.tool()
def die() -> str:
    """Dies."""
    print("x" * 1990 + KEY, "fatal", KEY, file=sys.stderr, flush=True)
    os._exit(3)

@server.tool()
def header(ctx: Context) -> str:
    """Says which header came."""
    return str(dict(ctx.headers or {}))

if sys.argv[1] == "stdio":
    server.run(transport="stdio")
else:
    server.run(transport="streamable-http", host="127.0.0.1", port=int(sys.argv[1]))
'''
"""An MCP server that tells everybody its key."""

PYTHON = sys.executable
TELL_ALL = (
    "import base64, json, os, sys; key = os.environ['KEY']; "
    "print(key, key.encode().hex(), base64.b64encode(b'ab' + key.encode()).decode(), sep='\\n'); "
    "print('warning:', key, file=sys.stderr)"
)
FAIL = "import os, sys; print('x' * 70000 + os.environ['KEY'], file=sys.stderr); sys.exit(3)"
STDIN = "import sys; text = sys.stdin.read(); print(text, text[::1].encode().hex())"
AS_JSON = (
    "import json, os; k = os.environ['KEY']; print(json.dumps({'k': k, k: [k]}).replace(k[0], '\\\\u%04x' % ord(k[0])))"
)
WAIT = (
    "import pathlib, time\nwhile not pathlib.Path('go').exists(): time.sleep(0.02)\nimport os; print(os.environ['KEY'])"
)


def references(text: str) -> set[str]:
    """The secrets that a text names."""
    return set(re.findall(r"secret://([A-Za-z0-9_.-]+)", text))
