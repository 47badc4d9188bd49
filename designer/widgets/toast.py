"""Short messages below a window's head: what happened, and perhaps one thing to do."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QColor, QEnterEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGraphicsDropShadowEffect, QHBoxLayout, QLabel, QWidget

from designer.resources import tr
from designer.theme import pixmap, space, tokens
from designer.widgets.buttons import IconButton, button
from designer.widgets.labels import label

ICONS = {"success": "circle-check", "warning": "triangle-alert", "danger": "circle-alert"}
Action = tuple[str, Callable[[], None]]


class Toast(QWidget):
    """One message; it leaves by itself, but never while the mouse is over it or its button has the focus."""

    gone = Signal(object)

    def __init__(self, text: str, tone: str, action: Action | None, stay_ms: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.tone, self._text = tone, label(text, wrap=True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row = QHBoxLayout(self)
        row.setContentsMargins(40, space.S, space.S, space.S)
        row.setSpacing(space.S)
        row.addWidget(self._text, 1)
        if action is not None:
            words, call = action
            do = button(words, "link")
            do.clicked.connect(call)
            do.clicked.connect(self.leave)
            row.addWidget(do)
        close = IconButton("x", tr("Close"))
        close.clicked.connect(self.leave)
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self._timer = QTimer(self, singleShot=True, interval=stay_ms)
        self._timer.timeout.connect(self.leave)
        self._timer.start()
        self.setAccessibleName(text)
        shade = QGraphicsDropShadowEffect(self, blurRadius=24, xOffset=0, yOffset=4)
        shade.setColor(QColor(0, 0, 0, tokens().shadow))
        self.setGraphicsEffect(shade)

    @property
    def words(self) -> QLabel:
        """The label that holds the message."""
        return self._text

    def leave(self) -> None:
        """Go away now."""
        self._timer.stop()
        self.hide()
        self.gone.emit(self)
        self.deleteLater()

    def enterEvent(self, event: QEnterEvent) -> None:
        self._timer.stop()

    def leaveEvent(self, event: QEvent) -> None:
        self._timer.start()

    def paintEvent(self, event: QPaintEvent) -> None:
        now, color = tokens(), tokens().tone(self.tone)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(now.line_strong, 1))
        painter.setBrush(now.card_top)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        ratio = self.devicePixelRatioF()
        painter.drawPixmap(14, 14, pixmap(ICONS.get(self.tone, "info"), color, 16, ratio))
        painter.end()


class Toaster(QObject):
    """Shows toasts over a widget, the newest first; the same message twice is one toast.

    They come at the top, where nothing is pressed: the lower edge is where answers are given and runs replayed.
    """

    MOST, WIDTH, TOP = 4, 460, 88

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        self.toasts: list[Toast] = []
        parent.installEventFilter(self)

    def show(self, text: str, tone: str = "accent", action: Action | None = None, stay_ms: int | None = None) -> Toast:
        """Say something. `tone`: accent, success, warning, danger; `action`: (words, what a click does)."""
        for old in [old for old in self.toasts if old.words.text() == text] + self.toasts[: -self.MOST + 1]:
            if old in self.toasts:
                old.leave()
        stay = stay_ms if stay_ms is not None else 10_000 if tone == "danger" or action else 5_000
        toast = Toast(text, tone, action, stay, self._over)
        toast.gone.connect(self._forget)
        self.toasts.append(toast)
        toast.show()
        self._place()
        QAccessible.updateAccessibility(QAccessibleEvent(toast, QAccessible.Event.Alert))
        return toast

    def clear(self) -> None:
        """Take all of them away."""
        for toast in list(self.toasts):
            toast.leave()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _forget(self, toast: object) -> None:
        self.toasts = [other for other in self.toasts if other is not toast]
        self._place()

    def _place(self) -> None:
        top = min(self.TOP, self._over.height() // 4)
        for toast in reversed(self.toasts):
            width = min(self.WIDTH, self._over.width() - 2 * space.L)
            height = max(44, toast.heightForWidth(width) if toast.hasHeightForWidth() else toast.sizeHint().height())
            toast.setGeometry((self._over.width() - width) // 2, top, width, height)
            toast.raise_()
            top += height + space.S
