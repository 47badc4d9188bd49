"""The body of each loop as a tinted ground behind its nodes, so that one sees what repeats."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsScene, QStyleOptionGraphicsItem, QWidget

from designer.canvas.drawing import Drawing
from designer.canvas.ngqt import Z_REGION
from designer.theme import soft, tokens
from engine.nodes.catalog import shape_of
from engine.workflow.model import Workflow
from engine.workflow.regions import reach

AROUND, ROUND = 20.0, 22.0


def loop_bodies(workflow: Workflow) -> dict[str, frozenset[str]]:
    """What repeats with each loop: the nodes between its `body` and its `again`, the loop included."""
    loops = [node.key for node in workflow.nodes if shape_of(node).kind == "loop"]
    if not loops:
        return {}
    forward: dict[str, list[str]] = {node.key: [] for node in workflow.nodes}
    backward: dict[str, list[str]] = {node.key: [] for node in workflow.nodes}
    for edge in workflow.edges:
        if edge.source in forward and edge.target in forward:
            forward[edge.source].append(edge.target)
            backward[edge.target].append(edge.source)
    found = {}
    for loop in loops:
        starts = [edge.target for edge in workflow.edges if edge.source == loop and edge.out == "body"]
        ends = [edge.source for edge in workflow.edges if edge.target == loop and edge.into == "again"]
        known = [key for key in (*starts, *ends) if key in forward]
        inside = _without(loop, forward, known[: len(starts)]) & _without(loop, backward, ends)
        if inside:
            found[loop] = frozenset(inside | {loop})
    return found


def _without(loop: str, graph: dict[str, list[str]], seeds: list[str]) -> set[str]:
    rest = {key: [one for one in after if one != loop] for key, after in graph.items()}
    return reach([seed for seed in seeds if seed in rest and seed != loop], rest)


class Region(QGraphicsItem):
    """The tint of one loop."""

    def __init__(self) -> None:
        super().__init__()
        self.setZValue(Z_REGION)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self._path = QPainterPath()

    def show_path(self, path: QPainterPath) -> None:
        """Cover this."""
        self.prepareGeometryChange()
        self._path = path
        self.update()

    def boundingRect(self) -> QRectF:
        return self._path.boundingRect().adjusted(-2, -2, 2, 2)

    def shape(self) -> QPainterPath:
        return QPainterPath()  # never hit

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        t = tokens()
        color = t.category["Control"]
        painter.setBrush(soft(color, 18 if t.name == "dark" else 24))
        pen = QPen(soft(color, 80), 1.2)
        pen.setDashPattern([4, 4])
        painter.setPen(pen)
        painter.drawPath(self._path)


class Regions:
    """The tints of all loops of a drawing."""

    def __init__(self, drawing: Drawing, scene: QGraphicsScene) -> None:
        self._drawing, self._scene = drawing, scene
        self._of: Workflow | None = None
        self.bodies: dict[str, frozenset[str]] = {}
        self.items: dict[str, Region] = {}

    def render(self) -> None:
        """Find the loops of the workflow that is drawn, and cover their bodies."""
        workflow = self._drawing.workflow
        if self._of is None or self._of.edges is not workflow.edges or self._of.nodes is not workflow.nodes:
            self.bodies = loop_bodies(workflow)
        self._of = workflow
        for gone in [key for key in self.items if key not in self.bodies]:
            self._scene.removeItem(self.items.pop(gone))
        for key in self.bodies:
            if key not in self.items:
                self.items[key] = Region()
                self._scene.addItem(self.items[key])
        self.follow()

    def follow(self) -> None:
        """Cards were moved."""
        cards = self._drawing.cards
        for loop, keys in self.bodies.items():
            self.items[loop].show_path(ground([cards[key].area() for key in keys if key in cards]))

    def clear(self) -> None:
        """Show nothing."""
        for item in self.items.values():
            self._scene.removeItem(item)
        self.items.clear()
        self.bodies = {}
        self._of = None


def ground(areas: list[QRectF]) -> QPainterPath:
    """One soft shape under all of these; near ones run together, distant ones are joined by a band."""
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.WindingFill)
    placed = sorted(areas, key=lambda area: area.center().x())
    for area in placed:
        path.addRoundedRect(area.adjusted(-AROUND, -AROUND, AROUND, AROUND), ROUND, ROUND)
    for left, right in pairwise(placed):
        top, bottom = max(left.top(), right.top()), min(left.bottom(), right.bottom())
        if right.left() - left.right() > 2 * AROUND and bottom - top > 24:
            path.addRect(QRectF(left.center().x(), top, right.center().x() - left.center().x(), bottom - top))
    return path.simplified() if len(placed) <= 60 else path
