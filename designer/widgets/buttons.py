"""Things to press: icon buttons, a row of choices, a switch."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QPushButton, QSizePolicy, QToolButton, QWidget

from designer.theme import font, icon, pixmap, tokens


class IconButton(QToolButton):
    """A square button with an icon; says what it does in its tool tip and to screen readers."""

    def __init__(
        self, icon_name: str, tip: str, shortcut: str = "", parent: QWidget | None = None, *, tone: str = "muted"
    ) -> None:
        super().__init__(parent)
        self.setIconSize(QSize(16, 16))
        self.setFixedSize(28, 28)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.set_icon(icon_name, tone)
        self.set_tip(tip, shortcut)

    def set_icon(self, name: str, tone: str = "muted") -> None:
        """Show another icon."""
        self.setIcon(icon(name, tone))

    def set_tip(self, tip: str, shortcut: str = "") -> None:
        """Say something else. The shortcut is only shown: commands bind their keys themselves."""
        keys = QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText)
        self.setToolTip(f"{tip}  ({keys})" if keys else tip)
        self.setAccessibleName(tip)


def button(text: str, kind: str = "", icon_name: str = "", parent: QWidget | None = None) -> QPushButton:
    """A push button of a kind: "" (plain), "primary", "danger", "quiet", "link"."""
    made = QPushButton(text, parent)
    if kind:
        made.setProperty("kind", kind)
    if icon_name:
        made.setIconSize(QSize(20, 16))  # the icon is 16: the rest is the gap to the text
        made.setIcon(icon(icon_name, {"primary": "on_accent", "danger": "danger", "link": "accent"}.get(kind, "text")))
    made.setAutoDefault(False)
    return made


class Switch(QAbstractButton):
    """On or off, at once: for settings that need no further word."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(text)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        text = QFontMetricsF(self.font()).horizontalAdvance(self.text())
        return QSize(36 + (round(text) + 10 if self.text() else 0), 24)

    def paintEvent(self, event: QPaintEvent) -> None:
        now, on = tokens(), self.isChecked()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track = QRectF(2, (self.height() - 18) / 2, 32, 18)
        ground = now.accent_fill if on else now.line_strong
        painter.setBrush(ground if self.isEnabled() else now.line)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawRoundedRect(track, 9, 9)
        painter.setBrush(now.on_accent if self.isEnabled() else now.faint)
        painter.drawEllipse(QRectF(track.right() - 16 if on else track.left() + 2, track.top() + 2, 14, 14))
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(now.focus, 1.5))
            painter.drawRoundedRect(track.adjusted(-1.5, -1.5, 1.5, 1.5), 10.5, 10.5)
        if self.text():
            painter.setPen(now.text if self.isEnabled() else now.faint)
            painter.drawText(self.rect().adjusted(44, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self.text())
        painter.end()


class Segmented(QWidget):
    """A few choices side by side, one of them on. Options are (key, label) or (key, label, icon)."""

    changed = Signal(object)
    HEIGHT = 28

    def __init__(self, options: Sequence[tuple[str, ...]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._options = [(key, label, (*rest, "")[0]) for key, label, *rest in options]
        self._current = self._options[0][0] if self._options else ""
        self._over = -1
        self.setFont(font("small", 500))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._say()

    def current(self) -> str:
        """The key of the choice that is on."""
        return self._current

    def set_current(self, key: str) -> None:
        """Turn a choice on without telling anybody."""
        if key in [option[0] for option in self._options]:
            self._current = key
            self._say()
            self.update()

    def set_options(self, options: Sequence[tuple[str, ...]]) -> None:
        """Other choices; the one that is on stays on where it is still there."""
        self._options = [(key, label, (*rest, "")[0]) for key, label, *rest in options]
        if self._options and self._current not in [option[0] for option in self._options]:
            self._current = self._options[0][0]
        self._say()
        self.updateGeometry()
        self.update()

    def choose(self, key: str) -> None:
        """Turn a choice on as a click does."""
        if key != self._current:
            self.set_current(key)
            self.changed.emit(key)

    def sizeHint(self) -> QSize:
        return QSize(sum(self._widths()) + 4, self.HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def rect_of(self, key: str) -> QRectF:
        """Where a choice is, for clicks."""
        left = 2.0
        for (name, _, _), width in zip(self._options, self._widths(), strict=True):
            if name == key:
                return QRectF(left, 2, width, self.HEIGHT - 4)
            left += width
        return QRectF()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = self._at(event)
        if at >= 0:
            self.choose(self._options[at][0])

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._over = self._at(event)
        self.update()

    def leaveEvent(self, event: object) -> None:
        self._over = -1
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        keys = [option[0] for option in self._options]
        self.choose(keys[(keys.index(self._current) + step) % len(keys)])

    def paintEvent(self, event: QPaintEvent) -> None:
        now = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(now.focus if self.hasFocus() else now.line, 1))
        painter.setBrush(now.inset)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 7, 7)
        for nth, (key, label, name) in enumerate(self._options):
            box, on = self.rect_of(key), key == self._current
            if on or nth == self._over:
                painter.setPen(QPen(now.line_strong, 1) if on else Qt.PenStyle.NoPen)
                painter.setBrush((now.line if now.name == "dark" else now.panel) if on else now.hover)
                painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
            color = now.text if on else now.muted
            if name:
                left = box.left() + (10 if label else (box.width() - 14) / 2)
                ratio = self.devicePixelRatioF()
                painter.drawPixmap(round(left), round(box.top() + 5), pixmap(name, color, 14, ratio))
                box = box.adjusted(20, 0, 0, 0)
            painter.setPen(color)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, label)
        painter.end()

    def _widths(self) -> list[int]:
        metrics = QFontMetricsF(self.font())
        return [
            (round(metrics.horizontalAdvance(label)) + 20 if label else 12) + (20 if name else 0)
            for _, label, name in self._options
        ]

    def _at(self, event: QMouseEvent) -> int:
        keys = [option[0] for option in self._options]
        return next((nth for nth, key in enumerate(keys) if self.rect_of(key).contains(event.position())), -1)

    def _say(self) -> None:
        self.setAccessibleName(next((label for key, label, _ in self._options if key == self._current), ""))
