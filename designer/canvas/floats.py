"""What opens over the drawing: quick add, and the editors of titles and notes."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF
from PySide6.QtWidgets import QWidget

from designer.canvas.box import Box
from designer.canvas.card_item import HEAD, ROW, WIDTH
from designer.canvas.editors import Editors
from designer.canvas.gestures import AddNode, EditNote, Place, Rename
from designer.canvas.quick_add import QuickAdd
from designer.canvas.stage import Stage, snapped
from designer.document.wires import EdgeEnd, compatible_types
from designer.resources import tr
from engine.nodes.catalog import CATALOG


class Floats:
    """At most one palette and one editor; a press on the drawing closes the palette."""

    def __init__(self, stage: Stage, parent: QWidget) -> None:
        self.stage, self._parent = stage, parent
        self.quick_add = QuickAdd(parent)
        self.editors = Editors(stage.view.viewport())
        self._adding: tuple[Place, EdgeEnd | None] = ((0.0, 0.0), None)
        self.quick_add.chosen.connect(self._chosen)
        self.quick_add.closed.connect(self._closed)
        stage.quick_add, stage.rename, stage.dismiss = self.add, self.rename, self.dismiss

    def rename(self, key: str) -> None:
        """Edit the title of a node or frame, or the text of a note, in place."""
        stage, item = self.stage, self.stage.drawing.item(key)
        if item is None or stage.read_only:
            return
        view = stage.view
        if isinstance(item, Box) and not item.is_frame:
            area = view.mapFromScene(item.area().adjusted(8, 6, -8, -6)).boundingRect()
            self.editors.note(item.what.text, area, lambda text: stage.report(EditNote(key, text)))
            return
        area = view.mapFromScene(item.title_rect().translated(item.pos())).boundingRect()
        if isinstance(item, Box):
            title = item.what.title
        else:
            title = stage.drawing.workflow.by_key[key].title or item.title
        self.editors.title(title, area, 14 * view.zoom, lambda text: stage.report(Rename(key, text)))

    def add(self, place: Place, end: EdgeEnd | None) -> None:
        """The palette of node types at a place in the drawing; only what fits the end of a wire in the hand."""
        if self.stage.read_only:
            return
        types, head = list(CATALOG.values()), ""
        if end is not None:
            types = compatible_types(self.stage.drawing.workflow, end.key, end.port, end.side)
            words = tr("What takes {port}", "Canvas") if end.side == "out" else tr("What gives {port}", "Canvas")
            head = words.format(port=end.port)
        self._adding = place, end
        spot = self.stage.view.mapFromScene(QPointF(*place)) + QPoint(12, -22)
        self.quick_add.open(self.stage.view.viewport().mapTo(self._parent, spot), types, head)

    def _chosen(self, name: str) -> None:
        (x, y), end = self._adding
        self.dismiss()
        self.stage.view.setFocus()
        first_row = HEAD + ROW / 2
        if end is None:
            x, y = x - WIDTH / 2, y - HEAD / 2
        elif end.side == "out":
            y -= first_row
        else:
            x, y = x - WIDTH, y - first_row
        self.stage.report(AddNode(name, (snapped(x), snapped(y)), end))

    def _closed(self, had_focus: bool) -> None:
        self.dismiss()
        if had_focus:
            self.stage.view.setFocus()

    def dismiss(self) -> None:
        """Close the palette, and let go of the wire that waited behind it."""
        if self.quick_add.isVisible():
            self.quick_add.hide()
            self.stage.view.setFocus()
        self.stage.view.held.setVisible(False)
