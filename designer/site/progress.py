"""What a long command says while it goes on, with a way to end it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QProgressBar, QWidget

from designer.engine_link.control_command import Call
from designer.resources import tr
from designer.site.panes import beside, stacked
from designer.theme import space
from designer.widgets import ElidedLabel, button, visible


class Progress(QWidget):
    """A bar with words; `cancelled` when a person has had enough."""

    cancelled = Signal()

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words, self.bar = ElidedLabel(text, role="small"), QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(text)
        self.stop = button(tr("Cancel", "site"), "quiet")
        self.stop.clicked.connect(self.cancelled)
        head = beside(self.words, self.stop, stretch=False)
        head.setStretch(0, 1)
        column = stacked(gap=space.XS)
        column.addLayout(head)
        column.addWidget(self.bar)
        self.setLayout(column)

    def follow(self, call: Call) -> Progress:
        """Show how far this call is, and end it when asked."""
        call.progressed.connect(self.tell)
        self.cancelled.connect(call.cancel)
        return self

    def tell(self, part: object, text: str) -> None:
        """How far it is (0 to 1, None: not known), and with what."""
        if isinstance(part, int | float):
            self.bar.setRange(0, 1000)
            self.bar.setValue(round(max(0.0, min(1.0, part)) * 1000))
        if text:
            self.words.setText(visible(text))
