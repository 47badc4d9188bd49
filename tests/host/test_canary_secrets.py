"""Canary secrets in more than thirty places where they come back: none is left in anything that is kept or shown."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

pytest.importorskip("mcp")
pytest.importorskip("pydantic_ai")
sys.path.insert(0, str(Path(__file__).parents[1] / "models"))

from canary_kit import (
    AS_JSON,
    ECHOES,
    FAIL,
    MCP,
    PYTHON,
    STDIN,
    TELL_ALL,
    WAIT,
    canary,
    echo_server,
    everything_in,
    hits,
)
from openai_server import Turn, openai_server

import engine.host
from engine.cli.app import run as ctl
from engine.keys import Vault, changes
from engine.keys.sealed import Argon
from engine.platform import WINDOWS, kill_group, spawn_options
from engine.store import DATA_FILE, open_store

ROOT = Path(engine.host.__file__).parents[1]
WORDS = "correct horse battery"
PATIENCE_S = 60.0
Node = dict[str, Any]


class Uses:
    """What is drawn, and the canary of each use."""

    def __init__(self, folder: Path) -> None:
        self.values: dict[str, str] = {}
        self.nodes: dict[str, Node] = {}
        self.folder = folder
        self.vault = Vault(folder, environment={"SIGNALBOX_PASSPHRASE": WORDS})

    def secret(self, name: str, *to: str, value: str = "") -> str:
        """A new canary in the vault."""
        self.values[name] = value or canary()
        first = WORDS if self.vault.file() is None else None
        changes.put(self.vault, name, self.values[name], to, now=time.time(), passphrase=first)
        return f"secret://{name}"

    def node(self, key: str, kind: str, *, attempts: int = 1, **params: Any) -> None:
        policy = {"max_attempts": attempts, "backoff": {"first_s": 0.0}, "on_error": "continue", "value": "failed"}
        self.nodes[key] = {"type": kind, "params": params, "policy": policy}

    def write(self, file: Path, edges: list[str], **more: Any) -> Path:
        drawn = {"format": 1, "name": file.name.partition(".")[0], "nodes": self.nodes, "edges": edges, **more}
        file.write_text(json.dumps(drawn))
        return file


def key_in(headers: dict[str, str]) -> str:
    return headers["authorization"].removeprefix("Bearer ")


@pytest.fixture
def uses(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Uses:
    monkeypatch.setattr(changes, "new_argon", lambda: Argon(salt="00" * 16, time=1, memory_kib=8192, lanes=1))
    monkeypatch.setenv("SIGNALBOX_PASSPHRASE", WORDS)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    (data_dir / "files").mkdir()
    return Uses(data_dir)


@contextlib.contextmanager
def program(*args: object, wait: bool = True) -> Iterator[subprocess.Popen[bytes]]:
    """`signalboxctl` as a process, with a traceback of its own making when it crashes."""
    env = {**os.environ, "PYTHONFAULTHANDLER": "1"}
    child = subprocess.Popen(
        [sys.executable, "-m", "engine.cli", *map(str, args)],
        cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **spawn_options(),
    )  # fmt: skip
    try:
        yield child
    finally:
        if child.poll() is None:
            kill_group(child.pid)
        child.communicate()


@contextlib.contextmanager
def mcp_at_address(script: Path, folder: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {**os.environ, "TOLD": "nothing-worth-telling"}
    child = subprocess.Popen(
        [PYTHON, str(script), str(port)], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        ends = time.monotonic() + PATIENCE_S
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            assert time.monotonic() < ends and child.poll() is None
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        child.kill()
        child.wait()


def draw_http(uses: Uses, url: str) -> None:
    for number, how in enumerate(ECHOES):
        odd = canary(odd=True) if how in ("escaped", "json", "url", "html", "json text", "text") else ""
        name = f"http-{how.replace(' ', '-')}"
        reference = uses.secret(name, f"{url}/{how.replace(' ', '_')}", value=odd)
        params = {"url": f"{url}/{how.replace(' ', '_')}", "headers": {"X-Key": reference}, "method": "POST"}
        uses.node(f"h{number}", "http.request", attempts=2 if how in ("broken", "busy") else 1, **params)
    far = uses.secret("elsewhere", "https://mes.plant")
    uses.node("elsewhere", "http.request", url="{{ '" + url + "' + '/json' }}", headers={"X-Key": far})
    uses.secret("foreign", url)
    uses.node("foreign", "http.request", url=f"{url}/json", headers={"X-Key": "{{ run.inputs.sly }}"})
    uses.node("literal", "data.set", values={"x": "secret://foreign", "y": "{{ 'secret://' + 'foreign' }}"})


def draw_programs(uses: Uses) -> None:
    for key, code, more in (
        ("tell", TELL_ALL, {}), ("fail", FAIL, {}), ("as_json", AS_JSON, {"parse": "json"}), ("wait", WAIT, {}),
    ):  # fmt: skip
        env = {"KEY": uses.secret(f"env-{key.replace('_', '-')}", f"program:{PYTHON}")}
        uses.node(f"c_{key}", "command.run", argv=[PYTHON, "-c", code], env=env, **more)
    words = uses.secret("stdin", f"program:{PYTHON}")
    uses.node("c_stdin", "command.run", argv=[PYTHON, "-c", STDIN], stdin=f"key={words}\n")
    address = f"postgresql://u:{canary()}@127.0.0.1:1/db"
    uses.node(
        "sql_whole",
        "sql.query",
        database=uses.secret("db-url", "postgresql://127.0.0.1:1/db", value=address),
        sql="SELECT 1",
    )
    part = uses.secret("db-password", "postgresql://127.0.0.1:1/db")
    uses.node("sql_part", "sql.query", database=f"postgresql://u:{part}@127.0.0.1:1/db", sql="SELECT 1")


def draw_servers(uses: Uses, script: Path, url: str) -> None:
    near, far = uses.secret("mcp-env", "mcp:near"), uses.secret("mcp-header", url)
    agreed = ["--yes", "--read-only", "tell", "--read-only", "die", "--read-only", "header"]
    assert ctl(["mcp", "approve", "near", *agreed, "--env", f"TOLD={near}", "--", PYTHON, str(script), "stdio"]) == 0
    assert ctl(["mcp", "approve", "far", *agreed, "--header", f"X-Told={far}", "--url", url]) == 0
    for tool in ("tell", "complain", "hurry", "die"):
        uses.node(f"m_{tool}", "mcp.call", server="near", server_tool=tool)
    uses.node("m_header", "mcp.call", server="far", server_tool="header")


LARGE = f"h{list(ECHOES).index('large')}"
ROLES: dict[str, Callable[[str], Turn]] = {
    "answers": lambda key: Turn(text=f"Your key is {key}."),
    "streams": lambda key: Turn(
        text=f"Your key is {key}, or {key.encode().hex()}, or " + base64.b64encode(key.encode()).decode()
    ),
    "refuses": lambda key: Turn(refusal=f"I will not use {key}."),
    "denies": lambda key: Turn(status=401, body=json.dumps({"error": {"message": f"Incorrect API key: {key}"}})),
    "fails": lambda key: Turn(status=500, body=json.dumps({"error": {"message": "x" * 280 + key}})),
    "limits": lambda key: Turn(status=429, headers=(("Retry-After", "0"), ("X-Key", key)), body=f'"{key}"'),
    "breaks": lambda key: Turn(text=f"Your key is {key}" + "." * 40, cut="politely"),
    "babbles": lambda key: Turn(body=f"<html>{key}</html>"),
    "calls": lambda key: Turn(calls=(("note", json.dumps({"text": key, key: key.encode().hex()})),)),
    "hands": lambda key: Turn(calls=(("hand_off_next", json.dumps({"reason": f"because of {key}", "goal": key})),)),
    "ends": lambda key: Turn(text=f"done with {key}"),
}


def draw_models(uses: Uses, settings: dict[str, Any], url: str) -> None:
    for role in ROLES:
        address = f"{url}/{role}"
        key = uses.secret(f"role-{role}", f"role:{role}@{address}")
        stream = role in ("streams", "breaks")
        settings["roles"][role] = {"model": f"m-{role}", "url": address, "key": key, "stream": stream}
    for role in ("answers", "streams", "refuses", "denies", "fails", "limits", "breaks", "babbles"):
        uses.node(f"r_{role}", "model.ask", role=role, prompt="secret://role-answers", attempts=2)
    uses.node("calls", "agent", model="calls", instructions="x", max_turns=2)
    takes = {"type": "object", "properties": {"text": {"type": "string"}}}
    tool = {"description": "Keeps a note.", "parameters": takes}
    uses.nodes["note"] = {
        "type": "file.write",
        "params": {"path": "note.txt", "content": "{{ input.text }}", "mode": "append", "tool": tool},
    }
    uses.node("hands", "agent", model="hands", instructions="x", max_turns=2)
    uses.node("next", "agent", model="ends", instructions="x", max_turns=2)


def model_script(seen: list[dict[str, str]], heard: Any) -> Callable[[dict[str, Any]], Turn]:
    def script(asked: dict[str, Any]) -> Turn:
        headers, path = heard()
        return ROLES[path.split("/")[2]](key_in(headers))

    return script


def run_to_the_end(uses: Uses, file: Path, outputs: dict[str, bytes], *more: str) -> int:
    """Run it in a process of its own; on the way, no command line on this PC shows a canary."""
    with program("run", file, "--json", *more) as child:
        waiting = uses.folder / "files" / "go"
        ends = time.monotonic() + PATIENCE_S
        mine = psutil.Process(child.pid)
        seen = b""
        while b"time.sleep(0.02)" not in seen and child.poll() is None and time.monotonic() < ends:
            with contextlib.suppress(psutil.Error):
                seen = " ".join(" ".join(one.cmdline()) for one in [mine, *mine.children(recursive=True)]).encode()
            time.sleep(0.02)
        outputs[f"command lines of {file.name}"] = seen
        waiting.touch()
        out, err = child.communicate(timeout=PATIENCE_S)
        outputs |= {f"stdout of {file.name}": out, f"stderr of {file.name}": err}
    return child.returncode


COMMANDS = (
    *("runs --json", "runs", "show RUN --json", "show RUN", "journal RUN", "why RUN", "verify RUN --json"),
    *("questions --json", "questions", "secrets list --json", "secrets list", "secrets status", "mcp list --json"),
    "models list --json",
    *("tools list --json", "network show --json", "check FILE --json", "check FILE"),
)


@pytest.mark.timeout(150)
def test_no_canary_is_left_anywhere(
    uses: Uses, data_dir: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "told.py"
    script.write_text(MCP)
    outputs: dict[str, bytes] = {}
    settings: dict[str, Any] = {"roles": {}}
    with contextlib.ExitStack() as world:
        url, keys = world.enter_context(echo_server())
        far = world.enter_context(mcp_at_address(script, tmp_path))
        holder: list[Any] = []
        models = world.enter_context(
            openai_server(model_script([], lambda: (holder[0].headers[-1], holder[0].paths[-1])))
        )
        holder.append(models)
        draw_models(uses, settings, models.url)
        (data_dir / "settings.json").write_text(json.dumps(settings))
        draw_http(uses, url)
        draw_programs(uses)
        draw_servers(uses, script, far)
        outputs["approving"] = "".join(capfd.readouterr()).encode()
        told = [key for key in uses.nodes if key[0] in "hcmr" and key not in ("hands", "note", "next", "calls", LARGE)]
        uses.node("all", "data.set", values={key: "{{ steps." + key + ".output }}" for key in told})
        uses.nodes["gate"] = {
            "type": "gate",
            "params": {"headline": "{{ steps.h0.output }}", "body": "{{ steps.all.output }}"},
        }
        uses.node("keep", "file.write", path="kept.json", content="{{ steps.all.output }}")
        uses.node("tell_model", "model.ask", role="answers", prompt="{{ steps.all.output }}")
        edges = [
            f"{key}.{'output' if key[0] in 'cm' else 'result' if key[0] == 'r' else 'body'} -> all.input"
            for key in told
        ]
        edges += ["all.output -> gate.input", "all.output -> keep.input", "all.output -> tell_model.input"]
        edges += ["m_complain.output -> m_die.input", "m_hurry.output -> m_die.input", "m_tell.output -> m_die.input"]
        edges += ["note.tool -> calls.tools", "hands.next -> next.input"]
        inputs = {"sly": {"type": "string", "default": "secret://foreign"}}
        big = uses.write(tmp_path / "big.workflow.yaml", edges, inputs=inputs)
        code = run_to_the_end(uses, big, outputs, "--answer", "gate=approve", "--input", "sly=secret://foreign")
        ctl(["questions"])
        asked = "".join(capfd.readouterr())
        assert code == 0, asked + outputs["stderr of big.workflow.yaml"].decode()[-2000:]

        crash = Uses(data_dir)
        post = {"url": f"{url}/silent", "method": "POST", "headers": {"X-Key": crash.secret("doubt", f"{url}/silent")}}
        crash.nodes["post"] = {"type": "http.request", "params": post}
        env = {"KEY": crash.secret("crash", f"program:{PYTHON}")}
        stay = {"argv": [PYTHON, "-c", "import time; time.sleep(60)"], "env": env}
        crash.nodes["stay"] = {"type": "command.run", "params": stay}
        with program("run", crash.write(tmp_path / "crash.workflow.yaml", []), "--json") as child:
            started(child, "time.sleep(60)")
            in_doubt(data_dir)
            os.kill(child.pid, signal.SIGABRT if not WINDOWS else signal.SIGTERM)
            out, err = child.communicate(timeout=PATIENCE_S)
            outputs |= {"stdout of the crash": out, "stderr of the crash": err}
        assert WINDOWS or b"Fatal Python error: Aborted" in err

        capfd.readouterr()
        for line in COMMANDS:
            for run in ("big", "crash") if "RUN" in line else ("",):
                args = line.replace("RUN", run_of(data_dir, run) if run else "").replace("FILE", str(big)).split()
                ctl(args)
                outputs[f"signalboxctl {line} {run}"] = "".join(capfd.readouterr()).encode()

    values = {**uses.values, **crash.values}
    values.pop("db-url")  # the password in it is looked for
    values["db-url-password"] = uses.values["db-url"].partition("u:")[2].partition("@")[0]
    places = everything_in(data_dir) | outputs
    outside = {name: data for name, data in everything_in(tmp_path).items() if "told.py" not in name}
    prompts = {f"prompt {number}": json.dumps(body).encode() for number, body in enumerate(models.bodies)}
    assert hits(values, places | outside | prompts) == []

    # each of them has really been out there and has come back
    assert len(values) >= 30
    sent = {name for name, value in uses.values.items() if name.startswith("http-") and value in keys}
    assert len(sent) == len(ECHOES)
    assert uses.values["elsewhere"] not in keys and uses.values["foreign"] not in keys
    journal = outputs["signalboxctl journal RUN big"].decode()
    masked = {name for name in values if f"secret://{name}" in journal.partition('"seq":2')[2]}
    back = {name for name in values if name.split("-")[0] in ("http", "env", "stdin", "mcp", "role")}
    cut = {
        "http-bytes",
        "http-utf-16",
        "role-breaks",
        "role-fails",
        "role-babbles",
        "env-fail",
    }  # in stars, or left out
    assert back - masked <= cut, "it came back, and was masked"
    assert not list(tmp_path.rglob("core*")) and not list(ROOT.glob("core*"))


def started(child: subprocess.Popen[bytes], what: str) -> None:
    """Wait until a program of the engine runs."""
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends and child.poll() is None:
        with contextlib.suppress(psutil.Error):
            if any(what in " ".join(one.cmdline()) for one in psutil.Process(child.pid).children(recursive=True)):
                return
        time.sleep(0.02)
    pytest.fail(f"{what} did not start: {child.poll()}")


def in_doubt(data_dir: Path) -> None:
    """Wait until somebody is asked whether something happened."""
    ends = time.monotonic() + PATIENCE_S
    run = run_of(data_dir, "crash")
    with open_store(data_dir / DATA_FILE, role="client") as store:
        while not any(event.kind == "EffectInDoubt" for event in store.journal.events(run)):
            assert time.monotonic() < ends
            time.sleep(0.02)


def run_of(data_dir: Path, name: str) -> str:
    with open_store(data_dir / DATA_FILE, role="client") as store:
        return next(row.id for row in store.journal.runs(limit=50) if row.name == name)


PLANTED: dict[str, Callable[[str], bytes]] = {
    "raw": lambda value: value.encode(),
    "base64": lambda value: base64.b64encode(b"user:" + value.encode()),
    "hex": lambda value: value.encode().hex().encode(),
    "utf-16": lambda value: value.encode("utf-16"),
    "half": lambda value: value.encode()[:14],
}


@pytest.mark.parametrize("form", PLANTED)
def test_the_search_finds_what_is_there(tmp_path: Path, form: str) -> None:
    value = canary()
    connection = sqlite3.connect(tmp_path / "x.sqlite")
    connection.execute("CREATE TABLE t (text)")
    connection.execute("INSERT INTO t VALUES (?)", (b"x" * 9000 + PLANTED[form](value) + b"y" * 9000,))
    connection.commit()
    connection.close()
    found = hits({"one": value}, everything_in(tmp_path))
    assert any(line.startswith("rows of") for line in found)
    assert hits({"other": canary()}, everything_in(tmp_path)) == []
