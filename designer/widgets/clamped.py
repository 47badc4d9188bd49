"""A text in at most so many lines, ending in "…" where there is more."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QTextLayout, QTextOption
from PySide6.QtWidgets import QSizePolicy, QWidget

from designer.theme import Role, font, tokens


class Clamped(QWidget):
    """Always as tall as its lines, so that cards in a row line up; the whole text is in the tool tip when cut."""

    def __init__(
        self, text: str, lines: int = 2, role: Role = "body", tone: str = "muted", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._text, self._lines, self._tone = text, lines, tone
        self.setFont(font(role))
        self.setAccessibleName(text)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def text(self) -> str:
        """The whole text."""
        return self._text

    def set_text(self, text: str) -> None:
        """Another text."""
        self._text = text
        self.setAccessibleName(text)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(160, self._lines * self._line_height())

    def _line_height(self) -> int:
        return round(QFontMetrics(self.font()).height() * 1.2)

    def paintEvent(self, event: QPaintEvent) -> None:
        metrics = QFontMetrics(self.font())
        layout = QTextLayout(self._text, self.font())
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        painter = QPainter(self)
        painter.setPen(tokens().tone(self._tone))
        layout.beginLayout()
        for nth in range(self._lines):
            line = layout.createLine()
            if not line.isValid():
                break
            line.setLineWidth(self.width())
            top = nth * self._line_height()
            rest = self._text[line.textStart() :]
            last = nth == self._lines - 1 and line.textStart() + line.textLength() < len(self._text)
            if last:
                cut = metrics.elidedText(rest, Qt.TextElideMode.ElideRight, self.width())
                painter.drawText(QPointF(0, top + metrics.ascent()), cut)
            else:
                line.draw(painter, QPointF(0, top))
        layout.endLayout()
        painter.end()
