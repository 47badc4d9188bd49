"""Keeps the open workflow on disk while it is edited: soon after each edit, and at the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from designer.document.document import Document
from engine.errors import Refused
from engine.workflow.model import Workflow

SOON_MS = 250
FIRST_RETRY_MS, LAST_RETRY_MS = 1_000, 30_000

Keep = Callable[[Workflow, Callable[[], None], Callable[[Refused], None]], None]
"""`keep(workflow, done, failed)`: starts to save and returns at once; calls one of both on the GUI thread, also later.

Raising Refused or OSError counts as `failed`."""


@dataclass(frozen=True, slots=True)
class SaveState:
    """How the copy on disk stands; `sentence` says what is wrong when saving failed."""

    name: Literal["saved", "saving", "failed"]
    sentence: str = ""


class Autosave(QObject):
    """Calls `keep` at most 300 ms after an edit and at `close`; tries again, ever more slowly, while that fails.

    The document counts as clean when its newest workflow is kept. One that is left unsaved by opening another is
    kept all the same.
    """

    state_changed = Signal(object)
    """SaveState."""

    def __init__(self, document: Document, keep: Keep, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = SaveState("saved")
        self._document, self._keep = document, keep
        self._kept: Workflow | None = document.workflow
        self._sending: Workflow | None = None
        self._left: list[tuple[Keep, Workflow]] = []  # the last state of documents that were left before they were kept
        self._leaving: list[tuple[Keep, Workflow]] = []  # the same, on their way to the disk
        self._next_keep = keep
        self._failures = 0
        self._closed = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)  # a coarse one may be 5 % late
        self._timer.timeout.connect(self.flush)
        document.changed.connect(self._edited)
        document.resetting.connect(self._leave)
        document.opened.connect(self._open)

    @property
    def unsaved(self) -> bool:
        """Whether something is not on disk yet."""
        left = self._left or self._leaving
        return bool(left) or self._sending is not None or self._document.workflow is not self._kept

    def touch(self) -> None:
        """The open workflow is not on disk at all, although nobody edited it: an import, a template."""
        self._kept = None
        self._edited()

    def keep_next_by(self, keep: Keep) -> None:
        """How the document that is opened next is kept; the one that is left goes where it always went."""
        self._next_keep = keep

    def flush(self) -> None:
        """Save now what is not saved."""
        self._timer.stop()
        left, self._left = self._left, []
        self._leaving += left
        for keep, workflow in left:
            self._send(keep, workflow)
        workflow = self._document.workflow
        if workflow is not self._kept and workflow is not self._sending:
            self._sending = workflow
            self._send(self._keep, workflow)

    def close(self) -> None:
        """Save what is not saved, and nothing more from now on."""
        if self._closed:
            return
        self.flush()
        self._closed = True
        self._timer.stop()
        self._document.changed.disconnect(self._edited)
        self._document.resetting.disconnect(self._leave)
        self._document.opened.disconnect(self._open)

    def _edited(self, before: object = None, after: object = None) -> None:
        if self._document.workflow is self._kept and self._sending is None:
            if not self._left:
                self._timer.stop()
                self._settled()
            return
        if self.state.name != "failed":
            self._tell(SaveState("saving"))
        # Not started again by further edits: whoever types without a pause is saved all the same.
        if self._sending is None and not self._timer.isActive():
            self._timer.start(SOON_MS)

    def _leave(self, workflow: object) -> None:
        self.flush()
        leaving = self._document.workflow
        if leaving is not self._kept:  # failed at once, or on its way
            (self._leaving if leaving is self._sending else self._left).append((self._keep, leaving))

    def _open(self, workflow: object) -> None:
        self._keep = self._next_keep
        self._kept, self._sending = self._document.workflow, None
        if not self._left:
            self._timer.stop()
            self._failures = 0
            self._settled()

    def _send(self, keep: Keep, workflow: Workflow) -> None:
        try:
            keep(workflow, partial(self._done, workflow), partial(self._failed, workflow))
        except Refused as refused:
            self._failed(workflow, refused)
        except OSError as error:
            self._failed(workflow, Refused((error.strerror or str(error)).rstrip(".") + "."))

    def _done(self, workflow: Workflow) -> None:
        if self._closed:
            return
        self._failures = 0
        self._arrived(workflow)
        if workflow is self._sending:
            self._sending, self._kept = None, workflow
        if self._sending is None and self._document.workflow is not self._kept:
            self._timer.start(SOON_MS)
        elif self._left:
            self._timer.start(FIRST_RETRY_MS)
        elif self._sending is None:
            self._settled()

    def _failed(self, workflow: Workflow, refused: Refused) -> None:
        if self._closed:
            return
        self._left += self._arrived(workflow)
        if workflow is self._sending:
            self._sending = None
        self._failures += 1
        self._timer.start(min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** min(self._failures - 1, 10)))
        self._tell(SaveState("failed", str(refused)))

    def _arrived(self, workflow: Workflow) -> list[tuple[Keep, Workflow]]:
        """A document that was left is not on its way any more; an older state of one is nobody's business."""
        found = [one for one in self._leaving if one[1] is workflow]
        self._leaving = [one for one in self._leaving if one[1] is not workflow]
        return found

    def _settled(self) -> None:
        if self._document.workflow is self._kept:
            self._document.mark_clean()
        self._tell(SaveState("saved"))

    def _tell(self, state: SaveState) -> None:
        if state != self.state:
            self.state = state
            self.state_changed.emit(state)


def plain(keep: Callable[[Workflow], None]) -> Keep:
    """A `keep` that is done when it returns."""

    def started(workflow: Workflow, done: Callable[[], None], failed: Callable[[Refused], None]) -> None:
        keep(workflow)
        done()

    return started
