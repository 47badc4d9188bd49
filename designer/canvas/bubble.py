"""A few words that float over the drawing: why a wire does not fit, or all of what a card had no room for."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QTextDocument
from PySide6.QtWidgets import QLabel, QWidget

from designer.theme import soft, tokens

WIDEST = 320


class Bubble(QLabel):
    """Painted by itself, so that it follows the theme; lets the mouse through."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setWordWrap(True)
        self.setContentsMargins(11, 7, 11, 8)
        self._parent = parent
        self._bad = False
        self.hide()

    def show_text(self, text: str, at: QPoint, bad: bool = False) -> None:
        """Show this beside a point of the parent, inside of it."""
        if text != self.text() or bad != self._bad:
            self._bad = bad
            # the words of others are never read as marks
            self.setTextFormat(Qt.TextFormat.RichText if text.startswith("<") else Qt.TextFormat.PlainText)
            self.setText(text)
            self.setProperty("role", "danger" if bad else "small" if text.startswith("<") else "")
            self.style().unpolish(self)
            self.style().polish(self)
            laid = QTextDocument()
            laid.setDefaultFont(self.font())
            laid.setDocumentMargin(0)
            laid.setHtml(text) if text.startswith("<") else laid.setPlainText(text)
            laid.setTextWidth(WIDEST)
            laid.setTextWidth(laid.idealWidth() + 1)
            self.setFixedSize(round(laid.size().width()) + 26, round(laid.size().height()) + 17)
        room = self._parent.rect()
        x = at.x() + 18 if at.x() + 18 + self.width() < room.right() - 8 else at.x() - 18 - self.width()
        y = at.y() + 18 if at.y() + 18 + self.height() < room.bottom() - 8 else at.y() - 18 - self.height()
        self.move(max(8, x), max(8, y))
        self.show()
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        t, p = tokens(), QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        p.setPen(QPen(soft(t.danger, 150) if self._bad else t.line_strong, 1))
        p.setBrush(QColor(t.card_top))
        p.drawRoundedRect(area, 8, 8)
        p.end()
        super().paintEvent(event)
