"""The approval pane in a window of its own, for a toast or a node on the canvas."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from designer.engine_link import EngineLink, OpenQuestion
from designer.people.drafts import Drafts
from designer.people.pane import ApprovalPane
from designer.resources import tr


class ApprovalDialog(QDialog):
    """Use `open()`. Esc closes it without an answer and keeps what was typed in `drafts`; Enter does nothing.

    `answered` and `run_requested` are the pane's.
    """

    answered = Signal(object)
    run_requested = Signal(object)

    def __init__(
        self, link: EngineLink, asked: OpenQuestion, parent: QWidget | None = None, *, drafts: Drafts | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Waiting for you", "people"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(760, 640)
        self.setMinimumSize(560, 420)
        self.setModal(False)
        self.pane = ApprovalPane(link, self, drafts=drafts)
        self.pane.show_question(asked)
        self.pane.answered.connect(self._answered)
        self.pane.run_requested.connect(self.run_requested)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.pane)
        self.pane.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.accept()  # no button is the default one
            return
        super().keyPressEvent(event)

    def done(self, result: int) -> None:
        self.pane.flush()
        super().done(result)

    def _answered(self, answer: object) -> None:
        self.answered.emit(answer)
        self.accept()
