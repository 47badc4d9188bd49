"""The drawn backoff curve: a bar for each wait, a band for what jitter makes of it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from designer.forms.backoff import Wait, sentence, waits
from designer.forms.words import length
from designer.theme import font, mix, soft, tokens, watcher
from engine.workflow.model import Policy

_HIGH, _FOOT, _TOP, _MOST = 128, 34, 18, 24


class Curve(QWidget):
    """The waits of a policy; says the same as a sentence below and to screen readers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._policy = Policy()
        self._waits: list[Wait] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        watcher().changed.connect(self.update)

    def show_policy(self, policy: Policy) -> None:
        """Draw the waits of this policy."""
        self._policy, self._waits = policy, waits(policy, _MOST)
        self.setAccessibleName(sentence(policy))
        self.setToolTip("\n".join(f"{nth + 1} → {nth + 2}:  {length(w.seconds)}" for nth, w in enumerate(self._waits)))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, _HIGH)

    def paintEvent(self, event: QPaintEvent) -> None:
        look = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(look.line, 1))
        painter.setBrush(look.inset)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        area = QRectF(12, _TOP + 4, self.width() - 24, self.height() - _FOOT - _TOP - 8)
        if self._waits:
            self._bars(painter, area)
        painter.setFont(font("small"))
        painter.setPen(look.text)
        foot = QRectF(12, self.height() - 22, self.width() - 24, 18)
        painter.drawText(foot, Qt.AlignmentFlag.AlignVCenter, sentence(self._policy))
        painter.end()

    def _bars(self, painter: QPainter, area: QRectF) -> None:
        look = tokens()
        top = max(wait.most for wait in self._waits) or 1.0
        step = area.width() / len(self._waits)
        wide = min(28.0, step * 0.62)
        metrics = QFontMetricsF(font("tiny"))
        painter.setFont(font("tiny"))
        base = area.bottom()
        painter.setPen(QPen(look.line_strong, 1))
        painter.drawLine(QPointF(area.left(), base + 0.5), QPointF(area.right(), base + 0.5))
        every = max(1, -(-round(metrics.horizontalAdvance("000 min") + 6) // max(1, round(step))))
        for nth, wait in enumerate(self._waits):
            middle = area.left() + step * (nth + 0.5)
            high, least, most = (area.height() * part / top for part in (wait.seconds, wait.least, wait.most))
            bar = QRectF(middle - wide / 2, base - high, wide, max(1.5, high))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(mix(look.inset, look.accent, 0.62))
            painter.drawRoundedRect(bar, 2, 2)
            if most - least > 2:
                band = QRectF(middle - wide / 2 - 2, base - most, wide + 4, most - least)
                painter.setBrush(soft(look.accent, 60))
                painter.drawRoundedRect(band, 2, 2)
            if nth % every == 0:
                painter.setPen(look.muted)
                label = QRectF(middle - 40, base - most - 15, 80, 14)
                painter.drawText(label, Qt.AlignmentFlag.AlignCenter, length(wait.seconds))
