"""The canvas as the rest of the designer knows it: a widget that shows a workflow and reports gestures."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Signal
from PySide6.QtGui import QImage, QPainter, QPixmapCache, QResizeEvent, QUndoStack
from PySide6.QtWidgets import QVBoxLayout, QWidget

from designer.canvas.box import Box
from designer.canvas.card_item import HEAD, ROW, WIDTH
from designer.canvas.drawing import Drawing
from designer.canvas.editors import Editors
from designer.canvas.gestures import AddNode, EditNote, Gesture, Place, Rename
from designer.canvas.hand import Hand
from designer.canvas.hover import Hover
from designer.canvas.live import Live
from designer.canvas.minimap import Minimap
from designer.canvas.overview import paint_overview
from designer.canvas.quick_add import QuickAdd
from designer.canvas.regions import Regions
from designer.canvas.screen import Screen
from designer.canvas.stage import Stage, snapped
from designer.canvas.view import View
from designer.document.wires import EdgeEnd, compatible_types
from designer.engine_link.faces import Face
from designer.resources import tr
from designer.theme import tokens, watcher
from engine.checks.problem import Problem
from engine.nodes.catalog import CATALOG
from engine.workflow.model import Edge, Workflow

CACHE_KB = 96 * 1024
"""Qt's own 10 MB hold the pictures of few wires."""
START = QRectF(-400, -300, 800, 600)
"""What is looked at while nothing is drawn."""


class Canvas(QWidget):
    """Shows one workflow; every change a person wants is a `gesture`, and nothing changes before `render` says so."""

    gesture = Signal(object)
    """A `designer.canvas.gestures` value."""
    selection_changed = Signal(object)
    """The keys of selected nodes, frames and notes, as a tuple."""
    zoomed = Signal(float)
    """The scale: 1.0 is actual size."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        QPixmapCache.setCacheLimit(max(CACHE_KB, QPixmapCache.cacheLimit()))
        self.setAccessibleName(tr("Drawing of the workflow", "Canvas"))
        self.setAccessibleDescription(tr("The outline shows the same as a list, for the keyboard.", "Canvas"))
        self.undo_stack = QUndoStack(self)  # NodeGraphQt wants one; nothing is ever written to it
        self.view = View(self)
        self.graph = Screen(self.view, self.undo_stack)
        self.drawing = Drawing(self.graph, self.view.scene())
        self.regions = Regions(self.drawing, self.view.scene())
        self.stage = Stage(self.view, self.drawing, self.regions)
        self.hover = Hover(self.stage)
        self.hand = Hand(self.stage, self.hover)
        self.live = Live(self.drawing, self.view, self)
        self.quick_add = QuickAdd(self)
        self.editors = Editors(self.view.viewport())
        self.minimap = Minimap(self.view, self.drawing, self)
        self._wants_minimap = True
        self._whole: QRectF | None = None
        self._adding: tuple[Place, EdgeEnd | None] = ((0.0, 0.0), None)
        self._closed = False
        self._wire_up()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.view)
        self.setFocusProxy(self.view)
        self.minimap.raise_()

    def _wire_up(self) -> None:
        stage, view = self.stage, self.view
        stage.report = self._report
        stage.selection_changed = lambda: self.selection_changed.emit(self.selected())
        stage.quick_add = self.open_quick_add
        stage.rename = self.start_rename
        stage.dismiss = self._dismiss
        view.hand = self.hand
        view.far_painter = lambda painter: paint_overview(painter, self.drawing, wires=True)
        view.settled = self._settled
        view.setAccessibleName(self.accessibleName())
        view.moved.connect(self._view_moved)
        self.quick_add.chosen.connect(self._chosen)
        self.quick_add.closed.connect(self._dismiss)
        watcher().changed.connect(self.restyle)

    # ---- what is shown
    @property
    def workflow(self) -> Workflow:
        """What is drawn."""
        return self.drawing.workflow

    def render(self, workflow: Workflow) -> None:  # type: ignore[override]
        """Show this workflow instead of the one before; also puts back what a refused gesture moved."""
        self.drawing.render(workflow)
        self.live.touch(self.drawing.touched)
        self.drawing.reroute()
        self.regions.render()
        self.hand.rendered()
        self._whole = None
        self._show_minimap()
        self.minimap.later()

    def show_faces(
        self,
        faces: Mapping[str, Face],
        running: bool = True,
        live: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        """Show the states of a run (none: `{}`). `running`: it goes on, so what runs is seen to move.

        `live` names the ports that gave a value, by node; without it that is worked out from the states.
        """
        if self.live.show_faces(faces, running, live):
            self.drawing.reroute()
            self.regions.follow()
        self.minimap.later()

    def show_problems(self, problems: Mapping[str, Sequence[Problem]]) -> None:
        """Badges, by node."""
        self.hover.problems = problems
        self.live.show_problems(problems)

    def restyle(self) -> None:
        """Another theme: paint everything again."""
        self.drawing.sprites.clear()
        for wire in self.drawing.wires.values():
            wire.restyle()
        for item in self.drawing.items():
            item.refresh()
        self.view.resetCachedContent()
        self.view.viewport().update()
        self.minimap.redraw()

    # ---- selection
    def selected(self) -> tuple[str, ...]:
        """The selected nodes, frames and notes, in the order of the document."""
        return self.stage.selected()

    def selected_edge(self) -> Edge | None:
        """The picked wire."""
        return self.stage.picked_edge()

    def select(self, keys: Iterable[str]) -> None:
        """Select exactly these."""
        self.stage.select(keys)

    # ---- where one looks
    def fit(self) -> None:
        """Show everything."""
        self.view.look_at(self.drawing.bounds() if self.drawing.cards or self.drawing.boxes else START)

    def zoom_to(self, keys: Iterable[str]) -> None:
        """Show these as large as is sensible."""
        area = self.drawing.bounds(keys)
        if not area.isEmpty():
            self.view.look_at(area, most=1.25, margin=96)

    def zoom_reset(self) -> None:
        """Actual size."""
        self.view.zoom_at(1.0)

    def zoom_by(self, factor: float) -> None:
        """Zoom about the middle."""
        self.view.zoom_at(self.view.zoom * factor)

    def zoom(self) -> float:
        """The scale."""
        return self.view.zoom

    def centre(self, key: str) -> None:
        """Bring a node into the middle, at a readable size."""
        item = self.drawing.item(key)
        if item is not None:
            if self.view.zoom < 0.5:
                self.view.zoom_at(1.0)
            self.view.look_to(item.area().center())

    def mouse_scene_pos(self) -> QPointF:
        """Where the mouse is in the drawing; the middle of the view when it is elsewhere."""
        at = self.view.viewport().mapFromGlobal(self.view.cursor().pos())
        inside = self.view.viewport().rect().contains(at) and self.view.underMouse()
        return self.view.mapToScene(at) if inside else self.view.seen().center()

    def card_sizes(self) -> dict[str, tuple[float, float]]:
        """The size that each card may take in a run, for tidy and align."""
        return {key: card.roomy_size() for key, card in self.drawing.cards.items()}

    def grab_image(self, scale: float = 1.0) -> QImage:
        """The whole drawing as a picture."""
        area = self.drawing.bounds().adjusted(-48, -48, 48, 48) if self.drawing.cards else START
        image = QImage(round(area.width() * scale), round(area.height() * scale), QImage.Format.Format_RGB32)
        image.fill(tokens().canvas)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.view.scene().render(painter, QRectF(image.rect()), area)
        painter.end()
        return image

    # ---- how it behaves
    def set_read_only(self, on: bool) -> None:
        """Only look: select, pan, zoom and open; no gesture that edits."""
        self.hand.cancel()
        self._dismiss()
        self.editors.leave()
        self.stage.read_only = on

    def set_minimap(self, on: bool) -> None:
        """Show the overview in the corner, while not everything is seen anyway."""
        self._wants_minimap = on
        self._show_minimap()

    def set_still(self, on: bool) -> None:
        """Reduce motion: nothing pulses."""
        self.live.set_still(on)

    # ---- writing and adding
    def start_rename(self, key: str) -> None:
        """Edit the title of a node or frame, or the text of a note, in place."""
        item = self.drawing.item(key)
        if item is None or self.stage.read_only:
            return
        view = self.view
        if isinstance(item, Box) and not item.is_frame:
            inner = item.area().adjusted(8, 6, -8, -6)
            self.editors.note(
                item.what.text, view.mapFromScene(inner).boundingRect(), lambda text: self._report(EditNote(key, text))
            )
            return
        area = view.mapFromScene(item.title_rect().translated(item.pos())).boundingRect()
        title = item.what.title if isinstance(item, Box) else self.workflow.by_key[key].title or item.title
        self.editors.title(title, area, 14 * view.zoom, lambda text: self._report(Rename(key, text)))

    def open_quick_add(self, at: Place | None = None, from_end: EdgeEnd | None = None) -> None:
        """The palette of node types at a place in the drawing (None: under the mouse, else in the middle)."""
        if self.stage.read_only:
            return
        place = at if at is not None else self.mouse_scene_pos().toTuple()
        types, head = list(CATALOG.values()), ""
        if from_end is not None:
            types = compatible_types(self.workflow, from_end.key, from_end.port, from_end.side)
            words = tr("What takes {port}", "Canvas") if from_end.side == "out" else tr("What gives {port}", "Canvas")
            head = words.format(port=from_end.port)
        self._adding = ((float(place[0]), float(place[1])), from_end)
        spot = self.view.mapFromScene(QPointF(*self._adding[0])) + QPoint(12, -22)
        self.quick_add.open(self.view.viewport().mapTo(self, spot), types, head)

    def _chosen(self, name: str) -> None:
        (x, y), end = self._adding
        self._dismiss()
        self.view.setFocus()
        first_row = HEAD + ROW / 2
        if end is None:
            at = (x - WIDTH / 2, y - HEAD / 2)
        elif end.side == "out":
            at = (x, y - first_row)
        else:
            at = (x - WIDTH, y - first_row)
        self._report(AddNode(name, (snapped(at[0]), snapped(at[1])), end))

    def _dismiss(self) -> None:
        """Close what floats."""
        if self.quick_add.isVisible():
            self.quick_add.hide()
            self.view.setFocus()
        if not self.hand.drag:
            self.view.held.setVisible(False)

    # ---- inside
    def _report(self, gesture: Gesture) -> None:
        self.gesture.emit(gesture)

    def _settled(self, still: bool) -> None:
        self.drawing.sprites.settled = still

    def _view_moved(self) -> None:
        self.editors.keep()
        self._show_minimap()
        self.zoomed.emit(self.view.zoom)

    def _show_minimap(self) -> None:
        """It is in the way while everything is seen anyway."""
        if self._whole is None:
            self._whole = self.drawing.bounds()
        whole = self._whole
        self.minimap.setVisible(self._wants_minimap and not whole.isEmpty() and not self.view.seen().contains(whole))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.minimap.move(self.width() - self.minimap.width() - 16, self.height() - self.minimap.height() - 16)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DeferredDelete:
            self.close_canvas()
        return super().event(event)

    def close_canvas(self) -> None:
        """Stop timers and let NodeGraphQt go in the right order; safe to call twice."""
        if self._closed:
            return
        self._closed = True
        watcher().changed.disconnect(self.restyle)
        self.hand.cancel()
        for stop in (self.live.stop, self.hand.stop, self.hover.stop, self.minimap.timer.stop):
            stop()
        self.editors.leave()
        self.view.hand = None
        self.regions.clear()
        self.drawing.clear()
