"""The rail at the left edge: the pages of the window, one button each, with a badge where something waits."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QVBoxLayout, QWidget

from designer.resources import tr
from designer.theme import font, pixmap, space, tokens, watcher

WIDTH, HEIGHT = 64, 56


class Rail(QWidget):
    """`chosen` carries "start", "drawing", "runs", "inbox" or "site"."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedWidth(WIDTH)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setObjectName("rail")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, space.S, 0, space.S)
        column.setSpacing(space.XS)
        self._group = QButtonGroup(self)
        self.buttons: dict[str, _Button] = {}
        for name, icon, text in (
            ("start", "house", tr("Start")),
            ("drawing", "workflow", tr("Workflow")),
            ("runs", "history", tr("Runs")),
            ("inbox", "inbox", tr("Inbox")),
            ("site", "server-cog", tr("This PC")),
        ):
            button = _Button(icon, text)
            button.clicked.connect(lambda _=False, page=name: self.chosen.emit(page))
            self._group.addButton(button)
            self.buttons[name] = button
            column.addWidget(button)
        column.addStretch(1)
        watcher().changed.connect(self.update)

    def show_page(self, page: str) -> None:
        """Mark the page that is shown."""
        self.buttons[page].setChecked(True)

    def set_badge(self, page: str, count: int) -> None:
        """How many things wait on a page; 0 takes the badge away."""
        self.buttons[page].set_badge(count)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground of the rail and the hairline at its right."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), tokens().panel)
        painter.fillRect(self.width() - 1, 0, 1, self.height(), tokens().line)


class _Button(QAbstractButton):
    def __init__(self, icon: str, text: str) -> None:
        super().__init__()
        self._icon, self._badge = icon, 0
        self.setText(text)
        self.setAccessibleName(text)
        self.setCheckable(True)
        self.setFixedSize(WIDTH, HEIGHT)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        watcher().changed.connect(self.update)

    def set_badge(self, count: int) -> None:
        if count != self._badge:
            self._badge = count
            self.setAccessibleName(f"{self.text()} ({count})" if count else self.text())
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, HEIGHT)

    def enterEvent(self, event: object) -> None:
        self.update()

    def leaveEvent(self, event: object) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        look = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(6, 2, WIDTH - 13, HEIGHT - 4)
        ground: QColor | None = look.accent_soft if self.isChecked() else look.hover if self.underMouse() else None
        if ground is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ground)
            painter.drawRoundedRect(box, 8, 8)
        if self.hasFocus():
            painter.setPen(look.focus)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        color = look.accent if self.isChecked() else look.muted
        painter.drawPixmap(int(box.center().x()) - 10, 10, pixmap(self._icon, color, 20, self.devicePixelRatioF()))
        painter.setFont(font("tiny", 500 if self.isChecked() else None))
        painter.setPen(look.text if self.isChecked() else look.muted)
        painter.drawText(QRectF(0, 33, WIDTH - 1, 16), Qt.AlignmentFlag.AlignCenter, self.text())
        if self._badge:
            self._paint_badge(painter)

    def _paint_badge(self, painter: QPainter) -> None:
        text = str(self._badge) if self._badge < 100 else "99+"
        painter.setFont(font("tiny", 600))
        width = max(16, painter.fontMetrics().horizontalAdvance(text) + 8)
        rect = QRectF(WIDTH / 2 + 3, 4, width, 16)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens().status["asking"])
        painter.drawRoundedRect(rect, 8, 8)
        painter.setPen(QColor("#ffffff") if tokens().name == "light" else QColor("#14181d"))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)
