"""The program's sign with a number on it, for the tray."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap

from designer.resources import path
from designer.theme import font, pixmap, tokens


def badge_text(count: int) -> str:
    """`3`, `9+`; "" for none."""
    return "" if count <= 0 else str(count) if count < 10 else "9+"


def badge_icon(count: int, sides: tuple[int, ...] = (16, 22, 24, 32, 48, 64)) -> QIcon:
    """The sign in the sizes that trays ask for."""
    icon = QIcon()
    for side in sides:
        icon.addPixmap(_drawn(side, badge_text(count)))
    return icon


def _drawn(side: int, text: str) -> QPixmap:
    now = tokens()
    made = QPixmap(side, side)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    sign = QPixmap(str(path("icons", "signalbox.png")))
    if sign.isNull():
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(now.accent_fill)
        painter.drawRoundedRect(QRectF(0, 0, side, side), side * 0.24, side * 0.24)
        inner = round(side * 0.62)
        at = (side - inner) // 2
        painter.drawPixmap(at, at, pixmap("workflow", now.on_accent, inner, 1.0))
    else:
        painter.drawPixmap(0, 0, side, side, sign)
    if text:
        size = side * 0.6
        box = QRectF(side - size, side - size, size, size)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(now.danger)
        painter.drawEllipse(box)
        letters = font("strong", 700)
        letters.setPixelSize(max(7, round(size * (0.72 if len(text) == 1 else 0.54))))
        painter.setFont(letters)
        painter.setPen(now.on_accent)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
    painter.end()
    return made
