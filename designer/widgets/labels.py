"""Small things that say something: elided text, chips, status dots, key caps, a line."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QKeySequence, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget

from designer.theme import Role, font, pixmap, soft, status_icon, tokens


class ElidedLabel(QLabel):
    """One line that ends in "…" where the room does, and then has the whole text as tool tip."""

    def __init__(
        self,
        text: str = "",
        parent: QWidget | None = None,
        *,
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
        role: str = "",
    ) -> None:
        super().__init__(parent)
        self._whole, self._mode, self._tip = "", mode, ""
        if role:
            self.setProperty("role", role)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)

    def text(self) -> str:
        return self._whole

    def setText(self, text: str) -> None:
        self._whole = text
        self.setAccessibleName(text)
        super().setText(" ".join(text.split()))
        self._tell_rest()

    def set_tip(self, tip: str) -> None:
        """A tool tip of its own, shown instead of the whole text."""
        self._tip = tip
        self._tell_rest()

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(super().text()) + 2, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance("…") * 2, super().minimumSizeHint().height())

    def resizeEvent(self, event: object) -> None:
        self._tell_rest()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().windowText().color())
        room = self.contentsRect()
        shown = self.fontMetrics().elidedText(super().text(), self._mode, room.width())
        painter.drawText(room, self.alignment(), shown)
        painter.end()

    def _tell_rest(self) -> None:
        cut = self.fontMetrics().horizontalAdvance(super().text()) > self.contentsRect().width()
        self.setToolTip(self._tip or (self._whole if cut or "\n" in self._whole else ""))


class Chip(QWidget):
    """A short word on a tinted ground: a status, a risk, a category, a count."""

    HEIGHT = 20

    def __init__(self, text: str, tone: str = "muted", icon: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text, self._tone, self._icon = text, tone, icon
        self.setFont(font("tiny", 500))
        self.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def text(self) -> str:
        """What it says."""
        return self._text

    def set(self, text: str, tone: str | None = None, icon: str | None = None) -> None:
        """Say something else."""
        self._text = text
        self._tone = self._tone if tone is None else tone
        self._icon = self._icon if icon is None else icon
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        width = QFontMetricsF(self.font()).horizontalAdvance(self._text)
        return QSize(round(width) + 16 + (16 if self._icon else 0), self.HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        color = tokens().tone(self._tone)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(soft(color, 40 if tokens().name == "dark" else 30))
        box = QRectF(self.rect())
        painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
        left = 8.0
        if self._icon:
            painter.drawPixmap(
                QPointF(6, (box.height() - 12) / 2), pixmap(self._icon, color, 12, self.devicePixelRatioF())
            )
            left = 22.0
        painter.setPen(color)
        painter.drawText(box.adjusted(left, 0, -6, 0), Qt.AlignmentFlag.AlignVCenter, self._text)
        painter.end()


class StatusDot(QWidget):
    """The status of a step or run: colour and shape."""

    def __init__(self, status: str = "idle", size: int = 16, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._status = status
        self.setFixedSize(size, size)
        self.setAccessibleName(status)

    def status(self) -> str:
        """Which status it shows."""
        return self._status

    def set_status(self, status: str) -> None:
        """Show another status."""
        self._status = status
        self.setAccessibleName(status)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        color = tokens().tone(self._status)
        painter.drawPixmap(0, 0, pixmap(status_icon(self._status), color, self.width(), self.devicePixelRatioF()))
        painter.end()


_CAPS = {"Umschalt": "⇧", "Rücktaste": "⌫"}
"""German words that are too wide for a cap, and what keyboards have in their place."""


class KeyCap(QWidget):
    """Keys as they stand on the keyboard: "Ctrl+K" becomes two caps."""

    HEIGHT = 20

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        native = QKeySequence(text).toString(QKeySequence.SequenceFormat.NativeText) or text
        plus = native.endswith("++") or native == "+"
        parts = native.removesuffix("+").replace(", ", "+").split("+")
        self._keys = (*(_CAPS.get(key, key) for key in parts if key), *(("+",) if plus else ()))
        self.setFont(font("tiny", 500))
        self.setAccessibleName(native)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def keys(self) -> tuple[str, ...]:
        """What stands on the caps."""
        return self._keys

    def sizeHint(self) -> QSize:
        return QSize(sum(self._width(key) + 4 for key in self._keys) - 4, self.HEIGHT)

    def _width(self, key: str) -> int:
        return max(self.HEIGHT, round(QFontMetricsF(self.font()).horizontalAdvance(key)) + 12)

    def paintEvent(self, event: QPaintEvent) -> None:
        now = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left = 0
        for key in self._keys:
            box = QRectF(left + 0.5, 0.5, self._width(key) - 1, self.HEIGHT - 1)
            painter.setPen(QPen(now.line_strong, 1))
            painter.setBrush(now.inset if now.name == "light" else now.card_top)
            painter.drawRoundedRect(box, 4, 4)
            painter.setPen(now.muted)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, key)
            left += self._width(key) + 4
        painter.end()


def label(text: str, role: str = "", *, wrap: bool = False) -> QLabel:
    """A plain-text label in a role of the style sheet: muted, small, tiny, strong, title, heading, display, mono."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    if role:
        made.setProperty("role", role)
    return made


def hline() -> QFrame:
    """A one-pixel line between two things."""
    made = QFrame()
    made.setFixedHeight(1)
    made.setProperty("surface", "line")
    return made


def set_role(widget: QWidget, name: str, value: object) -> None:
    """Set a property that the style sheet selects by, and have it take effect."""
    widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()


__all__ = ["Chip", "ElidedLabel", "KeyCap", "Role", "StatusDot", "hline", "label", "set_role"]
