"""The canvas as the rest of the designer knows it: a widget that shows a workflow and reports gestures."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, Signal
from PySide6.QtGui import QImage, QPixmapCache, QResizeEvent, QShowEvent, QUndoStack
from PySide6.QtWidgets import QVBoxLayout, QWidget

from designer.canvas.drawing import Drawing
from designer.canvas.floats import Floats
from designer.canvas.gestures import Place
from designer.canvas.hand import Hand
from designer.canvas.hover import Hover
from designer.canvas.live import Live
from designer.canvas.minimap import Minimap
from designer.canvas.overview import paint_overview, picture
from designer.canvas.regions import Regions
from designer.canvas.screen import Screen
from designer.canvas.stage import Stage
from designer.canvas.view import View
from designer.document.wires import EdgeEnd
from designer.engine_link.faces import Face
from designer.resources import tr
from designer.theme import watcher
from engine.checks.problem import Problem
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
        self.floats = Floats(self.stage, self)
        self.quick_add, self.editors = self.floats.quick_add, self.floats.editors
        self.minimap = Minimap(self.view, self.drawing, self)
        self._fit_due = self._closed = False
        self._wire_up()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.view)
        self.setFocusProxy(self.view)
        self.minimap.raise_()

    def _wire_up(self) -> None:
        stage, view = self.stage, self.view
        stage.report = self.gesture.emit
        stage.selection_changed = lambda: self.selection_changed.emit(self.selected())
        view.hand = self.hand
        view.far_painter = lambda painter: paint_overview(painter, self.drawing, wires=True)
        view.settled = self.drawing.settle
        view.setAccessibleName(self.accessibleName())
        view.moved.connect(self._view_moved)
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
        """Show everything; when the canvas is not shown yet, as soon as it is."""
        self._fit_due = not self.isVisible()
        self.view.look_at_all(self._whole)

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
        return picture(self.view.scene(), self._whole(), scale)

    # ---- how it behaves
    def set_read_only(self, on: bool) -> None:
        """Only look: select, pan, zoom and open; no gesture that edits."""
        self.hand.cancel()
        self.floats.dismiss()
        self.editors.leave()
        self.stage.read_only, self.view.takes_drops = on, not on

    def set_minimap(self, on: bool) -> None:
        """Show the overview in the corner, while not everything is seen anyway."""
        self.minimap.want(on)

    def set_still(self, on: bool) -> None:
        """Reduce motion: nothing pulses."""
        self.live.set_still(on)

    # ---- writing and adding
    def start_rename(self, key: str) -> None:
        """Edit the title of a node or frame, or the text of a note, in place."""
        self.floats.rename(key)

    def open_quick_add(self, at: Place | None = None, from_end: EdgeEnd | None = None) -> None:
        """The palette of node types at a place in the drawing (None: under the mouse, else in the middle)."""
        if at is None:
            spot = self.mouse_scene_pos()
            at = (spot.x(), spot.y())
        self.floats.add(at, from_end)

    # ---- inside
    def _whole(self) -> QRectF:
        return self.drawing.bounds() if self.drawing.cards or self.drawing.boxes else START

    def _view_moved(self) -> None:
        self.editors.keep()
        self.zoomed.emit(self.view.zoom)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.minimap.place(self.size())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._fit_due:
            self.view.resize(self.size())
            self.fit()

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
