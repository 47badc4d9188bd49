"""The writer thread: whatever has piled up while the disk was busy goes into the next transaction (group commit)."""

from __future__ import annotations

import asyncio
import heapq
import threading
import time
from collections import deque
from collections.abc import Callable

from engine.executor.faults import point
from engine.store import Batch, Busy, DiskFull, Journal, StoreError

MAX_GROUP = 512
RETRY_S = 0.5


class Writer:
    """Commits batches in order. `submit` gives a ticket; `durable(ticket)` waits until it is on disk.

    A full disk pauses: the group was rolled back as a whole, so it is tried again until there is room. Any other fault
    stops the writer for good (`fault`); what was not on disk is then lost with the process, and nobody has seen it.
    """

    def __init__(self, journal: Journal, on_pause: Callable[[str], None] = lambda reason: None) -> None:
        self._journal = journal
        self.on_pause = on_pause
        self._loop = asyncio.get_running_loop()
        self._queue: deque[Batch] = deque()
        self._wake = threading.Condition()
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._asked = 0
        self._closing = False
        self.submitted = 0
        self.committed = 0
        self.paused = ""
        self.fault: StoreError | None = None
        self.failed = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="journal-writer", daemon=True)
        self._thread.start()

    def submit(self, batch: Batch) -> int:
        """Queue a batch; returns its ticket."""
        if self.fault is not None:
            raise self.fault
        self.submitted += 1
        with self._wake:
            self._queue.append(batch)
            self._wake.notify()
        return self.submitted

    @property
    def behind(self) -> int:
        """Batches that are not on disk yet."""
        return self.submitted - self.committed

    async def durable(self, ticket: int | None = None) -> None:
        """Wait until this ticket (default: everything so far) is on disk. Raises the writer's fault."""
        ticket = self.submitted if ticket is None else ticket
        if self.fault is not None:
            raise self.fault
        if ticket > self.committed:
            future: asyncio.Future[None] = self._loop.create_future()
            self._asked += 1
            heapq.heappush(self._waiting, (ticket, self._asked, future))
            await future

    async def close(self) -> None:
        """Write what is queued and stop the thread."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        await asyncio.to_thread(self._thread.join)
        self._told(self.committed)

    # ---- the thread
    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._queue and not self._closing:
                    self._wake.wait()
                if not self._queue:
                    return
                group = [self._queue.popleft() for _ in range(min(len(self._queue), MAX_GROUP))]
            if not self._commit(group):
                return

    def _commit(self, group: list[Batch]) -> bool:
        while True:
            point("commit.before")
            try:
                self._journal.append(group)
            except (DiskFull, Busy) as full:
                if self._closing:
                    return self._give_up(full)
                if not self.paused:
                    self._pause(str(full))
                time.sleep(RETRY_S)
                continue
            except StoreError as fault:
                return self._give_up(fault)
            except Exception as fault:
                return self._give_up(StoreError(f"The journal could not be written ({type(fault).__name__}: {fault})."))
            point("commit.after")
            if self.paused:
                self._pause("")
            self.committed += len(group)
            self._call(self._told, self.committed)
            return True

    def _pause(self, reason: str) -> None:
        self.paused = reason
        self._call(lambda: self.on_pause(reason))

    def _give_up(self, fault: StoreError) -> bool:
        self.fault = fault
        self._call(self._broken)
        return False

    def _call(self, function: Callable[..., None], *args: object) -> None:
        try:
            self._loop.call_soon_threadsafe(function, *args)
        except RuntimeError:
            pass  # the loop is closed: nobody waits any more

    # ---- back in the loop
    def _told(self, ticket: int) -> None:
        point("commit.told")
        while self._waiting and self._waiting[0][0] <= ticket:
            future = heapq.heappop(self._waiting)[2]
            if not future.done():
                future.set_result(None)

    def _broken(self) -> None:
        assert self.fault is not None
        while self._waiting:
            future = self._waiting.pop()[2]
            if not future.done():
                future.set_exception(self.fault)
                future.exception()
        self.failed.set()
