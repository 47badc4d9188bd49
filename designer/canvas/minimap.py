"""The whole drawing in a corner: painted from the places of cards, because a second view would cost as much again."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from designer.canvas.drawing import Drawing
from designer.canvas.overview import paint_overview
from designer.canvas.view import View
from designer.resources import tr
from designer.theme import soft, tokens

THROTTLE_MS, AROUND, EDGE = 120, 160.0, 16
WIDEST, NARROWEST, SHARE, HIGH = 208, 128, 0.2, 0.64
"""Pixels, the part of the canvas that it may take across, and height to width."""


class Minimap(QWidget):
    """Click or drag to go there. Hidden while everything is seen anyway."""

    def __init__(self, view: View, drawing: Drawing, parent: QWidget) -> None:
        super().__init__(parent)
        self._view, self._drawing = view, drawing
        self._picture: QPixmap | None = None
        self._area, self._scale = QRectF(), 1.0
        self.setFixedSize(WIDEST, round(WIDEST * HIGH))
        self.setAccessibleName(tr("Overview", "Canvas"))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.timer = QTimer(self)
        self.timer.setSingleShot(True)
        self.timer.setInterval(THROTTLE_MS)
        self.timer.timeout.connect(self._due)
        view.moved.connect(self._moved)
        self._wanted, self._whole = True, QRectF()
        self._stale = True
        self.hide()

    def place(self, room: QSize) -> None:
        """Into the corner of a canvas of this size; smaller on a small one, where it would hide what it shows."""
        wide = max(NARROWEST, min(WIDEST, round(room.width() * SHARE), round(room.height() * SHARE / HIGH * 1.5)))
        if wide != self.width():
            self.setFixedSize(wide, round(wide * HIGH))
            self.redraw()
        self.move(room.width() - self.width() - EDGE, room.height() - self.height() - EDGE)

    def want(self, on: bool) -> None:
        """Whether it may be shown at all."""
        self._wanted = on
        self._moved()

    def _moved(self) -> None:
        """Another part of the drawing is seen."""
        if self._stale:
            self._whole, self._stale = self._drawing.bounds(), False
        some_hidden = not self._whole.isEmpty() and not self._view.seen().contains(self._whole)
        self.setVisible(self._wanted and some_hidden)
        self.update()

    def later(self) -> None:
        """The drawing changed: draw it again soon, and once."""
        self._stale = True
        if not self.timer.isActive():
            self.timer.start()

    def _due(self) -> None:
        self._moved()
        if self.isVisible():
            self.redraw()

    def redraw(self) -> None:
        """Draw all cards again."""
        if not self._drawing.cards and not self._drawing.boxes:
            self._picture = None
            self.update()
            return
        area = self._drawing.bounds().adjusted(-AROUND, -AROUND, AROUND, AROUND)
        self._scale = min(self.width() / area.width(), self.height() / area.height())
        dx = (self.width() / self._scale - area.width()) / 2
        dy = (self.height() / self._scale - area.height()) / 2
        self._area = area.adjusted(-dx, -dy, dx, dy)
        ratio = self.devicePixelRatioF()
        picture = QPixmap(round(self.width() * ratio), round(self.height() * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        p = QPainter(picture)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        p.scale(self._scale, self._scale)
        p.translate(-self._area.x(), -self._area.y())
        paint_overview(p, self._drawing, wires=False)
        p.end()
        self._picture = picture
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        t, p = tokens(), QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        p.setPen(QPen(t.line, 1))
        p.setBrush(t.panel)
        p.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 10, 10)
        if self._picture is None:
            return
        p.drawPixmap(0, 0, self._picture)
        seen = self._view.seen()
        x, y = (seen.x() - self._area.x()) * self._scale, (seen.y() - self._area.y()) * self._scale
        frame = QRectF(x, y, seen.width() * self._scale, seen.height() * self._scale)
        p.setPen(QPen(t.accent, 1.4))
        p.setBrush(soft(t.accent, 18))
        p.drawRoundedRect(frame.intersected(QRectF(self.rect()).adjusted(2, 2, -2, -2)), 4, 4)

    def showEvent(self, event: object) -> None:
        self.redraw()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._go(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event)

    def _go(self, event: QMouseEvent) -> None:
        if self._picture is not None:
            self._view.look_to(event.position() / self._scale + self._area.topLeft())
