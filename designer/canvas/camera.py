"""The window's transform: pan, zoom, fit, wheel, fingers. Scale 1.0 is exact; nothing is refitted while panning."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QGuiApplication,
    QNativeGestureEvent,
    QPainter,
    QPen,
    QPolygonF,
    QResizeEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QGestureEvent, QGraphicsScene, QGraphicsView, QPinchGesture, QWidget

from designer.canvas.ngqt import NodeViewer
from designer.theme import tokens

ZOOM_LEAST, ZOOM_MOST, GRID, SETTLE_MS = 0.05, 3.0, 24.0, 110
WORLD = QRectF(-1e6, -1e6, 2e6, 2e6)


class Camera(NodeViewer):
    """NodeGraphQt's viewer with a transform of its own and a grid of dots."""

    moved = Signal()
    """Another part is seen, or at another scale."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.zoom = 1.0
        self.settled: Callable[[bool], None] = lambda still: None
        self._dots = (0.0, 0, 0, QPolygonF())
        self._whole: Callable[[], QRectF] | None = None
        self._fitted = (0.0, 0, 0)
        super().__init__(parent)  # no undo stack: its menu would take Ctrl+Z from the window
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self.rest)
        self.scene().setItemIndexMethod(QGraphicsScene.ItemIndexMethod.BspTreeIndex)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setSceneRect(WORLD)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.SmartViewportUpdate)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontAdjustForAntialiasing, True)
        self.setCacheMode(QGraphicsView.CacheModeFlag.CacheNone)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.viewport().grabGesture(Qt.GestureType.PinchGesture)

    # ---- what NodeGraphQt calls
    def _update_scene(self) -> None:
        """The base class fits the view anew, with a margin: a scale of .743 and blurred text."""

    def get_zoom(self) -> float:
        """NodeGraphQt counts from 0."""
        return self.zoom - 1.0

    def scene_rect(self) -> list[float]:
        """What is seen, as NodeGraphQt writes it."""
        seen = self.seen()
        return [seen.x(), seen.y(), seen.width(), seen.height()]

    def resizeEvent(self, event: QResizeEvent) -> None:
        QGraphicsView.resizeEvent(self, event)
        # whoever saw everything still does when a panel opens beside it, unless something is in the hand
        if self._whole and self._fitted == self._place() and not QGuiApplication.mouseButtons():
            self.look_at_all(self._whole)
        self.moved.emit()

    # ---- where
    def seen(self) -> QRectF:
        """The part of the drawing that is seen."""
        return self.mapToScene(self.viewport().rect()).boundingRect()

    def zoom_at(self, zoom: float, at: QPoint | None = None) -> None:
        """Another scale; what is at this point of the view stays there."""
        spot = at if at is not None else self.viewport().rect().center()
        before = self.mapToScene(spot)
        self._set_zoom(zoom)
        after = self.mapFromScene(before)
        self.pan_by(after.x() - spot.x(), after.y() - spot.y())

    def _set_zoom(self, zoom: float) -> None:
        self.zoom = max(ZOOM_LEAST, min(ZOOM_MOST, zoom))
        if abs(self.zoom - 1.0) < 0.02:
            self.zoom = 1.0
        self.settled(False)
        self._settle.start()
        self.setTransform(QTransform.fromScale(self.zoom, self.zoom))
        self.moved.emit()

    def rest(self) -> None:
        """The zoom has come to rest: pictures are made sharp again."""
        self.settled(True)
        self.viewport().update()

    def pan_by(self, dx: float, dy: float) -> None:
        """Move the view by pixels."""
        across, down = self.horizontalScrollBar(), self.verticalScrollBar()
        across.setValue(across.value() + round(dx))
        down.setValue(down.value() + round(dy))
        self.moved.emit()

    def look_at_all(self, whole: Callable[[], QRectF]) -> None:
        """Show everything, also when the window's size changes before one looks elsewhere."""
        self._whole = whole
        self.look_at(whole())
        self._fitted = self._place()

    def _place(self) -> tuple[float, int, int]:
        return self.zoom, self.horizontalScrollBar().value(), self.verticalScrollBar().value()

    def look_at(self, area: QRectF, most: float = 1.0, margin: float = 56.0) -> None:
        """Show all of this, no larger than `most`."""
        size = self.viewport().size()
        margin = min(margin, max(20.0, 0.06 * min(size.width(), size.height())))
        room = area.adjusted(-1, -1, 1, 1)
        wide = max(80.0, size.width() - 2 * margin) / room.width()
        high = max(60.0, size.height() - 2 * margin) / room.height()
        self._set_zoom(min(most, wide, high))
        self.settled(True)
        self.look_to(area.center())

    def look_to(self, place: QPointF) -> None:
        """Bring a place into the middle."""
        at, middle = self.mapFromScene(place), self.viewport().rect().center()
        self.pan_by(at.x() - middle.x(), at.y() - middle.y())

    # ---- grid
    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        t = tokens()
        painter.fillRect(rect, t.canvas)
        step = GRID
        while step * self.zoom < 18:
            step *= 2
        seen = self.seen()
        x, y = (seen.left() // step) * step, (seen.top() // step) * step
        across, down = int(seen.width() // step) + 2, int(seen.height() // step) + 2
        if self._dots[:3] != (step, across, down):
            dots = QPolygonF([QPointF(i * step, j * step) for j in range(down) for i in range(across)])
            self._dots = (step, across, down, dots)
        pen = QPen(t.dot, 2.0)
        pen.setCosmetic(True)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(pen)
        painter.translate(x, y)
        painter.drawPoints(self._dots[3])
        painter.translate(-x, -y)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)

    # ---- wheel and fingers
    def wheelEvent(self, event: QWheelEvent) -> None:
        pixels, angle, keys = event.pixelDelta(), event.angleDelta(), event.modifiers()
        if keys & Qt.KeyboardModifier.ShiftModifier:
            self.pan_by(-(angle.y() or angle.x()), 0)
        elif not pixels.isNull() and not keys & Qt.KeyboardModifier.ControlModifier:
            self.pan_by(-pixels.x(), -pixels.y())  # two fingers on a touch pad
        elif angle.y():
            self.zoom_at(self.zoom * 1.0015 ** angle.y(), event.position().toPoint())
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QGestureEvent):
            pinch = event.gesture(Qt.GestureType.PinchGesture)
            if isinstance(pinch, QPinchGesture):
                self.zoom_at(self.zoom * pinch.scaleFactor(), self.viewport().mapFromGlobal(pinch.hotSpot().toPoint()))
                event.accept(pinch)
                return True
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self.zoom_at(self.zoom * (1.0 + event.value()), event.position().toPoint())
            return True
        return QGraphicsView.viewportEvent(self, event)
