"""The designer's only way to engine and store: requests out, events in, and the engine process looked after."""

from __future__ import annotations

import getpass
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal

from designer.engine_link.messages import (
    PAGED,
    Asked,
    Done,
    Failed,
    Happened,
    Job,
    Listed,
    NotDone,
    Opened,
    Replied,
    Written,
)
from designer.engine_link.questions import OpenQuestion
from designer.engine_link.status import EngineStatus
from designer.engine_link.worker import Worker
from designer.resources import tr
from engine.errors import Refused
from engine.store import Draft, Reply, RunRow, Store
from engine.workflow.model import Workflow

T = TypeVar("T")
OnReply = Callable[[Reply], None]


class EngineLink(QObject):
    """One open data folder. Everything here is called on the GUI thread and answers on it.

    `done` gets the engine's reply, accepted or not; `failed` a sentence when the request could not even be filed.
    Without `failed`, the signal `refused` says it.
    """

    status_changed = Signal(object)  # EngineStatus
    events = Signal(object)  # list[Event] in journal order, of all runs
    pieces = Signal(object)  # list[Piece] of partial output
    replied = Signal(object)  # Reply to a request filed here
    questions_changed = Signal(object)  # list[OpenQuestion], oldest first
    runs_changed = Signal(object)  # list[RunRow], the newest first, child runs left out
    store_opened = Signal()
    refused = Signal(object)  # Refused of a call whose caller gave no `failed`
    _arrived = Signal(object)

    def __init__(self, data_dir: Path, launch: bool = True, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.data_dir, self.launch = data_dir, launch
        self.status = EngineStatus(since=time.time())
        self.questions: list[OpenQuestion] = []
        self.runs: list[RunRow] = []
        self._closed = False
        self._waiting: dict[int, OnReply | None] = {}
        self._worker = Worker(data_dir, launch, self._arrived.emit)
        self._arrived.connect(self._take, Qt.ConnectionType.QueuedConnection)

    # ---- its life
    def start(self) -> None:
        """Open the store and, with `launch`, find or start the engine; what is called before is kept until then."""
        self._worker.start()

    def close(self) -> None:
        """Finish what was called, then let go: the engine stays while runs are open. Twice is harmless."""
        if not self._closed:
            self._closed = True
            self._arrived.disconnect(self._take)
            self._worker.close()

    def start_engine(self) -> None:
        """Start the engine now: after `stop_engine`, or instead of waiting for the next try."""
        self._worker.start_engine()

    def stop_engine(self) -> None:
        """Ask the engine to end cleanly, and do not start it again until `start_engine` or a request."""
        self._worker.stop_engine()

    # ---- the store
    def call(
        self, fn: Callable[[Store], T], done: Callable[[T], None] | None = None, failed: Failed | None = None
    ) -> None:
        """Do `fn(store)` on the worker thread, in turn, then `done` here; queued until the store is open."""
        self._enqueue(Job(fn, done, failed))

    def file(
        self,
        kind: str,
        payload: dict[str, Any],
        run: str | None = None,
        done: OnReply | None = None,
        failed: Failed | None = None,
        actor: str | None = None,
    ) -> None:
        """File a request; `actor` is who asks, this PC's user when not given."""
        self._request(lambda store: (kind, payload, run), done, failed, actor)

    # ---- requests by name
    def run(
        self,
        workflow: Workflow,
        inputs: dict[str, Any] | None = None,
        done: OnReply | None = None,
        failed: Failed | None = None,
    ) -> None:
        """Keep the workflow, as no version of its name, and ask for a run of it; the reply's result is {"run": id}."""

        def prepared(store: Store) -> tuple[str, dict[str, Any], str | None]:
            return "run", {"workflow": store.library.keep(workflow), "inputs": inputs or {}}, None

        self._request(prepared, done, failed)

    def answer(
        self,
        question: str,
        option: str,
        values: dict[str, Any] | None = None,
        comment: str = "",
        name: str | None = None,
        shown: str = "",
        done: OnReply | None = None,
        failed: Failed | None = None,
        run: str | None = None,
    ) -> None:
        """Answer a question as `name`; `shown` is the hash of what the person saw."""
        payload = {"question": question, "option": option, "values": values, "comment": comment, "shown": shown}
        run = run or next((one.run for one in self.questions if one.id == question), None)
        kept = {key: value for key, value in payload.items() if value not in (None, "")}
        self.file("answer", kept, run, done, failed, name)

    def cancel(self, run: str, why: str = "", done: OnReply | None = None, failed: Failed | None = None) -> None:
        """Ask for a run's end."""
        self.file("cancel", {"why": why}, run, done, failed)

    def continue_run(
        self,
        run: str,
        start: str | None = None,
        set: dict[str, Any] | None = None,
        inputs: dict[str, Any] | None = None,
        workflow: Workflow | None = None,
        done: OnReply | None = None,
        failed: Failed | None = None,
        start_over: bool = False,
    ) -> None:
        """Go on after an ended run in a new one: `set` gives values to ports ("step.port").

        With `workflow`, the new run runs that version; it is put into the library first.
        """
        asked = {"run": run, "start": start, "set": set, "inputs": inputs, "start_over": start_over}

        def prepared(store: Store) -> tuple[str, dict[str, Any], str | None]:
            payload = {key: value for key, value in asked.items() if value}
            if workflow is not None:
                payload["workflow"] = store.library.keep(workflow)
            return "continue", payload, run

        self._request(prepared, done, failed)

    # ---- documents
    def keep_draft(
        self,
        id: str,
        workflow: Workflow,
        base: str | None = None,
        path: str | None = None,
        done: Callable[[Draft], None] | None = None,
        failed: Failed | None = None,
    ) -> None:
        """Keep a document as it is drawn, in place of what was kept under `id`; on disk when `done` is called."""
        self.call(lambda store: store.drafts.put(Draft.of(id, workflow, base=base, path=path)), done, failed)

    # ---- inside
    def _request(
        self,
        prepared: Callable[[Store], tuple[str, dict[str, Any], str | None]],
        done: OnReply | None,
        failed: Failed | None,
        actor: str | None = None,
    ) -> None:
        who, at = actor or me(), time.time()

        def insert(store: Store) -> int:
            kind, payload, run = prepared(store)
            return store.requests.insert(kind, payload, who, run, at=at)

        def filed(number: int) -> None:
            self._waiting[number] = done

        self._enqueue(Job(insert, filed, failed, awaits=True))

    def _enqueue(self, job: Job) -> None:
        if self._closed:
            self._take(NotDone(job, Refused(tr("The data folder is closed."))))
        else:
            self._worker.do(job)

    def _take(self, message: object) -> None:
        try:
            match message:
                case Happened():
                    self.events.emit(message.events)
                case Written():
                    self.pieces.emit(message.pieces)
                case Done():
                    if message.job.done is not None:
                        message.job.done(message.value)
                case NotDone():
                    (message.job.failed or self.refused.emit)(message.why)
                case Replied():
                    self._reply(message.reply)
                case Asked():
                    self.questions = message.questions
                    self.questions_changed.emit(message.questions)
                case Listed():
                    self.runs = message.runs
                    self.runs_changed.emit(message.runs)
                case Opened():
                    self.store_opened.emit()
                case EngineStatus():
                    self.status = message
                    self.status_changed.emit(message)
        finally:
            if isinstance(message, PAGED):
                self._worker.took()

    def _reply(self, reply: Reply) -> None:
        done = self._waiting.pop(reply.request, None)
        self.replied.emit(reply)
        if done is not None:
            done(reply)


def me() -> str:
    """Who asks when no name is given: this PC's user."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "somebody"
