"""One node on the canvas, painted in one go, without child items that paint."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap, QTransform
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from designer.canvas.card_face import paint_card, paint_far, paint_halo, paint_ring
from designer.canvas.card_item import FAR, FARTHER, CardItem
from designer.canvas.sprites import Sprite
from designer.theme import tokens

_HERE = QTransform()


class Card(CardItem):
    """Far: a few shapes. Near: one blit of a picture; while the zoom moves, the old picture is stretched."""

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        view = painter.worldTransform()
        scale = view.m11()
        if scale < FARTHER or self.sprites is None:
            paint_far(painter, self, tokens(), scale)
            return
        if scale >= FAR:
            if not self.faded:
                paint_halo(painter, self, tokens())
            if self.isSelected():
                paint_ring(painter, self, tokens())
        ratio = painter.device().devicePixelRatio()
        sprite = self.sprites.get(self)
        if sprite is None or (sprite.scale != scale * ratio and self.sprites.settled):
            sprite = self._draw(scale * ratio, ratio, far=scale < FAR)
            self.sprites.keep(self, sprite)
        if sprite.scale == scale * ratio:
            # On whole pixels of the screen, or text would be blurred.
            x, y = view.m31() + sprite.x * scale, view.m32() + sprite.y * scale
            painter.setWorldTransform(_HERE)
            painter.drawPixmap(QPointF(round(x * ratio) / ratio, round(y * ratio) / ratio), sprite.picture)
            painter.setWorldTransform(view)
        else:
            whole = QRectF(0, 0, sprite.picture.width(), sprite.picture.height())
            size = QRectF(sprite.x, sprite.y, whole.width() / sprite.scale, whole.height() / sprite.scale)
            painter.drawPixmap(size, sprite.picture, whole)

    def _draw(self, scale: float, ratio: float, far: bool) -> Sprite:
        bounds = self.boundingRect()
        picture = QPixmap(math.ceil(bounds.width() * scale) + 1, math.ceil(bounds.height() * scale) + 1)
        picture.fill(Qt.GlobalColor.transparent)
        p = QPainter(picture)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        p.scale(scale, scale)
        p.translate(-bounds.x(), -bounds.y())
        if far:
            paint_far(p, self, tokens(), scale / ratio)
        else:
            paint_card(p, self, tokens(), scale)
        p.end()
        picture.setDevicePixelRatio(ratio)
        return Sprite(picture, scale, bounds.x(), bounds.y())
