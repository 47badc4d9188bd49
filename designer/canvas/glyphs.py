"""Small signs that painters draw: a shape for each status, so that colour never says it alone; chips, badges, ports."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from designer.canvas import texts
from designer.theme import Tokens, soft

ALIGN = Qt.AlignmentFlag


def status_glyph(p: QPainter, status: str, at: QPointF, color: QColor, width: float = 1.8, k: float = 1.0) -> None:
    """The sign of a status around a point; `k` makes it larger."""
    x, y = at.x(), at.y()
    p.setPen(QPen(color, width * k, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    p.setBrush(Qt.BrushStyle.NoBrush)

    def line(*points: tuple[float, float]) -> None:
        p.drawPolyline(QPolygonF([QPointF(x + dx * k, y + dy * k) for dx, dy in points]))

    def filled(*points: tuple[float, float]) -> None:
        p.setBrush(color)
        p.drawPolygon(QPolygonF([QPointF(x + dx * k, y + dy * k) for dx, dy in points]))

    if status == "done":
        line((-5, 0), (-1.5, 3.5), (5, -4))
    elif status == "failed":
        line((-4, -4), (4, 4))
        line((-4, 4), (4, -4))
    elif status == "running":
        filled((-3, -4.5), (4.5, 0), (-3, 4.5))
    elif status == "waiting":
        p.drawEllipse(at, 5.5 * k, 5.5 * k)
        line((0, -3), (0, 0), (2.5, 1.5))
    elif status == "asking":
        p.drawRoundedRect(QRectF(x - 6 * k, y - 5.5 * k, 12 * k, 9 * k), 2.5 * k, 2.5 * k)
        line((-2, 3.5), (-2, 6.5), (1.5, 3.5))
    elif status == "skipped":
        line((-4.5, -3.5), (-0.5, 0), (-4.5, 3.5))
        line((1, -3.5), (5, 0), (1, 3.5))
    elif status == "cancelled":
        filled((-3.5, -3.5), (3.5, -3.5), (3.5, 3.5), (-3.5, 3.5))
    elif status == "reused":
        p.drawArc(QRectF(x - 5 * k, y - 5 * k, 10 * k, 10 * k), 70 * 16, 290 * 16)
        line((-2, -5.6), (1.8, -4.8), (0.4, -1.4))
    elif status == "disabled":
        p.drawEllipse(at, 5 * k, 5 * k)
        line((-3.4, 3.4), (3.4, -3.4))
    elif status == "pending":
        for dx in (-4.5, 0, 4.5):
            p.drawPoint(QPointF(x + dx * k, y))
    else:
        p.drawEllipse(at, 4 * k, 4 * k)


def chip(p: QPainter, right: float, middle: float, text: str, color: QColor, height: float = 18.0) -> float:
    """A small pill that ends at `right`; returns its left end."""
    width = texts.width_of(text, texts.CHIP) + 14
    left = right - width
    p.setPen(Qt.PenStyle.NoPen)
    p.setBrush(soft(color, 40))
    p.drawRoundedRect(QRectF(left, middle - height / 2, width, height), height / 2, height / 2)
    p.setPen(color)
    texts.draw(p, left + 7, middle - 7.2, text, texts.CHIP, width)
    return left


def pill(p: QPainter, t: Tokens, x: float, middle: float, text: str, color: QColor) -> None:
    """The name of a port that sits on the upper or lower border, readable over wires."""
    width = texts.width_of(text, texts.LABEL) + 12
    p.setPen(Qt.PenStyle.NoPen)
    p.setBrush(t.canvas)
    p.drawRoundedRect(QRectF(x, middle - 8.5, width, 17), 8.5, 8.5)
    p.setPen(color)
    texts.draw(p, x + 6, middle - 7.5, text, texts.LABEL, width)


def badge(p: QPainter, t: Tokens, at: QPointF, count: int, error: bool, ground: QColor) -> None:
    """How many problems: red for errors; a triangle in the colour of warnings for warnings alone."""
    color = t.danger if error else t.warning
    p.setPen(QPen(ground, 2.5))
    p.setBrush(color)
    if error:
        p.drawEllipse(at, 10.5, 10.5)
    else:
        corners = ((0, -11), (11.5, 9), (-11.5, 9))
        p.setPen(QPen(color, 3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
        p.drawPolygon(QPolygonF([at + QPointF(dx, dy) for dx, dy in corners]))
    p.setFont(texts.face_of(texts.COUNT)[0])
    p.setPen(QColor("#ffffff") if error else t.canvas)
    text = "!" if count == 1 else str(count) if count < 100 else "…"
    box = QRectF(at.x() - 12, at.y() - (10.5 if error else 7.5), 24, 21 if error else 17)
    p.drawText(box, int(ALIGN.AlignCenter), text)


def port_dot(
    p: QPainter, t: Tokens, at: QPointF, color: QColor, wired: bool, ground: QColor, radius: float = 5.2
) -> None:
    """A round port: filled when a wire ends there."""
    p.setPen(QPen(ground if wired else color, 2.0))
    p.setBrush(color if wired else ground)
    p.drawEllipse(at, radius, radius)


def port_diamond(p: QPainter, at: QPointF, color: QColor, wired: bool, ground: QColor, d: float = 7.0) -> None:
    """The port of tools."""
    p.setPen(
        QPen(ground if wired else color, 2.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.MiterJoin)
    )
    p.setBrush(color if wired else ground)
    p.drawPolygon(QPolygonF([at + QPointF(0, -d), at + QPointF(d, 0), at + QPointF(0, d), at + QPointF(-d, 0)]))


def halo(p: QPainter, at: QPointF, color: QColor, strong: bool) -> None:
    """The glow of a port under the mouse, or of one that the wire in the hand fits."""
    p.setPen(Qt.PenStyle.NoPen)
    p.setBrush(soft(color, 90 if strong else 60))
    p.drawEllipse(at, 11, 11)
