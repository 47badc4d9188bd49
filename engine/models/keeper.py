"""The processes of the models on this PC, under one plan for their memory: started, shared, given up, replaced."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from math import inf
from pathlib import Path
from threading import Event
from typing import Any

from engine import log as engine_log
from engine import platform
from engine.errors import Refused, StepError
from engine.models import files, protocol
from engine.models.link import Link
from engine.models.need import amount, need_at, too_large
from engine.models.plan import Plan, Ticket

RECORD = "models.now"
"""In the data folder: what an engine has in memory, for those who look (`models list`)."""
_RECENT = 20
Stamp = tuple[int, int]
Waiting = Callable[[], AbstractContextManager[None]]
"""Entered around the wait for room in memory."""


@dataclass(frozen=True, slots=True)
class Spec:
    """A model file as it is to be loaded; `keep` is for how many seconds it stays when idle."""

    path: Path
    stamp: Stamp
    kind: str
    n_ctx: int
    threads: int
    providers: tuple[str, ...] | None
    adapters: tuple[Path, ...] = ()
    keep: float = inf

    @property
    def key(self) -> tuple[object, ...]:
        """What makes it another process: the file and how it is loaded."""
        return self.path, self.stamp, self.kind, self.n_ctx, self.threads, self.providers

    def load(self) -> dict[str, Any]:
        """The worker's request."""
        providers = None if self.providers is None else list(self.providers)
        load = {"kind": self.kind, "path": str(self.path), "n_ctx": self.n_ctx, "threads": self.threads}
        return {**load, "providers": providers}


def stamp_of(path: Path) -> Stamp:
    """Changes when the file does: a run record must name the model that really answered. StepError when it is gone."""
    try:
        stat = path.stat()
    except OSError as fault:
        raise StepError("not_found", f"The model file cannot be read: {fault.strerror or fault}.") from None
    return stat.st_size, stat.st_mtime_ns


class Keeper:
    """Used from one event loop; `close` leaves no process behind."""

    def __init__(self, budget: int, log: Callable[[str], None], record: Path | None = None) -> None:
        self.plan, self._log, self._record = Plan(budget), log, record
        self._starts: dict[object, asyncio.Task[Link]] = {}
        self._specs: dict[object, Spec] = {}
        self._answers: dict[Ticket, asyncio.Future[None]] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        self._counts = {"loads": 0, "left": 0, "out_of_memory": 0}
        self._recent: deque[dict[str, Any]] = deque(maxlen=_RECENT)

    def update(self, budget: int, wanted: Mapping[object, float]) -> None:
        """Another budget, and how long what may still be asked stays, by key; others leave when nobody uses them."""
        if budget != self.plan.budget:
            self.plan.resize(budget)
        for key in self.plan.places:
            if key in wanted:
                self.plan.keep(key, wanted[key])
            else:
                self.plan.unwanted(key)
        if self._specs:
            self._pump()

    def running(self, path: Path) -> Link | None:
        """The process that answers for a file as it is now."""
        with contextlib.suppress(StepError):
            stamp = stamp_of(path)
            for key, spec in self._specs.items():
                if spec.path == path and spec.stamp == stamp and (link := self._link(key)) is not None:
                    return link
        return None

    @asynccontextmanager
    async def hold(self, spec: Spec, waiting: Waiting = nullcontext) -> AsyncIterator[Callable[[], Awaitable[Link]]]:
        """Wait for a model's turn and its room; what is handed out starts its process, or finds it. Raises StepError.

        It is there until the block ends. What raises StepError in the block is looked at: was it for want of memory?
        """
        with waiting():
            ticket = await self._enter(spec)
        links: list[Link] = []

        async def process() -> Link:
            links.append(await self._process(spec))
            return links[-1]

        try:
            yield process
        except StepError as fault:
            if links and protocol.NO_MEMORY in fault.message and not links[-1].counted:
                links[-1].counted = not links[-1].alive
                self._ran_out(spec)
            raise
        finally:
            self._leave(ticket)

    async def close(self) -> None:
        """End every process and wait until all are gone; requests under way fail, and so do those that wait."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(_closing())
        starts, self._starts = list(self._starts.values()), {}
        for task in starts:
            if not task.done():
                task.cancel()
        started = await asyncio.gather(*starts, return_exceptions=True)
        await asyncio.gather(*(link.close() for link in started if isinstance(link, Link)))
        await asyncio.gather(*self._ending, return_exceptions=True)
        if self._record is not None:
            with contextlib.suppress(OSError):
                self._record.unlink(missing_ok=True)

    async def _enter(self, spec: Spec) -> Ticket:
        if self._closed:
            raise _closing()
        place = self.plan.places.get(spec.key)
        need = await self._need(spec) if place is None else place.need
        if self._closed:
            raise _closing()
        if not self.plan.fits(need):
            raise StepError("limit", too_large(spec.path.name, need, self.plan.budget), retryable=False)
        for key, other in self._specs.items():
            if other.path == spec.path and key != spec.key:
                self.plan.unwanted(key)
        ticket = self.plan.enter(spec.key, need, spec.keep)
        answer = self._answers[ticket] = asyncio.get_running_loop().create_future()
        self._pump()
        try:
            await answer
        except BaseException:
            self._leave(ticket)
            raise
        finally:
            del self._answers[ticket]
        return ticket

    async def _need(self, spec: Spec) -> int:
        try:
            return await asyncio.to_thread(need_at, spec.path, spec.stamp, spec.kind, spec.n_ctx, spec.adapters)
        except Refused as fault:
            raise StepError("invalid", str(fault), retryable=False) from None

    def _leave(self, ticket: Ticket) -> None:
        if ticket.granted:
            task = self._starts.get(ticket.key)
            if task is not None and task.done() and self._link(ticket.key) is None:
                self.plan.unwanted(ticket.key)
        self.plan.leave(ticket, time.monotonic())
        self._pump()

    def _pump(self) -> None:
        """Do what the plan says, now and whenever something has changed."""
        if self._closed:
            return
        moves = self.plan.moves(time.monotonic(), _free() if self.plan.line else None)
        for ticket in moves.granted:
            if not self._answers[ticket].done():
                self._answers[ticket].set_result(None)
        for ticket in moves.hopeless:
            if not self._answers[ticket].done():
                self._answers[ticket].set_exception(StepError("server", _no_room(ticket.need)))
        for key in moves.evict:
            task = asyncio.create_task(self._end(key))
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)
        if self._timer is not None:
            self._timer.cancel()
        at = self.plan.next_at()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(max(0.0, at - time.monotonic()), self._pump) if at < inf else None

    async def _end(self, key: object) -> None:
        place, spec = self.plan.places[key], self._specs.pop(key, None)
        why = "idle" if time.monotonic() - place.used >= place.keep else "room"
        if place.unwanted:
            why = "ended" if self._link(key) is None else "replaced"
        task = self._starts.pop(key, None)
        if task is not None:
            task.cancel()
            [link] = await asyncio.gather(task, return_exceptions=True)
            if isinstance(link, Link):
                await link.close()
                self._note("left", spec.path.name if spec else "", why=why, bytes=place.need)
        self.plan.gone(key)
        self._pump()

    def _link(self, key: object) -> Link | None:
        link = _made(self._starts.get(key))
        return link if link is not None and link.alive else None

    async def _process(self, spec: Spec) -> Link:
        """The process of a model. A slow start goes on when the one who waited for it gives up."""
        if self._closed:  # between being let in and asking
            raise _closing()
        task = self._starts.get(spec.key)
        if task is None or (task.done() and self._link(spec.key) is None):
            self._specs[spec.key] = spec
            self.plan.started(spec.key, starting=True)
            task = self._starts[spec.key] = asyncio.create_task(self._start(spec, task))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                raise _closing() from None
            raise

    async def _start(self, spec: Spec, before: asyncio.Task[Link] | None) -> Link:
        try:
            if before is not None and not before.cancelled() and before.exception() is None:
                await before.result().close()
            link = await self._loaded(spec)
        except BaseException as fault:
            self.plan.unwanted(spec.key)
            if isinstance(fault, StepError) and protocol.NO_MEMORY in fault.message:
                self._ran_out(spec)
            asyncio.get_running_loop().call_soon(self._pump)  # whoever waits for this has to hear of it first
            raise
        self.plan.started(spec.key)
        self._note("loaded", spec.path.name, bytes=self.plan.places[spec.key].need)
        link.when_ended(lambda: self._ended(spec, link))
        self._pump()
        return link

    async def _loaded(self, spec: Spec) -> Link:
        """A new process that has loaded the very file that it is to stand for."""
        stop = Event()
        hashing = asyncio.ensure_future(asyncio.to_thread(files.sha256, spec.path, stop))  # while the model loads
        link = None
        try:
            link = await Link.start(spec.load(), self._log)
            link.description["sha256"] = await hashing
            if stamp_of(spec.path) != spec.stamp:
                raise StepError("server", f"The model file {spec.path.name} was changed while it was loaded.")
        except BaseException as fault:
            stop.set()
            if link is not None:
                await link.close()
            await asyncio.gather(hashing, return_exceptions=True)
            if isinstance(fault, OSError):
                said = f"The model file {spec.path.name} cannot be read: {fault.strerror or fault}."
                raise StepError("not_found", said) from None
            raise
        return link

    def _ended(self, spec: Spec, link: Link) -> None:
        """A process has ended. Was it idle, its room is free at once; else whoever uses it hears of it first."""
        place = self.plan.places.get(spec.key)
        if self._closed or place is None or place.users or _made(self._starts.get(spec.key)) is not link:
            return
        if link.short_of_memory and not link.counted:
            link.counted = True
            self._ran_out(spec)
        self.plan.unwanted(spec.key)
        self._pump()

    def _ran_out(self, spec: Spec) -> None:
        self.plan.ran_out()
        self._note("out_of_memory", spec.path.name, allowed=self.plan.allowed)
        engine_log.warning("model_memory", file=spec.path.name, allowed=self.plan.allowed)

    def _note(self, what: str, file: str, **more: Any) -> None:
        """Into the log, and where people look while the engine runs."""
        self._counts["loads" if what == "loaded" else what] += 1
        self._recent.append({"at": time.time(), "what": what, "file": file, **more})
        if what != "out_of_memory":
            engine_log.info(f"model_{what}", file=file, reserved=self.plan.reserved, budget=self.plan.budget, **more)
        if self._record is not None:
            with contextlib.suppress(OSError):
                platform.note_owner(self._record, **self.facts())

    def facts(self) -> dict[str, Any]:
        """What is in memory, how often models came and went, and what happened last."""
        loaded = [
            {"path": str(self._specs[key].path), "bytes": place.need}
            for key, place in self.plan.places.items()
            if key in self._specs and not place.leaving
        ]
        sizes = {"budget": self.plan.budget, "allowed": self.plan.allowed, "reserved": self.plan.reserved}
        return {**sizes, "waiting": len(self.plan.line), "loaded": loaded, **self._counts, "recent": list(self._recent)}


def _made(task: asyncio.Task[Link] | None) -> Link | None:
    """The process that a start has made, if it has."""
    if task is None or not task.done() or task.cancelled() or task.exception() is not None:
        return None
    return task.result()


def _free() -> int:
    import psutil

    return int(psutil.virtual_memory().available)


def _no_room(need: int) -> str:
    return (
        f"{protocol.NO_MEMORY} for this model now: it needs {amount(need)}, and this PC has {amount(_free())} free; "
        "close other programs, or choose a smaller model."
    )


def _closing() -> StepError:
    return StepError("server", "The engine is shutting down.")
