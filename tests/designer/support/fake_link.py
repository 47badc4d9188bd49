"""A link without store, thread and process: records what is asked for, and lets a test say what happens."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer

from designer.engine_link import EngineLink, EngineStatus, OpenQuestion
from designer.engine_link.link import me
from designer.engine_link.messages import Asked, Done, Happened, Job, Listed, NotDone, Written
from engine.errors import Refused, SignalboxError
from engine.run.events import Event
from engine.store import Piece, Reply, RunRow
from tests.designer.support.fake_store import FakeStore


@dataclass
class Filed:
    """A request as it was filed."""

    number: int
    kind: str
    payload: dict[str, Any]
    run: str | None
    actor: str
    at: float = field(default_factory=time.time)


class FakeLink(EngineLink):
    """`filed` holds the requests; `say(...)`, `ask(...)`, `list_runs(...)`, `reply(...)` are the engine's part.

    Calls are done on `store` (a `FakeStore`) in the next turn of the event loop, or at once with `at_once=True`.
    A call fails with the sentence in `fails`, when there is one.
    """

    def __init__(self, store: FakeStore | None = None, *, at_once: bool = False) -> None:
        super().__init__(Path("/nowhere"), launch=False)
        self.store = store or FakeStore()
        self.at_once = at_once
        self.fails = ""
        self.filed: list[Filed] = []
        self.jobs = 0
        self.engine_calls: list[str] = []
        self.status = EngineStatus("running", pid=4711, since=time.time())

    # ---- what the link does, without thread and process
    def start(self) -> None:
        self.store_opened.emit()

    def close(self) -> None:
        self._closed = True

    def start_engine(self) -> None:
        self.engine_calls.append("start")

    def stop_engine(self) -> None:
        self.engine_calls.append("stop")

    def _enqueue(self, job: Job) -> None:
        self.jobs += 1
        if self.at_once:
            self._do(job)
        else:
            QTimer.singleShot(0, self, lambda: self._do(job))

    def _do(self, job: Job) -> None:
        if self.fails:
            self._take(NotDone(job, Refused(self.fails)))
            return
        try:
            value = job.fn(self.store)  # type: ignore[arg-type]
        except Refused as refused:
            self._take(NotDone(job, refused))
            return
        except SignalboxError as error:
            self._take(NotDone(job, Refused(str(error))))
            return
        if job.awaits:
            self.filed += [Filed(*one) for one in self.store.requests.take()]
        self._take(Done(job, value))

    # ---- the engine's part
    def say(self, *events: Event) -> None:
        """These events happened: they go into the store and out by `events`."""
        self.store.journal.put(*events)
        self._under_way()
        self._take(Happened(list(events)))

    def write(self, *pieces: Piece) -> None:
        """This partial output was written."""
        self._under_way()
        self._take(Written(list(pieces)))

    def ask(self, *questions: OpenQuestion) -> None:
        """These are the open questions now."""
        self._take(Asked(list(questions)))

    def list_runs(self, *rows: RunRow) -> None:
        """These are the runs now."""
        self._take(Listed(list(rows)))

    def reply(self, accepted: bool = True, reason: str = "", result: Any = None, number: int | None = None) -> None:
        """The engine answers a request, the newest one when none is named."""
        request = number if number is not None else self.filed[-1].number
        self._reply(Reply(request, accepted, reason, result))

    def set_status(self, state: str = "running", **changes: Any) -> None:
        """The engine is like this now."""
        self._take(replace(self.status, state=state, since=time.time(), **changes))  # type: ignore[arg-type]

    def _under_way(self) -> None:
        self._worker._under_way += 1


__all__ = ["FakeLink", "FakeStore", "Filed", "me"]
