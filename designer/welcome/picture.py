"""The widget that shows a miniature."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

from designer.theme import tokens, watcher
from designer.welcome.miniature import LEGIBLE, Miniature, paint


class PictureView(QWidget):
    """A workflow as a picture; an empty piece of canvas until it is known."""

    def __init__(self, corner: float, legible: float = LEGIBLE, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._corner, self._legible, self._picture = corner, legible, Miniature((), (), (), QRectF(0, 0, 1, 1))
        self._drawn = QPixmap()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        watcher().changed.connect(self._again)

    def set_picture(self, picture: Miniature) -> None:
        """Show a workflow."""
        self._picture = picture
        self._again()

    def resizeEvent(self, event: object) -> None:
        self._again()

    def paintEvent(self, event: QPaintEvent) -> None:
        ratio = self.devicePixelRatioF()
        if self._drawn.isNull() or self._drawn.devicePixelRatio() != ratio:
            self._drawn = QPixmap(self.size() * ratio)
            self._drawn.setDevicePixelRatio(ratio)
            self._drawn.fill(Qt.GlobalColor.transparent)
            inner = QPainter(self._drawn)
            paint(inner, self._picture, QRectF(self.rect()), tokens(), self._corner, ratio, self._legible)
            inner.end()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._drawn)
        painter.end()

    def _again(self) -> None:
        self._drawn = QPixmap()
        self.update()
