"""The slider under a run: one place an event, marks where something failed or somebody was asked."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from designer.resources import tr
from designer.runs.marks import Mark
from designer.runs.words import clock_ms_text, whole_text
from designer.theme import soft, tokens, watcher

_SIDE = 9
_LOUD = ("failed", "asking", "cancelled", "waiting", "reused", "done")


class ReplaySlider(QWidget):
    """Where the replay stands; `wished` is emitted when a person wants it elsewhere."""

    wished = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._marks: Sequence[Mark] = ()
        self._loud: list[Mark] = []
        self._first: Mark | None = None
        self._at = self._read = 0
        self._spots: dict[int, str] = {}
        self._spots_for = (-1, -1)
        self.setFixedHeight(28)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName(tr("Replay"))
        watcher().changed.connect(self.update)

    def show_marks(self, marks: Sequence[Mark], at: int) -> None:
        """The events so far, and the one that is shown."""
        if len(marks) < self._read or (self._read and marks[0] is not self._first):
            self._loud, self._read = [], 0
        self._loud += [mark for mark in marks[self._read :] if mark.tone]
        self._first = marks[0] if marks else None
        self._marks, self._at, self._read = marks, at, len(marks)
        self.setAccessibleDescription(f"{at}/{len(marks)}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(320, 28)

    # ---- geometry
    def _x(self, seq: int) -> float:
        room = self.width() - 2 * _SIDE
        return _SIDE + (room * seq / len(self._marks) if self._marks else 0.0)

    def _seq(self, x: float) -> int:
        room = max(1.0, self.width() - 2.0 * _SIDE)
        return max(0, min(len(self._marks), round((x - _SIDE) / room * len(self._marks))))

    def _tones(self) -> dict[int, str]:
        """The loudest mark of each pixel: a run of thousands of events costs no more than its width."""
        wanted = (len(self._marks), self.width())
        if self._spots_for != wanted:
            self._spots_for = wanted
            spots: dict[int, str] = {}
            for mark in self._loud:
                x = round(self._x(mark.seq))
                known = spots.get(x)
                if known is None or _LOUD.index(mark.tone) < _LOUD.index(known):
                    spots[x] = mark.tone
            self._spots = spots
        return self._spots

    # ---- people
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._marks:
            self.wished.emit(self._seq(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        seq = self._seq(event.position().x())
        if event.buttons() & Qt.MouseButton.LeftButton and self._marks:
            self.wished.emit(seq)
        elif 0 < seq <= len(self._marks):
            mark = self._marks[seq - 1]
            QToolTip.showText(
                event.globalPosition().toPoint(), f"{whole_text(seq)} · {clock_ms_text(mark.at)} · {mark.words}"
            )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        far = max(1, len(self._marks) // 20)
        move = {
            Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_PageDown: far, Qt.Key.Key_PageUp: -far,
            Qt.Key.Key_Home: -(1 << 30), Qt.Key.Key_End: 1 << 30,
        }.get(Qt.Key(event.key()))  # fmt: skip
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):  # to the next or last mark
            self._to_mark(1 if event.key() == Qt.Key.Key_Down else -1)
        elif move is None:
            super().keyPressEvent(event)
        else:
            self.wished.emit(max(0, min(len(self._marks), self._at + move)))

    def _to_mark(self, way: int) -> None:
        found = [seq for seq in (mark.seq for mark in self._loud) if (seq > self._at if way > 0 else seq < self._at)]
        if found:
            self.wished.emit(found[0] if way > 0 else found[-1])

    def paintEvent(self, event: QPaintEvent) -> None:
        now = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle, x = self.height() / 2, self._x(self._at)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(now.line_strong)
        painter.drawRoundedRect(QRectF(_SIDE, middle - 2, self.width() - 2 * _SIDE, 4), 2, 2)
        painter.setBrush(now.accent)
        painter.drawRoundedRect(QRectF(_SIDE, middle - 2, max(0.0, x - _SIDE), 4), 2, 2)
        for place, tone in self._tones().items():
            painter.setBrush(now.tone(tone))
            painter.drawRoundedRect(QRectF(place - 1.25, middle - 7, 2.5, 14), 1.25, 1.25)
        if self.hasFocus():
            painter.setBrush(soft(now.focus, 60))
            painter.drawEllipse(QPointF(x, middle), 10, 10)
        painter.setBrush(now.panel if now.name == "light" else now.text)
        painter.setPen(QPen(now.accent, 2))
        painter.drawEllipse(QPointF(x, middle), 6, 6)
        painter.end()
