"""One entry of a step's story, drawn: a sign on the rail, a title with facts, its text, and values to unfold."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from designer.resources import tr
from designer.runs.story import Entry
from designer.runs.values_fold import ValuesFold
from designer.runs.words import clock_ms_text, seconds_text
from designer.theme import font, pixmap, soft, space, status_icon, tokens, watcher
from designer.widgets import ElidedLabel, IconButton, LoadBlob, button, label

RAIL = 28
INDENT = 18
"""Further in for each agent that was asked."""
_ICONS = {"agent": "bot", "model": "sparkles", "tool": "wrench", "person": "user-round"}
_ICONS |= {"wait": "hourglass", "attempt": "play"}


class WaitBar(QWidget):
    """How long a wait was, and how much of what was planned is over."""

    def __init__(self) -> None:
        super().__init__()
        self._part = 0.0
        self.setFixedHeight(4)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMaximumWidth(240)

    def set_part(self, part: float) -> None:
        """0 to 1 of the planned time."""
        self._part = max(0.0, min(1.0, part))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(160, 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        color = tokens().tone("waiting")
        painter.setBrush(soft(color, 50))
        box = QRectF(self.rect())
        painter.drawRoundedRect(box, 2, 2)
        painter.setBrush(soft(color, 190))
        painter.drawRoundedRect(QRectF(0, 0, max(4.0, box.width() * self._part), 4), 2, 2)
        painter.end()


class EntryCard(QWidget):
    """One entry. Grows when it is given a newer state of the same entry."""

    question_opened = Signal(str)

    def __init__(self, entry: Entry, load_blob: LoadBlob) -> None:
        super().__init__()
        self._entry, self._last = entry, False
        self.title = ElidedLabel()
        self.facts = label("", "tiny")
        self.clock = label("", "tiny")
        self.text = QLabel()
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.bar = WaitBar() if entry.kind == "wait" else None
        self.fold = ValuesFold(load_blob)
        self.chevron = IconButton("chevron-right", tr("Show what it was given and gave"))
        self.chevron.setFixedSize(20, 20)
        self.chevron.clicked.connect(self.unfold)
        self.answer = button(tr("Open the question"), "", "message-circle-question-mark")
        self.answer.clicked.connect(lambda: self.question_opened.emit(self._entry.question))
        head = QHBoxLayout()
        head.setSpacing(space.S)
        head.addWidget(self.title, 1)
        head.addWidget(self.facts)
        head.addWidget(self.clock)
        head.addWidget(self.chevron)
        body = QVBoxLayout(self)
        top = 8 if entry.kind == "attempt" else 2
        body.setContentsMargins(RAIL + entry.depth * INDENT, top, 0, 6)
        body.setSpacing(space.XS)
        body.addLayout(head)
        for part in (self.text, self.bar, self.fold):
            if part is not None:
                body.addWidget(part)
        body.addWidget(self.answer, 0, Qt.AlignmentFlag.AlignLeft)
        watcher().changed.connect(self._dress)
        self._show()

    def show_entry(self, entry: Entry) -> None:
        """A newer state of the same entry."""
        if entry != self._entry:
            self._entry = entry
            self._show()

    def set_last(self, last: bool) -> None:
        """The rail ends at the last one."""
        if last != self._last:
            self._last = last
            self.update()

    def tick(self, now: float) -> None:
        """Lengths of time as they are at `now`."""
        entry = self._entry
        until = entry.until if entry.until is not None else now
        took = max(0.0, until - entry.at)
        if entry.kind == "wait" and self.bar is not None:
            planned = entry.planned or 0.0
            self.bar.set_part(took / planned if planned else 1.0)
            self.facts.setText(self._waited(took, planned))
        elif entry.kind in ("attempt", "agent", "person", "model", "tool") and (entry.lasts or took > 0.0005):
            self.facts.setText(" · ".join((*entry.facts, seconds_text(took))))

    def _waited(self, took: float, planned: float) -> str:
        if self._entry.lasts:
            return tr("{left} left of {all}").format(
                left=seconds_text(max(0.0, planned - took)), all=seconds_text(planned)
            )
        return tr("waited {took} of {all}").format(took=seconds_text(took), all=seconds_text(planned))

    def _show(self) -> None:
        entry = self._entry
        self.title.setText(entry.title)
        self.title.setFont(font("strong" if entry.kind in ("attempt", "end") else "body", None))
        self.facts.setText(" · ".join(entry.facts))
        self.clock.setText(clock_ms_text(entry.at))
        self.text.setText(entry.text)
        self.text.setVisible(bool(entry.text))
        self.answer.setVisible(bool(entry.question) and entry.lasts)
        self.fold.show_values(entry)
        rests = self.chevron.sizePolicy()
        rests.setRetainSizeWhenHidden(True)
        self.chevron.setSizePolicy(rests)
        self.chevron.setVisible(self.fold.has_values)
        shape = Qt.CursorShape.PointingHandCursor if self.fold.has_values else Qt.CursorShape.ArrowCursor
        self.setCursor(shape)
        self._dress()

    def unfold(self) -> None:
        """Show or hide the values."""
        self.fold.toggle()
        self.chevron.set_icon("chevron-down" if self.fold.is_open else "chevron-right")

    def _dress(self) -> None:
        now, entry = tokens(), self._entry
        tone = now.tone(entry.tone) if entry.kind == "error" or entry.tone in ("failed", "asking") else now.text
        self.title.setStyleSheet(f"color: {tone.name()}; background: transparent;")
        self.text.setStyleSheet(f"color: {now.muted.name()}; background: transparent;")
        self.text.setFont(font("mono" if entry.kind in ("model", "tool", "error") else "body"))
        for small in (self.facts, self.clock):
            small.setStyleSheet(f"color: {now.muted.name()}; background: transparent;")
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.position().y() < 24 and event.button() == Qt.MouseButton.LeftButton:
            self.unfold()
        super().mouseReleaseEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        now, entry = tokens(), self._entry
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        top = 8.0 if entry.kind == "attempt" else 2.0
        middle = QPointF(9 + entry.depth * INDENT, top + 10)
        painter.setPen(QPen(now.line_strong, 1))
        if entry.depth:  # the rail goes on beside what an agent that was asked does
            painter.drawLine(QPointF(9, 0), QPointF(9, self.height()))
        x = middle.x()
        if not self._last:
            painter.drawLine(QPointF(x, middle.y() + 10), QPointF(x, self.height()))
        painter.drawLine(QPointF(x, 0), QPointF(x, max(0.0, middle.y() - 10)))
        color = now.tone(entry.tone or "idle")
        name = status_icon(entry.tone) if entry.kind in ("attempt", "end", "note", "error") else _ICONS[entry.kind]
        ratio = self.devicePixelRatioF()
        painter.drawPixmap(QPointF(middle.x() - 8, middle.y() - 8), pixmap(name, color, 16, ratio))
        painter.end()
