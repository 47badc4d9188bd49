"""The upper part of the welcome page: what this is, and the three ways to start."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from designer.resources import tr
from designer.theme import mark, pixmap, radius, space, tokens
from designer.welcome.card import PressableCard
from designer.welcome.picture import PictureView
from designer.widgets import button, label


class Hero(QWidget):
    """Name, sentence, buttons, hardware; beside them the example as a picture that opens it."""

    show_me = Signal()
    start_empty = Signal()
    import_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.show_button = button(tr("Show me"), "primary", "play")
        self.empty_button = button(tr("Start empty"), "", "plus")
        self.import_button = button(tr("Import…"), "", "upload")
        self.hardware = label("", "small", wrap=True)
        self.picture = PictureView(radius.L - 4)
        self.example = PressableCard(tr("Show me"))
        self.example.setToolTip(tr("Open the example, ready to run"))
        self.example.setMinimumSize(320, 190)
        frame = QVBoxLayout(self.example)
        frame.setContentsMargins(5, 5, 5, 5)
        frame.addWidget(self.picture)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(space.XL * 2)
        row.addLayout(self._words(), 5)
        row.addWidget(self.example, 6)
        self.show_button.clicked.connect(self.show_me)
        self.example.clicked.connect(self.show_me)
        self.empty_button.clicked.connect(self.start_empty)
        self.import_button.clicked.connect(self.import_requested)

    def _words(self) -> QVBoxLayout:
        name = QHBoxLayout()
        name.setSpacing(space.S)
        name.addWidget(_Mark(28))
        name.addWidget(label("Signalbox", "title"))
        name.addStretch(1)
        doors = QHBoxLayout()
        doors.setSpacing(space.S)
        for each in (self.show_button, self.empty_button, self.import_button):
            each.setMinimumHeight(34)
            doors.addWidget(each)
        doors.addStretch(1)
        about = tr(
            "Draw how agents, tools and people work together. Run it on this PC, see every step, decide at the gates."
        )
        facts = QHBoxLayout()
        facts.setSpacing(space.S)
        facts.addWidget(_Glyph("cpu"), 0, Qt.AlignmentFlag.AlignTop)
        facts.addWidget(self.hardware, 1)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addStretch(1)
        words.addLayout(name)
        words.addSpacing(space.M)
        words.addWidget(label(tr("Workflows of agents, tools and people"), "display", wrap=True))
        words.addSpacing(space.S)
        words.addWidget(label(about, "muted", wrap=True))
        words.addSpacing(space.XL)
        words.addLayout(doors)
        words.addSpacing(space.L)
        words.addLayout(facts)
        words.addStretch(1)
        return words


class _Mark(QWidget):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.setFixedSize(size, size)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawPixmap(0, 0, mark(self.width(), self.devicePixelRatioF()))
        painter.end()


class _Glyph(QWidget):
    def __init__(self, icon: str) -> None:
        super().__init__()
        self._icon = icon
        self.setFixedSize(16, 16)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawPixmap(0, 0, pixmap(self._icon, tokens().muted, 16, self.devicePixelRatioF()))
        painter.end()
