"""Lives of an engine: forked processes that take the lease, recover and work until the run rests or they are killed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
import traceback
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import engine.executor.faults as faults
import engine.host
from engine.nodes.context import ModelReply
from engine.run.state import State
from engine.settings import Settings
from engine.store import DATA_FILE, open_store
from engine.workflow.model import Workflow

RUN = "run0"
PATIENCE_S = 30.0
Made = Callable[[Path], tuple[Settings, Any]]


class ScriptedModels:
    """A model that calls each wired tool once, in order, and then answers; it only goes by what it is told."""

    def lane(self, role: str) -> str:
        return "model:test"

    async def ask(self, role: str, messages: Sequence[Mapping[str, str]], **options: Any) -> ModelReply:
        await asyncio.sleep(0)
        done = sum(message["role"] == "tool" for message in messages)
        tools = [
            line.split("(")[0].removeprefix("tool ")
            for line in messages[0]["content"].splitlines()
            if line.startswith("tool ")
        ]
        value = {"tool": tools[done], "args": {}} if done < len(tools) else {"final": "done"}
        return ModelReply(json.dumps(value), value)

    async def close(self) -> None:
        return None


def arm(setting: str | None) -> None:
    """Bind the fault point in every module that passes one."""
    before = faults.point
    point = faults._trigger(setting) if setting else faults._nothing
    for module in list(sys.modules.values()):
        if getattr(module, "point", None) is before:
            module.point = point  # type: ignore[attr-defined]


def fork_life(
    data: Path, workflows: Mapping[str, Workflow], shape: str, url: str, fault: str | None, made: Made | None = None
) -> int:
    """Start one life; its process id. `made` gives it settings and models of its own."""
    pid = os.fork()
    if pid:
        return pid
    code = 99
    try:
        arm(fault)
        code = asyncio.run(asyncio.wait_for(_live(data, workflows, shape, url, made), PATIENCE_S))
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def wait(pid: int) -> int:
    """How the life ended: an exit code, or minus the signal."""
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


async def _live(data: Path, workflows: Mapping[str, Workflow], shape: str, url: str, made: Made | None) -> int:
    settings, models = made(data) if made else (Settings(poll_ms=2), ScriptedModels())
    # the shapes are what they are, also for what an earlier life has left, which is served while this one opens
    engine.host.refuse_if_broken = lambda *given: None  # type: ignore[attr-defined]
    app = await engine.host.Engine.open(data, settings, models)  # type: ignore[arg-type]
    if app.store.journal.head(RUN) is None and not app.store.requests.pending():
        for workflow in workflows.values():
            app.store.library.put(workflow)
        digest = app.store.library.latest(shape)
        app.store.requests.insert("run", {"workflow": digest, "run": RUN}, "test", at=time.time())
    serving = asyncio.ensure_future(app.serve())
    asked: set[str] = set()
    while not serving.done():
        state = app.executor.runs.get(RUN)
        if state is None and (head := app.store.journal.head(RUN)) and head[0] > 1 and app.executor.writer.behind == 0:
            break
        for live in list(app.executor.runs.values()):
            _answer(app, live, url, asked)
        await asyncio.sleep(0.002)
    app.stop()
    await serving
    await app.close()
    return 0


def _answer(app: engine.host.Engine, state: State, url: str, asked: set[str]) -> None:
    """A person who approves everything and looks at the world before settling a doubt."""
    pending = {request.payload.get("question") for request in app.store.requests.pending()}
    for question, (_, _, record) in list(state.questions.items()):
        if record.outcome is not None or question in asked or question in pending:
            continue
        asked.add(question)
        option, values = "approve", None
        if record.asked.type == "doubt":
            name = record.asked.form["evidence"]["args"]["url"].rsplit("/", 1)[1]
            happened = calls(url, name) > expected_before(state, record.asked.node, record.asked.visit)
            option, values = ("happened", {"value": answer_of(name)}) if happened else ("do_it", None)
        app.store.requests.insert(
            "answer", {"question": question, "option": option, "values": values}, "anna", run=state.run, at=time.time()
        )


def answer_of(name: str) -> dict[str, Any]:
    """What the tool would have given."""
    return {"status": 200, "headers": {}, "body": {"done": name}}


def expected_before(state: State, node: str, visit: tuple[int, ...]) -> int:
    """How often this node had had its effect in earlier rounds."""
    return visit[-1] - 1 if visit else 0


def calls(url: str, name: str) -> int:
    """How often an effect happened."""
    return int(counts(url).get(name, {}).get("calls", 0))


def counts(url: str) -> dict[str, Any]:
    """Everything that happened."""
    with urllib.request.urlopen(f"{url}/counts", timeout=10) as reply:
        found: dict[str, Any] = json.load(reply)
    return found


def final(data: Path) -> tuple[State, list[str]]:
    """The run as the journal has it, and the kinds of its events."""
    from engine.nodes.catalog import shape_of
    from engine.workflow.order import compile

    with open_store(data / DATA_FILE, role="client") as store:
        state: State | None = None
        kinds = []
        for event in store.journal.events(RUN):
            if state is None:
                state = State(compile(store.library.get(event.workflow), shape_of), RUN)  # type: ignore[union-attr]
            state.apply(event)
            kinds.append(event.kind)
        assert state is not None
        return state, kinds


def kill(pid: int) -> None:
    """SIGKILL."""
    os.kill(pid, signal.SIGKILL)
