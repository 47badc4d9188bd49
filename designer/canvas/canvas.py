"""The canvas as the rest of the designer knows it: a widget that shows a workflow and reports gestures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from designer.canvas.gestures import EdgeEnd, Place
from engine.checks.problem import Problem
from engine.workflow.model import Edge, Workflow

if TYPE_CHECKING:
    from designer.engine_link.faces import Face


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
        self.workflow = Workflow(name="untitled")

    def render(self, workflow: Workflow) -> None:  # type: ignore[override]
        """Show this workflow instead of the one before; also puts back what a refused gesture moved."""
        self.workflow = workflow

    def show_faces(self, faces: Mapping[str, Face], running: bool = True) -> None:
        """Show the states of a run (or none: `{}`); `running` False switches highlighting of live wires off."""

    def show_problems(self, problems: Mapping[str, Sequence[Problem]]) -> None:
        """Badges, by node."""

    def selected(self) -> tuple[str, ...]:
        """The selected nodes, frames and notes, in the order of the document."""
        return ()

    def selected_edge(self) -> Edge | None:
        """The picked wire."""
        return None

    def select(self, keys: Iterable[str]) -> None:
        """Select exactly these."""

    def fit(self) -> None:
        """Show everything."""

    def zoom_to(self, keys: Iterable[str]) -> None:
        """Show these as large as is sensible."""

    def zoom_reset(self) -> None:
        """Actual size."""

    def zoom_by(self, factor: float) -> None:
        """Zoom about the middle."""

    def centre(self, key: str) -> None:
        """Bring a node into the middle, at a readable size."""

    def set_read_only(self, on: bool) -> None:
        """Only look: select, pan, zoom and open; no gesture that edits."""

    def set_minimap(self, on: bool) -> None:
        """Show or hide the overview in the corner."""

    def set_still(self, on: bool) -> None:
        """Reduce motion: nothing pulses."""

    def start_rename(self, key: str) -> None:
        """Edit the title of a node or frame, or the text of a note, in place."""

    def open_quick_add(self, at: Place | None = None, from_end: EdgeEnd | None = None) -> None:
        """The palette of node types at a place in the drawing (None: under the mouse, else in the middle)."""

    def mouse_scene_pos(self) -> QPointF:
        """Where the mouse is in the drawing; the middle of the view when it is elsewhere."""
        return QPointF()

    def card_sizes(self) -> dict[str, tuple[float, float]]:
        """The size of each card, for tidy and align."""
        return {}

    def grab_image(self, scale: float = 1.0) -> QImage:
        """The whole drawing as a picture."""
        return QImage()

    def close_canvas(self) -> None:
        """Stop timers and let NodeGraphQt go in the right order; safe to call twice."""
