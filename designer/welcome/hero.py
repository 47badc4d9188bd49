"""The upper part of the welcome page: what this is, and the three ways to start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from designer.resources import tr
from designer.theme import mark, pixmap, radius, space, tokens
from designer.welcome.card import PressableCard, steps_text
from designer.welcome.picture import PictureView
from designer.widgets import ElidedLabel, button, label

if TYPE_CHECKING:
    from designer.welcome.templates import Template


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
        self.picture = PictureView(radius.L - 4, legible=0.1)
        self.caption = ElidedLabel(role="strong")
        self.size_note = label("", "tiny")
        self.example = PressableCard(tr("Show me"))
        self.example.setToolTip(tr("Open the example, ready to run"))
        self.example.setMinimumWidth(320)
        self.example.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        frame = QVBoxLayout(self.example)
        frame.setContentsMargins(5, 5, 5, 5)
        frame.setSpacing(0)
        frame.addWidget(self.picture, 1)
        below = QHBoxLayout()
        below.setContentsMargins(space.S, space.S, space.S, space.XS + 1)
        below.setSpacing(space.S)
        below.addWidget(_Glyph("circle-play", "accent"))
        below.addWidget(self.caption, 1)
        below.addWidget(self.size_note)
        frame.addLayout(below)
        for child in self.example.findChildren(QWidget):
            child.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(space.XL * 2)
        row.addLayout(self._words(), 5)
        row.addWidget(self.example, 6)
        self.show_button.clicked.connect(self.show_me)
        self.example.clicked.connect(self.show_me)
        self.empty_button.clicked.connect(self.start_empty)
        self.import_button.clicked.connect(self.import_requested)

    def show_example(self, template: Template) -> None:
        """The workflow behind "Show me", as picture and name."""
        self.picture.set_picture(template.picture)
        self.caption.setText(template.title)
        self.size_note.setText(steps_text(template.steps))
        self.example.setAccessibleName(tr("Show me") + ": " + template.title)

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
    def __init__(self, icon: str, tone: str = "muted") -> None:
        super().__init__()
        self._icon, self._tone = icon, tone
        self.setFixedSize(16, 16)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawPixmap(0, 0, pixmap(self._icon, tokens().tone(self._tone), 16, self.devicePixelRatioF()))
        painter.end()
