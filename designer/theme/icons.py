"""Lucide icons in the colours of the theme: rendered once for each name, colour and size."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from PySide6.QtCore import QByteArray, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from designer.resources import path
from designer.theme.current import tokens

UNKNOWN = "circle-help"
STATUS: Mapping[str, str] = {
    "idle": "circle",
    "pending": "circle-dashed",
    "running": "circle-play",
    "waiting": "clock",
    "asking": "message-circle-question-mark",
    "done": "circle-check",
    "failed": "circle-x",
    "skipped": "circle-slash",
    "cancelled": "ban",
    "reused": "history",
    "disabled": "circle-minus",
}
"""The shape of a status: colour alone tells nothing to many people."""


@lru_cache(maxsize=512)
def _svg(name: str) -> str:
    file = path("icons", f"{name}.svg")
    if not file.is_file():
        file = path("icons", f"{UNKNOWN}.svg")
    return file.read_text("utf-8")


def has_icon(name: str) -> bool:
    """Whether the program ships an icon of this name."""
    return path("icons", f"{name}.svg").is_file()


def status_icon(status: str) -> str:
    """The name of the icon that stands for a status."""
    return STATUS.get(status, "circle")


def pixmap(name: str, color: QColor, size: int, ratio: float = 1.0) -> QPixmap:
    """The icon as a picture of `size` logical pixels, for painters; cached, so that painting costs a lookup."""
    return _rendered(name, color.rgba(), size, ratio)


@lru_cache(maxsize=2048)
def _rendered(name: str, rgba: int, size: int, ratio: float) -> QPixmap:
    color = QColor.fromRgba(rgba)
    stroke = "1.75" if size >= 14 else "2"  # Lucide's own 2 is heavy at the size of a button
    svg = _svg(name).replace("currentColor", color.name()).replace('stroke-width="2"', f'stroke-width="{stroke}"')
    side = max(1, round(size * ratio))
    made = QPixmap(side, side)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setOpacity(color.alphaF())
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, side, side))
    painter.end()
    made.setDevicePixelRatio(ratio)
    return made


_clones: list[QIconEngine] = []
"""Qt asks for a copy when a shared icon is about to change (rare); nothing else in Python would keep the copy alive."""


class _Engine(QIconEngine):
    """Asks for its colour when it is painted, so that an icon that was handed out follows the theme by itself."""

    def __init__(self, name: str, tone: str) -> None:
        super().__init__()
        self._name, self._tone = name, tone

    def clone(self) -> QIconEngine:
        made = _Engine(self._name, self._tone)
        _clones.append(made)
        return made

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        size = min(rect.width(), rect.height())
        device = painter.device()
        made = pixmap(self._name, self._color(mode, state), size, device.devicePixelRatio() if device else 1.0)
        painter.drawPixmap(QPointF(rect.x() + (rect.width() - size) / 2, rect.y() + (rect.height() - size) / 2), made)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return pixmap(self._name, self._color(mode, state), min(size.width(), size.height()))

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        side = min(size.width(), size.height())
        made = pixmap(self._name, self._color(mode, state), round(side / scale), scale)
        return made if size.width() == side else _widened(made, size, scale)

    def _color(self, mode: QIcon.Mode, state: QIcon.State) -> QColor:
        now = tokens()
        if mode == QIcon.Mode.Disabled:
            return now.faint
        if state == QIcon.State.On and self._tone in ("text", "muted"):
            return now.accent
        return now.tone(self._tone)


def _widened(made: QPixmap, size: QSize, scale: float) -> QPixmap:
    """The picture at the left of a wider one: how a push button gets room between icon and text."""
    wide = QPixmap(size)
    wide.fill(Qt.GlobalColor.transparent)
    wide.setDevicePixelRatio(scale)
    painter = QPainter(wide)
    painter.drawPixmap(0, 0, made)
    painter.end()
    return wide


def icon(name: str, tone: str = "text") -> QIcon:
    """The icon for buttons, menus and lists; follows the theme. `tone` is a token, status, category or risk."""
    return QIcon(_Engine(name, tone))


@lru_cache(maxsize=16)
def mark(size: int, ratio: float = 1.0) -> QPixmap:
    """The sign of the program."""
    side = max(1, round(size * ratio))
    made = QPixmap(side, side)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    QSvgRenderer(str(path("themes", "signalbox.svg"))).render(painter, QRectF(0, 0, side, side))
    painter.end()
    made.setDevicePixelRatio(ratio)
    return made


def app_icon() -> QIcon:
    """The sign of the program, for windows and the tray."""
    made = QIcon()
    for size in (16, 24, 32, 48, 64, 128, 256):
        made.addPixmap(mark(size))
    return made
