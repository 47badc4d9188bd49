"""A workflow as a small picture: where its boxes and wires are, and how they are painted. No widget, no event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPainterPath, QPen, QPixmap

from designer.resources import tr
from designer.theme import Tokens, mix, pixmap, soft

if TYPE_CHECKING:
    from engine.workflow.model import Workflow

WIDTH, HEIGHT, TOOL_HEIGHT = 196.0, 84.0, 60.0
_CORNER = 18.0
LEGIBLE = 0.19
"""The smallest scale at which a box is more than a dot; a workflow that needs less is shown from its start on."""


@dataclass(frozen=True, slots=True)
class Box:
    """A node: where it is, the colour of its category, its icon; `words` is how long its title's bar is, 0 to 1."""

    rect: QRectF
    category: str
    icon: str
    words: float
    tool: bool = False


@dataclass(frozen=True, slots=True)
class Wire:
    """An edge from point to point; `tool` for one that hands a capability to an agent."""

    start: QPointF
    end: QPointF
    tool: bool = False


@dataclass(frozen=True, slots=True)
class Miniature:
    """What is painted, in the coordinates of the drawing."""

    boxes: tuple[Box, ...]
    wires: tuple[Wire, ...]
    frames: tuple[tuple[QRectF, str], ...]
    bounds: QRectF


def miniature(workflow: Workflow) -> Miniature:
    """The picture of a workflow. Loads the node catalog: not for the moments before the first paint."""
    from engine.nodes.catalog import CATALOG, shape_of

    places = _places(workflow)
    boxes: dict[str, Box] = {}
    ports: dict[str, tuple[list[str], list[str]]] = {}
    tools: set[tuple[str, str]] = set()
    handed = set()
    for node in workflow.nodes:
        shape = shape_of(node)
        tools |= {(node.key, port.name) for port in shape.inputs if port.type == "capability"}
        ports[node.key] = ([p.name for p in shape.inputs if p.type != "capability"], [p.name for p in shape.outputs])
    for edge in workflow.edges:
        if (edge.target, edge.into) in tools:
            handed.add(edge.source)
    for node in workflow.nodes:
        known = CATALOG.get(node.type)
        x, y = places[node.key]
        tool = node.key in handed
        title = node.title or (tr(known.title, "NodeType") if known else node.type)
        boxes[node.key] = Box(
            QRectF(x, y, WIDTH, TOOL_HEIGHT if tool else HEIGHT),
            known.category if known else "missing",
            known.icon if known else "circle-help",
            min(1.0, len(title) / 20),
            tool,
        )
    wires = []
    for edge in workflow.edges:
        if edge.source not in boxes or edge.target not in boxes:
            continue
        a, b = boxes[edge.source].rect, boxes[edge.target].rect
        if (edge.target, edge.into) in tools:
            wires.append(Wire(QPointF(a.center().x(), a.top()), QPointF(b.center().x(), b.bottom()), True))
        else:
            start = _slot(a, ports[edge.source][1], edge.out)
            wires.append(Wire(QPointF(a.right(), start), QPointF(b.left(), _slot(b, ports[edge.target][0], edge.into))))
    frames = tuple((QRectF(*note.rect), note.color) for note in workflow.notes.values())
    bounds = QRectF()
    for rect in [*(box.rect for box in boxes.values()), *(rect for rect, _ in frames)]:
        bounds = bounds.united(rect)
    return Miniature(
        tuple(boxes.values()), tuple(wires), frames, bounds if not bounds.isEmpty() else QRectF(0, 0, 1, 1)
    )


def _slot(rect: QRectF, names: list[str], name: str) -> float:
    """How far down a port is: its share of the box below the title."""
    at = names.index(name) if name in names else 0
    return rect.top() + rect.height() * (0.5 if len(names) < 2 else 0.35 + 0.45 * at / (len(names) - 1))


def _places(workflow: Workflow) -> Mapping[str, tuple[float, float]]:
    """Where every node is; those without a place go below, in a row."""
    low = max((y for _, y in workflow.layout.values()), default=-HEIGHT - 60) + HEIGHT + 60
    rest = [node.key for node in workflow.nodes if node.key not in workflow.layout]
    return {**workflow.layout, **{key: (nth * (WIDTH + 44), low) for nth, key in enumerate(rest)}}


@lru_cache(maxsize=32)
def _dots(color: int, ratio: float) -> QPixmap:
    made = QPixmap(QSize(16, 16) * ratio)
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor.fromRgba(color))
    painter.drawEllipse(QPointF(8, 8), 0.8, 0.8)
    painter.end()
    return made


def paint(
    painter: QPainter, picture: Miniature, room: QRectF, now: Tokens, corner: float, ratio: float, legible: float
) -> None:
    """The workflow on a piece of canvas: all of it where it stays legible, else its first part, fading out."""
    painter.save()
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
    clip = QPainterPath()
    clip.addRoundedRect(room, corner, corner)
    painter.setClipPath(clip)
    painter.fillRect(room, now.canvas)
    painter.drawTiledPixmap(room, _dots(now.dot.rgba(), ratio), QPointF(0, 0))
    margin = 18.0
    area = room.adjusted(margin, margin, -margin, -margin)
    bounds = picture.bounds
    fit = min(area.width() / bounds.width(), area.height() / bounds.height(), 0.62)
    scale = max(fit, min(legible, area.height() / bounds.height()))
    wide, high = bounds.width() * scale, bounds.height() * scale
    cut = wide > area.width() + 1
    left = area.left() if cut else area.left() + (area.width() - wide) / 2
    painter.save()
    painter.translate(left, area.top() + (area.height() - high) / 2)
    painter.scale(scale, scale)
    painter.translate(-bounds.topLeft())
    _draw(painter, picture, now, scale, ratio)
    painter.restore()
    if cut:
        fade = QLinearGradient(room.right() - 72, 0, room.right(), 0)
        fade.setColorAt(0, soft(now.canvas, 0))
        fade.setColorAt(1, now.canvas)
        painter.fillRect(QRectF(room.right() - 72, room.top(), 72, room.height()), fade)
    painter.restore()


def _draw(painter: QPainter, picture: Miniature, now: Tokens, scale: float, ratio: float) -> None:
    thin = 1.0 / scale  # one pixel, whatever the scale
    for rect, name in picture.frames:
        painter.setPen(QPen(soft(now.box[name], 120), thin))
        painter.setBrush(soft(now.box[name], 30))
        painter.drawRoundedRect(rect, 14, 14)
    for wire in picture.wires:
        color = now.kind["capability"] if wire.tool else mix(now.canvas, now.muted, 0.75)
        pen = QPen(color, 1.2 * thin)
        if wire.tool:
            pen.setDashPattern([2.5, 2.5])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(_curve(wire))
    for box in picture.boxes:
        color = now.category[box.category]
        painter.setPen(QPen(mix(now.card, color, 0.55), 1.1 * thin))
        painter.setBrush(mix(now.card, color, 0.06))
        painter.drawRoundedRect(box.rect, 14, 14)
        side = 44.0 if not box.tool else 36.0
        tile = QRectF(box.rect.left() + 14, box.rect.center().y() - side / 2, side, side)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(soft(color, 60))
        painter.drawRoundedRect(tile, 10, 10)
        seen = round((side - 14) * scale)
        if seen >= 9:  # below that an icon is a smudge
            sign = pixmap(box.icon, color, seen, ratio)
            painter.drawPixmap(tile.adjusted(7, 7, -7, -7), sign, QRectF(sign.rect()))
        else:
            painter.setBrush(soft(color, 190))
            painter.drawRoundedRect(tile.adjusted(8, 8, -8, -8), 7, 7)
        pen = QPen(mix(now.card, now.text, 0.62), 9, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        x, y = tile.right() + 18, tile.center().y()
        room = box.rect.right() - 20 - x
        painter.drawLine(QLineF(x, y - 10, x + room * max(0.35, box.words), y - 10))
        pen.setColor(mix(now.card, now.muted, 0.5))
        painter.setPen(pen)
        painter.drawLine(QLineF(x, y + 11, x + room * 0.5, y + 11))


def _curve(wire: Wire) -> QPainterPath:
    path = QPainterPath(wire.start)
    if wire.tool:
        bend = max(24.0, abs(wire.start.y() - wire.end.y()) / 2)
        path.cubicTo(wire.start - QPointF(0, bend), wire.end + QPointF(0, bend), wire.end)
    elif wire.end.x() < wire.start.x() and abs(wire.end.y() - wire.start.y()) > 4 * _CORNER:
        _back(path, wire)
    else:
        bend = max(30.0, abs(wire.end.x() - wire.start.x()) / 2)
        path.cubicTo(wire.start + QPointF(bend, 0), wire.end - QPointF(bend, 0), wire.end)
    return path


def _back(path: QPainterPath, wire: Wire) -> None:
    """A wire that goes back to the left runs between the rows, as on the canvas."""
    middle = (wire.start.y() + wire.end.y()) / 2
    right, left = wire.start.x() + 2 * _CORNER, wire.end.x() - 2 * _CORNER
    way = QPointF(0, _CORNER if wire.end.y() > wire.start.y() else -_CORNER)
    across = QPointF(_CORNER, 0)
    corners = (
        (QPointF(right, wire.start.y()), across, way),
        (QPointF(right, middle), way, -across),
        (QPointF(left, middle), -across, way),
        (QPointF(left, wire.end.y()), way, across),
    )
    for corner, before, after in corners:
        path.lineTo(corner - before)
        path.quadTo(corner, corner + after)
    path.lineTo(wire.end)
