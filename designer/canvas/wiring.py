"""The wire in the hand: what it fits is bright, the rest fades; snaps, says why not, and reports where it was put."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QPointF

from designer.canvas.box import Box
from designer.canvas.card import Card
from designer.canvas.gestures import Connect, Disconnect, Refused, Replug
from designer.canvas.port import Port
from designer.canvas.slots import Border
from designer.canvas.stage import Stage
from designer.canvas.strokes import Drag, Mods
from designer.canvas.wire import Wire
from designer.document.edits import disconnect
from designer.document.wires import EdgeEnd, Wiring, edge_of, joining
from designer.resources import tr
from engine.nodes.catalog import CATALOG, shape_of
from engine.workflow.model import Edge, Workflow

REACH, END_ZONE = 26.0, 46.0
"""How near a port catches the wire; how near its end a wire can be pulled off."""


@dataclass(frozen=True, slots=True)
class Aim:
    """What letting go would do: draw `edge`, nothing for a `reason`, or ask what to add where it is `empty`."""

    edge: Edge | None = None
    spot: QPointF | None = None
    border: Border | None = None
    reason: str = ""
    words: str = ""
    empty: bool = False


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
    def aim(self, place: QPointF) -> Aim:
        """What would come of letting go here: a port wins, then the card under the mouse takes its best one."""
        port = self.stage.port_near(place, REACH / max(self.stage.view.zoom, 0.4), self.port)
        if port is not None:
            reason = self._why_not(port)
            edge = None if reason else edge_of(end_of(self.port), end_of(port))
            return Aim(edge, port.spot(), port.slot.border, reason)
        under = self.stage.under(place, wires=False)
        if not isinstance(under, Card) or under is self.port.card:
            return Aim(empty=under is None or isinstance(under, Box))
        edge = self._further_input(under) or joining(self._without, end_of(self.port), under.id)
        if edge is None:
            return Aim(reason=tr("Nothing here takes this wire.", "Canvas"))
        out = self.port.slot.side == "out"
        known = under.ports.get(("in", edge.into) if out else ("out", edge.out))
        if known is not None:
            return Aim(edge, known.spot(), known.slot.border)
        words = tr("A further input: {name}", "Canvas").format(name=edge.into)
        return Aim(edge, under.pos() + QPointF(0, under.next_row()), "left", words=words)

    def _further_input(self, card: Card) -> Edge | None:
        """A type with any number of inputs gets one more, named after its source, once the others are taken."""
        node = self._without.by_key[card.id]
        taken = {name for (side, name), port in card.ports.items() if side == "in" and port.wires}
        value = self.port.slot.side == "out" and self.port.slot.role != "capability"
        if not value or not taken or node.type not in CATALOG or not shape_of(node).open_inputs:
            return None
        if any(side == "in" and name not in taken for side, name in card.ports):
            return None
        name, number = self.port.card.id, 2
        while ("in", name) in card.ports:
            name, number = f"{self.port.card.id}_{number}", number + 1
        end = EdgeEnd(card.id, name, "in")
        return None if self._wiring.why_not(end) else edge_of(end_of(self.port), end)

    def move(self, spot: QPoint, place: QPointF, mods: Mods) -> None:
        aim = self.aim(place)
        held = self.stage.view.held
        if aim.edge is not None and aim.spot is not None:
            held.show_from(self.port, aim.spot, aim.border)
        else:
            held.show_from(self.port, place, bad=bool(aim.reason))
        self.stage.hint(aim.reason or aim.words, place, bad=bool(aim.reason))

    def drop(self, spot: QPoint, place: QPointF, mods: Mods) -> None:
        aim = self.aim(place)
        self.cancel()
        if aim.edge is not None:
            if self._edge is None:
                self.stage.report(Connect(aim.edge))
            elif aim.edge != self._edge:
                self.stage.report(Replug(self._edge, aim.edge))
        elif aim.reason:
            self.stage.report(Refused(aim.reason))
        elif self._edge is not None:
            self.stage.report(Disconnect((self._edge,)))
        elif aim.empty:
            self.stage.view.held.show_from(self.port, place)  # stays behind the palette
            self.stage.quick_add((place.x(), place.y()), end_of(self.port))

    def cancel(self) -> None:
        if self._former is not None and self._former.scene() is not None:
            self._former.setVisible(True)
        self._former = None
        self.stage.view.held.setVisible(False)
        self.stage.hint("")
        self._unfade()

    def rendered(self) -> bool:
        return False  # what fits may be another now: the wire is let go
