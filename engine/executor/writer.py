"""Commits in order. What has piled up goes into one transaction (group commit), in the loop or in a thread of its own.

A commit that somebody waits for, on a quick disk, is made in the loop at the end of its current turn: waking a thread
and being woken by it costs more than the disk does. Everything else is handed to the thread, so that steps which may
run ahead do not wait for the disk.
"""

from __future__ import annotations

import asyncio
import heapq
import queue
import threading
import time
from collections import deque
from collections.abc import Callable

from engine.executor.faults import point
from engine.store import Batch, Busy, DiskFull, Journal, StoreError
from engine.store.database import BUSY_S

MAX_GROUP = 512
MAX_INLINE = 64
QUICK_S = 0.004
"""A disk that takes longer than this for a commit is left to the thread."""
RETRY_S = 0.5


class Writer:
    """`submit` gives a ticket; `durable(ticket)` waits until it is on disk. Used from one event loop.

    A full disk pauses: the group was rolled back as a whole, so it is tried again until there is room. Any other fault
    stops the writer for good (`fault`); what was not on disk is then lost with the process, and nobody has seen it.
    """

    def __init__(self, journal: Journal, on_pause: Callable[[str], None] = lambda reason: None) -> None:
        self._journal = journal
        self.on_pause = on_pause
        self._loop = asyncio.get_running_loop()
        self._queue: deque[Batch] = deque()
        self._inbox: queue.SimpleQueue[list[Batch] | None] = queue.SimpleQueue()
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._asked = 0
        self._turning = False
        self._busy = False  # the thread has a group
        self._took_s = 0.0
        self._closing = False
        self.held = False
        """Set while somebody fills the queue and will commit it: a quick disk is not worth a thread that waits for the
        interpreter meanwhile."""
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
        self._queue.append(batch)
        if not self._turning:
            self._turning = True
            self._loop.call_soon(self._turn)
        return self.submitted

    @property
    def behind(self) -> int:
        """Batches that are not on disk yet."""
        return self.submitted - self.committed

    def release(self) -> None:
        """Nobody holds the queue any more: what is in it goes its usual way."""
        self.held = False
        if self._queue and not self._turning:
            self._turning = True
            self._loop.call_soon(self._turn)

    def commit_now(self) -> None:
        """Make the next commit here and now, if the disk is quick: for one that can do nothing before it."""
        if self._may_commit():
            self._commit(self._group())

    def tidy(self) -> bool:
        """Let the thread move what clients have written into the data file; False when it has something else to do."""
        if self._busy or self._queue or self._closing or self.fault is not None:
            return False
        self._hand_over([])
        return True

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
        self._closing = True
        if self.fault is None:
            try:
                await self.durable()
            except StoreError:
                pass  # `fault` says it
        self._inbox.put(None)
        await asyncio.to_thread(self._thread.join)

    # ---- in the loop
    def _turn(self) -> None:
        """At the end of a turn of the loop: everything that this turn has queued is one group."""
        self._turning = False
        if self._waiting and self._may_commit():
            self._commit(self._group())
        elif not self._busy and self._queue and self.fault is None and not (self.held and self._took_s <= QUICK_S):
            self._hand_over(self._group())

    def _may_commit(self) -> bool:
        """Whether the loop may make the next commit itself."""
        idle = not self._busy and self.fault is None
        return idle and 0 < len(self._queue) <= MAX_INLINE and self._took_s <= QUICK_S

    def _group(self) -> list[Batch]:
        return [self._queue.popleft() for _ in range(min(len(self._queue), MAX_GROUP))]

    def _commit(self, group: list[Batch]) -> None:
        try:
            seconds = self._append(group)
        except (DiskFull, Busy):
            self._hand_over(group)  # it waits for room; the loop may not
        except StoreError as fault:
            self._broken(fault)
        else:
            self._done(len(group), seconds)

    def _hand_over(self, group: list[Batch]) -> None:
        self._busy = True
        self._inbox.put(group)

    def _done(self, count: int, seconds: float) -> None:
        point("commit.told")
        self._busy = False
        self._took_s = 0.8 * self._took_s + 0.2 * seconds
        self.committed += count
        while self._waiting and self._waiting[0][0] <= self.committed:
            future = heapq.heappop(self._waiting)[2]
            if not future.done():
                future.set_result(None)
        if self._queue and not self._turning:
            self._turning = True
            self._loop.call_soon(self._turn)

    def _rested(self) -> None:
        self._busy = False
        if self._queue and not self._turning:
            self._turning = True
            self._loop.call_soon(self._turn)

    def _broken(self, fault: StoreError) -> None:
        self.fault = fault
        while self._waiting:
            future = self._waiting.pop()[2]
            if not future.done():
                future.set_exception(fault)
                future.exception()
        self.failed.set()

    def _pause(self, reason: str) -> None:
        self.paused = reason
        self.on_pause(reason)

    # ---- wherever the commit is made
    def _append(self, group: list[Batch]) -> float:
        """Seconds that it took. Raises StoreError, whatever went wrong."""
        began = time.perf_counter()
        point("commit.before")
        try:
            self._journal.append(group, wait_s=BUSY_S if self._busy else QUICK_S)
        except StoreError:
            raise
        except Exception as fault:
            raise StoreError(f"The journal could not be written ({type(fault).__name__}: {fault}).") from fault
        point("commit.after")
        return time.perf_counter() - began

    # ---- the thread
    def _run(self) -> None:
        while (group := self._inbox.get()) is not None:
            if not group:
                self._tidy()
                continue
            paused, seconds = False, -1.0
            while seconds < 0:
                try:
                    seconds = self._append(group)
                except (DiskFull, Busy) as full:
                    if self._closing:
                        self._call(self._broken, full)
                        return
                    if not paused:
                        paused = True
                        self._call(self._pause, str(full))
                    time.sleep(RETRY_S)
                except StoreError as fault:
                    self._call(self._broken, fault)
                    return
            if paused:
                self._call(self._pause, "")
            self._call(self._done, len(group), seconds)

    def _tidy(self) -> None:
        try:
            self._journal.tidy()
        except StoreError:
            pass  # the next commit says it, if it matters
        self._call(self._rested)

    def _call(self, function: Callable[..., None], *args: object) -> None:
        try:
            self._loop.call_soon_threadsafe(function, *args)
        except RuntimeError:
            pass  # the loop is closed: nobody waits any more
