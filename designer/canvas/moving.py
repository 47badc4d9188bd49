"""Moving and resizing with the mouse: what lies in a frame goes along, a loose node can be dropped on a wire."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QPoint, QPointF, Qt

from designer.canvas.box import SMALLEST, Box
from designer.canvas.card import Card
from designer.canvas.gestures import Insert, Move, Place, Resize
from designer.canvas.slots import EdgeId, edge_id
from designer.canvas.stage import Stage, snapped
from designer.canvas.strokes import MODS, START_PX, Drag, Mods
from designer.canvas.wire import Wire
from designer.document.edits import contents, insertable
from engine.workflow.model import Edge


class MoveItems(Drag):
    """The selection, with what lies in selected frames; a single loose node can be dropped on a wire."""

    def __init__(self, stage: Stage, spot: QPoint, held: Card | Box) -> None:
        super().__init__(stage)
        self._spot, self._from, self._held = spot, stage.view.mapToScene(spot), held.id
        self._going = False
        self._over: Wire | None = None
        self._insertable: dict[EdgeId, bool] = {}
        self._start = self._places()
        self._loose = self._loose_key()

    @property
    def going(self) -> bool:
        """Whether the mouse has left the place where it was pressed."""
        return self._going

    def _places(self) -> dict[str, Place]:
        drawing = self.stage.drawing
        keys = dict.fromkeys((self._held, *self.stage.selected()))
        sizes = None
        for key in list(keys):
            box = drawing.boxes.get(key)
            if box is not None and box.is_frame:
                sizes = sizes or {one: (card._width, card._height) for one, card in drawing.cards.items()}
                keys.update(dict.fromkeys(contents(drawing.workflow, key, sizes)))
        return {key: (item.x(), item.y()) for key in keys if (item := drawing.item(key)) is not None}

    def _loose_key(self) -> str | None:
        """The one node that moves, when no wire touches it."""
        if len(self._start) != 1 or self._held not in self.stage.drawing.cards:
            return None
        edges = self.stage.drawing.workflow.edges
        return None if any(self._held in (edge.source, edge.target) for edge in edges) else self._held

    def positions(self, place: QPointF, mods: Mods) -> Mapping[str, Place]:
        """Where everything is: what is held goes to the fine grid (not with Alt), the rest keeps its distance."""
        delta = place - self._from
        x, y = self._start.get(self._held, (0.0, 0.0))
        dx, dy = delta.x(), delta.y()
        if not mods & MODS.AltModifier:
            dx, dy = snapped(x + dx) - x, snapped(y + dy) - y
        return {key: (x + dx, y + dy) for key, (x, y) in self._start.items()}

    def move(self, spot: QPoint, place: QPointF, mods: Mods) -> None:
        if not self._going and (spot - self._spot).manhattanLength() < START_PX:
            return
        if not self._going:
            self.stage.view.viewport().setCursor(Qt.CursorShape.SizeAllCursor)
        self._going = True
        self.stage.show_at(self.positions(place, mods))
        self._offer(mods)

    def _offer(self, mods: Mods) -> None:
        """Light up the wire that the node would be put on."""
        over: Wire | None = None
        card = self.stage.drawing.cards.get(self._loose) if self._loose else None
        if card is not None and not mods & MODS.AltModifier:
            inner, key = card.area().adjusted(20, 16, -20, -16), card.id
            over = self.stage.nearest_wire(inner, lambda wire: wire.edge is not None and self._fits(key, wire.edge))
        if over is not self._over:
            self._unmark()
            self._over = over
            if over is not None:
                over.set_mark("target")

    def _fits(self, key: str, edge: Edge) -> bool:
        """Asked at every step of the mouse, worked out once."""
        one = edge_id(edge)
        if one not in self._insertable:
            self._insertable[one] = insertable(self.stage.drawing.workflow, key, edge) is not None
        return self._insertable[one]

    def _unmark(self) -> None:
        if self._over is not None and self._over.edge is not None:
            self.stage.unmark(self._over)
        self._over = None

    def drop(self, spot: QPoint, place: QPointF, mods: Mods) -> None:
        self.stage.view.viewport().unsetCursor()
        if not self._going:
            return
        edge = self._over.edge if self._over is not None else None
        self._unmark()
        positions = {
            key: at for key, at in self.positions(place, mods).items() if self.stage.drawing.item(key) is not None
        }
        if edge is not None and self._loose in positions:
            self.stage.report(Insert(self._loose, edge, positions[self._loose]))
        elif any(at != self._start[key] for key, at in positions.items()):
            self.stage.report(Move(positions))
        self.stage.settle()

    def cancel(self) -> None:
        self.stage.view.viewport().unsetCursor()
        self._unmark()
        self.stage.settle()

    def rendered(self) -> bool:
        if self._over is not None and (self._over.edge is None or self._over.scene() is None):
            self._over = None
        self._insertable.clear()
        self._loose = self._loose_key()
        return self.stage.drawing.item(self._held) is not None


class ResizeBox(Drag):
    """The corner of a frame or note."""

    def __init__(self, stage: Stage, place: QPointF, box: Box) -> None:
        super().__init__(stage)
        self._from, self._box, self._rect = place, box, box.what.rect

    def _size(self, place: QPointF, mods: Mods) -> tuple[float, float]:
        delta = place - self._from
        wide, high = self._rect[2] + delta.x(), self._rect[3] + delta.y()
        if not mods & MODS.AltModifier:
            wide, high = snapped(wide), snapped(high)
        return max(SMALLEST[0], wide), max(SMALLEST[1], high)

    def move(self, spot: QPoint, place: QPointF, mods: Mods) -> None:
        self._box.set_size(*self._size(place, mods))

    def drop(self, spot: QPoint, place: QPointF, mods: Mods) -> None:
        size = self._size(place, mods)
        if size != self._rect[2:]:
            self.stage.report(Resize(self._box.id, (*self._rect[:2], *size)))
        self.stage.settle()

    def cancel(self) -> None:
        self.stage.settle()

    def rendered(self) -> bool:
        return self.stage.drawing.boxes.get(self._box.id) is self._box
