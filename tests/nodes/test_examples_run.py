"""Every example runs on a real engine; only the models are scripted."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from engine.host import Engine
from engine.nodes.catalog import CATALOG
from engine.nodes.context import ModelReply
from engine.settings import Settings
from engine.tools.devices.box.box import PROTOCOLS, plant_in_a_box
from engine.tools.devices.box.plant import Plant as Machine
from engine.tools.registry import aclose_all
from engine.workflow.file import load_text

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))

EXPECTED: dict[str, Any] = {
    "data.set": {"reading": {"celsius": 21.5, "unit": "C"}},
    "data.template": {"line": "Please look at PUMP-12 today."},
    "data.pick": {"machine": "PUMP-14"},
    "wait": {"line": "Two seconds later."},
    "file.read": {"rows": [{"a": "1", "b": "2"}]},
    "file.write": {"file": "work-orders/pump-12.json"},
    "branch": {"alarm": "120 is too high"},
    "merge": {"sides": [{"side": "left"}, {"side": "right"}]},
    "loop": {"n": 3},
    "stop": {},
    "subworkflow": {"alarm": "130 is too high"},
    "each": {"alarms": [{"alarm": None}, {"alarm": "110 is too high"}, {"alarm": "130 is too high"}]},
    "gate": {"placed": {"order": {"part": "BRG-A", "count": 2}}},
    "form": {"shift": {"name": "Ada"}},
    "model.ask": {"summary": "It shakes."},
    "model.choose": {"severity": "high"},
    "onnx.run": {"anomaly": True},
    "agent": {"severity": "high"},
    "http.request": {"history": {"work": [1]}},
    "sql.query": {"rows": []},
    "command.run": None,
    "modbus.read": {"dose": 2.5},
    "modbus.write": {"equal": True},
    "opcua.read": {"alarm": False},
    "opcua.write": {"equal": True},
    "mqtt.read": {"alarm": 0.0},
    "mqtt.publish": {"confirmed": True},
    "serial.exchange": {"answer": "alarm=0"},
    "mcp.call": {"noted": {"result": "noted: PUMP-12 shakes."}},
}
INPUTS = {"file.read": {"alarms": "a.csv"}, "onnx.run": {"window": [[1, 2]]}}


class ScriptedModels:
    """Answers as a good model would."""

    def lane(self, role: str) -> str:
        return f"model:{role}"

    async def ask(self, role: str, messages: list[dict[str, str]], *, schema: Any = None, **more: Any) -> ModelReply:
        if schema is None:
            return ModelReply("It shakes.")
        if "oneOf" not in schema:
            value: dict[str, Any] = {"choice": "high"}
        elif messages[-1] == {"role": "tool", "content": '[{"day":"2026-01-01","work":"bearing replaced"}]'}:
            value = {"final": {"severity": "high"}}
        else:
            value = {"tool": "history", "args": {"machine": "PUMP-12"}}
        return ModelReply(json.dumps(value), value=value)

    def describe(self, role: str) -> dict[str, Any]:
        return {"file": "scripted"}

    async def infer(self, role: str, inputs: Any, **more: Any) -> dict[str, Any]:
        return {"score": [4.2]}

    async def close(self) -> None:
        pass


@pytest.fixture
def history() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(b'{"work":[1]}')

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


EXAMPLE_PORTS = {"modbus": "5020", "opcua": "4840", "mqtt": "1883", "serial": "4001"}


async def outputs_of(engine: Engine, name: str, places: dict[str, str]) -> Any:
    text = CATALOG[name].example
    for shown, real in places.items():
        text = text.replace(shown, real)
    workflow = load_text(text)
    digest = engine.store.library.put(workflow)
    payload = {"workflow": digest, "inputs": INPUTS.get(name, {})}
    request = engine.store.requests.insert("run", payload, "Ada", at=time.time())
    run = (await answered(engine, request))["run"]
    while (state := engine.executor.runs.get(run)) is not None:
        for question in list(state.questions):
            if state.questions[question][2].outcome is not None:
                continue
            form = state.questions[question][2].asked.form
            values = {"form": {"name": "Ada"}} if "form" in form else None
            answer = {"question": question, "option": form["options"][0]["name"], "values": values}
            await answered(engine, engine.store.requests.insert("answer", answer, "Ada", run, at=time.time()))
        await asyncio.sleep(0.01)
    while (state := engine.executor.read(run)) is None or state.status == "running":
        await asyncio.sleep(0.01)
    assert state.status == "completed"
    return state.outputs


async def answered(engine: Engine, request: int) -> Any:
    while (reply := engine.store.requests.outcome(request)) is None:
        await asyncio.sleep(0.005)
    assert reply.accepted, reply.reason
    return reply.result


def test_every_example_runs_to_its_end(tmp_path: Path, history: str) -> None:
    async def run_all() -> dict[str, Any]:
        if "mcp.call" in names:
            from mcp_kit import Plant

            await Plant(files, tmp_path).approve()
        engine = await Engine.open(tmp_path, Settings(), ScriptedModels())  # type: ignore[arg-type]
        serving = asyncio.ensure_future(engine.serve())
        try:
            async with plant_in_a_box(Machine(), dict.fromkeys(PROTOCOLS, 0), ticking=False) as box:
                places = {f"127.0.0.1:{port}": box[name].split("/")[2] for name, port in EXAMPLE_PORTS.items()}
                places["127.0.0.1:8123"] = history
                return {name: await outputs_of(engine, name, places) for name in names}
        finally:
            engine.stop()
            await serving
            await engine.close()
            await aclose_all()

    names = [name for name in CATALOG if name != "mcp.call" or find_spec("mcp") is not None]
    files = tmp_path / "files"
    files.mkdir()
    (files / "a.csv").write_text("a,b\n1,2\n")
    with contextlib.closing(sqlite3.connect(files / "history.db")) as connection, connection:
        connection.execute("CREATE TABLE work (day TEXT, machine TEXT, work TEXT)")
        connection.execute("INSERT INTO work VALUES ('2026-01-01', 'PUMP-12', 'bearing replaced')")
    found = asyncio.run(run_all())
    assert found.pop("command.run")["version"].startswith("git version")
    assert found == {name: value for name, value in EXPECTED.items() if value is not None}
    assert json.loads((files / "work-orders/pump-12.json").read_text())["machine"] == "PUMP-12"
