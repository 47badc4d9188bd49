"""Wires: painted in C++ from a pen and a path; what they look like follows from their ports and the run."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsPathItem

from designer.canvas.ngqt import Z_HELD, Z_WIRE, PipeItem
from designer.canvas.paths import LONG, Ways, leads_back, wire_path
from designer.canvas.port import Port
from designer.canvas.slots import Border, Role
from designer.theme import Tokens, tokens
from engine.workflow.model import Edge

Mode = Literal["idle", "passed", "flow", "dead"]
"""What a run says of a wire: nothing, data passed, data is on its way into a running node, never again."""
Mark = Literal["", "hover", "picked", "target", "cut"]
"""What the hand says of it; wins over the mode."""

OPPOSITE: dict[Border, Border] = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}


class Wire(PipeItem):
    """One edge on screen. No arrow child, never Qt-selected: `Canvas` keeps the picked wire."""

    def __init__(self) -> None:
        QGraphicsPathItem.__init__(self)
        self.setZValue(Z_WIRE)
        self.set_cached(True)
        self.edge: Edge | None = None
        self.mode: Mode = "idle"
        self.mark: Mark = ""
        self.dimmed = self.near = False
        self.line = QLineF()
        self.wanders = False
        """Its way depends on other cards than those at its ends."""
        self.ways: Ways | None = None
        # What NodeGraphQt reads and writes.
        self._input_port: Port | None = None
        self._output_port: Port | None = None
        self._color, self._style, self._active, self._highlight = (0, 0, 0, 255), 0, False, False

    # Both as Qt's own, so that Shiboken calls no Python for them.
    itemChange = QGraphicsItem.itemChange
    paint = QGraphicsPathItem.paint

    @property
    def source(self) -> Port:
        """The output that it leaves."""
        assert self._output_port is not None
        return self._output_port

    @property
    def target(self) -> Port:
        """The input that it enters."""
        assert self._input_port is not None
        return self._input_port

    def draw_path(self, start_port: object = None, end_port: object = None, cursor_pos: object = None) -> None:
        """Follow the two ports."""
        a, b = self._output_port, self._input_port
        if a is None or b is None:
            return
        start, end = a.spot(), b.spot()
        self.line = QLineF(start, end)
        leaves, enters, but = a.slot.border, b.slot.border, (a.card.id, b.card.id)
        self.wanders = leads_back(start, leaves, end, enters) or end.x() - start.x() > LONG
        self.setPath(wire_path(start, leaves, end, enters, a.card.area(), b.card.area(), self.ways, but))

    def away(self, place: QPointF) -> float:
        """How far its line is from a place."""
        path = self.path()
        return min((path.pointAtPercent(i / 48) - place).manhattanLength() for i in range(49))

    def restyle(self) -> None:
        """Take the pen that the ports, the run and the hand ask for."""
        self.setPen(wire_pen(tokens(), self))

    def set_cached(self, on: bool) -> None:
        """Keep its picture: anti-aliased strokes are most of a frame. While the zoom moves, each would be made anew."""
        cache = QGraphicsItem.CacheMode
        self.setCacheMode(cache.DeviceCoordinateCache if on else cache.NoCache)

    def set_mode(self, mode: Mode, dimmed: bool = False) -> None:
        """What the run says of it."""
        if (mode, dimmed) != (self.mode, self.dimmed):
            self.mode, self.dimmed = mode, dimmed
            self.restyle()

    def set_near(self, near: bool) -> None:
        """Whether one of its nodes is selected."""
        if near != self.near:
            self.near = near
            self.restyle()

    def set_mark(self, mark: Mark) -> None:
        """What the hand says of it."""
        if mark != self.mark:
            self.mark = mark
            self.setZValue(Z_WIRE + (0.5 if mark else 0.0))
            self.restyle()

    # NodeGraphQt calls these when nodes are selected; our marks do that.
    def activate(self) -> None:
        """Nothing."""

    def highlight(self) -> None:
        """Nothing."""

    def reset(self) -> None:
        """Nothing."""

    def set_pipe_styling(self, color: object, width: int = 2, style: int = 0) -> None:
        """Nothing: `restyle` knows."""

    def __repr__(self) -> str:
        return f"Wire({self.edge})"


def wire_colour(t: Tokens, port: Port) -> QColor:
    """The colour of what leaves this port."""
    if port.slot.role == "error":
        return t.danger
    if port.slot.role == "hand_off":
        return t.category["Models"]
    return t.kind.get(port.slot.type, t.kind["any"])


def wire_pen(t: Tokens, wire: Wire) -> QPen:
    """Value wires are plain lines, tools dashed, errors thin and red, hand-offs heavy with long dashes."""
    color = wire_colour(t, wire.source).rgba()
    return _pen(t.name, color, wire.source.slot.role, wire.mode, wire.mark, wire.dimmed, wire.near)


@lru_cache(maxsize=512)
def _pen(scheme: str, rgba: int, role: Role, mode: Mode, mark: Mark, dimmed: bool, near: bool) -> QPen:
    t, color, width = tokens(), QColor.fromRgba(rgba), 2.0
    if role == "error":
        width = 1.6
    elif role == "hand_off":
        width = 2.6
    if mark:
        color = QColor(t.danger if mark == "cut" else t.accent if mark != "hover" else color)
        width += 1.4
    elif near:
        width += 0.8
    elif mode == "dead" or dimmed:
        color.setAlpha(70 if t.name == "light" else 55)
    elif mode == "idle":
        color.setAlpha(t.wire_idle)
    else:
        width += 0.6
    pen = QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    if role == "capability":
        pen.setDashPattern([2.6, 3.0])
    elif role == "hand_off":
        pen.setDashPattern([6, 2.4])
    elif mode == "flow":
        pen.setDashPattern([5, 3.2])
    elif mode == "dead":
        pen.setDashPattern([1.5, 3.5])
    return pen


class HeldWire(QGraphicsPathItem):
    """The wire in the hand."""

    shift_selected = False  # NodeGraphQt asks

    def __init__(self) -> None:
        super().__init__()
        self.setZValue(Z_HELD)
        self.setVisible(False)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def show_from(self, port: Port, to: QPointF, border: Border | None = None, bad: bool = False) -> None:
        """From a port to the mouse, or to the `border` of the card that it snapped to."""
        near, far = port.slot.border, border or OPPOSITE[port.slot.border]
        spot = port.spot()
        if port.slot.side == "out":
            self.setPath(wire_path(spot, near, to, far, port.card.area()))
        else:
            self.setPath(wire_path(to, far, spot, near, None, port.card.area()))
        t = tokens()
        pen = QPen(t.danger if bad else wire_colour(t, port), 2.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
        if border is None:
            pen.setDashPattern([4, 3])
        self.setPen(pen)
        self.setVisible(True)

    def reset_path(self) -> None:
        """Nothing is held."""
        self.setPath(QPainterPath())


class CutLine(QGraphicsPathItem):
    """The stroke that cuts wires."""

    def __init__(self) -> None:
        super().__init__()
        self.setZValue(Z_HELD + 1)
        self.setVisible(False)

    def show_through(self, points: list[QPointF]) -> None:
        """Draw it along these points."""
        path = QPainterPath(points[0])
        for point in points[1:]:
            path.lineTo(point)
        pen = QPen(tokens().danger, 2, Qt.PenStyle.DashLine, Qt.PenCapStyle.RoundCap)
        pen.setCosmetic(True)
        self.setPen(pen)
        self.setPath(path)
        self.setVisible(True)
