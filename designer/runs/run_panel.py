"""The run panel: header and steps of one run on the left, what happened in the chosen step on the right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from engine.ids import Visit

if TYPE_CHECKING:
    from designer.engine_link.link import EngineLink
    from designer.engine_link.live_run import LiveRun


class RunPanel(QWidget):
    """The dock under the canvas. Shows; asks for nothing itself: every wish is a signal."""

    step_selected = Signal(object)  # (node key, visit), also of a step of a child run: (node key, visit, run id)
    continue_requested = Signal(object)  # ContinueRequest
    retry_requested = Signal(object)  # ContinueRequest
    fork_requested = Signal(object)  # ContinueRequest
    cancel_requested = Signal(str)  # run id
    open_run = Signal(str)  # run id: a child, a parent, the run that this one continues
    question_opened = Signal(str)  # question id: show its dialog
    moved = Signal(object)  # int | None: the replay stands at this event, None is live

    def __init__(self, link: EngineLink, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._link = link

    def show_run(self, live: LiveRun | None) -> None:
        """Show this run from now on, or the empty state."""

    def show_step(self, node: str, visit: Visit | None = None) -> None:
        """Choose a step; without a visit the newest one of the node."""
