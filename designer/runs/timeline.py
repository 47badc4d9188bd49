"""The timeline of a run: a line for each step, what it did when, and when people were asked."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from designer.resources import tr
from designer.runs.bars import Bar, Segment
from designer.runs.steps_rows import Plan
from designer.runs.timeline_bars import Bars, Place
from designer.runs.timeline_picture import Picture
from designer.runs.timeline_view import ROW, Window, hit
from designer.runs.words import seconds_text
from designer.theme import watcher
from designer.widgets import IconButton
from engine.observe.records import RunTrace, StepKey


class Timeline(QAbstractScrollArea):
    """Wheel zooms, drag moves, a click chooses a step, double-click or 0 shows all, F folds long waits."""

    chosen = Signal(str, object)  # run id, StepKey

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bars = Bars()
        self._window = Window()
        self._picture = Picture(self._bars, self._window, 0)
        self._grip: QPointF | None = None
        self._dragged = False
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Timeline of the run"))
        self.viewport().setMouseTracking(True)
        self.verticalScrollBar().setSingleStep(ROW)
        self.fold_button = IconButton("fold-vertical", tr("Fold long waits"), "F", self.viewport())
        self.fold_button.setCheckable(True)
        self.fold_button.setChecked(True)
        self.fit_button = IconButton("maximize", tr("Show all of it"), "0", self.viewport())
        for place, part in enumerate((self.fold_button, self.fit_button)):
            part.setFixedSize(22, 22)
            part.move(8 + 24 * place, 2)
        self.fold_button.toggled.connect(self.set_folds)
        self.fit_button.clicked.connect(self.show_all)
        watcher().changed.connect(self.viewport().update)

    # ---- what it shows
    @property
    def bars(self) -> list[Bar]:
        """The lines, in the order in which the steps began."""
        return self._bars.lines

    @property
    def has_folds(self) -> bool:
        """Whether a long wait is folded now."""
        return self._bars.times.has_folds

    def show_run(self, run: RunTrace, plan: Plan, now: float) -> None:
        """Another run, or another moment of it."""
        if run.run != self._bars.run.run:
            self._window.fits = True
            self.verticalScrollBar().setValue(0)
        self._bars.show(run, plan, now)
        self._settle()

    def update_steps(self, run: RunTrace, keys: Iterable[StepKey], now: float) -> None:
        """These steps have changed, or are new."""
        if run.run == self._bars.run.run:
            self._bars.update(run, keys, now)
            self._settle()

    def tick(self, now: float) -> None:
        """Time has passed."""
        if self._bars.pass_time(now):
            self.viewport().update()

    def select(self, run: str, step: StepKey | None) -> None:
        """Mark a step and bring it into view."""
        self._picture.selected = (run, step) if step is not None else None
        place = self._bars.place(self._picture.selected)
        bar, room = self.verticalScrollBar(), self._room()
        if place >= 0:
            bar.setValue(max(min(bar.value(), place * ROW), (place + 1) * ROW - room))
        self.viewport().update()

    def show_all(self) -> None:
        """Zoom out until all of it is to be seen."""
        self._window.fits = True
        self.viewport().update()

    def set_folds(self, folds: bool) -> None:
        """Whether long waits are folded."""
        self._bars.fold(folds)
        self.fold_button.setChecked(folds)
        self._window.fits = True
        self.viewport().update()

    def card_text(self, row: int, piece: Segment) -> str:
        """What the hover card says of a segment."""
        kind = {
            "run": tr("at work"), "failed": tr("attempt failed"), "backoff": tr("waits for the next attempt"),
            "person": tr("a person is asked"), "sleep": tr("sleeps"), "interrupted": tr("interrupted"),
            "children": tr("child runs at work"), "rounds": tr("goes round"), "instant": tr("decided at once"),
        }[piece.kind]  # fmt: skip
        until = piece.end if piece.end is not None else self._bars.now
        name = self._bars.name(self.bars[row])
        since = tr("{time} after the start").format(time=seconds_text(piece.start - self._bars.run.started))
        lines = [name, f"{kind} · {seconds_text(until - piece.start)}", since, piece.words]
        return "\n".join(line for line in lines if line)

    def _settle(self) -> None:
        bar, room = self.verticalScrollBar(), self._room()
        bar.setRange(0, max(0, len(self.bars) * ROW - room))
        bar.setPageStep(room)
        self.viewport().update()

    def _room(self) -> int:
        return max(ROW, self.viewport().height() - self._picture.top)

    # ---- people
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._window.resize(self.viewport().width())
        self._picture.height = self.viewport().height()
        self._settle()

    def wheelEvent(self, event: QWheelEvent) -> None:
        at, turn = event.position(), event.angleDelta()
        length = self._bars.times.length
        shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if at.x() <= self._window.names:
            self.verticalScrollBar().setValue(self.verticalScrollBar().value() - turn.y() // 2)
        elif shifted or abs(turn.x()) > abs(turn.y()):
            self._window.fits = False
            self._window.pan(-(turn.x() or turn.y()) * 0.5, length)
        else:
            self._window.zoom(1.0015 ** turn.y(), at.x(), length)
        self.viewport().update()
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._grip, self._dragged = event.position(), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self._grip is None:
            self._tell(at, event)
            return
        by = self._grip - at
        if not self._dragged and by.manhattanLength() < 6:
            return
        self._dragged, self._grip = True, at
        self._window.fits = False
        self._window.pan(by.x(), self._bars.times.length)
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() + round(by.y()))
        self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        row = self._picture.row_at(event.position().y())
        if self._grip is not None and not self._dragged and 0 <= row < len(self.bars):
            self._choose(row)
        self._grip = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.show_all()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        middle, length = self._window.names + self._window.chart / 2, self._bars.times.length
        place = self._bars.place(self._picture.selected)
        match event.key():
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self._window.zoom(1.4, middle, length)
            case Qt.Key.Key_Minus:
                self._window.zoom(1 / 1.4, middle, length)
            case Qt.Key.Key_0:
                self.show_all()
            case Qt.Key.Key_F:
                self.set_folds(not self._bars.folds)
            case Qt.Key.Key_Left | Qt.Key.Key_Right:
                self._window.pan(-60 if event.key() == Qt.Key.Key_Left else 60, length)
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

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        self._picture.scroll = self.verticalScrollBar().value()
        self._picture.draw(painter)
        painter.end()

    def _choose(self, row: int) -> None:
        bar = self.bars[row]
        self.select(bar.run, bar.step)
        self.chosen.emit(bar.run, bar.step)

    def _tell(self, at: QPointF, event: QMouseEvent) -> None:
        row = self._picture.row_at(at.y())
        piece = hit(self._bars, self._window, row, at.x()) if at.x() > self._window.names else None
        if piece is None:
            QToolTip.hideText()
            return
        QToolTip.showText(event.globalPosition().toPoint(), self.card_text(row, piece), self.viewport())


__all__ = ["Place", "Timeline"]
