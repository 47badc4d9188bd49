"""Engines that live one after another in one data folder, and a world that remembers what was done to it.

Tests wait for events in the journal, read by a client as any other program reads them.
"""

from __future__ import annotations

import asyncio
import functools
import json
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import engine.host
from engine.errors import StepError
from engine.host import Engine
from engine.nodes.catalog import CATALOG
from engine.nodes.context import Context, ModelReply
from engine.nodes.node_type import NodeType, Params
from engine.nodes.ports import ERROR, INPUT, out
from engine.run.state import State
from engine.settings import Settings
from engine.store import DATA_FILE, Busy, Reply, Store, StoreError, open_store
from engine.tools.registry import tools
from engine.tools.tool import Found, Tool, ToolEnv
from engine.workflow.model import Edge, Node, Policy, Workflow

PATIENCE_S = 30.0
Work = Callable[[Context, Any, dict[str, Any]], Awaitable[Any]]


def in_loop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """An async test: run in a loop of its own, for a limited time."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        asyncio.run(asyncio.wait_for(test(*args, **kwargs), PATIENCE_S))

    return run


async def until(fact: Callable[[], Any]) -> Any:
    """Wait until something is true in this process; what it is."""
    while not (found := fact()):
        await asyncio.sleep(0.002)
    return found


class Clock:
    """The wall clock, which a test may move."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


class WriteArgs(BaseModel):
    """What `test.write` does: its effect class is an argument."""

    name: str
    effect: Any = "at_most_once"
    value: Any = None


class World:
    """Everything that tools did: `calls` in order as (name, key), with what they were told."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self.told: list[Any] = []
        self.looked: list[str] = []
        self.errors: dict[str, list[BaseException]] = {}
        self.gates: dict[str, asyncio.Event] = {}
        self.entered: list[str] = []
        self.ended: list[str] = []
        self.before: Callable[[str, ToolEnv], None] = lambda name, env: None
        self.blind = False

    def hold(self, name: str) -> asyncio.Event:
        """Calls of this name wait for the event, after they have had their effect."""
        return self.gates.setdefault(name, asyncio.Event())

    def fails(self, name: str, *errors: BaseException) -> None:
        """The next calls of this name fail so, without an effect (one with an unknown outcome has had it)."""
        self.errors.setdefault(name, []).extend(errors)

    def names(self) -> list[str]:
        return [name for name, _ in self.calls]

    def keys(self, name: str) -> list[str]:
        return [key for one, key in self.calls if one == name]

    async def call(self, args: WriteArgs, env: ToolEnv) -> Any:
        self.before(args.name, env)
        self.entered.append(args.name)
        try:
            error = self.errors.get(args.name, []).pop(0) if self.errors.get(args.name) else None
            if error is None or getattr(error, "outcome_unknown", False):
                self.calls.append((args.name, env.idem_key))
                self.told.append(args.value)
            if args.name in self.gates:
                await self.gates[args.name].wait()
            if error is not None:
                raise error
            return {"did": args.name, "value": args.value}
        finally:
            self.ended.append(args.name)

    async def lookup(self, args: WriteArgs, env: ToolEnv) -> Found | None:
        self.looked.append(env.idem_key)
        if self.blind:
            raise StepError("connection", "Nobody answers.")
        seen = any(key == env.idem_key for _, key in self.calls)
        return Found({"did": args.name, "looked": True}) if seen else None

    def tools(self) -> dict[str, Tool]:
        common: dict[str, Any] = {
            "args": WriteArgs, "effect": lambda args: args.effect, "call": self.call,
            "lane": lambda args: f"test:{args.name}", "timeout_s": 20.0,
        }  # fmt: skip
        return {
            "test.write": Tool(name="test.write", summary="Writes.", **common),
            "test.checked": Tool(
                name="test.checked", summary="Writes; can be looked up.", lookup=self.lookup, **common
            ),
        }


class ScriptedModels:
    """Models that say what a script says, one turn after another."""

    def __init__(self, *turns: Any) -> None:
        self.turns = list(turns)
        self.asked: list[Sequence[Any]] = []

    def lane(self, role: str) -> str:
        return f"model:{role}"

    async def ask(self, role: str, messages: Sequence[Any], **options: Any) -> ModelReply:
        self.asked.append(messages)
        options["on_text"]("thinking")
        said = self.turns.pop(0)
        if isinstance(said, BaseException):
            raise said
        return said if isinstance(said, ModelReply) else ModelReply(json.dumps(said), said)

    def describe(self, role: str) -> dict[str, Any]:
        return {"file": "scripted"}

    async def infer(self, role: str, inputs: Any, **options: Any) -> Any:
        self.asked.append([inputs])
        return {"score": [0.5]}

    async def close(self) -> None:
        return None


class StepParams(Params):
    """`do` names the function; `data` is whatever it wants."""

    do: str = ""
    data: Any = None


class Place:
    """A data folder; `steps` are the functions that nodes of type `test.step` (and `test.pure`) run."""

    def __init__(self, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.data = data
        self.world = World()
        self.clock = Clock()
        self.steps: dict[str, Work] = {}
        monkeypatch.setattr(engine.host, "refuse_if_broken", lambda *_: None)
        monkeypatch.setattr(engine.host, "tools", lambda: {**tools(), **self.world.tools()})
        for name, pure in (("test.step", False), ("test.pure", True)):
            monkeypatch.setitem(CATALOG, name, self._node_type(name, pure))

    def _node_type(self, name: str, pure: bool, version: int = 1) -> NodeType:
        async def run(ctx: Context, params: StepParams, inputs: Any) -> Any:
            return {"output": await self.steps[params.do](ctx, params, dict(inputs))}

        return NodeType(
            name=name, title=name, summary="Does what a test says.", category="Tools", params=StepParams,
            inputs=(INPUT,), outputs=(out("output"), ERROR), run=run, pure=pure, open_inputs=True, version=version,
        )  # fmt: skip

    def step(self, key: str, work: Work, data: Any = None, *, pure: bool = False, **policy: Any) -> Node:
        """A node that runs `work`."""
        self.steps[work.__name__] = work
        kind = "test.pure" if pure else "test.step"
        return Node(key=key, type=kind, params={"do": work.__name__, "data": data}, policy=Policy(**policy))

    def write(self, key: str, effect: str = "at_most_once", **policy: Any) -> Node:
        """A node with one effect on the world, under the node's own name."""

        async def write(ctx: Context, params: StepParams, inputs: Any) -> Any:
            return await ctx.call_tool("test.checked" if effect == "checkable" else "test.write", params.data)

        write.__name__ = f"write_{effect}"
        return self.step(key, write, {"name": key, "effect": effect}, **policy)

    @asynccontextmanager
    async def life(self, models: Any = None, **settings: Any) -> AsyncIterator[Life]:
        """An engine at work until the block ends (cleanly), or until it has crashed."""
        given = Settings(poll_ms=1, host="test", **settings)
        app = await Engine.open(self.data, given, models or ScriptedModels(), clock=self.clock)
        life = Life(self, app)
        try:
            yield life
        finally:
            await life.close()

    def client(self) -> Store:
        """The data file as another program sees it."""
        return open_store(self.data / DATA_FILE, role="client")

    def request(self, kind: str, payload: dict[str, Any], actor: str = "ann", at: float | None = None) -> int:
        """A request inserted by another program, whether or not an engine runs."""
        with self.client() as store:
            return store.requests.insert(kind, payload, actor, payload.get("run"), at=at or self.clock())

    def reply(self, request: int) -> Reply | None:
        with self.client() as store:
            return store.requests.outcome(request)

    def events(self, run: str) -> list[Any]:
        """The journal of a run as it is on disk."""
        with self.client() as store:
            return list(store.journal.events(run))

    def kinds(self, run: str) -> list[str]:
        return [event.kind for event in self.events(run)]


class Life:
    """One engine while it serves."""

    def __init__(self, place: Place, app: Engine) -> None:
        self.place, self.app = place, app
        self.executor = app.executor
        self.store = place.client()
        self.serving = asyncio.ensure_future(app.serve())
        self.closed = False

    async def close(self) -> None:
        """A clean end; raises what `serve` raised."""
        if self.closed:
            return
        self.closed = True
        self.app.stop()
        served = (await asyncio.gather(self.serving, return_exceptions=True))[0]
        self.store.close()
        await self.app.close()
        if isinstance(served, BaseException):
            raise served

    async def crash(self) -> None:
        """An end as by a power cut: what is queued for the disk may still get there, nothing else is said or done."""
        self.closed = True
        await self.executor.writer.durable()
        self.executor.writer.fault = StoreError("The power went.")
        self.serving.cancel()
        await asyncio.gather(self.serving, return_exceptions=True)
        self.store.close()
        await self.app.close()

    async def request(self, kind: str, payload: dict[str, Any], actor: str = "ann", at: float | None = None) -> Reply:
        """File a request as another program would and wait for the reply."""
        number = self.store.requests.insert(
            kind, payload, actor, payload.get("run"), at=self.place.clock() if at is None else at
        )
        reply: Reply = await self.fact(lambda: self.store.requests.outcome(number))
        return reply

    async def start(self, workflow: Workflow, *others: Workflow, **inputs: Any) -> str:
        """Start a run; its id."""
        for one in (*others, workflow):
            self.store.library.put(one)
        digest = self.store.library.latest(workflow.name)
        reply = await self.request("run", {"workflow": digest, "inputs": inputs})
        assert reply.accepted, reply.reason
        return str(reply.result["run"])

    async def answer(self, question: str, option: str, actor: str = "ann", **payload: Any) -> Reply:
        return await self.request("answer", {"question": question, "option": option, **payload}, actor)

    async def fact(self, look: Callable[[], Any]) -> Any:
        """Wait until the disk says so; raises when the engine stops first."""
        while not (found := look()):
            if self.serving.done() and not self.closed:
                self.serving.result()
                raise AssertionError("the engine stopped")
            await asyncio.sleep(0.003)
        return found

    async def event(self, run: str, kind: str, count: int = 1, **fields: Any) -> Any:
        """Wait for the count-th event of a kind with these fields to be on disk."""

        def look() -> Any:
            found = [
                event for event in self.store.journal.events(run)
                if event.kind == kind and all(getattr(event, name) == value for name, value in fields.items())
            ]  # fmt: skip
            if len(found) >= count:
                return found[count - 1]
            row = self.store.journal.run(run)
            assert row is None or row.end is None, f"{run} has ended: {self.place.kinds(run)}"
            return None

        return await self.fact(look)

    async def question(self, run: str, **fields: Any) -> str:
        """Wait for a question; its id."""
        return str((await self.event(run, "QuestionAsked", **fields)).question)

    async def end(self, run: str) -> State:
        """Wait for the run's end on disk; its last state."""

        def look() -> Any:
            row = self.store.journal.run(run)
            return row is not None and row.end is not None

        await self.fact(look)
        state = self.executor.read(run)
        assert state is not None and state.ended
        return state


class Disk:
    """The engine's disk with a fault in it: `error` fails every append, `closed` makes it wait."""

    def __init__(self, life: Life) -> None:
        self.error: StoreError | None = None
        self.open = threading.Event()
        self.open.set()
        self.appends = 0
        self.journal = life.executor.store.journal
        self._append = self.journal.append
        self.journal.append = self.append  # type: ignore[method-assign]

    def append(self, batches: Any, **how: Any) -> int:
        if not self.open.is_set() and threading.current_thread() is threading.main_thread():
            raise Busy("Not in the loop's time.")
        self.open.wait()
        if self.error is not None:
            raise self.error
        self.appends += 1
        return self._append(batches, **how)


def workflow(*nodes: Node, edges: Sequence[str] = (), name: str = "flow", **more: Any) -> Workflow:
    """A workflow of these nodes; edges as in a file."""
    return Workflow(name=name, nodes=tuple(nodes), edges=tuple(Edge.parse(edge) for edge in edges), **more)


def gate(key: str, **params: Any) -> Node:
    """A gate."""
    return Node(key=key, type="gate", params={"headline": f"{key}?", **params})


def values(key: str, **given: Any) -> Node:
    """A `data.set` node."""
    return Node(key=key, type="data.set", params={"values": given})
