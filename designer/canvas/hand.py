"""What mouse, keys and drops on the drawing mean: one drag at a time, selection by clicks, the rest reported."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QContextMenuEvent, QDropEvent, QKeyEvent, QMouseEvent

from designer.canvas import clicks
from designer.canvas.box import Box
from designer.canvas.card import Card
from designer.canvas.hover import Hover
from designer.canvas.keys import Keys
from designer.canvas.moving import MoveItems, ResizeBox
from designer.canvas.port import Port
from designer.canvas.stage import Stage, Under
from designer.canvas.strokes import START_PX, Band, Cut, Drag, Mods, Pan
from designer.canvas.wire import Wire
from designer.canvas.wiring import HoldWire, pulled_end

BUTTON, MODS, CURSOR = Qt.MouseButton, Qt.KeyboardModifier, Qt.CursorShape
EDGE_PX, EDGE_STEP, EDGE_MS = 28, 14, 30
"""A drag near the border of the view moves the view."""


class Hand:
    """The `Handler` of the view."""

    def __init__(self, stage: Stage, hover: Hover) -> None:
        self.stage, self.hover, self.keys = stage, hover, Keys(stage)
        self.drag: Drag | None = None
        self.spot = stage.view.viewport().rect().center()
        self._mods = MODS.NoModifier
        self._space = False
        self._pressed: tuple[QPoint, Wire, Port] | None = None
        self._clicked: str | None = None
        self._edge_timer = QTimer(stage.view)
        self._edge_timer.setInterval(EDGE_MS)
        self._edge_timer.timeout.connect(self._creep)

    def stop(self) -> None:
        """No more timers."""
        self._edge_timer.stop()

    # ---- press
    def press(self, event: QMouseEvent) -> None:
        """A button went down: which drag, if any, begins."""
        stage, spot, mods = self.stage, event.position().toPoint(), event.modifiers()
        self.spot, self._mods = spot, mods
        self.hover.leave()
        self.cancel()
        stage.dismiss()
        place = stage.view.mapToScene(spot)
        if event.button() == BUTTON.MiddleButton or (event.button() == BUTTON.LeftButton and self._space):
            self.drag = Pan(stage, spot)
        elif event.button() == BUTTON.RightButton:
            if mods & MODS.ControlModifier and not stage.read_only:
                self.drag = Cut(stage, place)
        elif event.button() == BUTTON.LeftButton:
            both = MODS.AltModifier | MODS.ShiftModifier
            if mods & both == both and not stage.read_only:
                self.drag = Cut(stage, place)
            else:
                self._grab(spot, place, mods)

    def _grab(self, spot: QPoint, place: QPointF, mods: Mods) -> None:
        stage, under = self.stage, self.stage.under(place)
        adds = bool(mods & (MODS.ShiftModifier | MODS.ControlModifier))
        if isinstance(under, Port) and not stage.read_only:
            self.drag = HoldWire(stage, under)
        elif isinstance(under, Wire):
            stage.select(())
            stage.pick(under)
            far = pulled_end(under, place)
            if far is not None and not stage.read_only:
                self._pressed = (spot, under, far)
        elif isinstance(under, Box) and under.corner().contains(place - under.pos()) and not stage.read_only:
            self.drag = ResizeBox(stage, place, under)
        elif isinstance(under, (Card, Box, Port)):
            item = stage.drawing.cards[under.card.id] if isinstance(under, Port) else under
            self._choose(item, adds)
            if not stage.read_only and item.isSelected():
                self.drag = MoveItems(stage, spot, item)
        else:
            self.drag = Band(stage, spot, mods)

    def _choose(self, item: Card | Box, adds: bool) -> None:
        stage, chosen = self.stage, set(self.stage.selected())
        self._clicked = None
        if adds:
            stage.select(chosen ^ {item.id})
        elif not item.isSelected():
            stage.select([item.id])
        else:
            stage.pick(None)
            if len(chosen) > 1:
                self._clicked = item.id  # a click, not a drag, will select it alone

    # ---- move and release
    def move(self, event: QMouseEvent) -> None:
        """The mouse moved."""
        spot, mods = event.position().toPoint(), event.modifiers()
        self.spot, self._mods = spot, mods
        if self._pressed is not None and (spot - self._pressed[0]).manhattanLength() >= START_PX:
            _, wire, far = self._pressed
            self._pressed = None
            if wire.edge is not None:
                self.stage.pick(None)
                self.drag = HoldWire(self.stage, far, wire)
        if self.drag is not None:
            self._follow()
            if not isinstance(self.drag, Pan) and self._near_edge() != QPoint():
                if not self._edge_timer.isActive():
                    self._edge_timer.start()
        elif not event.buttons():
            self._look(self.stage.view.mapToScene(spot))

    def _follow(self) -> None:
        if self.drag is not None:
            self.drag.move(self.spot, self.stage.view.mapToScene(self.spot), self._mods)

    def _near_edge(self) -> QPoint:
        area, at = self.stage.view.viewport().rect(), self.spot
        dx = -1 if at.x() < EDGE_PX else 1 if at.x() > area.width() - EDGE_PX else 0
        dy = -1 if at.y() < EDGE_PX else 1 if at.y() > area.height() - EDGE_PX else 0
        return QPoint(dx, dy)

    def _creep(self) -> None:
        """The view goes along with a drag at its border."""
        way = self._near_edge()
        if self.drag is None or isinstance(self.drag, Pan) or way == QPoint():
            self._edge_timer.stop()
            return
        if isinstance(self.drag, MoveItems) and not self.drag.going:
            return
        self.stage.view.pan_by(way.x() * EDGE_STEP, way.y() * EDGE_STEP)
        self._follow()

    def release(self, event: QMouseEvent) -> None:
        """A button went up."""
        spot = event.position().toPoint()
        self.spot, self._mods = spot, event.modifiers()
        self._edge_timer.stop()
        self._pressed = None
        drag, self.drag = self.drag, None
        if drag is not None:
            drag.drop(spot, self.stage.view.mapToScene(spot), event.modifiers())
        if self._clicked is not None and (not isinstance(drag, MoveItems) or not drag.going):
            self.stage.select([self._clicked])
        self._clicked = None
        self._cursor(None)

    def cancel(self) -> bool:
        """Let go of everything; whether anything was held."""
        drag, self.drag = self.drag, None
        self._edge_timer.stop()
        self._pressed = self._clicked = None
        if drag is not None:
            drag.cancel()
        return drag is not None

    def rendered(self) -> None:
        """The document was drawn anew, perhaps with a button down."""
        self.hover.leave()
        self.stage.forget_gone()
        if self._pressed is not None and self._pressed[1].edge is None:
            self._pressed = None
        if self.drag is not None and not self.drag.rendered():
            self.cancel()
        elif self.drag is not None:
            self._follow()

    # ---- double click, menu, keys, drops
    def double(self, event: QMouseEvent) -> None:
        """The second press of a double click."""
        if event.button() == BUTTON.LeftButton:
            clicks.double(self.stage, self.stage.view.mapToScene(event.position().toPoint()))
        else:
            self.press(event)

    def menu(self, event: QContextMenuEvent) -> None:
        """A menu is asked for."""
        event.accept()
        if self.drag is None and not event.modifiers() & MODS.ControlModifier:
            clicks.menu(self.stage, event)

    def key(self, event: QKeyEvent) -> bool:
        """Whether the key was one of ours."""
        if event.key() == Qt.Key.Key_Escape:
            if self.cancel():
                return True
            if self.stage.picked is None and not self.stage.selected():
                return False
            self.stage.select(())
            return True
        if event.key() == Qt.Key.Key_Space and not event.modifiers():
            if not event.isAutoRepeat():
                self._space = True
                self.stage.view.viewport().setCursor(CURSOR.OpenHandCursor)
            return True
        return self.drag is None and self.keys.press(event)

    def key_up(self, event: QKeyEvent) -> bool:
        """The space bar was let go."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
            self._cursor(None)
            return True
        return False

    def drop(self, event: QDropEvent) -> None:
        """Something was dropped from elsewhere."""
        if not self.stage.read_only:
            clicks.drop(self.stage, event)

    def away(self) -> None:
        """The mouse or the focus left."""
        self._space = False
        self.hover.leave()

    # ---- looking
    def _look(self, place: QPointF) -> None:
        under = self.stage.under(place)
        self.hover.over(under, place)
        self._cursor(under, place)

    def _cursor(self, under: Under, place: QPointF | None = None) -> None:
        port = self.stage.view.viewport()
        if self._space:
            port.setCursor(CURSOR.OpenHandCursor)
        elif isinstance(under, Port) and not self.stage.read_only:
            port.setCursor(CURSOR.CrossCursor)
        elif isinstance(under, Box) and place is not None and under.corner().contains(place - under.pos()):
            port.setCursor(CURSOR.SizeFDiagCursor)
        elif isinstance(under, Wire):
            port.setCursor(CURSOR.PointingHandCursor)
        else:
            port.unsetCursor()
