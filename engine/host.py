"""The engine process: take the lease, recover, serve requests and time until told to stop (DESIGN §1.5)."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

from engine import log
from engine.errors import Refused
from engine.executor import collector
from engine.executor.alarms import Alarms
from engine.executor.executor import Executor
from engine.executor.recovery import recover
from engine.executor.requests import Desk
from engine.keys import Vault
from engine.models import Models
from engine.net import belt
from engine.net.asked import Asked
from engine.observe.site import refuse_if_broken
from engine.settings import Settings, load, stamp
from engine.store import DATA_FILE, Lease, Store, open_store
from engine.store.condition import Note
from engine.tools.mcp import McpServers
from engine.tools.registry import aclose_all, tools
from engine.workflow.model import Workflow

IDLE_POLL_S = 0.2
QUIET_AFTER_S = 5.0
TIDY_S = 10.0
"""How often, at most, an engine at rest moves what clients have written into the data file."""


class Engine:
    """One engine at work on one data folder."""

    def __init__(
        self,
        data_dir: Path,
        settings: Settings,
        lease: Lease,
        store: Store,
        models: Models,
        executor: Executor,
        servers: McpServers,
    ) -> None:
        self.data_dir, self.settings, self.servers = data_dir, settings, servers
        self.lease, self.store, self.models, self.executor = lease, store, models, executor
        self.paused = ""
        self._note = Note(data_dir, os.getpid())
        self.recovered = 0
        self._alarms = Alarms(self._ring, executor.clock)
        executor.due_changed = self._alarms.arm
        self._desk = Desk(executor, self._check)
        self._stop = asyncio.Event()
        self._stamp = stamp(data_dir)
        self._asked = Asked(data_dir, executor.clock)
        executor.guard = settings.guard(self._asked.note)
        models.note, servers.guard = self._asked.note, executor.guard
        belt.shut(self, settings.network == "off")

    @classmethod
    async def open(
        cls,
        data_dir: Path,
        settings: Settings,
        models: Models | None = None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> Engine:
        """Take the lease, open or create the data file, recover every open run. HeldElsewhere or Refused."""
        collector.rest()
        lease = Lease.acquire(data_dir, settings.host_name())
        try:
            settings.workspace_dir(data_dir).mkdir(parents=True, exist_ok=True)
            store = open_store(data_dir / DATA_FILE, role="engine")
        except BaseException:
            lease.release()
            raise
        secret = Vault(data_dir).secret
        models = models or Models(settings, data_dir, secret=secret, record=True)
        servers = McpServers(data_dir, settings)
        known = {**tools(), "mcp.call": servers.tool()}
        executor = Executor(store, settings, models, known, epoch=lease.epoch, clock=clock, secret=secret)
        engine = cls(data_dir, settings, lease, store, models, executor, servers)
        executor.writer.on_pause = engine._on_pause
        try:
            engine.recovered = recover(executor, engine._desk.serve)
        except BaseException:
            await engine.close()
            raise
        engine._note.say("working")
        return engine

    async def update(self, settings: Settings) -> None:
        """Go on with other settings: they count for whatever is begun from now on."""
        self.settings = settings
        belt.shut(self, settings.network == "off")
        self.executor.update(settings)
        self.models.update(settings)
        await self.servers.update(settings, self.executor.guard)

    async def _look_at_settings(self) -> None:
        """Take over what somebody has changed in the settings file; a broken one changes nothing."""
        now = stamp(self.data_dir)
        if now == self._stamp:
            return
        self._stamp = now
        try:
            settings = load(self.data_dir)
        except Refused as fault:
            log.warning("settings not taken", reason=str(fault))
            why = self.paused or f"The settings are not taken: {fault}"
            self._note.say("paused" if self.paused else "working", why)
            return
        await self.update(settings)
        self._note.say("paused" if self.paused else "working", self.paused)
        log.info("settings taken", network=settings.network)

    def _on_pause(self, reason: str) -> None:
        self.paused = reason
        self._note.say("paused" if reason else "working", reason)
        if reason:
            log.warning("paused", reason=reason)
        else:
            log.info("goes on")

    def _check(self, workflow: Workflow) -> None:
        settings = self.settings.model_copy(update={"mcp_servers": self.servers.known()})  # approved meanwhile, or not
        refuse_if_broken(workflow, self.data_dir, settings, self.store.library)

    def _ring(self) -> None:
        """Something falls due. An answer that was given in time is read first, or its deadline would win."""
        if not self.executor.broken:
            self._desk.serve()
            self.executor.tick()

    async def serve(self) -> None:
        """Answer requests and let runs go on until `stop`, or until the disk or the program fails (then it raises)."""
        seen, quiet = -1, 0.0
        tidied, tidied_at = -1, time.monotonic()
        failed = [
            asyncio.ensure_future(e.wait()) for e in (self._stop, self.executor.failed, self.executor.writer.failed)
        ]
        try:
            while not any(future.done() for future in failed):
                await self._look_at_settings()
                self._asked.flush()
                version = self.store.data_version()
                if version != seen:
                    seen = version
                    quiet = 0.0 if self._desk.serve() or not self.executor.idle else quiet
                if self.executor.overdue:
                    self._ring()
                if seen != tidied and self.executor.idle and time.monotonic() - tidied_at > TIDY_S:
                    if self.executor.writer.tidy():
                        tidied, tidied_at = seen, time.monotonic()
                poll = self.settings.poll_ms / 1000
                wait = poll if quiet < QUIET_AFTER_S or not self.executor.idle else IDLE_POLL_S
                await asyncio.wait(failed, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
                quiet += wait
        finally:
            for future in failed:
                future.cancel()
        if self.executor.writer.fault is not None:
            raise self.executor.writer.fault
        if self.executor.fault is not None:
            raise self.executor.fault

    def stop(self) -> None:
        """Let `serve` return."""
        self._stop.set()

    async def close(self) -> None:
        """End cleanly: interrupt what runs (uncounted), write everything, give the lease back."""
        self._alarms.close()
        self._note.say("stopping")
        belt.shut(self, False)
        self._asked.flush(last=True)
        async with AsyncExitStack() as last:  # whatever fails, the rest is closed all the same
            last.callback(self.lease.release)
            last.callback(self._note.close)
            last.callback(self.store.close)
            last.push_async_callback(aclose_all)
            last.push_async_callback(self.servers.aclose)
            last.push_async_callback(self.models.close)
            await self.executor.close()


async def run_engine(
    data_dir: Path, settings: Settings, *, ready: Callable[[Engine], None] = lambda engine: None
) -> None:
    """Be the engine until interrupted. HeldElsewhere when another one is."""
    engine = await Engine.open(data_dir, settings)
    try:
        ready(engine)
        await engine.serve()
    finally:
        await engine.close()
