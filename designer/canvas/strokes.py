"""What the mouse may be doing while a button is down: pan, cut, select by a rubber band."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainterPath
from PySide6.QtWidgets import QRubberBand

from designer.canvas.box import Box
from designer.canvas.card import Card
from designer.canvas.gestures import Disconnect
from designer.canvas.stage import Stage
from designer.canvas.wire import Wire

MODS = Qt.KeyboardModifier
Mods = Qt.KeyboardModifier
START_PX = 4
"""So far the mouse moves before a press becomes a drag."""


class Drag:
    """One thing that the mouse does between press and release. Places are in the drawing, spots in the view."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def move(self, spot: QPoint, place: QPointF, mods: Mods) -> None:
        """The mouse moved."""

    def drop(self, spot: QPoint, place: QPointF, mods: Mods) -> None:
        """The button was let go."""

    def cancel(self) -> None:
        """Escape, or the document changed so that this cannot go on."""

    def rendered(self) -> bool:
        """The document changed meanwhile; whether this can go on."""
        return True


class Pan(Drag):
    """The drawing under the hand."""

    def __init__(self, stage: Stage, spot: QPoint) -> None:
        super().__init__(stage)
        self._last = spot
        stage.view.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)

    def move(self, spot: QPoint, place: QPointF, mods: Mods) -> None:
        self.stage.view.pan_by(self._last.x() - spot.x(), self._last.y() - spot.y())
        self._last = spot

    def drop(self, spot: QPoint, place: QPointF, mods: Mods) -> None:
        self.stage.view.viewport().unsetCursor()

    def cancel(self) -> None:
        self.stage.view.viewport().unsetCursor()


class Cut(Drag):
    """A stroke through wires removes them."""

    def __init__(self, stage: Stage, place: QPointF) -> None:
        super().__init__(stage)
        self._points = [place]
        self._hit: list[Wire] = []

    def move(self, spot: QPoint, place: QPointF, mods: Mods) -> None:
        self._points.append(place)
        line = self.stage.view.cut
        line.show_through(self._points)
        hit = [item for item in self.stage.view.scene().items(line.path()) if isinstance(item, Wire)]
        for wire in self._hit:
            if wire not in hit:
                self.stage.unmark(wire)
        for wire in hit:
            wire.set_mark("cut")
        self._hit = hit

    def drop(self, spot: QPoint, place: QPointF, mods: Mods) -> None:
        edges = tuple(wire.edge for wire in self._hit if wire.edge is not None)
        self.cancel()
        if edges:
            self.stage.report(Disconnect(edges))

    def cancel(self) -> None:
        for wire in self._hit:
            self.stage.unmark(wire)
        self._hit = []
        self.stage.view.cut.setVisible(False)

    def rendered(self) -> bool:
        self._hit = [wire for wire in self._hit if wire.edge is not None and wire.scene() is not None]
        return True


class Band(Drag):
    """Everything that a rectangle touches is selected; with Shift or Ctrl it is added."""

    def __init__(self, stage: Stage, spot: QPoint, mods: Mods) -> None:
        super().__init__(stage)
        self._from = stage.view.mapToScene(spot)
        self._before = stage.selected() if mods & (MODS.ShiftModifier | MODS.ControlModifier) else ()
        if not self._before:
            stage.select(())
        self._band = QRubberBand(QRubberBand.Shape.Rectangle, stage.view.viewport())

    def move(self, spot: QPoint, place: QPointF, mods: Mods) -> None:
        start = self.stage.view.mapFromScene(self._from)
        area = QRect(start, QSize()).united(QRect(start, spot).normalized())
        self._band.setGeometry(area)
        if max(area.width(), area.height()) <= START_PX:
            return
        self._band.show()
        path = QPainterPath()
        path.addRect(QRectF(self._from, place).normalized())
        inside = [item for item in self.stage.view.scene().items(path) if isinstance(item, (Card, Box))]
        whole = QRectF(self._from, place).normalized()
        keys = [
            item.id for item in inside if isinstance(item, Card) or not item.is_frame or whole.contains(item.area())
        ]
        self.stage.select({*self._before, *keys})

    def drop(self, spot: QPoint, place: QPointF, mods: Mods) -> None:
        self.cancel()

    def cancel(self) -> None:
        self._band.hide()
        self._band.deleteLater()
