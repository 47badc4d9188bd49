"""The whole timeline as a picture: ruler, people, lines in view, the moment up to which it is told."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter

from designer.resources import tr
from designer.runs import timeline_paint as paint
from designer.runs.bars import Bar, Segment
from designer.runs.timeline_bars import Bars, Place
from designer.runs.timeline_view import LANE, ROW, RULER, TICK_ROOM, Window, across, folds, rules
from designer.runs.words import seconds_text
from designer.theme import font, tokens

_MIDDLE = Qt.AlignmentFlag.AlignVCenter


@dataclass
class Picture:
    """What is drawn where. `scroll` pixels of the lines are above the view."""

    bars: Bars
    window: Window
    height: int
    scroll: int = 0
    selected: Place | None = None

    @property
    def top(self) -> int:
        """Where the lines begin."""
        return RULER + (LANE if self.bars.people else 0)

    def row_at(self, y: float) -> int:
        """The line at a height; -1 above all."""
        return -1 if y < self.top else int((y - self.top + self.scroll) // ROW)

    def draw(self, painter: QPainter) -> None:
        """Draw all that is in view."""
        now, window, bars = tokens(), self.window, self.bars
        if window.fits:
            window.fit(bars.times.length)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(QRectF(0, 0, window.width, self.height), now.panel)
        marks, gaps = rules(bars, window), folds(bars, window)
        paint.grid(painter, now, [x for x, _ in marks], RULER, self.height)
        for left, right, _ in gaps:
            paint.fold_mark(painter, now, QRectF(left, RULER, right - left, self.height - RULER))
        painter.setFont(font("small"))
        first = self.scroll // ROW
        for place in range(first, min(len(bars.lines), first + (self.height - self.top) // ROW + 2)):
            self._line(painter, bars.lines[place], QRectF(0, self.top + place * ROW - self.scroll, window.width, ROW))
        painter.fillRect(QRectF(0, 0, window.width, self.top), now.panel)
        painter.setFont(font("tiny"))
        painter.setPen(now.muted)
        for x, tick in marks:
            painter.drawText(QRectF(x - TICK_ROOM / 2, 0, TICK_ROOM, RULER), Qt.AlignmentFlag.AlignCenter, tick.label)
        free = window.names
        for left, right, gap in gaps:
            words, middle = f"⋯ {seconds_text(gap.end - gap.start)}", (left + right) / 2
            half = QFontMetricsF(painter.font()).horizontalAdvance(words) / 2 + 4
            if middle - half >= free:
                label = QRectF(middle - half, 0, 2 * half, RULER)
                painter.drawText(label, Qt.AlignmentFlag.AlignCenter, words)
                free = middle + half
        if bars.people:
            self._people(painter)
        if bars.run.seq and bars.run.ended is None:
            x = window.x(bars.times.drawn(bars.now))
            if window.names <= x <= window.width:
                paint.now_line(painter, now, x, RULER, self.height)
        painter.setPen(now.line)
        painter.drawLine(QPointF(window.names, 0), QPointF(window.names, self.height))
        painter.drawLine(QPointF(0, self.top - 0.5), QPointF(window.width, self.top - 0.5))

    def _line(self, painter: QPainter, bar: Bar, box: QRectF) -> None:
        now, window = tokens(), self.window
        if self.selected == (bar.run, bar.step):
            painter.fillRect(box, now.accent_soft)
        painter.save()
        painter.setClipRect(QRectF(window.names, max(box.top(), float(self.top)), window.chart, box.height()))
        for piece in bar.segments:
            paint.segment(painter, now, self._box(piece, box), piece, bar.status)
        painter.restore()
        self._name(painter, self.bars.name(bar), box.top())

    def _people(self, painter: QPainter) -> None:
        now, lane = tokens(), QRectF(0, RULER, self.window.width, LANE)
        painter.setFont(font("small"))
        self._name(painter, tr("People"), RULER, muted=True)
        painter.save()
        painter.setClipRect(QRectF(self.window.names, RULER, self.window.chart, LANE))
        for piece in self.bars.people:
            box = self._box(piece, lane)
            paint.segment(painter, now, box, piece, "")
            if box.width() > 40:
                painter.setPen(now.text)
                words = painter.fontMetrics().elidedText(
                    piece.words, Qt.TextElideMode.ElideRight, int(box.width()) - 10
                )
                painter.drawText(box.adjusted(6, 0, -4, 0), _MIDDLE, words)
        painter.restore()

    def _name(self, painter: QPainter, text: str, top: float, *, muted: bool = False) -> None:
        painter.setPen(tokens().muted if muted else tokens().text)
        room = QRectF(12, top, self.window.names - 20, ROW)
        painter.drawText(
            room, _MIDDLE, QFontMetricsF(painter.font()).elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        )

    def _box(self, piece: Segment, row: QRectF) -> QRectF:
        left, right = across(self.bars, self.window, piece)
        return QRectF(left, row.top() + 5, right - left, row.height() - 10)
