"""One node on the canvas: what it knows, its layout, and when it must be drawn again. `card_face` draws it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainterPath
from PySide6.QtWidgets import QGraphicsItem

from designer.canvas.ngqt import Z_CARD, AbstractNodeItem
from designer.canvas.port import Port
from designer.canvas.slots import Border, Side, Slot
from designer.canvas.sprites import Sprites
from designer.canvas.wire import Wire
from designer.engine_link.faces import Face
from engine.workflow.model import Mode

WIDTH, COMPACT, HEAD, ROW, LINE, STRIP, MARGIN = 256.0, 200.0, 60.0, 24.0, 16.0, 32.0, 18.0
FAR, FARTHER = 0.40, 0.16
"""Below these scales a card is a large title, then a block of colour."""
REST = Face()


class CardItem(AbstractNodeItem):
    """Everything about a card but its looks."""

    # As Qt's own, so that Shiboken calls no Python: `place` and `set_selected` do what is to be done.
    itemChange = QGraphicsItem.itemChange

    def __init__(self, name: str = "", parent: QGraphicsItem | None = None) -> None:
        QGraphicsItem.__init__(self, parent)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsSelectable, True)
        self.setZValue(Z_CARD)
        self._properties: dict[str, Any] = {"id": "", "name": name, "type_": "", "selected": False, "disabled": False}
        self.title = self.subtitle = self.note = ""
        self.category, self.icon = "missing", "circle-help"
        self.mode: Mode = "on"
        self.missing = self.compact = False
        self.face: Face = REST
        self.problems = 0
        self.problem_error = False
        self.faded = self.hovered = False
        self.breath = 0.5
        self.ports: dict[tuple[Side, str], Port] = {}
        self.sprites: Sprites | None = None
        self.node: Any = None
        self._width, self._height = WIDTH, HEAD
        self.place_now = (0.0, 0.0)
        self.preview_y = self.strip_y = 0.0
        self._area = QRectF(0, 0, WIDTH, HEAD)

    # ---- what NodeGraphQt asks of a node's item
    def add_input(self, name: str, *_: object) -> Port:
        """The port that the renderer has made for this slot."""
        return self.ports["in", name]

    def add_output(self, name: str, *_: object) -> Port:
        """The port that the renderer has made for this slot."""
        return self.ports["out", name]

    @property
    def inputs(self) -> list[Port]:
        """Ports on which wires end."""
        return [port for (side, _), port in self.ports.items() if side == "in"]

    @property
    def outputs(self) -> list[Port]:
        """Ports from which wires start."""
        return [port for (side, _), port in self.ports.items() if side == "out"]

    @property
    def widgets(self) -> dict[str, Any]:
        """None are ever embedded: they made a canvas of 100 nodes heavy."""
        return {}

    @property
    def name(self) -> str:
        """NodeGraphQt's name of it, which nobody sees."""
        return str(self._properties["name"])

    @name.setter
    def name(self, value: str) -> None:
        self._properties["name"] = value

    @property
    def layout_direction(self) -> int:
        """Always from left to right."""
        return 0

    @layout_direction.setter
    def layout_direction(self, value: int) -> None:
        """NodeGraphQt writes it."""

    @property
    def visible(self) -> bool:
        """Always."""
        return True

    @visible.setter
    def visible(self, value: bool) -> None:
        """NodeGraphQt writes it."""

    def from_dict(self, data: object) -> None:
        """Nothing: the document is the model."""

    def post_init(self, viewer: object = None, pos: Sequence[float] | None = None) -> None:
        """It is in the scene now."""
        if pos:
            self.place(pos[0], pos[1])

    def draw_node(self) -> None:
        """Called when ports were added."""

    # ---- place and size
    def set_slots(self, slots: Sequence[Slot]) -> None:
        """Make a port item for each slot; the former ones are gone from the scene already."""
        self.ports = {(slot.side, slot.name): Port(self, slot) for slot in slots}

    def place(self, x: float, y: float) -> None:
        """Stand here; wires follow."""
        self.setPos(x, y)
        self.place_now = (x, y)
        self._area = QRectF(x, y, self._width, self._height)
        self.redraw_wires()

    def area(self) -> QRectF:
        """The card in the drawing."""
        return self._area

    def redraw_wires(self) -> None:
        """Let all wires of its ports follow."""
        for wire in self.wires():
            wire.draw_path()

    def wires(self) -> Iterator[Wire]:
        """All wires that touch it."""
        for port in self.ports.values():
            yield from port.wires

    def has_strip(self) -> bool:
        """Whether the line of state is shown: a drawing at rest has none."""
        return bool(self.face.words) or self.face.status not in ("idle", "disabled")

    def lay_out(self) -> None:
        """Work out rows, preview and strip, and put ports in their places."""
        by: dict[Border, list[Port]] = {"left": [], "right": [], "top": [], "bottom": []}
        for port in self.ports.values():
            by[port.slot.border].append(port)
        rows = 0 if self.compact else max(len(by["left"]), len(by["right"]))
        width = COMPACT if self.compact else WIDTH
        y = HEAD + rows * ROW + (4 if rows else -4)
        self.preview_y = y
        preview = () if self.compact else self.face.preview[:3]
        if preview:
            y += 12 + LINE * len(preview) + 8
        self.strip_y = y
        height = y + (STRIP if self.has_strip() else 8 if rows or preview else 0)
        if (width, height) != (self._width, self._height):
            self.prepareGeometryChange()
            self._width, self._height = width, height
        self._set_ports(by, width, height)
        self._area = QRectF(self.x(), self.y(), width, height)
        self.refresh()
        self.redraw_wires()

    def _set_ports(self, by: dict[Border, list[Port]], width: float, height: float) -> None:
        for border, x in (("left", 0.0), ("right", width)):
            for i, port in enumerate(by["left" if border == "left" else "right"]):
                y = HEAD + ROW * i + ROW / 2
                port.setPos(x, min(y, height / 2) if self.compact else y)
        tools = [port for port in by["bottom"] if port.slot.role != "error"]
        for i, port in enumerate(tools):
            port.setPos(width * (i + 1) / (len(tools) + 1), height)
        for port in by["bottom"]:
            if port.slot.role == "error":
                port.setPos(width - 28, height)
        for i, port in enumerate(by["top"]):
            port.setPos(width * (i + 1) / (len(by["top"]) + 1), 0)

    def next_row(self) -> float:
        """The height, in the card, at which a further input would stand."""
        rows = sum(port.slot.border == "left" for port in self.ports.values())
        return HEAD + ROW * rows + ROW / 2 if not self.compact else self._height / 2

    def roomy_size(self) -> tuple[float, float]:
        """The size it may grow to in a run, so that a tidy drawing stays tidy."""
        more = 0.0 if self.has_strip() else STRIP - 8
        if not self.compact and not self.face.preview:
            more += 12 + 3 * LINE + 8
        if any(port.slot.border == "bottom" and port.slot.role == "capability" for port in self.ports.values()):
            more += 24  # tools hang below, and their wires need a way
        return self._width, self._height + more

    def boundingRect(self) -> QRectF:
        return QRectF(-MARGIN, -MARGIN, self._width + 2 * MARGIN, self._height + 2 * MARGIN + 4)

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRect(0, 0, self._width, self._height)
        return path

    def title_rect(self) -> QRectF:
        """Where a double click renames."""
        return QRectF(54, 9, self._width - 54 - 14, 22)

    # ---- state
    def set_selected(self, on: bool) -> None:
        """Selected cards lie on top and wear a ring."""
        if on != self.isSelected():
            QGraphicsItem.setSelected(self, on)
            self.setZValue(Z_CARD + (1 if on else 0))
            self.refresh()

    def set_face(self, face: Face) -> bool:
        """How the run sees it; lays out again only when that changes its size, and says whether it did."""
        before, strip, self.face = self.face, self.has_strip(), face
        if strip != self.has_strip() or len(before.preview[:3]) != len(face.preview[:3]):
            self.lay_out()
            return True
        if face != before:
            self.refresh()
        return False

    def refresh(self) -> None:
        """Draw it again."""
        if self.sprites is not None:
            self.sprites.drop(self)
        self.update()
