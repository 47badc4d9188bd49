"""What every gesture needs: the view, the drawing, what is selected, and where to report. The parts meet here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from PySide6.QtCore import QPointF, QRectF

from designer.canvas.box import Box
from designer.canvas.bubble import Bubble
from designer.canvas.card import Card
from designer.canvas.drawing import Drawing
from designer.canvas.gestures import Gesture, Place
from designer.canvas.port import GRIP, Port
from designer.canvas.regions import Regions
from designer.canvas.slots import edge_id
from designer.canvas.view import View
from designer.canvas.wire import Wire
from designer.document.wires import EdgeEnd
from engine.workflow.model import Edge

SNAP = 8.0
FEW = 24
"""With more nodes selected, their wires say nothing."""
Under = Port | Card | Box | Wire | None


def snapped(value: float) -> float:
    """The nearest line of the fine grid."""
    return round(value / SNAP) * SNAP


def quoted(text: str) -> str:
    """Names between backticks as a person writes them."""
    return re.sub(r"`([^`]*)`", "“\\1”", text)


class Stage:
    """The canvas as gestures see it."""

    def __init__(self, view: View, drawing: Drawing, regions: Regions) -> None:
        self.view, self.drawing, self.regions = view, drawing, regions
        self.read_only = False
        self._chosen: set[str] = set()
        self.picked: Wire | None = None
        self.report: Callable[[Gesture], None] = lambda gesture: None
        self.selection_changed: Callable[[], None] = lambda: None
        self.quick_add: Callable[[Place, EdgeEnd | None], None] = lambda place, end: None
        self.rename: Callable[[str], None] = lambda key: None
        self.dismiss: Callable[[], None] = lambda: None
        self.bubble = Bubble(view.viewport())

    # ---- selection
    def selected(self) -> tuple[str, ...]:
        """Keys, in the order of the document."""
        if not self._chosen:
            return ()
        workflow = self.drawing.workflow
        return tuple(key for key in (*workflow.by_key, *workflow.notes) if key in self._chosen)

    def select(self, keys: Iterable[str]) -> None:
        """Select exactly these; a picked wire is let go."""
        before = self._chosen
        self._chosen = {key for key in keys if self.drawing.item(key) is not None}
        scene = self.view.scene()
        scene.blockSignals(True)
        for key in before ^ self._chosen:
            item = self.drawing.item(key)
            if item is not None:
                item.set_selected(key in self._chosen)
        scene.blockSignals(False)
        self.light_wires(before | self._chosen)
        self.pick(None)
        if before != self._chosen:
            self.selection_changed()

    def light_wires(self, keys: Iterable[str]) -> None:
        """The wires of a few selected nodes stand out."""
        few = len(self._chosen) <= FEW
        for key in keys:
            card = self.drawing.cards.get(key)
            for wire in card.wires() if card is not None else ():
                wire.set_near(few and (wire.source.card.id in self._chosen or wire.target.card.id in self._chosen))

    def pick(self, wire: Wire | None) -> None:
        """Mark one wire as the one that Delete means."""
        if self.picked is not wire:
            if self.picked is not None and self.picked.edge is not None:
                self.picked.set_mark("")
            self.picked = wire
            if wire is not None:
                wire.set_mark("picked")

    def unmark(self, wire: Wire) -> None:
        """The hand no longer means this wire; the picked one stays marked as such."""
        wire.set_mark("picked" if wire is self.picked else "")

    def picked_edge(self) -> Edge | None:
        """The picked wire's edge."""
        return self.picked.edge if self.picked is not None else None

    def forget_gone(self) -> None:
        """After a render: nothing that is gone stays selected or picked."""
        left = {key for key in self._chosen if (item := self.drawing.item(key)) is not None and item.isSelected()}
        if left != self._chosen:
            self._chosen = left
            self.selection_changed()
        self.light_wires(self._chosen)
        if self.picked is not None:
            edge = self.picked.edge
            if edge is None or self.drawing.wires.get(edge_id(edge)) is not self.picked:
                self.picked = None

    # ---- what is under the mouse
    def under(self, place: QPointF, wires: bool = True) -> Under:
        """The topmost thing at a place; a port wins over its card, a wire is met within a few pixels."""
        view = self.view
        cover: Card | Box | None = None
        for item in view.scene().items(place):
            if isinstance(item, Card):
                cover = item
                break
            if isinstance(item, Box) and cover is None:
                cover = item
        port = self.port_near(place, GRIP if view.zoom >= 0.6 else GRIP * 1.3) if view.zoom >= 0.4 else None
        if port is not None and (not isinstance(cover, Card) or port.card is cover):
            return port
        if isinstance(cover, Card) or (cover is not None and not cover.is_frame):
            return cover
        if wires and (wire := self.wire_near(place)) is not None:
            return wire
        return cover

    def port_near(self, place: QPointF, reach: float, but: Port | None = None) -> Port | None:
        """The nearest visible port within reach."""
        best: Port | None = None
        least = reach * reach
        for item in self.view.scene().items(QRectF(place.x() - reach, place.y() - reach, 2 * reach, 2 * reach)):
            if isinstance(item, Port) and item is not but and self.shown(item):
                away = item.spot() - place
                distance = away.x() ** 2 + away.y() ** 2
                if distance <= least:
                    best, least = item, distance
        return best

    def shown(self, port: Port) -> bool:
        """A small card shows only its tool port and those that are wired."""
        card = self.drawing.cards.get(port.card.id)
        return card is not None and (not card.compact or port.slot.role == "capability" or bool(port.wires))

    def wire_near(self, place: QPointF) -> Wire | None:
        """The nearest wire within a few pixels."""
        reach = 6 / self.view.zoom
        return self.nearest_wire(QRectF(place.x() - reach, place.y() - reach, 2 * reach, 2 * reach))

    def nearest_wire(self, area: QRectF, fits: Callable[[Wire], bool] = lambda wire: True) -> Wire | None:
        """Of the wires that touch an area, the one that runs nearest to its middle."""
        found = [item for item in self.view.scene().items(area) if isinstance(item, Wire) and fits(item)]
        return found[0] if len(found) == 1 else min(found, key=lambda wire: wire.away(area.center()), default=None)

    # ---- moving things about
    def show_at(self, positions: Mapping[str, Place]) -> None:
        """Put things somewhere for the eye only; the document says later whether they stay."""
        for key, (x, y) in positions.items():
            item = self.drawing.item(key)
            if item is not None:
                item.place(x, y)
        if self.regions.items:
            self.regions.follow()

    def settle(self) -> None:
        """Back to what the document says."""
        self.drawing.resync()
        self.drawing.reroute()
        self.regions.follow()

    # ---- words at the cursor
    def hint(self, text: str, place: QPointF | None = None, bad: bool = True) -> None:
        """A few words beside the mouse: why not, or what will happen."""
        if text and place is not None:
            self.bubble.show_text(quoted(text), self.view.mapFromScene(place), bad)
        else:
            self.bubble.hide()
