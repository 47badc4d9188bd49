"""The window on the drawing: hands what mouse and keys do to `hand`, and keeps NodeGraphQt from acting on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QGraphicsView, QWidget

from designer.canvas.camera import Camera
from designer.canvas.card_item import FARTHER
from designer.canvas.port import Port
from designer.canvas.wire import CutLine, HeldWire, Wire
from designer.theme import tokens


class Handler(Protocol):
    """Who takes what mouse and keys do."""

    def press(self, event: QMouseEvent) -> None: ...
    def move(self, event: QMouseEvent) -> None: ...
    def release(self, event: QMouseEvent) -> None: ...
    def double(self, event: QMouseEvent) -> None: ...
    def key(self, event: QKeyEvent) -> bool: ...
    def key_up(self, event: QKeyEvent) -> bool: ...
    def menu(self, event: QContextMenuEvent) -> None: ...
    def drop(self, event: QDropEvent) -> None: ...
    def away(self) -> None: ...


class View(Camera):
    """Every event that changes something in NodeGraphQt ends here."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.hand: Handler | None = None
        self.takes_drops = True
        self.far_painter: Callable[[QPainter], None] | None = None
        super().__init__(parent)
        self.setObjectName("canvas")
        scene = self.scene()
        for name, mine in (("_LIVE_PIPE", HeldWire()), ("_SLICER_PIPE", CutLine())):
            scene.removeItem(getattr(self, name))
            setattr(self, name, mine)
            scene.addItem(mine)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    @property
    def held(self) -> HeldWire:
        """The wire in the hand."""
        found: HeldWire = self._LIVE_PIPE
        return found

    @property
    def cut(self) -> CutLine:
        """The cutting stroke."""
        found: CutLine = self._SLICER_PIPE
        return found

    # ---- what NodeGraphQt calls
    def establish_connection(self, start_port: Port, end_port: Port) -> None:
        """Draw a wire between two ports (`Port.connect_to` of NodeGraphQt)."""
        out, into = (start_port, end_port) if start_port.slot.side == "out" else (end_port, start_port)
        wire = Wire()
        wire._output_port, wire._input_port = out, into
        out.wires.append(wire)
        into.wires.append(wire)
        wire.draw_path()
        wire.restyle()
        self.scene().addItem(wire)

    def tab_search_toggle(self) -> None:
        """Quick add is ours: the base class's menu blocks, and fails on "("."""

    def sceneMousePressEvent(self, event: object) -> None: ...

    def sceneMouseMoveEvent(self, event: object) -> None: ...

    def sceneMouseReleaseEvent(self, event: object) -> None: ...

    def focusInEvent(self, event: QFocusEvent) -> None:
        QGraphicsView.focusInEvent(self, event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        QGraphicsView.focusOutEvent(self, event)
        if self.hand is not None:
            self.hand.away()

    # ---- paint
    def paintEvent(self, event: QPaintEvent) -> None:
        if self.zoom >= FARTHER or self.far_painter is None:
            QGraphicsView.paintEvent(self, event)
            return
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), tokens().canvas)
        painter.setWorldTransform(self.viewportTransform())
        self.far_painter(painter)
        painter.end()

    # ---- mouse and keys
    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave and self.hand is not None:
            self.hand.away()
        return super().viewportEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.hand is not None:
            self.hand.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.hand is not None:
            self.hand.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.hand is not None:
            self.hand.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.hand is not None:
            self.hand.double(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.hand is not None:
            self.hand.menu(event)

    def focusNextPrevChild(self, forwards: bool) -> bool:
        return False  # Tab opens quick add

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.hand is None or not self.hand.key(event):
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if self.hand is None or not self.hand.key_up(event):
            event.ignore()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self.takes_drops and (event.mimeData().hasUrls() or event.mimeData().hasText()):
            event.acceptProposedAction()
        else:
            event.ignore()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        if self.hand is not None:
            self.hand.drop(event)
