"""The thread that owns the store: it does what it is called for, looks for news and looks after the engine."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path

from designer.engine_link.keeper import Keeper
from designer.engine_link.messages import PAGED, Done, Job, Message, NotDone, Opened
from designer.engine_link.reader import Reader
from designer.resources import tr
from engine import log
from engine.errors import Refused, SignalboxError
from engine.store import DATA_FILE, Store, open_store

BUSY_S, QUIET_S, IDLE_S = 0.02, 0.1, 0.25
"""How long until the next look: while something goes on, while runs only wait, and while nothing is open."""
QUIET_AFTER_S = 5.0
LEAVE_S = 5.0
"""How long `close` waits for what was called while there is no store yet."""
AHEAD = 2
"""Pages that may be on their way to the GUI: more would keep it from doing anything else."""

Do = Callable[[], None]


class Worker(threading.Thread):
    """Python's thread rather than Qt's: nothing in it needs an event loop. `post` may be called from any thread."""

    def __init__(self, data_dir: Path, launch: bool, post: Callable[[Message], None]) -> None:
        super().__init__(name="engine-link", daemon=True)
        self._path = data_dir / DATA_FILE
        self._post_message = post
        self._inbox: queue.SimpleQueue[Job | Do | None] = queue.SimpleQueue()
        self._jobs: list[Job] = []
        self._lock = threading.Lock()
        self._under_way = 0
        self._leaving: float | None = None
        self._store: Store | None = None
        self._reader: Reader | None = None
        self._fault: Refused | None = None
        self._trouble = ""
        self._news_at = time.monotonic()
        self._keeper = Keeper(data_dir, launch, self._post)

    # ---- called on the GUI thread
    def do(self, job: Job) -> None:
        """Queue a job."""
        self._inbox.put(job)

    def took(self) -> None:
        """The GUI has dealt with a page: the next one may come."""
        with self._lock:
            self._under_way -= 1
            again = self._under_way == AHEAD - 1
        if again:
            self._inbox.put(None)

    def start_engine(self) -> None:
        """Start the engine now."""
        self._inbox.put(self._keeper.start)

    def stop_engine(self) -> None:
        """Stop the engine."""
        self._inbox.put(self._keeper.stop)

    def close(self) -> None:
        """Do what is queued, then end the thread."""
        if self.is_alive():
            self._inbox.put(self._leave)
            self.join()

    # ---- the thread
    def run(self) -> None:
        """Until `close`."""
        try:
            while not self._may_leave():
                self._hear(self._pause())
                self._step()
        finally:
            self._keeper.leave()
            if self._store is not None:
                self._store.close()

    def _step(self) -> None:
        trouble, self._trouble = self._trouble, ""
        try:
            if self._store is None:
                self._open()
            self._do_jobs()
            if self._reader is not None:
                for message in self._reader.read(self._room()):
                    self._news_at = time.monotonic()
                    self._post(message)
        except SignalboxError as error:
            self._trouble = str(error)
        except Exception as error:
            self._trouble = tr("The data folder cannot be read, because of a fault in the program; its log says more.")
            if trouble != self._trouble:
                log.error("engine link", exc_info=error)
        if self._trouble:
            self._keeper.fault(self._trouble)
        self._keeper.look(self._wanted())

    def _hear(self, wait_s: float) -> None:
        """Take what was put into the inbox; wait for it at most this long."""
        try:
            item = self._inbox.get(timeout=wait_s) if wait_s > 0 else self._inbox.get_nowait()
            while True:
                if isinstance(item, Job):
                    self._jobs.append(item)
                elif item is not None:
                    item()
                item = self._inbox.get_nowait()
        except queue.Empty:
            return

    def _pause(self) -> float:
        reader = self._reader
        if self._trouble:
            return IDLE_S
        if reader is not None and reader.more and self._room():
            return 0.0
        if self._keeper.hurries or self._leaving is not None or (reader is not None and reader.awaits):
            return BUSY_S
        if time.monotonic() - self._news_at < QUIET_AFTER_S:
            return BUSY_S
        return QUIET_S if reader is None or reader.has_open_runs else IDLE_S

    def _open(self) -> None:
        if not self._path.exists():
            return
        try:
            self._store = open_store(self._path, role="client")
            self._reader = Reader(self._store)
        except SignalboxError as error:
            # the engine mends an older file, and says of any other why it cannot be used
            if self._store is not None:
                self._store.close()
                self._store = None
            self._fault = error if isinstance(error, Refused) else Refused(str(error))
            self._keeper.no_store(str(self._fault))
            return
        self._fault = None
        self._keeper.no_store("")
        self._post(Opened())

    def _do_jobs(self) -> None:
        if self._store is None and not self._keeper.failed:
            return
        jobs, self._jobs = self._jobs, []
        for job in jobs:
            self._post(self._done(job))

    def _done(self, job: Job) -> Message:
        if self._store is None or self._reader is None:
            return NotDone(job, self._fault or Refused(self._keeper.status.sentence))
        try:
            value = job.fn(self._store)
        except Refused as refused:
            return NotDone(job, refused)
        except SignalboxError as error:
            return NotDone(job, Refused(str(error)))
        except Exception:
            log.error("engine link: a call", exc_info=True)
            return NotDone(job, Refused(tr("That failed because of a fault in the program; its log says more.")))
        if job.awaits:
            self._reader.wait_for(value)
            self._keeper.asked()
        return Done(job, value)

    def _wanted(self) -> bool:
        return self._reader is None or bool(self._jobs) or self._reader.awaits or self._reader.has_open_runs

    def _room(self) -> bool:
        with self._lock:
            return self._under_way < AHEAD

    def _post(self, message: Message) -> None:
        if isinstance(message, PAGED):
            with self._lock:
                self._under_way += 1
        self._post_message(message)

    def _leave(self) -> None:
        self._leaving = time.monotonic()

    def _may_leave(self) -> bool:
        if self._leaving is None:
            return False
        return not self._jobs or time.monotonic() - self._leaving > LEAVE_S
