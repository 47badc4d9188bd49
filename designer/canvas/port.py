"""A port on the canvas: where a wire ends and what the mouse meets. The card paints it."""

from __future__ import annotations

from typing import Any, Protocol

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPainterPath
from PySide6.QtWidgets import QGraphicsItem, QGraphicsScene, QStyleOptionGraphicsItem, QWidget

from designer.canvas.ngqt import Z_PORT, PortItem
from designer.canvas.slots import Slot

GRIP = 13.0
"""Half the side of the square in which a port is met."""


class Owner(Protocol):
    """What ports and wires ask of their card."""

    id: str

    def area(self) -> QRectF:
        """The card in the drawing."""
        ...

    def pos(self) -> QPointF:
        """Its top left."""
        ...

    def scene(self) -> QGraphicsScene:
        """Where it is drawn."""
        ...


class Port(PortItem):
    """Has no contents of its own, so Qt never calls Python to paint it."""

    # As Qt's own, so that Shiboken calls no Python: the base class redraws wires for each port that moved; the card
    # does that once.
    itemChange = QGraphicsItem.itemChange

    def __init__(self, card: Owner, slot: Slot) -> None:
        assert isinstance(card, QGraphicsItem)
        QGraphicsItem.__init__(self, card)  # the base class makes a tool tip and a cache for each port
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemHasNoContents, True)
        self.setZValue(Z_PORT)
        self.card: Owner = card
        self.slot = slot
        self.faded = self.offered = self.hot = False
        # What NodeGraphQt reads and writes.
        self._pipes: list[Any] = []
        self._name, self._port_type = slot.name, slot.side
        self._multi_connection, self._locked, self._display_name, self._hovered = True, False, True, False
        self._color = self._border_color = (0, 0, 0, 255)

    @property
    def wires(self) -> list[Any]:
        """The wires that end here."""
        return self._pipes

    @property
    def multi_connection(self) -> bool:
        """NodeGraphQt's own rule: any number of wires; our rules are in `designer.document.wires`."""
        return True

    @multi_connection.setter
    def multi_connection(self, value: bool) -> None:
        """The base class writes a tool tip here."""

    @property
    def locked(self) -> bool:
        """NodeGraphQt's word; nothing is ever locked here."""
        return False

    @locked.setter
    def locked(self, value: bool) -> None:
        """The base class writes a tool tip here."""

    def boundingRect(self) -> QRectF:
        return QRectF(-GRIP, -GRIP, 2 * GRIP, 2 * GRIP)

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRect(self.boundingRect())
        return path

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Never called."""

    def connect_to(self, port: Any) -> None:
        """Draw a wire (`Port.connect_to` of NodeGraphQt)."""
        # Not `self.scene()`, as in the base class: PySide gives a child item that is asked for its scene to the scene,
        # and then the card lives on after it was deleted.
        scene: Any = self.card.scene()
        scene.viewer().establish_connection(self, port)
        self.update()
        port.update()

    def spot(self) -> QPointF:
        """Where wires end, in the drawing."""
        return self.card.pos() + self.pos()

    def __repr__(self) -> str:
        return f"Port({self.card.id}.{self.slot.name} {self.slot.side})"
