"""The timeline of a run: a line for each step, what it did when, and when people were asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from designer.resources import tr
from designer.runs import timeline_paint as paint
from designer.runs.bars import Bar, Segment, bar_of, extent, people_of
from designer.runs.scale import Tick, ticks
from designer.runs.steps_rows import Plan
from designer.runs.timeline_view import LANE, ROW, RULER, Window, hit
from designer.runs.timemap import Stretch, TimeMap, folded_map, plain_map
from designer.runs.words import seconds_text
from designer.theme import font, tokens, watcher
from engine.ids import visit_text
from engine.observe.records import RunTrace, StepKey

_TICK_ROOM = 76.0


class Timeline(QAbstractScrollArea):
    """Wheel zooms, drag moves, a click chooses a step, double-click or 0 shows all, F folds long waits."""

    chosen = Signal(str, object)  # run id, StepKey

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bars: list[Bar] = []
        self.folds = True
        self._places: dict[tuple[str, StepKey], int] = {}
        self._people: tuple[Segment, ...] = ()
        self._run = RunTrace()
        self._plan = Plan()
        self._now = 0.0
        self._times: TimeMap | None = None
        self._window = Window()
        self._selected: tuple[str, StepKey] | None = None
        self._grip: QPointF | None = None
        self._moved = False
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Timeline of the run"))
        self.viewport().setMouseTracking(True)
        self.verticalScrollBar().setSingleStep(ROW)
        watcher().changed.connect(self.viewport().update)

    # ---- what it shows
    def show_run(self, run: RunTrace, children: Mapping[str, RunTrace], plan: Plan, now: float) -> None:
        """Another run, or another moment of it."""
        if run.run != self._run.run:
            self._window.fits = True
            self.verticalScrollBar().setValue(0)
        self._run, self._plan, self._now = run, plan, now
        self.bars, self._places = [], {}
        for key in run.steps:
            self._take(run, key)
        self._people = people_of(run)
        self._settle()

    def update_steps(self, run: RunTrace, keys: Iterable[StepKey], now: float) -> None:
        """These steps have changed, or are new."""
        if run.run != self._run.run:
            return
        self._run, self._now = run, now
        for key in keys:
            self._take(run, key)
        if run.questions:
            self._people = people_of(run)
        self._settle()

    def tick(self, now: float) -> None:
        """Time has passed."""
        if self._run.ended is None and self._run.seq:
            self._now = now
            self._settle()

    def select(self, run: str, step: StepKey | None) -> None:
        """Mark a step and bring it into view."""
        self._selected = (run, step) if step is not None else None
        place = self._places.get(self._selected) if self._selected is not None else None
        if place is not None:
            bar, room = self.verticalScrollBar(), self._room()
            if place * ROW < bar.value():
                bar.setValue(place * ROW)
            elif (place + 1) * ROW > bar.value() + room:
                bar.setValue((place + 1) * ROW - room)
        self.viewport().update()

    def show_all(self) -> None:
        """Zoom out until all of it is to be seen."""
        self._window.fits = True
        self._settle()

    def set_folds(self, folds: bool) -> None:
        """Whether long waits are folded."""
        self.folds = folds
        self._settle()

    @property
    def has_folds(self) -> bool:
        """Whether something is folded now."""
        return self.times.has_folds

    @property
    def times(self) -> TimeMap:
        """Where moments are drawn."""
        if self._times is None:
            whole = extent(self.bars, self._now) or (self._run.started, self._run.started)
            start = min(self._run.started or whole[0], whole[0])
            end = max(whole[1], self._run.ended or self._now or whole[1])
            self._times = folded_map(self.bars, start, end, self._now) if self.folds else plain_map(start, end)
        return self._times

    def _take(self, run: RunTrace, key: StepKey) -> None:
        step = run.steps.get(key)
        bar = bar_of(run, step) if step is not None else None
        if bar is None:
            return
        place = self._places.get((run.run, key))
        if place is None:
            self._places[run.run, key] = len(self.bars)
            self.bars.append(bar)
        else:
            self.bars[place] = bar

    def _settle(self) -> None:
        self._times = None
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, len(self.bars) * ROW - self._room()))
        bar.setPageStep(max(ROW, self._room()))
        self.viewport().update()

    @property
    def _top(self) -> int:
        return RULER + (LANE if self._people else 0)

    def _room(self) -> int:
        return max(ROW, self.viewport().height() - self._top)

    # ---- people
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._window.width = self.viewport().width()
        self._window.names = max(120.0, min(220.0, self._window.width * 0.24))
        self._settle()

    def wheelEvent(self, event: QWheelEvent) -> None:
        at, turn = event.position(), event.angleDelta()
        plain = not event.modifiers() & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.AltModifier)
        if abs(turn.x()) > abs(turn.y()) or (not plain and at.x() > self._window.names):
            self._window.fits = False
            self._window.pan(-(turn.x() or turn.y()) * 0.5, self.times.length)
        elif at.x() > self._window.names and not event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self._window.zoom(1.0015 ** turn.y(), at.x(), self.times.length)
        else:
            self.verticalScrollBar().setValue(self.verticalScrollBar().value() - turn.y() // 2)
        self.viewport().update()
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._grip, self._moved = event.position(), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self._grip is None:
            self._tell(at, event)
            return
        by = self._grip - at
        if not self._moved and by.manhattanLength() < 6:
            return
        self._moved, self._grip = True, at
        self._window.fits = False
        self._window.pan(by.x(), self.times.length)
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() + round(by.y()))
        self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        row = self._row(event.position())
        if self._grip is not None and not self._moved and 0 <= row < len(self.bars):
            self._choose(row)
        self._grip = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.show_all()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        middle = self._window.names + self._window.chart / 2
        place = self._places.get(self._selected, -1) if self._selected is not None else -1
        match event.key():
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self._window.zoom(1.4, middle, self.times.length)
            case Qt.Key.Key_Minus:
                self._window.zoom(1 / 1.4, middle, self.times.length)
            case Qt.Key.Key_0:
                self.show_all()
            case Qt.Key.Key_F:
                self.set_folds(not self.folds)
            case Qt.Key.Key_Left | Qt.Key.Key_Right:
                self._window.pan(-60 if event.key() == Qt.Key.Key_Left else 60, self.times.length)
            case Qt.Key.Key_Up if self.bars:
                self._choose(max(0, place - 1))
            case Qt.Key.Key_Down if self.bars:
                self._choose(min(len(self.bars) - 1, place + 1))
            case _:
                super().keyPressEvent(event)
                return
        self.viewport().update()

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            QToolTip.hideText()
        return super().viewportEvent(event)

    def _choose(self, row: int) -> None:
        bar = self.bars[row]
        self.select(bar.run, bar.step)
        self.chosen.emit(bar.run, bar.step)

    def _row(self, at: QPointF) -> int:
        if at.y() < self._top:
            return -1
        return int((at.y() - self._top + self.verticalScrollBar().value()) // ROW)

    def _tell(self, at: QPointF, event: QMouseEvent) -> None:
        row = self._row(at)
        piece = (
            hit(self.bars, self.times, self._window, row, at.x(), self._now) if at.x() > self._window.names else None
        )
        if piece is None:
            QToolTip.hideText()
            return
        QToolTip.showText(event.globalPosition().toPoint(), self.card_text(row, piece), self.viewport())

    def card_text(self, row: int, piece: Segment) -> str:
        """What the hover card says of a segment."""
        kind = {
            "run": tr("at work"), "failed": tr("attempt failed"), "backoff": tr("waits for the next attempt"),
            "person": tr("a person is asked"), "sleep": tr("sleeps"), "interrupted": tr("interrupted"),
            "children": tr("parts under way"), "instant": tr("decided at once"),
        }[piece.kind]  # fmt: skip
        until = piece.end if piece.end is not None else self._now
        lines = [self._name(self.bars[row]), f"{kind} · {seconds_text(until - piece.start)}", piece.words]
        return "\n".join(line for line in lines if line)

    def _name(self, bar: Bar) -> str:
        node, visit = bar.step
        return self._plan.title(node) + (f" [{visit_text(visit)}]" if visit else "")

    # ---- drawing
    def paintEvent(self, event: QPaintEvent) -> None:
        now, window, times = tokens(), self._window, self.times
        if window.fits:
            window.fit(times.length)
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        height, width = self.viewport().height(), self.viewport().width()
        painter.fillRect(self.viewport().rect(), now.panel)
        rules = self._rules()
        paint.grid(painter, now, [x for x, _ in rules], RULER, height)
        chart = QRectF(window.names, 0, window.chart, height)
        folded = self._folds(chart)
        for box, _ in folded:
            paint.fold_mark(painter, now, box.adjusted(0, RULER, 0, 0))
        painter.setFont(font("small"))
        first = self.verticalScrollBar().value() // ROW
        for place in range(first, min(len(self.bars), first + self._room() // ROW + 2)):
            top = self._top + place * ROW - self.verticalScrollBar().value()
            self._paint_row(painter, QRectF(0, top, width, ROW), self.bars[place], chart)
        self._paint_ruler(painter, rules, folded, width)
        if self._run.seq:
            x = window.x(times.drawn(self._run.ended or self._now))
            if chart.left() <= x <= chart.right() and self._run.ended is None:
                paint.now_line(painter, now, x, RULER, height)
        painter.setPen(now.line)
        painter.drawLine(QPointF(window.names, 0), QPointF(window.names, height))
        painter.end()

    def _paint_row(self, painter: QPainter, box: QRectF, bar: Bar, chart: QRectF) -> None:
        now = tokens()
        if self._selected == (bar.run, bar.step):
            painter.fillRect(box, now.accent_soft)
        painter.save()
        painter.setClipRect(QRectF(chart.left(), max(box.top(), float(self._top)), chart.width(), box.height()))
        for piece in bar.segments:
            paint.segment(painter, now, self._box(piece, box), piece, bar.status)
        painter.restore()
        room = QRectF(12, box.top(), self._window.names - 20, box.height())
        painter.setPen(now.text)
        text = QFontMetricsF(painter.font()).elidedText(self._name(bar), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, text)

    def _paint_ruler(
        self, painter: QPainter, rules: list[tuple[float, Tick]], folded: list[tuple[QRectF, Stretch]], width: int
    ) -> None:
        now, window = tokens(), self._window
        painter.fillRect(QRectF(0, 0, width, self._top), now.panel)
        painter.setFont(font("tiny"))
        painter.setPen(now.muted)
        for x, tick in rules:
            painter.drawText(QRectF(x - _TICK_ROOM / 2, 0, _TICK_ROOM, RULER), Qt.AlignmentFlag.AlignCenter, tick.label)
        for box, stretch in folded:
            words = f"⋯ {seconds_text(stretch.end - stretch.start)}"
            painter.drawText(QRectF(box.center().x() - 60, 0, 120, RULER), Qt.AlignmentFlag.AlignCenter, words)
        if self._people:
            lane = QRectF(0, RULER, width, LANE)
            painter.setPen(now.muted)
            painter.setFont(font("small"))
            painter.drawText(QRectF(12, RULER, window.names - 20, LANE), Qt.AlignmentFlag.AlignVCenter, tr("People"))
            painter.save()
            painter.setClipRect(QRectF(window.names, RULER, window.chart, LANE))
            for piece in self._people:
                box = self._box(piece, lane)
                paint.segment(painter, now, box, piece, "")
                if box.width() > 40:
                    painter.setPen(now.text)
                    painter.drawText(box.adjusted(6, 0, -4, 0), Qt.AlignmentFlag.AlignVCenter, piece.words)
            painter.restore()
        painter.setPen(now.line)
        painter.drawLine(QPointF(0, self._top - 0.5), QPointF(width, self._top - 0.5))

    def _box(self, piece: Segment, row: QRectF) -> QRectF:
        left = self._window.x(self.times.drawn(piece.start))
        right = self._window.x(self.times.drawn(piece.end if piece.end is not None else self._now))
        return QRectF(left, row.top() + 5, max(2.5, right - left), row.height() - 10)

    def _folds(self, chart: QRectF) -> list[tuple[QRectF, Stretch]]:
        found = []
        for one in self.times.stretches:
            if one.folded:
                left, right = self._window.x(one.drawn), self._window.x(one.drawn + one.width)
                if right > chart.left() and left < chart.right():
                    found.append(
                        (QRectF(max(left, chart.left()), 0, right - max(left, chart.left()), chart.height()), one)
                    )
        return found

    def _rules(self) -> list[tuple[float, Tick]]:
        """Ticks with their places: none in folded time, none whose label would meet the last one."""
        window, found = self._window, []
        free = window.names
        for one in self.times.stretches:
            left, right = window.x(one.drawn), window.x(one.drawn + one.width)
            if one.folded:
                free = max(free, (left + right) / 2 + 50)
                continue
            if right < window.names or left > window.width:
                continue
            begin = self.times.moment(max(one.drawn, window.drawn(window.names)))
            end = self.times.moment(min(one.drawn + one.width, window.drawn(window.width)))
            base = self._run.started
            for tick in ticks(begin - base, end - base, window.scale, _TICK_ROOM):
                x = window.x(self.times.drawn(base + tick.at))
                if (
                    x - _TICK_ROOM / 2 >= free
                    and x + _TICK_ROOM / 2 <= window.width
                    and x < right - (30 if one is not self.times.stretches[-1] else 0)
                ):
                    found.append((x, tick))
                    free = x + _TICK_ROOM / 2
        return found
