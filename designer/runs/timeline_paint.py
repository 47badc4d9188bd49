"""How the timeline's pieces are drawn; nothing here knows where they are."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen

from designer.runs.bars import Segment
from designer.theme import Tokens, soft

_TONES = {
    "run": "running", "failed": "failed", "backoff": "waiting", "person": "asking", "sleep": "waiting",
    "interrupted": "waiting", "children": "reused", "rounds": "reused", "instant": "done",
}  # fmt: skip


def colour(now: Tokens, segment: Segment, status: str) -> QColor:
    """The colour of a segment: what went on is green once its step is done."""
    if segment.kind in ("run", "children", "rounds", "instant"):
        tone = {"succeeded": "done", "failed": "failed", "cancelled": "cancelled", "reused": "reused"}.get(status, "")
        return now.tone(tone or ("running" if segment.end is None else "done"))
    return now.tone(_TONES[segment.kind])


def segment(painter: QPainter, now: Tokens, box: QRectF, piece: Segment, status: str) -> None:
    """One segment. Work is solid, waiting is hatched, people are amber, what lasts has an open end."""
    color = colour(now, piece, status)
    if piece.kind in ("backoff", "sleep", "interrupted"):
        flat = box.adjusted(0, box.height() / 2 - 3, 0, -(box.height() / 2 - 3))
        painter.fillRect(flat, soft(color, 40))
        painter.fillRect(flat, QBrush(soft(color, 170), Qt.BrushStyle.BDiagPattern))
        return
    if piece.kind in ("children", "rounds"):
        flat = box.adjusted(0, box.height() / 2 - 2, 0, -(box.height() / 2 - 2))
        painter.fillRect(flat, soft(color, 150))
        return
    painter.setPen(Qt.PenStyle.NoPen)
    if piece.kind == "instant":
        middle = QPointF(box.x(), box.center().y())
        painter.setBrush(color)
        painter.drawPolygon(
            [middle + QPointF(-4, 0), middle + QPointF(0, -4), middle + QPointF(4, 0), middle + QPointF(0, 4)]
        )
        return
    painter.setBrush(soft(color, 90 if piece.kind == "person" else 200 if now.name == "light" else 225))
    radius = min(3.0, box.width() / 2)
    painter.drawRoundedRect(box, radius, radius)
    if piece.kind == "person":
        painter.setPen(QPen(color, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
    if piece.end is None and box.width() > 12:
        painter.setPen(QPen(soft(now.panel, 120), 2))
        edge = box.right() - 4
        painter.drawLine(QLineF(edge, box.top() + 3, edge, box.bottom() - 3))


def fold_mark(painter: QPainter, now: Tokens, box: QRectF) -> None:
    """Folded time: a band with a torn edge on both sides."""
    painter.fillRect(box, now.inset)
    painter.setPen(QPen(now.line_strong, 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for x in (box.left(), box.right()):
        path = QPainterPath(QPointF(x, box.top()))
        y, side = box.top(), 1
        while y < box.bottom():
            y += 6
            path.lineTo(QPointF(x + 2 * side, y))
            side = -side
        painter.drawPath(path)


def grid(painter: QPainter, now: Tokens, xs: list[float], top: float, bottom: float) -> None:
    """The lines under the ticks."""
    painter.setPen(QPen(now.line, 1))
    painter.drawLines([QLineF(round(x) + 0.5, top, round(x) + 0.5, bottom) for x in xs])


def now_line(painter: QPainter, now: Tokens, x: float, top: float, bottom: float) -> None:
    """The moment up to which the run is shown."""
    painter.setPen(QPen(now.accent, 1.5))
    painter.drawLine(QLineF(x, top, x, bottom))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(now.accent)
    painter.drawEllipse(QPointF(x, top), 3, 3)
