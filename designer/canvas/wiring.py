"""The wire in the hand: what it fits is bright, the rest fades; snaps, says why not, and reports where it was put."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF

from designer.canvas.box import Box
from designer.canvas.card import Card
from designer.canvas.gestures import Connect, Disconnect, Refused, Replug
from designer.canvas.port import Port
from designer.canvas.stage import Stage
from designer.canvas.strokes import Drag, Mods
from designer.canvas.wire import Wire
from designer.document.edits import disconnect
from designer.document.wires import EdgeEnd, Wiring, edge_of, joining
from designer.resources import tr
from engine.workflow.model import Edge, Workflow

REACH, END_ZONE = 26.0, 46.0
"""How near a port catches the wire; how near its end a wire can be pulled off."""


def end_of(port: Port) -> EdgeEnd:
    """The port as the document names it."""
    return EdgeEnd(port.card.id, port.slot.name, port.slot.side)


def pulled_end(wire: Wire, place: QPointF) -> Port | None:
    """The port at the far end, when a wire is taken near one of its ends; None in between."""
    for near, far in ((wire.target, wire.source), (wire.source, wire.target)):
        if (near.spot() - place).manhattanLength() < END_ZONE:
            return far
    return None


class HoldWire(Drag):
    """From a port, or one end of a wire that was there before."""

    def __init__(self, stage: Stage, port: Port, former: Wire | None = None) -> None:
        super().__init__(stage)
        self.port, self._former = port, former
        self._edge = former.edge if former is not None else None
        workflow = stage.drawing.workflow
        self._without: Workflow = disconnect(workflow, [self._edge]) if self._edge is not None else workflow
        self._wiring = Wiring(self._without, end_of(port), lambda text: tr(text, "Wires"))
        self._faded: list[Card] = []
        if former is not None:
            former.setVisible(False)
        self._fade()

    # ---- what fits
    def _why_not(self, port: Port) -> str:
        return self._wiring.why_not(end_of(port))

    def _fade(self) -> None:
        view = self.stage.view
        for item in view.scene().items(view.seen()):
            if not isinstance(item, Card):
                continue
            fits = item is self.port.card
            for port in item.ports.values():
                good = port is self.port or not self._why_not(port)
                port.faded, port.offered = not good, good and port is not self.port
                fits = fits or good
            item.faded = not fits
            item.refresh()
            self._faded.append(item)

    def _unfade(self) -> None:
        for card in self._faded:
            card.faded = False
            for port in card.ports.values():
                port.faded = port.offered = False
            card.refresh()
        self._faded = []

    # ---- where it is
    def _target(self, place: QPointF) -> tuple[Port | None, str]:
        """The port that the wire would be put into, and why it cannot be."""
        port = self.stage.port_near(place, REACH / max(self.stage.view.zoom, 0.4), self.port)
        if port is not None:
            return port, self._why_not(port)
        under = self.stage.under(place, wires=False)
        if isinstance(under, Card) and under is not self.port.card:
            edge = joining(self._without, end_of(self.port), under.id)
            if edge is None:
                return None, tr("Nothing here takes this wire.", "Canvas")
            side, name = ("in", edge.into) if self.port.slot.side == "out" else ("out", edge.out)
            return under.ports.get(("in" if side == "in" else "out", name)), ""
        return None, ""

    def move(self, spot: QPoint, place: QPointF, mods: Mods) -> None:
        port, reason = self._target(place)
        held = self.stage.view.held
        if port is not None and not reason:
            held.show_from(self.port, port.spot(), port.slot.border)
        else:
            held.show_from(self.port, place, bad=bool(reason))
        self.stage.hint(reason, place)

    def drop(self, spot: QPoint, place: QPointF, mods: Mods) -> None:
        port, reason = self._target(place)
        under = self.stage.under(place, wires=False)
        self.cancel()
        edge = self._joined(port) if port is not None and not reason else None
        if edge is not None and self._edge is None:
            self.stage.report(Connect(edge))
        elif edge is not None and self._edge is not None and edge != self._edge:
            self.stage.report(Replug(self._edge, edge))
        elif reason:
            self.stage.report(Refused(reason))
        elif edge is None and self._edge is not None:
            self.stage.report(Disconnect((self._edge,)))
        elif edge is None and (under is None or isinstance(under, Box)):
            self.stage.view.held.show_from(self.port, place)  # stays behind the palette
            self.stage.quick_add((place.x(), place.y()), end_of(self.port))

    def _joined(self, port: Port) -> Edge | None:
        return edge_of(end_of(self.port), end_of(port))

    def cancel(self) -> None:
        if self._former is not None and self._former.scene() is not None:
            self._former.setVisible(True)
        self._former = None
        self.stage.view.held.setVisible(False)
        self.stage.hint("")
        self._unfade()

    def rendered(self) -> bool:
        return False  # what fits may be another now: the wire is let go
