"""A shipped template on the real engine, with the shipped models and the inputs beside it."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from engine.host import Engine
from engine.settings import Settings, resources_dir
from engine.store import DATA_FILE, Store, open_store
from engine.tools.devices.box.box import Addresses, plant_in_a_box
from engine.tools.devices.box.plant import Plant
from engine.workflow.file import load_text
from engine.workflow.model import Workflow

PATIENCE_S = 60.0


def in_loop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """An async test: run in a loop of its own, for a limited time."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        asyncio.run(asyncio.wait_for(test(*args, **kwargs), PATIENCE_S))

    return run


def template(name: str) -> Workflow:
    """The shipped workflow of that name."""
    return load_text((resources_dir() / "templates" / f"{name}.workflow.yaml").read_bytes())


def example(file: str) -> str:
    return str(resources_dir() / "examples" / file)


def inputs_beside(name: str) -> dict[str, Any]:
    """The inputs that the designer starts a template with."""
    text = (resources_dir() / "templates" / f"{name}.inputs.json").read_text("utf-8")
    given: dict[str, Any] = json.loads(text)
    return {key: example(v.partition(":")[2]) if str(v).startswith("example:") else v for key, v in given.items()}


class Machine(Plant):
    """The simulated plant, which remembers what was written to it."""

    def written(self) -> list[tuple[str, float]]:
        return [(name, value) for name, value, _ in self.writes]


@asynccontextmanager
async def machine(**ports: int) -> AsyncIterator[tuple[Machine, Addresses]]:
    """The simulated plant, served with these protocols, and where it is."""
    plant = Machine()
    async with plant_in_a_box(plant, ports, ticking=False) as at:  # type: ignore[arg-type]
        yield plant, at


class Site:
    """A data folder in which engines live one after another, and their clock, which a test may move."""

    def __init__(self, data: Path) -> None:
        self.data, self.ahead = data, 0.0
        self.files = data / "files"

    def clock(self) -> float:
        return time.time() + self.ahead

    @asynccontextmanager
    async def life(self, **settings: Any) -> AsyncIterator[Life]:
        """An engine at work until the block ends."""
        app = await Engine.open(self.data, Settings(poll_ms=1, host="test", **settings), clock=self.clock)
        serving = asyncio.ensure_future(app.serve())
        with open_store(self.data / DATA_FILE, role="client") as store:
            try:
                yield Life(self, store, serving, app)
            finally:
                app.stop()
                await asyncio.gather(serving)
                await app.close()

    def rows(self, base: str, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a SQLite file that the template wrote."""
        with contextlib.closing(sqlite3.connect(self.files / base)) as connection:
            return connection.execute(sql).fetchall()


class Life:
    """One engine while it serves, seen through the data file as another program sees it."""

    def __init__(self, site: Site, store: Store, serving: asyncio.Future[None], app: Engine) -> None:
        self.site, self.store, self._serving, self.app = site, store, serving, app

    async def start(self, name: str, **changed: Any) -> str:
        """Start a template on the inputs beside it, some of them changed; the run's id."""
        return await self._started(template(name), {**inputs_beside(name), **changed})

    async def start_text(self, text: str, **inputs: Any) -> str:
        """Start a workflow that the test has written; the run's id."""
        return await self._started(load_text(text), inputs)

    async def _started(self, workflow: Workflow, inputs: dict[str, Any]) -> str:
        payload = {"workflow": self.store.library.put(workflow), "inputs": inputs}
        return str((await self._asked("run", payload, "ann"))["run"])

    async def question(self, run: str, node: str, count: int = 1) -> Any:
        """The count-th question of a node, when it is asked."""
        return (await self._facts(run, lambda e: e.kind == "QuestionAsked" and e.node == node, count))[count - 1]

    async def answer(self, question: Any, option: str, by: str = "ann", comment: str = "", **values: Any) -> None:
        payload = {"question": question.question, "option": option, "values": values or None, "comment": comment}
        await self._asked("answer", payload, by)

    async def refused(self, question: Any, option: str, by: str) -> str:
        """Why an answer is not taken."""
        payload = {"question": question.question, "option": option, "values": None, "comment": ""}
        number = self.store.requests.insert("answer", payload, by, at=self.site.clock())
        while (reply := self.store.requests.outcome(number)) is None:
            await self.turn()
        assert not reply.accepted
        return str(reply.reason)

    async def failed(self, run: str, node: str, count: int) -> None:
        """Wait until so many attempts of a node have failed."""
        await self._facts(run, lambda event: event.kind == "AttemptFailed" and event.node == node, count)

    async def escalated(self, run: str) -> str:
        """Whom the open question went on to."""
        return str((await self._facts(run, lambda event: event.kind == "QuestionEscalated"))[0].to)

    async def end(self, run: str) -> Any:
        """The event with which the run ended."""
        kinds = ("RunCompleted", "RunFailed", "RunCancelled")
        return (await self._facts(run, lambda event: event.kind in kinds))[0]

    async def stop(self, run: str) -> Any:
        """The event with which the run first waits for a person, or ends."""
        kinds = ("QuestionAsked", "RunCompleted", "RunFailed", "RunCancelled")
        return (await self._facts(run, lambda event: event.kind in kinds))[0]

    def steps(self, run: str) -> list[str]:
        """The nodes that succeeded, in the order in which they did."""
        return [event.node for event in self.store.journal.events(run) if event.kind == "StepSucceeded"]

    def effects(self, run: str, node: str) -> list[str]:
        """What kinds of effect a node had on the world."""
        events = self.store.journal.events(run)
        return [event.effect for event in events if event.kind == "EffectStarted" and event.node == node]

    async def _asked(self, kind: str, payload: dict[str, Any], by: str) -> Any:
        number = self.store.requests.insert(kind, payload, by, payload.get("run"), at=self.site.clock())
        while (reply := self.store.requests.outcome(number)) is None:
            await self.turn()
        assert reply.accepted, reply.reason
        return reply.result

    async def _facts(self, run: str, wanted: Callable[[Any], bool], count: int = 1) -> list[Any]:
        while True:
            row = self.store.journal.run(run)  # read before the events, so that none of an ended run is missed
            found = [event for event in self.store.journal.events(run) if wanted(event)]
            if len(found) >= count:
                return found
            assert row is None or row.end is None, f"{run} has ended: {self.steps(run)}"
            await self.turn()

    async def turn(self) -> None:
        """Let the engine go on for a moment."""
        if self._serving.done():
            self._serving.result()
            raise AssertionError("the engine stopped")
        await asyncio.sleep(0.01)
