"""This process's part in a data folder: the engine for the duration where none runs, a client of it otherwise."""

from __future__ import annotations

import asyncio
import contextlib
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from engine import log
from engine.errors import Refused
from engine.host import Engine
from engine.settings import Settings
from engine.store import DATA_FILE, HeldElsewhere, Lease, Reply, Store, open_store

POLL_S = 0.02
LOOK_FOR_ENGINE_S = 0.5
START_S = 20.0
LOG_FILE = "engine.log"


class Session:
    """An open data folder with an engine at work on it: ours (`engine`), or another process's (`engine` is None).

    When that other engine goes away, this one takes its place, so that what was asked for goes on.
    """

    def __init__(self, data_dir: Path, settings: Settings, *, host: bool = True) -> None:
        self.data_dir, self.settings = data_dir, settings
        self.engine: Engine | None = None
        self.recovered = 0
        self.took_over = False
        self._host = host
        self._serving: asyncio.Task[None] | None = None
        self._store: Store | None = None
        self._seen = -1
        self._looked = 0.0

    @property
    def store(self) -> Store:
        """The store, for reading and asking."""
        assert self._store is not None
        return self._store

    @property
    def paused(self) -> str:
        """Why our engine writes nothing at the moment; empty when it does, or when it is not ours."""
        return self.engine.paused if self.engine else ""

    async def __aenter__(self) -> Session:
        try:
            await self._be_engine()
            self._store = await self._open()
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    async def ask(self, kind: str, payload: dict[str, Any], actor: str, run: str | None = None) -> Reply:
        """File a request and wait for the engine's reply."""
        number = self.file(kind, payload, actor, run)
        while (reply := self.store.requests.outcome(number)) is None:
            await self.changed()
        return reply

    def file(self, kind: str, payload: dict[str, Any], actor: str, run: str | None = None) -> int:
        """Store a request: durable when this returns, whether or not an engine runs; its number."""
        return self.store.requests.insert(kind, payload, actor, run, at=time.time())

    def settled(self) -> bool:
        """Whether every request has its reply, and everything that our engine decided is on disk."""
        if self.engine is not None and self.engine.executor.writer.behind:
            return False
        return not self.store.requests.pending()

    async def changed(self, timeout_s: float = 0.1) -> bool:
        """Wait until something was committed, at most this long; raises what our engine failed with."""
        ends = time.monotonic() + timeout_s
        while True:
            await self._look_after_engine()
            version = self.store.data_version()
            if version != self._seen:
                self._seen = version
                return True
            if time.monotonic() >= ends:
                return False
            await asyncio.sleep(POLL_S)

    async def _look_after_engine(self) -> None:
        if self._serving is not None and self._serving.done():
            await self._serving
            raise Refused("The engine has stopped.", remedy="`signalboxctl engine` goes on with all open runs.")
        now = time.monotonic()
        if self.engine is None and self._host and now - self._looked > LOOK_FOR_ENGINE_S:
            self._looked = now
            if Lease.info(self.data_dir) is None:
                await self._be_engine()
                self.took_over = self.engine is not None

    async def _be_engine(self) -> None:
        if not self._host:
            return
        with contextlib.suppress(OSError):  # what keeps the log from being written, the engine says better
            self.data_dir.mkdir(parents=True, exist_ok=True)
            log.configure(self.data_dir / LOG_FILE)
        try:
            self.engine = await Engine.open(self.data_dir, self.settings)
        except BaseException as error:
            log.close()
            if isinstance(error, HeldElsewhere):
                return
            raise
        self.recovered = self.engine.recovered
        self._serving = asyncio.create_task(self.engine.serve(), name="engine")

    async def _open(self) -> Store:
        """The store as a client; waits for another process that is just making it."""
        ends = time.monotonic() + START_S
        while True:
            try:
                return open_store(self.data_dir / DATA_FILE, role="client")
            except Refused:
                if self.engine is not None or Lease.info(self.data_dir) is None or time.monotonic() > ends:
                    raise
                await asyncio.sleep(POLL_S)

    async def _close(self) -> None:
        if self._store is not None:
            self._store.close()
        if self.engine is not None:
            self.engine.stop()
            if self._serving is not None:
                await asyncio.wait([self._serving])
            try:
                await self.engine.close()
            finally:
                log.close()
            if self._serving is not None and not self._serving.cancelled():
                self._serving.exception()  # raised already where it was waited for, or not ours to raise while closing


async def filed(store: Store, data_dir: Path, number: int, *, patience_s: float = 30.0) -> Reply | None:
    """The reply to a request that a client filed; None when no engine is there to give one."""
    ends = time.monotonic() + patience_s
    while time.monotonic() < ends:
        reply = store.requests.outcome(number)
        if reply is not None:
            return reply
        if Lease.info(data_dir) is None:
            # it may have answered and left between the two looks
            return store.requests.outcome(number)
        await asyncio.sleep(POLL_S)
    return None
