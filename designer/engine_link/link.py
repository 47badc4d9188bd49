"""The designer's only way to engine and store: requests out, events in, and the engine process looked after."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal

from designer.engine_link.status import EngineStatus
from engine.errors import Refused
from engine.store import Reply, Store
from engine.workflow.model import Workflow

T = TypeVar("T")
Done = Callable[[Reply], None]
Failed = Callable[[Refused], None]


class EngineLink(QObject):
    """One open data folder. Everything here is called on the GUI thread and answers on it.

    `done` gets the engine's reply, accepted or not; `failed` a sentence when the request could not even be filed.
    """

    status_changed = Signal(object)  # EngineStatus
    events = Signal(object)  # list[Event] in journal order, of all runs
    pieces = Signal(object)  # list[Piece] of partial output
    replied = Signal(object)  # Reply to a request filed here
    questions_changed = Signal(object)  # list[OpenQuestion], oldest first
    runs_changed = Signal(object)  # list[RunRow], the newest first
    store_opened = Signal()
    refused = Signal(object)  # Refused of a call whose caller gave no `failed`

    def __init__(self, data_dir: Path, launch: bool = True, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.data_dir, self.launch = data_dir, launch
        self.status = EngineStatus()
        self.questions: list[Any] = []
        self.runs: list[Any] = []

    def start(self) -> None:
        """Open the store and, with `launch`, find or start the engine; what is called before is kept until then."""
        raise NotImplementedError

    def close(self) -> None:
        """Finish what was called, then let go: the engine stays while runs are open. Twice is harmless."""
        raise NotImplementedError

    def start_engine(self) -> None:
        """Start the engine now: after `stop_engine`, or instead of waiting for the next try."""
        raise NotImplementedError

    def stop_engine(self) -> None:
        """Ask the engine to end cleanly, and do not start it again until `start_engine` or a request."""
        raise NotImplementedError

    def call(self, fn: Callable[[Store], T], done: Callable[[T], None], failed: Failed | None = None) -> None:
        """Do `fn(store)` on the worker thread, in turn, then `done` here; queued until the store is open."""
        raise NotImplementedError

    def file(
        self,
        kind: str,
        payload: dict[str, Any],
        run: str | None = None,
        done: Done | None = None,
        failed: Failed | None = None,
        actor: str | None = None,
    ) -> None:
        """File a request; `actor` is who asks, this PC's user when not given."""
        raise NotImplementedError

    def run(
        self, workflow: Workflow, inputs: dict[str, Any], done: Done | None = None, failed: Failed | None = None
    ) -> None:
        """Put the workflow into the library and ask for a run of it; the reply's result is {"run": id}."""
        raise NotImplementedError

    def answer(
        self,
        question: str,
        option: str,
        values: dict[str, Any] | None = None,
        comment: str = "",
        name: str | None = None,
        shown: str = "",
        done: Done | None = None,
        failed: Failed | None = None,
        run: str | None = None,
    ) -> None:
        """Answer a question as `name`; `shown` is the hash of what the person saw."""
        raise NotImplementedError

    def cancel(self, run: str, why: str = "", done: Done | None = None, failed: Failed | None = None) -> None:
        """Ask for a run's end."""
        raise NotImplementedError

    def continue_run(
        self,
        run: str,
        start: str | None = None,
        set: dict[str, Any] | None = None,
        inputs: dict[str, Any] | None = None,
        workflow: Workflow | None = None,
        done: Done | None = None,
        failed: Failed | None = None,
        start_over: bool = False,
    ) -> None:
        """Go on after an ended run in a new one: `set` gives values to ports ("step.port"), `workflow` another version."""
        raise NotImplementedError
