"""The drawing as blocks of colour: for the minimap, and for the canvas itself when it is very far away."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen
from PySide6.QtWidgets import QGraphicsScene

from designer.canvas.drawing import Drawing
from designer.theme import soft, tokens

PLAIN = ("idle", "pending", "skipped", "disabled")
"""States that say less than the category does."""


def paint_overview(p: QPainter, drawing: Drawing, wires: bool) -> None:
    """All cards with one call for each colour; wires as hairlines."""
    t = tokens()
    p.setPen(Qt.PenStyle.NoPen)
    for box in drawing.boxes.values():
        p.fillRect(box.area(), soft(t.box[box.what.color], 60 if box.is_frame else 150))
    if wires:
        pen = QPen(t.faint, 1)
        pen.setCosmetic(True)
        p.setPen(pen)
        p.drawLines([wire.line for wire in drawing.wires.values()])
        p.setPen(Qt.PenStyle.NoPen)
    by: dict[int, list[QRectF]] = {}
    chosen: list[QRectF] = []
    for card in drawing.cards.values():
        status = card.face.status
        color = t.category[card.category] if status in PLAIN else t.status[status]
        by.setdefault(color.rgba(), []).append(card.area())
        if wires and card.isSelected():
            chosen.append(card.area())
    for rgba, areas in by.items():
        p.setBrush(QColor.fromRgba(rgba))
        p.drawRects(areas)
    p.setBrush(t.select)
    p.drawRects(chosen)


def picture(scene: QGraphicsScene, area: QRectF, scale: float) -> QImage:
    """A part of the drawing as an image, with a margin; for exports and previews."""
    area = area.adjusted(-48, -48, 48, 48)
    image = QImage(round(area.width() * scale), round(area.height() * scale), QImage.Format.Format_RGB32)
    image.fill(tokens().canvas)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    scene.render(painter, QRectF(image.rect()), area)
    painter.end()
    return image
