"""Pictures of cards and notes at the scale of the screen: a frame is one blit for each; shadows are made once."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap

Item = object
"""A card or a note."""
LIMIT = 96 * 1024 * 1024
"""Bytes of pictures kept; the oldest go first."""


@dataclass(slots=True)
class Sprite:
    """A picture of a card: `scale` is device pixels for each unit of the drawing."""

    picture: QPixmap
    scale: float
    x: float
    y: float

    @property
    def size(self) -> int:
        """Bytes."""
        return self.picture.width() * self.picture.height() * 4


class Sprites:
    """The pictures of one canvas. `settled` False while the zoom moves: old ones are stretched, not made again."""

    def __init__(self) -> None:
        self.settled = True
        self._kept: OrderedDict[Item, Sprite] = OrderedDict()
        self._bytes = 0

    def get(self, item: Item) -> Sprite | None:
        """The picture of this item, whatever its scale."""
        return self._kept.get(item)

    def keep(self, item: Item, sprite: Sprite) -> None:
        """Remember it, and let the oldest go."""
        self.drop(item)
        self._kept[item] = sprite
        self._bytes += sprite.size
        while self._bytes > LIMIT and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= oldest.size

    def drop(self, item: Item) -> None:
        """The item looks different now, or is gone."""
        sprite = self._kept.pop(item, None)
        if sprite is not None:
            self._bytes -= sprite.size

    def clear(self) -> None:
        """All look different now."""
        self._kept.clear()
        self._bytes = 0


@lru_cache(maxsize=256)
def shadow(width: int, height: int, alpha: int, radius: int = 12, margin: int = 16) -> QPixmap:
    """A soft shadow of a card, `margin` around it."""
    image = QImage(width + 2 * margin, height + 2 * margin, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    p = QPainter(image)
    p.setRenderHint(QPainter.RenderHint.Antialiasing)
    p.setPen(Qt.PenStyle.NoPen)
    for i in range(margin):
        p.setBrush(QColor(0, 0, 0, max(1, int(alpha * 2.2 * (i + 1) / (margin * margin)))))
        inner = margin - i
        p.drawRoundedRect(QRectF(i, i + 4, width + 2 * inner, height + 2 * inner - 4), radius + inner, radius + inner)
    p.end()
    return QPixmap.fromImage(image)
