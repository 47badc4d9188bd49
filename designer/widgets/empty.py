"""What a list says when there is nothing in it: why, and what to do about it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from designer.theme import pixmap, soft, space, tokens
from designer.widgets.buttons import button
from designer.widgets.labels import label


class _Picture(QWidget):
    def __init__(self, icon: str) -> None:
        super().__init__()
        self._icon = icon
        self.setFixedSize(48, 48)

    def paintEvent(self, event: QPaintEvent) -> None:
        now = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(soft(now.muted, 28))
        painter.drawRoundedRect(QRectF(self.rect()), 12, 12)
        painter.drawPixmap(13, 13, pixmap(self._icon, now.muted, 22, self.devicePixelRatioF()))
        painter.end()


class EmptyState(QWidget):
    """An icon, a title, a sentence, and the one thing to do next."""

    triggered = Signal()

    def __init__(
        self, icon: str, title: str, text: str = "", action_text: str | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.title, self.text = label(title, "strong", wrap=True), label(text, "muted", wrap=True)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(space.XL, space.XL, space.XL, space.XL)
        whole.setSpacing(space.XS)
        whole.addStretch(1)
        whole.addWidget(_Picture(icon), 0, Qt.AlignmentFlag.AlignHCenter)
        whole.addSpacing(space.S)
        for words in (self.title, self.text):
            words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            whole.addWidget(words)
            words.setVisible(bool(words.text()))  # not before it has a parent: it would be a window for a moment
        self.action: QPushButton | None = None
        if action_text:
            self.action = button(action_text)
            self.action.clicked.connect(self.triggered)
            whole.addSpacing(space.M)
            whole.addWidget(self.action, 0, Qt.AlignmentFlag.AlignHCenter)
        whole.addStretch(1)

    def say(self, title: str, text: str = "") -> None:
        """Other words: "nothing here yet" and "nothing fits the filter" are different news."""
        for words, new in ((self.title, title), (self.text, text)):
            words.setText(new)
            words.setVisible(bool(new))
