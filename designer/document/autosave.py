"""Keeps the open workflow on disk while it is edited: soon after each edit, and at the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QObject, Signal

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
    """Calls `keep` at most 300 ms after an edit and at `close`; tries again, ever more slowly, while that fails."""

    state_changed = Signal(object)
    """SaveState."""

    def __init__(self, document: Document, keep: Keep, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = SaveState("saved")

    def flush(self) -> None:
        """Save now what is not saved."""

    def close(self) -> None:
        """Save what is not saved, and nothing more from now on."""


def plain(keep: Callable[[Workflow], None]) -> Keep:
    """A `keep` that is done when it returns."""

    def started(workflow: Workflow, done: Callable[[], None], failed: Callable[[Refused], None]) -> None:
        keep(workflow)
        done()

    return started
