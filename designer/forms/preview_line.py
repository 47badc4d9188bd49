"""The line under an expression: its value in the last run, or what is wrong with it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from designer.forms.scope import Preview
from designer.resources import tr
from designer.theme import font, tokens
from designer.widgets import label


class _Value(QWidget):
    """One line: the value in green, or muted words; the whole of it in the tool tip."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._preview = Preview("unknown", "")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def put(self, preview: Preview) -> None:
        self._preview = preview
        self.setToolTip(preview.text)
        self.setAccessibleName(preview.text)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(60, 18)

    def paintEvent(self, event: QPaintEvent) -> None:
        look = tokens()
        painter = QPainter(self)
        room = QRectF(self.rect()).adjusted(3, 0, -1, 0)
        if self._preview.state == "value":
            painter.setFont(font("tiny"))
            painter.setPen(look.muted)
            source = tr("last run", "forms")
            painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, source)
            room.setRight(room.right() - painter.fontMetrics().horizontalAdvance(source) - 8)
            painter.setFont(font("mono_small"))
            painter.setPen(look.success)
            text = "= " + self._preview.text
        else:
            painter.setFont(font("small"))
            painter.setPen(look.muted)
            text = self._preview.text
        shown = QFontMetricsF(painter.font()).elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, shown)
        painter.end()


class PreviewLine(QWidget):
    """Takes no room, and is not made of anything, while there is nothing to say."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: Preview | None = None
        self._value: _Value | None = None
        self._fault: QLabel | None = None
        self.hide()

    def say(self, preview: Preview | None) -> None:
        """Show a preview, or nothing."""
        self._shown = preview if preview is not None and preview.text else None
        self.setVisible(self._shown is not None)
        if self._shown is None:
            return
        if self._value is None or self._fault is None:
            self._make()
        assert self._value is not None and self._fault is not None
        fault = self._shown.state == "fault"
        self._value.setVisible(not fault)
        self._fault.setVisible(fault)
        self._value.put(self._shown)
        self._fault.setText(breakable(self._shown.text))

    def text(self) -> str:
        """What is shown; "" for nothing."""
        return self._shown.text if self._shown is not None else ""

    def _make(self) -> None:
        self._value = _Value(self)
        self._fault = label("", "danger", wrap=True)
        self._fault.setFont(font("small"))
        self._fault.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        box = QVBoxLayout(self)
        box.setContentsMargins(2, 0, 0, 0)
        box.addWidget(self._value)
        box.addWidget(self._fault)


def breakable(text: str) -> str:
    """The text with places where a long path may break to the next line."""
    for sign in ".[(|":
        text = text.replace(sign, sign + "\u200b")
    return text
